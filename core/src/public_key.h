/* Public keys, and private ones where signing was asked for: an OpenSSL key with what can be prepared once, counted by
 * its holders. */
#ifndef CSN_PUBLIC_KEY_H
#define CSN_PUBLIC_KEY_H

#include <openssl/evp.h>
#include <stdatomic.h>

#include "alg.h"

/* Does not change once made. */
typedef struct csn_public_key {
  atomic_uint holders;
  const csn_alg_row *alg;
  size_t signature_bytes;
  EVP_PKEY *pkey;
  /* Copied for each signature: the first two of RSA and ECDSA, the others of EdDSA; those that sign NULL without a
   * private key. */
  EVP_PKEY_CTX *digest_verifier, *digest_signer;
  EVP_MD_CTX *message_verifier, *message_signer;
} csn_public_key;

/* Makes a key of `pkey`, which is its own from then on, also on an error. It signs where `private` says so. Errors:
 * KEY_INVALID where the key is not of the algorithm's type, curve or size, or its private part is asked for and is not
 * that of the public one; CRYPTO, NO_MEMORY. */
csn_error csn_public_key_new(csn_public_key **out, EVP_PKEY *pkey, const csn_alg_row *alg,
                             bool private) CSN_WARN_UNUSED;
csn_public_key *csn_public_key_share(csn_public_key *key);
void csn_public_key_release(csn_public_key *key); /* NULL does nothing */

/* OpenSSL keys from the members of a JWK, decoded (RFC 7518 section 6, RFC 8037); NULL where they are no key. Numbers
 * have no leading zeros; coordinates have their full length; `curve` is "Ed25519" or "Ed448". */
EVP_PKEY *csn_pkey_from_rsa(csn_span n, csn_span e) CSN_WARN_UNUSED;
EVP_PKEY *csn_pkey_from_ec(const csn_alg_row *alg, csn_span x, csn_span y) CSN_WARN_UNUSED;
EVP_PKEY *csn_pkey_from_okp(const char *curve, csn_span x) CSN_WARN_UNUSED;

/* The same with the private part. Of RSA all of n, e, d, p, q, dp, dq and qi; of EC and OKP, d. That the parts fit each
 * other csn_public_key_new() checks, but for OKP, of which it is seen here. (jwk_members.c) */
enum { CSN_RSA_PARTS = 8 };
EVP_PKEY *csn_pkey_from_private_rsa(const csn_span parts[CSN_RSA_PARTS]) CSN_WARN_UNUSED;
EVP_PKEY *csn_pkey_from_private_ec(const csn_alg_row *alg, csn_span x, csn_span y, csn_span d) CSN_WARN_UNUSED;
EVP_PKEY *csn_pkey_from_private_okp(const char *curve, csn_span x, csn_span d) CSN_WARN_UNUSED;

EVP_PKEY *csn_pkey_from_pem(csn_span pem, bool private) CSN_WARN_UNUSED;

/* signature.c: as csn_key_verify(). */
bool csn_public_key_verify(const csn_public_key *key, csn_span message, csn_span signature) CSN_WARN_UNUSED;

/* sign_message.c: writes signature_bytes; false where the key is public only, or OpenSSL refuses. */
bool csn_public_key_sign(const csn_public_key *key, csn_span message, uint8_t *out) CSN_WARN_UNUSED;

/* key.c: csn_key_init() with an OpenSSL key in place of a secret; `pkey` may be NULL, which is KEY_INVALID, and belongs
 * to the key afterwards, also on an error. */
csn_error csn_key_init_pkey(csn_key *key, const csn_key_config *config, EVP_PKEY *pkey, bool private) CSN_WARN_UNUSED;

#endif
