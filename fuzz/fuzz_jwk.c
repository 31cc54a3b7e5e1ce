/* Fuzzes csn_key_init_jwk() and csn_keyring_add_jwks(): the input is the text of a JWK, or of a set.
 *
 * A key that is taken signs what it verifies, where it signs; what is written of it is read as the same key; what is
 * refused leaves nothing behind. */
#include "fuzz.h"

static const csn_span message = CSN_SPAN_LITERAL("message");

static csn_keyring *new_ring(void) {
  static const uint8_t seed[16] = "a constant seed";
  csn_keyring *ring = NULL;
  FUZZ_CHECK(csn_keyring_new(&ring, seed) == CSN_OK);
  return ring;
}

static void check_signing(const csn_key *key) {
  uint8_t signature[CSN_SIGNATURE_MAX];
  size_t len = 0;
  if (!csn_key_signs(key)) {
    FUZZ_CHECK(csn_key_sign(key, message, signature, sizeof signature, &len) == CSN_ERROR_INVALID_ARGUMENT);
    return;
  }
  FUZZ_CHECK(csn_key_sign(key, message, signature, sizeof signature, &len) == CSN_OK);
  FUZZ_CHECK(len == csn_key_signature_bytes(key));
  FUZZ_CHECK(csn_key_verify(key, message, csn_span_of(signature, len)));
  signature[0] ^= 1;
  FUZZ_CHECK(!csn_key_verify(key, message, csn_span_of(signature, len)));
}

typedef csn_error writer(const csn_key *key, char *out, size_t size, size_t *len);

/* Written, read and written again: the same text, and a key of the same thumbprint. */
static void check_written(const csn_key *key, writer *write, const csn_key_config *config) {
  static char text[32768], again[32768];
  uint8_t before[CSN_THUMBPRINT_BYTES], after[CSN_THUMBPRINT_BYTES];
  size_t len = 0, again_len = 0, offset = 0;
  csn_key read;
  FUZZ_CHECK(write(key, text, sizeof text, &len) == CSN_OK);
  FUZZ_CHECK(csn_key_init_jwk(&read, config, csn_span_of(text, len), &offset) == CSN_OK);
  FUZZ_CHECK(write(&read, again, sizeof again, &again_len) == CSN_OK);
  FUZZ_CHECK(csn_span_equal(csn_span_of(text, len), csn_span_of(again, again_len)));
  FUZZ_CHECK(csn_key_thumbprint(key, before) == CSN_OK && csn_key_thumbprint(&read, after) == CSN_OK);
  FUZZ_CHECK(memcmp(before, after, sizeof before) == 0);
  FUZZ_CHECK(csn_span_equal(csn_key_id(key), csn_key_id(&read)));
  csn_key_wipe(&read);
}

static void check_key(csn_span text, const csn_key_config *config) {
  static const csn_key zero;
  size_t offset = 0;
  csn_key key;
  csn_error error = csn_key_init_jwk(&key, config, text, &offset);
  FUZZ_CHECK(offset <= text.len);
  if (error != CSN_OK) {
    FUZZ_CHECK(memcmp(&key, &zero, sizeof key) == 0);
    return;
  }
  check_signing(&key);
  if (key.public_key != NULL) check_written(&key, csn_jwk_write, config);
  if (key.public_key != NULL && csn_key_signs(&key)) check_written(&key, csn_jwk_write_private, config);
  csn_key_wipe(&key);
}

static void check_set(csn_span text, const csn_key_config *config) {
  csn_keyring *ring = new_ring();
  csn_jwks_result result;
  csn_error error = csn_keyring_add_jwks(ring, text, config, &result);
  FUZZ_CHECK(result.offset <= text.len);
  FUZZ_CHECK(csn_keyring_count(ring) == (error == CSN_OK ? result.added : 0));
  csn_keyring_free(ring);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const csn_key_config config = {.alg = CSN_ALG_HS256, .uses = CSN_USE_TOKEN};
  csn_span text = fuzz_copy(csn_span_of(data, size < FUZZ_INPUT_MAX ? size : FUZZ_INPUT_MAX));
  check_key(text, &config);
  check_set(text, &config);
  fuzz_free_copy(text);
  return 0;
}
