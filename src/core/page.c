#include "rote/page.h"

#include "rote/memory.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

rote_status rote_page_create(size_t images, rote_page **out)
{
  rote_status status = ROTE_OK;
  ROTE_TRY(rote_alloc(1, sizeof **out, out));
  (*out)->images = images;
done:
  return status;
}

static void forget_part(rote_part *p)
{
  for (size_t i = 0; i < p->series_count; i++) {
    rote_series *s = &p->series[i];
    rote_free(&s->name);
    rote_free(&s->x);
    rote_free(&s->y);
    rote_free(&s->low);
    rote_free(&s->high);
  }
  for (size_t i = 0; i < p->picture_count; i++) {
    rote_free(&p->picture[i].pixel);
    rote_free(&p->picture[i].caption);
  }
  rote_free(&p->series);
  rote_free(&p->picture);
  rote_free(&p->text);
  rote_text_list_free(&p->cells);
}

void rote_page_destroy(rote_page **page)
{
  rote_page *p = *page;
  if (p == NULL) {
    return;
  }
  for (size_t i = 0; i < p->count; i++) {
    forget_part(&p->part[i]);
  }
  for (size_t i = 0; i < p->column_count; i++) {
    rote_free(&p->column[i].variant);
    rote_free(&p->column[i].title);
    rote_free(&p->column[i].value);
  }
  for (size_t i = 0; i < ROTE_VERDICTS; i++) {
    rote_text_list_free(&p->verdict[i]);
  }
  rote_free(&p->part);
  rote_free(&p->column);
  rote_text_list_free(&p->methods);
  rote_text_list_free(&p->citation);
  rote_free(page);
}

/* Room for one more item behind `used` of them, which stay. Room doubles, from 1. */
static rote_status one_more(void *block, size_t item, size_t used)
{
  rote_status status = ROTE_OK;
  void *old, *wider;
  if (used > 0 && (used & (used - 1)) != 0) {
    return ROTE_OK;
  }
  ROTE_TRY(rote_alloc(used == 0 ? 1 : 2 * used, item, &wider));
  memcpy(&old, block, sizeof old);
  if (used > 0) {
    memcpy(wider, old, used * item);
  }
  rote_free(&old);
  memcpy(block, &wider, sizeof wider);
done:
  return status;
}

static rote_status copy(const void *from, size_t bytes, void *out)
{
  rote_status status = ROTE_OK;
  void *to = NULL;
  ROTE_TRY(rote_alloc(bytes, 1, &to));
  memcpy(to, from, bytes);
  memcpy(out, &to, sizeof to);
done:
  return status;
}

static rote_status copy_text(const char *text, char **out)
{
  return copy(text, strlen(text) + 1, out);
}

static rote_status print(char **out, const char *format, va_list args)
{
  rote_status status = ROTE_OK;
  va_list again;
  va_copy(again, args);
  const int n = vsnprintf(NULL, 0, format, again);
  va_end(again);
  ROTE_TRY(rote_alloc((size_t)(n < 0 ? 0 : n) + 1, 1, out));
  vsnprintf(*out, (size_t)n + 1, format, args);
done:
  return status;
}

/* A new part; NULL if the page is out of memory. */
static rote_part *add(rote_page *p, rote_part_kind kind)
{
  if (p->status == ROTE_OK) {
    p->status = one_more(&p->part, sizeof *p->part, p->count);
  }
  if (p->status != ROTE_OK) {
    return NULL;
  }
  p->part[p->count] = (rote_part){.kind = kind};
  return &p->part[p->count++];
}

static void add_text(rote_page *p, rote_part_kind kind, bool open, const char *format, va_list args)
{
  rote_part *part = add(p, kind);
  if (part != NULL) {
    part->open = open;
    p->status = print(&part->text, format, args);
  }
}

/* The last part, if there is one of this kind to add to. */
static rote_part *last(rote_page *p, rote_part_kind kind)
{
  rote_part *part = p->status == ROTE_OK && p->count > 0 ? &p->part[p->count - 1] : NULL;
  return part != NULL && part->kind == kind ? part : NULL;
}

