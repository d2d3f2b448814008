/* CelebA: aligned faces of 178 x 218 pixels, and text files with one line an image. */
#include "importers.h"
#include "rote/file.h"
#include "rote/memory.h"
#include "source_files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IMAGES "img_align_celeba/"
#define PARTITION "list_eval_partition.txt" /* name, 0 train, 1 validation or 2 test */
#define ATTRIBUTES "list_attr_celeba.txt"   /* a count, the names of attributes, then -1 or 1 */
#define IDENTITIES "identity_CelebA.txt"    /* name, number of the person */

/* A text file taken line by line and word by word. */
typedef struct {
  char path[ROTE_PATH_MAX];
  char *text, *next, *at; /* whole file, next line, next word of this line */
  size_t line;            /* number of this line, from 1 */
} reader;

static rote_status reader_open(const rote_source_files *sources, const char *name, reader *r)
{
  rote_status status = ROTE_OK;
  size_t length = 0;
  ROTE_TRY(rote_path(r->path, "%s/%s", sources->directory, name));
  ROTE_TRY(rote_file_read(r->path, &r->text, &length));
  r->next = r->at = r->text;
done:
  return status;
}

/* To the next line that is not empty; false at the end. */
static bool reader_line(reader *r)
{
  while (*r->next != '\0') {
    r->at = r->next;
    const size_t length = strcspn(r->next, "\n");
    r->next += length + (r->next[length] != '\0');
    r->at[length] = '\0';
    r->line++;
    if (r->at[strspn(r->at, " \t\r")] != '\0') {
      return true;
    }
  }
  return false;
}

/* The next word of the line; NULL at its end. */
static char *reader_word(reader *r)
{
  char *word = r->at + strspn(r->at, " \t\r");
  const size_t length = strcspn(word, " \t\r");
  if (length == 0) {
    return NULL;
  }
  r->at = word + length + (word[length] != '\0');
  word[length] = '\0';
  return word;
}

static rote_status reader_number(reader *r, long min, long max, long *value)
{
  const char *word = reader_word(r);
  char *end = NULL;
  errno = 0;
  *value = word == NULL ? 0 : strtol(word, &end, 10);
  if (word == NULL || *end != '\0' || errno != 0 || *value < min || *value > max) {
    return rote_fail(ROTE_DATA, "%s: line %zu: \"%s\" is not a whole number from %ld to %ld",
                     r->path, r->line, word == NULL ? "" : word, min, max);
  }
  return ROTE_OK;
}

static bool is_there(const rote_source_files *sources, const char *name)
{
  char path[ROTE_PATH_MAX];
  return rote_path(path, "%s/%s", sources->directory, name) == ROTE_OK && rote_file_exists(path);
}

/* All images, in the order of the partition file; those that are absent are counted. */
static rote_status read_partition(rote_source_files *sources)
{
  rote_status status = ROTE_OK;
  reader r = {.text = NULL};
  char name[ROTE_PATH_MAX], first[ROTE_PATH_MAX];
  size_t absent = 0;
  if (!is_there(sources, PARTITION)) {
    ROTE_TRY(rote_fail(ROTE_DATA, "%s: has no " PARTITION ", which says what is training data",
                       sources->directory));
  }
  ROTE_TRY(reader_open(sources, PARTITION, &r));
  while (reader_line(&r)) {
    const char *word = reader_word(&r);
    long set;
    if (strchr(word, '/') != NULL) {
      ROTE_TRY(rote_fail(ROTE_DATA, "%s: line %zu: \"%s\" is not the name of a file", r.path,
                         r.line, word));
    }
    ROTE_TRY(rote_path(name, IMAGES "%s", word));
    ROTE_TRY(reader_number(&r, ROTE_SET_TRAIN, ROTE_SET_TEST, &set));
    ROTE_TRY(rote_source_files_add(sources, name, (rote_source_file){(int)set, -1}));
    if (!is_there(sources, name)) {
      if (absent++ == 0) {
        memcpy(first, name, sizeof name);
      }
    }
  }
  if (absent > 0) {
    ROTE_TRY(
        rote_fail(ROTE_DATA,
                  "%s: names %zu images of %zu that are absent, the first of them %s/%s; unpack "
                  "img_align_celeba.zip there, or remove their lines",
                  r.path, absent, sources->name.count, sources->directory, first));
  }
  if (sources->name.count == 0) {
    ROTE_TRY(rote_fail(ROTE_DATA, "%s: names no images", r.path));
  }
  ROTE_TRY(rote_text_list_add(&sources->labels, PARTITION));
done:
  rote_free(&r.text);
  return status;
}

static int by_name(const void *a, const void *b, void *list)
{
  return strcmp(rote_text_list_get(list, *(const size_t *)a),
                rote_text_list_get(list, *(const size_t *)b));
}

/* Files in the order of their names, to find them. */
static rote_status sort_names(rote_source_files *sources, size_t **order)
{
  rote_status status = ROTE_OK;
  const size_t n = sources->name.count;
  ROTE_TRY(rote_alloc(n, sizeof **order, order));
  for (size_t i = 0; i < n; i++) {
    (*order)[i] = i;
  }
  qsort_r(*order, n, sizeof **order, by_name, &sources->name);
  for (size_t i = 1; i < n; i++) {
    if (by_name(&(*order)[i - 1], &(*order)[i], &sources->name) == 0) {
      ROTE_TRY(rote_fail(ROTE_DATA, "%s/" PARTITION ": names %s twice", sources->directory,
                         rote_text_list_get(&sources->name, (*order)[i])));
    }
  }
done:
  return status;
}

