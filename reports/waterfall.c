#include "waterfall.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "number.h"
#include "plot.h"

/* ---- what there is ---- */

/* In the order of a request. */
static const struct {
  const char *name, *label;
} known[] = {
    {"request_check", "form and headers"},
    {"headers", "fields"},
    {"timestamp", "timestamp"},
    {"hex", "signature from hex"},
    {"base64url", "token from base64url"},
    {"key", "key"},
    {"mac", "MAC and comparison"},
    {"json", "header and claims"},
    {"nonce", "nonce"},
};
enum { KNOWN = sizeof known / sizeof *known, STEPS_MAX = 24, PRESETS_MAX = 8 };

static const char whole_name[] = "whole", audit_name[] = "audit";

typedef struct step {
  const char *label;
  const report_group *group; /* of one row */
  size_t order;
  double time; /* ns, the median */
} step;

typedef struct waterfall {
  char preset[64];
  step steps[STEPS_MAX];
  size_t count;
  step whole, audit; /* `group` NULL: not measured */
  double between;    /* ns of the whole that are in no step; below 0 where the steps take longer on their own */
} waterfall;

bool report_waterfall_is(const report_section *section) {
  return strcmp(section->name, REPORT_SUBJECT_STEPS) == 0;
}

static step step_of(const char *name, const report_group *group) {
  step out = {name, group, KNOWN, group->rows[0]->summary.median};
  for (size_t i = 0; i < KNOWN; i++) {
    if (strcmp(name, known[i].name) == 0) out = (step){known[i].label, group, i, out.time};
  }
  return out;
}

static int by_order(const void *a, const void *b) {
  const step *x = a, *y = b;
  return x->order != y->order ? (x->order > y->order) - (x->order < y->order) : strcmp(x->label, y->label);
}

static void add_step(waterfall *out, const report_group *group, const char *name) {
  if (group->measured == 0) return;
  if (strcmp(name, whole_name) == 0) {
    out->whole = step_of(name, group);
  } else if (strcmp(name, audit_name) == 0) {
    out->audit = step_of(name, group);
  } else if (out->count < STEPS_MAX) {
    out->steps[out->count++] = step_of(name, group);
  }
}

/* Those of one preset are beside one another in the section. */
static size_t gather(waterfall out[PRESETS_MAX], const report_section *section) {
  size_t count = 0;
  for (size_t g = 0; g < section->group_count; g++) {
    const report_group *group = &section->groups[g];
    const char *slash = strrchr(group->variant, '/');
    char preset[sizeof out->preset];
    if (slash == NULL) continue;
    (void)snprintf(preset, sizeof preset, "%.*s", (int)(slash - group->variant), group->variant);
    if (count == 0 || strcmp(out[count - 1].preset, preset) != 0) {
      if (count == PRESETS_MAX) break;
      out[count] = (waterfall){.count = 0};
      memcpy(out[count++].preset, preset, sizeof preset);
    }
    add_step(&out[count - 1], group, slash + 1);
  }
  for (size_t i = 0; i < count; i++) {
    qsort(out[i].steps, out[i].count, sizeof *out[i].steps, by_order);
    out[i].between = out[i].whole.time;
    for (size_t s = 0; s < out[i].count; s++) out[i].between -= out[i].steps[s].time;
  }
  return count;
}

/* ---- the table ---- */

static const char *const heads[] = {"", "time", "of the whole", "instructions"};

static double instructions_of(const report_counts *counts, const char *variant) {
  for (size_t i = 0; i < counts->step_count; i++) {
    if (strcmp(counts->steps[i].implementation, variant) == 0) return counts->steps[i].instructions;
  }
  return NAN;
}

static void add_share(report_table *out, double part, double whole) {
  if (isfinite(part / whole) && whole > 0) {
    report_table_add(out, "%.0f %%", 100 * part / whole);
  } else {
    report_table_add(out, "–");
  }
}

