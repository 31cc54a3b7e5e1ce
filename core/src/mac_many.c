/* The lanes of many MACs. A lane's message runs through three phases: its whole blocks and the padded last ones; the
 * block of the outer hash, where there is a key; its end, at which the next message takes the lane. What a lane is
 * given are blocks that lie side by side: where a long piece lies, or in the lane's own buffer. All
 * lanes then take as many blocks as the one that has the least. */
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

typedef enum lane_phase {
  PHASE_MESSAGE, /* there is more of it, if only the padding */
  PHASE_HASHED,  /* the state will be the hash of the message, the inner one where there is a key */
  PHASE_OUTER,   /* the state will be the MAC */
} lane_phase;

typedef struct lane {
  uint32_t state[8];
  csn_mac_job *job;
  csn_span rest;     /* of the piece that the message is at */
  size_t next_piece; /* index */
  uint64_t bytes;    /* that the state, or the buffer, has taken */
  lane_phase phase;
  uint8_t buffer[GATHERED_MAX + CSN_SHA256_BLOCK]; /* with the padding */
} lane;

/* What the kernels see of the lanes that have a message. */
typedef struct lanes {
  uint32_t *states[CSN_SHA256_LANES_MAX];
  const uint8_t *data[CSN_SHA256_LANES_MAX];
  size_t blocks[CSN_SHA256_LANES_MAX]; /* at `data` */
  lane *lane[CSN_SHA256_LANES_MAX];
  size_t count;
  csn_mac_job *job, *end; /* those that have no lane yet */
} lanes;

static void give(lanes *all, size_t index, const uint8_t *data, size_t blocks) {
  all->data[index] = data;
  all->blocks[index] = blocks;
}

/* Fills the buffer from the pieces. Returns how many bytes are in it: less than GATHERED_MAX at the message's end. */
static size_t gather(lane *at) {
  size_t fill = 0;
  for (;;) {
    size_t len = GATHERED_MAX - fill < at->rest.len ? GATHERED_MAX - fill : at->rest.len;
    if (len > 0) {
      memcpy(at->buffer + fill, at->rest.ptr, len);
      at->rest = csn_span_of(at->rest.ptr + len, at->rest.len - len);
      fill += len;
    }
    if (fill == GATHERED_MAX || at->next_piece == at->job->piece_count) return fill;
    at->rest = at->job->pieces[at->next_piece++];
  }
}

static void give_message(lanes *all, size_t index) {
  lane *at = all->lane[index];
  if (at->rest.len >= GATHERED_MAX) {
    size_t whole = at->rest.len / CSN_SHA256_BLOCK;
    give(all, index, at->rest.ptr, whole);
    at->rest = csn_span_of(at->rest.ptr + whole * CSN_SHA256_BLOCK, at->rest.len % CSN_SHA256_BLOCK);
    at->bytes += whole * CSN_SHA256_BLOCK;
    return;
  }
  size_t fill = gather(at), blocks = fill / CSN_SHA256_BLOCK;
  at->bytes += fill;
  if (fill < GATHERED_MAX) {
    blocks += csn_sha256_pad(at->buffer + blocks * CSN_SHA256_BLOCK, fill % CSN_SHA256_BLOCK, at->bytes);
    at->phase = PHASE_HASHED;
  }
  give(all, index, at->buffer, blocks);
}

static void give_outer(lanes *all, size_t index) {
  lane *at = all->lane[index];
  csn_sha256_pad_hash(at->state, at->buffer);
  memcpy(at->state, at->job->key->outer, sizeof at->state);
  at->phase = PHASE_OUTER;
  give(all, index, at->buffer, 1);
}

/* The next message takes the lane; false where there is none. */
static bool give_next(lanes *all, size_t index) {
  lane *at = all->lane[index];
  while (all->job < all->end && !has_lanes(all->job)) mac_alone(all->job++);
  if (all->job == all->end) return false;
  at->job = all->job++;
  memcpy(at->state, at->job->key == NULL ? csn_sha256_start : at->job->key->inner, sizeof at->state);
  at->bytes = at->job->key == NULL ? 0 : CSN_SHA256_BLOCK;
  at->rest = at->job->piece_count == 0 ? csn_span_of(NULL, 0) : at->job->pieces[0];
  at->next_piece = at->job->piece_count == 0 ? 0 : 1;
  at->phase = PHASE_MESSAGE;
  give_message(all, index);
  return true;
}

/* Gives more blocks to a lane that has none left; false where no message is left for it. */
static bool go_on(lanes *all, size_t index) {
  lane *at = all->lane[index];
  if (at->phase == PHASE_MESSAGE) {
    give_message(all, index);
  } else if (at->phase == PHASE_HASHED && at->job->key != NULL) {
    give_outer(all, index);
  } else {
    csn_sha256_put(at->state, at->job->mac);
    return give_next(all, index);
  }
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
  const csn_sha256_kernel *kernel = engine->kernels;
  while (all->count < kernel->least) kernel++;
  size_t count = all->count < kernel->lanes ? all->count : kernel->lanes;
  size_t blocks = all->blocks[0];
  for (size_t i = 1; i < count; i++) blocks = all->blocks[i] < blocks ? all->blocks[i] : blocks;
  kernel->run(all->states, all->data, count, blocks);
  for (size_t i = count; i-- > 0;) {
    all->blocks[i] -= blocks;
    if (all->blocks[i] == 0 && !go_on(all, i)) close_lane(all, i);
  }
}

/* What kernels spilled lies below: the states of keys among it. */
__attribute__((noinline)) static void wipe_below(void) {
  uint8_t below[2048];
  csn_wipe(below, sizeof below);
}

static void mac_side_by_side(csn_mac_job *jobs, size_t count, const csn_sha256_engine *engine) {
  size_t width = engine->kernels[0].lanes;
  lane room[CSN_SHA256_LANES_MAX];
  lanes all;
  all.count = 0;
  all.job = jobs;
  all.end = jobs + count;
  while (all.count < width) {
    all.lane[all.count] = &room[all.count];
    all.states[all.count] = room[all.count].state;
    if (!give_next(&all, all.count)) break;
    all.count++;
  }
  size_t used = all.count;
  while (all.count > 0) step(&all, engine);
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
