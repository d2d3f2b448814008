#include "html.h"

#include <string.h>

void rote_html_text(rote_lines *html, const char *text)
{
  while (*text != '\0') {
    const size_t plain = strcspn(text, "&<>\"'");
    rote_lines_add(html, "%.*s", (int)plain, text);
    text += plain;
    switch (*text) {
    case '&':
      rote_lines_add(html, "&amp;");
      break;
    case '<':
      rote_lines_add(html, "&lt;");
      break;
    case '>':
      rote_lines_add(html, "&gt;");
      break;
    case '"':
      rote_lines_add(html, "&quot;");
      break;
    case '\'':
      rote_lines_add(html, "&#39;");
      break;
    default:
      continue;
    }
    text++;
  }
}

void rote_html_base64(rote_lines *html, size_t count, const uint8_t *bytes)
{
  static const char letter[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  char line[4 * 256 + 1];
  size_t n = 0;
  for (size_t i = 0; i < count; i += 3) {
    const size_t left = count - i;
    const unsigned three = (unsigned)bytes[i] << 16 | (left > 1 ? (unsigned)bytes[i + 1] << 8 : 0) |
                           (left > 2 ? bytes[i + 2] : 0);
    line[n++] = letter[three >> 18];
    line[n++] = letter[three >> 12 & 63];
    line[n++] = left > 1 ? letter[three >> 6 & 63] : '=';
    line[n++] = left > 2 ? letter[three & 63] : '=';
    if (n == sizeof line - 1 || i + 3 >= count) {
      rote_lines_add(html, "%.*s", (int)n, line);
      n = 0;
    }
  }
}
