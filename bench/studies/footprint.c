/* What one claim costs, or one step of a request, for reports/counts, which runs this under valgrind: fills a set of
 * nonces until as many expire as arrive, then claims for so many ticks. The counts of two runs, subtracted, are those
 * of the claims alone, with the removal of what has expired, as both prepare the same. The nonces are made as they are
 * claimed, so that no memory is read for them; "none" makes them and claims nothing: what is to be subtracted, too. A
 * step goes through all requests in each round, which are made fresh before; its "none" only makes them fresh. */
#include <countersign/nonce_table.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../peers/nonce_peer.h"
#include "../steps.h"
#include "../workload.h"

enum { RETENTION = 300, HELD = RETENTION + CSN_NONCE_TICK_SECONDS, BATCH = 64 };
#define SEED UINT64_C(0x243f6a8885a308d3)

/* What is claimed from: a table, or a peer, or nothing. */
typedef struct subject {
  csn_nonce_table *table;
  const csn_nonce_peer *peer;
  void *set; /* the peer's */
} subject;

/* The answers of `count` claims. */
typedef void (*claim_fn)(const subject *s, csn_nonce_claim *claims, size_t count, int64_t now);

static void claim_none(const subject *s, csn_nonce_claim *claims, size_t count, int64_t now) {
  (void)s, (void)now;
  for (size_t i = 0; i < count; i++) claims[i].answer = CSN_NONCE_FRESH;
}

static void claim_single(const subject *s, csn_nonce_claim *claims, size_t count, int64_t now) {
  for (size_t i = 0; i < count; i++) {
    csn_nonce_claim *c = &claims[i];
    c->answer = csn_nonce_table_claim(s->table, c->client_id, c->nonce, c->expires, now);
  }
}

static void claim_batch(const subject *s, csn_nonce_claim *claims, size_t count, int64_t now) {
  csn_nonce_table_claim_batch(s->table, claims, count, now);
}

static void claim_peer(const subject *s, csn_nonce_claim *claims, size_t count, int64_t now) {
  for (size_t i = 0; i < count; i++) {
    csn_nonce_claim *c = &claims[i];
    c->answer = s->peer->claim(s->set, c->client_id, c->nonce, c->expires, now);
  }
}

static void open_table(subject *s, uint64_t live) {
  csn_nonce_table_config config = {.capacity = live, .now = CSN_WORKLOAD_NOW, .fence = CSN_NONCE_NO_FENCE};
  csn_workload_bytes(SEED, config.seed, sizeof config.seed);
  csn_error error = csn_nonce_table_new(&s->table, &config);
  if (error != CSN_OK) csn_workload_fatal("csn-footprint: the table: %s", csn_error_sentence(error));
}

static void open_peer(subject *s, const csn_nonce_peer *peer, uint64_t live) {
  s->peer = peer;
  s->set = peer->open(live, SEED);
  if (s->set == NULL) csn_workload_fatal("csn-footprint: %s: no memory", peer->name);
  if (peer->thread_begin != NULL) peer->thread_begin(s->set);
}

static claim_fn open_subject(subject *s, const char *name, uint64_t live) {
  if (strcmp(name, "none") == 0) return claim_none;
  if (strcmp(name, "countersign") == 0 || strcmp(name, "countersign_batch") == 0) {
    open_table(s, live);
    return strcmp(name, "countersign") == 0 ? claim_single : claim_batch;
  }
  for (size_t i = 0; i < CSN_NONCE_PEERS; i++) {
    if (strcmp(name, csn_nonce_peers[i]->name) != 0) continue;
    open_peer(s, csn_nonce_peers[i], live);
    return claim_peer;
  }
  csn_workload_fatal("csn-footprint: no implementation '%s'", name);
}

static void close_subject(subject *s) {
  csn_nonce_table_free(s->table);
  if (s->peer == NULL) return;
  if (s->peer->thread_end != NULL) s->peer->thread_end(s->set);
  s->peer->close(s->set);
}

