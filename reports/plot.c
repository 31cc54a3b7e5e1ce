#include "plot.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "gnuplot.h"
#include "number.h"
#include "storage.h"

/* Pixels. */
typedef struct shape {
  int width, left, right, font, value; /* `value`: room behind a bar for its number */
  int ticks;
  const char *class_name;
} shape;

static const shape shapes[] = {
    [REPORT_PLOT_WIDE] = {720, 170, 16, 13, 78, 6, "plot wide"},
    [REPORT_PLOT_NARROW] = {348, 122, 8, 12, 66, 3, "plot narrow"},
};

enum { REASON_LENGTH_MAX = 24 };

enum { ROW_HEIGHT = 26, TITLE_HEIGHT = 30, TOP = 6, BOTTOM = 26, BAR_HALF = 7, CAP = 4 };

/* The axis: what is at its ends, and whether it is logarithmic. */
typedef struct axis {
  double low, high;
  bool log;
  double pixels;
} axis;

/* ---- what is drawn ---- */

static bool rates(const report_section *section, double *least, double *greatest) {
  *least = INFINITY;
  *greatest = 0;
  for (size_t g = 0; g < section->group_count; g++) {
    for (size_t r = 0; r < section->groups[g].measured; r++) {
      const report_summary *time = &section->groups[g].rows[r]->summary;
      *least = fmin(*least, 1e9 / time->high);
      *greatest = fmax(*greatest, 1e9 / time->low);
    }
  }
  return *greatest > 0;
}

bool report_plot_possible(const report_section *section) {
  double least, greatest;
  return rates(section, &least, &greatest);
}

bool report_plot_is_log(const report_section *section) {
  double least, greatest;
  return rates(section, &least, &greatest) && greatest / least > REPORT_PLOT_LOG_FROM;
}

static axis axis_of(const report_section *section, const shape *s) {
  axis a = {.log = report_plot_is_log(section), .pixels = s->width - s->left - s->right};
  double least = 0, greatest = 0;
  (void)rates(section, &least, &greatest);
  double room = a.pixels / (a.pixels - s->value);
  if (a.log) {
    a.low = pow(10, floor(log10(least)));
    a.high = a.low * pow(greatest / a.low, room);
  } else {
    a.high = greatest * room;
  }
  return a;
}

/* The value so many pixels to the right of `value`. */
static double shift(const axis *a, double value, double pixels) {
  if (a->log) return value * pow(a->high / a->low, pixels / a->pixels);
  return value + (a->high - a->low) * pixels / a->pixels;
}

/* ---- the script ---- */

