/* One message, and OpenSSL's code.
 *
 * OpenSSL 3 has deprecated its low-level interface in favour of EVP, which needs a heap context and a fetch or a dup
 * for every message. The state of the low-level one is a plain struct, so that whole blocks can be taken into any
 * state; its code is the same assembly. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "sha256.h"

#include <endian.h>
#include <openssl/sha.h>

#include "ct.h"
#include "words.h"

const uint32_t csn_sha256_start[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

_Alignas(CSN_SHA256_BLOCK) const uint32_t csn_sha256_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

/* ---- one message ---- */

/* What was just stored, a processor hands to a load only where one store has all of it; otherwise the load waits for
 * all stores before to reach the cache, some 20 ns. So a block is written in words of eight bytes, wherever pieces end,
 * and is loaded in parts of those (sha256_ni.c). */
enum { WORD = sizeof(uint64_t) };

/* Less than eight bytes, the first lowest. */
static inline uint64_t load_less(const uint8_t *p, size_t len) {
  enum { HALF = sizeof(uint32_t) };
  if (len == 0) return 0;
  if (len < HALF) return p[0] | (uint64_t)p[len / 2] << len / 2 * 8 | (uint64_t)p[len - 1] << (len - 1) * 8;
  return le32toh(csn_word_4(p)) | (uint64_t)le32toh(csn_word_4(p + len - HALF)) << (len - HALF) * 8;
}

static inline uint8_t *store_word(uint8_t *at, uint64_t word) {
  word = htole64(word);
  memcpy(at, &word, sizeof word);
  return at + sizeof word;
}

/* Puts bytes behind the `fill` that the block has. It has room for them. */
static inline void put_bytes(csn_sha256_stream *stream, size_t fill, const uint8_t *p, size_t len) {
  uint8_t *at = stream->block + fill / WORD * WORD;
  unsigned shift = fill % WORD * 8, rest = 63 - shift;
  uint64_t word = stream->word;
  for (; len >= WORD; len -= WORD, p += WORD) {
    uint64_t next = le64toh(csn_word_8(p));
    at = store_word(at, word | next << shift);
    word = next >> 1 >> rest;
  }
  uint64_t next = load_less(p, len);
  word |= next << shift;
  if (shift + len * 8 >= 64) {
    (void)store_word(at, word);
    word = next >> 1 >> rest;
  }
  stream->word = word;
}

static void take_blocks(csn_sha256_stream *stream, const uint8_t *data, size_t blocks) {
  csn_sha256_engine_now()->one(stream->state, data, blocks);
}

void csn_sha256_update(csn_sha256_stream *stream, csn_span data) {
  size_t fill = stream->bytes % CSN_SHA256_BLOCK;
  if (data.len == 0) return;
  stream->bytes += data.len;
  if (fill + data.len < CSN_SHA256_BLOCK) {
    put_bytes(stream, fill, data.ptr, data.len);
    return;
  }
  if (fill > 0) {
    size_t head = CSN_SHA256_BLOCK - fill;
    put_bytes(stream, fill, data.ptr, head);
    take_blocks(stream, stream->block, 1);
    data = csn_span_of(data.ptr + head, data.len - head);
  }
  size_t tail = data.len % CSN_SHA256_BLOCK;
  if (data.len > tail) take_blocks(stream, data.ptr, data.len / CSN_SHA256_BLOCK);
  if (tail > 0) put_bytes(stream, 0, data.ptr + data.len - tail, tail);
}

/* The padding of section 5.1.1. */
void csn_sha256_finish(csn_sha256_stream *stream) {
  size_t fill = stream->bytes % CSN_SHA256_BLOCK, blocks = fill < CSN_SHA256_BLOCK - WORD ? 1 : 2;
  uint8_t *at = stream->block + fill / WORD * WORD, *length = stream->block + blocks * CSN_SHA256_BLOCK - WORD;
  uint64_t word = stream->word | UINT64_C(0x80) << fill % WORD * 8, bits = htobe64(stream->bytes * 8);
  while (at < length) {
    at = store_word(at, word);
    word = 0;
  }
  memcpy(length, &bits, sizeof bits);
  take_blocks(stream, stream->block, blocks);
}

void csn_sha256(csn_span data, uint8_t out[CSN_SHA256_BYTES]) {
  csn_sha256_stream stream;
  csn_sha256_resume(&stream, csn_sha256_start, 0);
  csn_sha256_update(&stream, data);
  csn_sha256_finish(&stream);
  csn_sha256_put(stream.state, out);
  csn_wipe(&stream, sizeof stream);
}

/* ---- OpenSSL's code ---- */

_Static_assert(sizeof(((SHA256_CTX *)0)->h) == sizeof(uint32_t[8]), "eight words of state");

void csn_sha256_openssl_one(uint32_t state[8], const uint8_t *data, size_t blocks) {
  SHA256_CTX sha = {.md_len = CSN_SHA256_BYTES};
  memcpy(sha.h, state, sizeof sha.h);
  SHA256_Update(&sha, data, blocks * CSN_SHA256_BLOCK);
  memcpy(state, sha.h, sizeof sha.h);
  csn_wipe(sha.h, sizeof sha.h);
}

void csn_sha256_openssl_outer(uint32_t *const *states, const uint32_t *const *outers, size_t count) {
  uint8_t block[CSN_SHA256_BLOCK];
  for (size_t i = 0; i < count; i++) {
    csn_sha256_pad_hash(states[i], block);
    memcpy(states[i], outers[i], sizeof(uint32_t[8]));
    csn_sha256_openssl_one(states[i], block, 1);
    csn_sha256_put(states[i], (uint8_t *)states[i]);
  }
  csn_wipe(block, sizeof block);
}

void csn_sha256_openssl_lanes(uint32_t *const *states, const uint8_t *const *data, size_t count, size_t blocks) {
  for (size_t i = 0; i < count; i++) csn_sha256_openssl_one(states[i], data[i], blocks);
}
