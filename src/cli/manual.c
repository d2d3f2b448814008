/* The pages, put together from text and from the tables of the program. */
#include "manual.h"
#include "rote/lines.h"
#include "rote/measure.h"
#include "rote/option.h"

#include <string.h>

static void set_block(rote_manual_writer *w, const rote_manual *b)
{
  const rote_manual_format *f = w->format;
  switch (b->kind) {
  case ROTE_MANUAL_SECTION:
    f->section(w, b->text);
    break;
  case ROTE_MANUAL_PART:
    f->part(w, b->text);
    break;
  case ROTE_MANUAL_TEXT:
    f->text(w, b->text);
    break;
  case ROTE_MANUAL_ITEM:
    f->item(w, b->tag, b->text);
    break;
  case ROTE_MANUAL_CODE:
    f->code(w, b->text);
    break;
  case ROTE_MANUAL_END:
    break;
  }
}

void rote_manual_put(rote_manual_writer *w, const rote_manual *b)
{
  const bool item = b->kind == ROTE_MANUAL_ITEM;
  if (item && !w->in_list) {
    w->format->list_begin(w);
  } else if (!item && w->in_list) {
    w->format->list_end(w);
  }
  w->in_list = item;
  set_block(w, b);
  w->fresh = b->kind == ROTE_MANUAL_SECTION || b->kind == ROTE_MANUAL_PART;
}

void rote_manual_put_all(rote_manual_writer *w, const rote_manual *list)
{
  for (; list->kind != ROTE_MANUAL_END; list++) {
    rote_manual_put(w, list);
  }
}

/* Ends a list, if one is open. */
static void finish(rote_manual_writer *w)
{
  rote_manual_put(w, &(rote_manual)ROTE_THE_END);
}

static void put_synopsis(rote_manual_writer *w, const rote_command *command)
{
  finish(w);
  w->format->synopsis(w, command);
  w->fresh = false;
}

/* Usage and purpose; the options follow what there is to say in general. */
void rote_manual_command(rote_manual_writer *w, const rote_command *command)
{
  const rote_manual *more = rote_manual_of_command(command->name);
  put_synopsis(w, command);
  rote_manual_put(w, &(rote_manual)ROTE_TEXT(command->help));
  if (more != NULL) {
    rote_manual_put_all(w, more);
  }
  finish(w);
}

static void put_commands(rote_manual_writer *w)
{
  char heading[64];
  rote_manual_put(w, &(rote_manual)ROTE_SECTION("COMMANDS"));
  for (const rote_command *const *c = rote_command_list; *c != NULL; c++) {
    snprintf(heading, sizeof heading, "rote %s", (*c)->name);
    rote_manual_put(w, &(rote_manual)ROTE_PART(heading));
    rote_manual_command(w, *c);
  }
}

static void add_choices(rote_lines *text, const rote_option *o)
{
  for (int i = 0; o->choices[i] != NULL; i++) {
    rote_lines_add(text, "%s`%s`", i == 0 ? "" : ", ", o->choices[i]);
  }
}

/* What values an option takes. */
static void add_range(rote_lines *text, const rote_option *o)
{
  switch (o->type) {
  case ROTE_OPTION_TEXT:
    rote_lines_add(text, "A text");
    break;
  case ROTE_OPTION_SEED:
    rote_lines_add(text, "A whole number below 2^64");
    break;
  case ROTE_OPTION_COUNT:
    rote_lines_add(text, "A whole number from %.15g to %.15g", o->min, o->max);
    break;
  case ROTE_OPTION_COUNTS:
    rote_lines_add(text, "A list of whole numbers from %.15g to %.15g", o->min, o->max);
    break;
  case ROTE_OPTION_REAL:
    rote_lines_add(text, "A number %s %.15g and %s %.15g", o->above_min ? "above" : "from", o->min,
                   o->below_max ? "below" : "up to", o->max);
    break;
  case ROTE_OPTION_CHOICE:
    rote_lines_add(text, "One of ");
    add_choices(text, o);
    break;
  case ROTE_OPTION_SET:
    rote_lines_add(text, "A list of some of ");
    add_choices(text, o);
    break;
  }
}

