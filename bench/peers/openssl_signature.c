#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "../workload.h"
#include "peers.h"

/* Either context is ready to verify with. */
typedef struct peer_signature {
  const EVP_MD *hash; /* NULL: EdDSA, which hashes by itself */
  EVP_PKEY_CTX *of_digest;
  EVP_MD_CTX *of_message;
} peer_signature;

static void open_for_digests(peer_signature *peer, EVP_PKEY *pkey, int padding) {
  EVP_PKEY_CTX *context = peer->of_digest = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
  bool good =
      context != NULL && EVP_PKEY_verify_init(context) == 1 &&
      EVP_PKEY_CTX_set_signature_md(context, peer->hash) == 1 &&
      (padding == 0 || EVP_PKEY_CTX_set_rsa_padding(context, padding) == 1) &&
      (padding != RSA_PKCS1_PSS_PADDING || EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1);
  if (!good) csn_workload_fatal("OpenSSL does not verify with this key");
}

void *csn_peer_signature_open(EVP_PKEY *pkey, const char *hash, int padding) {
  peer_signature *peer = csn_workload_alloc(sizeof *peer);
  *peer = (peer_signature){.hash = hash == NULL ? NULL : EVP_MD_fetch(NULL, hash, NULL)};
  if (hash != NULL) {
    open_for_digests(peer, pkey, padding);
    return peer;
  }
  peer->of_message = EVP_MD_CTX_new();
  if (peer->of_message == NULL || EVP_DigestVerifyInit(peer->of_message, NULL, NULL, NULL, pkey) != 1)
    csn_workload_fatal("OpenSSL does not verify with this key");
  return peer;
}

bool csn_peer_signature_verify(void *self, csn_span message, csn_span signature) {
  peer_signature *peer = self;
  uint8_t digest[EVP_MAX_MD_SIZE];
  unsigned len;
  if (peer->hash == NULL)
    return EVP_DigestVerify(peer->of_message, signature.ptr, signature.len, message.ptr, message.len) == 1;
  return EVP_Digest(message.ptr, message.len, digest, &len, peer->hash, NULL) == 1 &&
         EVP_PKEY_verify(peer->of_digest, signature.ptr, signature.len, digest, len) == 1;
}

csn_span csn_peer_signature_der(csn_span raw) {
  ECDSA_SIG *pair = ECDSA_SIG_new();
  uint8_t *der = NULL;
  int half = (int)raw.len / 2;
  if (pair == NULL || ECDSA_SIG_set0(pair, BN_bin2bn(raw.ptr, half, NULL), BN_bin2bn(raw.ptr + half, half, NULL)) != 1)
    csn_workload_fatal("OpenSSL does not take r and s");
  int len = i2d_ECDSA_SIG(pair, &der);
  if (len <= 0) csn_workload_fatal("OpenSSL does not write r and s");
  ECDSA_SIG_free(pair);
  return csn_span_of(der, (size_t)len);
}
