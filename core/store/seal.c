#include "seal.h"

#include <openssl/rand.h>
#include <unistd.h>

#include "../src/ct.h"
#include "../src/hmac.h"

enum { IV_BYTES = 12 };

/* Far below every bound of section 8.3; then a new salt, so that the counter never comes near its end. */
static const uint64_t SEALS_PER_SALT = UINT64_C(1) << 32;

static const csn_span ID_LABEL = CSN_SPAN_LITERAL("csn store row id");
static const csn_span SUBKEY_LABEL = CSN_SPAN_LITERAL("csn store subkey");
static const csn_span SEAL_LABEL = CSN_SPAN_LITERAL("csn seal");

/* The key for one purpose, by HMAC-SHA-256 of the purpose's label (NIST SP 800-108 with one iteration). */
static void derive(csn_key *out, const csn_key *master, csn_span label) {
  uint8_t secret[CSN_SHA256_BYTES];
  csn_hmac_sha256(master, label, secret);
  csn_hmac_set_key(out, csn_span_of(secret, sizeof secret));
  csn_wipe(secret, sizeof secret);
}

static void subkey_of(const csn_sealer *sealer, const uint8_t salt[CSN_SEAL_SALT_BYTES],
                      uint8_t out[CSN_SHA256_BYTES]) {
  csn_hmac hmac;
  csn_hmac_init(&hmac, &sealer->subkey_key);
  csn_hmac_update(&hmac, SEAL_LABEL);
  csn_hmac_update(&hmac, csn_span_of(salt, CSN_SEAL_SALT_BYTES));
  csn_hmac_final(&hmac, out);
}

/* Starts counting from 0 under a salt that nobody else has. */
static bool new_salt(csn_sealer *sealer) {
  uint8_t subkey[CSN_SHA256_BYTES];
  if (RAND_bytes(sealer->salt, sizeof sealer->salt) != 1) return false;
  subkey_of(sealer, sealer->salt, subkey);
  bool ok = EVP_EncryptInit_ex(sealer->sealing, sealer->cipher, NULL, subkey, NULL) == 1;
  csn_wipe(subkey, sizeof subkey);
  sealer->counter = 0;
  return ok;
}

csn_error csn_sealer_init(csn_sealer *sealer, const uint8_t key[CSN_STORE_KEY_BYTES]) {
  csn_key master;
  memset(sealer, 0, sizeof *sealer);
  memset(&master, 0, sizeof master);
  csn_hmac_set_key(&master, csn_span_of(key, CSN_STORE_KEY_BYTES));
  derive(&sealer->id_key, &master, ID_LABEL);
  derive(&sealer->subkey_key, &master, SUBKEY_LABEL);
  csn_wipe(&master, sizeof master);

  sealer->owner = getpid();
  sealer->cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
  sealer->sealing = EVP_CIPHER_CTX_new();
  csn_error error = CSN_OK;
  if (sealer->sealing == NULL) {
    error = CSN_ERROR_NO_MEMORY;
  } else if (sealer->cipher == NULL || !new_salt(sealer)) {
    error = CSN_ERROR_CRYPTO;
  }
  if (error != CSN_OK) csn_sealer_wipe(sealer);
  return error;
}

void csn_sealer_wipe(csn_sealer *sealer) {
  for (size_t i = 0; i < CSN_SEAL_SUBKEYS; i++) EVP_CIPHER_CTX_free(sealer->subkeys[i].context);
  EVP_CIPHER_CTX_free(sealer->sealing);
  EVP_CIPHER_free(sealer->cipher);
  csn_wipe(sealer, sizeof *sealer);
}

csn_row csn_sealer_row(const csn_sealer *sealer, csn_table table, csn_span first, csn_span second) {
  uint8_t head[1 + 8], mac[CSN_SHA256_BYTES];
  csn_row row = {.table = (uint8_t)table};
  csn_hmac hmac;
  head[0] = row.table;
  csn_put_be64(head + 1, first.len); /* where the second begins: (ab, c) is not (a, bc) */
  csn_hmac_init(&hmac, &sealer->id_key);
  csn_hmac_update(&hmac, csn_span_of(head, sizeof head));
  csn_hmac_update(&hmac, first);
  csn_hmac_update(&hmac, second);
  csn_hmac_final(&hmac, mac);
  memcpy(row.hash, mac, sizeof row.hash);
  return row;
}

static void make_iv(uint8_t iv[IV_BYTES], const uint8_t counter[CSN_SEAL_COUNTER_BYTES]) {
  memset(iv, 0, IV_BYTES - CSN_SEAL_COUNTER_BYTES);
  memcpy(iv + IV_BYTES - CSN_SEAL_COUNTER_BYTES, counter, CSN_SEAL_COUNTER_BYTES);
}

