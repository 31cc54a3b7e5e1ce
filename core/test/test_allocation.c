/* Every allocation fails once, at every point: a clear error, nothing changed, nothing leaked, and the next try works.
 * Replaces the C library's allocator, so it is not run under the sanitizers, which do so, too. */
#include <countersign/countersign.h>

#include <errno.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "support.h"

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void __libc_free(void *ptr);

static size_t allocations, failing; /* counted from 1; 0: none fails */
static long balance;                /* blocks that are allocated and not freed */

static bool fails(void) {
  return ++allocations == failing;
}

static void *counted(void *ptr) {
  balance += ptr != NULL;
  return ptr;
}

void *malloc(size_t size) {
  return fails() ? NULL : counted(__libc_malloc(size));
}
void *calloc(size_t count, size_t size) {
  return fails() ? NULL : counted(__libc_calloc(count, size));
}
void *realloc(void *old, size_t size) {
  if (fails()) return NULL;
  void *moved = __libc_realloc(old, size);
  balance += moved != NULL && old == NULL;
  return moved;
}
void free(void *ptr) {
  balance -= ptr != NULL;
  __libc_free(ptr);
}
/* The memory of keys; the allocator has its own way to the system. */
void *mmap(void *where, size_t size, int protection, int flags, int fd, off_t offset) {
  if (!fails()) return (void *)syscall(SYS_mmap, where, size, protection, flags, fd, offset);
  errno = ENOMEM;
  return MAP_FAILED;
}

/* Runs `attempt` with its first allocation failing, then its second and so on, until it succeeds. */
static size_t fail_each(csn_error (*attempt)(void *), void (*undo)(void *), void *context) {
  size_t failed = 0;
  for (size_t at = 1;; at++) {
    long before = balance;
    allocations = 0;
    failing = at;
    csn_error error = attempt(context);
    failing = 0;
    if (error == CSN_OK) {
      undo(context);
      assert_int_equal(balance, before);
      return failed;
    }
    assert_int_equal(error, CSN_ERROR_NO_MEMORY);
    assert_int_equal(balance, before);
    failed++;
  }
}

static csn_error new_ring(void *context) {
  static const uint8_t seed[16];
  return csn_keyring_new(context, seed);
}
static void free_ring(void *context) {
  csn_keyring_free(*(csn_keyring **)context);
}

static csn_error new_table(void *context) {
  csn_nonce_table_config config = {.capacity = 1000, .seed = {1}, .fence = CSN_NONCE_NO_FENCE, .now = 1};
  return csn_nonce_table_new(context, &config);
}
static void free_table(void *context) {
  csn_nonce_table_free(*(csn_nonce_table **)context);
}

typedef struct verifier_attempt {
  csn_verifier *verifier;
  csn_verifier_config config;
} verifier_attempt;

static csn_error new_verifier(void *context) {
  verifier_attempt *attempt = context;
  return csn_verifier_new(&attempt->verifier, &attempt->config);
}
static void free_verifier(void *context) {
  csn_verifier_free(((verifier_attempt *)context)->verifier);
}

static void makers_fail_cleanly(void **state) {
  csn_keyring *ring = NULL;
  csn_nonce_table *table = NULL;
  verifier_attempt attempt = {.config = CSN_VERIFIER_CONFIG_DEFAULT};
  (void)state;
  assert_int_equal(fail_each(new_ring, free_ring, &ring), 3);    /* the ring, its state, and the readers' counts */
  assert_int_equal(fail_each(new_table, free_table, &table), 3); /* the handle, its counters, and the region */
  assert_int_equal(new_ring(&ring), CSN_OK);
  attempt.config.scheme = csn_scheme_preset(csn_span_str("bearer-jwt"));
  attempt.config.keyring = ring;
  assert_int_equal(fail_each(new_verifier, free_verifier, &attempt), 1);
  attempt.config.scheme = csn_scheme_preset(csn_span_str("aws-sigv4"));
  attempt.config.sigv4.region = attempt.config.sigv4.service = csn_span_str("s");
  assert_int_equal(fail_each(new_verifier, free_verifier, &attempt), 2); /* the verifier, and its derived keys */
  csn_keyring_free(ring);
}

