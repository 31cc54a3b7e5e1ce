/* Sealed values and the records in them. */
#include <openssl/err.h>
#include <openssl/hmac.h>

#include "record.h"
#include "seal.h"
#include "test_common.h"

static csn_row row_of(const csn_sealer *sealer, csn_table table, const char *first, const char *second) {
  return csn_sealer_row(sealer, table, csn_span_str(first), csn_span_str(second));
}

static csn_sealer open_sealer(const uint8_t key[32]) {
  csn_sealer sealer;
  assert_int_equal(csn_sealer_init(&sealer, key), CSN_OK);
  return sealer;
}

static void values_come_back(void **state) {
  (void)state;
  static const size_t lens[] = {1, 8, 15, 16, 17, CSN_RECORD_MAX};
  csn_sealer sealer = open_sealer(TEST_KEY);
  csn_row row = row_of(&sealer, CSN_TABLE_NONCES, "client", "nonce");
  for (size_t i = 0; i < COUNT(lens); i++) {
    uint8_t plain[CSN_RECORD_MAX], sealed[CSN_RECORD_MAX + CSN_SEAL_OVERHEAD], out[CSN_RECORD_MAX];
    memset(plain, (int)('a' + i), sizeof plain);
    assert_true(csn_seal(&sealer, &row, csn_span_of(plain, lens[i]), sealed));
    assert_true(csn_unseal(&sealer, &row, csn_span_of(sealed, lens[i] + CSN_SEAL_OVERHEAD), out));
    assert_memory_equal(out, plain, lens[i]);
  }
  csn_sealer_wipe(&sealer);
}

/* The format, put together again from OpenSSL's own functions. */
static void a_value_is_what_the_header_says(void **state) {
  (void)state;
  csn_sealer sealer = open_sealer(TEST_KEY);
  csn_row row = row_of(&sealer, CSN_TABLE_NONCES, "client", "nonce");
  uint8_t sealed[5 + CSN_SEAL_OVERHEAD], subkey_key[32], subkey[32], message[8 + 16], iv[12] = {0}, out[16];
  unsigned mac_len = 0;
  int len = 0;
  sealer.counter = 0x02030405;
  assert_true(csn_seal(&sealer, &row, csn_span_str("hello"), sealed));

  const char *label = "csn store subkey";
  HMAC(EVP_sha256(), TEST_KEY, 32, (const uint8_t *)label, strlen(label), subkey_key, &mac_len);
  memcpy(message, "csn seal", 8);
  memcpy(message + 8, sealed, 16);
  HMAC(EVP_sha256(), subkey_key, 32, message, sizeof message, subkey, &mac_len);
  memcpy(iv + 4, sealed + 16, 8);
  assert_int_equal(csn_get_be64(sealed + 16), 0x02030405);

  EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
  assert_non_null(context);
  assert_int_equal(EVP_DecryptInit_ex(context, EVP_aes_256_gcm(), NULL, subkey, iv), 1);
  assert_int_equal(EVP_DecryptUpdate(context, NULL, &len, (const uint8_t *)&row, 17), 1);
  assert_int_equal(EVP_DecryptUpdate(context, out, &len, sealed + 24, 5), 1);
  assert_int_equal(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, 16, sealed + 29), 1);
  assert_int_equal(EVP_DecryptFinal_ex(context, out + len, &len), 1);
  assert_memory_equal(out, "hello", 5);
  EVP_CIPHER_CTX_free(context);
  csn_sealer_wipe(&sealer);
}

static int by_bytes(const void *a, const void *b) {
  return memcmp(a, b, CSN_SEAL_SALT_BYTES + CSN_SEAL_COUNTER_BYTES);
}

