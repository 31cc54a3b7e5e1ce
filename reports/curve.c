/* The picture of the capacity: the share of refused claims, on a logarithmic axis, against the load. */
#include <math.h>
#include <stdio.h>

#include "chapters.h"
#include "plot.h"

/* Pixels. */
typedef struct shape {
  int width, height, left, right, font;
  const char *class_name;
} shape;

static const shape wide = {720, 330, 52, 16, 13, "plot wide"}, narrow_one = {348, 280, 46, 8, 12, "plot narrow"};

enum { TOP = 26, BOTTOM = 42, MARK = 3 };

/* The axes' ends; `low` and `high` are exponents of ten. */
typedef struct frame {
  const shape *s;
  double from, to, low, high;
} frame;

static frame frame_of(const report_capacity *capacity, const shape *s) {
  frame f = {s, INFINITY, 0, log10(REPORT_FULL_SHARE_MAX), 0};
  for (size_t i = 0; i < capacity->count; i++) {
    const report_load *point = &capacity->points[i];
    f.from = fmin(f.from, point->load);
    f.to = fmax(f.to, point->load);
    f.low = fmin(f.low, log10(point->full > 0 ? report_load_share(point) : point->upper));
  }
  double margin = fmax((f.to - f.from) / 40, 0.01);
  f.from -= margin;
  f.to += margin;
  f.low = floor(f.low - 0.2);
  return f;
}

/* So many pixels in units of the axis; of the second, in decades. */
static double across(const frame *f, double pixels) {
  return pixels * (f->to - f->from) / (f->s->width - f->s->left - f->s->right);
}
static double upwards(const frame *f, double pixels) {
  return pixels * (f->high - f->low) / (f->s->height - TOP - BOTTOM);
}

static void add_frame(report_text *out, const frame *f) {
  const shape *s = f->s;
  const char *muted = report_colour_code(REPORT_COLOUR_MUTED);
  const report_plot_frame area = {s->width, s->height, s->left, s->right, TOP, BOTTOM, s->font};
  report_plot_begin(out, &area);
  report_text_format(out, "set xrange [%.9g:%.9g]\nset yrange [%.9g:%.9g]\n", f->from, f->to, f->low, f->high);
  report_text_format(out, "set xtics 0.1 scale 0 format '%%.1f' textcolor rgb \"%s\"\n", muted);
  report_text_format(out, "set ytics scale 0 textcolor rgb \"%s\" ('1' 0", muted);
  for (double at = -3; at >= f->low; at -= 3) report_text_format(out, ", '1e%.0f' %.0f", at, at);
  report_text_format(out, ")\nset grid ytics back linetype 1 linewidth 1 linecolor rgb \"%s\"\n",
                     report_colour_code(REPORT_COLOUR_GRID));
}

static void add_label(report_text *out, const char *text, double x, double y, const char *align, report_colour colour) {
  report_text_format(out, "set label '%s' at first %.9g, first %.9g %s textcolor rgb \"%s\"\n", text, x, y, align,
                     report_colour_code(colour));
}

static void add_labels(report_text *out, const frame *f) {
  const double bar = log10(REPORT_FULL_SHARE_MAX);
  double right = f->to - across(f, 6), line = upwards(f, 18);
  add_label(out, "share of claims refused as full", f->from, f->high + upwards(f, 14), "left", REPORT_COLOUR_MUTED);
  add_label(out, "most live nonces / capacity", f->to, f->low - upwards(f, 32), "right", REPORT_COLOUR_MUTED);
  add_label(out, "the bar", right, bar + upwards(f, 9), "right", REPORT_COLOUR_MUTED);
  add_label(out, "design load", 1 - across(f, 5), f->high - upwards(f, 10), "right", REPORT_COLOUR_MUTED);
  add_label(out, "each held for 300 s", right, bar + 4 * line, "right", REPORT_COLOUR_OWN);
  add_label(out, "held for 0 to 600 s", right, bar + 3 * line, "right", REPORT_COLOUR_WHISKER);
  report_text_format(out, "$guides << EOD\n%.9g %.9g %.9g 0\n1 %.9g 0 %.9g\nEOD\n", f->from, bar, f->to - f->from,
                     f->low, f->high - f->low);
}

static report_colour colour_of(bool spread) {
  return spread ? REPORT_COLOUR_WHISKER : REPORT_COLOUR_OWN;
}

/* One curve: a line through what was seen, a box a point; where nothing was seen, the mark of its bound. Returns how
 * many points are on the line. */
static size_t add_curve(report_text *out, const frame *f, const report_capacity *capacity, bool spread) {
  report_text points = {0};
  size_t count = 0;
  for (size_t i = 0; i < capacity->count; i++) {
    const report_load *point = &capacity->points[i];
    double x = point->load, side = spread ? 2 * MARK : -2 * MARK; /* the marks of both curves have the same place */
    if (point->spread != spread) continue;
    if (point->full == 0) {
      add_label(out, "<", x + across(f, side), log10(point->upper), "center", colour_of(spread));
      continue;
    }
    double y = log10(report_load_share(point)), w = across(f, MARK), h = upwards(f, MARK);
    report_text_format(&points, "%.9g %.9g %.9g %.9g %.9g %.9g\n", x, y, x - w, x + w, y - h, y + h);
    count++;
  }
  if (count != 0) report_text_format(out, "$%s << EOD\n%sEOD\n", spread ? "spread" : "fixed", points.data);
  if (points.failed) out->failed = true;
  report_text_free(&points);
  return count;
}

void report_curve_script(report_text *out, const report_capacity *capacity, bool narrow) {
  frame f = frame_of(capacity, narrow ? &narrow_one : &wide);
  add_frame(out, &f);
  add_labels(out, &f);
  size_t points[2];
  for (int spread = 0; spread < 2; spread++) points[spread] = add_curve(out, &f, capacity, spread);
  report_text_format(out, "plot $guides using 1:2:3:4 with vectors nohead lw 1 lc rgb \"%s\"",
                     report_colour_code(REPORT_COLOUR_OTHER));
  for (int spread = 1; spread >= 0; spread--) {
    const char *name = spread ? "$spread" : "$fixed", *colour = report_colour_code(colour_of(spread));
    if (points[spread] == 0) continue;
    report_text_format(out, ", %s using 1:2 with lines lw 1.5 lc rgb \"%s\"", name, colour);
    report_text_format(out, ", %s using 1:2:3:4:5:6 with boxxyerror lc rgb \"%s\"", name, colour);
  }
  report_text_add(out, "\n");
}

bool report_curve_draw(report_text *inlined, report_text *standalone, const report_capacity *capacity, bool narrow,
                       const char **reason) {
  const shape *s = narrow ? &narrow_one : &wide;
  report_svg_options options = {s->width, s->height, "Share of claims that find the table full, against the load",
                                s->class_name, REPORT_SVG_INLINE};
  report_text script = {0};
  report_curve_script(&script, capacity, narrow);
  bool drawn = report_plot_render(inlined, standalone, &script, &options, reason);
  report_text_free(&script);
  return drawn;
}
