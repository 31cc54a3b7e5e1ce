/* What names mean: limits, own rows, labels, and the order of variants. */
#include "analysis.h"
#include "test_support.h"

static void limits_are_told_from_competitors(void **state) {
  (void)state;
  static const char *const limits[] = {"limit", "limit_load", "limit_cas", "limit_cas_batch", "hmac", "fast_jwt_cache"};
  static const char *const others[] = {"limits", "limitless_cas", "libcuckoo", "countersign",
                                       "lim",    "openssl_hmac",  "hmac_full", ""};
  for (size_t i = 0; i < COUNT_OF(limits); i++) assert_true(report_is_limit(limits[i]));
  for (size_t i = 0; i < COUNT_OF(others); i++) assert_false(report_is_limit(others[i]));
}

static void every_row_of_nonce_claim_has_a_label(void **state) {
  (void)state;
  static const char *const implementations[] = {"countersign", "countersign_batch", "urcu_lfht",    "libcuckoo",
                                                "tbb",         "mutex_sharded",     "mutex_global", "limit_load",
                                                "limit_cas",   "limit_cas_batch",   "mapped_file"};
  static const char *const variants[] = {"live_64k", "live_1M", "live_8M", "live_128M"};
  assert_string_equal(report_implementation_label("limit_cas"), "CAS, one after the other");
  assert_string_equal(report_implementation_label("limit_cas_batch"), "CAS in batches of 16");
  assert_string_equal(report_implementation_label("limit_load"), "one dependent random load");
  for (size_t i = 0; i < COUNT_OF(implementations); i++) {
    const char *label = report_implementation_label(implementations[i]);
    assert_true(strchr(label, '_') == NULL && label[0] != '\0');
  }
  for (size_t i = 0; i < COUNT_OF(variants); i++) {
    assert_contains(report_variant_label("nonce_claim", variants[i]), " live nonces");
  }
  assert_string_equal(report_implementation_label("not known"), "not known");
}

static void an_audit_event_has_its_labels(void **state) {
  (void)state;
  const report_subject *subject = report_subject_find("audit");
  assert_non_null(subject);
  assert_string_equal(subject->title, "Audit events");
  assert_true(report_is_own(subject, "countersign"));
  assert_false(report_is_own(subject, "fprintf_mutex"));
  assert_string_equal(report_variant_label("audit", "event"), "one verdict");
  assert_string_equal(report_implementation_label("fprintf_mutex"), "fprintf() under a mutex");
}

/* Units count: 64k is less than 8M, and 8M than 128M. Without a number, or with another text before it, the alphabet
 * decides. */
static void variants_stand_in_the_order_of_their_numbers(void **state) {
  (void)state;
  static char *const shuffled[] = {"live_128M", "b", "live_8M", "64", "live_64k", "live_500", "a", "1024"};
  static const char *const wanted[] = {"64", "1024", "a", "b", "live_500", "live_64k", "live_8M", "live_128M"};
  report_row rows[COUNT_OF(shuffled)];
  memset(rows, 0, sizeof rows);
  char subject[] = "nonce_claim", implementation[] = "countersign", skipped[] = "not run";
  for (size_t i = 0; i < COUNT_OF(rows); i++) {
    rows[i].name = (report_row_name){subject, shuffled[i], implementation, 1};
    rows[i].skipped = skipped;
  }
  report_results results = {.rows = rows, .row_count = COUNT_OF(rows)};
  report_analysis analysis;
  assert_true(report_analyse(&analysis, &results));
  assert_int_equal(analysis.sections[0].group_count, COUNT_OF(wanted));
  for (size_t i = 0; i < COUNT_OF(wanted); i++) assert_string_equal(analysis.groups[i].variant, wanted[i]);
  report_analysis_free(&analysis);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(limits_are_told_from_competitors),
      cmocka_unit_test(every_row_of_nonce_claim_has_a_label),
      cmocka_unit_test(an_audit_event_has_its_labels),
      cmocka_unit_test(variants_stand_in_the_order_of_their_numbers),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
