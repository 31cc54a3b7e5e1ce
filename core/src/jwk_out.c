/* Public and private keys as JWK, and their thumbprints (RFC 7638). */
#include <openssl/bn.h>
#include <openssl/core_names.h>

#include "ct.h"
#include "hmac.h"
#include "public_key.h"
#include "writer.h"

enum { MEMBERS_MAX = 3072 /* characters of an RSA key of CSN_RSA_BITS_MAX: 2731 of n, and e and the names */ };

/* "name":"bytes in base64url" */
static void put_bytes(csn_writer *text, const char *name, const uint8_t *bytes, size_t len) {
  csn_put_text(text, "\"");
  csn_put_text(text, name);
  csn_put_text(text, "\":\"");
  csn_put_base64url(text, csn_span_of(bytes, len));
  csn_put_text(text, "\"");
}

/* A number of the key in `width` bytes; 0: as few as it has. */
static bool put_number(csn_writer *text, const char *name, const EVP_PKEY *pkey, const char *param, size_t width) {
  uint8_t bytes[CSN_RSA_BITS_MAX / 8];
  BIGNUM *number = NULL;
  bool good = EVP_PKEY_get_bn_param(pkey, param, &number) == 1;
  size_t len = width != 0 || !good ? width : (size_t)BN_num_bytes(number);
  good = good && len <= sizeof bytes && BN_bn2binpad(number, bytes, (int)len) == (int)len;
  if (good) put_bytes(text, name, bytes, len);
  csn_wipe(bytes, sizeof bytes);
  BN_clear_free(number);
  return good;
}

static bool put_rsa(csn_writer *text, const csn_public_key *key) {
  bool good = put_number(text, "e", key->pkey, OSSL_PKEY_PARAM_RSA_E, 0);
  csn_put_text(text, ",\"kty\":\"RSA\",");
  return put_number(text, "n", key->pkey, OSSL_PKEY_PARAM_RSA_N, 0) && good;
}

static bool put_ec(csn_writer *text, const csn_public_key *key) {
  size_t half = key->signature_bytes / 2; /* of these curves the order is as long as a coordinate */
  csn_put_text(text, "\"crv\":\"");
  csn_put_text(text, key->alg->curve);
  csn_put_text(text, "\",\"kty\":\"EC\",");
  bool good = put_number(text, "x", key->pkey, OSSL_PKEY_PARAM_EC_PUB_X, half);
  csn_put_text(text, ",");
  return put_number(text, "y", key->pkey, OSSL_PKEY_PARAM_EC_PUB_Y, half) && good;
}

static bool put_okp(csn_writer *text, const csn_public_key *key) {
  uint8_t x[64];
  size_t len = sizeof x;
  if (EVP_PKEY_get_raw_public_key(key->pkey, x, &len) != 1) return false;
  csn_put_text(text, "\"crv\":\"");
  csn_put_text(text, key->signature_bytes == CSN_ED25519_SIGNATURE ? "Ed25519" : "Ed448");
  csn_put_text(text, "\",\"kty\":\"OKP\",");
  put_bytes(text, "x", x, len);
  return true;
}

/* The members that make the key what it is, in the order of their names (RFC 7638 section 3.2), without braces. */
static bool put_members(csn_writer *text, const csn_public_key *key) {
  switch (key->alg->kind) {
    case CSN_KIND_RSA_PKCS1:
    case CSN_KIND_RSA_PSS:
      return put_rsa(text, key);
    case CSN_KIND_ECDSA:
      return put_ec(text, key);
    case CSN_KIND_EDDSA:
      return put_okp(text, key);
    case CSN_KIND_HMAC:
      break;
  }
  return false;
}

/* ---- the private part (RFC 7518 section 6.2.2 and 6.3.2, RFC 8037 section 2) ---- */

static bool put_private_rsa(csn_writer *text, const csn_public_key *key) {
  static const char *const rows[][2] = {
      {"d", OSSL_PKEY_PARAM_RSA_D},          {"p", OSSL_PKEY_PARAM_RSA_FACTOR1},
      {"q", OSSL_PKEY_PARAM_RSA_FACTOR2},    {"dp", OSSL_PKEY_PARAM_RSA_EXPONENT1},
      {"dq", OSSL_PKEY_PARAM_RSA_EXPONENT2}, {"qi", OSSL_PKEY_PARAM_RSA_COEFFICIENT1},
  };
  bool good = true;
  for (size_t i = 0; good && i < sizeof rows / sizeof rows[0]; i++) {
    csn_put_text(text, ",");
    good = put_number(text, rows[i][0], key->pkey, rows[i][1], 0);
  }
  return good;
}

