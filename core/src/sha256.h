/* SHA-256 (FIPS 180-4), one message or many at once: what hashes the blocks is chosen at run time. States are eight
 * words, the same for every back-end. */
#ifndef CSN_SHA256_H
#define CSN_SHA256_H

#include <countersign/sha256_backend.h>
#include <string.h>

enum {
  CSN_SHA256_BYTES = 32,
  CSN_SHA256_BLOCK = 64,
  CSN_SHA256_LANES_MAX = 16,
};

extern const uint32_t csn_sha256_start[8];      /* section 5.3.3 */
extern const uint32_t csn_sha256_constants[64]; /* section 4.2.2; aligned to 64 bytes */

/* ---- one message ---- */

typedef struct csn_sha256_stream {
  uint32_t state[8];
  uint64_t bytes;                      /* taken so far, with those that made the state that it began with */
  uint64_t word;                       /* the last bytes % 8 of them, the first lowest; not in the block yet */
  uint8_t block[2 * CSN_SHA256_BLOCK]; /* those before, behind the last whole block; at the end with their padding */
} csn_sha256_stream;

/* Begins behind whole blocks, `bytes` together, that made `state`. */
static inline void csn_sha256_resume(csn_sha256_stream *stream, const uint32_t state[8], uint64_t bytes) {
  memcpy(stream->state, state, sizeof stream->state);
  stream->bytes = bytes;
  stream->word = 0;
}
void csn_sha256_update(csn_sha256_stream *stream, csn_span data);
/* Leaves the hash in stream->state; nothing is wiped. */
void csn_sha256_finish(csn_sha256_stream *stream);

void csn_sha256(csn_span data, uint8_t out[CSN_SHA256_BYTES]);

static inline void csn_sha256_put_word(uint8_t out[4], uint32_t word) {
  const uint8_t bytes[4] = {(uint8_t)(word >> 24), (uint8_t)(word >> 16), (uint8_t)(word >> 8), (uint8_t)word};
  memcpy(out, bytes, sizeof bytes);
}

/* The hash as bytes. */
static inline void csn_sha256_put(const uint32_t state[8], uint8_t out[CSN_SHA256_BYTES]) {
#pragma GCC unroll 8
  for (size_t i = 0; i < 8; i++) csn_sha256_put_word(out + 4 * i, state[i]);
}

/* Pads a message of `bytes` whose last `fill` bytes, less than a block, stand in `block` (section 5.1.1). Returns how
 * many blocks that makes: 1 or 2. */
static inline size_t csn_sha256_pad(uint8_t block[2 * CSN_SHA256_BLOCK], size_t fill, uint64_t bytes) {
  size_t blocks = fill < CSN_SHA256_BLOCK - 8 ? 1 : 2;
  uint64_t bits = bytes * 8;
  block[fill] = 0x80;
  memset(block + fill + 1, 0, CSN_SHA256_BLOCK); /* of one length for all: it may reach behind the padding */
  const uint8_t length[8] = {(uint8_t)(bits >> 56), (uint8_t)(bits >> 48), (uint8_t)(bits >> 40), (uint8_t)(bits >> 32),
                             (uint8_t)(bits >> 24), (uint8_t)(bits >> 16), (uint8_t)(bits >> 8),  (uint8_t)bits};
  memcpy(block + blocks * CSN_SHA256_BLOCK - sizeof length, length, sizeof length);
  return blocks;
}

/* The block that the outer hash of an HMAC takes behind the key: a hash, padded. */
static inline void csn_sha256_pad_hash(const uint32_t hash[8], uint8_t block[CSN_SHA256_BLOCK]) {
  static const uint8_t padding[CSN_SHA256_BLOCK - CSN_SHA256_BYTES] = {
      [0] = 0x80, [30] = (CSN_SHA256_BLOCK + CSN_SHA256_BYTES) * 8 >> 8};
  _Static_assert((CSN_SHA256_BLOCK + CSN_SHA256_BYTES) * 8 % 256 == 0, "the last byte is 0");
  csn_sha256_put(hash, block);
  memcpy(block + CSN_SHA256_BYTES, padding, sizeof padding);
}

/* ---- the back-ends ---- */

/* Takes blocks into one state. */
typedef void csn_sha256_one_fn(uint32_t state[8], const uint8_t *data, size_t blocks);

/* Takes `blocks` blocks, at least one, of each of `count` messages into its state. */
typedef void csn_sha256_lanes_fn(uint32_t *const *states, const uint8_t *const *data, size_t count, size_t blocks);

/* The hash of each of `count` messages, in its state, becomes its MAC, as bytes; `outers` are the states of the outer
 * hashes behind the keys' blocks. */
typedef void csn_sha256_outer_fn(uint32_t *const *states, const uint32_t *const *outers, size_t count);

typedef struct csn_sha256_kernel {
  size_t least, lanes; /* how many messages it is given, from .. to */
  csn_sha256_lanes_fn *run;
  csn_sha256_outer_fn *outer;
} csn_sha256_kernel;

enum { CSN_SHA256_KERNELS = 2 };

typedef struct csn_sha256_engine {
  bool (*is_here)(void);
  csn_sha256_one_fn *one;
  csn_sha256_kernel kernels[CSN_SHA256_KERNELS]; /* the widest first; the last takes a single message, too */
} csn_sha256_engine;

const csn_sha256_engine *csn_sha256_engine_of(csn_sha256_backend backend); /* not of AUTO */
const csn_sha256_engine *csn_sha256_engine_now(void);

/* For `count` messages, or for as many of them as it has lanes. */
static inline const csn_sha256_kernel *csn_sha256_kernel_for(const csn_sha256_engine *engine, size_t count) {
  const csn_sha256_kernel *kernel = engine->kernels;
  while (count < kernel->least) kernel++;
  return kernel;
}

/* OpenSSL's code, which has one lane. */
csn_sha256_one_fn csn_sha256_openssl_one;
csn_sha256_lanes_fn csn_sha256_openssl_lanes;
csn_sha256_outer_fn csn_sha256_openssl_outer;

/* The SHA extensions of x86: one to four lanes. Without them never called; likewise the others. */
bool csn_sha256_ni_is_here(void);
csn_sha256_one_fn csn_sha256_ni_one;
csn_sha256_lanes_fn csn_sha256_ni_lanes;
csn_sha256_outer_fn csn_sha256_ni_outer;

/* One to eight lanes, which take as long as eight. */
bool csn_sha256_avx2_is_here(void);
csn_sha256_lanes_fn csn_sha256_avx2_lanes;
csn_sha256_outer_fn csn_sha256_avx2_outer;

/* One to sixteen lanes, which take as long as sixteen. */
bool csn_sha256_avx512_is_here(void);
csn_sha256_lanes_fn csn_sha256_avx512_lanes;
csn_sha256_outer_fn csn_sha256_avx512_outer;

#endif
