/* Image files to a data set: two passes over a list of files, the first only where sizes or
 * channels are not known. The ranks of a team share both passes; rank 0 puts the parts together. */
#include "source_files.h"

#include "rote/escape.h"
#include "rote/file.h"
#include "rote/image_file.h"
#include "rote/log.h"
#include "rote/memory.h"
#include "rote/resize.h"

#include <stdio.h>
#include <string.h>

/* An import under way. */
typedef struct {
  rote_source_files *sources;
  const rote_import_options *options;
  size_t channels, height, width; /* of the data set; height 0: not known yet */
  bool decode;                    /* in the second pass */
  size_t *order, count;           /* files of this pass, as they are taken */
  size_t block;                   /* files of a block of work */
  rote_resizer *resizer;

  /* On rank 0 alone: */
  size_t first; /* the file that decided height and width */
  bool *bad;    /* [n] */
  rote_text_list left_out, sums;
  rote_text_list unread; /* files that the system did not give, which are not bad for that */
  size_t escaped;        /* names that are kept with escapes */
  rote_data *data;
  size_t done, total;
} import;

/* What a rank found out about a file. A block of work results in one of these a file, then the
 * pixels of all of them, [block, D]. */
typedef struct {
  int32_t status;                 /* rote_status */
  size_t channels, height, width; /* of the part that is used */
  char sha256[ROTE_DIGEST_TEXT];  /* of the file's bytes; second pass */
  char reason[2048];              /* of a failure */
} finding;

static bool has_crop(const rote_crop *crop)
{
  return crop->right > 0;
}

/* The part of the image that is used. */
static rote_status find_crop(const import *m, const char *path, const rote_image *image,
                             rote_crop *crop)
{
  *crop = has_crop(&m->options->crop) ? m->options->crop
                                      : (rote_crop){0, 0, image->width, image->height};
  if (crop->right > image->width || crop->bottom > image->height) {
    return rote_fail(ROTE_DATA,
                     "%s: is %zu x %zu pixels large; the crop %zu,%zu,%zu,%zu needs more", path,
                     image->width, image->height, crop->left, crop->top, crop->right, crop->bottom);
  }
  return ROTE_OK;
}

/* Colour to grey in place. */
static void make_gray(rote_image *image)
{
  const size_t pixels = image->height * image->width;
  for (size_t i = 0; i < pixels; i++) {
    const uint8_t *p = image->pixel + 3 * i;
    image->pixel[i] = (uint8_t)((299u * p[0] + 587u * p[1] + 114u * p[2] + 500u) / 1000u);
  }
  image->channels = 1;
}

/* Crop and resize into [C, H, W]; grey becomes every channel of a colour image. */
static rote_status place(import *m, rote_image *image, const rote_crop *crop, uint8_t *to)
{
  rote_status status = ROTE_OK;
  if (image->channels > m->channels) {
    make_gray(image);
  }
  const size_t row = image->width * image->channels, plane = m->height * m->width;
  ROTE_TRY(rote_resize(m->resizer, image->channels, crop->bottom - crop->top,
                       crop->right - crop->left, row,
                       image->pixel + crop->top * row + crop->left * image->channels, to));
  for (size_t c = image->channels; c < m->channels; c++) {
    memcpy(to + c * plane, to, plane);
  }
done:
  return status;
}

/* Everything that can be wrong with one file alone. @param[out] to  [D] in the second pass */
static rote_status look_at(import *m, const char *path, finding *f, uint8_t *to)
{
  rote_status status = ROTE_OK;
  char *bytes = NULL;
  const void *block;
  size_t count = 0;
  rote_image image = {.pixel = NULL};
  rote_crop crop;
  ROTE_TRY(rote_source_bytes(path, &bytes, &count));
  ROTE_TRY(m->decode ? rote_image_decode(path, bytes, count, &image)
                     : rote_image_describe(path, bytes, count, &image));
  ROTE_TRY(find_crop(m, path, &image, &crop));
  f->channels = image.channels;
  f->height = crop.bottom - crop.top;
  f->width = crop.right - crop.left;
  if (m->decode) {
    if (m->options->size == 0 && (f->height != m->height || f->width != m->width)) {
      ROTE_TRY(rote_fail(ROTE_DATA, "%s: changed while it was imported", path));
    }
    ROTE_TRY(place(m, &image, &crop, to));
    block = bytes;
    ROTE_TRY(rote_digest(1, &block, &count, f->sha256));
  }
done:
  rote_free(&image.pixel);
  rote_free(&bytes);
  return status;
}

