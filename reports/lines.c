#include "lines.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "number.h"
#include "plot.h"

/* ---- which lines there are ---- */

typedef struct line_names {
  const char *names[REPORT_LINES_MAX];
  size_t count;
} line_names;

static bool has(const line_names *lines, const char *name) {
  for (size_t i = 0; i < lines->count; i++) {
    if (strcmp(lines->names[i], name) == 0) return true;
  }
  return false;
}

static int by_name(const void *a, const void *b) {
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void add_names(line_names *lines, const report_section *section, bool own) {
  size_t before = lines->count;
  for (size_t g = 0; g < section->group_count; g++) {
    for (size_t r = 0; r < section->groups[g].measured && lines->count < REPORT_LINES_MAX; r++) {
      const char *name = section->groups[g].rows[r]->name.implementation;
      if (report_is_own(section->subject, name) == own && !has(lines, name)) lines->names[lines->count++] = name;
    }
  }
  qsort(lines->names + before, lines->count - before, sizeof *lines->names, by_name);
}

static line_names names_of(const report_section *section) {
  line_names lines = {.count = 0};
  add_names(&lines, section, true);
  add_names(&lines, section, false);
  return lines;
}

/* Nanoseconds, or NAN where it was not measured. */
static double time_at(const report_group *group, const char *name) {
  for (size_t r = 0; r < group->measured; r++) {
    if (strcmp(group->rows[r]->name.implementation, name) == 0) return group->rows[r]->summary.median;
  }
  return NAN;
}

/* ---- the table ---- */

void report_lines_tabulate(report_table *out, report_line_heads *heads, const report_section *section) {
  line_names lines = names_of(section);
  heads->heads[0] = "";
  for (size_t i = 0; i < lines.count; i++) heads->heads[i + 1] = report_implementation_label(lines.names[i]);
  out->heads = heads->heads;
  out->columns = lines.count + 1;
  for (size_t g = 0; g < section->group_count; g++) {
    report_title title;
    report_table_add(out, "%s", report_group_title(title, section, &section->groups[g]));
    for (size_t i = 0; i < lines.count; i++) {
      report_number time;
      report_table_add(out, "%s", report_number_duration(time, time_at(&section->groups[g], lines.names[i])));
    }
  }
}

/* ---- the picture ---- */

/* Pixels. */
typedef struct shape {
  int width, height, left, right, font;
  const char *class_name;
} shape;

static const shape wide = {720, 400, 118, 178, 13, "plot wide"}, narrow_one = {348, 380, 52, 124, 12, "plot narrow"};

enum { TOP = 16, BOTTOM = 44, LABEL = 15, MARK = 3 };

/* The axes' ends; of the second, logarithms. */
typedef struct frame {
  const shape *s;
  double last, low, high;
} frame;

static frame frame_of(const report_section *section, const line_names *lines, const shape *s) {
  frame f = {s, (double)section->group_count - 1, INFINITY, -INFINITY};
  for (size_t g = 0; g < section->group_count; g++) {
    for (size_t i = 0; i < lines->count; i++) {
      double time = time_at(&section->groups[g], lines->names[i]);
      if (!isfinite(time)) continue;
      f.low = fmin(f.low, log10(time));
      f.high = fmax(f.high, log10(time));
    }
  }
  double margin = fmax((f.high - f.low) / 30, 0.02);
  f.low -= margin;
  f.high += margin;
  return f;
}

static double across(const frame *f, double pixels) {
  return pixels * (f->last + 0.4) / (f->s->width - f->s->left - f->s->right);
}
static double upwards(const frame *f, double pixels) {
  return pixels * (f->high - f->low) / (f->s->height - TOP - BOTTOM);
}

static void add_ticks(report_text *out, const frame *f, double hertz) {
  static const double steps[] = {1, 2, 5};
  const char *before = "";
  report_text_format(out, "set ytics scale 0 textcolor rgb \"%s\" (", report_colour_code(REPORT_COLOUR_MUTED));
  for (int decade = (int)floor(f->low); decade <= (int)ceil(f->high); decade++) {
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
      double time = steps[i] * pow(10, decade), at = log10(time);
      report_number text, cycles;
      if (at < f->low || at > f->high) continue;
      /* gnuplot is given ASCII: "us" is what it can draw in every font. */
      (void)snprintf(text, sizeof text, time < 1000 ? "%.3g ns" : "%.3g us", time < 1000 ? time : time / 1000);
      report_text_format(out, "%s'%s", before, text);
      if (hertz > 0 && f->s == &wide)
        report_text_format(out, ", %s c", report_number_short(cycles, round(time * hertz * 1e-9)));
      report_text_format(out, "' %.9g", at);
      before = ", ";
    }
  }
  report_text_add(out, ")\n");
}

