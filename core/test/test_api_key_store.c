/* The store of API keys in memory: what is put in is found, and nothing else; a key's life only gets shorter. */
#include "count_digests.h"

#include <countersign/api_key.h>
#include <openssl/evp.h>
#include <pthread.h>

#include "support.h"

static csn_api_key_store *store_new(void) {
  csn_api_key_store *store = NULL;
  assert_int_equal(csn_api_key_store_new(&store), CSN_OK);
  return store;
}

/* A record whose hash is the SHA-256 of its number, and whose key id is the number. */
static csn_api_key_record record_of(uint64_t number) {
  csn_api_key_record record = {.created = (int64_t)number};
  char text[32];
  assert_int_equal(EVP_Digest(&number, sizeof number, record.hash, NULL, EVP_sha256(), NULL), 1);
  (void)snprintf(text, sizeof text, "key-%llu", (unsigned long long)number);
  csn_name_set(&record.key_id, csn_span_str(text));
  return record;
}

static void set_scopes(csn_api_key_record *record, const char *scopes) {
  record->scopes_len = (uint16_t)strlen(scopes);
  memcpy(record->scopes, scopes, record->scopes_len);
}

static void assert_same(const csn_api_key_record *a, const csn_api_key_record *b) {
  assert_memory_equal(a->hash, b->hash, sizeof a->hash);
  assert_true(a->created == b->created && a->expires == b->expires && a->grace_until == b->grace_until);
  assert_int_equal(a->revoked, b->revoked);
  assert_true(csn_span_equal(csn_name_span(&a->client_id), csn_name_span(&b->client_id)));
  assert_true(csn_span_equal(csn_name_span(&a->key_id), csn_name_span(&b->key_id)));
  assert_true(csn_span_equal(csn_name_span(&a->display), csn_name_span(&b->display)));
  assert_true(csn_span_equal(csn_api_key_record_scopes(a), csn_api_key_record_scopes(b)));
}

static bool is_absent(const csn_api_key_store *store, const uint8_t hash[CSN_API_KEY_HASH_BYTES]) {
  static const csn_api_key_record nothing;
  csn_api_key_record found;
  memset(&found, 0xa5, sizeof found);
  return !csn_api_key_store_find(store, hash, &found) && memcmp(&found, &nothing, sizeof found) == 0;
}

static csn_api_key_record find(const csn_api_key_store *store, const uint8_t hash[CSN_API_KEY_HASH_BYTES]) {
  csn_api_key_record found;
  memset(&found, 0xa5, sizeof found);
  assert_true(csn_api_key_store_find(store, hash, &found));
  return found;
}

static void records_come_back_whole(void **state) {
  csn_api_key_store *store = store_new();
  csn_api_key_source source = csn_api_key_store_source(store);
  csn_api_key_record least = record_of(1), most = record_of(2), revoked = record_of(3), found;
  char full[CSN_API_KEY_SCOPES_MAX + 1] = {0}, id[CSN_ID_MAX];
  (void)state;
  assert_true(is_absent(store, least.hash));
  assert_false(csn_api_key_store_revoke(store, csn_span_str("key-1")));
  memset(full, 's', CSN_API_KEY_SCOPES_MAX);
  full[100] = ' ';
  memset(id, 'i', sizeof id);
  set_scopes(&most, full);
  csn_name_set(&most.client_id, csn_span_of(id, sizeof id));
  csn_name_set(&most.key_id, csn_span_of(id, sizeof id));
  csn_name_set(&most.display, csn_span_str("0123456789abcdef_AbCz"));
  most.created = most.expires = most.grace_until = INT64_MAX;
  revoked.revoked = true;
  set_scopes(&revoked, "read write");
  assert_int_equal(csn_api_key_store_add(store, &least), CSN_OK);
  assert_int_equal(source.put(source.self, &most), CSN_OK);
  assert_int_equal(csn_api_key_store_add(store, &revoked), CSN_OK);
  assert_int_equal(csn_api_key_store_count(store), 3);
  const csn_api_key_record *const all[] = {&least, &most, &revoked};
  for (size_t i = 0; i < 3; i++) {
    found = find(store, all[i]->hash);
    assert_same(&found, all[i]);
    memset(&found, 0xa5, sizeof found);
    assert_int_equal(source.find(source.self, all[i]->hash, &found), CSN_LOOKUP_FOUND);
    assert_same(&found, all[i]);
  }
  assert_int_equal(source.find(source.self, record_of(4).hash, &found), CSN_LOOKUP_ABSENT);
  csn_api_key_store_free(store);
  csn_api_key_store_free(NULL);
}

