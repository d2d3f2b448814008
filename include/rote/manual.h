/* What the manual pages and `rote help` say, as blocks that are set as mdoc or as plain text.
 *
 * In a text, `words` between backticks are literal. ASCII only. */
#ifndef ROTE_MANUAL_H
#define ROTE_MANUAL_H

typedef enum {
  ROTE_MANUAL_END, /* of a list of blocks */
  ROTE_MANUAL_SECTION,
  ROTE_MANUAL_PART, /* of a section, with a heading */
  ROTE_MANUAL_TEXT, /* a paragraph */
  ROTE_MANUAL_ITEM, /* `tag` and what there is to say of it */
  ROTE_MANUAL_CODE, /* lines as they are */
} rote_manual_kind;

typedef struct {
  rote_manual_kind kind;
  const char *tag, *text;
} rote_manual;

#define ROTE_SECTION(words)                                                                        \
  {                                                                                                \
    ROTE_MANUAL_SECTION, NULL, words                                                               \
  }
#define ROTE_PART(words)                                                                           \
  {                                                                                                \
    ROTE_MANUAL_PART, NULL, words                                                                  \
  }
#define ROTE_TEXT(words)                                                                           \
  {                                                                                                \
    ROTE_MANUAL_TEXT, NULL, words                                                                  \
  }
#define ROTE_ITEM(tag, words)                                                                      \
  {                                                                                                \
    ROTE_MANUAL_ITEM, tag, words                                                                   \
  }
#define ROTE_CODE(lines)                                                                           \
  {                                                                                                \
    ROTE_MANUAL_CODE, NULL, lines                                                                  \
  }
#define ROTE_THE_END                                                                               \
  {                                                                                                \
    ROTE_MANUAL_END, NULL, NULL                                                                    \
  }

#endif