static size_t pixels_of(const import *m)
{
  return m->decode ? m->channels * m->height * m->width : 0;
}

static size_t files_of(const import *m, size_t block)
{
  const size_t left = m->count - block * m->block;
  return left < m->block ? left : m->block;
}

/* A bad file is a finding; a lack of memory ends the import. */
static rote_status make_block(void *context, size_t block, void *result, size_t *bytes)
{
  rote_status status = ROTE_OK;
  import *m = context;
  finding *f = result;
  uint8_t *pixel = (uint8_t *)result + m->block * sizeof *f;
  const size_t n = files_of(m, block), pixels = pixels_of(m);
  char path[ROTE_PATH_MAX];
  memset(result, 0, m->block * sizeof *f);
  for (size_t k = 0; k < n; k++) {
    const size_t i = m->order[block * m->block + k];
    ROTE_TRY(
        rote_path(path, "%s/%s", m->sources->directory, rote_text_list_get(&m->sources->name, i)));
    const rote_status found = look_at(m, path, &f[k], pixel + k * pixels);
    f[k].status = found;
    if (found == ROTE_NOMEM || found == ROTE_INTERNAL) {
      ROTE_TRY(rote_fail_context(found, "%s", path));
    } else if (found != ROTE_OK) {
      snprintf(f[k].reason, sizeof f[k].reason, "%s", rote_fail_reason(found));
    }
  }
  *bytes = m->block * sizeof *f + n * pixels;
done:
  return status;
}

/* Name the file that could not be read, and go on. */
static rote_status mark_bad(import *m, size_t i, const finding *f)
{
  rote_status status = ROTE_OK;
  /* Reasons begin with the path of the file; what is kept does not need the directory. */
  const char *tail = strstr(f->reason, rote_text_list_get(&m->sources->name, i));
  const bool unread = f->status == ROTE_IO;
  rote_log(m->options->skip_bad && !unread ? ROTE_LOG_WARN : ROTE_LOG_ERROR,
           unread ? "unread-file" : "bad-file", "%s", f->reason);
  ROTE_TRY(rote_escape_add(unread ? &m->unread : &m->left_out, tail != NULL ? tail : f->reason,
                           unread ? NULL : &m->escaped));
  m->bad[i] = true;
done:
  return status;
}

/* Height and width of the data set: --size, or else the size that all images have. */
static rote_status settle_size(import *m, size_t i, const finding *f)
{
  const size_t size = m->options->size;
  const size_t height = size > 0 ? size : f->height, width = size > 0 ? size : f->width;
  m->channels = f->channels > m->channels ? f->channels : m->channels;
  if (m->height == 0) {
    m->height = height;
    m->width = width;
    m->first = i;
  } else if (m->height != height || m->width != width) {
    return rote_fail(ROTE_DATA,
                     "%s: the images have different sizes: %s has %zu x %zu pixels, %s has %zu x "
                     "%zu; give --size to resize them",
                     m->sources->directory, rote_text_list_get(&m->sources->name, m->first),
                     m->width, m->height, rote_text_list_get(&m->sources->name, i), width, height);
  }
  return ROTE_OK;
}

/* Append an image to its set; files left out leave no gap. */
static rote_status append(import *m, size_t i, const finding *f, const uint8_t *pixel)
{
  rote_status status = ROTE_OK;
  const rote_source_files *sources = m->sources;
  const size_t pixels = pixels_of(m), attributes = sources->attribute_name.count;
  const char *name = rote_text_list_get(&sources->name, i);
  rote_image_set *set = rote_data_set(m->data, sources->file[i].set);
  memcpy(set->pixel + set->count * pixels, pixel, pixels);
  set->label[set->count] = sources->file[i].label;
  if (set->attribute != NULL) {
    memcpy(set->attribute + set->count * attributes, sources->attribute + i * attributes,
           attributes);
  }
  ROTE_TRY(rote_escape_add(&set->name, name + sources->prefix, &m->escaped));
  ROTE_TRY(rote_sums_add(&m->sums, name, f->sha256));
  set->count++;
done:
  return status;
}