/* With which models and words of another option it is used. */
static void add_use(rote_lines *text, const rote_option *o)
{
  size_t count = 0;
  const rote_option *table = rote_option_table(&count);
  const char *between = " Used with model.kind";
  for (int i = 0; o->models != 0 && (o->models >> i) != 0; i++) {
    if ((o->models >> i & 1) != 0) {
      rote_lines_add(text, "%s `%s`", between, rote_option_model(i));
      between = " or";
    }
  }
  if (o->models != 0) {
    rote_lines_add(text, ".");
  }
  if (o->when == NULL) {
    return;
  }
  const rote_option *other = &table[rote_option_find(o->when)];
  rote_lines_add(text, " Used with %s", o->when);
  between = "";
  for (int i = 0; other->choices[i] != NULL; i++) {
    if ((o->words >> i & 1) != 0) {
      rote_lines_add(text, "%s `%s`", between, other->choices[i]);
      between = " or";
    }
  }
  rote_lines_add(text, ".");
}

static void put_option(rote_manual_writer *w, const rote_option *o)
{
  rote_lines text = {0};
  rote_lines_add(&text, "%s. ", o->help);
  add_range(&text, o);
  rote_lines_add(&text, o->fallback[0] == '\0' ? "; empty" : "; `%s`", o->fallback);
  rote_lines_add(&text, " unless given.");
  add_use(&text, o);
  rote_lines_add(&text, "%s", o->of_variant ? " Variants may differ in it." : "");
  if (text.status == ROTE_OK) {
    rote_manual_put(w, &(rote_manual)ROTE_ITEM(o->key, text.text));
  }
  rote_lines_free(&text);
}

static void put_options(rote_manual_writer *w)
{
  size_t count = 0;
  const rote_option *table = rote_option_table(&count);
  rote_manual_put(w, &(rote_manual)ROTE_SECTION("KEYS"));
  rote_manual_put(w, &(rote_manual)ROTE_TEXT(
                         "training.batch is the key batch below training, in a study file; with "
                         "--set and in a variant it is written with the dot."));
  for (size_t i = 0; i < count; i++) {
    put_option(w, &table[i]);
  }
  rote_manual_put(w, &(rote_manual)ROTE_ITEM(
                         "variants", "the same study under changes, in one run. A list of `{ name: "
                                     "NAME, set: [\"KEY=VALUE\", ...] }`; one named base unless "
                                     "given."));
}

static void put_rote(rote_manual_writer *w)
{
  rote_manual_put(w, &(rote_manual)ROTE_SECTION("SYNOPSIS"));
  for (const rote_command *const *c = rote_command_list; *c != NULL; c++) {
    put_synopsis(w, *c);
  }
  rote_manual_put_all(w, rote_manual_description);
  put_commands(w);
  rote_manual_put_all(w, rote_manual_images);
  rote_manual_put_all(w, rote_manual_cluster);
  rote_manual_put_all(w, rote_manual_directory);
  rote_manual_put_all(w, rote_manual_end);
}

static void put_study(rote_manual_writer *w)
{
  rote_manual_put_all(w, rote_manual_study);
  put_options(w);
  for (size_t i = 0; rote_measure_list[i] != NULL; i++) {
    if (rote_measure_list[i]->manual != NULL) {
      rote_manual_put_all(w, rote_measure_list[i]->manual);
    }
  }
  rote_manual_put_all(w, rote_manual_study_end);
}

bool rote_manual_page(const rote_manual_format *format, const char *page, FILE *out)
{
  static const struct {
    const char *page;
    rote_manual_title title;
    void (*put)(rote_manual_writer *w);
  } pages[] = {
      {"rote", {"rote", "1", "measure what a generative model has learned by rote"}, put_rote},
      {"study", {"rote-study", "5", "what Rote is to do, and what it leaves"}, put_study},
  };
  for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
    if (strcmp(page, pages[i].page) == 0) {
      rote_manual_writer w = {.format = format, .out = out, .title = pages[i].title};
      format->title(&w);
      pages[i].put(&w);
      finish(&w);
      return true;
    }
  }
  return false;
}
