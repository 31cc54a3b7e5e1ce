/* The text of an API key: made, read, hashed; and a key's state at a time. */
#include <countersign/api_key.h>

#include "ct.h"
#include "cursor.h"
#include "hmac.h"

_Static_assert((int)CSN_API_KEY_HASH_BYTES == (int)CSN_SHA256_BYTES, "the hash is an HMAC-SHA-256");
_Static_assert((int)CSN_API_KEY_MAX ==
                   (int)CSN_API_KEY_PREFIX_MAX + 1 + (int)CSN_API_KEY_RANDOM_CHARS + (int)CSN_API_KEY_CHECKSUM_CHARS,
               "prefix, '_', random part, checksum");

/* ---- base62: 0-9, A-Z, a-z ---- */

static const uint32_t BASE = 62;

/* The character of a value below 62. CT. */
static char base62_char(uint32_t value) {
  uint32_t letter = ~csn_ct_in_range(value, 0, 9), lower = csn_ct_in_range(value, 36, 61);
  return (char)('0' + value + (letter & ('A' - '9' - 1)) + (lower & ('a' - 'Z' - 1)));
}

static bool is_base62(uint8_t c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_prefix_char(uint8_t c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z');
}

/* ---- the checksum ---- */

/* CRC-32 of ISO 3309, as in zlib and RFC 1952 section 8: reflected, polynomial 0x04c11db7. Half a byte at a time: the
 * table is one cache line, so that no address depends on the text by more than its place there. */
static uint32_t crc32(csn_span bytes) {
  static const uint32_t table[16] __attribute__((aligned(64))) = {
      0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
      0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};
  uint32_t crc = UINT32_MAX;
  for (size_t i = 0; i < bytes.len; i++) {
    crc ^= bytes.ptr[i];
    crc = crc >> 4 ^ table[crc & 15];
    crc = crc >> 4 ^ table[crc & 15];
  }
  return ~crc;
}

static void write_checksum(csn_span before, char out[CSN_API_KEY_CHECKSUM_CHARS]) {
  uint32_t crc = crc32(before);
  for (size_t i = CSN_API_KEY_CHECKSUM_CHARS; i-- > 0; crc /= BASE) out[i] = base62_char(crc % BASE);
}

/* ---- making ---- */

bool csn_api_key_prefix_valid(csn_span prefix) {
  if (prefix.len < 1 || prefix.len > CSN_API_KEY_PREFIX_MAX) return false;
  for (size_t i = 0; i < prefix.len; i++) {
    if (!is_prefix_char(prefix.ptr[i])) return false;
  }
  return true;
}

/* Every value below 62 is as likely as another: the two that are too large are passed over, none is folded. */
static bool draw(const uint8_t random[CSN_API_KEY_RANDOM_BYTES], char out[CSN_API_KEY_RANDOM_CHARS]) {
  size_t drawn = 0;
  for (size_t i = 0; i < CSN_API_KEY_RANDOM_BYTES && drawn < CSN_API_KEY_RANDOM_CHARS; i++) {
    uint32_t value = random[i] & 63;
    if (value < BASE) out[drawn++] = base62_char(value);
  }
  return drawn == CSN_API_KEY_RANDOM_CHARS;
}

csn_error csn_api_key_make(csn_span prefix, const uint8_t random[CSN_API_KEY_RANDOM_BYTES], csn_api_key_text *out) {
  csn_wipe(out, sizeof *out);
  if (!csn_api_key_prefix_valid(prefix)) return CSN_ERROR_INVALID_ARGUMENT;
  size_t len = prefix.len;
  memcpy(out->bytes, prefix.ptr, len);
  out->bytes[len++] = '_';
  if (!draw(random, out->bytes + len)) {
    csn_wipe(out, sizeof *out);
    return CSN_ERROR_INVALID_ARGUMENT;
  }
  len += CSN_API_KEY_RANDOM_CHARS;
  write_checksum(csn_span_of(out->bytes, len), out->bytes + len);
  out->len = (uint8_t)(len + CSN_API_KEY_CHECKSUM_CHARS);
  return CSN_OK;
}

/* ---- reading ---- */

/* Takes `min` to `max` characters of a set: as many as there are. */
static bool take_set(csn_cursor *cursor, bool (*in_set)(uint8_t), size_t min, size_t max, csn_span *out) {
  const uint8_t *start = cursor->pos;
  size_t len = 0;
  while (len < max && !csn_cursor_done(cursor) && in_set(*cursor->pos)) cursor->pos++, len++;
  *out = csn_span_of(start, len);
  return len >= min;
}

static bool take_parts(csn_cursor *cursor, csn_api_key *out) {
  return take_set(cursor, is_prefix_char, 1, CSN_API_KEY_PREFIX_MAX, &out->prefix) &&
         csn_cursor_skip_byte(cursor, '_') &&
         take_set(cursor, is_base62, CSN_API_KEY_RANDOM_CHARS, CSN_API_KEY_RANDOM_CHARS, &out->random) &&
         take_set(cursor, is_base62, CSN_API_KEY_CHECKSUM_CHARS, CSN_API_KEY_CHECKSUM_CHARS, &out->checksum) &&
         csn_cursor_done(cursor);
}

csn_reason csn_api_key_parse(csn_span text, csn_api_key *out, size_t *offset) {
  csn_cursor cursor = csn_cursor_of(text);
  char checksum[CSN_API_KEY_CHECKSUM_CHARS];
  csn_api_key key;
  memset(out, 0, sizeof *out);
  if (!take_parts(&cursor, &key)) {
    *offset = csn_cursor_offset(&cursor);
    return CSN_REASON_API_KEY_MALFORMED;
  }
  size_t before = text.len - CSN_API_KEY_CHECKSUM_CHARS;
  write_checksum(csn_span_of(text.ptr, before), checksum);
  if (memcmp(key.checksum.ptr, checksum, sizeof checksum) != 0) { /* anybody can compute it: nothing to hide */
    *offset = before;
    return CSN_REASON_API_KEY_CHECKSUM;
  }
  key.display = csn_span_of(text.ptr, key.prefix.len + 1 + CSN_API_KEY_SHOWN_CHARS);
  *out = key;
  *offset = 0;
  return CSN_REASON_ACCEPTED;
}

void csn_api_key_hash(const csn_key *pepper, csn_span text, uint8_t out[CSN_API_KEY_HASH_BYTES]) {
  csn_hmac_sha256(pepper, text, out);
}

bool csn_api_key_scopes_valid(csn_span scopes) {
  return scopes.len <= CSN_API_KEY_SCOPES_MAX && csn_scopes_valid(scopes);
}

/* ---- the state of a key ---- */

csn_api_key_state csn_api_key_state_at(const csn_api_key_record *record, int64_t now) {
  if (record->revoked) return CSN_API_KEY_REVOKED;
  if (record->expires != 0 && now > record->expires) return CSN_API_KEY_EXPIRED;
  if (record->grace_until == 0) return CSN_API_KEY_ACTIVE;
  return now <= record->grace_until ? CSN_API_KEY_GRACE : CSN_API_KEY_EXPIRED;
}