bool csn_seal(csn_sealer *sealer, const csn_row *row, csn_span plain, uint8_t *out) {
  if (getpid() != sealer->owner || plain.len > INT32_MAX) return false;
  if (sealer->counter >= SEALS_PER_SALT && !new_salt(sealer)) return false;

  uint8_t iv[IV_BYTES];
  uint8_t *counter = out + CSN_SEAL_SALT_BYTES;
  uint8_t *text = counter + CSN_SEAL_COUNTER_BYTES;
  int len = 0;
  memcpy(out, sealer->salt, CSN_SEAL_SALT_BYTES);
  csn_put_be64(counter, sealer->counter++); /* spent, whatever comes of it */
  make_iv(iv, counter);
  EVP_CIPHER_CTX *context = sealer->sealing;
  return EVP_EncryptInit_ex(context, NULL, NULL, NULL, iv) == 1 &&
         EVP_EncryptUpdate(context, NULL, &len, (const uint8_t *)row, (int)sizeof *row) == 1 &&
         EVP_EncryptUpdate(context, text, &len, plain.ptr, (int)plain.len) == 1 && (size_t)len == plain.len &&
         EVP_EncryptFinal_ex(context, text + len, &len) == 1 &&
         EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, CSN_SEAL_TAG_BYTES, text + plain.len) == 1;
}

/* Makes `slot` the subkey of `salt`. */
static bool load_subkey(csn_sealer *sealer, csn_subkey *slot, const uint8_t salt[CSN_SEAL_SALT_BYTES]) {
  uint8_t subkey[CSN_SHA256_BYTES];
  if (slot->context == NULL) slot->context = EVP_CIPHER_CTX_new();
  if (slot->context == NULL) return false;
  slot->last_used = 0; /* until it is ready: no salt has it */
  subkey_of(sealer, salt, subkey);
  bool ok = EVP_DecryptInit_ex(slot->context, sealer->cipher, NULL, subkey, NULL) == 1;
  csn_wipe(subkey, sizeof subkey);
  memcpy(slot->salt, salt, CSN_SEAL_SALT_BYTES);
  return ok;
}

/* The context for values of this salt: a kept one, or else the one that was used longest ago. NULL on failure. */
static EVP_CIPHER_CTX *opening(csn_sealer *sealer, const uint8_t salt[CSN_SEAL_SALT_BYTES]) {
  csn_subkey *oldest = &sealer->subkeys[0];
  csn_subkey *found = NULL;
  for (size_t i = 0; i < CSN_SEAL_SUBKEYS && found == NULL; i++) {
    csn_subkey *slot = &sealer->subkeys[i];
    if (slot->last_used > 0 && memcmp(slot->salt, salt, CSN_SEAL_SALT_BYTES) == 0) found = slot;
    if (slot->last_used < oldest->last_used) oldest = slot;
  }
  if (found == NULL && load_subkey(sealer, oldest, salt)) found = oldest;
  if (found == NULL) return NULL;
  found->last_used = ++sealer->uses;
  return found->context;
}

bool csn_unseal(csn_sealer *sealer, const csn_row *row, csn_span sealed, uint8_t *out) {
  if (sealed.len < CSN_SEAL_OVERHEAD || sealed.len > INT32_MAX) return false;
  const uint8_t *counter = sealed.ptr + CSN_SEAL_SALT_BYTES;
  const uint8_t *text = counter + CSN_SEAL_COUNTER_BYTES;
  const size_t text_len = sealed.len - CSN_SEAL_OVERHEAD;
  uint8_t iv[IV_BYTES], tag[CSN_SEAL_TAG_BYTES];
  uint8_t rest[1]; /* GCM leaves nothing for the final call, which still wants a place */
  int len = 0;
  make_iv(iv, counter);
  memcpy(tag, text + text_len, sizeof tag);
  EVP_CIPHER_CTX *context = opening(sealer, sealed.ptr);
  bool ok = context != NULL && EVP_DecryptInit_ex(context, NULL, NULL, NULL, iv) == 1 &&
            EVP_DecryptUpdate(context, NULL, &len, (const uint8_t *)row, (int)sizeof *row) == 1 &&
            EVP_DecryptUpdate(context, out, &len, text, (int)text_len) == 1 && (size_t)len == text_len &&
            EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, CSN_SEAL_TAG_BYTES, tag) == 1 &&
            EVP_DecryptFinal_ex(context, rest, &len) == 1;
  if (!ok) csn_wipe(out, text_len);
  return ok;
}