/* Between single quotes gnuplot knows no command substitution and no escape; what is left could only end the string. */
void report_plot_quote(report_text *out, const char *string) {
  report_text_add(out, "'");
  for (const char *s = string; *s != '\0'; s++) {
    bool plain = (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') || strchr("0123456789 ._:+()/,-", *s) != NULL;
    report_text_add_bytes(out, plain ? s : "?", 1);
  }
  report_text_add(out, "'");
}

static void add_label(report_text *out, const char *string, const char *where, const char *align,
                      report_colour colour) {
  report_text_add(out, "set label ");
  report_plot_quote(out, string);
  report_text_format(out, " at %s %s textcolor rgb \"%s\"\n", where, align, report_colour_code(colour));
}

static void add_tick(report_text *out, double at, bool first) {
  report_number text;
  report_text_format(out, "%s'%s' %.9g", first ? "" : ", ", report_number_short(text, at), at);
}

static void add_ticks(report_text *out, const axis *a, double greatest, const shape *s) {
  report_text_format(out, "set xtics scale 0 textcolor rgb \"%s\" (", report_colour_code(REPORT_COLOUR_MUTED));
  if (a->log) {
    for (double at = a->low; at <= greatest * 1.001; at *= 10) add_tick(out, at, at == a->low);
  } else {
    double rough = greatest / s->ticks, power = pow(10, floor(log10(rough)));
    double step = power * (rough / power <= 1 ? 1 : rough / power <= 2 ? 2 : rough / power <= 5 ? 5 : 10);
    for (int i = 0; i * step <= greatest; i++) add_tick(out, i * step, i == 0);
  }
  report_text_add(out, ")\n");
}

void report_plot_begin(report_text *out, const report_plot_frame *f) {
  report_text_format(out, "set terminal svg size %d,%d font \"sans-serif,%d\" noenhanced\nset output\n", f->width,
                     f->height, f->font);
  report_text_add(out, "unset key\nunset border\nset style fill solid 1 noborder\n");
  report_text_format(out, "set lmargin at screen %.6f\nset rmargin at screen %.6f\n", (double)f->left / f->width,
                     1 - (double)f->right / f->width);
  report_text_format(out, "set tmargin at screen %.6f\nset bmargin at screen %.6f\n", 1 - (double)f->top / f->height,
                     (double)f->bottom / f->height);
}

static void add_frame(report_text *out, const report_section *section, const shape *s, const axis *a, int height) {
  double least, greatest;
  (void)rates(section, &least, &greatest);
  const report_plot_frame area = {s->width, height, s->left, s->right, TOP, BOTTOM, s->font};
  report_plot_begin(out, &area);
  report_text_add(out, "unset ytics\n");
  report_text_format(out, "set yrange [%d:%d]\nset xrange [%.9g:%.9g]\n%s", height - BOTTOM, TOP,
                     a->log ? a->low * 0.999 : 0, a->high, a->log ? "set logscale x 10\n" : "");
  add_ticks(out, a, greatest, s);
  report_text_format(out, "set grid xtics back linetype 1 linewidth 1 linecolor rgb \"%s\"\n",
                     report_colour_code(REPORT_COLOUR_GRID));
}

/* A bar from zero; on a logarithmic axis a mark. */
static void add_bar(report_text *out, const axis *a, double rate, int y) {
  double from = a->log ? shift(a, rate, -2.5) : 0, to = a->log ? shift(a, rate, 2.5) : rate;
  report_text_format(out, "%.9g %d %.9g %.9g %d %d\n", rate, y, from, to, y - BAR_HALF, y + BAR_HALF);
}

typedef struct blocks {
  report_text own, other, whiskers, guides;
} blocks;

static void add_row(report_text *out, blocks *data, const report_section *section, const report_group *group,
                    const report_row *row, const axis *a, int y) {
  char where[96];
  report_title title;
  report_number digits;
  const char *name = row->name.implementation;
  (void)snprintf(where, sizeof where, "screen 0, first %d", y);
  add_label(out, report_row_title(title, section, group, row), where, "left", REPORT_COLOUR_TEXT);
  if (row->skipped != NULL) {
    (void)snprintf(where, sizeof where, "first %.9g, first %d", shift(a, a->low, 6), y);
    const char *reason = strlen(row->skipped) > REASON_LENGTH_MAX ? "not measured" : row->skipped;
    add_label(out, reason, where, "left", REPORT_COLOUR_MUTED);
    return;
  }
  double rate = report_row_rate(row), low = 1e9 / row->summary.high, high = 1e9 / row->summary.low;
  add_bar(report_is_own(section->subject, name) ? &data->own : &data->other, a, rate, y);
  if (a->log) report_text_format(&data->guides, "%.9g %d %.9g 0\n", a->low, y, rate - a->low);
  if (high > low) {
    report_text_format(&data->whiskers, "%.9g %d %.9g 0\n", low, y, high - low);
    report_text_format(&data->whiskers, "%.9g %d 0 %d\n%.9g %d 0 %d\n", low, y - CAP, 2 * CAP, high, y - CAP, 2 * CAP);
  }
  (void)snprintf(where, sizeof where, "first %.9g, first %d", shift(a, high, 8), y);
  add_label(out, report_number_rate(digits, rate), where, "left", REPORT_COLOUR_TEXT);
}

/* Lays the rows out from the top; `out` NULL only measures. Returns where the last ends. */
static int add_rows(report_text *out, blocks *data, const report_section *section, const axis *a) {
  int y = TOP;
  for (size_t g = 0; g < section->group_count; g++) {
    const report_group *group = &section->groups[g];
    if (section->group_count > 1 && !section->is_flat) {
      report_title title;
      report_text where = {0};
      (void)report_group_title(title, section, group);
      report_text_format(&where, "screen 0, first %d", y + TITLE_HEIGHT * 3 / 5);
      if (out != NULL) add_label(out, title, report_text_string(&where), "left", REPORT_COLOUR_MUTED);
      report_text_free(&where);
      y += TITLE_HEIGHT;
    }
    for (size_t r = 0; r < group->row_count; r++, y += ROW_HEIGHT) {
      if (out != NULL) add_row(out, data, section, group, group->rows[r], a, y + ROW_HEIGHT / 2);
    }
  }
  return y;
}

typedef struct layer {
  const report_text *data;
  const char *name, *style;
  report_colour colour;
} layer;

/* The layers that have something in them, the lowest first. */
static void add_layers(report_text *out, const blocks *data) {
  static const char boxes[] = "using 1:2:3:4:5:6 with boxxyerror", lines[] = "using 1:2:3:4 with vectors nohead lw 1.3";
  const layer layers[] = {{&data->guides, "$guides", lines, REPORT_COLOUR_GRID},
                          {&data->other, "$other", boxes, REPORT_COLOUR_OTHER},
                          {&data->own, "$own", boxes, REPORT_COLOUR_OWN},
                          {&data->whiskers, "$whiskers", lines, REPORT_COLOUR_WHISKER}};
  enum { LAYERS = sizeof layers / sizeof *layers };
  for (size_t i = 0; i < LAYERS; i++) {
    if (layers[i].data->length != 0)
      report_text_format(out, "%s << EOD\n%sEOD\n", layers[i].name, layers[i].data->data);
  }
  const char *before = "plot ";
  for (size_t i = 0; i < LAYERS; i++) {
    if (layers[i].data->length == 0) continue;
    report_text_format(out, "%s%s %s lc rgb \"%s\"", before, layers[i].name, layers[i].style,
                       report_colour_code(layers[i].colour));
    before = ", ";
  }
  report_text_add(out, "\n");
}

int report_plot_script(report_text *out, const report_section *section, report_plot_width width) {
  const shape *s = &shapes[width];
  axis a = axis_of(section, s);
  int height = add_rows(NULL, NULL, section, &a) + BOTTOM;
  blocks data = {0};
  add_frame(out, section, s, &a, height);
  (void)add_rows(out, &data, section, &a);
  add_layers(out, &data);
  if (data.own.failed || data.other.failed || data.whiskers.failed || data.guides.failed) out->failed = true;
  report_text_free(&data.own);
  report_text_free(&data.other);
  report_text_free(&data.whiskers);
  report_text_free(&data.guides);
  return height;
}

bool report_plot_render(report_text *inlined, report_text *standalone, const report_text *script,
                        const report_svg_options *options, const char **reason) {
  report_text raw = {0};
  report_svg_options use = *options;
  bool drawn = !script->failed && report_gnuplot_run(script, &raw, reason);
  if (drawn) {
    use.use = REPORT_SVG_INLINE;
    report_svg_clean(inlined, report_text_string(&raw), &use);
    use.use = REPORT_SVG_STANDALONE;
    if (standalone != NULL) report_svg_clean(standalone, report_text_string(&raw), &use);
  }
  bool no_memory = script->failed || inlined->failed || (standalone != NULL && standalone->failed);
  if (no_memory) *reason = "out of memory";
  report_text_free(&raw);
  return drawn && !no_memory;
}

bool report_plot_draw(report_text *inlined, report_text *standalone, const report_section *section,
                      report_plot_width width, const char **reason) {
  report_text script = {0}, title = {0};
  int height = report_plot_script(&script, section, width);
  report_text_format(&title, "%s: %ss a second", section->title, section->subject->unit);
  report_svg_options options = {shapes[width].width, height, report_text_string(&title), shapes[width].class_name,
                                REPORT_SVG_INLINE};
  if (title.failed) script.failed = true;
  bool drawn = report_plot_render(inlined, standalone, &script, &options, reason);
  report_text_free(&script);
  report_text_free(&title);
  return drawn;
}
