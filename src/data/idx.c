#include "rote/import.h"

#include "rote/file.h"
#include "rote/memory.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#define DIMENSIONS_MAX 8
#define SIDE_MAX 4096 /* pixels; beyond it the header is not that of a set of small images */
#define DEFLATE_RATIO_MAX 1032 /* zlib's manual: no byte of deflate can stand for more */

/* zlib reads plain files through the same calls. */
typedef struct {
  const char *path;
  gzFile handle;
  uint64_t bytes; /* of the file itself */
} idx_file;

static rote_status read_failed(const idx_file *file)
{
  int code = Z_OK;
  const char *text = gzerror(file->handle, &code);
  switch (code) {
  case Z_ERRNO:
    return rote_fail(ROTE_IO, "%s: cannot be read: %s", file->path, strerror(errno));
  case Z_MEM_ERROR:
    return rote_fail(ROTE_NOMEM, "%s: out of memory while reading", file->path);
  case Z_BUF_ERROR:
    return rote_fail(ROTE_DATA, "%s: is truncated: the gzip stream ends early; get the file again",
                     file->path);
  default:
    return rote_fail(ROTE_DATA, "%s: is damaged (%s); get the file again", file->path, text);
  }
}

/* Read up to n bytes; fewer only where the file ends. */
static rote_status read_some(idx_file *file, size_t n, uint8_t *out, size_t *got)
{
  *got = 0;
  while (*got < n) {
    const size_t left = n - *got;
    const int step = gzread(file->handle, out + *got, left < 1u << 20 ? (unsigned)left : 1u << 20);
    if (step > 0) {
      *got += (size_t)step;
      continue;
    }
    int code = Z_OK;
    gzerror(file->handle,
            &code); /* a gzip stream that ends early looks like the end, but is noted */
    return code == Z_OK || code == Z_STREAM_END ? ROTE_OK : read_failed(file);
  }
  return ROTE_OK;
}

static rote_status open_file(const char *path, idx_file *file)
{
  rote_status status = ROTE_OK;
  struct stat info;
  rote_file_kind kind;
  *file = (idx_file){.path = path};
  ROTE_TRY(rote_file_look(path, &kind));
  if (kind == ROTE_FILE_NONE) {
    return rote_fail(ROTE_DATA, "%s: is missing", path);
  }
  if (stat(path, &info) != 0) {
    return rote_fail(ROTE_IO, "%s: cannot be read: %s", path, strerror(errno));
  }
  if (kind != ROTE_FILE_REGULAR) {
    return rote_fail(ROTE_DATA, "%s: is not a regular file", path);
  }
  if (info.st_size == 0) {
    return rote_fail(ROTE_DATA, "%s: is empty", path);
  }
  file->bytes = (uint64_t)info.st_size;
  errno = 0;
  file->handle = gzopen(path, "rb");
  if (file->handle == NULL) {
    return errno == 0 ? rote_fail(ROTE_NOMEM, "%s: out of memory while opening", path)
                      : rote_fail(ROTE_IO, "%s: cannot be read: %s", path, strerror(errno));
  }
done:
  return status;
}

static uint32_t big_endian(const uint8_t *p)
{
  return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Read and check the header against what the file can hold. @param[out] total bytes that follow */
static rote_status read_header(idx_file *file, size_t dimensions, size_t *size, size_t *total)
{
  rote_status status = ROTE_OK;
  uint8_t header[4 + 4 * DIMENSIONS_MAX];
  const size_t header_bytes = 4 + 4 * dimensions;
  const uint32_t magic = 0x800 + (uint32_t)dimensions;
  size_t got = 0;
  uint64_t product = 1;

  ROTE_TRY(read_some(file, header_bytes, header, &got));
  if (got >= 4 && big_endian(header) != magic) {
    return rote_fail(
        ROTE_DATA,
        "%s: is not the expected file: its magic number is 0x%08x, an IDX file of bytes "
        "in %zu dimension%s has 0x%08x",
        file->path, big_endian(header), dimensions, dimensions == 1 ? "" : "s", magic);
  }
  if (got < header_bytes) {
    return rote_fail(ROTE_DATA, "%s: is truncated: it has %zu bytes, the header alone takes %zu",
                     file->path, got, header_bytes);
  }
  for (size_t d = 0; d < dimensions; d++) {
    size[d] = big_endian(header + 4 + 4 * d);
    if (size[d] == 0) {
      return rote_fail(ROTE_DATA, "%s: size %zu in its header is 0", file->path, d + 1);
    }
    if (d > 0 && size[d] > SIDE_MAX) {
      return rote_fail(ROTE_DATA,
                       "%s: size %zu in its header is %zu pixels; at most %d are sensible",
                       file->path, d + 1, size[d], SIDE_MAX);
    }
    if (__builtin_mul_overflow(product, (uint64_t)size[d], &product)) {
      product = UINT64_MAX;
      break;
    }
  }
  if (gzdirect(file->handle)) {
    const uint64_t has = file->bytes - header_bytes;
    if (product != has) {
      return rote_fail(ROTE_DATA, "%s: is %s: its header promises %llu bytes of data, it has %llu",
                       file->path, has < product ? "truncated" : "too long",
                       (unsigned long long)product, (unsigned long long)has);
    }
  } else if (product / DEFLATE_RATIO_MAX > file->bytes) {
    return rote_fail(
        ROTE_DATA,
        "%s: is damaged or truncated: its header promises %llu bytes of data, more than "
        "a compressed file of %llu bytes can hold",
        file->path, (unsigned long long)product, (unsigned long long)file->bytes);
  }
  *total = (size_t)product;
done:
  return status;
}

rote_status rote_idx_read(const char *path, size_t dimensions, size_t *size, uint8_t **bytes)
{
  rote_status status = ROTE_OK;
  idx_file file = {0};
  uint8_t *buffer = NULL;
  uint8_t beyond;
  size_t total = 0, got = 0;

  *bytes = NULL;
  if (dimensions < 1 || dimensions > DIMENSIONS_MAX) {
    ROTE_TRY(rote_fail(ROTE_INTERNAL, "an IDX file of %zu dimensions was asked for", dimensions));
  }
  ROTE_TRY(open_file(path, &file));
  ROTE_TRY(read_header(&file, dimensions, size, &total));
  ROTE_TRY(rote_alloc(total, 1, &buffer));
  ROTE_TRY(read_some(&file, total, buffer, &got));
  if (got < total) {
    ROTE_TRY(rote_fail(ROTE_DATA,
                       "%s: is truncated: its header promises %zu bytes of data, it has %zu", path,
                       total, got));
  }
  /* Reading on to the end also makes zlib check the gzip checksum. */
  ROTE_TRY(read_some(&file, 1, &beyond, &got));
  if (got != 0) {
    ROTE_TRY(rote_fail(ROTE_DATA,
                       "%s: is too long: its header promises %zu bytes of data, it has more", path,
                       total));
  }
  *bytes = buffer;
  buffer = NULL;
done:
  rote_free(&buffer);
  if (file.handle != NULL) {
    gzclose(file.handle);
  }
  return status;
}
