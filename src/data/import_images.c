/* A tree of JPEG and PNG files: [train|validation|test/][class/]file. */
#include "importers.h"
#include "listing.h"
#include "rote/file.h"
#include "source_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Labels are the places of class names in byte order, over all sets. */
static int by_text(const void *a, const void *b)
{
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int32_t label_of(const rote_text_list *class_name, const char *name)
{
  for (size_t i = 0; i < class_name->count; i++) {
    if (strcmp(rote_text_list_get(class_name, i), name) == 0) {
      return (int32_t)i;
    }
  }
  return -1;
}

/* @param[in] found  class folders of all sets, with repetitions */
static rote_status name_classes(const rote_text_list *found, rote_text_list *class_name)
{
  rote_status status = ROTE_OK;
  const char **sorted = calloc(found->count + 1, sizeof *sorted);
  if (sorted == NULL) {
    return rote_fail(ROTE_NOMEM, "no memory for the names of %zu classes", found->count);
  }
  for (size_t i = 0; i < found->count; i++) {
    sorted[i] = rote_text_list_get(found, i);
  }
  qsort(sorted, found->count, sizeof *sorted, by_text);
  for (size_t i = 0; i < found->count; i++) {
    if (i == 0 || strcmp(sorted[i], sorted[i - 1]) != 0) {
      ROTE_TRY(rote_text_list_add(class_name, sorted[i]));
    }
  }
done:
  free(sorted);
  return status;
}

/* `prefix` is "", or a folder below the top with a slash at its end. */
static rote_status add_images(rote_source_files *sources, const char *prefix,
                              const rote_text_list *image, rote_source_file file)
{
  rote_status status = ROTE_OK;
  char name[ROTE_PATH_MAX];
  for (size_t i = 0; i < image->count; i++) {
    ROTE_TRY(rote_path(name, "%s%s", prefix, rote_text_list_get(image, i)));
    ROTE_TRY(rote_source_files_add(sources, name, file));
  }
done:
  return status;
}

static rote_status add_class(rote_source_files *sources, const char *set_prefix, int set,
                             const char *name)
{
  rote_status status = ROTE_OK;
  char path[ROTE_PATH_MAX], prefix[ROTE_PATH_MAX];
  rote_listing inside = {.others = 0};
  ROTE_TRY(rote_path(path, "%s/%s%s", sources->directory, set_prefix, name));
  ROTE_TRY(rote_path(prefix, "%s%s/", set_prefix, name));
  ROTE_TRY(rote_listing_read(path, &inside));
  if (inside.folder.count > 0) {
    ROTE_TRY(rote_fail(ROTE_DATA,
                       "%s: is a class, but has a folder %s; the tree is "
                       "[train|validation|test/][class/]file",
                       path, rote_text_list_get(&inside.folder, 0)));
  }
  if (inside.image.count == 0) {
    ROTE_TRY(
        rote_fail(ROTE_DATA, "%s: is a class without a JPEG or PNG file; fill or remove it", path));
  }
  const rote_source_file file = {set, label_of(&sources->class_name, name)};
  ROTE_TRY(add_images(sources, prefix, &inside.image, file));
done:
  rote_listing_free(&inside);
  return status;
}

static rote_status add_set(rote_source_files *sources, const char *prefix, int set,
                           const rote_listing *inside)
{
  rote_status status = ROTE_OK;
  if (inside->folder.count > 0 && inside->image.count > 0) {
    ROTE_TRY(rote_fail(ROTE_DATA,
                       "%s/%s: has images (%s) beside folders (%s); either all images are in class "
                       "folders or none is",
                       sources->directory, prefix, rote_text_list_get(&inside->image, 0),
                       rote_text_list_get(&inside->folder, 0)));
  }
  if (inside->folder.count + inside->image.count == 0) {
    ROTE_TRY(rote_fail(ROTE_DATA, "%s/%s: has no JPEG or PNG files", sources->directory, prefix));
  }
  ROTE_TRY(add_images(sources, prefix, &inside->image, (rote_source_file){set, -1}));
  for (size_t i = 0; i < inside->folder.count; i++) {
    ROTE_TRY(add_class(sources, prefix, set, rote_text_list_get(&inside->folder, i)));
  }
done:
  return status;
}

static int set_number(const char *name)
{
  int set = 0;
  while (set < ROTE_SET_COUNT && strcmp(rote_set_name[set], name) != 0) {
    set++;
  }
  return set;
}

/* The top level names sets: then it names nothing else. */
static rote_status check_set_folders(const char *directory, const rote_listing *top, bool *has_sets)
{
  const char *set = NULL, *other = NULL;
  for (size_t i = 0; i < top->folder.count; i++) {
    const char *name = rote_text_list_get(&top->folder, i);
    *(set_number(name) < ROTE_SET_COUNT ? &set : &other) = name;
  }
  other = other == NULL && top->image.count > 0 ? rote_text_list_get(&top->image, 0) : other;
  *has_sets = set != NULL;
  if (set != NULL && other != NULL) {
    return rote_fail(ROTE_DATA,
                     "%s: has a folder %s, but also %s; a level of train, validation and test has "
                     "nothing else in it",
                     directory, set, other);
  }
  return ROTE_OK;
}

static rote_status collect(rote_source_files *sources)
{
  rote_status status = ROTE_OK;
  bool has_sets = false;
  rote_listing top = {.others = 0}, inside[ROTE_SET_COUNT] = {{.others = 0}};
  rote_text_list classes = {.count = 0};
  ROTE_TRY(rote_listing_read(sources->directory, &top));
  ROTE_TRY(check_set_folders(sources->directory, &top, &has_sets));
  for (size_t i = 0; has_sets && i < top.folder.count; i++) {
    char path[ROTE_PATH_MAX];
    const char *name = rote_text_list_get(&top.folder, i);
    ROTE_TRY(rote_path(path, "%s/%s", sources->directory, name));
    ROTE_TRY(rote_listing_read(path, &inside[set_number(name)]));
  }
  for (int s = 0; s < ROTE_SET_COUNT; s++) {
    const rote_listing *l = has_sets ? &inside[s] : &top;
    for (size_t i = 0; (has_sets || s == 0) && i < l->folder.count; i++) {
      ROTE_TRY(rote_text_list_add(&classes, rote_text_list_get(&l->folder, i)));
    }
  }
  ROTE_TRY(name_classes(&classes, &sources->class_name));
  if (!has_sets) {
    ROTE_TRY(add_set(sources, "", ROTE_SET_TRAIN, &top));
  }
  for (size_t i = 0; has_sets && i < top.folder.count; i++) {
    char prefix[ROTE_PATH_MAX];
    const int set = set_number(rote_text_list_get(&top.folder, i));
    ROTE_TRY(rote_path(prefix, "%s/", rote_set_name[set]));
    ROTE_TRY(add_set(sources, prefix, set, &inside[set]));
  }
done:
  rote_listing_free(&top);
  for (int s = 0; s < ROTE_SET_COUNT; s++) {
    rote_listing_free(&inside[s]);
  }
  rote_text_list_free(&classes);
  return status;
}

static rote_status read_images(const char *directory, const rote_import_options *options,
                               rote_data **data)
{
  rote_status status = ROTE_OK;
  rote_source_files sources = {.directory = directory};
  char name[64], source[96];
  *data = NULL;
  ROTE_TRY(rote_team_agree(options->team,
                           rote_team_is_first(options->team) ? collect(&sources) : ROTE_OK));
  rote_source_name(directory, name, sizeof name);
  snprintf(source, sizeof source, "image files of the folder %s", name);
  ROTE_TRY(rote_source_files_read(&sources, options, name, source, data));
done:
  rote_source_files_free(&sources);
  return status;
}

const rote_importer rote_importer_images = {
    .name = "images",
    .summary = "a tree of JPEG and PNG files: [train|validation|test/][class/]file",
    .uses = ROTE_IMPORT_CROP | ROTE_IMPORT_SIZE | ROTE_IMPORT_GRAY | ROTE_IMPORT_SKIP_BAD,
    .shares = true,
    .read = read_images,
};
