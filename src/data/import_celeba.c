/* CelebA: aligned faces of 178 x 218 pixels, and text files with one line an image; as published,
 * or as Kaggle gives it. */
#include "importers.h"
#include "list_file.h"
#include "listing.h"
#include "rote/file.h"
#include "rote/log.h"
#include "rote/memory.h"
#include "source_files.h"
#include "source_index.h"

#include <stdio.h>
#include <string.h>

#define FOLDER "img_align_celeba"

/* A list, and the name of its copy with commas and a line of headings. */
typedef struct {
  const char *name[2];
} list_name;

/* name, 0 train, 1 validation or 2 test */
static const list_name partition = {{"list_eval_partition.txt", "list_eval_partition.csv"}};
/* a count (not in the copy), the names of attributes, then name and -1 or 1 for each */
static const list_name attributes = {{"list_attr_celeba.txt", "list_attr_celeba.csv"}};
/* name, number of the person */
static const list_name identities = {{"identity_CelebA.txt", "identity_CelebA.csv"}};

/* An import of CelebA: what the lists say, and what is there. */
typedef struct {
  rote_source_files *sources;
  char prefix[2 * sizeof FOLDER + 2]; /* folder of the images, with a slash at its end */
  rote_listing there;
  rote_source_index index;
} celeba;

/* The folder of the images, which some archives have inside another of its name. */
static rote_status find_folder(celeba *c)
{
  rote_status status = ROTE_OK;
  char path[ROTE_PATH_MAX];
  rote_file_kind kind;
  ROTE_TRY(rote_path(path, "%s/" FOLDER "/" FOLDER, c->sources->directory));
  ROTE_TRY(rote_file_look(path, &kind));
  const bool inside = kind == ROTE_FILE_DIRECTORY;
  snprintf(c->prefix, sizeof c->prefix, "%s", inside ? FOLDER "/" FOLDER "/" : FOLDER "/");
  c->sources->prefix = strlen(c->prefix);
  ROTE_TRY(rote_path(path, "%s/" FOLDER, c->sources->directory));
  ROTE_TRY(rote_file_look(path, &kind));
  if (kind != ROTE_FILE_DIRECTORY) {
    ROTE_TRY(rote_fail(ROTE_DATA, "%s: has no folder " FOLDER "; unpack " FOLDER ".zip there",
                       c->sources->directory));
  }
  ROTE_TRY(rote_listing_read(path, &c->there));
  if (inside && c->there.image.count > 0) {
    ROTE_TRY(rote_fail(ROTE_DATA,
                       "%s: has images (%s) beside a folder " FOLDER "; move one of them away",
                       path, rote_text_list_get(&c->there.image, 0)));
  }
  if (inside) {
    rote_listing_free(&c->there);
    ROTE_TRY(rote_path(path, "%s/" FOLDER "/" FOLDER, c->sources->directory));
    ROTE_TRY(rote_listing_read(path, &c->there));
  }
done:
  return status;
}

/* @param[out] found  below the directory; "" if there is no such list */
static rote_status open_list(const celeba *c, const list_name *name, char *found,
                             rote_list_file *list)
{
  rote_status status = ROTE_OK;
  const char *directory = c->sources->directory;
  char path[ROTE_PATH_MAX], other[ROTE_PATH_MAX];
  ROTE_TRY(rote_source_find(directory, 2, name->name, found));
  if (found[0] != '\0') {
    ROTE_TRY(rote_path(path, "%s/%s", directory, found));
    ROTE_TRY(rote_list_file_open(path, list));
    ROTE_TRY(rote_source_find(directory, 1, &name->name[1], other));
    if (other[0] != '\0' && strcmp(found, other) != 0) {
      rote_log(ROTE_LOG_WARN, "ignored", "file = %s/%s, because %s is there", directory, other,
               found);
    }
  }
done:
  return status;
}