/* While the ring grows, each failure leaves all earlier keys where they were. */
static void ring_stays_whole_when_it_cannot_grow(void **state) {
  csn_keyring *ring = NULL;
  const csn_key *found[CSN_KEYS_PER_CLIENT_MAX];
  size_t failed = 0;
  (void)state;
  assert_int_equal(new_ring(&ring), CSN_OK);
  for (int i = 0; i < 100; i++) {
    char client[24];
    (void)snprintf(client, sizeof client, "client-%d", i);
    csn_key_config config = test_key_config(client, "k", CSN_USE_REQUEST);
    for (size_t at = 1;; at++) {
      allocations = 0;
      failing = at;
      csn_error error = csn_keyring_add(ring, &config);
      failing = 0;
      if (error == CSN_OK) break;
      assert_int_equal(error, CSN_ERROR_NO_MEMORY);
      assert_int_equal(csn_keyring_count(ring), i);
      assert_int_equal(test_find_client(ring, csn_span_str(client), found), 0);
      if (i > 0) assert_int_equal(test_find_client(ring, csn_span_str("client-0"), found), 1);
      failed++;
    }
  }
  assert_int_equal(csn_keyring_count(ring), 100);
  assert_true(failed >= 3 * 100); /* the state, a leaf, a branch; now and then pages for keys */
  csn_keyring_free(ring);
}

/* ---- every change of a ring ---- */

static csn_error change_rotate(csn_keyring *ring) {
  csn_key_config config = test_key_config("client-1", "new", CSN_USE_REQUEST | CSN_USE_TOKEN);
  csn_key key;
  assert_int_equal(csn_key_init(&key, &config), CSN_OK);
  return csn_keyring_rotate(ring, &key, 1000, 10);
}
static csn_error change_revoke(csn_keyring *ring) {
  return csn_keyring_revoke(ring, csn_span_str("client-1"), csn_span_str("k"));
}
static csn_error change_remove(csn_keyring *ring) {
  return csn_keyring_remove(ring, csn_span_str("client-1"), csn_span_str("k"));
}
static csn_error change_replace(csn_keyring *ring) {
  return csn_keyring_replace(ring, ring);
}

/* Of each client one key, "k", for requests and tokens: client-1's is as at first, and nothing else has come. */
static void assert_unchanged(const csn_keyring *ring, int clients) {
  const csn_key *found[CSN_KEYS_PER_CLIENT_MAX];
  assert_int_equal(csn_keyring_count(ring), clients);
  assert_int_equal(test_token_key_count(ring), clients);
  assert_int_equal(test_find_client(ring, csn_span_str("client-1"), found), 1);
  assert_int_equal(found[0]->accept_until, 0);
  assert_false(found[0]->revoked);
  assert_null(test_find_key_id(ring, csn_span_str("new")));
}

static void changes_are_whole_or_nothing(void **state) {
  csn_error (*const changes[])(csn_keyring *) = {change_replace, change_rotate, change_revoke, change_remove};
  enum { CLIENTS = 200 };
  (void)state;
  for (size_t c = 0; c < sizeof changes / sizeof changes[0]; c++) {
    csn_keyring *ring = NULL;
    csn_error error = CSN_ERROR_NO_MEMORY;
    size_t failed = 0;
    long before = balance;
    assert_int_equal(new_ring(&ring), CSN_OK);
    for (int i = 0; i < CLIENTS; i++) {
      char client[24];
      (void)snprintf(client, sizeof client, "client-%d", i);
      csn_key_config config = test_key_config(client, i == 1 ? "k" : client, CSN_USE_REQUEST | CSN_USE_TOKEN);
      assert_int_equal(csn_keyring_add(ring, &config), CSN_OK);
    }
    long with_keys = balance;
    for (size_t at = 1; error != CSN_OK; at++) {
      assert_unchanged(ring, CLIENTS);
      assert_int_equal(balance, with_keys);
      allocations = 0;
      failing = at;
      error = changes[c](ring);
      failing = 0;
      assert_true(error == CSN_OK || error == CSN_ERROR_NO_MEMORY);
      failed += error != CSN_OK;
    }
    assert_true(failed >= 5); /* the state, and in each tree a branch and a leaf at least */
    assert_int_equal(csn_keyring_reclaim(ring).waiting, 0);
    csn_keyring_free(ring);
    assert_int_equal(balance, before);
  }
}

#define K(id) "{\"kty\":\"oct\",\"kid\":\"" id "\",\"k\":\"MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE\"}"

