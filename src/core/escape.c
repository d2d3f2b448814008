#include "rote/escape.h"

#include "rote/memory.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { ESCAPE = 4 }; /* characters of \xNN */

/* Bytes of the character that begins here; 0 if it is none of UTF-8 (RFC 3629, section 4). */
static size_t character(const unsigned char *s)
{
  const unsigned char low = s[0] == 0xE0 ? 0xA0 : s[0] == 0xF0 ? 0x90 : 0x80;
  const unsigned char high = s[0] == 0xED ? 0x9F : s[0] == 0xF4 ? 0x8F : 0xBF;
  size_t length = 4;
  if (s[0] < 0x80) {
    return 1;
  }
  if (s[0] < 0xC2 || s[0] > 0xF4 || s[1] < low || s[1] > high) {
    return 0;
  }
  length = s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3 : length;
  for (size_t i = 2; i < length; i++) {
    if ((s[i] & 0xC0) != 0x80) {
      return 0;
    }
  }
  return length;
}

/* C0, DEL, and C1 as UTF-8 (U+0080 to U+009F). */
static bool is_control(const unsigned char *s)
{
  return s[0] < 0x20 || s[0] == 0x7F || (s[0] == 0xC2 && s[1] < 0xA0);
}

size_t rote_escape(const char *text, char *out, size_t room)
{
  const unsigned char *s = (const unsigned char *)text;
  size_t whole = 0, used = 0;
  bool fits = true;
  while (*s != '\0') {
    char piece[ESCAPE + 1];
    size_t taken = character(s), length = taken;
    if (taken == 0 || is_control(s)) {
      taken = 1;
      length = (size_t)snprintf(piece, sizeof piece, "\\x%02x", s[0]);
    } else if (s[0] == '\\') {
      length = 2;
      memcpy(piece, "\\\\", length);
    } else {
      memcpy(piece, s, length);
    }
    fits = fits && used + length < room;
    if (fits) {
      memcpy(out + used, piece, length);
      used += length;
    }
    whole += length;
    s += taken;
  }
  out[used] = '\0';
  return whole;
}

rote_status rote_escape_add(rote_text_list *list, const char *text, size_t *escaped)
{
  rote_status status = ROTE_OK;
  char *out = NULL;
  const size_t length = strlen(text);
  ROTE_TRY(rote_alloc(ESCAPE * length + 1, 1, &out));
  const bool changed = rote_escape(text, out, ESCAPE * length + 1) != length;
  ROTE_TRY(rote_text_list_add(list, out));
  if (escaped != NULL) {
    *escaped += changed;
  }
done:
  rote_free(&out);
  return status;
}
