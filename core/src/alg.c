#include "alg.h"

static const uint8_t order_p256[32] = {
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
};
static const uint8_t order_p384[48] = {
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xc7, 0x63, 0x4d, 0x81, 0xf4, 0x37, 0x2d, 0xdf,
    0x58, 0x1a, 0x0d, 0xb2, 0x48, 0xb0, 0xa7, 0x7a, 0xec, 0xec, 0x19, 0x6a, 0xcc, 0xc5, 0x29, 0x73,
};
static const uint8_t order_p521[66] = {
    0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfa,
    0x51, 0x86, 0x87, 0x83, 0xbf, 0x2f, 0x96, 0x6b, 0x7f, 0xcc, 0x01, 0x48, 0xf7, 0x09, 0xa5, 0xd0, 0x3b,
    0xb5, 0xc9, 0xb8, 0x89, 0x9c, 0x47, 0xae, 0xbb, 0x6f, 0xb7, 0x1e, 0x91, 0x38, 0x64, 0x09,
};

/* In the order of CSN_ALG_LIST: csn_alg_find() takes the number for the place. */
static const csn_alg_row rows[] = {
    {CSN_ALG_HS256, CSN_KIND_HMAC, "HS256", "hmac-sha256", "SHA256", 32, 32, NULL, NULL, NULL},
    {CSN_ALG_HS384, CSN_KIND_HMAC, "HS384", NULL, "SHA384", 48, 48, NULL, NULL, NULL},
    {CSN_ALG_HS512, CSN_KIND_HMAC, "HS512", NULL, "SHA512", 64, 64, NULL, NULL, NULL},
    {CSN_ALG_RS256, CSN_KIND_RSA_PKCS1, "RS256", "rsa-v1_5-sha256", "SHA256", 32, 0, NULL, NULL, NULL},
    {CSN_ALG_RS384, CSN_KIND_RSA_PKCS1, "RS384", NULL, "SHA384", 48, 0, NULL, NULL, NULL},
    {CSN_ALG_RS512, CSN_KIND_RSA_PKCS1, "RS512", NULL, "SHA512", 64, 0, NULL, NULL, NULL},
    {CSN_ALG_PS256, CSN_KIND_RSA_PSS, "PS256", NULL, "SHA256", 32, 0, NULL, NULL, NULL},
    {CSN_ALG_PS384, CSN_KIND_RSA_PSS, "PS384", NULL, "SHA384", 48, 0, NULL, NULL, NULL},
    {CSN_ALG_PS512, CSN_KIND_RSA_PSS, "PS512", "rsa-pss-sha512", "SHA512", 64, 0, NULL, NULL, NULL},
    {CSN_ALG_ES256, CSN_KIND_ECDSA, "ES256", "ecdsa-p256-sha256", "SHA256", 32, 64, "P-256", "prime256v1", order_p256},
    {CSN_ALG_ES384, CSN_KIND_ECDSA, "ES384", "ecdsa-p384-sha384", "SHA384", 48, 96, "P-384", "secp384r1", order_p384},
    {CSN_ALG_ES512, CSN_KIND_ECDSA, "ES512", NULL, "SHA512", 64, 132, "P-521", "secp521r1", order_p521},
    {CSN_ALG_EdDSA, CSN_KIND_EDDSA, "EdDSA", "ed25519", NULL, 0, 0, NULL, NULL, NULL},
};
enum { ROWS = sizeof rows / sizeof rows[0] };

#define COUNT(name, text, bytes) +1
_Static_assert(ROWS == 0 CSN_ALG_LIST(COUNT), "a row for every algorithm");
#undef COUNT

const csn_alg_row *csn_alg_find(csn_alg alg) {
  size_t at = (size_t)alg - 1;
  return at < ROWS ? &rows[at] : NULL;
}

const csn_alg_row *csn_alg_of_kind(csn_alg_kind kind, csn_span curve) {
  for (size_t i = 0; i < ROWS; i++) {
    if (rows[i].kind != kind) continue;
    if (curve.len == 0 || (rows[i].curve != NULL && csn_span_equal(curve, csn_span_str(rows[i].curve)))) {
      return &rows[i];
    }
  }
  return NULL;
}

void csn_alg_signature_range(const csn_alg_row *row, size_t *least, size_t *most) {
  *least = *most = row->signature_bytes;
  if (row->signature_bytes != 0) return;
  *least = row->kind == CSN_KIND_EDDSA ? CSN_ED25519_SIGNATURE : CSN_RSA_BITS_MIN / 8;
  *most = row->kind == CSN_KIND_EDDSA ? CSN_ED448_SIGNATURE : CSN_RSA_BITS_MAX / 8;
}

bool csn_alg_fits_uses(csn_alg alg, unsigned uses) {
  const csn_alg_row *row = csn_alg_find(alg);
  bool is_hmac = row != NULL && row->kind == CSN_KIND_HMAC, has_http_name = row != NULL && row->http_name != NULL;
  return ((uses & CSN_USE_REQUEST) == 0 || is_hmac || has_http_name) &&
         ((uses & CSN_USE_API_KEY) == 0 || alg == CSN_ALG_HS256);
}

csn_alg csn_alg_from_http_name(csn_span name) {
  for (size_t i = 0; i < ROWS; i++) {
    if (rows[i].http_name != NULL && csn_span_equal(name, csn_span_str(rows[i].http_name))) return rows[i].alg;
  }
  return CSN_ALG_NONE;
}

csn_alg csn_alg_from_name(csn_span name) {
#define MATCH(alg, text, bytes) \
  if (name.len == sizeof(text) - 1 && memcmp(name.ptr, text, sizeof(text) - 1) == 0) return CSN_ALG_##alg;
  CSN_ALG_LIST(MATCH)
#undef MATCH
  return CSN_ALG_NONE;
}

const char *csn_alg_name(csn_alg alg) {
  const csn_alg_row *row = csn_alg_find(alg);
  return row == NULL ? "none" : row->name;
}
