#include "public_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>

/* ---- what a key must be ---- */

static bool is_type(const EVP_PKEY *pkey, const char *name) {
  return EVP_PKEY_is_a(pkey, name) == 1;
}

/* n odd and in range; e odd, at least 3 and at most 64 bits. */
static bool is_good_rsa(const EVP_PKEY *pkey) {
  BIGNUM *n = NULL, *e = NULL;
  bool good = is_type(pkey, "RSA") && EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_N, &n) == 1 &&
              EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_E, &e) == 1;
  if (good) {
    int bits = BN_num_bits(n);
    good = bits >= CSN_RSA_BITS_MIN && bits <= CSN_RSA_BITS_MAX && BN_is_odd(n) && BN_is_odd(e) && !BN_is_one(e) &&
           BN_num_bits(e) <= 64;
  }
  BN_free(n);
  BN_free(e);
  return good;
}

/* A curve that is spelled out in parameters may be another one in disguise (CVE-2020-0601). */
static bool is_good_ec(EVP_PKEY *pkey, const csn_alg_row *alg) {
  char group[32] = "";
  int explicit_curve = 1;
  EVP_PKEY_CTX *context = NULL;
  if (!is_type(pkey, "EC") || EVP_PKEY_get_group_name(pkey, group, sizeof group, NULL) != 1) return false;
  if (strcmp(group, alg->group) != 0) return false;
  if (EVP_PKEY_get_int_param(pkey, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &explicit_curve) != 1 ||
      explicit_curve != 0) {
    return false;
  }
  context = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
  bool good = context != NULL && EVP_PKEY_public_check(context) == 1; /* on the curve, not at infinity */
  EVP_PKEY_CTX_free(context);
  return good;
}

/* With a key of small order everybody signs: its points y, little-endian without the sign of x, reduced or not. They
 * are the multiples of the group's odd order by any point of the curve (RFC 8032 sections 5.1 and 5.2). */
