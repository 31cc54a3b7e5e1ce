/* API keys and refresh tokens: nothing is told of their text behind the prefix, of the pepper, nor of how much of a
 * stored hash agrees. Public are the first 64 bits of a hash, which say where it is looked for. */
#include <countersign/token.h>

#include "check.h"

enum { RECORDS = 50, PREFIX_CHARS = 3, NOW = 1700000000 };

static csn_key secret_pepper(void) {
  csn_key_config config = test_key_config("", "pepper", CSN_USE_API_KEY);
  csn_key pepper;
  assert_int_equal(csn_key_init(&pepper, &config), CSN_OK);
  CSN_CT_SECRET(&pepper.inner, sizeof pepper.inner);
  CSN_CT_SECRET(&pepper.outer, sizeof pepper.outer);
  return pepper;
}

static csn_api_key_text make_key(uint64_t seed) {
  uint8_t random[CSN_API_KEY_RANDOM_BYTES];
  csn_api_key_text text;
  csn_error error = CSN_OK;
  ct_fill(random, sizeof random, seed);
  CSN_CT_SECRET(random, sizeof random);
  assert_tells_nothing(error = csn_api_key_make(csn_span_str("sk"), random, &text));
  assert_int_equal(error, CSN_OK);
  assert_int_equal(ct_secret_bytes(text.bytes, text.len), (size_t)text.len - PREFIX_CHARS);
  return text;
}

static void a_key_is_made_read_and_hashed_untold(void **state) {
  csn_key pepper = secret_pepper();
  (void)state;
  for (uint64_t seed = 1; seed <= RECORDS; seed++) {
    csn_api_key_text text = make_key(seed);
    csn_api_key key;
    csn_reason reason = CSN_REASON_UNDECIDED;
    uint8_t hash[CSN_API_KEY_HASH_BYTES];
    size_t offset = 0;
    assert_tells_nothing(reason = csn_api_key_parse(csn_span_of(text.bytes, text.len), &key, &offset));
    assert_int_equal(reason, CSN_REASON_ACCEPTED);
    assert_tells_nothing(csn_api_key_hash(&pepper, csn_span_of(text.bytes, text.len), hash));
    assert_secret(hash, sizeof hash);
  }
}

static void a_key_that_is_refused_tells_where_it_is_wrong(void **state) {
  csn_api_key_text good = make_key(1);
  size_t random_end = PREFIX_CHARS + CSN_API_KEY_RANDOM_CHARS;
  (void)state;
  (void)VALGRIND_MAKE_MEM_DEFINED(&good, sizeof good);
  for (size_t at = PREFIX_CHARS; at < good.len; at++) {
    static const char wrong[] = {'-', '\xff', '0', '1'};
    for (size_t w = 0; w < sizeof wrong; w++) {
      csn_api_key_text text = good;
      csn_api_key key;
      csn_reason reason = CSN_REASON_UNDECIDED;
      size_t offset = SIZE_MAX;
      if (text.bytes[at] == wrong[w]) continue;
      text.bytes[at] = wrong[w];
      CSN_CT_SECRET(text.bytes + PREFIX_CHARS, text.len - (size_t)PREFIX_CHARS);
      assert_tells_nothing(reason = csn_api_key_parse(csn_span_of(text.bytes, text.len), &key, &offset));
      assert_int_equal(reason, w < 2 ? CSN_REASON_API_KEY_MALFORMED : CSN_REASON_API_KEY_CHECKSUM);
      assert_int_equal(offset, w < 2 ? at : random_end);
    }
  }
}

static csn_api_key_record secret_record(uint8_t i) {
  csn_api_key_record record = {.key_id = {.len = 2, .bytes = {(uint8_t)('A' + i / 10), (uint8_t)('0' + i % 10)}}};
  ct_fill(record.hash, sizeof record.hash, i);
  CSN_CT_SECRET(record.hash, sizeof record.hash);
  return record;
}

