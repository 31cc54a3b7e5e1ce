/* The SHA extensions of x86 (Intel SDM volume 2, SHA256RNDS2, SHA256MSG1, SHA256MSG2). A round waits for the one before
 * it; the rounds of several independent messages between each other fill that time. */
#include "sha256.h"

#ifdef __x86_64__
#include <cpuid.h>
#include <immintrin.h>

#define SHA_NI __attribute__((target("sha,sse4.1")))
#define INLINE static inline __attribute__((always_inline))
#define APART static __attribute__((noinline)) /* or one of few lanes spills registers as one of many does */
#define EACH_LANE _Pragma("GCC unroll 4") for (unsigned i = 0; i < count; i++)

enum { LANES = 4 };

bool csn_sha256_ni_is_here(void) {
  unsigned a, b = 0, c, d;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_SHA) != 0 && __builtin_cpu_supports("sse4.1");
}

/* States as the instructions take them: words 0 1 4 5, and 2 3 6 7, the first one uppermost. */
typedef struct halves {
  __m128i abef, cdgh;
} halves;

SHA_NI INLINE halves load_state(const uint32_t state[8]) {
  __m128i badc = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(const void *)state), 0xb1);
  __m128i hgfe = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(const void *)(state + 4)), 0x1b);
  return (halves){_mm_alignr_epi8(badc, hgfe, 8), _mm_blend_epi16(hgfe, badc, 0xf0)};
}

SHA_NI INLINE __m128i first_four(halves h) {
  return _mm_blend_epi16(_mm_shuffle_epi32(h.abef, 0x1b), _mm_shuffle_epi32(h.cdgh, 0xb1), 0xf0);
}
SHA_NI INLINE __m128i last_four(halves h) {
  return _mm_alignr_epi8(_mm_shuffle_epi32(h.cdgh, 0xb1), _mm_shuffle_epi32(h.abef, 0x1b), 8);
}

SHA_NI INLINE void store_state(uint32_t state[8], halves h) {
  _mm_storeu_si128((__m128i *)(void *)state, first_four(h));
  _mm_storeu_si128((__m128i *)(void *)(state + 4), last_four(h));
}

/* Turns the bytes of words round. */
SHA_NI INLINE __m128i swap(__m128i words) {
  return _mm_shuffle_epi8(words, _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203));
}

SHA_NI INLINE void store_bytes(uint32_t state[8], halves h) {
  _mm_storeu_si128((__m128i *)(void *)state, swap(first_four(h)));
  _mm_storeu_si128((__m128i *)(void *)(state + 4), swap(last_four(h)));
}

SHA_NI INLINE __m128i load_words(const uint8_t *data) {
  return swap(_mm_loadu_si128((const __m128i *)(const void *)data));
}

/* In two parts, of what may just have been stored in such: see sha256.c. One lane has the time. */
SHA_NI INLINE __m128i load_stored_words(const uint8_t *data) {
  long long high;
  memcpy(&high, data + sizeof high, sizeof high);
  return swap(_mm_insert_epi64(_mm_loadl_epi64((const __m128i *)(const void *)data), high, 1));
}

/* Rounds 4 * group to 4 * group + 3 of a message, whose last 16 words of the schedule are in `words`, four by four.
 * What the next groups need of it is prepared. */
SHA_NI INLINE void four_rounds(halves *h, __m128i words[4], const unsigned group) {
  __m128i *now = &words[group % 4], *next = &words[(group + 1) % 4], *before = &words[(group + 3) % 4];
  __m128i sum = _mm_add_epi32(*now, ((const __m128i *)(const void *)csn_sha256_constants)[group]);
  h->cdgh = _mm_sha256rnds2_epu32(h->cdgh, h->abef, sum);
  h->abef = _mm_sha256rnds2_epu32(h->abef, h->cdgh, _mm_shuffle_epi32(sum, 0x0e));
  if (group >= 3 && group < 15) {
    *next = _mm_sha256msg2_epu32(_mm_add_epi32(*next, _mm_alignr_epi8(*now, *before, 4)), *now);
  }
  if (group >= 1 && group < 13) *before = _mm_sha256msg1_epu32(*before, *now);
}

/* Of each lane; the rounds of different lanes alternate. */
SHA_NI INLINE void sixteen_rounds(halves *h, __m128i words[][4], const unsigned count, const unsigned group) {
  EACH_LANE four_rounds(&h[i], words[i], group);
  EACH_LANE four_rounds(&h[i], words[i], group + 1);
  EACH_LANE four_rounds(&h[i], words[i], group + 2);
  EACH_LANE four_rounds(&h[i], words[i], group + 3);
}

