/* What the tests of the stores share. */
#ifndef CSN_STORE_TEST_COMMON_H
#define CSN_STORE_TEST_COMMON_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants these before it */
#include <cmocka.h>
#include <countersign/credential.h>
#include <countersign/nonce.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../src/hmac.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const uint8_t TEST_KEY[32] = "master key for tests, 32 bytes..";
static const uint8_t OTHER_KEY[32] = "another key for tests, 32 bytes.";

/* A key as csn_key_init() makes it. */
static inline csn_key make_key(const char *client_id, const char *key_id, const char *secret) {
  csn_key key = {.accept_until = 1790000000, .alg = CSN_ALG_HS256, .uses = CSN_USE_REQUEST};
  key.client_id_len = (uint8_t)strlen(client_id);
  key.key_id_len = (uint8_t)strlen(key_id);
  memcpy(key.client_id, client_id, key.client_id_len);
  memcpy(key.key_id, key_id, key.key_id_len);
  csn_hmac_set_key(&key, csn_span_str(secret));
  return key;
}

static inline void assert_key_equal(const csn_key *a, const csn_key *b) {
  assert_memory_equal(a->inner, b->inner, sizeof a->inner);
  assert_memory_equal(a->outer, b->outer, sizeof a->outer);
  assert_int_equal(a->accept_until, b->accept_until);
  assert_int_equal(a->alg, b->alg);
  assert_int_equal(a->uses, b->uses);
  assert_int_equal(a->revoked, b->revoked);
  assert_true(csn_span_equal(csn_key_id(a), csn_key_id(b)));
  assert_true(csn_span_equal(csn_key_client_id(a), csn_key_client_id(b)));
}

static inline csn_nonce_claim claim_of(const char *client_id, const char *nonce, int64_t expires) {
  csn_nonce_claim claim = {
      .client_id = csn_span_str(client_id), .nonce = csn_span_str(nonce), .expires = expires, .answer = 77};
  return claim;
}

static inline csn_nonce_answer claim1(csn_nonce_store store, const char *client_id, const char *nonce, int64_t expires,
                                      int64_t now) {
  csn_nonce_claim claim = claim_of(client_id, nonce, expires);
  store.claim(store.self, &claim, 1, now);
  return claim.answer;
}

/* ---- several processes that claim the same nonces ---- */

enum { RACE_PROCESSES = 4, RACE_NONCES = 200 };

typedef struct race {
  atomic_int waiting;
  atomic_int fresh[RACE_NONCES];
  atomic_int other; /* answers that are neither fresh nor replayed */
} race;

/* Claims all nonces, in an order and in batches of this process's own, when all processes are there. */
static inline void race_run(race *shared, csn_nonce_store store, int process, int64_t now) {
  static const size_t batches[RACE_PROCESSES] = {1, 7, 64, 200};
  char names[RACE_NONCES][32];
  csn_nonce_claim claims[RACE_NONCES];
  size_t order[RACE_NONCES];
  for (size_t i = 0; i < RACE_NONCES; i++) {
    order[i] = (i * 77 + (size_t)process * 50) % RACE_NONCES;
    snprintf(names[i], sizeof names[i], "race-%zu", order[i]);
    claims[i] = claim_of("racer", names[i], now + 300);
  }
  atomic_fetch_add(&shared->waiting, 1);
  while (atomic_load(&shared->waiting) < RACE_PROCESSES) usleep(100);
  for (size_t done = 0; done < RACE_NONCES; done += batches[process]) {
    size_t left = RACE_NONCES - done;
    store.claim(store.self, claims + done, left < batches[process] ? left : batches[process], now);
  }
  for (size_t i = 0; i < RACE_NONCES; i++) {
    if (claims[i].answer == CSN_NONCE_FRESH) atomic_fetch_add(&shared->fresh[order[i]], 1);
    if (claims[i].answer != CSN_NONCE_FRESH && claims[i].answer != CSN_NONCE_REPLAYED) {
      atomic_fetch_add(&shared->other, 1);
    }
  }
}

/* `work` is run in each child, and gives its exit status. */
static inline void assert_one_winner_each(int (*work)(race *shared, int process)) {
  race *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  pid_t children[RACE_PROCESSES];
  assert_true(shared != MAP_FAILED);
  for (int i = 0; i < RACE_PROCESSES; i++) {
    children[i] = fork();
    assert_true(children[i] >= 0);
    if (children[i] == 0) {
      alarm(60); /* a sibling that could not open its store is never there */
      _exit(work(shared, i));
    }
  }
  for (int i = 0; i < RACE_PROCESSES; i++) {
    int status = -1;
    assert_int_equal(waitpid(children[i], &status, 0), children[i]);
    assert_int_equal(status, 0);
  }
  for (size_t i = 0; i < RACE_NONCES; i++) assert_int_equal(atomic_load(&shared->fresh[i]), 1);
  assert_int_equal(atomic_load(&shared->other), 0);
  munmap(shared, sizeof *shared);
}

/* ---- what stands in a file ---- */

typedef struct file_bytes {
  uint8_t *bytes;
  size_t len;
} file_bytes;

/* An absent file is empty. */
static inline file_bytes read_file(const char *path) {
  file_bytes out = {NULL, 0};
  FILE *file = fopen(path, "rb");
  if (file == NULL) return out;
  fseek(file, 0, SEEK_END);
  long len = ftell(file);
  rewind(file);
  out.bytes = malloc((size_t)len + 1);
  assert_non_null(out.bytes);
  out.len = fread(out.bytes, 1, (size_t)len, file);
  assert_int_equal(out.len, len);
  fclose(file);
  return out;
}

static inline bool file_holds(const file_bytes *file, csn_span wanted) {
  return file->len > 0 && memmem(file->bytes, file->len, wanted.ptr, wanted.len) != NULL;
}

/* Whether any `width` bytes of `secret` that follow each other stand in the file. */
static inline bool file_holds_part(const file_bytes *file, csn_span secret, size_t width) {
  for (size_t i = 0; i + width <= secret.len; i++) {
    if (file_holds(file, csn_span_of(secret.ptr + i, width))) return true;
  }
  return false;
}

#endif
