/* Making a signature with a key. */
#include <openssl/ecdsa.h>
#include <openssl/err.h>

#include "hmac.h"
#include "public_key.h"

enum { DER_MAX = 160 /* bytes of an ECDSA signature as OpenSSL writes it: 141 of P-521 */ };

/* r and s side by side, each as long as the order (RFC 7518 section 3.4). */
static bool put_fixed(const uint8_t *der, size_t len, const csn_public_key *key, uint8_t *out) {
  const uint8_t *at = der;
  int half = (int)key->signature_bytes / 2;
  ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &at, (long)len);
  bool good = pair != NULL && BN_bn2binpad(ECDSA_SIG_get0_r(pair), out, half) == half &&
              BN_bn2binpad(ECDSA_SIG_get0_s(pair), out + half, half) == half;
  ECDSA_SIG_free(pair);
  return good;
}

static bool sign_digest(const csn_public_key *key, csn_span message, uint8_t *out) {
  uint8_t digest[CSN_MAC_MAX], der[DER_MAX];
  bool ecdsa = key->alg->kind == CSN_KIND_ECDSA;
  size_t len = ecdsa ? sizeof der : key->signature_bytes;
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_dup(key->digest_signer);
  if (context == NULL) return false;
  csn_sha2(key->alg->hash_bytes, message, digest);
  bool good = EVP_PKEY_sign(context, ecdsa ? der : out, &len, digest, key->alg->hash_bytes) == 1;
  EVP_PKEY_CTX_free(context);
  if (ecdsa) return good && put_fixed(der, len, key, out);
  return good && len == key->signature_bytes;
}

static bool sign_message(const csn_public_key *key, csn_span message, uint8_t *out) {
  static const uint8_t nothing[1];
  size_t len = key->signature_bytes;
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  bool good = context != NULL && EVP_MD_CTX_copy_ex(context, key->message_signer) == 1 &&
              EVP_DigestSign(context, out, &len, message.len > 0 ? message.ptr : nothing, message.len) == 1;
  EVP_MD_CTX_free(context);
  return good && len == key->signature_bytes;
}

static bool is_private(const csn_public_key *key) {
  return key->digest_signer != NULL || key->message_signer != NULL;
}

bool csn_public_key_sign(const csn_public_key *key, csn_span message, uint8_t *out) {
  if (!is_private(key)) return false;
  ERR_set_mark(); /* the caller's queue of errors stays as it is */
  bool good = key->message_signer != NULL ? sign_message(key, message, out) : sign_digest(key, message, out);
  ERR_pop_to_mark();
  return good;
}

csn_error csn_key_sign(const csn_key *key, csn_span message, uint8_t *out, size_t size, size_t *len) {
  const csn_alg_row *alg = csn_alg_find(key->alg);
  size_t bytes = csn_key_signature_bytes(key);
  *len = 0;
  if (bytes == 0) return CSN_ERROR_INVALID_ARGUMENT;
  bool hmac = alg->kind == CSN_KIND_HMAC;
  if (hmac != (key->public_key == NULL)) return CSN_ERROR_INVALID_ARGUMENT;
  if (!hmac && (key->public_key->alg != alg || !is_private(key->public_key))) return CSN_ERROR_INVALID_ARGUMENT;
  if (out == NULL || size < bytes) return CSN_ERROR_BUFFER_TOO_SMALL;
  if (hmac) {
    csn_hmac_once(key, message, out);
  } else if (!csn_public_key_sign(key->public_key, message, out)) {
    return CSN_ERROR_CRYPTO;
  }
  *len = bytes;
  return CSN_OK;
}
