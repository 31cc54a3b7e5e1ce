/* What was compared: the versions and settings that the rows of a subject are labelled with. */
#include <string.h>

#include "conclusions.h"

static bool is_of_stores(const report_section *section) {
  return strcmp(section->name, REPORT_SUBJECT_STORES) == 0 || strcmp(section->name, REPORT_SUBJECT_LOOKUPS) == 0;
}

static bool has_settings(const report_row *row) {
  return row->label != NULL && row->label[0] != '\0';
}

/* Whether a row before this one, `index` of group `g`, says the same of the same implementation. */
static bool is_repeated(const report_section *section, size_t g, size_t index) {
  const report_row *row = section->groups[g].rows[index];
  for (size_t i = 0; i <= g; i++) {
    const report_group *group = &section->groups[i];
    for (size_t r = 0; r < (i == g ? index : group->row_count); r++) {
      const report_row *other = group->rows[r];
      if (has_settings(other) && strcmp(other->name.implementation, row->name.implementation) == 0 &&
          strcmp(other->label, row->label) == 0)
        return true;
    }
  }
  return false;
}

void report_conclude_settings(report_sentences *out, const report_section *section) {
  if (is_of_stores(section)) return;
  for (size_t g = 0; g < section->group_count; g++) {
    const report_group *group = &section->groups[g];
    for (size_t r = 0; r < group->row_count; r++) {
      const report_row *row = group->rows[r];
      if (!has_settings(row) || is_repeated(section, g, r)) continue;
      report_sentence(out, report_implementation_label(row->name.implementation), "%s.", row->label);
    }
  }
}
