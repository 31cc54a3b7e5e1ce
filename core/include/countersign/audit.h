/* Audit events: one line of JSON for each verdict. Nothing here reads a clock, draws a random number or allocates. */
#ifndef COUNTERSIGN_AUDIT_H
#define COUNTERSIGN_AUDIT_H

#include <countersign/error.h>
#include <countersign/verdict.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- events ---- */

/* The members that come from outside, in their order, each with the most bytes that it takes in a line, once escaped.
 * 128 bytes of plain ASCII, the longest id of a keyring, are never cut. X(NAME, "name", bytes) */
#define CSN_AUDIT_FIELD_LIST(X)        \
  X(CLIENT_IP, "client_ip", 64)        \
  X(API_ENDPOINT, "api_endpoint", 640) \
  X(PRESET, "preset", 64)              \
  X(CLIENT_ID, "client_id", 192)       \
  X(KEY_ID, "key_id", 192)             \
  X(TOKEN_SCOPE, "token_scope", 320)

typedef enum csn_audit_field {
#define CSN_AUDIT_FIELD_ENUM(name, text, bytes) CSN_AUDIT_FIELD_##name,
  CSN_AUDIT_FIELD_LIST(CSN_AUDIT_FIELD_ENUM)
#undef CSN_AUDIT_FIELD_ENUM
      CSN_AUDIT_FIELD_COUNT
} csn_audit_field;

enum {
  CSN_AUDIT_LINE_MAX = 2032, /* bytes of a line, its line feed included: every event fits */
  CSN_AUDIT_ID_BYTES = 16,   /* of a request id */
};

/* One verdict. There is no member for a header, a nonce, a signature, a token, a key or a body, so that none of them
 * can get into a line. Absent text is the empty span, and the empty string in the line. */
typedef struct csn_audit_event {
  int64_t time; /* UNIX nanoseconds: 1677 to 2262 */
  uint8_t request_id[CSN_AUDIT_ID_BYTES];
  csn_span client_ip; /* as text */
  csn_span method;
  csn_span target;      /* as csn_request has it; what may hold a credential is left out, see csn_audit_format() */
  csn_span token_scope; /* of a token that was accepted */
  csn_span preset;      /* the scheme's name */
  const csn_verdict *verdict;
} csn_audit_event;

/* Writes the event as one line of strict JSON (RFC 8259), with these members in this order, all of them strings:
 *   timestamp     RFC 3339, UTC, with milliseconds (rounded down): "2026-11-22T23:55:18.123Z"
 *   event         "verdict"
 *   request_id    UUID (RFC 9562 section 4)
 *   client_ip
 *   api_endpoint  method, space, path. The query and a fragment are left out; so are scheme and authority of an
 *                 absolute-form target (RFC 9112 section 3.2.2), and of another form what is before its last "@"
 *   preset
 *   verdict, reason, stage   csn_verdict_public_word(), csn_reason_label(), csn_stage_label()
 *   client_id, key_id        as in the verdict: only where it is "accepted" has anybody proved to be that client
 *   token_scope
 *   cut           only where a member was too long: an array of the names of those that end before their text does.
 *                 They are cut between two characters.
 * The line is printable ASCII and ends in its only line feed: quotation mark, reverse solidus, control bytes, DEL and
 * all that is not ASCII are escaped; malformed UTF-8 becomes U+FFFD, one for each maximal subpart (Unicode 15, section
 * 3.9). No NUL is written. Returns the line's bytes, at most CSN_AUDIT_LINE_MAX; 0 where it does not fit in `size`, and
 * then `out` holds nothing of use. Thread-safe. */
size_t csn_audit_format(const csn_audit_event *event, char *out, size_t size) CSN_WARN_UNUSED CSN_NONNULL_ALL;

/* Makes 16 random bytes the id of a request: sets the version, 4, and the variant (RFC 9562 section 5.4). */
void csn_audit_request_id(uint8_t id[CSN_AUDIT_ID_BYTES]) CSN_NONNULL_ALL;

/* Events that were lost on their way to who writes them. */
typedef struct csn_audit_drops {
  uint64_t recent; /* since they were last reported */
  uint64_t total;  /* since the start: what a lost line of this kind had said is not lost */
} csn_audit_drops;

/* Writes {"timestamp":…,"event":"dropped","dropped":recent,"dropped_total":total}, otherwise as csn_audit_format(). */
size_t csn_audit_format_drops(int64_t time, const csn_audit_drops *drops, char *out,
                              size_t size) CSN_WARN_UNUSED CSN_NONNULL_ALL;

#ifdef __cplusplus
}
#endif
#endif