static void add_row(report_table *out, const waterfall *w, const step *s, const report_counts *counts, bool share) {
  report_number time, instructions;
  if (s->group == NULL) return;
  report_table_add(out, "%s: %s", w->preset, s->label);
  report_table_add(out, "%s", report_number_duration(time, s->time));
  add_share(out, share ? s->time : NAN, w->whole.time);
  report_table_add(out, "%s", report_number_ratio(instructions, instructions_of(counts, s->group->variant)));
}

static void add_between(report_table *out, const waterfall *w) {
  report_number time;
  if (w->whole.group == NULL || w->between <= 0) return;
  report_table_add(out, "%s: between the steps", w->preset);
  report_table_add(out, "%s", report_number_duration(time, w->between));
  add_share(out, w->between, w->whole.time);
  report_table_add(out, "–");
}

void report_waterfall_tabulate(report_table *out, const report_section *section, const report_counts *counts) {
  waterfall all[PRESETS_MAX];
  size_t count = gather(all, section);
  out->heads = heads;
  out->columns = sizeof heads / sizeof *heads;
  for (size_t i = 0; i < count; i++) {
    for (size_t s = 0; s < all[i].count; s++) add_row(out, &all[i], &all[i].steps[s], counts, true);
    add_between(out, &all[i]);
    add_row(out, &all[i], &all[i].whole, counts, true);
    add_row(out, &all[i], &all[i].audit, counts, false);
  }
}

/* ---- sentences ---- */

enum { NAMED = 3 };

static int slowest_first(const void *a, const void *b) {
  double x = ((const step *)a)->time, y = ((const step *)b)->time;
  return (x < y) - (x > y);
}

static void conclude(report_sentences *out, const waterfall *w) {
  step steps[STEPS_MAX];
  report_text text = {0};
  report_number time;
  if (w->whole.group == NULL || w->count == 0) return;
  memcpy(steps, w->steps, w->count * sizeof *steps);
  qsort(steps, w->count, sizeof *steps, slowest_first);
  report_text_format(&text, "a request takes %s", report_number_duration(time, w->whole.time));
  for (size_t i = 0; i < w->count && i < NAMED; i++) {
    report_text_format(&text, "%s %s %s (%.0f %%)", i == 0 ? "; on its own" : ",", steps[i].label,
                       report_number_duration(time, steps[i].time), 100 * steps[i].time / w->whole.time);
  }
  if (w->between < 0) {
    report_text_format(&text,
                       ". The steps take %s longer, one by one: together the processor does parts of them at once",
                       report_number_duration(time, -w->between));
  }
  report_text_add(&text, ".");
  report_sentence_finish(out, w->preset, &text);
}

void report_waterfall_conclude(report_sentences *out, const report_section *section) {
  waterfall all[PRESETS_MAX];
  size_t count = gather(all, section);
  for (size_t i = 0; i < count; i++) conclude(out, &all[i]);
}

/* ---- the picture ---- */

/* Pixels. */
typedef struct shape {
  int width, left, right, font;
  const char *class_name;
} shape;

static const shape wide = {720, 170, 90, 13, "plot wide"}, narrow_one = {348, 136, 70, 12, "plot narrow"};

enum { ROW_HEIGHT = 24, TITLE_HEIGHT = 30, TOP = 6, BOTTOM = 10, BAR_HALF = 7 };

/* What is drawn: into `labels` and the two blocks, or nothing where `labels` is NULL. */
typedef struct canvas {
  report_text *labels, own, other;
  int y;
} canvas;

static void add_label(canvas *c, const char *text, const char *where, report_colour colour) {
  report_text_add(c->labels, "set label ");
  report_plot_quote(c->labels, text);
  report_text_format(c->labels, " at %s left textcolor rgb \"%s\"\n", where, report_colour_code(colour));
}

/* gnuplot is given ASCII. */
static void write_time(report_number out, double time) {
  (void)snprintf(out, sizeof(report_number), time < 1000 ? "%.3g ns" : "%.3g us", time < 1000 ? time : time / 1000);
}

