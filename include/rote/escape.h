/* Names from outside, as they are kept: UTF-8 without control characters, and reversible.
 *
 * Every byte that is not part of UTF-8 text, and every control character, becomes \xNN, two
 * lower-case hexadecimal digits; a backslash becomes two. All else stays as it is. */
#ifndef ROTE_ESCAPE_H
#define ROTE_ESCAPE_H

#include "rote/text_list.h"

/* The rule above, for the attributes of files. */
#define ROTE_ESCAPE_RULE                                                                           \
  "\\xNN: the byte NN, of a name that is not UTF-8 or has control characters; \\\\: a backslash"

/** As snprintf: write what fits, never a part of a character or escape, and a NUL.
 * @param[out] out  [room], at least 1
 * @return the length of the whole, without the NUL; that of `text` if nothing is escaped */
size_t rote_escape(const char *text, char *out, size_t room);

/** Append `text` to the list. @param[in,out] escaped  1 more if it needs escapes; may be NULL
 * @return ROTE_OK; ROTE_NOMEM */
rote_status rote_escape_add(rote_text_list *list, const char *text, size_t *escaped);

#endif