/* A hash that is there, one that is wrong at each place behind the first 64 bits, and one that is nowhere. */
static void stored_hashes_are_compared_untold(void **state) {
  csn_api_key_store *store = NULL;
  csn_api_key_record found;
  (void)state;
  assert_int_equal(csn_api_key_store_new(&store), CSN_OK);
  for (uint8_t i = 0; i < RECORDS; i++) {
    csn_api_key_record record = secret_record(i);
    csn_error error = CSN_OK;
    assert_tells_nothing(error = csn_api_key_store_add(store, &record));
    assert_int_equal(error, CSN_OK);
  }
  for (size_t at = 0; at <= CSN_API_KEY_HASH_BYTES; at++) {
    csn_api_key_record record = secret_record((uint8_t)(at % RECORDS));
    bool there = false;
    size_t published = csn_ct_published;
    if (at < CSN_API_KEY_HASH_BYTES) record.hash[at] ^= 1;
    assert_tells_nothing(there = csn_api_key_store_find(store, record.hash, &found));
    assert_int_equal(there, at == CSN_API_KEY_HASH_BYTES);
    if (at >= sizeof(uint64_t)) assert_int_equal(csn_ct_published, published + 2); /* where, and whether */
  }
  assert_secret(found.hash, sizeof found.hash);
  csn_api_key_store_free(store);
}

static void refresh_tokens_are_exchanged_untold(void **state) {
  csn_key_config config = test_key_config("", "signer", CSN_USE_TOKEN);
  csn_token_issuer issuer = CSN_TOKEN_ISSUER_DEFAULT;
  csn_refresh_memory *memory = NULL;
  csn_key signer, pepper = secret_pepper();
  csn_grant grant = {.subject = {1, {'s'}}};
  uint8_t random[CSN_TOKEN_RANDOM_BYTES];
  csn_tokens first, next;
  csn_refresh_answer answer = CSN_REFRESH_UNDECIDED;
  csn_error error = CSN_OK;
  (void)state;
  assert_int_equal(csn_key_init(&signer, &config), CSN_OK);
  assert_int_equal(csn_refresh_memory_new(&memory, RECORDS), CSN_OK);
  issuer.key = &signer;
  issuer.pepper = &pepper;
  issuer.store = csn_refresh_memory_store(memory);
  ct_fill(random, sizeof random, 1);
  CSN_CT_SECRET(random + CSN_TOKEN_ID_BYTES, sizeof random - CSN_TOKEN_ID_BYTES); /* the id is in the token */
  assert_tells_nothing(error = csn_token_issue(&issuer, &grant, random, NOW, &first, &answer));
  assert_int_equal(error, CSN_OK);
  assert_int_equal(answer, CSN_REFRESH_ISSUED);
  csn_span presented = csn_span_of(first.refresh.bytes, first.refresh.len);
  const csn_refresh_request request = {.token = presented};
  assert_int_equal(ct_secret_bytes(presented.ptr, presented.len), presented.len - PREFIX_CHARS);
  for (int times = 1; times <= 3; times++) { /* exchanged; used twice; of a family that is revoked */
    ct_fill(random, sizeof random, 1 + (uint64_t)times);
    CSN_CT_SECRET(random + CSN_TOKEN_ID_BYTES, sizeof random - CSN_TOKEN_ID_BYTES);
    assert_tells_nothing(error = csn_token_refresh(&issuer, &request, random, NOW, &next, &answer));
    assert_int_equal(error, CSN_OK);
    assert_int_equal(answer, times == 1 ? CSN_REFRESH_ISSUED : times == 2 ? CSN_REFRESH_REUSED : CSN_REFRESH_REVOKED);
  }
  assert_tells_nothing(answer = csn_token_revoke(&issuer, presented, NOW));
  assert_int_equal(answer, CSN_REFRESH_REVOKED);
  csn_refresh_memory_free(memory);
}

int ct_credentials(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_key_is_made_read_and_hashed_untold),
      cmocka_unit_test(a_key_that_is_refused_tells_where_it_is_wrong),
      cmocka_unit_test(stored_hashes_are_compared_untold),
      cmocka_unit_test(refresh_tokens_are_exchanged_untold),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