/* @return the file's index; SIZE_MAX if the partition file does not name it */
static size_t find_name(const rote_source_files *sources, const size_t *order, const char *word)
{
  size_t low = 0, high = sources->name.count;
  while (low < high) {
    const size_t middle = (low + high) / 2;
    const int c = strcmp(rote_text_list_get(&sources->name, order[middle]) + sources->prefix, word);
    if (c == 0) {
      return order[middle];
    }
    *(c < 0 ? &low : &high) = c < 0 ? middle + 1 : middle;
  }
  return SIZE_MAX;
}

/* A row for every image, or the file is not the one that goes with them. */
static rote_status check_rows(const rote_source_files *sources, const reader *r, const bool *seen)
{
  for (size_t i = 0; i < sources->name.count; i++) {
    if (!seen[i]) {
      return rote_fail(ROTE_DATA, "%s: has no line for %s; complete it or move it away", r->path,
                       rote_text_list_get(&sources->name, i) + sources->prefix);
    }
  }
  return ROTE_OK;
}

static rote_status read_attribute_names(rote_source_files *sources, reader *r)
{
  rote_status status = ROTE_OK;
  long count = 0;
  reader_line(r);
  ROTE_TRY(reader_number(r, 0, 1 << 30, &count));
  reader_line(r);
  for (char *word = reader_word(r); word != NULL; word = reader_word(r)) {
    ROTE_TRY(rote_text_list_add(&sources->attribute_name, word));
  }
  if (sources->attribute_name.count == 0) {
    ROTE_TRY(rote_fail(ROTE_DATA, "%s: line %zu names no attributes", r->path, r->line));
  }
  ROTE_TRY(rote_alloc(sources->name.count, sources->attribute_name.count, &sources->attribute));
done:
  return status;
}

static rote_status take_attributes(rote_source_files *sources, reader *r, size_t i)
{
  rote_status status = ROTE_OK;
  const size_t count = sources->attribute_name.count;
  for (size_t a = 0; a < count; a++) {
    long value;
    ROTE_TRY(reader_number(r, -1, 1, &value));
    sources->attribute[i * count + a] = value > 0;
  }
done:
  return status;
}

static rote_status take_identity(rote_source_files *sources, reader *r, size_t i)
{
  long value = -1;
  const rote_status status = reader_number(r, 0, INT32_MAX, &value);
  sources->file[i].label = (int32_t)value;
  return status;
}

/* A file with one line an image, if it is there. */
static rote_status read_rows(rote_source_files *sources, const size_t *order, const char *name,
                             rote_status (*header)(rote_source_files *, reader *),
                             rote_status (*take)(rote_source_files *, reader *, size_t))
{
  rote_status status = ROTE_OK;
  reader r = {.text = NULL};
  bool *seen = NULL;
  if (!is_there(sources, name)) {
    return ROTE_OK;
  }
  ROTE_TRY(rote_alloc(sources->name.count, sizeof *seen, &seen));
  ROTE_TRY(reader_open(sources, name, &r));
  ROTE_TRY(header != NULL ? header(sources, &r) : ROTE_OK);
  while (reader_line(&r)) {
    const size_t i = find_name(sources, order, reader_word(&r));
    if (i != SIZE_MAX) {
      ROTE_TRY(take(sources, &r, i));
      seen[i] = true;
      if (reader_word(&r) != NULL) {
        ROTE_TRY(rote_fail(ROTE_DATA, "%s: line %zu has too many values", r.path, r.line));
      }
    }
  }
  ROTE_TRY(check_rows(sources, &r, seen));
  ROTE_TRY(rote_text_list_add(&sources->labels, name));
done:
  rote_free(&seen);
  rote_free(&r.text);
  return status;
}

static rote_status collect(rote_source_files *sources)
{
  rote_status status = ROTE_OK;
  size_t *order = NULL;
  ROTE_TRY(read_partition(sources));
  ROTE_TRY(sort_names(sources, &order));
  ROTE_TRY(read_rows(sources, order, ATTRIBUTES, read_attribute_names, take_attributes));
  ROTE_TRY(read_rows(sources, order, IDENTITIES, NULL, take_identity));
done:
  rote_free(&order);
  return status;
}

static rote_status read_celeba(const char *directory, const rote_import_options *given,
                               rote_data **data)
{
  rote_status status = ROTE_OK;
  rote_import_options options = *given;
  rote_source_files sources = {.directory = directory, .channels = 3, .prefix = sizeof IMAGES - 1};
  *data = NULL;
  options.crop = options.crop.right > 0 ? options.crop : (rote_crop){15, 40, 163, 188};
  options.size = options.size > 0 ? options.size : 32;
  ROTE_TRY(rote_team_agree(options.team,
                           rote_team_is_first(options.team) ? collect(&sources) : ROTE_OK));
  ROTE_TRY(rote_source_files_read(&sources, &options, "celeba",
                                  "CelebA, Z. Liu, P. Luo, X. Wang and X. Tang, for "
                                  "non-commercial research",
                                  data));
done:
  rote_source_files_free(&sources);
  return status;
}

static const rote_data_info published = {
    .name = "celeba",
    .channels = 3,
    .height = 32,
    .width = 32,
    .train_count = 162770,
    .validation_count = 19867,
    .test_count = 19962,
};

const rote_importer rote_importer_celeba = {
    .name = "celeba",
    .summary = "img_align_celeba/*.jpg and list_eval_partition.txt; attributes and identities "
               "when their files are there; crop 15,40,163,188 and size 32 unless given",
    .uses = ROTE_IMPORT_CROP | ROTE_IMPORT_SIZE | ROTE_IMPORT_GRAY | ROTE_IMPORT_SKIP_BAD,
    .shares = true,
    .published = &published,
    .read = read_celeba,
};