/* Takes a block of each lane; the words are used up. */
SHA_NI INLINE void take_block(halves *h, __m128i words[][4], const unsigned count) {
  halves first[LANES];
  EACH_LANE first[i] = h[i];
  sixteen_rounds(h, words, count, 0);
  sixteen_rounds(h, words, count, 4);
  sixteen_rounds(h, words, count, 8);
  sixteen_rounds(h, words, count, 12);
  EACH_LANE h[i] = (halves){_mm_add_epi32(h[i].abef, first[i].abef), _mm_add_epi32(h[i].cdgh, first[i].cdgh)};
}

/* `count` is a constant of each caller. */
SHA_NI INLINE void take(uint32_t *const *states, const uint8_t *const *data, const unsigned count, size_t blocks) {
  halves h[LANES];
  const uint8_t *at[LANES];
  EACH_LANE {
    h[i] = load_state(states[i]);
    at[i] = data[i];
  }
  for (; blocks > 0; blocks--) {
    __m128i words[LANES][4];
    EACH_LANE {
#pragma GCC unroll 4
      for (unsigned k = 0; k < 4; k++) {
        words[i][k] = count == 1 ? load_stored_words(at[i] + 16 * k) : load_words(at[i] + 16 * k);
      }
    }
    take_block(h, words, count);
    EACH_LANE at[i] += CSN_SHA256_BLOCK;
  }
  EACH_LANE store_state(states[i], h[i]);
}

SHA_NI APART void take_two(uint32_t *const *states, const uint8_t *const *data, size_t blocks) {
  take(states, data, 2, blocks);
}
SHA_NI APART void take_three(uint32_t *const *states, const uint8_t *const *data, size_t blocks) {
  take(states, data, 3, blocks);
}
SHA_NI APART void take_four(uint32_t *const *states, const uint8_t *const *data, size_t blocks) {
  take(states, data, 4, blocks);
}

SHA_NI void csn_sha256_ni_one(uint32_t state[8], const uint8_t *data, size_t blocks) {
  take(&state, &data, 1, blocks);
}

void csn_sha256_ni_lanes(uint32_t *const *states, const uint8_t *const *data, size_t count, size_t blocks) {
  switch (count) {
    case 4:
      take_four(states, data, blocks);
      break;
    case 3:
      take_three(states, data, blocks);
      break;
    case 2:
      take_two(states, data, blocks);
      break;
    default:
      csn_sha256_ni_one(states[0], data[0], blocks);
  }
}

/* The words of a hash are those of the block: they need not become bytes. `count` is a constant of each caller. */
SHA_NI INLINE void take_hashes(uint32_t *const *states, const uint32_t *const *outers, const unsigned count) {
  halves h[LANES];
  __m128i words[LANES][4];
  EACH_LANE {
    h[i] = load_state(outers[i]);
    words[i][0] = _mm_loadu_si128((const __m128i *)(const void *)states[i]);
    words[i][1] = _mm_loadu_si128((const __m128i *)(const void *)(states[i] + 4));
    words[i][2] = _mm_set_epi32(0, 0, 0, (int)0x80000000);
    words[i][3] = _mm_set_epi32((CSN_SHA256_BLOCK + CSN_SHA256_BYTES) * 8, 0, 0, 0);
  }
  take_block(h, words, count);
  EACH_LANE store_bytes(states[i], h[i]);
}

SHA_NI APART void take_one_hash(uint32_t *const *states, const uint32_t *const *outers) {
  take_hashes(states, outers, 1);
}
SHA_NI APART void take_two_hashes(uint32_t *const *states, const uint32_t *const *outers) {
  take_hashes(states, outers, 2);
}
SHA_NI APART void take_three_hashes(uint32_t *const *states, const uint32_t *const *outers) {
  take_hashes(states, outers, 3);
}
SHA_NI APART void take_four_hashes(uint32_t *const *states, const uint32_t *const *outers) {
  take_hashes(states, outers, 4);
}

void csn_sha256_ni_outer(uint32_t *const *states, const uint32_t *const *outers, size_t count) {
  switch (count) {
    case 4:
      take_four_hashes(states, outers);
      break;
    case 3:
      take_three_hashes(states, outers);
      break;
    case 2:
      take_two_hashes(states, outers);
      break;
    default:
      take_one_hash(states, outers);
  }
}

#else

bool csn_sha256_ni_is_here(void) {
  return false;
}

void csn_sha256_ni_one(uint32_t state[8], const uint8_t *data, size_t blocks) {
  csn_sha256_openssl_one(state, data, blocks);
}

void csn_sha256_ni_lanes(uint32_t *const *states, const uint8_t *const *data, size_t count, size_t blocks) {
  csn_sha256_openssl_lanes(states, data, count, blocks);
}

void csn_sha256_ni_outer(uint32_t *const *states, const uint32_t *const *outers, size_t count) {
  csn_sha256_openssl_outer(states, outers, count);
}

#endif