static void duplicates_are_refused(void **state) {
  csn_api_key_store *store = store_new();
  csn_api_key_record a = record_of(1), same_hash = record_of(2), same_id = record_of(3), found;
  (void)state;
  memcpy(same_hash.hash, a.hash, sizeof a.hash);
  same_id.key_id = a.key_id;
  assert_int_equal(csn_api_key_store_add(store, &a), CSN_OK);
  assert_int_equal(csn_api_key_store_add(store, &same_hash), CSN_ERROR_KEY_DUPLICATE);
  assert_int_equal(csn_api_key_store_add(store, &same_id), CSN_ERROR_KEY_DUPLICATE);
  assert_int_equal(csn_api_key_store_count(store), 1);
  found = find(store, a.hash);
  assert_same(&found, &a);
  assert_true(is_absent(store, same_id.hash));
  csn_api_key_store_free(store);
}

static void records_are_checked(void **state) {
  csn_api_key_store *store = store_new();
  uint8_t text[255];
  size_t count = 0;
  (void)state;
  memset(text, 'x', sizeof text);
#define ADDS(expected, ...)                                               \
  do {                                                                    \
    csn_api_key_record record = record_of(count);                         \
    __VA_ARGS__;                                                          \
    assert_int_equal(csn_api_key_store_add(store, &record), expected);    \
    if ((expected) == CSN_OK) count++;                                    \
    if ((expected) != CSN_OK) assert_true(is_absent(store, record.hash)); \
    assert_int_equal(csn_api_key_store_count(store), count);              \
  } while (0)
  ADDS(CSN_ERROR_ID_INVALID, record.key_id.len = 0);
  ADDS(CSN_ERROR_ID_INVALID, csn_name_set(&record.key_id, csn_span_of(text, CSN_ID_MAX + 1)));
  ADDS(CSN_OK, csn_name_set(&record.key_id, csn_span_of(text, CSN_ID_MAX)));
  ADDS(CSN_ERROR_ID_INVALID, csn_name_set(&record.key_id, csn_span_str("a\nb")));
  ADDS(CSN_ERROR_ID_INVALID, csn_name_set(&record.key_id, csn_span_str("a\x7f")));
  ADDS(CSN_ERROR_ID_INVALID, csn_name_set(&record.key_id, csn_span_str("\x1f")));
  ADDS(CSN_OK, csn_name_set(&record.key_id, csn_span_str("~ key of \"Bob\"")));
  ADDS(CSN_ERROR_ID_INVALID, csn_name_set(&record.client_id, csn_span_of(text, CSN_ID_MAX + 1)));
  ADDS(CSN_OK, csn_name_set(&record.client_id, csn_span_of(text, CSN_ID_MAX)));
  ADDS(CSN_ERROR_ID_INVALID, csn_name_set(&record.client_id, csn_span_str("a b")));
  ADDS(CSN_ERROR_INVALID_ARGUMENT, csn_name_set(&record.display, csn_span_of(text, CSN_API_KEY_DISPLAY_MAX + 1)));
  ADDS(CSN_OK, csn_name_set(&record.display, csn_span_of(text, CSN_API_KEY_DISPLAY_MAX)));
  ADDS(CSN_ERROR_INVALID_ARGUMENT, csn_name_set(&record.display, csn_span_str("csn-")));
  ADDS(CSN_ERROR_INVALID_ARGUMENT, record.created = -1);
  ADDS(CSN_ERROR_INVALID_ARGUMENT, record.expires = -1);
  ADDS(CSN_ERROR_INVALID_ARGUMENT, record.grace_until = -1);
  ADDS(CSN_OK, record.created = 0);
  ADDS(CSN_ERROR_INVALID_ARGUMENT, set_scopes(&record, "read "));
  ADDS(CSN_ERROR_INVALID_ARGUMENT, record.scopes_len = CSN_API_KEY_SCOPES_MAX + 1);
#undef ADDS
  csn_api_key_store_free(store);
}

/* Hashes that share the index's 64 bits, or all but one bit, are told apart. */
static void near_hashes_are_told_apart(void **state) {
  csn_api_key_store *store = store_new();
  csn_api_key_record base = record_of(0);
  (void)state;
  assert_int_equal(csn_api_key_store_add(store, &base), CSN_OK);
  for (size_t bit = 0; bit < 256; bit++) {
    csn_api_key_record near = record_of(bit + 1);
    memcpy(near.hash, base.hash, sizeof near.hash);
    near.hash[bit / 8] ^= (uint8_t)(1u << bit % 8);
    assert_true(is_absent(store, near.hash));
    if (bit % 2 == 0) assert_int_equal(csn_api_key_store_add(store, &near), CSN_OK);
  }
  for (size_t bit = 0; bit < 256; bit++) {
    uint8_t hash[CSN_API_KEY_HASH_BYTES];
    memcpy(hash, base.hash, sizeof hash);
    hash[bit / 8] ^= (uint8_t)(1u << bit % 8);
    if (bit % 2 == 0) assert_int_equal(find(store, hash).created, bit + 1);
    if (bit % 2 == 1) assert_true(is_absent(store, hash));
  }
  assert_int_equal(find(store, base.hash).created, 0);
  csn_api_key_store_free(store);
}