/* The heading of the first column, in the copies. */
static rote_status read_heading(rote_list_file *list)
{
  const char *heading = rote_list_file_line(list) ? rote_list_file_field(list) : "";
  return strcmp(heading, "image_id") == 0
             ? ROTE_OK
             : rote_fail(ROTE_DATA,
                         "%s: line %zu: begins with \"%s\"; the first line has the headings "
                         "of the columns, the first of them image_id",
                         list->path, list->line, heading);
}

/* Of a list with two columns. */
static rote_status skip_headings(rote_list_file *list)
{
  rote_status status = ROTE_OK;
  if (list->commas) {
    ROTE_TRY(read_heading(list));
    const char *heading = rote_list_file_field(list);
    if (heading == NULL) {
      ROTE_TRY(rote_fail(ROTE_DATA, "%s: line %zu: has one column; two are needed", list->path,
                         list->line));
    }
    ROTE_TRY(rote_list_file_end(list));
  }
done:
  return status;
}

/* All images, in the order of the partition list. */
static rote_status read_partition(celeba *c)
{
  rote_status status = ROTE_OK;
  rote_list_file list = {.text = NULL};
  char found[ROTE_PATH_MAX], name[ROTE_PATH_MAX];
  ROTE_TRY(open_list(c, &partition, found, &list));
  if (found[0] == '\0') {
    ROTE_TRY(rote_fail(ROTE_DATA, "%s: has no %s or %s, which says what is training data",
                       c->sources->directory, partition.name[0], partition.name[1]));
  }
  ROTE_TRY(skip_headings(&list));
  while (rote_list_file_line(&list)) {
    const char *word = rote_list_file_field(&list);
    long set;
    if (word[0] == '\0' || strchr(word, '/') != NULL) {
      ROTE_TRY(rote_fail(ROTE_DATA, "%s: line %zu: \"%s\" is not the name of a file", list.path,
                         list.line, word));
    }
    ROTE_TRY(rote_path(name, "%s%s", c->prefix, word));
    ROTE_TRY(rote_list_file_number(&list, ROTE_SET_TRAIN, ROTE_SET_TEST, &set));
    ROTE_TRY(rote_list_file_end(&list));
    ROTE_TRY(rote_source_files_add(c->sources, name, (rote_source_file){(int)set, -1}));
  }
  if (c->sources->name.count == 0) {
    ROTE_TRY(rote_fail(ROTE_DATA, "%s: names no images", list.path));
  }
  ROTE_TRY(rote_text_list_add(&c->sources->labels, found));
done:
  rote_list_file_close(&list);
  return status;
}

/* The first of the files with labels. */
static const char *partition_name(const celeba *c)
{
  return rote_text_list_get(&c->sources->labels, 0);
}

/* Images of the list that are not there. A name without an image's ending is not in the listing. */
static rote_status find_absent(const celeba *c, rote_text_list *absent)
{
  rote_status status = ROTE_OK;
  char path[ROTE_PATH_MAX];
  for (size_t i = 0; i < c->sources->name.count; i++) {
    const char *name = rote_text_list_get(&c->sources->name, i);
    rote_file_kind kind = ROTE_FILE_REGULAR;
    if (!c->index.seen[i]) {
      ROTE_TRY(rote_path(path, "%s/%s", c->sources->directory, name));
      ROTE_TRY(rote_file_look(path, &kind));
    }
    if (kind == ROTE_FILE_NONE) {
      ROTE_TRY(rote_text_list_add(absent, name));
    }
  }
done:
  return status;
}

