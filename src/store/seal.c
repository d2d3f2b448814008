#include "seal.h"

#include "rote/memory.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { SEAL_BYTES = 27, LANES = 4, STEP = 8 * LANES, BUFFER_BYTES = 1 << 18 };

static const char label_mark[] = "\nrote label ";

typedef struct {
  uint64_t lane[LANES];
} checksum;

static const checksum start = {{1, 2, 3, 4}};

/* Each step is one-to-one in the word, so a change within one word is always seen and any other is
 * missed once in 2^64. Four lanes, because one would wait for its own multiplications. */
static uint64_t stir(uint64_t state, uint64_t word)
{
  state = (state ^ word) * UINT64_C(0x9E3779B97F4A7C15);
  return state ^ state >> 29;
}

static void absorb_step(checksum *sum, const unsigned char *p)
{
  for (int i = 0; i < LANES; i++) {
    uint64_t word;
    memcpy(&word, p + 8 * i, sizeof word);
    sum->lane[i] = stir(sum->lane[i], le64toh(word));
  }
}

/* `bytes` must be a multiple of STEP except at the end of the file, where zeros fill the step. */
static void absorb(checksum *sum, const unsigned char *p, size_t bytes)
{
  unsigned char last[STEP] = {0};
  checksum local = *sum; /* in registers */
  size_t whole = bytes / STEP * STEP;
  for (size_t i = 0; i < whole; i += STEP) {
    absorb_step(&local, p + i);
  }
  if (whole < bytes) {
    memcpy(last, p + whole, bytes - whole);
    absorb_step(&local, last);
  }
  *sum = local;
}

static uint64_t total(const checksum *sum, uint64_t bytes)
{
  uint64_t state = bytes;
  for (int i = 0; i < LANES; i++) {
    state = stir(state, sum->lane[i]);
  }
  return state;
}

/* The line that seals a file of `bytes`. @param[out] seal [SEAL_BYTES + 1] */
static void print_seal(const checksum *sum, uint64_t bytes, char *seal)
{
  snprintf(seal, SEAL_BYTES + 1, "rote seal %016" PRIx64 "\n", total(sum, bytes));
}

void rote_seal_digits(const void *content, size_t bytes, char *text)
{
  checksum sum = start;
  absorb(&sum, content, bytes);
  snprintf(text, 17, "%016" PRIx64, total(&sum, bytes));
}

static rote_status read_failed(const char *path)
{
  return rote_fail(ROTE_IO, "%s: cannot read: %s", path, strerror(errno));
}

/* read() until `bytes` are there. */
static rote_status read_all(int fd, const char *path, unsigned char *to, size_t bytes)
{
  for (size_t n = 0; n < bytes;) {
    ssize_t got = read(fd, to + n, bytes - n);
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got < 0) {
      return read_failed(path);
    }
    if (got == 0) {
      return rote_fail(ROTE_DATA, "%s: was cut short while it was read", path);
    }
    n += (size_t)got;
  }
  return ROTE_OK;
}

/* Seal of the first `bytes` of a file. */
static rote_status compute(int fd, const char *path, uint64_t bytes, char *seal)
{
  rote_status status = ROTE_OK;
  unsigned char *buffer = NULL;
  checksum sum = start;
  ROTE_TRY(rote_alloc(bytes < BUFFER_BYTES ? (size_t)bytes : BUFFER_BYTES, 1, &buffer));
  for (uint64_t left = bytes; left > 0;) {
    size_t n = left < BUFFER_BYTES ? (size_t)left : BUFFER_BYTES;
    ROTE_TRY(read_all(fd, path, buffer, n));
    absorb(&sum, buffer, n);
    left -= n;
  }
  print_seal(&sum, bytes, seal);
done:
  rote_free(&buffer);
  return status;
}

static rote_status write_failed(const char *path)
{
  return rote_fail(ROTE_IO, "%s: cannot write: %s", path, strerror(errno));
}

static rote_status write_all(int fd, const char *path, const char *from, size_t bytes)
{
  for (size_t n = 0; n < bytes;) {
    ssize_t put = write(fd, from + n, bytes - n);
    if (put < 0 && errno != EINTR) {
      return write_failed(path);
    }
    n += put > 0 ? (size_t)put : 0;
  }
  return ROTE_OK;
}

rote_status rote_seal_append(const char *path)
{
  rote_status status = ROTE_OK;
  char seal[SEAL_BYTES + 1];
  struct stat info;
  int fd = open(path, O_RDWR);
  if (fd < 0 || fstat(fd, &info) != 0) {
    ROTE_TRY(read_failed(path));
  }
  ROTE_TRY(compute(fd, path, (uint64_t)info.st_size, seal));
  ROTE_TRY(write_all(fd, path, seal, SEAL_BYTES));
done:
  if (fd >= 0 && close(fd) != 0 && status == ROTE_OK) {
    status = write_failed(path);
  }
  return status;
}

static rote_status print_label(const char *label, char *line)
{
  const size_t mark = strlen(label_mark), length = strlen(label);
  if (mark + length + 1 > ROTE_LABEL_MAX) {
    return rote_fail(ROTE_INTERNAL, "the label \"%s\" is too long", label);
  }
  memset(line, ' ', ROTE_LABEL_MAX - 1);
  memcpy(line, label_mark, mark);
  memcpy(line + mark, label, length);
  line[ROTE_LABEL_MAX - 1] = '\n';
  return ROTE_OK;
}