/* Claims the nonces from `number` up to `end`, all at second `now`; each must be fresh. */
static void claim_numbers(const subject *s, claim_fn claim, uint64_t number, uint64_t end, int64_t now) {
  csn_nonce_name names[BATCH];
  csn_nonce_claim claims[BATCH];
  while (number < end) {
    size_t n = end - number < BATCH ? (size_t)(end - number) : BATCH;
    for (size_t i = 0; i < n; i++) {
      csn_nonce_name_make(&names[i], number++);
      claims[i] = (csn_nonce_claim){.client_id = csn_span_of(names[i].client, names[i].client_len),
                                    .nonce = csn_span_of(names[i].nonce, CSN_NONCE_BYTES),
                                    .expires = now + RETENTION};
    }
    claim(s, claims, n, now);
    for (size_t i = 0; i < n; i++) {
      if (claims[i].answer != CSN_NONCE_FRESH) csn_workload_fatal("csn-footprint: a fresh nonce was refused");
    }
  }
}

static uint64_t number_of(const char *text) {
  char *end;
  unsigned long long value = strtoull(text, &end, 10);
  if (*end != '\0' || end == text || value > UINT32_MAX) csn_workload_fatal("csn-footprint: '%s' is no number", text);
  return value;
}

static int claim_all(const char *name, uint64_t live, uint64_t ticks) {
  uint64_t rate = live / HELD;
  if (rate == 0) csn_workload_fatal("csn-footprint: at least %d live nonces", HELD);
  subject s = {0};
  claim_fn claim = open_subject(&s, name, live);
  /* Half a lifetime more than fills it. */
  uint64_t warm = HELD + HELD / 2, seconds = warm + ticks * CSN_NONCE_TICK_SECONDS;
  for (uint64_t i = 0; i < seconds; i++)
    claim_numbers(&s, claim, i * rate, (i + 1) * rate, CSN_WORKLOAD_NOW + (int64_t)i);
  close_subject(&s);
  return printf("%llu\n", (unsigned long long)(rate * CSN_NONCE_TICK_SECONDS));
}

/* The step of this name, or with "none" any of the preset. */
static const csn_step *step_named(const char *name, bool *none) {
  const char *slash = strchr(name, '/');
  const csn_step *step;
  *none = strcmp(slash + 1, "none") == 0;
  for (size_t i = 0; (step = csn_step_at(i)) != NULL; i++) {
    bool of_preset = strncmp(step->preset, name, (size_t)(slash - name)) == 0 && step->preset[slash - name] == '\0';
    if (of_preset && (*none || strcmp(step->name, slash + 1) == 0)) return step;
  }
  csn_workload_fatal("csn-footprint: no step '%s'", name);
}

static int take_step(const char *name, uint64_t live, uint64_t rounds) {
  bool none;
  const csn_step *step = step_named(name, &none);
  csn_step_set *set = csn_step_open(step, live);
  for (uint64_t i = 0; i < rounds; i++) {
    csn_step_renew(set);
    if (!none) step->run(set, 0, CSN_STEP_REQUESTS);
  }
  csn_step_check(set);
  return printf("%d\n", (int)CSN_STEP_REQUESTS);
}

int main(int argc, char **argv) {
  if (argc != 4) {
    fprintf(stderr,
            "usage: csn-footprint IMPLEMENTATION LIVE TICKS\n"
            "       csn-footprint PRESET/STEP LIVE ROUNDS\n\n"
            "Fills the implementation to LIVE live nonces, then claims for TICKS ticks; prints the claims a tick.\n"
            "Takes a step of the benchmark stage with all requests, so many rounds; prints the requests a round.\n");
    return 2;
  }
  uint64_t live = number_of(argv[2]), rounds = number_of(argv[3]);
  int written = strchr(argv[1], '/') == NULL ? claim_all(argv[1], live, rounds) : take_step(argv[1], live, rounds);
  return written > 0 && fflush(stdout) == 0 ? 0 : 1;
}