/* The partition list names the images that are there, all of them and no others. */
static rote_status check_images(celeba *c)
{
  rote_status status = ROTE_OK;
  rote_text_list absent = {.count = 0}, more = {.count = 0};
  char names[512];
  for (size_t i = 0; i < c->there.image.count; i++) {
    const char *name = rote_text_list_get(&c->there.image, i);
    const size_t at = rote_source_index_find(&c->index, name);
    if (at != SIZE_MAX) {
      c->index.seen[at] = true;
    } else {
      ROTE_TRY(rote_text_list_add(&more, name));
    }
  }
  ROTE_TRY(find_absent(c, &absent));
  if (absent.count > 0) {
    rote_source_some(&absent, names, sizeof names);
    ROTE_TRY(rote_fail(ROTE_DATA,
                       "%s/%s: names %zu images of %zu that are absent: %s; unpack " FOLDER
                       ".zip there, or remove their lines from all lists",
                       c->sources->directory, partition_name(c), absent.count,
                       c->sources->name.count, names));
  }
  if (more.count > 0) {
    rote_source_some(&more, names, sizeof names);
    ROTE_TRY(rote_fail(ROTE_DATA,
                       "%s/%s: has no line for %zu images of %zu in %s: %s; complete the list, or "
                       "move them away",
                       c->sources->directory, partition_name(c), more.count, c->there.image.count,
                       c->prefix, names));
  }
done:
  rote_text_list_free(&absent);
  rote_text_list_free(&more);
  return status;
}

/* A row for every image, or the file is not the one that goes with them. */
static rote_status check_rows(const celeba *c, const rote_list_file *list)
{
  rote_status status = ROTE_OK;
  rote_text_list missing = {.count = 0};
  char names[512];
  for (size_t i = 0; i < c->sources->name.count; i++) {
    if (!c->index.seen[i]) {
      ROTE_TRY(rote_text_list_add(&missing,
                                  rote_text_list_get(&c->sources->name, i) + c->sources->prefix));
    }
  }
  if (missing.count > 0) {
    rote_source_some(&missing, names, sizeof names);
    ROTE_TRY(rote_fail(ROTE_DATA, "%s: has no line for %s; complete it or move it away", list->path,
                       names));
  }
done:
  rote_text_list_free(&missing);
  return status;
}

/* As published, a line with the number of images comes first, and no heading of theirs. */
static rote_status read_attribute_names(rote_source_files *sources, rote_list_file *list)
{
  rote_status status = ROTE_OK;
  long count = 0;
  if (list->commas) {
    ROTE_TRY(read_heading(list));
  } else {
    rote_list_file_line(list);
    ROTE_TRY(rote_list_file_number(list, 0, 1 << 30, &count));
    ROTE_TRY(rote_list_file_end(list));
    if ((size_t)count != sources->name.count) {
      ROTE_TRY(rote_fail(ROTE_DATA, "%s: line %zu promises %ld images, the partition has %zu",
                         list->path, list->line, count, sources->name.count));
    }
    rote_list_file_line(list);
  }
  for (char *word = rote_list_file_field(list); word != NULL; word = rote_list_file_field(list)) {
    if (word[0] == '\0') {
      ROTE_TRY(
          rote_fail(ROTE_DATA, "%s: line %zu: an attribute has no name", list->path, list->line));
    }
    ROTE_TRY(rote_text_list_add(&sources->attribute_name, word));
  }
  if (sources->attribute_name.count == 0) {
    ROTE_TRY(rote_fail(ROTE_DATA, "%s: line %zu names no attributes", list->path, list->line));
  }
  ROTE_TRY(rote_alloc(sources->name.count, sources->attribute_name.count, &sources->attribute));
done:
  return status;
}

static rote_status take_attributes(rote_source_files *sources, rote_list_file *list, size_t i)
{
  rote_status status = ROTE_OK;
  const size_t count = sources->attribute_name.count;
  for (size_t a = 0; a < count; a++) {
    long value;
    ROTE_TRY(rote_list_file_number(list, -1, 1, &value));
    sources->attribute[i * count + a] = value > 0;
  }
done:
  return status;
}

static rote_status no_names(rote_source_files *sources, rote_list_file *list)
{
  (void)sources;
  return skip_headings(list);
}

