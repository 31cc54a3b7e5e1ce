/* Whether a signature is a key's. */
#include <openssl/err.h>

#include "ct.h"
#include "hmac.h"
#include "public_key.h"

enum { DER_INTEGER_MAX = 2 + 1 + CSN_ECDSA_HALF_MAX, DER_MAX = 3 + 2 * DER_INTEGER_MAX };

/* From 1 to the order less 1: OpenSSL checks it as well, and CVE-2022-21449 is what comes of nobody doing it. */
static bool is_scalar(csn_span number, const uint8_t *order) {
  uint8_t any = 0;
  for (size_t i = 0; i < number.len; i++) any |= number.ptr[i];
  return any != 0 && memcmp(number.ptr, order, number.len) < 0;
}

/* A positive number that is not 0. */
static uint8_t *put_integer(uint8_t *at, csn_span number) {
  while (number.ptr[0] == 0) number = csn_span_of(number.ptr + 1, number.len - 1);
  bool sign = (number.ptr[0] & 0x80) != 0;
  *at++ = 0x02;
  *at++ = (uint8_t)(number.len + sign);
  if (sign) *at++ = 0;
  memcpy(at, number.ptr, number.len);
  return at + number.len;
}

/* r and s side by side as the SEQUENCE that OpenSSL reads (RFC 3279 section 2.2.3); 0 where one is out of range. */
static size_t der_of(csn_span signature, const uint8_t *order, uint8_t der[DER_MAX]) {
  size_t half = signature.len / 2;
  csn_span r = csn_span_of(signature.ptr, half), s = csn_span_of(signature.ptr + half, half);
  uint8_t body[2 * DER_INTEGER_MAX], *at = der;
  if (!is_scalar(r, order) || !is_scalar(s, order)) return 0;
  size_t len = (size_t)(put_integer(put_integer(body, r), s) - body);
  *at++ = 0x30;
  if (len >= 0x80) *at++ = 0x81;
  *at++ = (uint8_t)len;
  memcpy(at, body, len);
  return (size_t)(at - der) + len;
}

static bool verify_digest(const csn_public_key *key, csn_span message, csn_span signature) {
  uint8_t digest[CSN_MAC_MAX], der[DER_MAX];
  if (key->alg->kind == CSN_KIND_ECDSA) {
    size_t len = der_of(signature, key->alg->order, der);
    if (len == 0) return false;
    signature = csn_span_of(der, len);
  }
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_dup(key->digest_verifier);
  if (context == NULL) return false;
  csn_sha2(key->alg->hash_bytes, message, digest);
  bool good = EVP_PKEY_verify(context, signature.ptr, signature.len, digest, key->alg->hash_bytes) == 1;
  EVP_PKEY_CTX_free(context);
  return good;
}

static bool verify_message(const csn_public_key *key, csn_span message, csn_span signature) {
  static const uint8_t nothing[1];
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  bool good = context != NULL && EVP_MD_CTX_copy_ex(context, key->message_verifier) == 1 &&
              EVP_DigestVerify(context, signature.ptr, signature.len, message.len > 0 ? message.ptr : nothing,
                               message.len) == 1;
  EVP_MD_CTX_free(context);
  return good;
}

bool csn_public_key_verify(const csn_public_key *key, csn_span message, csn_span signature) {
  if (signature.len != key->signature_bytes) return false;
  ERR_set_mark(); /* the caller's queue of errors stays as it is */
  bool good = key->alg->kind == CSN_KIND_EDDSA ? verify_message(key, message, signature)
                                               : verify_digest(key, message, signature);
  ERR_pop_to_mark();
  return good;
}

static bool verify_mac(const csn_key *key, csn_span message, csn_span given) {
  uint8_t mac[CSN_MAC_MAX];
  size_t len = csn_hmac_bytes(key);
  if (given.len != len) return false;
  csn_hmac_once(key, message, mac);
  uint32_t equal = csn_ct_equal(mac, given.ptr, len);
  csn_wipe(mac, sizeof mac);
  CSN_CT_PUBLIC(&equal, sizeof equal);
  return equal != 0;
}

size_t csn_key_signature_bytes(const csn_key *key) {
  const csn_alg_row *alg = csn_alg_find(key->alg);
  if (alg == NULL) return 0;
  if (alg->kind == CSN_KIND_HMAC) return alg->signature_bytes;
  return key->public_key == NULL ? 0 : key->public_key->signature_bytes;
}

/* The algorithm decides, never what the key happens to hold. */
bool csn_key_verify(const csn_key *key, csn_span message, csn_span signature) {
  const csn_alg_row *alg = csn_alg_find(key->alg);
  if (alg == NULL) return false;
  if (alg->kind == CSN_KIND_HMAC) return key->public_key == NULL && verify_mac(key, message, signature);
  if (key->public_key == NULL || key->public_key->alg != alg) return false;
  return csn_public_key_verify(key->public_key, message, signature);
}
