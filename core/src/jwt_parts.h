/* A token from the inside: jwt.c verifies it, in two halves, and each of the two texts in it is read by a file of its
 * own, jwt_header.c and jwt_claims.c. Both return CSN_REASON_ACCEPTED, or what is wrong, with its field and offset in
 * the verdict. */
#ifndef CSN_JWT_PARTS_H
#define CSN_JWT_PARTS_H

#include <countersign/jwt.h>

#include "alg.h"
#include "json.h"
#include "mac_many.h"
#include "refuse.h"

/* JSON values of a header or of the claims: bounds the stack, 16 bytes each. */
enum { CSN_JOSE_HEADER_NODES = 160, CSN_CLAIMS_NODES = 512 };

/* What the header says, and the policy allows. */
typedef struct csn_jose_header {
  csn_alg alg;
  bool has_kid;
  size_t kid_offset; /* in the decoded header */
  size_t kid_len;
  uint8_t kid[CSN_ID_MAX]; /* decoded */
} csn_jose_header;

/* One verification under way. The caller sets what is above the line; nothing of it moves before the end. */
typedef struct csn_jwt_check {
  const csn_keyring_reading *keys;
  const csn_jwt_policy *policy; /* a valid one */
  int64_t now;
  csn_span token;
  csn_jwt *jwt;    /* gets the dates and the key; nothing is read of what it held, so that many may share one */
  uint8_t *claims; /* gets the claims: the jwt's, or other room for csn_base64url_decoded_len() of the token */
  csn_verdict *verdict;
  /* ---- */
  csn_span header, payload, signature; /* the segments, without padding where the policy allows it */
  csn_span signed_text;                /* the first two with their dot, as they came */
  csn_jose_header jose;
  const csn_alg_row *alg; /* the header's */
  const csn_key *key;     /* that the token names; NULL where none fits */
  csn_reason found;       /* of that key */
  bool recalled;          /* the header was not read, but remembered */
  bool matches;
  uint8_t given[CSN_MAC_MAX]; /* a token's MAC, decoded */
} csn_jwt_check;

/* All that comes before the MAC. True where `job` is to be computed, and csn_jwt_end() to be called with it: of the
 * HMAC algorithms. False where the verdict has been given. */
bool csn_jwt_begin(csn_jwt_check *check, csn_mac_job *job) CSN_WARN_UNUSED;

/* The comparison, and all that comes behind it; wipes the job's MAC. */
void csn_jwt_end(csn_jwt_check *check, csn_mac_job *job);

csn_reason csn_jose_header_read(csn_span text, const csn_jwt_policy *policy, csn_jose_header *out,
                                csn_verdict *verdict) CSN_WARN_UNUSED;

/* Checks the claims of a token whose signature has verified; fills the dates of `jwt`. */
csn_reason csn_claims_check(csn_span text, const csn_jwt_policy *policy, int64_t now, csn_jwt *jwt,
                            csn_verdict *verdict) CSN_WARN_UNUSED;

/* Reads `text` as one JSON object with room for `room` values. */
csn_reason csn_jwt_read_object(csn_span text, csn_field field, csn_json_node *nodes, size_t room, csn_json *out,
                               csn_verdict *verdict) CSN_WARN_UNUSED;

/* Where the value at `node` begins: a string at its quotation mark. */
static inline size_t csn_jwt_offset_of(const csn_json *json, uint32_t node) {
  return json->nodes[node].start - (csn_json_type_of(json, node) == CSN_JSON_STRING ? 1u : 0u);
}

/* The same of a member, or 0 where it is not there (node 0). */
static inline size_t csn_jwt_member_offset(const csn_json *json, uint32_t node) {
  return node == 0 ? 0 : csn_jwt_offset_of(json, node);
}

#endif
