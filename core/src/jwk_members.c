/* OpenSSL keys from the members of a JWK. */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>

#include "ct.h"
#include "public_key.h"

static EVP_PKEY *from_params(const char *type, OSSL_PARAM params[], int selection) {
  EVP_PKEY *pkey = NULL;
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
  ERR_set_mark();
  if (context == NULL || EVP_PKEY_fromdata_init(context) != 1 ||
      EVP_PKEY_fromdata(context, &pkey, selection, params) != 1) {
    pkey = NULL;
  }
  ERR_pop_to_mark();
  EVP_PKEY_CTX_free(context);
  return pkey;
}

static bool is_canonical_number(csn_span bytes, size_t max) {
  return bytes.len > 0 && bytes.len <= max && bytes.ptr[0] != 0;
}

/* OSSL_PARAM holds numbers in the machine's order. */
static void native_order(csn_span number, uint8_t *out) {
  BIGNUM *n = BN_bin2bn(number.ptr, (int)number.len, NULL);
  if (n == NULL || BN_bn2nativepad(n, out, (int)number.len) < 0) memset(out, 0, number.len);
  BN_clear_free(n);
}

EVP_PKEY *csn_pkey_from_rsa(csn_span n, csn_span e) {
  uint8_t native_n[CSN_RSA_BITS_MAX / 8], native_e[8];
  if (!is_canonical_number(n, sizeof native_n) || !is_canonical_number(e, sizeof native_e)) return NULL;
  native_order(n, native_n);
  native_order(e, native_e);
  OSSL_PARAM params[] = {OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_N, native_n, n.len),
                         OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_E, native_e, e.len), OSSL_PARAM_construct_end()};
  return from_params("RSA", params, EVP_PKEY_PUBLIC_KEY);
}

EVP_PKEY *csn_pkey_from_private_rsa(const csn_span parts[CSN_RSA_PARTS]) {
  static const char *const names[CSN_RSA_PARTS] = {OSSL_PKEY_PARAM_RSA_N,         OSSL_PKEY_PARAM_RSA_E,
                                                   OSSL_PKEY_PARAM_RSA_D,         OSSL_PKEY_PARAM_RSA_FACTOR1,
                                                   OSSL_PKEY_PARAM_RSA_FACTOR2,   OSSL_PKEY_PARAM_RSA_EXPONENT1,
                                                   OSSL_PKEY_PARAM_RSA_EXPONENT2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1};
  uint8_t native[CSN_RSA_PARTS][CSN_RSA_BITS_MAX / 8];
  OSSL_PARAM params[CSN_RSA_PARTS + 1] = {OSSL_PARAM_construct_end()};
  if (parts[1].len > 8) return NULL;
  for (size_t i = 0; i < CSN_RSA_PARTS; i++) {
    if (!is_canonical_number(parts[i], sizeof native[i])) return NULL;
  }
  for (size_t i = 0; i < CSN_RSA_PARTS; i++) {
    native_order(parts[i], native[i]);
    params[i] = OSSL_PARAM_construct_BN(names[i], native[i], parts[i].len);
  }
  params[CSN_RSA_PARTS] = OSSL_PARAM_construct_end();
  EVP_PKEY *pkey = from_params("RSA", params, EVP_PKEY_KEYPAIR);
  csn_wipe(native, sizeof native);
  return pkey;
}

/* `d` may be empty: then the key is public. */
static EVP_PKEY *make_ec(const csn_alg_row *alg, csn_span x, csn_span y, csn_span d) {
  uint8_t point[1 + 2 * CSN_ECDSA_HALF_MAX] = {0x04}; /* uncompressed (SEC 1 section 2.3.3) */
  uint8_t native_d[CSN_ECDSA_HALF_MAX];
  char group[32];
  size_t half = alg->signature_bytes / 2; /* of these curves the order is as long as a coordinate */
  if (x.len != half || y.len != half) return NULL;
  memcpy(point + 1, x.ptr, half);
  memcpy(point + 1 + half, y.ptr, half);
  stpcpy(group, alg->group);
  OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
                         OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * half),
                         OSSL_PARAM_construct_end(), OSSL_PARAM_construct_end()};
  if (d.len == 0) return from_params("EC", params, EVP_PKEY_PUBLIC_KEY);
  native_order(d, native_d);
  params[2] = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, native_d, d.len);
  EVP_PKEY *pkey = from_params("EC", params, EVP_PKEY_KEYPAIR);
  csn_wipe(native_d, sizeof native_d);
  return pkey;
}

EVP_PKEY *csn_pkey_from_ec(const csn_alg_row *alg, csn_span x, csn_span y) {
  return make_ec(alg, x, y, csn_span_of(NULL, 0));
}

EVP_PKEY *csn_pkey_from_private_ec(const csn_alg_row *alg, csn_span x, csn_span y, csn_span d) {
  return d.len == alg->signature_bytes / 2 ? make_ec(alg, x, y, d) : NULL;
}

EVP_PKEY *csn_pkey_from_okp(const char *curve, csn_span x) {
  ERR_set_mark();
  EVP_PKEY *pkey = EVP_PKEY_new_raw_public_key_ex(NULL, curve, NULL, x.ptr, x.len);
  ERR_pop_to_mark();
  return pkey;
}

/* The public part is made of the private one: the one that was given must be the same. */
EVP_PKEY *csn_pkey_from_private_okp(const char *curve, csn_span x, csn_span d) {
  uint8_t made[64];
  size_t len = sizeof made;
  ERR_set_mark();
  EVP_PKEY *pkey = EVP_PKEY_new_raw_private_key_ex(NULL, curve, NULL, d.ptr, d.len);
  bool good = pkey != NULL && EVP_PKEY_get_raw_public_key(pkey, made, &len) == 1;
  ERR_pop_to_mark();
  if (good && csn_span_equal(x, csn_span_of(made, len))) return pkey;
  EVP_PKEY_free(pkey);
  return NULL;
}
