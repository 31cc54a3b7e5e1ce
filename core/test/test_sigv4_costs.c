/* A request of an unknown access key id costs the hashing of a known one. */
#include "count_digests.h"
#include "sigv4_support.h"

static size_t digests_of(const char *known_id, int64_t accept_until, csn_reason expected) {
  static text_request t;
  csn_keyring *ring = sigv4_ring(known_id, S3_SECRET, accept_until);
  csn_sigv4_policy policy = s3_policy();
  csn_verdict verdict;
  set_text(&t, S3_PUT);
  edit_text(&t, "Signature=9", "Signature=8");
  digests = 0;
  assert_int_equal(csn_sigv4_verify(ring, &policy, &t.request, S3_NOW, &verdict), expected);
  csn_keyring_free(ring);
  return digests;
}

static void unknown_client_costs_a_mac(void **state) {
  size_t known = digests_of(S3_ID, 0, CSN_REASON_SIGNATURE_MISMATCH);
  (void)state;
  assert_int_equal(known, 11); /* the canonical request; four MACs to derive the key and one to sign */
  assert_int_equal(digests_of("nobody", 0, CSN_REASON_KEY_UNKNOWN), known);
  assert_int_equal(digests_of(S3_ID, 1, CSN_REASON_KEY_EXPIRED), known);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(unknown_client_costs_a_mac)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