static void a_million_are_found(void **state) {
  enum { MILLION = 1000000 };
  csn_api_key_store *store = store_new();
  (void)state;
  for (uint64_t i = 0; i < MILLION; i++) {
    csn_api_key_record record = record_of(i);
    assert_int_equal(csn_api_key_store_add(store, &record), CSN_OK);
  }
  assert_int_equal(csn_api_key_store_count(store), MILLION);
  for (uint64_t i = 0; i < MILLION; i += 7) {
    csn_api_key_record record = record_of(i), found = find(store, record.hash);
    assert_same(&found, &record);
    assert_true(is_absent(store, record_of(MILLION + i).hash));
  }
  csn_api_key_store_free(store);
}

/* ---- rotation ---- */

static csn_span key_1(void) {
  return csn_span_str("key-1");
}

static void a_life_only_gets_shorter(void **state) {
  csn_api_key_store *store = store_new();
  csn_api_key_record record = record_of(1), other = record_of(2);
  (void)state;
  assert_int_equal(csn_api_key_store_add(store, &record), CSN_OK);
  assert_int_equal(csn_api_key_store_add(store, &other), CSN_OK);
  assert_false(csn_api_key_store_retire(store, csn_span_str("key-3"), 100));
  assert_false(csn_api_key_store_retire(store, csn_span_of(NULL, 0), 100));
  assert_false(csn_api_key_store_retire(store, key_1(), 0));
  assert_false(csn_api_key_store_retire(store, key_1(), -1));
  assert_int_equal(find(store, record.hash).grace_until, 0);
  assert_true(csn_api_key_store_retire(store, key_1(), 100));
  assert_int_equal(find(store, record.hash).grace_until, 100);
  assert_true(csn_api_key_store_retire(store, key_1(), 101));
  assert_int_equal(find(store, record.hash).grace_until, 100);
  assert_true(csn_api_key_store_retire(store, key_1(), 99));
  assert_int_equal(find(store, record.hash).grace_until, 99);
  assert_false(find(store, record.hash).revoked);
  assert_true(csn_api_key_store_revoke(store, key_1()));
  assert_true(find(store, record.hash).revoked);
  assert_true(csn_api_key_store_retire(store, key_1(), 1000));
  assert_true(csn_api_key_store_revoke(store, key_1()));
  assert_true(find(store, record.hash).revoked);
  csn_api_key_record found = find(store, other.hash);
  assert_same(&found, &other);
  csn_api_key_store_free(store);
}

/* Random calls against an array of records that is searched from its start. */
static void a_plain_list_agrees(void **state) {
  enum { NUMBERS = 64, CALLS = 20000 };
  csn_api_key_store *store = NULL;
  csn_api_key_record model[NUMBERS];
  bool there[NUMBERS] = {false};
  uint64_t random = 1;
  (void)state;
  for (size_t call = 0; call < CALLS; call++) {
    if (call % 1000 == 0) { /* anew, so that adding is seen again */
      csn_api_key_store_free(store);
      store = store_new();
      memset(there, 0, sizeof there);
    }
    random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    size_t n = random >> 40 & (NUMBERS - 1);
    int64_t until = 1 + (int64_t)(random >> 50 & 255);
    csn_api_key_record record = record_of(n), *m = &model[n];
    csn_span key_id = csn_name_span(&record.key_id);
    switch (random >> 60) {
      case 0:
        assert_int_equal(csn_api_key_store_revoke(store, key_id), there[n]);
        m->revoked = true, m->grace_until = 0;
        break;
      case 1:
      case 2:
      case 3:
        assert_int_equal(csn_api_key_store_retire(store, key_id, until), there[n]);
        if (there[n] && !m->revoked && (m->grace_until == 0 || until < m->grace_until)) m->grace_until = until;
        break;
      case 4:
        assert_int_equal(csn_api_key_store_add(store, &record), there[n] ? CSN_ERROR_KEY_DUPLICATE : CSN_OK);
        if (!there[n]) *m = record;
        there[n] = true;
        break;
      default:
        if (!there[n]) {
          assert_true(is_absent(store, record.hash));
        } else {
          record = find(store, record.hash);
          assert_same(&record, m);
        }
    }
  }
  csn_api_key_store_free(store);
}