static void list_text(rote_page *p, rote_text_list *list, const char *text)
{
  if (p->status == ROTE_OK) {
    p->status = rote_text_list_add(list, text);
  }
}

static void list_print(rote_page *p, rote_text_list *list, const char *format, va_list args)
{
  char *text = NULL;
  if (p->status == ROTE_OK) {
    p->status = print(&text, format, args);
  }
  if (p->status == ROTE_OK) {
    p->status = rote_text_list_add(list, text);
  }
  rote_free(&text);
}

void rote_page_verdict(rote_page *p, rote_verdict which, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  list_print(p, &p->verdict[which], format, args);
  va_end(args);
}

void rote_page_section(rote_page *p, bool open, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  add_text(p, ROTE_PART_SECTION, open, format, args);
  va_end(args);
}

void rote_page_heading(rote_page *p, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  add_text(p, ROTE_PART_HEADING, false, format, args);
  va_end(args);
}

void rote_page_text(rote_page *p, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  add_text(p, ROTE_PART_TEXT, false, format, args);
  va_end(args);
}

void rote_page_warning(rote_page *p, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  add_text(p, ROTE_PART_WARNING, false, format, args);
  va_end(args);
}

void rote_page_verbatim(rote_page *p, const char *text)
{
  rote_part *part = add(p, ROTE_PART_VERBATIM);
  if (part != NULL) {
    p->status = copy_text(text, &part->text);
  }
}

void rote_page_table(rote_page *p, const char *caption, size_t columns, const char *const *title)
{
  rote_part *part = add(p, ROTE_PART_TABLE);
  if (part != NULL) {
    part->columns = columns;
    p->status = copy_text(caption, &part->text);
    for (size_t i = 0; i < columns; i++) {
      list_text(p, &part->cells, title[i]);
    }
  }
}

void rote_page_cell(rote_page *p, const char *format, ...)
{
  rote_part *part = last(p, ROTE_PART_TABLE);
  va_list args;
  va_start(args, format);
  if (part != NULL) {
    list_print(p, &part->cells, format, args);
  }
  va_end(args);
}

void rote_page_shade(rote_page *p)
{
  rote_part *part = last(p, ROTE_PART_TABLE);
  if (part != NULL) {
    part->shaded = true;
  }
}

void rote_page_figure(rote_page *p, const rote_figure *figure)
{
  rote_part *part = add(p, ROTE_PART_FIGURE);
  if (part != NULL) {
    const char *const text[] = {figure->name, figure->title, figure->alt, figure->x, figure->y};
    part->scale = figure->scale;
    for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
      list_text(p, &part->cells, text[i]);
    }
  }
}

/* The entries of which all numbers are finite. */
static void take(const rote_series *from, rote_series *s)
{
  double *const to[] = {s->x, s->y, s->low, s->high};
  double *const of[] = {from->x, from->y, from->low, from->high};
  for (size_t i = 0; i < from->count; i++) {
    bool finite = true;
    for (size_t k = 0; k < 4; k++) {
      finite = finite && (of[k] == NULL || isfinite(of[k][i]));
    }
    for (size_t k = 0; finite && k < 4; k++) {
      if (of[k] != NULL) {
        to[k][s->count] = of[k][i];
      }
    }
    s->count += finite;
  }
}

