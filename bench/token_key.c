#include "token_key.h"

#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>

#include "workload.h"

enum { JWK_MAX = 1024 };

typedef int pem_writer(BIO *bio, const EVP_PKEY *pkey);

static int write_public(BIO *bio, const EVP_PKEY *pkey) {
  return PEM_write_bio_PUBKEY(bio, pkey);
}

static int write_private(BIO *bio, const EVP_PKEY *pkey) {
  return PEM_write_bio_PKCS8PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL);
}

static csn_span pem_of(const EVP_PKEY *pkey, pem_writer *write) {
  BIO *bio = BIO_new(BIO_s_mem());
  char *text = NULL;
  if (bio == NULL || write(bio, pkey) != 1) csn_workload_fatal("OpenSSL wrote no PEM");
  size_t len = (size_t)BIO_get_mem_data(bio, &text);
  char *copy = csn_workload_alloc(len + 1);
  memcpy(copy, text, len);
  copy[len] = '\0';
  BIO_free(bio);
  return csn_span_of(copy, len);
}

static EVP_PKEY *generate(csn_alg alg) {
  switch (alg) {
    case CSN_ALG_ES256:
      return EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    case CSN_ALG_ES384:
      return EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-384");
    case CSN_ALG_EdDSA:
      return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    default:
      return EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)CSN_TOKEN_KEY_RSA_BITS);
  }
}

static csn_span jwk_of(const csn_key *key) {
  char *text = csn_workload_alloc(JWK_MAX);
  size_t len;
  csn_error error = csn_jwk_write(key, text, JWK_MAX, &len);
  if (error != CSN_OK) csn_workload_fatal("the JWK of a key: %s", csn_error_sentence(error));
  return csn_span_of(text, len);
}

void csn_token_key_make(csn_token_key *out, csn_alg alg) {
  csn_key_config config = CSN_KEY_CONFIG_DEFAULT;
  memset(out, 0, sizeof *out);
  if (alg == CSN_ALG_HS256) {
    out->signer = csn_workload_key();
    out->text = csn_workload_secret();
    return;
  }
  config.key_id = csn_span_str(CSN_WORKLOAD_KEY_ID);
  config.uses = CSN_USE_TOKEN;
  config.alg = alg;
  out->pkey = generate(alg);
  if (out->pkey == NULL) csn_workload_fatal("OpenSSL made no key for %s", csn_alg_name(alg));
  csn_span private_pem = pem_of(out->pkey, write_private);
  csn_error error = csn_key_init_private_pem(&out->signer, &config, private_pem);
  free((void *)private_pem.ptr);
  if (error != CSN_OK) csn_workload_fatal("the key for %s: %s", csn_alg_name(alg), csn_error_sentence(error));
  out->text = pem_of(out->pkey, write_public);
  out->jwk = jwk_of(&out->signer);
}