/* One thread shortens a key's life second by second and then revokes it; another never sees it lengthen, and sees the
 * revocation once the call has returned. */
typedef struct shared {
  csn_api_key_store *store;
  csn_api_key_record record;
  _Atomic bool revoked, failed;
} shared;

static void *watch(void *context) {
  shared *s = context;
  int64_t last = INT64_MAX;
  for (bool done = false; !done;) {
    csn_api_key_record found;
    done = s->revoked;
    if (!csn_api_key_store_find(s->store, s->record.hash, &found)) s->failed = true;
    int64_t until = found.revoked ? 0 : found.grace_until == 0 ? INT64_MAX : found.grace_until;
    if (until > last || (done && !found.revoked)) s->failed = true;
    last = until;
  }
  return NULL;
}

static void readers_see_a_life_shorten(void **state) {
  shared s = {.store = store_new(), .record = record_of(1)};
  pthread_t reader;
  (void)state;
  assert_int_equal(csn_api_key_store_add(s.store, &s.record), CSN_OK);
  assert_int_equal(pthread_create(&reader, NULL, watch, &s), 0);
  for (int64_t until = 200000; until > 0; until--) {
    if (!csn_api_key_store_retire(s.store, key_1(), until)) s.failed = true;
  }
  if (!csn_api_key_store_revoke(s.store, key_1())) s.failed = true;
  s.revoked = true;
  assert_int_equal(pthread_join(reader, NULL), 0);
  assert_false(s.failed);
  csn_api_key_store_free(s.store);
}

/* ---- what a look-up costs ---- */

/* The digests of a whole look-up, from a key's text to its record. */
static size_t digests_of(const csn_api_key_store *store, const csn_key *pepper, csn_span text, bool there) {
  csn_api_key key;
  csn_api_key_record found;
  uint8_t hash[CSN_API_KEY_HASH_BYTES];
  size_t offset;
  digests = 0;
  if (csn_api_key_parse(text, &key, &offset) != CSN_REASON_ACCEPTED) return digests;
  csn_api_key_hash(pepper, text, hash);
  assert_int_equal(csn_api_key_store_find(store, hash, &found), there);
  return digests;
}

static void unknown_key_costs_the_same_mac(void **state) {
  csn_api_key_store *store = store_new();
  csn_key_config config = test_key_config("", "pepper", CSN_USE_TOKEN);
  csn_api_key_record record = record_of(1), revoked = record_of(2);
  csn_api_key_text texts[3];
  uint8_t random[CSN_API_KEY_RANDOM_BYTES] = {0};
  csn_span spans[3];
  csn_key pepper;
  (void)state;
  assert_int_equal(csn_key_init(&pepper, &config), CSN_OK);
  for (uint8_t i = 0; i < 3; i++) { /* they differ in their last characters only */
    random[42] = i;
    assert_int_equal(csn_api_key_make(csn_span_str("csn"), random, &texts[i]), CSN_OK);
    spans[i] = csn_span_of(texts[i].bytes, texts[i].len);
  }
  csn_api_key_hash(&pepper, spans[0], record.hash);
  csn_api_key_hash(&pepper, spans[1], revoked.hash);
  assert_int_equal(digests_of(store, &pepper, spans[2], false), 2); /* nothing is stored */
  assert_int_equal(csn_api_key_store_add(store, &record), CSN_OK);
  assert_int_equal(csn_api_key_store_add(store, &revoked), CSN_OK);
  assert_true(csn_api_key_store_revoke(store, csn_span_str("key-2")));
  assert_int_equal(digests_of(store, &pepper, spans[0], true), 2); /* the inner and the outer hash */
  assert_int_equal(digests_of(store, &pepper, spans[1], true), 2);
  assert_int_equal(digests_of(store, &pepper, spans[2], false), 2);
  texts[0].bytes[10] ^= 1; /* a wrong checksum costs none */
  assert_int_equal(digests_of(store, &pepper, spans[0], false), 0);
  csn_api_key_store_free(store);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(records_come_back_whole),
      cmocka_unit_test(duplicates_are_refused),
      cmocka_unit_test(records_are_checked),
      cmocka_unit_test(near_hashes_are_told_apart),
      cmocka_unit_test(a_million_are_found),
      cmocka_unit_test(a_life_only_gets_shorter),
      cmocka_unit_test(a_plain_list_agrees),
      cmocka_unit_test(readers_see_a_life_shorten),
      cmocka_unit_test(unknown_key_costs_the_same_mac),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
