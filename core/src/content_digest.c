/* Content-Digest: a dictionary of byte sequences (RFC 9530 section 2). */
#include <countersign/http_signature.h>

#include "hmac.h"
#include "refuse.h"
#include "structured.h"

/* ---- the algorithms (RFC 9530 section 5) ---- */

typedef struct digest {
  csn_span key;
  size_t len; /* bytes */
} digest;

static const digest digests[] = {
    {CSN_SPAN_LITERAL("sha-256"), 32},
    {CSN_SPAN_LITERAL("sha-512"), 64},
};

static const digest *find_digest(csn_span key) {
  for (size_t i = 0; i < sizeof digests / sizeof digests[0]; i++) {
    if (csn_span_equal(digests[i].key, key)) return &digests[i];
  }
  return NULL;
}

static csn_reason check_digest(const digest *known, const csn_sf_item *value, csn_span body) {
  uint8_t claimed[CSN_MAC_MAX], own[CSN_MAC_MAX];
  size_t wrong;
  if (csn_sf_bytes_len(value->text) != known->len || !csn_sf_bytes(value->text, claimed, &wrong)) {
    return CSN_REASON_DIGEST_INVALID;
  }
  csn_sha2(known->len, body, own);
  return memcmp(claimed, own, known->len) == 0 ? CSN_REASON_ACCEPTED : CSN_REASON_DIGEST_MISMATCH;
}

/* ---- the field ---- */

/* Every member; `*offset` is that of the one that is refused. */
static csn_reason check_members(csn_span text, csn_span body, size_t *offset) {
  csn_reason reason = CSN_REASON_DIGEST_UNSUPPORTED;
  csn_cursor cursor = csn_sf_start(text);
  csn_sf_member member;
  while (!csn_cursor_done(&cursor) && csn_sf_next_member(&cursor, &member)) {
    const digest *known = find_digest(member.key);
    *offset = (size_t)(member.key.ptr - text.ptr);
    if (member.value.type != CSN_SF_BYTES) return CSN_REASON_DIGEST_INVALID;
    if (known == NULL) continue;
    reason = check_digest(known, &member.value, body);
    if (reason != CSN_REASON_ACCEPTED) return reason;
  }
  if (reason != CSN_REASON_ACCEPTED) *offset = 0;
  return reason;
}

static csn_reason find_field(const csn_request *request, csn_verdict *verdict) {
  static const csn_span name = CSN_SPAN_LITERAL("content-digest");
  csn_reason reason = csn_refuse(verdict, CSN_REASON_FIELD_MISSING, CSN_FIELD_HEADER, 0);
  for (size_t i = 0; i < request->header_count; i++) {
    if (!csn_span_equal_nocase(request->headers[i].name, name)) continue;
    verdict->header_index = i;
    if (reason == CSN_REASON_ACCEPTED) return CSN_REASON_FIELD_REPEATED;
    reason = CSN_REASON_ACCEPTED;
  }
  return reason;
}

csn_reason csn_content_digest_check(const csn_request *request, csn_verdict *verdict) {
  size_t offset = 0;
  csn_reason reason = find_field(request, verdict);
  if (reason != CSN_REASON_ACCEPTED) return reason;
  csn_span text = request->headers[verdict->header_index].value;
  reason = csn_sf_check(CSN_SF_DICTIONARY, text, NULL, &offset) ? check_members(text, request->body, &offset)
                                                                : CSN_REASON_DIGEST_INVALID;
  if (reason != CSN_REASON_ACCEPTED) return csn_refuse(verdict, reason, CSN_FIELD_HEADER, offset);
  verdict->header_index = 0;
  return csn_refuse(verdict, reason, CSN_FIELD_NONE, 0);
}
