/* The ring changes each millisecond while two threads verify: every verdict is one that some state of the ring, between
 * the call's beginning and its end, allows. CSN_ROTATION_SECONDS says how long each test takes (default 2). */
#include <pthread.h>
#include <time.h>

#include "../src/atomics.h"
#include "support.h"

enum { NOW = 1700000000, VERIFIERS = 2, NAME_MAX_BYTES = 32 };

static csn_keyring *ring;
static csn_verifier *verifier;
static csn_atomic stop;

static unsigned seconds(void) {
  const char *text = getenv("CSN_ROTATION_SECONDS");
  return text == NULL ? 2 : (unsigned)strtoul(text, NULL, 10);
}

static uint64_t now_ms(void) {
  struct timespec at;
  (void)clock_gettime(CLOCK_MONOTONIC, &at);
  return (uint64_t)at.tv_sec * 1000 + (uint64_t)at.tv_nsec / 1000000;
}

/* Calls `change` each millisecond for as long as a test takes; returns how often. */
static uint64_t change_each_ms(void (*change)(void)) {
  const struct timespec pause = {0, 1000000};
  uint64_t changes = 0;
  for (uint64_t end = now_ms() + seconds() * UINT64_C(1000); now_ms() < end; changes++) {
    change();
    (void)nanosleep(&pause, NULL);
  }
  csn_atomic_store_release(&stop, 1);
  return changes;
}

static bool goes_on(void) {
  return csn_atomic_load_acquire(&stop) == 0;
}

static void open_verifier(const char *preset, csn_nonce_table *nonces) {
  csn_verifier_config config = CSN_VERIFIER_CONFIG_DEFAULT;
  config.scheme = csn_scheme_preset(csn_span_str(preset));
  config.keyring = ring;
  config.nonces = csn_nonce_table_store(nonces);
  assert_int_equal(csn_verifier_new(&verifier, &config), CSN_OK);
  csn_atomic_store_release(&stop, 0);
}

/* The nonce is always the same: only its first claim is fresh, and only what is authentic claims it. */
static bool is_authentic(const csn_verdict *verdict) {
  return csn_accepted(verdict) || verdict->reason == CSN_REASON_NONCE_REPLAYED;
}

/* Runs `verify` in threads and `change` here; returns how often the ring was changed. A thread returns how many
 * verdicts were right, or 0 where one was not. */
static uint64_t run(void *(*verify)(void *), void (*change)(void)) {
  pthread_t threads[VERIFIERS];
  for (size_t i = 0; i < VERIFIERS; i++) assert_int_equal(pthread_create(&threads[i], NULL, verify, NULL), 0);
  uint64_t changes = change_each_ms(change);
  uintptr_t verdicts = 0;
  for (size_t i = 0; i < VERIFIERS; i++) {
    void *right = NULL;
    assert_int_equal(pthread_join(threads[i], &right), 0);
    assert_true((uintptr_t)right > 0);
    verdicts += (uintptr_t)right;
  }
  print_message("%llu changes, %llu verdicts\n", (unsigned long long)changes, (unsigned long long)verdicts);
  csn_verifier_free(verifier);
  return changes;
}

/* The key of a number; its secret is the number's, too. */
static csn_key key_of(const char *client, uint64_t number, unsigned uses) {
  char name[NAME_MAX_BYTES], secret[64];
  (void)snprintf(name, sizeof name, "key-%llu", (unsigned long long)number);
  (void)snprintf(secret, sizeof secret, "the secret of the key with number %020llu", (unsigned long long)number);
  csn_key_config config = test_key_config(client, name, uses);
  config.secret = csn_span_str(secret);
  csn_key key;
  if (csn_key_init(&key, &config) != CSN_OK) abort();
  return key;
}

/* ---- rotation ---- */

/* Rotation `n` adds key n; keys n and n - 1 are then accepted, and n - 2 is refused a little later. */
static csn_atomic newest, refusing, refused; /* the last key that was added, is being refused, is refused */

