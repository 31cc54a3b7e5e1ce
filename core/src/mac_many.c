/* Many MACs. First all messages are hashed, and then the hashes of those that have a key become MACs: a block of each,
 * whatever the length was. A message is given out as blocks that lie side by side: where a long piece lies, or in a
 * buffer in which short ones are put together and padded. A lane takes a message's blocks and then the next message;
 * all lanes take as many blocks as the one that has the least. */
#include "mac_many.h"

#include "ct.h"

/* ---- messages ---- */

/* Messages up to this length are put together in the buffer. Of lanes, pieces are hashed where they lie from the same
 * length on: copying less takes less time than a kernel's call more. A call for a single message is shorter. */
enum { GATHERED_MAX = 5 * CSN_SHA256_BLOCK, LONG_IN_LANES = GATHERED_MAX, LONG_ALONE = 2 * CSN_SHA256_BLOCK };

/* A message on its way into its state, which lies in its job. */
typedef struct message {
  csn_span rest;              /* of the piece that it is at */
  const csn_span *next, *end; /* the pieces behind it */
  uint64_t bytes;             /* that were given, with the key's block */
  bool ends;                  /* the padding was given, too */
  _Alignas(CSN_SHA256_BLOCK) uint8_t buffer[GATHERED_MAX + CSN_SHA256_BLOCK]; /* with the padding */
} message;

/* A call, which needs few registers: inlined, gcc 12 at -O3 leaves half of the key's state in its caller's frame. */
__attribute__((noinline)) static void start_state(csn_mac_job *job) {
  memcpy(job->state, job->key == NULL ? csn_sha256_start : job->key->inner, sizeof job->state);
}

static inline void begin(message *m, csn_mac_job *job) {
  start_state(job);
  m->rest = csn_span_of(NULL, 0);
  m->next = m->end = job->pieces;
  if (job->piece_count > 0) {
    m->end += job->piece_count; /* not of NULL */
    m->rest = *m->next++;
  }
  m->bytes = job->key == NULL ? 0 : CSN_SHA256_BLOCK;
  m->ends = false;
}

/* Copies a piece, which is most often short. */
static inline void append(uint8_t *to, csn_span piece) {
  const uint8_t *from = piece.ptr;
  size_t len = piece.len;
  if (len > 64) {
    memcpy(to, from, len);
  } else if (len >= 16) {
    for (size_t i = 0; i < len - 16; i += 16) memcpy(to + i, from + i, 16);
    memcpy(to + len - 16, from + len - 16, 16);
  } else if (len >= 8) {
    memcpy(to, from, 8);
    memcpy(to + len - 8, from + len - 8, 8);
  } else {
    for (size_t i = 0; i < len; i++) to[i] = from[i];
  }
}

/* Of a piece that is long, or for which the buffer, in which `fill` bytes are, has no room: blocks that the piece or
 * the buffer holds. */
__attribute__((noinline)) static size_t give_long(message *m, csn_span piece, size_t fill, const uint8_t **data) {
  size_t taken = fill == 0 ? piece.len - piece.len % CSN_SHA256_BLOCK : GATHERED_MAX - fill;
  *data = fill == 0 ? piece.ptr : m->buffer;
  if (fill > 0) memcpy(m->buffer + fill, piece.ptr, taken);
  m->rest = csn_span_of(piece.ptr + taken, piece.len - taken);
  m->bytes += fill + taken;
  return (fill + taken) / CSN_SHA256_BLOCK;
}

/* Gives the next blocks, at least one, which lie side by side: where a long piece lies, or in the buffer. Returns how
 * many. */
static inline size_t give_blocks(message *m, size_t long_piece, const uint8_t **data) {
  csn_span piece = m->rest;
  uint8_t *buffer = m->buffer;
  size_t fill = 0;
  for (const csn_span *next = m->next, *end = m->end;; piece = *next++) {
    if (piece.len >= (fill == 0 ? long_piece : GATHERED_MAX - fill)) {
      m->next = next;
      return give_long(m, piece, fill, data);
    }
    append(buffer + fill, piece);
    fill += piece.len;
    if (next == end) break;
  }
  size_t whole = fill / CSN_SHA256_BLOCK;
  m->ends = true;
  *data = buffer;
  return whole + csn_sha256_pad(buffer + whole * CSN_SHA256_BLOCK, fill % CSN_SHA256_BLOCK, m->bytes + fill);
}

/* ---- MACs of hashes ---- */

/* Not those of HS384 and HS512. */
static inline bool has_lanes(const csn_mac_job *job) {
  return job->key == NULL || csn_hmac_bytes(job->key) == CSN_SHA256_BYTES;
}

static void take_hashes(uint32_t *const *states, const uint32_t *const *outers, size_t count,
                        const csn_sha256_engine *engine) {
  while (count > 0) {
    const csn_sha256_kernel *kernel = csn_sha256_kernel_for(engine, count);
    size_t taken = count < kernel->lanes ? count : kernel->lanes;
    kernel->outer(states, outers, taken);
    states += taken, outers += taken, count -= taken;
  }
}

