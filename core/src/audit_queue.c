/* clang-format off */
/* The queue of audit lines: Vyukov's bounded queue with a sequence number in each slot, for one consumer
 * (www.1024cores.net/home/lock-free-algorithms/queues/bounded-mpmc-queue).
 *
 * WHAT IS PROMISED. A line that was PUSHED is taken once, whole. Lines of one thread are taken in its order. Every line
 * that was DROPPED is counted once. Nothing waits.
 *
 * HOW. Positions count from 0 and never come again: 2^64 lines take centuries. Position p belongs to slot p mod n, n
 * being the slots. The slot's sequence says what may be done with it:
 *   p       free for the line of position p        set at the start, and by the consumer for p when it gives back p - n
 *   p + 1   holds the line of position p           set by the producer that has written it
 * With n >= 2 these differ for all positions of a slot: p + 1 is not p + n.
 *
 * STEPS of a push                                           of the consumer, at position h, which it alone writes
 *   1 p := tail (relaxed)                                     1 s := sequence of slot h (acquire)
 *   2 s := sequence of slot p (acquire)                       2 s = h + 1: reads the line. Else nothing is there
 *   3 s behind p: no room. s ahead of p: from 1               3 sequence := h + n (release), h := h + 1
 *   4 CAS tail from p to p + 1 (relaxed). Failed: from 1
 *   5 writes the line
 *   6 sequence := p + 1 (release)
 *
 * WHY ONE WRITER. Tail only grows, by CAS, so that each p is won once; and between 2 and 4 the slot's sequence cannot
 * leave p, as only the winner of p changes it. From 4 to 6 the slot is the winner's, from 6 to 3 the consumer's.
 * WHY NO ROOM. Behind p, the slot still has the line of p - n, or is being written or read: n lines are on their way.
 * The load may be older than the consumer's store; then the answer is "no room" though there is some by now.
 * ORDER. A thread's next load of tail is not older than its own CAS (coherence): its next line has a higher position.
 *
 * ORDERS. Each release pairs with the acquires of the same sequence.
 *   6 with the consumer's 1: who sees p + 1 sees the line.
 *   3 with a push's 2: who sees h + n free comes after the consumer's reads of the line that stood there.
 *   6 with a push's 2, too: who sees s ahead of p comes after the CAS of 4 (where s is p + n, through the consumer), so
 *     that its next load of tail is past p and no push goes round for nothing.
 * Tail itself hands out numbers and orders nothing: relaxed. The counter of drops likewise.
 *
 * PROGRESS. A CAS that fails was overtaken by one that did not: some push goes on. The consumer waits for nobody, but a
 * producer that stops between 4 and 6 holds up all that is behind its line, for as long as it stops; other producers go
 * on until the queue is full. One that never comes back stops the queue for good. */
/* clang-format on */
#include <countersign/audit.h>

#include "atomics.h"

enum { LINE = CSN_AUDIT_QUEUE_ALIGN };

typedef struct audit_slot {
  csn_atomic sequence;
  uint64_t len;
  char bytes[CSN_AUDIT_LINE_MAX];
} audit_slot;

_Static_assert(sizeof(audit_slot) % LINE == 0, "no two slots share a cache line");

/* Padded by writer. */
struct csn_audit_queue {
  size_t slots;
  csn_audit_policy policy;
  _Alignas(LINE) csn_atomic tail;    /* the producers' */
  _Alignas(LINE) csn_atomic dropped; /* the producers', when it is full */
  _Alignas(LINE) csn_atomic head;    /* the consumer's: atomic for csn_audit_pending() only */
  uint64_t reported;                 /* drops, of csn_audit_take_drops() */
  _Alignas(LINE) audit_slot ring[];
};

static audit_slot *slot_of(const csn_audit_queue *queue, uint64_t position) {
  return (audit_slot *)&queue->ring[position & (queue->slots - 1)];
}

size_t csn_audit_queue_size(size_t slots) {
  if (slots < CSN_AUDIT_SLOTS_MIN || slots > CSN_AUDIT_SLOTS_MAX || (slots & (slots - 1)) != 0) return 0;
  return sizeof(csn_audit_queue) + slots * sizeof(audit_slot);
}