static void no_salt_and_counter_twice(void **state) {
  (void)state;
  enum { SEALERS = 4, SEALS = 500 };
  static uint8_t seen[SEALERS * SEALS][CSN_SEAL_SALT_BYTES + CSN_SEAL_COUNTER_BYTES];
  size_t count = 0;
  for (int i = 0; i < SEALERS; i++) {
    csn_sealer sealer = open_sealer(TEST_KEY);
    csn_row row = row_of(&sealer, CSN_TABLE_NONCES, "client", "nonce");
    uint8_t sealed[5 + CSN_SEAL_OVERHEAD];
    for (int n = 0; n < SEALS; n++) {
      assert_true(csn_seal(&sealer, &row, csn_span_str("hello"), sealed));
      memcpy(seen[count++], sealed, sizeof seen[0]);
    }
    csn_sealer_wipe(&sealer);
  }
  qsort(seen, count, sizeof seen[0], by_bytes);
  for (size_t i = 1; i < count; i++) assert_true(by_bytes(seen[i - 1], seen[i]) < 0);
}

static void every_flipped_bit_is_refused(void **state) {
  (void)state;
  csn_sealer sealer = open_sealer(TEST_KEY);
  csn_row row = row_of(&sealer, CSN_TABLE_NONCES, "client", "nonce");
  uint8_t sealed[8 + CSN_SEAL_OVERHEAD], out[8];
  static const uint8_t zeros[8];
  assert_true(csn_seal(&sealer, &row, csn_span_str("12345678"), sealed));
  for (size_t bit = 0; bit < 8 * sizeof sealed; bit++) {
    sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
    memset(out, 'x', sizeof out);
    assert_false(csn_unseal(&sealer, &row, csn_span_of(sealed, sizeof sealed), out));
    assert_memory_equal(out, zeros, sizeof out);
    sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
  }
  assert_true(csn_unseal(&sealer, &row, csn_span_of(sealed, sizeof sealed), out));
  assert_int_equal(ERR_peek_error(), 0); /* nothing is left behind for the caller's own use of OpenSSL */
  csn_sealer_wipe(&sealer);
}

static void every_other_length_is_refused(void **state) {
  (void)state;
  csn_sealer sealer = open_sealer(TEST_KEY);
  csn_row row = row_of(&sealer, CSN_TABLE_NONCES, "client", "nonce");
  uint8_t sealed[8 + CSN_SEAL_OVERHEAD + 1] = {0}, out[9];
  assert_true(csn_seal(&sealer, &row, csn_span_str("12345678"), sealed));
  for (size_t len = 0; len <= sizeof sealed; len++) {
    bool whole = len == 8 + CSN_SEAL_OVERHEAD;
    assert_int_equal(csn_unseal(&sealer, &row, csn_span_of(sealed, len), out), whole);
  }
  csn_sealer_wipe(&sealer);
}

static void a_value_belongs_to_its_row_table_and_key(void **state) {
  (void)state;
  csn_sealer sealer = open_sealer(TEST_KEY), stranger = open_sealer(OTHER_KEY), twin = open_sealer(TEST_KEY);
  csn_row row = row_of(&sealer, CSN_TABLE_NONCES, "client", "nonce");
  csn_row other_row = row_of(&sealer, CSN_TABLE_NONCES, "client", "nonc");
  csn_row other_table = row;
  other_table.table = CSN_TABLE_CREDENTIALS;
  uint8_t bytes[8 + CSN_SEAL_OVERHEAD], out[8];
  csn_span sealed = csn_span_of(bytes, sizeof bytes);
  assert_true(csn_seal(&sealer, &row, csn_span_str("12345678"), bytes));
  assert_true(csn_unseal(&twin, &row, sealed, out));
  assert_false(csn_unseal(&sealer, &other_row, sealed, out));
  assert_false(csn_unseal(&sealer, &other_table, sealed, out));
  assert_false(csn_unseal(&stranger, &row, sealed, out));
  csn_sealer_wipe(&sealer);
  csn_sealer_wipe(&stranger);
  csn_sealer_wipe(&twin);
}

