/* A token's header says little, and the tokens of one issuer mostly say it in the same bytes. What was made of them
 * once is remembered by all of them: base64url and JSON are then not read again.
 *
 * What is remembered depends on the bytes and the policy's typ alone, both compared in full, so it is never out of
 * date; what else the policy says, and the keys, are looked at for every token. Nothing here is secret, but how long
 * find() takes says what is remembered. */
#include "header_cache.h"

#include "versioned.h"

enum { KID_MAX = 64, TEXT_MAX = 176 }; /* bytes */

/* One slot's words. `text` is the encoded header, and behind it the policy's typ. */
typedef struct entry {
  uint8_t alg, has_kid, kid_len, typ_len;
  uint16_t kid_offset, encoded_len; /* 0: an empty slot */
  uint8_t kid[KID_MAX];
  uint8_t text[TEXT_MAX];
} entry;

_Static_assert(sizeof(entry) == CSN_HEADER_WORDS * sizeof(uint64_t), "no padding");
_Static_assert(CSN_JOSE_HEADER_MAX <= UINT16_MAX, "every offset fits");

static bool is_of(const entry *e, csn_span encoded, csn_span typ) {
  return csn_span_equal(encoded, csn_span_of(e->text, e->encoded_len)) &&
         csn_span_equal(typ, csn_span_of(e->text + e->encoded_len, e->typ_len));
}

bool csn_header_cache_find(const csn_header_cache *cache, uint64_t hash, csn_span encoded, csn_span typ,
                           csn_jose_header *out) {
  const csn_header_slot *slot = &cache->slots[hash % CSN_HEADER_SLOTS];
  uint64_t words[CSN_HEADER_WORDS], first = csn_atomic_load_relaxed(&slot->words[0]);
  entry e;
  memcpy(&e, &first, sizeof first);
  if (e.encoded_len == 0 || e.encoded_len != encoded.len || e.typ_len != typ.len) return false;
  size_t count = (offsetof(entry, text) + encoded.len + typ.len + sizeof first - 1) / sizeof first;
  if (!csn_versioned_read(&slot->version, slot->words, count, words)) return false;
  memcpy(&e, words, count * sizeof first);
  if (!is_of(&e, encoded, typ)) return false;
  out->alg = (csn_alg)e.alg;
  out->has_kid = e.has_kid != 0;
  out->kid_offset = e.kid_offset;
  out->kid_len = e.kid_len;
  memcpy(out->kid, e.kid, sizeof e.kid);
  return true;
}

void csn_header_cache_put(csn_header_cache *cache, uint64_t hash, csn_span encoded, csn_span typ,
                          const csn_jose_header *header) {
  csn_header_slot *slot = &cache->slots[hash % CSN_HEADER_SLOTS];
  uint64_t words[CSN_HEADER_WORDS];
  entry e = {.alg = (uint8_t)header->alg, .has_kid = header->has_kid, .kid_offset = (uint16_t)header->kid_offset};
  if (header->kid_len > KID_MAX || encoded.len == 0 || encoded.len > TEXT_MAX || typ.len > TEXT_MAX - encoded.len)
    return;
  e.kid_len = (uint8_t)header->kid_len;
  e.typ_len = (uint8_t)typ.len;
  e.encoded_len = (uint16_t)encoded.len;
  memcpy(e.kid, header->kid, header->kid_len);
  memcpy(e.text, encoded.ptr, encoded.len);
  if (typ.len > 0) memcpy(e.text + encoded.len, typ.ptr, typ.len);
  memcpy(words, &e, sizeof words);
  csn_versioned_write(&slot->version, slot->words, CSN_HEADER_WORDS, words);
}
