/* The peer openssl_lowlevel is what OpenSSL 3 deprecates. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include "../workload.h"
#include "mac.h"

/* ---- HMAC() ---- */

void *csn_peer_hmac_open(csn_span secret) {
  csn_span *copy = csn_workload_alloc(sizeof *copy);
  *copy = secret;
  return copy;
}

void csn_peer_hmac(void *self, csn_span message, uint8_t mac[CSN_PEER_MAC_BYTES]) {
  const csn_span *secret = self;
  if (HMAC(EVP_sha256(), secret->ptr, (int)secret->len, message.ptr, message.len, mac, NULL) == NULL)
    csn_workload_fatal("HMAC() failed");
}

/* ---- EVP_MAC ---- */

static EVP_MAC_CTX *keyed_context(csn_span secret) {
  EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
  EVP_MAC_CTX *ctx = mac == NULL ? NULL : EVP_MAC_CTX_new(mac);
  char digest[] = "SHA256";
  OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                         OSSL_PARAM_construct_end()};
  if (ctx == NULL || EVP_MAC_init(ctx, secret.ptr, secret.len, params) != 1)
    csn_workload_fatal("OpenSSL has no HMAC-SHA-256");
  EVP_MAC_free(mac);
  return ctx;
}

static void finish(EVP_MAC_CTX *ctx, csn_span message, uint8_t mac[CSN_PEER_MAC_BYTES]) {
  size_t len;
  if (EVP_MAC_update(ctx, message.ptr, message.len) != 1 || EVP_MAC_final(ctx, mac, &len, CSN_PEER_MAC_BYTES) != 1)
    csn_workload_fatal("EVP_MAC failed");
}

void *csn_peer_evp_mac_fetch_open(csn_span secret) {
  return csn_peer_hmac_open(secret);
}

void csn_peer_evp_mac_fetch(void *self, csn_span message, uint8_t mac[CSN_PEER_MAC_BYTES]) {
  const csn_span *secret = self;
  EVP_MAC_CTX *ctx = keyed_context(*secret);
  finish(ctx, message, mac);
  EVP_MAC_CTX_free(ctx);
}

void *csn_peer_evp_mac_open(csn_span secret) {
  return keyed_context(secret);
}

void csn_peer_evp_mac_dup(void *self, csn_span message, uint8_t mac[CSN_PEER_MAC_BYTES]) {
  EVP_MAC_CTX *ctx = EVP_MAC_CTX_dup(self);
  if (ctx == NULL) csn_workload_fatal("EVP_MAC_CTX_dup() failed");
  finish(ctx, message, mac);
  EVP_MAC_CTX_free(ctx);
}

void csn_peer_evp_mac_reused(void *self, csn_span message, uint8_t mac[CSN_PEER_MAC_BYTES]) {
  if (EVP_MAC_init(self, NULL, 0, NULL) != 1) csn_workload_fatal("EVP_MAC_init() failed");
  finish(self, message, mac);
}

/* ---- SHA256_Update() ---- */

typedef struct pad_states {
  SHA256_CTX inner, outer;
} pad_states;

void *csn_peer_lowlevel_open(csn_span secret) {
  pad_states *states = csn_workload_alloc(sizeof *states);
  uint8_t inner[SHA256_CBLOCK], outer[SHA256_CBLOCK];
  if (secret.len > SHA256_CBLOCK) csn_workload_fatal("a key longer than a block");
  for (size_t i = 0; i < SHA256_CBLOCK; i++) {
    uint8_t byte = i < secret.len ? secret.ptr[i] : 0;
    inner[i] = byte ^ 0x36;
    outer[i] = byte ^ 0x5c;
  }
  SHA256_Init(&states->inner);
  SHA256_Update(&states->inner, inner, sizeof inner);
  SHA256_Init(&states->outer);
  SHA256_Update(&states->outer, outer, sizeof outer);
  return states;
}

void csn_peer_lowlevel(void *self, csn_span message, uint8_t mac[CSN_PEER_MAC_BYTES]) {
  const pad_states *states = self;
  uint8_t hash[SHA256_DIGEST_LENGTH];
  SHA256_CTX ctx = states->inner;
  SHA256_Update(&ctx, message.ptr, message.len);
  SHA256_Final(hash, &ctx);
  ctx = states->outer;
  SHA256_Update(&ctx, hash, sizeof hash);
  SHA256_Final(mac, &ctx);
}