/* A JWK Set is loaded whole or not at all. */
static void jwks_load_all_or_nothing(void **state) {
  static const char text[] =
      "{\"keys\":[" K("1") "," K("2") "," K("3") "," K("4") "," K("5") "," K("6") "," K("7") "," K("8") "," K("9") "]}";
  csn_key_config defaults = CSN_KEY_CONFIG_DEFAULT;
  csn_error error = CSN_ERROR_NO_MEMORY;
  size_t failed = 0;
  (void)state;
  defaults.uses = CSN_USE_TOKEN;
  for (size_t at = 1; error == CSN_ERROR_NO_MEMORY; at++) {
    csn_keyring *ring = NULL;
    csn_jwks_result result;
    assert_int_equal(new_ring(&ring), CSN_OK);
    allocations = 0;
    failing = at;
    error = csn_keyring_add_jwks(ring, csn_span_str(text), &defaults, &result);
    failing = 0;
    if (error == CSN_ERROR_NO_MEMORY) {
      failed++;
      assert_int_equal(csn_keyring_count(ring), 0);
      assert_int_equal(csn_keyring_add_jwks(ring, csn_span_str(text), &defaults, &result), CSN_OK);
    }
    assert_int_equal(csn_keyring_count(ring), 9);
    csn_keyring_free(ring);
  }
  assert_int_equal(error, CSN_OK);
  assert_true(failed > 8);
}

static csn_error new_api_keys(void *context) {
  return csn_api_key_store_new(context);
}
static void free_api_keys(void *context) {
  csn_api_key_store_free(*(csn_api_key_store **)context);
}

/* The same for API keys; and finding one allocates nothing. */
static void api_keys_stay_whole(void **state) {
  csn_api_key_store *store = NULL;
  size_t failed = 0;
  (void)state;
  assert_int_equal(fail_each(new_api_keys, free_api_keys, &store), 1);
  long before = balance;
  assert_int_equal(csn_api_key_store_new(&store), CSN_OK);
  for (uint8_t i = 0; i < 200; i++) {
    csn_api_key_record record = {.hash = {i},
                                 .key_id = {.len = 1 + CSN_ID_MAX / 2, .bytes = {'0' + i / 64, '0' + i % 64}}};
    memset(record.key_id.bytes + 2, 'k', CSN_ID_MAX / 2);
    csn_api_key_record found;
    csn_error error = CSN_ERROR_NO_MEMORY;
    for (size_t at = 1; error != CSN_OK; at++) {
      allocations = 0;
      failing = at;
      error = csn_api_key_store_add(store, &record);
      failing = allocations = 0;
      bool added = error == CSN_OK;
      assert_true(added || error == CSN_ERROR_NO_MEMORY);
      assert_int_equal(csn_api_key_store_count(store), i + (added ? 1 : 0));
      assert_int_equal(csn_api_key_store_find(store, record.hash, &found), added);
      assert_int_equal(csn_api_key_store_revoke(store, csn_name_span(&record.key_id)), added);
      if (i > 0) assert_true(csn_api_key_store_find(store, (const uint8_t[CSN_API_KEY_HASH_BYTES]){0}, &found));
      assert_int_equal(allocations, 0);
      failed += !added;
    }
  }
  assert_true(failed >= 3 * 5 + 5); /* three arrays, at every doubling from 16 to 256; and the texts */
  csn_api_key_store_free(store);
  assert_int_equal(balance, before);
}

/* ---- refresh tokens ---- */

static csn_error new_memory(void *context) {
  return csn_refresh_memory_new(context, 100);
}
static void free_memory(void *context) {
  csn_refresh_memory_free(*(csn_refresh_memory **)context);
}

/* A family that cannot be remembered is not: the same token can be added afterwards. */
static void refresh_tokens_stay_whole(void **state) {
  static const uint8_t hash[CSN_REFRESH_HASH_BYTES] = {1}, next[CSN_REFRESH_HASH_BYTES] = {2};
  csn_refresh_memory *memory;
  csn_grant grant = {.subject = {1, {'s'}}};
  long before = balance;
  (void)state;
  assert_true(fail_each(new_memory, free_memory, &memory) >= 3);
  assert_int_equal(new_memory(&memory), CSN_OK);
  csn_refresh_store store = csn_refresh_memory_store(memory);
  allocations = 0;
  failing = 1;
  assert_int_equal(store.add(store.self, hash, &grant, 2000, 1000), CSN_REFRESH_UNAVAILABLE);
  failing = 0;
  assert_int_equal(store.exchange(store.self, hash, next, 2000, 1000, &grant), CSN_REFRESH_UNKNOWN);
  assert_int_equal(store.add(store.self, hash, &grant, 2000, 1000), CSN_REFRESH_ISSUED);
  allocations = 0;
  assert_int_equal(store.exchange(store.self, hash, next, 2000, 1000, &grant), CSN_REFRESH_ISSUED);
  assert_int_equal(allocations, 0);
  csn_refresh_memory_free(memory);
  assert_int_equal(balance, before);
}

/* ---- requests: test_verify_costs.c has the whole of them ---- */

