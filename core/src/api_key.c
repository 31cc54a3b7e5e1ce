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

/* Whether it is of the set, and not which one of it. CT. */
static bool is_base62(uint8_t c) {
  uint32_t is = csn_ct_in_range(c, '0', '9') | csn_ct_in_range(c, 'A', 'Z') | csn_ct_in_range(c, 'a', 'z');
  CSN_CT_PUBLIC(&is, sizeof is);
  return is != 0;
}

static bool is_prefix_char(uint8_t c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z');
}

/* ---- the checksum ---- */

/* CRC-32 of ISO 3309, as in zlib and RFC 1952 section 8: reflected, polynomial 0x04c11db7. What a byte does is the sum
 * of what its bits do: eight of the usual table's 256 entries, masked, and no address depends on the text. CT. */
static uint32_t crc32(csn_span bytes) {
  static const uint32_t of_bit[8] = {0x77073096, 0xee0e612c, 0x076dc419, 0x0edb8832,
                                     0x1db71064, 0x3b6e20c8, 0x76dc4190, 0xedb88320};
  uint32_t crc = UINT32_MAX;
  for (size_t i = 0; i < bytes.len; i++) {
    uint32_t byte = csn_ct_barrier((crc ^ bytes.ptr[i]) & 0xff);
    crc >>= 8;
    for (unsigned bit = 0; bit < 8; bit++) crc ^= of_bit[bit] & (0 - (byte >> bit & 1));
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
    uint32_t value = random[i] & 63, fits = csn_ct_in_range(value, 0, BASE - 1);
    CSN_CT_PUBLIC(&fits, sizeof fits);
    if (fits != 0) out[drawn++] = base62_char(value);
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
  uint32_t fits = csn_ct_equal(key.checksum.ptr, (const uint8_t *)checksum, sizeof checksum);
  CSN_CT_PUBLIC(&fits, sizeof fits);
  if (fits == 0) {
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
