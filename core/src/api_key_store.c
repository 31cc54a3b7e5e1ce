/* Records of API keys in memory: an array of entries, their texts in one block, and two open-addressing indexes. */
#include <countersign/api_key.h>
#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "atomics.h"
#include "credential.h"
#include "ct.h"

enum { ROOM_MIN = 16, RECORDS_MAX = 1 << 30 };

/* How long rotation lets the key live: a UNIX second, REVOKED, or UNTOUCHED. The word only ever falls, so that neither
 * two threads nor a late one can bring a key back. It stands alone: nothing else is published with it. */
#define REVOKED UINT64_C(0)
#define UNTOUCHED UINT64_MAX

typedef struct entry {
  uint8_t hash[CSN_API_KEY_HASH_BYTES];
  int64_t created, expires;
  csn_atomic life;
  size_t text; /* where its texts begin: client id, key id, display, scopes */
  uint16_t scopes_len;
  uint8_t client_id_len, key_id_len, display_len;
} entry;

/* `at` is the position of an entry plus one; 0 is free. The tag is bits of the hash that do not choose the slot, so
 * that another key's entry is hardly ever read. */
typedef struct slot {
  uint32_t tag, at;
} slot;

struct csn_api_key_store {
  entry *entries;
  size_t count, room;
  uint8_t *texts;
  size_t texts_len, texts_room;
  slot *by_hash, *by_key_id;
  size_t slots; /* of each index: a power of two, at least twice the room */
};

csn_error csn_api_key_store_new(csn_api_key_store **out) {
  *out = calloc(1, sizeof **out);
  return *out == NULL ? CSN_ERROR_NO_MEMORY : CSN_OK;
}

static void free_wiped(void *block, size_t len) {
  if (block != NULL) csn_wipe(block, len);
  free(block);
}

void csn_api_key_store_free(csn_api_key_store *store) {
  if (store == NULL) return;
  free_wiped(store->entries, store->room * sizeof *store->entries);
  free_wiped(store->texts, store->texts_room);
  free(store->by_hash);
  free(store->by_key_id);
  free_wiped(store, sizeof *store);
}

/* ---- the indexes ---- */

/* The hash is a MAC: its first bytes are as good as random, and nobody without the pepper chooses them. They are
 * public: the other 192 bits are what is compared. */
static uint64_t place_of_hash(const uint8_t hash[CSN_API_KEY_HASH_BYTES]) {
  uint64_t place;
  memcpy(&place, hash, sizeof place);
  CSN_CT_PUBLIC(&place, sizeof place);
  return place;
}

/* Key ids are the operator's own: no request names one. */
static uint64_t place_of_key_id(csn_span key_id) {
  return XXH3_64bits(key_id.ptr, key_id.len);
}

static uint32_t tag_of(uint64_t place) {
  return (uint32_t)(place >> 32);
}

/* The first slot from `*i` on that may hold what has this place, or NULL where a free one comes first; `*i` is then the
 * free one, and the next slot otherwise. At most half of the slots are used: there is a free one. */
static const slot *next_slot(const csn_api_key_store *store, const slot *index, uint64_t place, size_t *i) {
  for (;; ++*i) {
    const slot *s = &index[*i & (store->slots - 1)];
    if (s->at == 0) return NULL;
    if (s->tag != tag_of(place)) continue;
    ++*i;
    return s;
  }
}

static void enter(csn_api_key_store *store, slot *index, uint64_t place, size_t at) {
  size_t i = (size_t)place;
  while (next_slot(store, index, place, &i) != NULL) continue;
  index[i & (store->slots - 1)] = (slot){tag_of(place), (uint32_t)at + 1};
}

static csn_span key_id_of(const csn_api_key_store *store, const entry *e) {
  return csn_span_of(store->texts + e->text + e->client_id_len, e->key_id_len);
}

static void enter_both(csn_api_key_store *store, size_t at) {
  const entry *e = &store->entries[at];
  enter(store, store->by_hash, place_of_hash(e->hash), at);
  enter(store, store->by_key_id, place_of_key_id(key_id_of(store, e)), at);
}

/* One comparison of all bytes whether the hash is there or not; one more only where two places agree in their tag,
 * which chance does once in 2^32. */
