/* The option table: one line an option, for all that reads, checks, prints or explains one. */
#ifndef ROTE_OPTION_H
#define ROTE_OPTION_H

#include "rote/study.h"

typedef enum {
  ROTE_OPTION_TEXT,   /* char[]; min and max are lengths */
  ROTE_OPTION_SEED,   /* uint64_t */
  ROTE_OPTION_COUNT,  /* size_t */
  ROTE_OPTION_REAL,   /* double */
  ROTE_OPTION_CHOICE, /* int: index into choices */
  ROTE_OPTION_COUNTS, /* rote_counts: a list of whole numbers */
  ROTE_OPTION_SET,    /* uint64_t: bits by index into choices */
} rote_option_type;

typedef struct {
  const char *key; /* "training.batch" */
  rote_option_type type;
  size_t offset;              /* of the field in rote_options */
  double min, max;            /* allowed values */
  size_t entries;             /* most of a list of whole numbers */
  bool distinct;              /* none of them may be there twice */
  bool above_min, below_max;  /* min, max itself is not allowed */
  const char *const *choices; /* NULL-terminated */
  const char *none;           /* word for an empty list of whole numbers; NULL: it may not be */
  const char *fallback;       /* default, as it would be written */
  bool of_results;            /* a change can change results */
  bool of_training;           /* it decides the bits of a trained model */
  bool of_cost;               /* it decides what computing with an image costs */
  /* Of a set, for each choice: the bit set of rote_model_kind that can have it, 0 = all; and what
   * to tell the others, with %s for the model. */
  const unsigned *choice_models;
  const char *const *choice_needs;
  bool of_variant; /* a variant may change it */
  unsigned models; /* bit set of rote_model_kind that use it; 0 = all */
  /* It is used with some words of another option only. */
  const char *when; /* that option's key, of a choice; NULL: with all */
  unsigned words;   /* bit set */
  const char *help;
} rote_option;

#define ROTE_OPTION_MAX 128
#define ROTE_OPTION_TEXT_MAX (2 * ROTE_TEXT_MAX + 8) /* of a value as it is printed */

/** The table; ends at *count. */
const rote_option *rote_option_table(size_t *count);

/** Index of a key, -1 if unknown. */
int rote_option_find(const char *key);

/** The word for a rote_model_kind. */
const char *rote_option_model(int kind);

/** Key nearest to `key` in spelling. */
const char *rote_option_nearest(const char *key);

/** Is it used with the model and the other choices of `options`?
 * @param[out] why_not  the key that decides, if it is not; may be NULL */
bool rote_option_is_used(const rote_option *option, const rote_options *options,
                         const char **why_not);

/** Parse `text` (lists as "a, b" with or without brackets) into the option's field.
 * @return ROTE_OK; ROTE_DATA with a message that starts with the key and says what is allowed */
rote_status rote_option_set(const rote_option *option, const char *text, rote_options *options);

/** Write the option's value as YAML. @param[out] out [size] */
void rote_option_print(const rote_option *option, const rote_options *options, char *out,
                       size_t size);

#endif