static void a_row_is_named_by_all_of_its_name(void **state) {
  (void)state;
  csn_sealer sealer = open_sealer(TEST_KEY), twin = open_sealer(TEST_KEY), stranger = open_sealer(OTHER_KEY);
  const csn_row row = row_of(&sealer, CSN_TABLE_NONCES, "ab", "c");
  const csn_row rows[] = {
      row_of(&sealer, CSN_TABLE_NONCES, "a", "bc"),      row_of(&sealer, CSN_TABLE_NONCES, "abc", ""),
      row_of(&sealer, CSN_TABLE_NONCES, "", "abc"),      row_of(&sealer, CSN_TABLE_NONCES, "ab", "d"),
      row_of(&sealer, CSN_TABLE_CREDENTIALS, "ab", "c"), row_of(&stranger, CSN_TABLE_NONCES, "ab", "c"),
  };
  csn_row same = row_of(&twin, CSN_TABLE_NONCES, "ab", "c");
  assert_memory_equal(&same, &row, sizeof row);
  for (size_t i = 0; i < COUNT(rows); i++) assert_memory_not_equal(rows[i].hash, row.hash, sizeof row.hash);
  csn_sealer_wipe(&sealer);
  csn_sealer_wipe(&twin);
  csn_sealer_wipe(&stranger);
}

static void a_salt_is_used_2_to_the_32_times(void **state) {
  (void)state;
  csn_sealer sealer = open_sealer(TEST_KEY);
  csn_row row = row_of(&sealer, CSN_TABLE_NONCES, "client", "nonce");
  uint8_t sealed[3][1 + CSN_SEAL_OVERHEAD], out[1];
  assert_true(csn_seal(&sealer, &row, csn_span_str("x"), sealed[0]));
  sealer.counter = UINT64_C(0xffffffff);
  assert_true(csn_seal(&sealer, &row, csn_span_str("x"), sealed[1]));
  assert_true(csn_seal(&sealer, &row, csn_span_str("x"), sealed[2]));
  assert_memory_equal(sealed[1], sealed[0], CSN_SEAL_SALT_BYTES);
  assert_memory_not_equal(sealed[2], sealed[0], CSN_SEAL_SALT_BYTES);
  assert_int_equal(csn_get_be64(sealed[2] + CSN_SEAL_SALT_BYTES), 0);
  for (size_t i = 0; i < 3; i++) assert_true(csn_unseal(&sealer, &row, csn_span_of(sealed[i], sizeof sealed[i]), out));
  csn_sealer_wipe(&sealer);
}

static void more_salts_than_subkeys_are_kept(void **state) {
  (void)state;
  enum { SALTS = CSN_SEAL_SUBKEYS + 3 };
  csn_sealer reader = open_sealer(TEST_KEY);
  csn_row row = row_of(&reader, CSN_TABLE_NONCES, "client", "nonce");
  uint8_t sealed[SALTS][1 + CSN_SEAL_OVERHEAD], out[1];
  for (size_t i = 0; i < SALTS; i++) {
    csn_sealer writer = open_sealer(TEST_KEY);
    uint8_t letter = (uint8_t)('a' + i);
    assert_true(csn_seal(&writer, &row, csn_span_of(&letter, 1), sealed[i]));
    csn_sealer_wipe(&writer);
  }
  for (size_t n = 0; n < 5 * SALTS; n++) {
    size_t i = n * n % SALTS;
    assert_true(csn_unseal(&reader, &row, csn_span_of(sealed[i], sizeof sealed[i]), out));
    assert_int_equal(out[0], 'a' + i);
  }
  csn_sealer_wipe(&reader);
}

static void a_child_process_does_not_count_on(void **state) {
  (void)state;
  csn_sealer sealer = open_sealer(TEST_KEY);
  csn_row row = row_of(&sealer, CSN_TABLE_NONCES, "client", "nonce");
  uint8_t sealed[1 + CSN_SEAL_OVERHEAD];
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) _exit(csn_seal(&sealer, &row, csn_span_str("x"), sealed) ? 1 : 42);
  int status = 0;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFEXITED(status));
  assert_int_equal(WEXITSTATUS(status), 42);
  assert_true(csn_seal(&sealer, &row, csn_span_str("x"), sealed));
  csn_sealer_wipe(&sealer);
}

/* ---- records ---- */

static csn_key key_of_lengths(size_t client_id_len, size_t key_id_len) {
  csn_key key = make_key("c", "", "0123456789abcdef0123456789abcdef");
  memset(key.client_id, 'c', sizeof key.client_id);
  memset(key.key_id, 'k', sizeof key.key_id);
  key.client_id_len = (uint8_t)client_id_len;
  key.key_id_len = (uint8_t)key_id_len;
  return key;
}

