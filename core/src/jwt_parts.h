/* The two texts inside a token, each read by a file of its own: jwt_header.c and jwt_claims.c. Both return
 * CSN_REASON_ACCEPTED, or what is wrong, with its field and offset in the verdict. */
#ifndef CSN_JWT_PARTS_H
#define CSN_JWT_PARTS_H

#include <countersign/jwt.h>

#include "json.h"
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