void rote_page_series(rote_page *p, rote_series_style style, const char *name, size_t count,
                      const double *x, const double *y, const double *low, const double *high)
{
  rote_status status = ROTE_OK;
  rote_part *part = last(p, ROTE_PART_FIGURE);
  const rote_series from = {.count = count,
                            .x = (double *)(uintptr_t)x,
                            .y = (double *)(uintptr_t)y,
                            .low = (double *)(uintptr_t)low,
                            .high = (double *)(uintptr_t)high};
  if (part == NULL) {
    return;
  }
  ROTE_TRY(one_more(&part->series, sizeof *part->series, part->series_count));
  rote_series *s = &part->series[part->series_count++];
  *s = (rote_series){.style = style};
  ROTE_TRY(copy_text(name, &s->name));
  ROTE_TRY(rote_alloc(count, sizeof *x, &s->x));
  ROTE_TRY(rote_alloc(count, sizeof *y, &s->y));
  if (low != NULL) {
    ROTE_TRY(rote_alloc(count, sizeof *low, &s->low));
    ROTE_TRY(rote_alloc(count, sizeof *high, &s->high));
  }
  take(&from, s);
done:
  p->status = status;
}

void rote_page_strip(rote_page *p, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  add_text(p, ROTE_PART_STRIP, false, format, args);
  va_end(args);
}

/* Takes the pixels, also if there is no memory. */
static void add_picture(rote_page *p, rote_picture *picture, const char *format, va_list args)
{
  rote_part *part = last(p, ROTE_PART_STRIP);
  if (part != NULL) {
    p->status = one_more(&part->picture, sizeof *part->picture, part->picture_count);
  }
  if (part == NULL || p->status != ROTE_OK) {
    rote_free(&picture->pixel);
    return;
  }
  rote_picture *one = &part->picture[part->picture_count++];
  *one = *picture;
  p->status = print(&one->caption, format, args);
}

void rote_page_training_image(rote_page *p, size_t image, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  add_picture(p, &(rote_picture){.image = image, .beside = image}, format, args);
  va_end(args);
}

void rote_page_nearest(rote_page *p)
{
  rote_part *part = last(p, ROTE_PART_STRIP);
  if (part != NULL && part->picture_count > 0) {
    part->picture[part->picture_count - 1].nearest = true;
  }
}

void rote_page_pixels(rote_page *p, size_t channels, size_t height, size_t width,
                      const float *pixel, const char *format, ...)
{
  const size_t n = channels * height * width;
  rote_picture one = {.channels = channels, .height = height, .width = width};
  if (last(p, ROTE_PART_STRIP) == NULL) {
    return;
  }
  p->status = rote_alloc(n, 1, &one.pixel);
  if (p->status == ROTE_OK) {
    va_list args;
    for (size_t i = 0; i < n; i++) { /* NaN is black */
      one.pixel[i] = (uint8_t)(255 * fminf(1, fmaxf(0, pixel[i])) + 0.5F);
    }
    va_start(args, format);
    add_picture(p, &one, format, args);
    va_end(args);
  }
}

void rote_page_column(rote_page *p, const char *variant, const char *title, bool aside,
                      const double *value)
{
  rote_status status = p->status;
  ROTE_TRY(status);
  ROTE_TRY(one_more(&p->column, sizeof *p->column, p->column_count));
  rote_column *c = &p->column[p->column_count++];
  *c = (rote_column){.aside = aside};
  ROTE_TRY(copy_text(variant, &c->variant));
  ROTE_TRY(copy_text(title, &c->title));
  ROTE_TRY(copy(value, p->images * sizeof *value, &c->value));
done:
  p->status = status;
}

void rote_page_images(rote_page *p)
{
  add(p, ROTE_PART_IMAGES);
}

const rote_column *rote_page_find_column(const rote_page *p, const char *variant, const char *title)
{
  for (size_t i = 0; i < p->column_count; i++) {
    const rote_column *c = &p->column[i];
    if (c->title != NULL && strcmp(c->title, title) == 0 && strcmp(c->variant, variant) == 0) {
      return c;
    }
  }
  return NULL;
}

void rote_page_methods(rote_page *p, const char *text)
{
  list_text(p, &p->methods, text);
}

void rote_page_cite(rote_page *p, const char *reference)
{
  for (size_t i = 0; i < p->citation.count; i++) {
    if (strcmp(rote_text_list_get(&p->citation, i), reference) == 0) {
      return;
    }
  }
  list_text(p, &p->citation, reference);
}
