/* What every store of refresh tokens must do: a random run beside a naive model, and presentations at one time. */
#ifndef CSN_TEST_REFRESH_STORE_CHECKS_H
#define CSN_TEST_REFRESH_STORE_CHECKS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants these before it */
#include <cmocka.h>
#include <countersign/token.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { MODEL_TOKENS = 4096, MODEL_SPAN = 40 /* seconds that a token lives, at most */ };

/* A token that was issued in the run. The hash of token number n is n, spread. */
typedef struct model_token {
  int64_t expires;
  unsigned family;
  bool used;
} model_token;

typedef struct model {
  model_token tokens[MODEL_TOKENS];
  bool revoked[MODEL_TOKENS]; /* by family: the number of its first token */
  unsigned count;
  uint64_t random;
} model;

static inline unsigned model_draw(model *m, unsigned below) {
  m->random = m->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (unsigned)(m->random >> 33) % below;
}

static inline void model_hash(unsigned number, uint8_t hash[CSN_REFRESH_HASH_BYTES]) {
  uint64_t word = (number + 1) * UINT64_C(0x9e3779b97f4a7c15);
  for (size_t i = 0; i < CSN_REFRESH_HASH_BYTES; i++) hash[i] = (uint8_t)(word >> (i % 8 * 8));
}

static inline csn_grant model_grant(unsigned family) {
  char text[16];
  csn_grant grant;
  memset(&grant, 0, sizeof grant);
  int len = snprintf(text, sizeof text, "f%u", family);
  csn_name_set(&grant.subject, csn_span_of(text, (size_t)len));
  csn_scopes_set(&grant.scopes, csn_span_str("a b"));
  return grant;
}

/* What a presentation of token `number` must get. */
static inline csn_refresh_answer model_answer(const model *m, unsigned number, int64_t now) {
  if (number >= m->count) return CSN_REFRESH_UNKNOWN;
  const model_token *t = &m->tokens[number];
  if (m->revoked[t->family]) return CSN_REFRESH_REVOKED;
  if (t->expires < now) return CSN_REFRESH_EXPIRED;
  return t->used ? CSN_REFRESH_REUSED : CSN_REFRESH_ISSUED;
}

static inline void model_add(model *m, csn_refresh_store store, int64_t now) {
  uint8_t hash[CSN_REFRESH_HASH_BYTES];
  csn_grant grant = model_grant(m->count);
  int64_t expires = now + 1 + model_draw(m, MODEL_SPAN);
  model_hash(m->count, hash);
  assert_int_equal(store.add(store.self, hash, &grant, expires, now), CSN_REFRESH_ISSUED);
  assert_int_equal(store.add(store.self, hash, &grant, expires, now), CSN_REFRESH_UNAVAILABLE);
  m->tokens[m->count] = (model_token){.expires = expires, .family = m->count};
  m->count++;
}

static inline void model_exchange(model *m, csn_refresh_store store, int64_t now) {
  uint8_t hash[CSN_REFRESH_HASH_BYTES], next[CSN_REFRESH_HASH_BYTES];
  unsigned near = m->count < 40 ? m->count + 1 : 40, number = m->count - model_draw(m, near);
  int64_t expires = now + 1 + model_draw(m, MODEL_SPAN);
  csn_grant grant, looked = {.scopes.len = 0};
  model_hash(number, hash);
  model_hash(m->count, next);
  csn_refresh_answer expected = model_answer(m, number, now);
  csn_refresh_answer before = store.look(store.self, hash, now, &looked);
  csn_refresh_answer got = store.exchange(store.self, hash, next, expires, now, &grant);
  bool forgotten = got == CSN_REFRESH_UNKNOWN && number < m->count && m->tokens[number].expires < now;
  if (!forgotten) assert_int_equal(got, expected);
  if (!forgotten) assert_int_equal(before, expected); /* and it has changed nothing */
  if (got == CSN_REFRESH_REUSED) m->revoked[m->tokens[number].family] = true;
  if (got != CSN_REFRESH_ISSUED) return;
  csn_grant wanted = model_grant(m->tokens[number].family);
  assert_true(csn_span_equal(csn_name_span(&grant.subject), csn_name_span(&wanted.subject)));
  assert_true(csn_span_equal(csn_name_span(&looked.subject), csn_name_span(&wanted.subject)));
  assert_true(csn_span_equal(csn_scopes_span(&grant.scopes), csn_scopes_span(&wanted.scopes)));
  m->tokens[number].used = true;
  m->tokens[m->count] = (model_token){.expires = expires, .family = m->tokens[number].family};
  m->count++;
}

