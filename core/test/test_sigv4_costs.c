/* A request of an unknown access key id costs the hashing of a known one, remembered or not. */
#include "count_digests.h"
#include "sigv4_support.h"

static size_t digests_of(const csn_keyring *ring, csn_sigv4_cache *cache, bool right, csn_reason expected) {
  static text_request t;
  csn_sigv4_policy policy = s3_policy();
  csn_verdict verdict;
  set_text(&t, S3_PUT);
  if (!right) edit_text(&t, "Signature=9", "Signature=8");
  digests = 0;
  assert_int_equal(sigv4_verify(ring, &policy, cache, &t.request, S3_NOW, &verdict), expected);
  return digests;
}

static void what_is_rejected_costs_the_same(void **state) {
  csn_keyring *known = sigv4_ring(S3_ID, S3_SECRET, 0), *unknown = sigv4_ring("nobody", S3_SECRET, 0),
              *expired = sigv4_ring(S3_ID, S3_SECRET, 1);
  csn_sigv4_policy policy = s3_policy();
  csn_sigv4_cache *cache = NULL;
  (void)state;
  assert_int_equal(csn_sigv4_cache_new(&cache, &policy), CSN_OK);
  size_t cost = digests_of(known, NULL, false, CSN_REASON_SIGNATURE_MISMATCH);
  assert_int_equal(cost, 11); /* the canonical request; four MACs to derive the key and one to sign */
  size_t alone = cost++;      /* with a memory of derived keys, the hash by which a key is known in it, too */
  for (size_t i = 0; i < 2; i++) {
    assert_int_equal(digests_of(known, cache, false, CSN_REASON_SIGNATURE_MISMATCH), cost);
    assert_int_equal(digests_of(unknown, cache, false, CSN_REASON_KEY_UNKNOWN), cost);
    assert_int_equal(digests_of(expired, cache, false, CSN_REASON_KEY_EXPIRED), cost);
    /* The first time the key is put there, the second it is remembered. The payload's hash is checked in both. */
    assert_int_equal(digests_of(known, cache, true, CSN_REASON_ACCEPTED), i == 0 ? cost + 2 : cost + 1 - 8);
  }
  assert_int_equal(digests_of(known, NULL, true, CSN_REASON_ACCEPTED), alone + 1);
  csn_sigv4_cache_free(cache);
  csn_keyring_free(known);
  csn_keyring_free(unknown);
  csn_keyring_free(expired);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_rejected_costs_the_same)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