static rote_status take_block(void *context, size_t block, const void *result, size_t bytes)
{
  rote_status status = ROTE_OK;
  import *m = context;
  const finding *f = result;
  const uint8_t *pixel = (const uint8_t *)result + m->block * sizeof *f;
  const size_t n = files_of(m, block), pixels = pixels_of(m);
  if (bytes != m->block * sizeof *f + n * pixels) {
    ROTE_TRY(rote_fail(ROTE_INTERNAL, "a block of %zu files came as %zu bytes", n, bytes));
  }
  for (size_t k = 0; k < n; k++) {
    const size_t i = m->order[block * m->block + k];
    if (f[k].status != ROTE_OK) {
      ROTE_TRY(mark_bad(m, i, &f[k]));
    } else {
      ROTE_TRY(m->decode ? append(m, i, &f[k], pixel + k * pixels) : settle_size(m, i, &f[k]));
    }
    m->done++;
    if (m->options->progress != NULL) {
      m->options->progress(m->options->context, m->done, m->total);
    }
  }
done:
  return status;
}

/* One pass over the files in m->order. Blocks of at most 64 files and about 1 MB, but several a
 * rank. */
static rote_status pass(import *m)
{
  const size_t one = sizeof(finding) + pixels_of(m), limit = ((size_t)1 << 20) / one;
  const size_t even = m->count / (4 * rote_team_size(m->options->team)) + 1;
  m->block = limit < 1 ? 1 : limit < 64 ? limit : 64;
  m->block = even < m->block ? even : m->block;
  const rote_team_work work = {
      .blocks = (m->count + m->block - 1) / m->block,
      .room = m->block * one,
      .context = m,
      .make = make_block,
      .take = take_block,
  };
  return rote_team_share(m->options->team, &work);
}

static rote_status check_left_out(const import *m, size_t left)
{
  const size_t bad = m->left_out.count;
  if (m->unread.count > 0) {
    return rote_fail(ROTE_IO,
                     "%s: %zu of %zu files could not be read, and nothing was written (the "
                     "first is %s); see to that and import again",
                     m->sources->directory, m->unread.count, m->sources->name.count,
                     rote_text_list_get(&m->unread, 0));
  }
  if (bad > 0 && !m->options->skip_bad) {
    return rote_fail(
        ROTE_DATA,
        "%s: %zu of %zu files could not be read, and nothing was written (the first is "
        "%s); repair them, or leave them out with --skip-bad",
        m->sources->directory, bad, m->sources->name.count, rote_text_list_get(&m->left_out, 0));
  }
  if (left == 0) {
    return rote_fail(ROTE_DATA, "%s: has no training images that can be read",
                     m->sources->directory);
  }
  return ROTE_OK;
}

static rote_status keep_names(import *m, const rote_text_list *from, rote_text_list *to)
{
  rote_status status = ROTE_OK;
  for (size_t i = 0; i < from->count; i++) {
    ROTE_TRY(rote_escape_add(to, rote_text_list_get(from, i), &m->escaped));
  }
done:
  return status;
}

/* Rank 0, between the passes: room for the data set, and the files to decode, set by set. */
static rote_status prepare_data(import *m, const char *name, const char *source)
{
  rote_status status = ROTE_OK;
  const rote_source_files *sources = m->sources;
  rote_data_info info = {.channels = m->channels, .height = m->height, .width = m->width};
  size_t *const counts[ROTE_SET_COUNT] = {&info.train_count, &info.validation_count,
                                          &info.test_count};
  ROTE_TRY(m->height == 0 || m->channels == 0 ? check_left_out(m, 0) : ROTE_OK);
  m->count = 0;
  for (int set = 0; set < ROTE_SET_COUNT; set++) {
    for (size_t i = 0; i < sources->name.count; i++) {
      if (sources->file[i].set == set && !m->bad[i]) {
        m->order[m->count++] = i;
        ++*counts[set];
      }
    }
  }
  m->total = m->done + m->count;
  snprintf(info.name, sizeof info.name, "%s", name);
  snprintf(info.source, sizeof info.source, "%s", source);
  rote_source_describe(m->options, &info);
  ROTE_TRY(rote_import_begin(&info, m->options, &m->data));
  for (int s = 0; s < ROTE_SET_COUNT; s++) {
    rote_image_set *set = rote_data_set(m->data, s);
    if (set->count > 0 && sources->attribute != NULL) {
      ROTE_TRY(rote_alloc(set->count, sources->attribute_name.count, &set->attribute));
    }
    set->count = 0;
  }
done:
  return status;
}

