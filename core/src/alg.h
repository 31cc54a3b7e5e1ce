/* The algorithms as rows of data: what a name asks of a key, of a signature and of OpenSSL. */
#ifndef CSN_ALG_H
#define CSN_ALG_H

#include <countersign/key.h>

typedef enum csn_alg_kind {
  CSN_KIND_HMAC,      /* RFC 7518 section 3.2 */
  CSN_KIND_RSA_PKCS1, /* RSASSA-PKCS1-v1_5, section 3.3 */
  CSN_KIND_RSA_PSS,   /* RSASSA-PSS with a salt as long as the hash, section 3.5 */
  CSN_KIND_ECDSA,     /* r and s side by side, each as long as the curve's order, section 3.4 */
  CSN_KIND_EDDSA,     /* RFC 8037: the key says which curve */
} csn_alg_kind;

enum { CSN_ECDSA_HALF_MAX = 66 /* bytes of r or s: P-521 */ };

typedef struct csn_alg_row {
  csn_alg alg;
  csn_alg_kind kind;
  const char *name;       /* RFC 7518, RFC 8037 */
  const char *http_name;  /* RFC 9421 section 3.3; NULL where it has none */
  const char *hash;       /* OpenSSL's name; NULL for EdDSA, which hashes by itself */
  size_t hash_bytes;      /* 0 for EdDSA */
  size_t signature_bytes; /* 0: the key's */
  const char *curve;      /* "crv" of a JWK; NULL where there is none, or the key has a choice */
  const char *group;      /* OpenSSL's name of that curve */
  const uint8_t *order;   /* of its base point: signature_bytes / 2 bytes, big-endian (FIPS 186-4 D.1.2) */
} csn_alg_row;

/* NULL for CSN_ALG_NONE and for what is no algorithm. */
const csn_alg_row *csn_alg_find(csn_alg alg);

/* The first algorithm of a kind, and of a curve where `curve` is not empty; NULL where there is none. */
const csn_alg_row *csn_alg_of_kind(csn_alg_kind kind, csn_span curve);

/* The algorithm with this name in RFC 9421; CSN_ALG_NONE where there is none. */
csn_alg csn_alg_from_http_name(csn_span name);

/* Whether a key of the algorithm may have these uses: API keys are hashed with HS256, requests are signed with HMACs
 * or, where HTTP Message Signatures are the scheme, with what RFC 9421 has a name for. */
bool csn_alg_fits_uses(csn_alg alg, unsigned uses);

/* The shortest and the longest signature that some key of the algorithm makes, in bytes. */
void csn_alg_signature_range(const csn_alg_row *row, size_t *least, size_t *most);

#endif
