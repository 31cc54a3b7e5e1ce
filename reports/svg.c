#include "svg.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* gnuplot is given a colour that nothing else has: rgb(0, 197, n). */
enum { MARK_GREEN = 197 };

static const struct {
  const char *code;
  const char *inlined;
  const char *fixed;
} colours[] = {
    [REPORT_COLOUR_OWN] = {"#00C500", "var(--own,#3b8fc7)", "#3b8fc7"},
    [REPORT_COLOUR_OTHER] = {"#00C501", "var(--other,#a3abb5)", "#a3abb5"},
    [REPORT_COLOUR_WHISKER] = {"#00C502", "var(--whisker,#6b7480)", "#6b7480"},
    [REPORT_COLOUR_TEXT] = {"#00C503", "var(--text,#7b848f)", "#7b848f"},
    [REPORT_COLOUR_MUTED] = {"#00C504", "var(--muted,#7b848f)", "#7b848f"},
    [REPORT_COLOUR_GRID] = {"#00C505", "var(--grid,#c5cad0)", "#c5cad0"},
};

enum { COLOUR_COUNT = sizeof colours / sizeof *colours };

const char *report_colour_code(report_colour colour) {
  return colours[colour].code;
}

static bool is_listed(const char *const *list, size_t count, const char *name, size_t length) {
  for (size_t i = 0; i < count; i++) {
    if (strlen(list[i]) == length && memcmp(list[i], name, length) == 0) return true;
  }
  return false;
}

static const char *const elements[] = {"g", "path", "polygon", "polyline", "rect", "text"};
static const char *const attributes[] = {"fill",
                                         "stroke",
                                         "stroke-width",
                                         "stroke-linecap",
                                         "d",
                                         "transform",
                                         "text-anchor",
                                         "font-size",
                                         "points",
                                         "x",
                                         "y",
                                         "width",
                                         "height",
                                         "fill-opacity",
                                         "stroke-linejoin",
                                         "shape-rendering"};
/* Elements whose content goes with them. */
static const char *const dropped[] = {"title", "desc", "defs", "script", "style", "metadata"};

#define LISTED(list, name, length) is_listed(list, sizeof(list) / sizeof *(list), name, length)

/* ---- attributes ---- */

/* The colour that "rgb(0, 197, n)" stands for; COLOUR_COUNT for any other text. Spaces as gnuplot likes. */
static size_t colour_of(const char *value, size_t length) {
  char text[32];
  int red, green, blue;
  if (length >= sizeof text) return COLOUR_COUNT;
  memcpy(text, value, length);
  text[length] = '\0';
  if (sscanf(text, "rgb( %d , %d , %d )", &red, &green, &blue) != 3) return COLOUR_COUNT;
  return red == 0 && green == MARK_GREEN && blue >= 0 && blue < COLOUR_COUNT ? (size_t)blue : COLOUR_COUNT;
}

/* A value that points elsewhere, into the page or out of it. */
static bool is_reference(const char *value, size_t length) {
  return memmem(value, length, "url(", 4) != NULL;
}

static void add_attribute(report_text *out, const char *name, size_t name_length, const char *value, size_t length,
                          report_svg_use use) {
  if (!LISTED(attributes, name, name_length) || is_reference(value, length)) return;
  report_text_add(out, " ");
  report_text_add_bytes(out, name, name_length);
  report_text_add(out, "=\"");
  size_t colour = colour_of(value, length);
  if (colour < COLOUR_COUNT) {
    report_text_add(out, use == REPORT_SVG_INLINE ? colours[colour].inlined : colours[colour].fixed);
  } else {
    for (size_t i = 0; i < length; i++) {
      char plain = strchr("\"<>\n\t", value[i]) != NULL ? ' ' : value[i];
      report_text_add_bytes(out, &plain, 1);
    }
  }
  report_text_add(out, "\"");
}

/* Adds the attributes that stand in [at, end). */
static void add_attributes(report_text *out, const char *at, const char *end, report_svg_use use) {
  static const char blank[] = " \t\r\n";
  while (at < end) {
    at += strspn(at, blank);
    const char *name = at;
    size_t name_length = strcspn(name, " \t\r\n=/>");
    at = name + name_length;
    at += strspn(at, blank);
    if (name_length == 0 || at >= end || *at != '=') break;
    at++;
    at += strspn(at, blank);
    char quote = *at;
    if (at >= end || (quote != '"' && quote != '\'')) break;
    const char *close = memchr(at + 1, quote, (size_t)(end - at - 1));
    if (close == NULL) break;
    add_attribute(out, name, name_length, at + 1, (size_t)(close - at - 1), use);
    at = close + 1;
  }
}

