#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "../workload.h"
#include "peers.h"

const void *csn_peer_evp_mac_open(csn_span secret) {
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

void csn_peer_evp_mac(const void *self, csn_span data, uint8_t mac[32]) {
  EVP_MAC_CTX *ctx = (EVP_MAC_CTX *)self;
  size_t len;
  if (EVP_MAC_init(ctx, NULL, 0, NULL) != 1 || EVP_MAC_update(ctx, data.ptr, data.len) != 1 ||
      EVP_MAC_final(ctx, mac, &len, 32) != 1)
    csn_workload_fatal("EVP_MAC failed");
}

const void *csn_peer_hmac_open(csn_span secret) {
  csn_span *copy = csn_workload_alloc(sizeof *copy);
  *copy = secret;
  return copy;
}

void csn_peer_hmac(const void *self, csn_span data, uint8_t mac[32]) {
  const csn_span *secret = self;
  if (HMAC(EVP_sha256(), secret->ptr, (int)secret->len, data.ptr, data.len, mac, NULL) == NULL)
    csn_workload_fatal("HMAC() failed");
}