static void rotate(void) {
  uint64_t n = csn_atomic_load_relaxed(&newest) + 1;
  char old[NAME_MAX_BYTES];
  csn_key key = key_of("client", n, CSN_USE_REQUEST);
  assert_int_equal(csn_keyring_rotate(ring, &key, NOW, CSN_GRACE_DEFAULT), CSN_OK);
  csn_key_wipe(&key);
  csn_atomic_store_release(&newest, n);
  if (n < 3) return;
  (void)snprintf(old, sizeof old, "key-%llu", (unsigned long long)(n - 2));
  csn_atomic_store_seq_cst(&refusing, n - 2);
  csn_error (*refuse)(csn_keyring *, csn_span, csn_span) = n % 2 == 0 ? csn_keyring_revoke : csn_keyring_remove;
  assert_int_equal(refuse(ring, csn_span_str("client"), csn_span_str(old)), CSN_OK);
  csn_atomic_store_release(&refused, n - 2);
}

/* A request that key `number` has signed. */
typedef struct signed_request {
  uint64_t number;
  char key_id[NAME_MAX_BYTES];
  csn_signed made;
  csn_request request;
} signed_request;

static void sign_with(signed_request *s, uint64_t number) {
  if (s->number == number) return;
  s->number = number;
  (void)snprintf(s->key_id, sizeof s->key_id, "key-%llu", (unsigned long long)number);
  s->request = (csn_request){.method = csn_span_str("GET"), .target = csn_span_str("/")};
  csn_key key = key_of("client", number, CSN_USE_REQUEST);
  csn_sign_input input = {.scheme = csn_scheme_preset(csn_span_str("hmac-nonce")),
                          .key = &key,
                          .request = &s->request,
                          .timestamp = NOW,
                          .nonce = csn_span_str("n")};
  if (csn_sign_request(&s->made, &input) != CSN_OK) abort();
  csn_key_wipe(&key);
  s->request.headers = s->made.headers;
  s->request.header_count = s->made.header_count;
}

static bool is_wrong(const csn_verdict *verdict, const char *why) {
  print_error("%s: %s\n", why, csn_reason_label(verdict->reason));
  return true;
}

/* One request of the newest key, one of a key that is refused, in one batch. */
static bool verify_pair_is_wrong(signed_request *good, signed_request *bad) {
  csn_verdict verdicts[3];
  uint64_t refused_before = csn_atomic_load_acquire(&refused);
  sign_with(good, csn_atomic_load_acquire(&newest));
  sign_with(bad, refused_before > 0 ? refused_before : UINT64_MAX);
  csn_request batch[] = {good->request, bad->request};
  csn_verify_batch(verifier, batch, verdicts, 2, NOW);
  csn_verify(verifier, &good->request, NOW, &verdicts[2]);
  bool lives = csn_atomic_load_seq_cst(&refusing) < good->number; /* through both calls */
  for (size_t i = 0; i < 3; i += 2) {
    bool authentic = is_authentic(&verdicts[i]);
    if (lives && !authentic) return is_wrong(&verdicts[i], "a key that lives");
    if (authentic && !csn_span_equal(csn_name_span(&verdicts[i].key_id), csn_span_str(good->key_id))) {
      return is_wrong(&verdicts[i], "not the key that matched");
    }
    if (!authentic && verdicts[i].reason != CSN_REASON_SIGNATURE_MISMATCH) {
      return is_wrong(&verdicts[i], "a key that died");
    }
  }
  if (verdicts[1].reason != CSN_REASON_SIGNATURE_MISMATCH) return is_wrong(&verdicts[1], "a key that is refused");
  return false;
}

static void *verify_rotated(void *unused) {
  signed_request good = {.number = 0}, bad = {.number = 0};
  uintptr_t right = 0;
  (void)unused;
  for (; goes_on(); right += 3) {
    if (verify_pair_is_wrong(&good, &bad)) return NULL;
  }
  return (void *)right;
}

static void old_and_new_keys_are_accepted_while_they_live(void **state) {
  csn_nonce_table *nonces = test_nonces_new(64, NOW);
  (void)state;
  ring = test_keyring_new();
  rotate();
  rotate();
  open_verifier("hmac-nonce", nonces);
  uint64_t rotations = run(verify_rotated, rotate);
  csn_keyring_memory memory = csn_keyring_reclaim(ring);
  assert_int_equal(memory.waiting, 0);
  assert_in_range(csn_keyring_count(ring), 2, 3);
  /* Each rotation takes four cells for keys, and gives four back: without the latter there would be twice as much. */
  if (rotations > 100) assert_true(memory.key_bytes < rotations * 4 * sizeof(csn_key) / 2);
  csn_keyring_free(ring);
  csn_nonce_table_free(nonces);
}

