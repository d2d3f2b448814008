/* HTML as text. */
#ifndef ROTE_HTML_H
#define ROTE_HTML_H

#include "rote/lines.h"

#include <stdint.h>

/** Text of any characters, for elements and for attributes in double quotes. */
void rote_html_text(rote_lines *html, const char *text);

/** Bytes as base64. */
void rote_html_base64(rote_lines *html, size_t count, const uint8_t *bytes);

/** The style of the page, and the script that sorts and filters its table. */
extern const char rote_html_style[], rote_html_script[];

#endif