/* Rank 0, in the end: what does not depend on single images. */
static rote_status finish(import *m)
{
  rote_status status = ROTE_OK;
  rote_data *data = m->data;
  char path[ROTE_PATH_MAX], *bytes = NULL;
  size_t count = 0;
  data->info.train_count = data->train.count;
  data->info.validation_count = data->validation.count;
  data->info.test_count = data->test.count;
  ROTE_TRY(check_left_out(m, data->train.count));
  ROTE_TRY(keep_names(m, &m->sources->class_name, &data->class_name));
  ROTE_TRY(keep_names(m, &m->sources->attribute_name, &data->attribute_name));
  data->left_out = m->left_out;
  m->left_out = (rote_text_list){.count = 0};
  data->escaped = m->escaped;
  for (size_t i = 0; i < m->sources->labels.count; i++) {
    const char *name = rote_text_list_get(&m->sources->labels, i);
    ROTE_TRY(rote_path(path, "%s/%s", m->sources->directory, name));
    ROTE_TRY(rote_file_read(path, &bytes, &count));
    ROTE_TRY(rote_sums_add_bytes(&m->sums, name, bytes, count));
    rote_free(&bytes);
  }
  ROTE_TRY(rote_sums_digest(&m->sums, data->files_sha256));
  ROTE_TRY(rote_data_digest(data, data->info.sha256));
done:
  rote_free(&bytes);
  return status;
}

/* Names of the files from rank 0 to all. */
static rote_status spread_names(import *m)
{
  rote_status status = ROTE_OK;
  const rote_team *team = m->options->team;
  rote_text_list *name = &m->sources->name;
  size_t sizes[2] = {name->count, name->used};
  ROTE_TRY(rote_team_broadcast(team, sizes, sizeof sizes));
  if (!rote_team_is_first(team)) {
    *name =
        (rote_text_list){.count = sizes[0], .room = sizes[0], .used = sizes[1], .bytes = sizes[1]};
    status = rote_alloc(sizes[0], sizeof *name->start, &name->start);
    status = status == ROTE_OK ? rote_alloc(sizes[1], 1, &name->text) : status;
  }
  status = status == ROTE_OK ? rote_alloc(sizes[0], sizeof *m->order, &m->order) : status;
  status = status == ROTE_OK ? rote_alloc(sizes[0], sizeof *m->bad, &m->bad) : status;
  ROTE_TRY(rote_team_agree(team, status));
  ROTE_TRY(rote_team_broadcast(team, name->start, sizes[0] * sizeof *name->start));
  ROTE_TRY(rote_team_broadcast(team, name->text, sizes[1]));
done:
  return status;
}

/* Shape of the data set, and the files that are decoded, from rank 0 to all. */
static rote_status spread_order(import *m)
{
  rote_status status = ROTE_OK;
  const rote_team *team = m->options->team;
  size_t values[] = {m->channels, m->height, m->width, m->count};
  ROTE_TRY(rote_team_broadcast(team, values, sizeof values));
  m->channels = values[0];
  m->height = values[1];
  m->width = values[2];
  m->count = values[3];
  ROTE_TRY(rote_team_broadcast(team, m->order, m->count * sizeof *m->order));
  ROTE_TRY(rote_team_agree(team, rote_resizer_create(m->height, m->width, &m->resizer)));
done:
  return status;
}

static rote_status read_all(import *m, const char *name, const char *source)
{
  rote_status status = ROTE_OK;
  const rote_team *team = m->options->team;
  const bool known = m->options->size > 0 && m->channels > 0;
  ROTE_TRY(spread_names(m));
  m->count = m->sources->name.count;
  m->total = known ? m->count : 2 * m->count;
  m->height = m->width = m->options->size;
  for (size_t i = 0; i < m->count; i++) {
    m->order[i] = i;
  }
  ROTE_TRY(known ? ROTE_OK : pass(m));
  m->channels = m->options->gray ? 1 : m->channels;
  ROTE_TRY(
      rote_team_agree(team, rote_team_is_first(team) ? prepare_data(m, name, source) : ROTE_OK));
  ROTE_TRY(spread_order(m));
  m->decode = true;
  ROTE_TRY(pass(m));
  ROTE_TRY(rote_team_agree(team, rote_team_is_first(team) ? finish(m) : ROTE_OK));
done:
  return status;
}

rote_status rote_source_files_read(rote_source_files *sources, const rote_import_options *options,
                                   const char *name, const char *source, rote_data **data)
{
import m = {.sources = sources, .options = options, .channels = options->gray ? 1 :sources->channels };
  *data = NULL;
  const rote_status status = read_all(&m, name, source);
  if (status == ROTE_OK) {
    *data = m.data;
  } else {
    rote_data_destroy(&m.data);
  }
  rote_free(&m.order);
  rote_free(&m.bad);
  rote_text_list_free(&m.left_out);
  rote_text_list_free(&m.unread);
  rote_text_list_free(&m.sums);
  rote_resizer_destroy(&m.resizer);
  return status;
}