static void add_bar(canvas *c, const char *label, double from, double time, bool own) {
  char where[64];
  report_number text;
  int y = c->y + ROW_HEIGHT / 2;
  c->y += ROW_HEIGHT;
  if (c->labels == NULL) return;
  (void)snprintf(where, sizeof where, "screen 0, first %d", y);
  add_label(c, label, where, REPORT_COLOUR_TEXT);
  report_text_format(own ? &c->own : &c->other, "%.9g %d %.9g %.9g %d %d\n", from, y, from, from + time, y - BAR_HALF,
                     y + BAR_HALF);
  write_time(text, time);
  (void)snprintf(where, sizeof where, "first %.9g, first %d offset character 1, 0", from + time, y);
  add_label(c, text, where, REPORT_COLOUR_TEXT);
}

static void add_preset(canvas *c, const waterfall *w) {
  char where[64];
  double from = 0;
  (void)snprintf(where, sizeof where, "screen 0, first %d", c->y + TITLE_HEIGHT * 3 / 5);
  if (c->labels != NULL) add_label(c, w->preset, where, REPORT_COLOUR_MUTED);
  c->y += TITLE_HEIGHT;
  for (size_t s = 0; s < w->count; s++) {
    add_bar(c, w->steps[s].label, from, w->steps[s].time, true);
    from += w->steps[s].time;
  }
  if (w->whole.group != NULL) add_bar(c, "the whole", 0, w->whole.time, false);
  if (w->audit.group != NULL) add_bar(c, "an audit event, beside", 0, w->audit.time, false);
}

static double longest_of(const waterfall *all, size_t count) {
  double longest = 1;
  for (size_t i = 0; i < count; i++) {
    double steps = all[i].whole.time - all[i].between;
    longest = fmax(longest, fmax(steps, fmax(all[i].whole.time, all[i].audit.time)));
  }
  return longest;
}

static void add_frame(report_text *out, const shape *s, int height, double longest) {
  const report_plot_frame area = {s->width, height, s->left, s->right, TOP, BOTTOM, s->font};
  report_plot_begin(out, &area);
  report_text_add(out, "unset tics\n");
  report_text_format(out, "set yrange [%d:%d]\nset xrange [0:%.9g]\n", height - BOTTOM, TOP, longest);
}

int report_waterfall_script(report_text *out, const report_section *section, bool narrow) {
  waterfall all[PRESETS_MAX];
  size_t count = gather(all, section);
  canvas size = {.y = TOP}, c = {.labels = out, .y = TOP};
  for (size_t i = 0; i < count; i++) add_preset(&size, &all[i]);
  int height = size.y + BOTTOM;
  add_frame(out, narrow ? &narrow_one : &wide, height, longest_of(all, count));
  for (size_t i = 0; i < count; i++) add_preset(&c, &all[i]);
  /* Each block has something in it, if only out of sight, so that the plot has both. */
  report_text_format(out, "$own << EOD\n%s-1 -1 -1 -1 -1 -1\nEOD\n", report_text_string(&c.own));
  report_text_format(out, "$other << EOD\n%s-1 -1 -1 -1 -1 -1\nEOD\n", report_text_string(&c.other));
  report_text_format(out, "plot $other using 1:2:3:4:5:6 with boxxyerror lc rgb \"%s\"",
                     report_colour_code(REPORT_COLOUR_OTHER));
  report_text_format(out, ", $own using 1:2:3:4:5:6 with boxxyerror lc rgb \"%s\"\n",
                     report_colour_code(REPORT_COLOUR_OWN));
  if (c.own.failed || c.other.failed) out->failed = true;
  report_text_free(&c.own);
  report_text_free(&c.other);
  return height;
}

bool report_waterfall_draw(report_text *inlined, report_text *standalone, const report_section *section, bool narrow,
                           const char **reason) {
  const shape *s = narrow ? &narrow_one : &wide;
  report_text script = {0};
  int height = report_waterfall_script(&script, section, narrow);
  report_svg_options options = {s->width, height, "Where the time of a request goes", s->class_name, REPORT_SVG_INLINE};
  bool drawn = report_plot_render(inlined, standalone, &script, &options, reason);
  report_text_free(&script);
  return drawn;
}
