/* Base64, base64url and hex. Text is decoded eight characters at a time, one in each byte ("lane") of a word: the class
 * of a character and its value are sums and masks, so neither a branch nor an address depends on it. */
#include "encoding.h"

#include "base64url_wide.h"
#include "base64url_x86.h"
#include "ct.h"
#include "hex_wide.h"

enum { LANES = 8 };

/* With the alphabet known, the loop below becomes straight code. */
#if defined(__GNUC__) || defined(__clang__)
#define SPECIALISE static inline __attribute__((always_inline))
#else
#define SPECIALISE static inline
#endif

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* The first character in the highest lane. */
static inline uint64_t load(const uint8_t *p) {
  return (uint64_t)p[0] << 56 | (uint64_t)p[1] << 48 | (uint64_t)p[2] << 40 | (uint64_t)p[3] << 32 |
         (uint64_t)p[4] << 24 | (uint64_t)p[5] << 16 | (uint64_t)p[6] << 8 | (uint64_t)p[7];
}

/* 0xff in each lane that holds low to high. The lanes are below 0x80 and `low` is above 0, so that no sum leaves its
 * lane. */
static inline uint64_t lanes_in(uint64_t x, unsigned low, unsigned high) {
  uint64_t top = csn_ct_barrier64((x + EACH(0x80 - low)) & ~(x + EACH(0x7f - high)) & EACH(0x80));
  return (top << 1) - (top >> 7);
}

/* The values of eight characters; `*bad` becomes non-zero where one of them is not of the alphabet, whose last two
 * characters are given. */
SPECIALISE uint64_t sextets(uint64_t word, char c62, char c63, uint64_t *bad) {
  uint64_t x = word & EACH(0x7f), lower = x >> 5 & EACH(1); /* of a letter */
  uint64_t letter = lanes_in(x | EACH(0x20), 'a', 'z'), digit = lanes_in(x, '0', '9');
  uint64_t is_62 = lanes_in(x, (unsigned)c62, (unsigned)c62), is_63 = lanes_in(x, (unsigned)c63, (unsigned)c63);
  *bad |= (word & EACH(0x80)) | ~(letter | digit | is_62 | is_63);
  return (letter & ((x & EACH(0x1f)) + 26 * lower - (letter & EACH(1)))) + (digit & ((x & EACH(0x0f)) + EACH(52))) +
         (is_62 & EACH(62)) + (is_63 & EACH(63));
}

static inline uint64_t base64url_values(uint64_t word, uint64_t *bad) {
  return sextets(word, '-', '_', bad);
}
static inline uint64_t base64_values(uint64_t word, uint64_t *bad) {
  return sextets(word, '+', '/', bad);
}

static inline uint64_t hex_values(uint64_t word, uint64_t *bad) {
  uint64_t x = word & EACH(0x7f);
  uint64_t digit = lanes_in(x, '0', '9'), letter = lanes_in(x | EACH(0x20), 'a', 'f');
  *bad |= (word & EACH(0x80)) | ~(digit | letter);
  return ((digit | letter) & x & EACH(0x0f)) + (letter & EACH(9));
}

typedef struct alphabet {
  uint64_t (*values)(uint64_t word, uint64_t *bad);
  unsigned bits;  /* of one character */
  unsigned group; /* characters that give whole bytes */
  uint8_t zero;   /* the character of value 0 */
  bool partial;   /* the last group may be cut short after two characters or more */
} alphabet;

static const alphabet base64url = {base64url_values, 6, 4, 'A', true};
static const alphabet base64 = {base64_values, 6, 4, 'A', true};
static const alphabet hex = {hex_values, 4, 2, '0', false};

/* Eight characters to `8 * bits` bits, the first character's the highest. */
SPECIALISE uint64_t block_bits(const alphabet *a, const uint8_t *text, uint64_t *bad) {
  const uint64_t m8 = UINT64_C(0x00ff00ff00ff00ff), m16 = UINT64_C(0x0000ffff0000ffff), m32 = UINT64_C(0xffffffff);
  uint64_t v = a->values(csn_ct_barrier64(load(text)), bad);
  v = (v >> 8 & m8) << a->bits | (v & m8);
  v = (v >> 16 & m16) << 2 * a->bits | (v & m16);
  return (v >> 32) << 4 * a->bits | (v & m32);
}

SPECIALISE void store(uint64_t bits, uint8_t *out, unsigned bytes) {
  for (unsigned i = 0; i < bytes; i++) out[i] = (uint8_t)(bits >> 8 * (bytes - 1 - i));
}

/* The last characters, fewer than eight, filled up with zeros: what then lies behind the whole bytes is the trailing
 * bits, which must be zero. */
SPECIALISE uint64_t decode_tail(const alphabet *a, csn_span text, uint8_t *out) {
  uint8_t block[LANES], bytes[LANES];
  uint64_t bad = 0;
  size_t whole = text.len * a->bits / 8;
  memset(block, a->zero, sizeof block);
  if (text.len > 0) memcpy(block, text.ptr, text.len);
  store(block_bits(a, block, &bad), bytes, a->bits);
  for (size_t i = whole; i < a->bits; i++) bad |= bytes[i];
  if (out != NULL) memcpy(out, bytes, whole);
  csn_wipe(block, sizeof block);
  csn_wipe(bytes, sizeof bytes);
  return bad;
}