static const entry *find_hash(const csn_api_key_store *store, const uint8_t hash[CSN_API_KEY_HASH_BYTES]) {
  static const uint8_t nobody[CSN_API_KEY_HASH_BYTES];
  uint64_t place = place_of_hash(hash);
  size_t i = (size_t)place, compared = 0;
  const slot *s;
  while (store->slots > 0 && (s = next_slot(store, store->by_hash, place, &i)) != NULL) {
    const entry *e = &store->entries[s->at - 1];
    compared++;
    uint32_t equal = csn_ct_equal(e->hash, hash, CSN_API_KEY_HASH_BYTES);
    CSN_CT_PUBLIC(&equal, sizeof equal);
    if (equal != 0) return e;
  }
  if (compared == 0) {
    volatile uint32_t answer = csn_ct_equal(nobody, hash, CSN_API_KEY_HASH_BYTES); /* volatile: it is not left out */
    (void)answer;
  }
  return NULL;
}

static entry *find_key_id(const csn_api_key_store *store, csn_span key_id) {
  if (store->slots == 0 || key_id.len == 0) return NULL;
  uint64_t place = place_of_key_id(key_id);
  size_t i = (size_t)place;
  const slot *s;
  while ((s = next_slot(store, store->by_key_id, place, &i)) != NULL) {
    entry *e = &store->entries[s->at - 1];
    if (csn_span_equal(key_id_of(store, e), key_id)) return e;
  }
  return NULL;
}

/* ---- adding ---- */

static bool all_of(csn_span bytes, bool (*in_set)(uint8_t)) {
  for (size_t i = 0; i < bytes.len; i++) {
    if (!in_set(bytes.ptr[i])) return false;
  }
  return true;
}

static bool is_key_id_byte(uint8_t c) {
  return c >= 0x20 && c <= 0x7e;
}