static bool put_private_okp(csn_writer *text, const csn_public_key *key) {
  uint8_t d[64];
  size_t len = sizeof d;
  bool good = EVP_PKEY_get_raw_private_key(key->pkey, d, &len) == 1;
  csn_put_text(text, ",");
  if (good) put_bytes(text, "d", d, len);
  csn_wipe(d, sizeof d);
  return good;
}

static bool put_private(csn_writer *text, const csn_public_key *key) {
  if (key->alg->kind == CSN_KIND_EDDSA) return put_private_okp(text, key);
  if (key->alg->kind != CSN_KIND_ECDSA) return put_private_rsa(text, key);
  csn_put_text(text, ",");
  return put_number(text, "d", key->pkey, OSSL_PKEY_PARAM_PRIV_KEY, key->signature_bytes / 2);
}

/* ---- the whole ---- */

static bool put_jwk(csn_writer *text, const csn_key *key, bool private) {
  csn_put_text(text, "{");
  bool good = put_members(text, key->public_key) && (!private || put_private(text, key->public_key));
  csn_put_text(text, ",\"use\":\"sig\",\"alg\":\"");
  csn_put_text(text, csn_alg_name(key->alg));
  csn_put_text(text, "\"");
  if (key->key_id_len > 0) {
    csn_put_text(text, ",\"kid\":");
    csn_put_json_string(text, csn_key_id(key));
  }
  csn_put_text(text, "}");
  return good;
}

/* Of a failure nothing stays behind, since what was written may be private. */
static csn_error finish(const csn_writer *text, bool good, size_t *len) {
  *len = good ? text->len : 0;
  if (good && !text->overflow) return CSN_OK;
  if (text->size > 0) csn_wipe(text->out, text->size);
  return good ? CSN_ERROR_BUFFER_TOO_SMALL : CSN_ERROR_CRYPTO;
}

csn_error csn_jwk_write(const csn_key *key, char *out, size_t size, size_t *len) {
  csn_writer text = {.out = (uint8_t *)out, .size = out == NULL ? 0 : size};
  *len = 0;
  if (key->public_key == NULL) return CSN_ERROR_INVALID_ARGUMENT;
  return finish(&text, put_jwk(&text, key, false), len);
}

csn_error csn_jwk_write_private(const csn_key *key, char *out, size_t size, size_t *len) {
  csn_writer text = {.out = (uint8_t *)out, .size = out == NULL ? 0 : size};
  *len = 0;
  if (key->public_key == NULL || !csn_key_signs(key)) return CSN_ERROR_INVALID_ARGUMENT;
  return finish(&text, put_jwk(&text, key, true), len);
}

csn_error csn_jwks_write(const csn_key *const *keys, size_t count, char *out, size_t size, size_t *len) {
  csn_writer text = {.out = (uint8_t *)out, .size = out == NULL ? 0 : size};
  bool good = true;
  *len = 0;
  csn_put_text(&text, "{\"keys\":[");
  for (size_t i = 0; good && i < count; i++) {
    if (keys[i]->public_key == NULL) return CSN_ERROR_INVALID_ARGUMENT;
    if (i > 0) csn_put_text(&text, ",");
    good = put_jwk(&text, keys[i], false);
  }
  csn_put_text(&text, "]}");
  return finish(&text, good, len);
}

csn_error csn_key_thumbprint(const csn_key *key, uint8_t out[CSN_THUMBPRINT_BYTES]) {
  char members[MEMBERS_MAX];
  csn_writer text = {.out = (uint8_t *)members, .size = sizeof members};
  if (key->public_key == NULL) return CSN_ERROR_INVALID_ARGUMENT;
  csn_put_text(&text, "{");
  bool good = put_members(&text, key->public_key);
  csn_put_text(&text, "}");
  if (!good || text.overflow) return CSN_ERROR_CRYPTO;
  csn_sha256(csn_span_of(members, text.len), out);
  return CSN_OK;
}
