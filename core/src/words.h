/* Short spans, in whole words and without a call: names of a few bytes are most of what is compared and copied. Nothing
 * is read or written outside of them: the last word may have bytes that the one before it had, too. */
#ifndef CSN_WORDS_H
#define CSN_WORDS_H

#include "ct.h"

enum { CSN_WORDS_COPY_MAX = 32 /* bytes: for more a call is faster */ };

static inline uint64_t csn_word_8(const uint8_t *p) {
  uint64_t word;
  memcpy(&word, p, sizeof word);
  return word;
}
static inline uint32_t csn_word_4(const uint8_t *p) {
  uint32_t word;
  memcpy(&word, p, sizeof word);
  return word;
}

/* Fewer than eight bytes: of one length, each text gives a word of its own. */
static inline uint64_t csn_word_few(const uint8_t *p, size_t len) {
  if (len >= 4) return (uint64_t)csn_word_4(p + len - 4) << 32 | csn_word_4(p);
  return len == 0 ? 0 : (uint64_t)p[len / 2] << 16 | (uint64_t)p[len - 1] << 8 | p[0];
}

/* csn_span_equal(), for who mostly finds them equal. Not constant-time. */
static inline bool csn_words_equal(csn_span a, csn_span b) {
  const uint8_t *p = a.ptr, *q = b.ptr;
  size_t len = a.len;
  if (len != b.len) return false;
  if (len >= 8) {
    uint64_t difference = csn_word_8(p + len - 8) ^ csn_word_8(q + len - 8);
    for (size_t i = 0; i < len - 8; i += 8) difference |= csn_word_8(p + i) ^ csn_word_8(q + i);
    return difference == 0;
  }
  if (len >= 4) return ((csn_word_4(p) ^ csn_word_4(q)) | (csn_word_4(p + len - 4) ^ csn_word_4(q + len - 4))) == 0;
  return len == 0 || (p[0] == q[0] && p[len / 2] == q[len / 2] && p[len - 1] == q[len - 1]);
}

/* memcpy(). */
static inline void csn_words_copy(uint8_t *to, const uint8_t *from, size_t len) {
  if (len > CSN_WORDS_COPY_MAX) {
    memcpy(to, from, (size_t)csn_ct_barrier64(len)); /* known to be short, gcc would copy with `rep movs`: 30 ns */
  } else if (len >= 8) {
    uint64_t last = csn_word_8(from + len - 8);
    for (size_t i = 0; i < len - 8; i += 8) {
      uint64_t word = csn_ct_barrier64(csn_word_8(from + i)); /* else gcc makes a call of the loop */
      memcpy(to + i, &word, sizeof word);
    }
    memcpy(to + len - 8, &last, sizeof last);
  } else if (len >= 4) {
    uint32_t first = csn_word_4(from), last = csn_word_4(from + len - 4);
    memcpy(to, &first, sizeof first);
    memcpy(to + len - 4, &last, sizeof last);
  } else if (len > 0) {
    uint8_t first = from[0], middle = from[len / 2], last = from[len - 1];
    to[0] = first;
    to[len / 2] = middle;
    to[len - 1] = last;
  }
}

#endif
