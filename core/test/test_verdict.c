/* Verdicts and their names. */
#include "support.h"

static void zeroed_verdict_is_not_accepted(void **state) {
  csn_verdict verdict;
  (void)state;
  memset(&verdict, 0, sizeof verdict);
  assert_false(csn_accepted(&verdict));
  assert_string_equal(csn_reason_label(verdict.reason), "undecided");
  assert_string_equal(csn_verdict_public_word(&verdict), "rejected");
}

static void only_one_reason_is_accepted(void **state) {
  size_t accepted = 0;
  (void)state;
  for (csn_reason reason = CSN_REASON_UNDECIDED; reason < CSN_REASON_COUNT; reason++) {
    csn_verdict verdict = {.reason = reason};
    bool word = strcmp(csn_verdict_public_word(&verdict), "accepted") == 0;
    assert_int_equal(csn_accepted(&verdict), word);
    accepted += csn_accepted(&verdict) ? 1 : 0;
  }
  assert_int_equal(accepted, 1);
}

static void labels_are_distinct_and_sentences_are_there(void **state) {
  (void)state;
  for (csn_reason a = CSN_REASON_UNDECIDED; a < CSN_REASON_COUNT; a++) {
    assert_true(strlen(csn_reason_sentence(a)) > 10);
    for (csn_reason b = CSN_REASON_UNDECIDED; b < a; b++) {
      assert_string_not_equal(csn_reason_label(a), csn_reason_label(b));
    }
  }
}

static void every_rejection_names_its_stage(void **state) {
  (void)state;
  for (csn_reason reason = CSN_REASON_ACCEPTED + 1; reason < CSN_REASON_COUNT; reason++) {
    assert_int_not_equal(csn_reason_stage(reason), CSN_STAGE_NONE);
  }
  assert_string_equal(csn_stage_label(csn_reason_stage(CSN_REASON_TOKEN_EXPIRED)), "claims");
  assert_string_equal(csn_stage_label(csn_reason_stage(CSN_REASON_NONCE_REPLAYED)), "nonce");
}

static void values_out_of_range_have_names(void **state) {
  (void)state;
  assert_string_equal(csn_reason_label((csn_reason)9999), "undecided");
  assert_string_equal(csn_stage_label((csn_stage)9999), "none");
  assert_string_equal(csn_field_label((csn_field)9999), "none");
  assert_non_null(csn_error_sentence((csn_error)9999));
  assert_string_equal(csn_field_label(CSN_FIELD_NONCE), "nonce");
}

static void only_a_store_in_trouble_is_unavailable(void **state) {
  csn_verdict full = {.reason = CSN_REASON_NONCE_STORE_FULL}, replay = {.reason = CSN_REASON_NONCE_REPLAYED};
  (void)state;
  assert_string_equal(csn_verdict_public_word(&full), "unavailable");
  assert_string_equal(csn_verdict_public_word(&replay), "rejected");
}

static void a_name_is_whole_or_empty(void **state) {
  uint8_t bytes[256] = {'x'};
  csn_name name;
  (void)state;
  csn_name_set(&name, csn_span_of(bytes, 255));
  assert_int_equal(name.len, 255);
  csn_name_set(&name, csn_span_of(bytes, 256));
  assert_int_equal(name.len, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(zeroed_verdict_is_not_accepted),
      cmocka_unit_test(only_one_reason_is_accepted),
      cmocka_unit_test(labels_are_distinct_and_sentences_are_there),
      cmocka_unit_test(every_rejection_names_its_stage),
      cmocka_unit_test(values_out_of_range_have_names),
      cmocka_unit_test(only_a_store_in_trouble_is_unavailable),
      cmocka_unit_test(a_name_is_whole_or_empty),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
