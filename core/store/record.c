#include "record.h"

#include "../src/ct.h"
#include "../src/cursor.h"
#include "seal.h"

enum { RECORD_VERSION = 1, STATE_WORDS = 8, REVOKED = 0x80 /* beside the uses */ };

/* ---- writing: the caller has checked that everything fits ---- */

static uint8_t *put_state(uint8_t *at, const uint32_t state[STATE_WORDS]) {
  for (size_t i = 0; i < STATE_WORDS; i++) {
    for (int shift = 24; shift >= 0; shift -= 8) *at++ = (uint8_t)(state[i] >> shift);
  }
  return at;
}

static uint8_t *put_text(uint8_t *at, csn_span text) {
  *at++ = (uint8_t)text.len;
  if (text.len > 0) memcpy(at, text.ptr, text.len);
  return at + text.len;
}

size_t csn_record_encode(const csn_key *key, uint8_t out[CSN_RECORD_MAX]) {
  csn_span alg = csn_span_str(csn_alg_name(key->alg));
  if (key->client_id_len == 0 || key->client_id_len > CSN_ID_MAX || key->key_id_len > CSN_ID_MAX) return 0;
  if (key->alg != CSN_ALG_HS256 || key->public_key != NULL) return 0;

  uint8_t *at = out;
  *at++ = RECORD_VERSION;
  *at++ = (uint8_t)(key->uses | (key->revoked ? REVOKED : 0));
  csn_put_be64(at, (uint64_t)key->accept_until);
  at = put_state(at + 8, key->inner);
  at = put_state(at, key->outer);
  at = put_text(at, alg); /* by name: numbers move when an algorithm is added */
  at = put_text(at, csn_key_id(key));
  at = put_text(at, csn_key_client_id(key));
  return (size_t)(at - out);
}

/* ---- reading ---- */

static bool take_state(csn_cursor *cursor, uint32_t state[STATE_WORDS]) {
  csn_span bytes;
  if (!csn_cursor_take(cursor, STATE_WORDS * 4, &bytes)) return false;
  for (size_t i = 0; i < STATE_WORDS; i++) {
    const uint8_t *word = bytes.ptr + 4 * i;
    state[i] = (uint32_t)word[0] << 24 | (uint32_t)word[1] << 16 | (uint32_t)word[2] << 8 | word[3];
  }
  return true;
}

static bool take_text(csn_cursor *cursor, size_t max, csn_span *out) {
  csn_span len;
  return csn_cursor_take(cursor, 1, &len) && len.ptr[0] <= max && csn_cursor_take(cursor, len.ptr[0], out);
}

static bool take_id(csn_cursor *cursor, uint8_t id[CSN_ID_MAX], uint8_t *id_len) {
  csn_span text;
  if (!take_text(cursor, CSN_ID_MAX, &text)) return false;
  memcpy(id, text.ptr, text.len);
  *id_len = (uint8_t)text.len;
  return true;
}

static bool decode(csn_cursor *cursor, csn_key *key) {
  csn_span head, alg;
  if (!csn_cursor_skip_byte(cursor, RECORD_VERSION)) return false;
  if (!csn_cursor_take(cursor, 1 + 8, &head)) return false;
  key->uses = head.ptr[0] & (REVOKED - 1);
  key->revoked = (head.ptr[0] & REVOKED) != 0;
  key->accept_until = (int64_t)csn_get_be64(head.ptr + 1);
  if (!take_state(cursor, key->inner) || !take_state(cursor, key->outer)) return false;
  if (!take_text(cursor, CSN_RECORD_ALG_MAX, &alg)) return false;
  key->alg = csn_alg_from_name(alg);
  if (key->alg != CSN_ALG_HS256) return false;
  if (!take_id(cursor, key->key_id, &key->key_id_len)) return false;
  return take_id(cursor, key->client_id, &key->client_id_len) && csn_cursor_done(cursor);
}

bool csn_record_decode(csn_span record, csn_span client_id, csn_key *key) {
  csn_cursor cursor = csn_cursor_of(record);
  memset(key, 0, sizeof *key);
  if (decode(&cursor, key) && csn_span_equal(csn_key_client_id(key), client_id)) return true;
  csn_wipe(key, sizeof *key);
  return false;
}