/* ---- elements ---- */

/* The '>' of the tag at `tag`, quotes respected; NULL where it does not end. */
static const char *tag_end(const char *tag) {
  char quote = '\0';
  for (const char *at = tag; *at != '\0'; at++) {
    if (quote != '\0') {
      if (*at == quote) quote = '\0';
    } else if (*at == '"' || *at == '\'') {
      quote = *at;
    } else if (*at == '>') {
      return at;
    }
  }
  return NULL;
}

/* Behind the closing tag of the element `name`; the end of the text where it is not closed. */
static const char *skip_element(const char *at, const char *name, size_t length) {
  for (const char *tag = strstr(at, "</"); tag != NULL; tag = strstr(tag + 2, "</")) {
    if (strncmp(tag + 2, name, length) != 0 || tag[2 + length] != '>') continue;
    return tag + 3 + length;
  }
  return at + strlen(at);
}

/* A group without content is taken back: gnuplot writes many. */
static void close_group(report_text *out) {
  size_t end = out->length;
  const char *data = report_text_string(out);
  while (end > 0 && strchr(" \t\n", data[end - 1]) != NULL) end--;
  size_t start = end;
  while (start > 0 && data[start - 1] != '<') start--;
  bool is_empty = end > 0 && data[end - 1] == '>' && start > 0 && data[start] == 'g' &&
                  (data[start + 1] == ' ' || data[start + 1] == '>');
  if (is_empty) {
    report_text_truncate(out, start - 1);
  } else {
    report_text_add(out, "</g>\n");
  }
}

/* One tag, from its '<' to `end`, its '>'. Returns where reading goes on. */
static const char *clean_tag(report_text *out, const char *tag, const char *end, report_svg_use use) {
  bool closing = tag[1] == '/';
  const char *name = tag + 1 + closing;
  size_t length = strcspn(name, " \t\r\n/>");
  if (!closing && LISTED(dropped, name, length) && end[-1] != '/') return skip_element(end + 1, name, length);
  if (!LISTED(elements, name, length)) return end + 1;
  if (closing && length == 1 && *name == 'g') {
    close_group(out);
    return end + 1;
  }
  report_text_add(out, closing ? "</" : "<");
  report_text_add_bytes(out, name, length);
  if (!closing) add_attributes(out, name + length, end, use);
  report_text_add(out, !closing && end[-1] == '/' ? "/>" : ">");
  return end + 1;
}

/* Text counts only inside <text>; elsewhere it is white space. */
static const char *clean_text(report_text *out, const char *at) {
  size_t length = strcspn(at, "<");
  const char *data = report_text_string(out);
  bool in_text = out->length >= 5 && memcmp(data + out->length - 5, "text>", 5) == 0 &&
                 (out->length < 6 || data[out->length - 6] != '/');
  if (in_text) report_text_add_bytes(out, at, length);
  return at + length;
}

static const char *clean_next(report_text *out, const char *at, report_svg_use use) {
  if (*at != '<') return clean_text(out, at);
  if (strncmp(at, "<!--", 4) == 0) {
    const char *close = strstr(at, "-->");
    return close == NULL ? at + strlen(at) : close + 3;
  }
  const char *end = tag_end(at);
  return end == NULL ? at + strlen(at) : clean_tag(out, at, end, use);
}

/* How each of our pictures begins. */
#define SVG_OPEN "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 "
#define SVG_ROLE " role=\"img\" font-family=\"system-ui,sans-serif\" class=\""

bool report_svg_is_own(const char *text) {
  const char *role = strstr(text, SVG_ROLE);
  return strncmp(text, SVG_OPEN, sizeof SVG_OPEN - 1) == 0 && role != NULL && role < text + strcspn(text, ">");
}

void report_svg_clean(report_text *out, const char *gnuplot, const report_svg_options *options) {
  report_text body = {0};
  for (const char *at = gnuplot; *at != '\0' && !body.failed;) at = clean_next(&body, at, options->use);
  report_text_format(out, SVG_OPEN "%d %d\" width=\"%d\" height=\"%d\"" SVG_ROLE, options->width, options->height,
                     options->width, options->height);
  report_text_html(out, options->class_name);
  report_text_add(out, "\">\n<title>");
  report_text_html(out, options->title);
  report_text_add(out, "</title>\n");
  report_text_add(out, report_text_string(&body));
  report_text_add(out, "</svg>\n");
  if (body.failed) out->failed = true;
  report_text_free(&body);
}