/* ---- replacement ---- */

/* The ring is now A, now B; each has a key for tokens and one for requests. */
static csn_keyring *both[2];
static unsigned shown;

static void show_other(void) {
  shown = 1 - shown;
  assert_int_equal(csn_keyring_replace(ring, both[shown]), CSN_OK);
}

static csn_key token_key(unsigned which) {
  return key_of("", which, CSN_USE_TOKEN);
}
static csn_key request_key(unsigned which) {
  return key_of("client", 10 + which, CSN_USE_REQUEST);
}

static void sign_jwt_hmac(signed_request *s, unsigned token_of, unsigned request_of) {
  static uint8_t tokens[VERIFIERS * 4][256];
  static csn_atomic used;
  uint8_t *token = tokens[csn_atomic_add_relaxed(&used, 1) % (VERIFIERS * 4)];
  csn_key key = token_key(token_of), own = request_key(request_of);
  size_t len = 0;
  if (csn_sign_jwt(&key, csn_span_str("{\"sub\":\"client\",\"exp\":1700000100}"), token, 256, &len) != CSN_OK) abort();
  s->request = (csn_request){.method = csn_span_str("POST"), .target = csn_span_str("/"), .body = csn_span_str("{}")};
  csn_sign_input input = {.scheme = csn_scheme_preset(csn_span_str("jwt-hmac")),
                          .key = &own,
                          .request = &s->request,
                          .timestamp = NOW,
                          .nonce = csn_span_str("n"),
                          .token = csn_span_of(token, len)};
  if (csn_sign_request(&s->made, &input) != CSN_OK) abort();
  csn_key_wipe(&key);
  csn_key_wipe(&own);
  s->request.headers = s->made.headers;
  s->request.header_count = s->made.header_count;
}

/* A request that has one ring's token and the other's signature is accepted by neither; one that has both of the same
 * never gets as far as a signature that does not fit. */
static bool verify_four_are_wrong(signed_request all[4]) {
  for (unsigned i = 0; i < 4; i++) {
    csn_verdict verdict;
    csn_verify(verifier, &all[i].request, NOW, &verdict);
    bool same = i % 3 == 0;
    bool fits = verdict.reason == CSN_REASON_KEY_UNKNOWN ||
                (same ? is_authentic(&verdict) : verdict.reason == CSN_REASON_SIGNATURE_MISMATCH);
    if (!fits) return is_wrong(&verdict, same ? "of one ring" : "of two rings");
  }
  return false;
}

static void *verify_replaced(void *unused) {
  static signed_request all[VERIFIERS][4];
  static csn_atomic taken;
  signed_request *own = all[csn_atomic_add_relaxed(&taken, 1) % VERIFIERS];
  uintptr_t right = 0;
  (void)unused;
  for (unsigned i = 0; i < 4; i++) sign_jwt_hmac(&own[i], i / 2, i % 2);
  for (; goes_on(); right += 4) {
    if (verify_four_are_wrong(own)) return NULL;
  }
  return (void *)right;
}

static void a_request_meets_one_state(void **state) {
  csn_nonce_table *nonces = test_nonces_new(64, NOW);
  (void)state;
  ring = test_keyring_new();
  for (unsigned i = 0; i < 2; i++) {
    csn_key token = token_key(i), request = request_key(i);
    both[i] = test_keyring_new();
    assert_int_equal(csn_keyring_add_key(both[i], &token), CSN_OK);
    assert_int_equal(csn_keyring_add_key(both[i], &request), CSN_OK);
  }
  show_other();
  open_verifier("jwt-hmac", nonces);
  (void)run(verify_replaced, show_other);
  assert_int_equal(csn_keyring_reclaim(ring).waiting, 0);
  assert_int_equal(csn_keyring_count(ring), 2);
  csn_keyring_free(ring);
  csn_keyring_free(both[0]);
  csn_keyring_free(both[1]);
  csn_nonce_table_free(nonces);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(old_and_new_keys_are_accepted_while_they_live),
      cmocka_unit_test(a_request_meets_one_state),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