static bool is_display_byte(uint8_t c) {
  return c == '_' || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static csn_error check_record(const csn_api_key_record *record) {
  csn_span client_id = csn_name_span(&record->client_id), key_id = csn_name_span(&record->key_id);
  csn_span display = csn_name_span(&record->display);
  if (client_id.len > CSN_ID_MAX || !all_of(client_id, csn_is_client_id_byte)) return CSN_ERROR_ID_INVALID;
  if (key_id.len < 1 || key_id.len > CSN_ID_MAX || !all_of(key_id, is_key_id_byte)) return CSN_ERROR_ID_INVALID;
  if (display.len > CSN_API_KEY_DISPLAY_MAX || !all_of(display, is_display_byte)) return CSN_ERROR_INVALID_ARGUMENT;
  if (record->created < 0 || record->expires < 0 || record->grace_until < 0) return CSN_ERROR_INVALID_ARGUMENT;
  if (record->scopes_len > CSN_API_KEY_SCOPES_MAX) return CSN_ERROR_INVALID_ARGUMENT;
  return csn_api_key_scopes_valid(csn_api_key_record_scopes(record)) ? CSN_OK : CSN_ERROR_INVALID_ARGUMENT;
}

/* Room for one more entry: everything is allocated before anything is changed. */
static csn_error make_entry_room(csn_api_key_store *store) {
  if (store->count < store->room) return CSN_OK;
  if (store->count >= RECORDS_MAX) return CSN_ERROR_KEY_LIMIT;
  size_t room = store->room == 0 ? ROOM_MIN : store->room * 2;
  entry *entries = calloc(room, sizeof *entries);
  slot *by_hash = calloc(room * 2, sizeof *by_hash), *by_key_id = calloc(room * 2, sizeof *by_key_id);
  if (entries == NULL || by_hash == NULL || by_key_id == NULL) {
    free(entries), free(by_hash), free(by_key_id);
    return CSN_ERROR_NO_MEMORY;
  }
  if (store->count > 0) memcpy(entries, store->entries, store->count * sizeof *entries);
  free_wiped(store->entries, store->room * sizeof *store->entries);
  free(store->by_hash), free(store->by_key_id);
  store->entries = entries, store->by_hash = by_hash, store->by_key_id = by_key_id;
  store->room = room, store->slots = room * 2;
  for (size_t i = 0; i < store->count; i++) enter_both(store, i);
  return CSN_OK;
}

static csn_error make_text_room(csn_api_key_store *store, size_t extra) {
  if (extra <= store->texts_room - store->texts_len) return CSN_OK;
  size_t room = store->texts_room * 2 + extra;
  uint8_t *texts = malloc(room);
  if (texts == NULL) return CSN_ERROR_NO_MEMORY;
  if (store->texts_len > 0) memcpy(texts, store->texts, store->texts_len);
  free_wiped(store->texts, store->texts_room);
  store->texts = texts, store->texts_room = room;
  return CSN_OK;
}

static uint8_t put_text(csn_api_key_store *store, csn_span text) {
  if (text.len > 0) memcpy(store->texts + store->texts_len, text.ptr, text.len);
  store->texts_len += text.len;
  return (uint8_t)text.len;
}

csn_error csn_api_key_store_add(csn_api_key_store *store, const csn_api_key_record *record) {
  csn_error error = check_record(record);
  if (error != CSN_OK) return error;
  csn_span key_id = csn_name_span(&record->key_id);
  if (find_hash(store, record->hash) != NULL || find_key_id(store, key_id) != NULL) return CSN_ERROR_KEY_DUPLICATE;
  size_t text_len = (size_t)record->client_id.len + record->key_id.len + record->display.len + record->scopes_len;
  if ((error = make_text_room(store, text_len)) != CSN_OK) return error;
  if ((error = make_entry_room(store)) != CSN_OK) return error;

  entry *e = &store->entries[store->count];
  memcpy(e->hash, record->hash, sizeof e->hash);
  e->created = record->created;
  e->expires = record->expires;
  csn_atomic_init(&e->life, record->revoked            ? REVOKED
                            : record->grace_until == 0 ? UNTOUCHED
                                                       : (uint64_t)record->grace_until);
  e->text = store->texts_len;
  e->client_id_len = put_text(store, csn_name_span(&record->client_id));
  e->key_id_len = put_text(store, key_id);
  e->display_len = put_text(store, csn_name_span(&record->display));
  (void)put_text(store, csn_api_key_record_scopes(record));
  e->scopes_len = record->scopes_len;
  enter_both(store, store->count);
  store->count++;
  return CSN_OK;
}

/* ---- finding ---- */

static const uint8_t *take_name(const uint8_t *text, uint8_t len, csn_name *out) {
  csn_name_set(out, csn_span_of(text, len));
  return text + len;
}

bool csn_api_key_store_find(const csn_api_key_store *store, const uint8_t hash[CSN_API_KEY_HASH_BYTES],
                            csn_api_key_record *out) {
  const entry *e = find_hash(store, hash);
  memset(out, 0, sizeof *out);
  if (e == NULL) return false;
  uint64_t life = csn_atomic_load_relaxed(&e->life);
  memcpy(out->hash, e->hash, sizeof out->hash);
  out->created = e->created;
  out->expires = e->expires;
  out->revoked = life == REVOKED;
  out->grace_until = life == UNTOUCHED ? 0 : (int64_t)life;
  const uint8_t *text = store->texts + e->text;
  text = take_name(text, e->client_id_len, &out->client_id);
  text = take_name(text, e->key_id_len, &out->key_id);
  text = take_name(text, e->display_len, &out->display);
  memcpy(out->scopes, text, e->scopes_len);
  out->scopes_len = e->scopes_len;
  return true;
}

/* ---- rotation ---- */

/* Lowers the key's life to `life`, unless it is lower. */
static bool shorten(csn_api_key_store *store, csn_span key_id, uint64_t life) {
  entry *e = find_key_id(store, key_id);
  if (e == NULL) return false;
  uint64_t held = csn_atomic_load_relaxed(&e->life);
  while (held > life && !csn_atomic_cas_release(&e->life, held, life)) held = csn_atomic_load_relaxed(&e->life);
  return true;
}

bool csn_api_key_store_revoke(csn_api_key_store *store, csn_span key_id) {
  return shorten(store, key_id, REVOKED);
}

bool csn_api_key_store_retire(csn_api_key_store *store, csn_span key_id, int64_t grace_until) {
  return grace_until > 0 && shorten(store, key_id, (uint64_t)grace_until);
}

size_t csn_api_key_store_count(const csn_api_key_store *store) {
  return store->count;
}

/* ---- as a source ---- */

static csn_lookup source_find(void *self, const uint8_t hash[CSN_API_KEY_HASH_BYTES], csn_api_key_record *out) {
  return csn_api_key_store_find(self, hash, out) ? CSN_LOOKUP_FOUND : CSN_LOOKUP_ABSENT;
}

static csn_error source_put(void *self, const csn_api_key_record *record) {
  return csn_api_key_store_add(self, record);
}

csn_api_key_source csn_api_key_store_source(csn_api_key_store *store) {
  return (csn_api_key_source){.find = source_find, .put = source_put, .self = store};
}