static void finish(csn_mac_job *jobs, size_t count, const csn_sha256_engine *engine) {
  uint32_t *states[CSN_SHA256_LANES_MAX];
  const uint32_t *outers[CSN_SHA256_LANES_MAX];
  size_t waiting = 0;
  for (csn_mac_job *job = jobs; job < jobs + count; job++) {
    if (!has_lanes(job)) continue;
    if (job->key == NULL) {
      csn_sha256_put(job->state, job->mac);
      continue;
    }
    states[waiting] = job->state;
    outers[waiting++] = job->key->outer;
    if (waiting < CSN_SHA256_LANES_MAX) continue;
    take_hashes(states, outers, waiting, engine);
    waiting = 0;
  }
  take_hashes(states, outers, waiting, engine);
}

/* ---- one by one ---- */

/* A message of one piece is hashed where it lies, but for its end. */
static void hash_piece(csn_mac_job *job) {
  csn_sha256_stream sha;
  csn_sha256_resume(&sha, job->key == NULL ? csn_sha256_start : job->key->inner,
                    job->key == NULL ? 0 : CSN_SHA256_BLOCK);
  csn_sha256_update(&sha, job->pieces[0]);
  csn_sha256_finish(&sha);
  memcpy(job->state, sha.state, sizeof job->state);
  csn_wipe(&sha, sizeof sha);
}

static void mac_alone(csn_mac_job *job, const csn_sha256_engine *engine) {
  message m;
  if (job->piece_count == 1) {
    hash_piece(job);
    finish(job, 1, engine);
    return;
  }
  begin(&m, job);
  while (!m.ends) {
    const uint8_t *data;
    size_t blocks = give_blocks(&m, LONG_ALONE, &data);
    engine->one(job->state, data, blocks);
  }
  finish(job, 1, engine);
  csn_wipe(&m, sizeof m);
}

__attribute__((noinline)) static void mac_without_lanes(csn_mac_job *job) {
  csn_hmac hmac;
  csn_hmac_init(&hmac, job->key);
  for (size_t i = 0; i < job->piece_count; i++) csn_hmac_update(&hmac, job->pieces[i]);
  csn_hmac_final(&hmac, job->mac);
}

/* ---- side by side ---- */

/* What the kernels see of the lanes that have a message. */
typedef struct lanes {
  uint32_t *states[CSN_SHA256_LANES_MAX];
  const uint8_t *data[CSN_SHA256_LANES_MAX];
  size_t blocks[CSN_SHA256_LANES_MAX]; /* at `data` */
  message *messages[CSN_SHA256_LANES_MAX];
  size_t count;
  csn_mac_job *job, *end; /* those that have no lane yet */
} lanes;

/* The next message takes the lane; false where there is none. */
static inline bool give_message(lanes *all, size_t index) {
  while (all->job < all->end && !has_lanes(all->job)) mac_without_lanes(all->job++);
  if (all->job == all->end) return false;
  all->states[index] = all->job->state;
  begin(all->messages[index], all->job++);
  return true;
}

/* Blocks for a lane that has none left; false where no message is left for it. */
static bool go_on(lanes *all, size_t index) {
  message *m = all->messages[index];
  if (m->ends && !give_message(all, index)) return false;
  all->blocks[index] = give_blocks(m, LONG_IN_LANES, &all->data[index]);
  return true;
}

/* The last of the lanes takes the place of one that has no message. */
static void close_lane(lanes *all, size_t index) {
  size_t last = --all->count;
  all->states[index] = all->states[last];
  all->data[index] = all->data[last];
  all->blocks[index] = all->blocks[last];
  all->messages[index] = all->messages[last];
}

/* One call of a kernel, and what comes of it. */
static void step(lanes *all, const csn_sha256_engine *engine) {
  const csn_sha256_kernel *kernel = csn_sha256_kernel_for(engine, all->count);
  size_t count = all->count < kernel->lanes ? all->count : kernel->lanes;
  size_t blocks = all->blocks[0];
  for (size_t i = 1; i < count; i++) blocks = all->blocks[i] < blocks ? all->blocks[i] : blocks;
  kernel->run(all->states, all->data, count, blocks);
  for (size_t i = count; i-- > 0;) {
    all->blocks[i] -= blocks;
    all->data[i] += blocks * CSN_SHA256_BLOCK;
    if (all->blocks[i] == 0 && !go_on(all, i)) close_lane(all, i);
  }
}

/* What kernels spilled lies below: the states of keys among it. */
__attribute__((noinline)) static void wipe_below(void) {
  uint8_t below[2048];
  csn_wipe(below, sizeof below);
}

static void mac_side_by_side(csn_mac_job *jobs, size_t count, const csn_sha256_engine *engine) {
  message room[CSN_SHA256_LANES_MAX];
  lanes all;
  all.count = 0;
  all.job = jobs;
  all.end = jobs + count;
  while (all.count < engine->kernels[0].lanes) {
    all.messages[all.count] = &room[all.count];
    room[all.count].ends = true;
    if (!go_on(&all, all.count)) break;
    all.count++;
  }
  size_t used = all.count;
  while (all.count > 0) step(&all, engine);
  finish(jobs, count, engine);
  csn_wipe(room, used * sizeof room[0]);
  wipe_below();
}

void csn_mac_many(csn_mac_job *jobs, size_t count) {
  const csn_sha256_engine *engine = csn_sha256_engine_now();
  if (count > 1 && engine->kernels[0].lanes > 1) {
    mac_side_by_side(jobs, count, engine);
  } else {
    for (size_t i = 0; i < count; i++) {
      if (has_lanes(&jobs[i])) {
        mac_alone(&jobs[i], engine);
      } else {
        mac_without_lanes(&jobs[i]);
      }
    }
  }
}