static void add_frame(report_text *out, const report_section *section, const frame *f, double hertz) {
  const shape *s = f->s;
  const char *muted = report_colour_code(REPORT_COLOUR_MUTED);
  const report_plot_frame area = {s->width, s->height, s->left, s->right, TOP, BOTTOM, s->font};
  report_plot_begin(out, &area);
  report_text_format(out, "set xrange [-0.2:%.9g]\nset yrange [%.9g:%.9g]\n", f->last + 0.2, f->low, f->high);
  add_ticks(out, f, hertz);
  report_text_format(out, "set xtics scale 0 textcolor rgb \"%s\" (", muted);
  for (size_t g = 0; g < section->group_count; g++) {
    report_text_format(out, "%s", g == 0 ? "" : ", ");
    report_plot_quote(out, section->groups[g].variant);
    report_text_format(out, " %zu", g);
  }
  report_text_format(out, ")\nset grid ytics back linetype 1 linewidth 1 linecolor rgb \"%s\"\n",
                     report_colour_code(REPORT_COLOUR_GRID));
  report_text_add(out, "set label ");
  report_plot_quote(out, section->subject->axis);
  report_text_format(out, " at first %.9g, first %.9g right textcolor rgb \"%s\"\n", f->last,
                     f->low - upwards(f, BOTTOM - 10), muted);
}

typedef struct line_end {
  size_t line;
  double y; /* where its label stands */
} line_end;

static int by_height(const void *a, const void *b) {
  double x = ((const line_end *)a)->y, y = ((const line_end *)b)->y;
  return (x > y) - (x < y);
}

/* Labels at the lines' ends, moved apart where they would cover one another, and down again where the top is over the
 * frame. */
static void add_labels(report_text *out, const report_section *section, const line_names *lines, const frame *f) {
  line_end ends[REPORT_LINES_MAX];
  size_t count = 0;
  const report_group *last = &section->groups[section->group_count - 1];
  for (size_t i = 0; i < lines->count; i++) {
    double time = time_at(last, lines->names[i]);
    if (isfinite(time)) ends[count++] = (line_end){i, log10(time)};
  }
  qsort(ends, count, sizeof *ends, by_height);
  for (size_t i = 1; i < count; i++) ends[i].y = fmax(ends[i].y, ends[i - 1].y + upwards(f, LABEL));
  double top = f->high;
  for (size_t i = count; i-- > 0 && ends[i].y > top; top -= upwards(f, LABEL)) ends[i].y = top;
  for (size_t i = 0; i < count; i++) {
    const char *name = lines->names[ends[i].line];
    report_colour colour = report_is_own(section->subject, name) ? REPORT_COLOUR_OWN : REPORT_COLOUR_TEXT;
    report_text_add(out, "set label ");
    report_plot_quote(out, report_implementation_label(name));
    report_text_format(out, " at first %.9g, first %.9g left textcolor rgb \"%s\"\n", f->last + across(f, 10),
                       ends[i].y, report_colour_code(colour));
  }
}

static void add_data(report_text *out, const report_section *section, const char *name, size_t line, const frame *f) {
  double w = across(f, MARK), h = upwards(f, MARK);
  report_text_format(out, "$line%zu << EOD\n", line);
  for (size_t g = 0; g < section->group_count; g++) {
    double time = time_at(&section->groups[g], name), x = (double)g;
    if (isfinite(time))
      report_text_format(out, "%.9g %.9g %.9g %.9g %.9g %.9g\n", x, log10(time), x - w, x + w, log10(time) - h,
                         log10(time) + h);
  }
  report_text_add(out, "EOD\n");
}

void report_lines_script(report_text *out, const report_section *section, double hertz, bool narrow) {
  line_names lines = names_of(section);
  frame f = frame_of(section, &lines, narrow ? &narrow_one : &wide);
  add_frame(out, section, &f, hertz);
  add_labels(out, section, &lines, &f);
  for (size_t i = 0; i < lines.count; i++) add_data(out, section, lines.names[i], i, &f);
  /* Own lines last, so that they lie above the others. */
  for (size_t i = lines.count; i-- > 0;) {
    const char *colour =
        report_colour_code(report_is_own(section->subject, lines.names[i]) ? REPORT_COLOUR_OWN : REPORT_COLOUR_OTHER);
    report_text_format(out, "%s$line%zu using 1:2 with lines lw 1.5 lc rgb \"%s\"",
                       i + 1 == lines.count ? "plot " : ", ", i, colour);
    report_text_format(out, ", $line%zu using 1:2:3:4:5:6 with boxxyerror lc rgb \"%s\"", i, colour);
  }
  report_text_add(out, "\n");
}

bool report_lines_draw(report_text *inlined, report_text *standalone, const report_section *section, double hertz,
                       bool narrow, const char **reason) {
  const shape *s = narrow ? &narrow_one : &wide;
  report_text script = {0}, title = {0};
  report_text_format(&title, "%s: time a %s", section->title, section->subject->unit);
  report_svg_options options = {s->width, s->height, report_text_string(&title), s->class_name, REPORT_SVG_INLINE};
  report_lines_script(&script, section, hertz, narrow);
  if (title.failed) script.failed = true;
  bool drawn = report_plot_render(inlined, standalone, &script, &options, reason);
  report_text_free(&script);
  report_text_free(&title);
  return drawn;
}