/* A policy that asks for everything allocates nothing, and neither does who reads the claims. */
static void claims_are_read_without_allocation(void **state) {
  static const csn_span names[] = {CSN_SPAN_LITERAL("a")};
  static csn_jwt jwt;
  csn_keyring *ring = NULL;
  csn_key_config key_config = test_key_config("c", "k", CSN_USE_TOKEN);
  csn_jwt_policy policy = CSN_JWT_POLICY_DEFAULT;
  csn_verdict verdict;
  csn_registered_claims all;
  csn_key key;
  uint8_t token[512];
  size_t len = 0;
  (void)state;
  assert_int_equal(new_ring(&ring), CSN_OK);
  assert_int_equal(csn_key_init(&key, &key_config), CSN_OK);
  assert_int_equal(csn_keyring_add_key(ring, &key), CSN_OK);
  csn_span claims =
      csn_span_str("{\"sub\":\"c\",\"exp\":2000,\"iat\":990,\"iss\":\"i\",\"scp\":[\"x\",\"y\"],\"a\":[1]}");
  assert_int_equal(csn_sign_jwt_typed(&key, csn_span_str("at+jwt"), claims, token, sizeof token, &len), CSN_OK);
  policy.issuer = csn_span_str("i");
  policy.typ = csn_span_str("at+jwt");
  policy.scopes = csn_span_str("y x");
  policy.scope_claim = csn_span_str("scp");
  policy.max_age = 10;
  policy.claims = (csn_span_list){names, 1};
  allocations = 0;
  test_jwt_verify(ring, &policy, csn_span_of(token, len), 1000, &jwt, &verdict);
  csn_claims_registered(&jwt, &all);
  assert_int_equal(allocations, 0);
  assert_reason(&verdict, ACCEPTED);
  assert_true(csn_claim_is(&all.sub, csn_span_str("c")));
  csn_keyring_free(ring);
}

/* An HTTP Message Signature by HMAC, with the digest of a body, is made and verified without allocation. */
static void message_signatures_allocate_nothing(void **state) {
  csn_http_signature_policy policy = CSN_HTTP_SIGNATURE_POLICY_DEFAULT;
  csn_key_config config = test_key_config("c", "k", CSN_USE_REQUEST);
  csn_header headers[] = {{csn_span_str("Host"), csn_span_str("example.com")}, {{0}, {0}}, {{0}, {0}}, {{0}, {0}}};
  csn_request request = {.method = csn_span_str("POST"), .target = csn_span_str("/"), .body = csn_span_str("{}")};
  const csn_span components[] = {csn_span_str("@method"), csn_span_str("@target-uri"), csn_span_str("content-digest")};
  csn_http_sign_input input = {.request = &request, .context = &policy.context, .label = csn_span_str("s")};
  csn_http_signature signature;
  csn_keyring *ring = NULL;
  csn_verdict verdict;
  csn_signed made;
  csn_key key;
  (void)state;
  request.headers = headers;
  request.header_count = 1;
  assert_int_equal(csn_key_init(&key, &config), CSN_OK);
  assert_int_equal(new_ring(&ring), CSN_OK);
  assert_int_equal(csn_keyring_add_key(ring, &key), CSN_OK);
  input.key = &key;
  input.components = components;
  input.component_count = 3;
  input.params.has_created = true;
  input.params.created = 1000;
  input.params.keyid = csn_span_str("k");
  input.params.nonce = csn_span_str("n");
  test_http_signature_verify(ring, &policy, 300, &request, 1000, &signature, &verdict); /* the thread's first */
  allocations = 0;
  assert_int_equal(csn_http_sign(&made, &input), CSN_OK);
  assert_int_equal(made.header_count, 3);
  memcpy(headers + 1, made.headers, 3 * sizeof headers[0]);
  request.header_count = 4;
  test_http_signature_verify(ring, &policy, 300, &request, 1000, &signature, &verdict);
  assert_reason(&verdict, ACCEPTED);
  test_http_signature_verify(ring, &policy, 300, &request, 2000, &signature, &verdict);
  assert_reason(&verdict, TIMESTAMP_PAST);
  assert_int_equal(allocations, 0);
  csn_keyring_free(ring);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(makers_fail_cleanly),          cmocka_unit_test(ring_stays_whole_when_it_cannot_grow),
      cmocka_unit_test(changes_are_whole_or_nothing), cmocka_unit_test(jwks_load_all_or_nothing),
      cmocka_unit_test(api_keys_stay_whole),          cmocka_unit_test(message_signatures_allocate_nothing),
      cmocka_unit_test(refresh_tokens_stay_whole),    cmocka_unit_test(claims_are_read_without_allocation),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
