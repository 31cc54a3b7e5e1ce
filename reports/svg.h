/* Makes gnuplot's SVG fit for a page: nothing but shapes and text, no ids, no scripts, colours that follow the page. */
#ifndef CSN_REPORTS_SVG_H
#define CSN_REPORTS_SVG_H

#include "text.h"

/* A plot names its colours by these; svg.c says what they look like. */
typedef enum report_colour {
  REPORT_COLOUR_OWN,
  REPORT_COLOUR_OTHER,
  REPORT_COLOUR_WHISKER,
  REPORT_COLOUR_TEXT,
  REPORT_COLOUR_MUTED,
  REPORT_COLOUR_GRID,
} report_colour;

/* What to write into a plot's script: "#00C50n". */
const char *report_colour_code(report_colour colour);

typedef enum report_svg_use {
  REPORT_SVG_INLINE,     /* part of an HTML page: colours are the page's variables, with a fallback */
  REPORT_SVG_STANDALONE, /* a file: fixed mid-tones that are legible on light and dark, background transparent */
} report_svg_use;

typedef struct report_svg_options {
  int width, height;
  const char *title; /* read out where the picture is not seen; escaped here */
  const char *class_name;
  report_svg_use use;
} report_svg_options;

/* Adds `gnuplot` (what its svg terminal wrote) to `out`. Elements and attributes that are not on a short list of
 * shapes, text and their properties are dropped, whatever they are. */
void report_svg_clean(report_text *out, const char *gnuplot, const report_svg_options *options);

/* Whether a file that begins with `text` was written by report_svg_clean(). */
bool report_svg_is_own(const char *text);

#endif