static void records_come_back(void **state) {
  (void)state;
  static const struct {
    size_t client_id_len, key_id_len;
    int64_t accept_until;
    uint8_t uses;
    bool revoked;
  } rows[] = {
      {1, 0, 0, CSN_USE_REQUEST, false},
      {1, 1, INT64_MAX, CSN_USE_TOKEN, true},
      {128, 128, 1790000000, CSN_USE_TOKEN | CSN_USE_REQUEST, true},
      {128, 0, -1, CSN_USE_REQUEST, false},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    csn_key key = key_of_lengths(rows[i].client_id_len, rows[i].key_id_len), out;
    uint8_t record[CSN_RECORD_MAX];
    key.accept_until = rows[i].accept_until;
    key.uses = rows[i].uses;
    key.revoked = rows[i].revoked;
    size_t len = csn_record_encode(&key, record);
    assert_in_range(len, 1, CSN_RECORD_MAX);
    assert_true(csn_record_decode(csn_span_of(record, len), csn_key_client_id(&key), &out));
    assert_key_equal(&out, &key);
  }
}

static void keys_that_cannot_be_found_again_are_refused(void **state) {
  (void)state;
  uint8_t record[CSN_RECORD_MAX];
  csn_key no_client = key_of_lengths(0, 1), long_client = key_of_lengths(129, 1), long_id = key_of_lengths(1, 129);
  csn_key no_alg = key_of_lengths(1, 1);
  no_alg.alg = CSN_ALG_NONE;
  assert_int_equal(csn_record_encode(&no_client, record), 0);
  assert_int_equal(csn_record_encode(&long_client, record), 0);
  assert_int_equal(csn_record_encode(&long_id, record), 0);
  assert_int_equal(csn_record_encode(&no_alg, record), 0);
}

static void malformed_records_are_refused(void **state) {
  (void)state;
  csn_key key = make_key("client-7", "2026-a", "0123456789abcdef0123456789abcdef"), out, wiped;
  csn_span client = csn_key_client_id(&key);
  uint8_t record[CSN_RECORD_MAX + 1] = {0};
  memset(&wiped, 0, sizeof wiped);
  size_t len = csn_record_encode(&key, record);
  for (size_t cut = 0; cut <= len + 1; cut++) {
    memset(&out, 'x', sizeof out);
    assert_int_equal(csn_record_decode(csn_span_of(record, cut), client, &out), cut == len);
    if (cut != len) assert_memory_equal(&out, &wiped, sizeof out);
  }
  assert_false(csn_record_decode(csn_span_of(record, len), csn_span_str("client-8"), &out));
  assert_false(csn_record_decode(csn_span_of(record, len), csn_span_str("client-"), &out));

  static const struct {
    size_t at;
    uint8_t value;
  } changes[] = {{0, 2}, {74, 0}, {74, 17}, {75, 'h'}, {79, '7'}, {80, 129}, {80, 255}};
  assert_int_equal(record[74], 5); /* the length before "HS256" */
  assert_int_equal(record[80], 6); /* the length before "2026-a" */
  for (size_t i = 0; i < COUNT(changes); i++) {
    uint8_t before = record[changes[i].at];
    record[changes[i].at] = changes[i].value;
    assert_false(csn_record_decode(csn_span_of(record, len), client, &out));
    record[changes[i].at] = before;
  }
  assert_true(csn_record_decode(csn_span_of(record, len), client, &out));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(values_come_back),
      cmocka_unit_test(a_value_is_what_the_header_says),
      cmocka_unit_test(no_salt_and_counter_twice),
      cmocka_unit_test(every_flipped_bit_is_refused),
      cmocka_unit_test(every_other_length_is_refused),
      cmocka_unit_test(a_value_belongs_to_its_row_table_and_key),
      cmocka_unit_test(a_row_is_named_by_all_of_its_name),
      cmocka_unit_test(a_salt_is_used_2_to_the_32_times),
      cmocka_unit_test(more_salts_than_subkeys_are_kept),
      cmocka_unit_test(a_child_process_does_not_count_on),
      cmocka_unit_test(records_come_back),
      cmocka_unit_test(keys_that_cannot_be_found_again_are_refused),
      cmocka_unit_test(malformed_records_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