rote_status rote_seal_write(const char *path, const void *content, size_t bytes, const char *label)
{
  rote_status status = ROTE_OK;
  const size_t rest = bytes % STEP; /* the checksum goes in steps: the last one begins here */
  char seal[SEAL_BYTES + 1], end[STEP + ROTE_LABEL_MAX];
  const size_t labelled = label[0] == '\0' ? 0 : ROTE_LABEL_MAX;
  checksum sum = start;
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
  if (fd < 0) {
    ROTE_TRY(write_failed(path));
  }
  memcpy(end, (const char *)content + bytes - rest, rest);
  if (labelled > 0) {
    ROTE_TRY(print_label(label, end + rest));
  }
  absorb(&sum, content, bytes - rest);
  absorb(&sum, (const unsigned char *)end, rest + labelled);
  print_seal(&sum, bytes + labelled, seal);
  ROTE_TRY(write_all(fd, path, content, bytes));
  ROTE_TRY(write_all(fd, path, end + rest, labelled));
  ROTE_TRY(write_all(fd, path, seal, SEAL_BYTES));
done:
  if (fd >= 0 && close(fd) != 0 && status == ROTE_OK) {
    status = write_failed(path);
  }
  return status;
}

/* The label of a file whose seal lies at `end`. @param[out] label [ROTE_LABEL_MAX] */
static rote_status read_label(int fd, const char *path, off_t end, char *label)
{
  rote_status status = ROTE_OK;
  const size_t mark = strlen(label_mark);
  char line[ROTE_LABEL_MAX];
  label[0] = '\0';
  if (end < ROTE_LABEL_MAX) {
    return ROTE_OK;
  }
  if (lseek(fd, end - ROTE_LABEL_MAX, SEEK_SET) < 0) {
    ROTE_TRY(read_failed(path));
  }
  ROTE_TRY(read_all(fd, path, (unsigned char *)line, ROTE_LABEL_MAX));
  if (memcmp(line, label_mark, mark) == 0 && line[ROTE_LABEL_MAX - 1] == '\n') {
    size_t length = ROTE_LABEL_MAX - 1 - mark;
    while (length > 0 && line[mark + length - 1] == ' ') {
      length--;
    }
    memcpy(label, line + mark, length);
    label[length] = '\0';
  }
done:
  return status;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
  return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
         a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
         a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

rote_status rote_seal_check(const char *path)
{
  return rote_seal_check_label(path, NULL);
}

rote_status rote_seal_check_label(const char *path, char *label)
{
  /* The file last found good: a reader of many arrays of a large study.h5 opens it many times. */
  static struct stat good;
  rote_status status = ROTE_OK;
  struct stat info;
  char seal[SEAL_BYTES + 1] = "", stored[SEAL_BYTES + 1] = "";
  int fd = open(path, O_RDONLY);
  if (fd < 0 && (errno == ENOENT || errno == ENOTDIR)) {
    ROTE_TRY(rote_fail(ROTE_DATA, "%s: there is no such file", path));
  }
  if (fd < 0 || fstat(fd, &info) != 0) {
    ROTE_TRY(read_failed(path));
  }
  if (!S_ISREG(info.st_mode)) {
    ROTE_TRY(rote_fail(ROTE_DATA, "%s: is not a regular file", path));
  }
  if (label == NULL && same_file(&info, &good)) {
    goto done;
  }
  if (info.st_size > SEAL_BYTES) {
    if (lseek(fd, info.st_size - SEAL_BYTES, SEEK_SET) < 0) {
      ROTE_TRY(read_failed(path));
    }
    ROTE_TRY(read_all(fd, path, (unsigned char *)stored, SEAL_BYTES));
  }
  if (strncmp(stored, "rote seal ", 10) != 0) {
    ROTE_TRY(rote_fail(ROTE_DATA,
                       "%s: was cut short, changed by another program, or is not a file of Rote "
                       "(its closing checksum is missing)",
                       path));
  }
  if (lseek(fd, 0, SEEK_SET) != 0) {
    ROTE_TRY(read_failed(path));
  }
  ROTE_TRY(compute(fd, path, (uint64_t)info.st_size - SEAL_BYTES, seal));
  if (memcmp(seal, stored, SEAL_BYTES) != 0) {
    ROTE_TRY(rote_fail(ROTE_DATA, "%s: is damaged: its checksum does not hold", path));
  }
  /* A change within the clock's tick would leave the same times: remember only files that have
   * settled. */
  if (time(NULL) - info.st_ctim.tv_sec > 2) {
    good = info;
  }
  if (label != NULL) {
    ROTE_TRY(read_label(fd, path, info.st_size - SEAL_BYTES, label));
  }
done:
  if (fd >= 0) {
    close(fd);
  }
  return status;
}

rote_status rote_seal_peek_label(const char *path, char *label)
{
  rote_status status = ROTE_OK;
  struct stat info;
  const int fd = open(path, O_RDONLY);
  if (fd < 0 || fstat(fd, &info) != 0) {
    ROTE_TRY(read_failed(path));
  }
  ROTE_TRY(read_label(fd, path, info.st_size - SEAL_BYTES, label));
done:
  if (fd >= 0) {
    close(fd);
  }
  return status;
}
