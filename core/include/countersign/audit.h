/* Audit events: one line of JSON for each verdict, and the queue that takes the lines from the threads that verify to
 * the one that writes them, so that a slow disk never slows a verdict. Neither reads a clock or draws a random number,
 * and neither allocates. */
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
  csn_span token_scope; /* of a token or API key that was accepted: the verdict's scopes */
  csn_span preset;      /* the scheme's name */
  const csn_verdict *verdict; /* not NULL */
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

/* Events that were lost because the queue was full. */
typedef struct csn_audit_drops {
  uint64_t recent; /* since csn_audit_take_drops() was last called */
  uint64_t total;  /* since the queue was made: what a lost line of this kind had said is not lost */
} csn_audit_drops;

/* Writes {"timestamp":…,"event":"dropped","dropped":recent,"dropped_total":total}, otherwise as csn_audit_format(). */
size_t csn_audit_format_drops(int64_t time, const csn_audit_drops *drops, char *out,
                              size_t size) CSN_WARN_UNUSED CSN_NONNULL_ALL;

/* ---- the queue ---- */

/* Bounded and lock-free: any number of threads push, one takes. For the threads of one process: a thread that ends
 * within csn_audit_push() (it is cancelled, or the process that shares the memory is killed) may have taken a slot that
 * it never publishes; then nothing behind that line is taken any more, and the queue fills. */
typedef struct csn_audit_queue csn_audit_queue;

enum {
  CSN_AUDIT_SLOTS_MIN = 2,       /* with one, a slot that is free could not be told from one that is published */
  CSN_AUDIT_SLOTS_MAX = 1 << 20, /* 2 GiB */
  CSN_AUDIT_QUEUE_ALIGN = 64,    /* bytes */
};

/* What becomes of a line for which there is no room. */
typedef enum csn_audit_policy {
  CSN_AUDIT_DROP,  /* it is lost and counted */
  CSN_AUDIT_BLOCK, /* the caller is told, and comes again when it likes */
} csn_audit_policy;

typedef enum csn_audit_push_answer {
  CSN_AUDIT_PUSHED,
  CSN_AUDIT_BUSY,    /* no room; nothing has changed, nothing is counted. Of CSN_AUDIT_BLOCK only */
  CSN_AUDIT_DROPPED, /* lost and counted */
} csn_audit_push_answer;

/* Bytes of a queue of `slots` lines, about 2 KiB each. 0 where `slots` is not a power of two between
 * CSN_AUDIT_SLOTS_MIN and CSN_AUDIT_SLOTS_MAX. */
size_t csn_audit_queue_size(size_t slots);

/* Makes an empty queue in memory of the caller's, aligned to CSN_AUDIT_QUEUE_ALIGN bytes, before any other thread can
 * see it. There is nothing to free: the memory may go when no thread uses the queue. Errors: INVALID_ARGUMENT (slots,
 * policy, alignment, or `size` is below csn_audit_queue_size()). */
csn_error csn_audit_queue_init(csn_audit_queue **out, void *memory, size_t size, size_t slots,
                               csn_audit_policy policy) CSN_WARN_UNUSED CSN_NONNULL_ALL;

/* Puts a copy of `line` into the queue. A line that is empty or longer than CSN_AUDIT_LINE_MAX is DROPPED under either
 * policy. Any thread, signal handlers included; never waits. Lines of one thread are taken in the order in which it
 * pushed them. "No room" may be said of a slot that was given back a moment ago. */
csn_audit_push_answer csn_audit_push(csn_audit_queue *queue, csn_span line) CSN_WARN_UNUSED CSN_NONNULL(1);

/* Counts one line as lost: for the caller that was told BUSY and gives up. Any thread. */
void csn_audit_drop(csn_audit_queue *queue) CSN_NONNULL_ALL;

/* The oldest lines, at most `max`, without taking them: spans into the queue, for writev(2). They stay as they are
 * until csn_audit_release(); called again before it, this gives the same lines, and those that came since behind them.
 * Returns how many; 0: nothing to take. One thread at a time calls this and the next two. */
size_t csn_audit_peek(const csn_audit_queue *queue, csn_span *lines, size_t max) CSN_WARN_UNUSED CSN_NONNULL_ALL;

/* Gives back the slots of the `count` oldest lines, when they are written. Of `count`, what exceeds the lines that
 * csn_audit_peek() would give is ignored. */
void csn_audit_release(csn_audit_queue *queue, size_t count) CSN_NONNULL_ALL;

/* What was lost, for an event of its own: see csn_audit_format_drops(). Every loss is in one `recent`, once. */
csn_audit_drops csn_audit_take_drops(csn_audit_queue *queue) CSN_WARN_UNUSED CSN_NONNULL_ALL;

/* Lines that were pushed and not yet released, those being pushed included: 0 when the queue has drained and no thread
 * is pushing. Any thread; a moving picture. */
size_t csn_audit_pending(const csn_audit_queue *queue) CSN_NONNULL_ALL;

#ifdef __cplusplus
}
#endif
#endif