/* Of a text that is refused: its first illegal character, else its last one, which has the wrong length or trailing
 * bits. Which one it is leaks, and nothing of the others. */
static size_t first_wrong(const alphabet *a, csn_span text) {
  for (size_t i = 0; i < text.len; i++) {
    uint64_t bad = 0;
    (void)a->values((EACH(a->zero) & ~UINT64_C(0xff)) | text.ptr[i], &bad);
    CSN_CT_PUBLIC(&bad, sizeof bad);
    if (bad != 0) return i;
  }
  return text.len - 1;
}

SPECIALISE bool decode(const alphabet *a, csn_span text, uint8_t *out, size_t *offset) {
  uint64_t bad = 0;
  size_t done = a == &base64url ? csn_base64url_wide(text, out, &bad) : 0;
  for (; text.len - done >= LANES; done += LANES) {
    uint64_t bits = block_bits(a, text.ptr + done, &bad);
    if (out != NULL) store(bits, out + done / 8 * a->bits, a->bits);
  }
  if (done < text.len) {
    csn_span tail = csn_span_of(text.ptr + done, text.len - done);
    bad |= decode_tail(a, tail, out == NULL ? NULL : out + done / 8 * a->bits);
  }
  size_t cut = text.len % a->group;
  bool length_ok = cut == 0 || (a->partial && cut > 1);
  CSN_CT_PUBLIC(&bad, sizeof bad);
  if (bad == 0 && length_ok) return true;
  *offset = first_wrong(a, text);
  return false;
}

/* For texts that are short, or wrong. */
__attribute__((noinline)) static bool decode_base64url(csn_span text, uint8_t *out, size_t *offset) {
  return decode(&base64url, text, out, offset);
}

bool csn_base64url_decode(csn_span text, uint8_t *out, size_t *offset) {
  bool right = csn_base64url_x86(text, out);
  CSN_CT_PUBLIC(&right, sizeof right);
  return right || decode_base64url(text, out, offset);
}

bool csn_base64_decode(csn_span text, uint8_t *out, size_t *offset) {
  csn_span digits = text;
  for (size_t i = 0; i < 2 && csn_base64_is_padded(digits); i++) digits.len--;
  bool whole = text.len % 4 == 0; /* else there may be no room */
  if (!decode(&base64, digits, whole ? out : NULL, offset)) return false;
  if (whole) return true;
  *offset = digits.len;
  return false;
}

/* For texts that are no whole blocks, or wrong. */
__attribute__((noinline)) static bool decode_hex(csn_span text, uint8_t *out, size_t *offset) {
  return decode(&hex, text, out, offset);
}

bool csn_hex_decode(csn_span text, uint8_t *out, size_t *offset) {
  uint64_t bad = 0;
  if (out != NULL && csn_hex_wide(text, out, &bad) == text.len) {
    CSN_CT_PUBLIC(&bad, sizeof bad);
    if (bad == 0) return true;
  }
  return decode_hex(text, out, offset);
}

static char sextet_char(uint32_t value, char c62, char c63) {
  uint32_t c = 'A' + value;
  c += csn_ct_in_range(value, 26, 51) & ('a' - 'A' - 26);
  c -= csn_ct_in_range(value, 52, 61) & ('A' + 52 - '0');
  c -= csn_ct_in_range(value, 62, 62) & (uint32_t)('A' + 62 - c62);
  c -= csn_ct_in_range(value, 63, 63) & (uint32_t)('A' + 63 - c63);
  return (char)c;
}

/* Returns the end of what it wrote, without padding. */
static char *encode(csn_span bytes, char c62, char c63, char *out) {
  uint32_t bits = 0;
  unsigned held = 0; /* bits not written yet */
  for (size_t i = 0; i < bytes.len; i++) {
    bits = bits << 8 | bytes.ptr[i];
    for (held += 8; held >= 6; held -= 6) *out++ = sextet_char(bits >> (held - 6) & 63, c62, c63);
  }
  if (held > 0) *out++ = sextet_char(bits << (6 - held) & 63, c62, c63);
  return out;
}

void csn_base64url_encode(csn_span bytes, char *out) {
  (void)encode(bytes, '-', '_', out);
}

void csn_base64_encode(csn_span bytes, char *out) {
  char *end = encode(bytes, '+', '/', out);
  for (size_t left = bytes.len % 3; left == 1 || left == 2; left++) *end++ = '=';
}

void csn_hex_encode(csn_span bytes, char *out) {
  for (size_t i = 2 * csn_hex_wide_encode(bytes, out); i < 2 * bytes.len; i++) {
    uint32_t value = bytes.ptr[i / 2] >> (i % 2 == 0 ? 4 : 0) & 15;
    out[i] = (char)('0' + value + (csn_ct_in_range(value, 10, 15) & ('a' - '0' - 10)));
  }
}