csn_error csn_audit_queue_init(csn_audit_queue **out, void *memory, size_t size, size_t slots,
                               csn_audit_policy policy) {
  size_t needed = csn_audit_queue_size(slots);
  csn_audit_queue *queue = memory;
  *out = NULL;
  if (needed == 0 || size < needed || (uintptr_t)memory % LINE != 0) return CSN_ERROR_INVALID_ARGUMENT;
  if (policy != CSN_AUDIT_DROP && policy != CSN_AUDIT_BLOCK) return CSN_ERROR_INVALID_ARGUMENT;
  queue->slots = slots;
  queue->policy = policy;
  queue->reported = 0;
  csn_atomic_init(&queue->tail, 0);
  csn_atomic_init(&queue->dropped, 0);
  csn_atomic_init(&queue->head, 0);
  for (size_t i = 0; i < slots; i++) csn_atomic_init(&queue->ring[i].sequence, i);
  *out = queue;
  return CSN_OK;
}

/* ---- producers ---- */

/* The slot of a position that is now the caller's to write, or NULL where there is no room. */
static audit_slot *win_slot(csn_audit_queue *queue, uint64_t *position) {
  for (;;) {
    uint64_t tail = csn_atomic_load_relaxed(&queue->tail);
    audit_slot *slot = slot_of(queue, tail);
    int64_t ahead = (int64_t)(csn_atomic_load_acquire(&slot->sequence) - tail); /* pairs with both releases */
    if (ahead < 0) return NULL;
    if (ahead == 0 && csn_atomic_cas_relaxed(&queue->tail, tail, tail + 1)) {
      *position = tail;
      return slot;
    }
  }
}

void csn_audit_drop(csn_audit_queue *queue) {
  csn_atomic_add_relaxed(&queue->dropped, 1);
}

csn_audit_push_answer csn_audit_push(csn_audit_queue *queue, csn_span line) {
  uint64_t position;
  bool fits = line.len > 0 && line.len <= CSN_AUDIT_LINE_MAX;
  audit_slot *slot = fits ? win_slot(queue, &position) : NULL;
  if (slot == NULL) {
    if (fits && queue->policy == CSN_AUDIT_BLOCK) return CSN_AUDIT_BUSY;
    csn_audit_drop(queue);
    return CSN_AUDIT_DROPPED;
  }
  slot->len = line.len;
  memcpy(slot->bytes, line.ptr, line.len);
  csn_atomic_store_release(&slot->sequence, position + 1); /* pairs with is_published() */
  return CSN_AUDIT_PUSHED;
}

/* ---- the consumer ---- */

static bool is_published(const audit_slot *slot, uint64_t position) {
  return csn_atomic_load_acquire(&slot->sequence) == position + 1; /* pairs with the release in csn_audit_push() */
}

size_t csn_audit_peek(const csn_audit_queue *queue, csn_span *lines, size_t max) {
  uint64_t head = csn_atomic_load_relaxed(&queue->head);
  size_t count = 0;
  for (; count < max && count < queue->slots; count++) {
    const audit_slot *slot = slot_of(queue, head + count);
    if (!is_published(slot, head + count)) break;
    lines[count] = csn_span_of(slot->bytes, slot->len);
  }
  return count;
}

void csn_audit_release(csn_audit_queue *queue, size_t count) {
  uint64_t head = csn_atomic_load_relaxed(&queue->head);
  for (; count > 0 && is_published(slot_of(queue, head), head); count--, head++) {
    csn_atomic_store_release(&slot_of(queue, head)->sequence, head + queue->slots); /* pairs with win_slot() */
  }
  csn_atomic_store_relaxed(&queue->head, head);
}

csn_audit_drops csn_audit_take_drops(csn_audit_queue *queue) {
  csn_audit_drops drops = {.total = csn_atomic_load_relaxed(&queue->dropped)};
  drops.recent = drops.total - queue->reported;
  queue->reported = drops.total;
  return drops;
}

size_t csn_audit_pending(const csn_audit_queue *queue) {
  uint64_t head = csn_atomic_load_relaxed(&queue->head), tail = csn_atomic_load_relaxed(&queue->tail);
  return tail > head ? (size_t)(tail - head) : 0; /* the tail may be older than the head */
}
