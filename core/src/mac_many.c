/* The lanes of many MACs. First all messages are hashed: a lane takes a message's whole blocks and the padded last
 * ones, and then the next message. What it is given are blocks that lie side by side: where a long piece lies, or in
 * the lane's own buffer. All lanes take as many blocks as the one that has the least. Then the hashes of those that
 * have a key become MACs, which takes a block of each, whatever the length was. */
#include "mac_many.h"

#include "ct.h"

/* ---- one by one ---- */

static void hash_alone(csn_mac_job *job) {
  csn_sha256_stream sha;
  csn_sha256_resume(&sha, csn_sha256_start, 0);
  for (size_t i = 0; i < job->piece_count; i++) csn_sha256_update(&sha, job->pieces[i]);
  csn_sha256_finish(&sha);
  csn_sha256_put(sha.state, job->mac);
  csn_wipe(&sha, sizeof sha);
}

static void mac_alone(csn_mac_job *job) {
  csn_hmac hmac;
  if (job->key == NULL) {
    hash_alone(job);
    return;
  }
  csn_hmac_init(&hmac, job->key);
  for (size_t i = 0; i < job->piece_count; i++) csn_hmac_update(&hmac, job->pieces[i]);
  csn_hmac_final(&hmac, job->mac);
}

static bool has_lanes(const csn_mac_job *job) {
  return job->key == NULL || csn_hmac_bytes(job->key) == CSN_SHA256_BYTES;
}

/* ---- lanes ---- */

/* Messages up to this length are put together in the buffer: copying them takes less time than a kernel's call more. */
enum { GATHERED_MAX = 5 * CSN_SHA256_BLOCK };

typedef struct lane {
  csn_span rest;                                   /* of the piece that the message is at */
  const csn_span *next, *end;                      /* the pieces behind it */
  uint64_t bytes;                                  /* that the state, or the buffer, has taken */
  bool ends;                                       /* the padding has been given */
  uint8_t buffer[GATHERED_MAX + CSN_SHA256_BLOCK]; /* with the padding */
} lane;

/* What the kernels see of the lanes that have a message. */
typedef struct lanes {
  uint32_t *states[CSN_SHA256_LANES_MAX]; /* in their jobs */
  const uint8_t *data[CSN_SHA256_LANES_MAX];
  size_t blocks[CSN_SHA256_LANES_MAX]; /* at `data` */
  lane *lane[CSN_SHA256_LANES_MAX];
  size_t count;
  csn_mac_job *job, *end; /* those that have no lane yet */
} lanes;

/* Copies up to GATHERED_MAX bytes; most pieces are short. */
static inline uint8_t *append(uint8_t *to, csn_span piece) {
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
  return to + len;
}

/* Fills the buffer from the pieces. Returns how many bytes are in it: less than GATHERED_MAX at the message's end. */
static size_t gather(lane *at) {
  csn_span rest = at->rest;
  uint8_t *fill = at->buffer, *full = at->buffer + GATHERED_MAX;
  for (;;) {
    size_t room = (size_t)(full - fill);
    if (rest.len >= room) {
      (void)append(fill, csn_span_of(rest.ptr, room));
      at->rest = csn_span_of(rest.ptr + room, rest.len - room);
      return GATHERED_MAX;
    }
    fill = append(fill, rest);
    if (at->next == at->end) break;
    rest = *at->next++;
  }
  return (size_t)(fill - at->buffer);
}

/* Blocks of its message for a lane that has none left. */
static void give_blocks(lanes *all, size_t index) {
  lane *at = all->lane[index];
  if (at->rest.len >= GATHERED_MAX) {
    size_t whole = at->rest.len / CSN_SHA256_BLOCK;
    all->data[index] = at->rest.ptr;
    all->blocks[index] = whole;
    at->rest = csn_span_of(at->rest.ptr + whole * CSN_SHA256_BLOCK, at->rest.len % CSN_SHA256_BLOCK);
    at->bytes += whole * CSN_SHA256_BLOCK;
    return;
  }
  size_t fill = gather(at), blocks = fill / CSN_SHA256_BLOCK;
  at->bytes += fill;
  if (fill < GATHERED_MAX) {
    blocks += csn_sha256_pad(at->buffer + blocks * CSN_SHA256_BLOCK, fill % CSN_SHA256_BLOCK, at->bytes);
    at->ends = true;
  }
  all->data[index] = at->buffer;
  all->blocks[index] = blocks;
}

/* The next message takes the lane; false where there is none. */
static bool give_next(lanes *all, size_t index) {
  static const csn_span nothing = {NULL, 0};
  while (all->job < all->end && !has_lanes(all->job)) mac_alone(all->job++);
  if (all->job == all->end) return false;
  csn_mac_job *job = all->job++;
  lane *at = all->lane[index];
  memcpy(job->state, job->key == NULL ? csn_sha256_start : job->key->inner, sizeof job->state);
  all->states[index] = job->state;
  at->bytes = job->key == NULL ? 0 : CSN_SHA256_BLOCK;
  at->rest = nothing;
  at->next = job->pieces;
  at->end = job->pieces + job->piece_count;
  if (at->next != at->end) at->rest = *at->next++;
  at->ends = false;
  give_blocks(all, index);
  return true;
}

/* The last of the lanes takes the place of one that has no message. */
static void close_lane(lanes *all, size_t index) {
  size_t last = --all->count;
  all->states[index] = all->states[last];
  all->data[index] = all->data[last];
  all->blocks[index] = all->blocks[last];
  all->lane[index] = all->lane[last];
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
    if (all->blocks[i] > 0) continue;
    if (!all->lane[i]->ends) {
      give_blocks(all, i);
    } else if (!give_next(all, i)) {
      close_lane(all, i);
    }
  }
}

/* ---- MACs of hashes ---- */

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

/* ---- all together ---- */

/* What kernels spilled lies below: the states of keys among it. */
__attribute__((noinline)) static void wipe_below(void) {
  uint8_t below[2048];
  csn_wipe(below, sizeof below);
}

static void mac_side_by_side(csn_mac_job *jobs, size_t count, const csn_sha256_engine *engine) {
  lane room[CSN_SHA256_LANES_MAX];
  lanes all;
  all.count = 0;
  all.job = jobs;
  all.end = jobs + count;
  while (all.count < engine->kernels[0].lanes) {
    all.lane[all.count] = &room[all.count];
    if (!give_next(&all, all.count)) break;
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
    for (size_t i = 0; i < count; i++) mac_alone(&jobs[i]);
  }
}