static inline void model_revoke(model *m, csn_refresh_store store, int64_t now) {
  uint8_t hash[CSN_REFRESH_HASH_BYTES];
  if (m->count == 0) return;
  unsigned number = model_draw(m, m->count);
  model_hash(number, hash);
  csn_refresh_answer got = store.revoke(store.self, hash, now);
  bool forgotten = got == CSN_REFRESH_UNKNOWN && m->tokens[number].expires < now;
  if (!forgotten) assert_int_equal(got, CSN_REFRESH_REVOKED);
  if (!forgotten) m->revoked[m->tokens[number].family] = true;
}

/* A run of `tokens`, below MODEL_TOKENS. The store must have room for those of MODEL_SPAN seconds. */
static inline void check_against_model(csn_refresh_store store, uint64_t seed, unsigned tokens) {
  model *m = calloc(1, sizeof *m);
  assert_non_null(m);
  m->random = seed;
  for (int64_t now = 1000; m->count < tokens; now += model_draw(m, 4) == 0) {
    unsigned choice = model_draw(m, 16);
    if (choice < 4) model_add(m, store, now);
    if (choice >= 4 && choice < 15) model_exchange(m, store, now);
    if (choice == 15) model_revoke(m, store, now);
  }
  free(m);
}

/* ---- at one time ---- */

enum { PRESENTERS = 4, ROUNDS = 500 };

typedef struct presenter {
  csn_refresh_store store; /* this thread's handle */
  pthread_barrier_t *together;
  unsigned index, rounds;
  csn_refresh_answer answers[ROUNDS];
} presenter;

static inline void *present(void *self) {
  presenter *p = self;
  for (unsigned round = 0; round < p->rounds; round++) {
    uint8_t hash[CSN_REFRESH_HASH_BYTES], next[CSN_REFRESH_HASH_BYTES];
    csn_grant grant = model_grant(round);
    model_hash(round, hash);
    model_hash(100000 + round * PRESENTERS + p->index, next);
    if (p->index == 0 && p->store.add(p->store.self, hash, &grant, 2000, 1000) != CSN_REFRESH_ISSUED) abort();
    pthread_barrier_wait(p->together);
    p->answers[round] = p->store.exchange(p->store.self, hash, next, 2000, 1000, &grant);
    pthread_barrier_wait(p->together);
  }
  return NULL;
}

/* Each thread presents the same token: one wins, one revokes, the others come too late; and the winner's token is
 * revoked. `handles` has a handle for each thread. */
static inline void check_presentations(const csn_refresh_store handles[PRESENTERS], unsigned rounds) {
  static presenter presenters[PRESENTERS];
  pthread_t threads[PRESENTERS];
  pthread_barrier_t together;
  assert_int_equal(pthread_barrier_init(&together, NULL, PRESENTERS), 0);
  for (unsigned i = 0; i < PRESENTERS; i++) {
    presenters[i] = (presenter){.store = handles[i], .together = &together, .index = i, .rounds = rounds};
    assert_int_equal(pthread_create(&threads[i], NULL, present, &presenters[i]), 0);
  }
  for (unsigned i = 0; i < PRESENTERS; i++) pthread_join(threads[i], NULL);
  pthread_barrier_destroy(&together);
  for (unsigned round = 0; round < rounds; round++) {
    unsigned counts[CSN_REFRESH_ANSWER_COUNT] = {0}, winner = 0;
    uint8_t hash[CSN_REFRESH_HASH_BYTES], next[CSN_REFRESH_HASH_BYTES];
    csn_grant grant;
    for (unsigned i = 0; i < PRESENTERS; i++) {
      counts[presenters[i].answers[round]]++;
      if (presenters[i].answers[round] == CSN_REFRESH_ISSUED) winner = i;
    }
    assert_int_equal(counts[CSN_REFRESH_ISSUED], 1);
    assert_int_equal(counts[CSN_REFRESH_REUSED], 1);
    assert_int_equal(counts[CSN_REFRESH_REVOKED], PRESENTERS - 2);
    model_hash(100000 + round * PRESENTERS + winner, hash);
    model_hash(900000 + round, next);
    assert_int_equal(handles[0].exchange(handles[0].self, hash, next, 2000, 1000, &grant), CSN_REFRESH_REVOKED);
  }
}

#endif