static const uint8_t small_25519[][32] = {
    {0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
     0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00},
    {0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
     0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00},
    {0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
    {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
     0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
    {0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
     0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a},
    {0xed, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
    {0xee, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
};
static const uint8_t small_448[][56] = {
    {0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
     0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
     0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00},
    {0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
     0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
     0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00},
    {0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
    {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
    {0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
     0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Whether `y` is one of `count` rows of `width` bytes. */
static bool is_row(const uint8_t *y, const uint8_t *rows, size_t count, size_t width) {
  for (size_t i = 0; i < count; i++) {
    if (memcmp(y, rows + i * width, width) == 0) return true;
  }
  return false;
}

static bool is_good_okp(const EVP_PKEY *pkey) {
  uint8_t y[57];
  size_t len = sizeof y;
  if (!is_type(pkey, "ED25519") && !is_type(pkey, "ED448")) return false;
  if (EVP_PKEY_get_raw_public_key(pkey, y, &len) != 1) return false;
  if (len == sizeof y) return !is_row(y, small_448[0], COUNT(small_448), sizeof small_448[0]);
  y[31] &= 0x7f;
  return len == sizeof small_25519[0] && !is_row(y, small_25519[0], COUNT(small_25519), sizeof small_25519[0]);
}

static bool is_good(EVP_PKEY *pkey, const csn_alg_row *alg) {
  switch (alg->kind) {
    case CSN_KIND_RSA_PKCS1:
    case CSN_KIND_RSA_PSS:
      return is_good_rsa(pkey);
    case CSN_KIND_ECDSA:
      return is_good_ec(pkey, alg);
    case CSN_KIND_EDDSA:
      return is_good_okp(pkey);
    case CSN_KIND_HMAC:
      break;
  }
  return false;
}

/* Whether the private part is there, and is that of the public one. Of EdDSA the public one was made from it. */
static bool is_good_pair(EVP_PKEY *pkey, const csn_alg_row *alg) {
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
  size_t len = 0;
  bool good = context != NULL;
  if (alg->kind == CSN_KIND_EDDSA) {
    good = good && EVP_PKEY_get_raw_private_key(pkey, NULL, &len) == 1 && len > 0;
  } else {
    good = good && EVP_PKEY_check(context) == 1;
  }
  EVP_PKEY_CTX_free(context);
  return good;
}

/* ---- what is prepared ---- */

static bool prepare_messages(csn_public_key *key, bool private) {
  key->message_verifier = EVP_MD_CTX_new();
  if (key->message_verifier == NULL ||
      EVP_DigestVerifyInit_ex(key->message_verifier, NULL, NULL, NULL, NULL, key->pkey, NULL) != 1) {
    return false;
  }
  if (!private) return true;
  key->message_signer = EVP_MD_CTX_new();
  return key->message_signer != NULL &&
         EVP_DigestSignInit_ex(key->message_signer, NULL, NULL, NULL, NULL, key->pkey, NULL) == 1;
}

/* Padding and hash of a context that was initialised. */
static bool set_scheme(EVP_PKEY_CTX *context, const csn_alg_row *alg, const EVP_MD *hash) {
  if (alg->kind != CSN_KIND_ECDSA) {
    int padding = alg->kind == CSN_KIND_RSA_PSS ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING;
    if (EVP_PKEY_CTX_set_rsa_padding(context, padding) != 1) return false;
  }
  if (EVP_PKEY_CTX_set_signature_md(context, hash) != 1) return false;
  if (alg->kind != CSN_KIND_RSA_PSS) return true;
  return EVP_PKEY_CTX_set_rsa_mgf1_md(context, hash) == 1 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
}

static bool prepare_digests(csn_public_key *key, bool private) {
  EVP_MD *hash = EVP_MD_fetch(NULL, key->alg->hash, NULL);
  EVP_PKEY_CTX *context = key->digest_verifier = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);
  bool good =
      hash != NULL && context != NULL && EVP_PKEY_verify_init(context) == 1 && set_scheme(context, key->alg, hash);
  if (good && private) {
    context = key->digest_signer = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);
    good = context != NULL && EVP_PKEY_sign_init(context) == 1 && set_scheme(context, key->alg, hash);
  }
  EVP_MD_free(hash);
  return good;
}

static bool prepare(csn_public_key *key, bool private) {
  return key->alg->kind == CSN_KIND_EDDSA ? prepare_messages(key, private) : prepare_digests(key, private);
}

static size_t signature_bytes(const csn_public_key *key) {
  if (key->alg->signature_bytes != 0) return key->alg->signature_bytes;
  return (size_t)EVP_PKEY_get_size(key->pkey); /* RSA: bytes of n; Ed25519 and Ed448: their only length */
}

/* ---- the holders ---- */

static csn_error make(csn_public_key **out, EVP_PKEY *pkey, const csn_alg_row *alg, bool private) {
  bool good = is_good(pkey, alg) && (!private || is_good_pair(pkey, alg));
  csn_public_key *key = good ? calloc(1, sizeof *key) : NULL;
  if (key == NULL) {
    EVP_PKEY_free(pkey);
    return good ? CSN_ERROR_NO_MEMORY : CSN_ERROR_KEY_INVALID;
  }
  atomic_init(&key->holders, 1);
  key->alg = alg;
  key->pkey = pkey;
  key->signature_bytes = signature_bytes(key);
  if (!prepare(key, private)) {
    csn_public_key_release(key);
    return CSN_ERROR_CRYPTO;
  }
  *out = key;
  return CSN_OK;
}

csn_error csn_public_key_new(csn_public_key **out, EVP_PKEY *pkey, const csn_alg_row *alg, bool private) {
  *out = NULL;
  ERR_set_mark(); /* the caller's queue of errors stays as it is */
  csn_error error = make(out, pkey, alg, private);
  ERR_pop_to_mark();
  return error;
}

csn_public_key *csn_public_key_share(csn_public_key *key) {
  /* Relaxed: who shares a key holds it, so that it is not released meanwhile. */
  if (key != NULL) atomic_fetch_add_explicit(&key->holders, 1, memory_order_relaxed);
  return key;
}

void csn_public_key_release(csn_public_key *key) {
  /* Release pairs with the acquire of the last holder: all their reading is done before it frees. */
  if (key == NULL || atomic_fetch_sub_explicit(&key->holders, 1, memory_order_acq_rel) != 1) return;
  EVP_PKEY_CTX_free(key->digest_verifier);
  EVP_PKEY_CTX_free(key->digest_signer);
  EVP_MD_CTX_free(key->message_verifier);
  EVP_MD_CTX_free(key->message_signer);
  EVP_PKEY_free(key->pkey);
  free(key);
}

/* ---- from PEM ---- */

static csn_span trim(csn_span text) {
  while (text.len > 0 && text.ptr[0] <= ' ') text = csn_span_of(text.ptr + 1, text.len - 1);
  while (text.len > 0 && text.ptr[text.len - 1] <= ' ') text.len--;
  return text;
}

/* The key of a DER text that it fills. */
static EVP_PKEY *from_der(const char *label, const uint8_t *der, long len, bool private) {
  const uint8_t *at = der;
  EVP_PKEY *pkey = NULL;
  if (private) {
    if (strcmp(label, "PRIVATE KEY") == 0) pkey = d2i_AutoPrivateKey(NULL, &at, len);
    if (strcmp(label, "RSA PRIVATE KEY") == 0) pkey = d2i_PrivateKey(EVP_PKEY_RSA, NULL, &at, len);
    if (strcmp(label, "EC PRIVATE KEY") == 0) pkey = d2i_PrivateKey(EVP_PKEY_EC, NULL, &at, len);
  } else {
    if (strcmp(label, "PUBLIC KEY") == 0) pkey = d2i_PUBKEY(NULL, &at, len);
    if (strcmp(label, "RSA PUBLIC KEY") == 0) pkey = d2i_PublicKey(EVP_PKEY_RSA, NULL, &at, len);
  }
  if (pkey != NULL && at != der + len) {
    EVP_PKEY_free(pkey);
    pkey = NULL;
  }
  return pkey;
}

/* PEM_read_bio() never decrypts, and so never asks for a passphrase. */
EVP_PKEY *csn_pkey_from_pem(csn_span pem, bool private) {
  static const csn_span begin = CSN_SPAN_LITERAL("-----BEGIN ");
  char *label = NULL, *header = NULL;
  uint8_t *der = NULL;
  long len = 0;
  EVP_PKEY *pkey = NULL;
  pem = trim(pem);
  if (pem.len < begin.len || pem.len > CSN_PEM_MAX || memcmp(pem.ptr, begin.ptr, begin.len) != 0) return NULL;
  BIO *bio = BIO_new_mem_buf(pem.ptr, (int)pem.len);
  ERR_set_mark();
  if (bio != NULL && PEM_read_bio(bio, &label, &header, &der, &len) == 1 && header[0] == 0 && BIO_pending(bio) == 0) {
    pkey = from_der(label, der, len, private);
  }
  ERR_pop_to_mark();
  OPENSSL_free(label);
  OPENSSL_free(header);
  OPENSSL_clear_free(der, (size_t)len);
  BIO_free(bio);
  return pkey;
}
