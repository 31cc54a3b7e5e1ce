/* A verifier from the inside: verifier.c makes it, verify.c verifies with it. */
#ifndef CSN_VERIFIER_PARTS_H
#define CSN_VERIFIER_PARTS_H

#include <countersign/verifier.h>

#include "locate.h"
#include "mac_many.h"
#include "template.h"

enum { CSN_VERIFIER_DUMMIES = 3 };

struct csn_verifier {
  csn_verifier_config config;
  csn_places places;      /* of the scheme */
  csn_template canonical; /* no pieces where the scheme signs no requests */
  bool signs_body_hash, has_nonce;
  csn_span client_id; /* of a scheme with a client of its own; else empty */
  /* HS256, HS384, HS512: what an unknown client's request is checked against, so that it costs the same. */
  csn_key dummies[CSN_VERIFIER_DUMMIES];
  csn_sigv4_cache *sigv4_cache; /* NULL where the scheme is another */
};

/* Whether the scheme finds a nonce by itself; HTTP Message Signatures may have one besides. */
static inline bool csn_verifier_has_nonce(const csn_verifier *verifier) {
  return verifier->has_nonce;
}

#endif
