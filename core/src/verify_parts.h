/* Requests on their way, one or many in a group: verify.c walks them step by step, verify_macs.c computes side by side
 * what is to be computed for all of them. */
#ifndef CSN_VERIFY_PARTS_H
#define CSN_VERIFY_PARTS_H

#include "jwt_parts.h"
#include "keyring_parts.h"
#include "verifier_parts.h"

enum {
  CSN_GROUP_MAX = 32, /* requests of a group: it bounds the stack, 2 KiB each */
  CSN_GROUP_SPANS =
      CSN_TEMPLATE_SPANS_MAX + 11 * (CSN_GROUP_MAX - 1), /* a preset without a list of headers has 11 at most */
};

/* What is known of one request. */
typedef struct csn_path {
  const csn_verifier *verifier;
  const csn_keyring_reading *ring;
  const csn_request *request;
  int64_t now;
  csn_verdict *verdict;
  csn_reason reason; /* ACCEPTED so far; else it goes no further */
  csn_credential credential;
  int64_t accept_until;     /* the last second at which the same bytes would pass the time check */
  csn_client_search search; /* for the client's keys */
  csn_reason key_reason;    /* ACCEPTED, or why the only key is a dummy */
  const csn_key *keys[CSN_KEYS_PER_CLIENT_MAX];
  size_t key_count;
  csn_mac_job *job;       /* that is under way for it, or NULL */
  csn_nonce_claim *claim; /* the same */
} csn_path;

/* One state of a keyring, which all requests of the group meet that are looked up in it. */
typedef struct csn_group_ring {
  const csn_keyring *keyring;
  csn_keyring_reading reading;
} csn_group_ring;

/* The caller's memory, with room for as many of each as there may be paths. */
typedef struct csn_group {
  csn_path *paths, *end;
  bool has_tokens, signs_body_hashes, signs_requests; /* any of them */
  csn_group_ring *rings, *rings_end;
  csn_mac_job *jobs;
  csn_jwt_check *tokens;
  csn_nonce_claim *claims;
  csn_span *spans; /* of the canonical strings; CSN_TEMPLATE_SPANS_MAX at least */
  size_t span_room;
  csn_jwt *jwt; /* all tokens' claims stand in its room while they are looked at */
} csn_group;

static inline bool csn_signs_requests(const csn_verifier *verifier) {
  return verifier->canonical.count > 0;
}

/* The steps of a group that compute: for each request that has come so far and needs it. They set its reason. */
void csn_group_verify_tokens(csn_group *group);
void csn_group_hash_bodies(csn_group *group);
void csn_group_find_keys(csn_group *group);
void csn_group_check_signatures(csn_group *group);

#endif
