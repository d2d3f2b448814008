/* Manual pages and help: the text, two ways to set it, and what is printed by the tables of the
 * program. */
#ifndef ROTE_CLI_MANUAL_H
#define ROTE_CLI_MANUAL_H

#include "command.h"
#include "rote/manual.h"

#include <stdio.h>

#define ROTE_MANUAL_DATE "November 28, 2026" /* when the text last changed */

typedef struct rote_manual_writer rote_manual_writer;

typedef struct {
  const char *name, *section, *about;
} rote_manual_title;

/* A way to set blocks. */
typedef struct {
  /* REQUIRED */
  void (*section)(rote_manual_writer *writer, const char *text);
  void (*part)(rote_manual_writer *writer, const char *text);
  void (*text)(rote_manual_writer *writer, const char *text);
  void (*item)(rote_manual_writer *writer, const char *tag, const char *text);
  void (*code)(rote_manual_writer *writer, const char *text);
  void (*title)(rote_manual_writer *writer); /* all that is before the second section of a page */
  void (*synopsis)(rote_manual_writer *writer, const rote_command *command);
  /* around a list of items */
  void (*list_begin)(rote_manual_writer *writer);
  void (*list_end)(rote_manual_writer *writer);
} rote_manual_format;

struct rote_manual_writer {
  const rote_manual_format *format;
  FILE *out;
  rote_manual_title title; /* of a page */
  bool in_list, fresh;     /* fresh: nothing stands below the heading yet */
};

extern const rote_manual_format rote_manual_mdoc, rote_manual_plain;

/** Set one block, or all of a list. */
void rote_manual_put(rote_manual_writer *writer, const rote_manual *block);
void rote_manual_put_all(rote_manual_writer *writer, const rote_manual *list);

/** A page by its name: "rote" is rote(1), "study" is rote-study(5). @return false if there is none
 */
bool rote_manual_page(const rote_manual_format *format, const char *page, FILE *out);

/** What there is to say of a command: usage, purpose, options. */
void rote_manual_command(rote_manual_writer *writer, const rote_command *command);

/* The text. */
extern const rote_manual rote_manual_description[], rote_manual_images[], rote_manual_cluster[],
    rote_manual_directory[], rote_manual_end[], rote_manual_study[], rote_manual_study_end[];

/** Of the command of this name; NULL if there is no more than its usage. */
const rote_manual *rote_manual_of_command(const char *name);

/** A function for bash that completes commands, options, study files, keys and words. */
void rote_completion_print(FILE *out);

#endif
