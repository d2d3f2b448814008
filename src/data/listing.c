#include "listing.h"

#include "rote/file.h"
#include "rote/log.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void rote_listing_free(rote_listing *listing)
{
  rote_text_list_free(&listing->folder);
  rote_text_list_free(&listing->image);
  listing->others = 0;
}

static int is_visible(const struct dirent *entry)
{
  return entry->d_name[0] != '.';
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
  return strcmp((*a)->d_name, (*b)->d_name);
}

static bool has_image_name(const char *name)
{
  const char *dot = strrchr(name, '.');
  return dot != NULL && (strcasecmp(dot, ".jpg") == 0 || strcasecmp(dot, ".jpeg") == 0 ||
                         strcasecmp(dot, ".png") == 0);
}

static rote_status add_entry(const char *directory, const char *name, rote_listing *listing)
{
  rote_status status = ROTE_OK;
  char path[ROTE_PATH_MAX];
  rote_file_kind kind;
  ROTE_TRY(rote_path(path, "%s/%s", directory, name));
  ROTE_TRY(rote_file_look(path, &kind));
  if (kind == ROTE_FILE_DIRECTORY) {
    ROTE_TRY(rote_text_list_add(&listing->folder, name));
  } else if (has_image_name(name)) {
    ROTE_TRY(rote_text_list_add(&listing->image, name));
  } else if (kind == ROTE_FILE_NONE) { /* it may have been a class */
    ROTE_TRY(rote_fail(ROTE_DATA, "%s: is a link that leads nowhere; repair or remove it", path));
  } else {
    listing->others++;
  }
done:
  return status;
}

static rote_status scan_failed(const char *directory)
{
  const int code = errno;
  const rote_status status = code == ENOENT || code == ENOTDIR ? ROTE_DATA
                             : code == ENOMEM                  ? ROTE_NOMEM
                                                               : ROTE_IO;
  return status == ROTE_DATA
             ? rote_fail(status, "%s: is not a directory: %s", directory, strerror(code))
             : rote_fail(status, "%s: cannot list the directory: %s", directory, strerror(code));
}

rote_status rote_listing_read(const char *directory, rote_listing *listing)
{
  rote_status status = ROTE_OK;
  struct dirent **entry = NULL;
  const int count = scandir(directory, &entry, is_visible, by_bytes);
  if (count < 0) {
    return scan_failed(directory);
  }
  for (int i = 0; i < count; i++) {
    status = status == ROTE_OK ? add_entry(directory, entry[i]->d_name, listing) : status;
    free(entry[i]);
  }
  free(entry);
  if (status == ROTE_OK && listing->others > 0) {
    rote_log(ROTE_LOG_WARN, "ignored",
             "directory = %s, files that do not end in .jpg, .jpeg or .png = %zu", directory,
             listing->others);
  }
  return status;
}