static rote_status take_identity(rote_source_files *sources, rote_list_file *list, size_t i)
{
  long value = -1;
  const rote_status status = rote_list_file_number(list, 0, INT32_MAX, &value);
  sources->file[i].label = (int32_t)value;
  return status;
}

/* The image that this line is for, which no line before is. */
static rote_status find_row(celeba *c, rote_list_file *list, size_t *i)
{
  const char *name = rote_list_file_field(list);
  *i = rote_source_index_find(&c->index, name);
  if (*i == SIZE_MAX) {
    return rote_fail(ROTE_DATA, "%s: line %zu: %s is not named in %s", list->path, list->line, name,
                     partition_name(c));
  }
  if (c->index.seen[*i]) {
    return rote_fail(ROTE_DATA, "%s: line %zu: names %s a second time", list->path, list->line,
                     name);
  }
  c->index.seen[*i] = true;
  return ROTE_OK;
}

/* A file with one line an image, if it is there. */
static rote_status read_rows(celeba *c, const list_name *name,
                             rote_status (*header)(rote_source_files *, rote_list_file *),
                             rote_status (*take)(rote_source_files *, rote_list_file *, size_t))
{
  rote_status status = ROTE_OK;
  rote_list_file list = {.text = NULL};
  char found[ROTE_PATH_MAX];
  size_t i;
  ROTE_TRY(open_list(c, name, found, &list));
  if (found[0] == '\0') {
    goto done;
  }
  rote_source_index_restart(&c->index);
  ROTE_TRY(header(c->sources, &list));
  while (rote_list_file_line(&list)) {
    ROTE_TRY(find_row(c, &list, &i));
    ROTE_TRY(take(c->sources, &list, i));
    ROTE_TRY(rote_list_file_end(&list));
  }
  ROTE_TRY(check_rows(c, &list));
  ROTE_TRY(rote_text_list_add(&c->sources->labels, found));
done:
  rote_list_file_close(&list);
  return status;
}

static rote_status collect(rote_source_files *sources)
{
  rote_status status = ROTE_OK;
  celeba c = {.sources = sources};
  ROTE_TRY(find_folder(&c));
  ROTE_TRY(read_partition(&c));
  ROTE_TRY(rote_source_index_create(sources, partition_name(&c), &c.index));
  ROTE_TRY(check_images(&c));
  ROTE_TRY(read_rows(&c, &attributes, read_attribute_names, take_attributes));
  ROTE_TRY(read_rows(&c, &identities, no_names, take_identity));
done:
  rote_listing_free(&c.there);
  rote_source_index_free(&c.index);
  return status;
}

static rote_status read_celeba(const char *directory, const rote_import_options *given,
                               rote_data **data)
{
  rote_status status = ROTE_OK;
  rote_import_options options = *given;
  rote_source_files sources = {.directory = directory, .channels = 3};
  *data = NULL;
  options.crop = options.crop.right > 0 ? options.crop : (rote_crop){15, 40, 163, 188};
  options.size = options.size > 0 ? options.size : 32;
  ROTE_TRY(rote_team_agree(options.team,
                           rote_team_is_first(options.team) ? collect(&sources) : ROTE_OK));
  ROTE_TRY(rote_source_files_read(&sources, &options, "celeba",
                                  "not known by checksum: files in the layout of CelebA (Z. Liu, "
                                  "P. Luo, X. Wang and X. Tang, for non-commercial research)",
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
    .summary = "img_align_celeba/*.jpg and list_eval_partition.txt, or Kaggle's copy of them; "
               "attributes and identities when their files are there; crop 15,40,163,188 and size "
               "32 unless given",
    .uses = ROTE_IMPORT_CROP | ROTE_IMPORT_SIZE | ROTE_IMPORT_GRAY | ROTE_IMPORT_SKIP_BAD,
    .shares = true,
    .published = &published,
    .read = read_celeba,
};
