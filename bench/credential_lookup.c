/* credential_lookup/100k: the key of one of 100,000 clients, in random order. In memory the keyring finds it; the
 * others read a sealed row and open it. p50_ns and p99_ns are of one lookup; see nonce_store.c for those of memory. */
#include <stdio.h>
#include <stdlib.h>

#include "shim.h"
#include "stores.h"
#include "subjects.h"
#include "workload.h"

enum { CLIENTS = 100000, ORDER = 1 << 16, BATCH = 32, LATENCY_LOOKUPS = 1 << 14, CLIENT_ID_BYTES = 12 };

static char client_ids[CLIENTS][CLIENT_ID_BYTES + 1];
static uint32_t order[ORDER]; /* in which the clients come */

typedef struct lookup_fixture {
  csn_place place;
  csn_handle handle;
  csn_keyring *ring; /* memory */
  bool ready;
} lookup_fixture;

static lookup_fixture fixtures[CSN_STORE_KINDS];

static csn_key *make_clients(void) {
  csn_key *keys = csn_workload_alloc(CLIENTS * sizeof *keys);
  for (size_t i = 0; i < CLIENTS; i++) {
    uint8_t secret[32];
    csn_workload_bytes(i, secret, sizeof secret);
    snprintf(client_ids[i], sizeof client_ids[i], "client-%05zu", i);
    csn_key_config config = CSN_KEY_CONFIG_DEFAULT;
    config.key_id = csn_span_str(CSN_WORKLOAD_KEY_ID);
    config.client_id = csn_span_of(client_ids[i], CLIENT_ID_BYTES);
    config.secret = csn_span_of(secret, sizeof secret);
    csn_error error = csn_key_init(&keys[i], &config);
    if (error != CSN_OK) csn_workload_fatal("the key of %s: %s", client_ids[i], csn_error_sentence(error));
  }
  for (size_t i = 0; i < ORDER; i++) order[i] = (uint32_t)(csn_workload_mix(i) % CLIENTS);
  return keys;
}

static void fill_ring(csn_keyring **ring, const csn_key *keys) {
  static const uint8_t seed[16] = {5};
  csn_error error = csn_keyring_new(ring, seed);
  for (size_t i = 0; error == CSN_OK && i < CLIENTS; i++) error = csn_keyring_add_key(*ring, &keys[i]);
  if (error != CSN_OK) csn_workload_fatal("the keyring of 100,000 clients: %s", csn_error_sentence(error));
}

/* True where the client's own key was found. */
static bool look_up(lookup_fixture *fixture, size_t client) {
  csn_span id = csn_span_of(client_ids[client], CLIENT_ID_BYTES);
  if (fixture->ring != NULL) {
    const csn_key *keys[CSN_KEYS_PER_CLIENT_MAX];
    csn_keyring_reading reading;
    csn_keyring_read_begin(fixture->ring, &reading);
    size_t count = csn_keyring_find_client(&reading, id, keys);
    bool found = count == 1 && csn_span_equal(csn_key_client_id(keys[0]), id);
    csn_keyring_read_end(&reading);
    return found;
  }
  csn_key key;
  return fixture->handle.credentials.lookup(fixture->handle.credentials.self, id, &key) == CSN_LOOKUP_FOUND &&
         csn_span_equal(csn_key_client_id(&key), id);
}

static void prepare(const csn_store_kind *kind, lookup_fixture *fixture) {
  if (fixture->ready) return;
  csn_key *keys = make_clients();
  if (kind->keyring) {
    fill_ring(&fixture->ring, keys);
  } else {
    kind->make(&fixture->place, "credentials");
    kind->open(&fixture->place, &fixture->handle);
    if (!kind->put_all(&fixture->handle, keys, CLIENTS))
      csn_workload_fatal("credential_lookup: %s did not take 100,000 keys", kind->name);
  }
  for (size_t i = 0; i < CLIENTS; i += 97)
    if (!look_up(fixture, i)) csn_workload_fatal("credential_lookup: %s lost a key", kind->name);
  free(keys);
  fixture->ready = true;
}

static bool timed_look_up(lookup_fixture *fixture, size_t client, csn_latency *latency) {
  uint64_t start = csn_clock_ns();
  bool found = look_up(fixture, client);
  csn_latency_add(latency, csn_clock_ns() - start);
  return found;
}

static void run(csn_bench *bench, const void *arg) {
  const csn_store_kind *kind = arg;
  lookup_fixture *fixture = &fixtures[kind - csn_store_kinds];
  if (!kind->installed()) {
    csn_bench_skip(bench, "not installed");
    return;
  }
  prepare(kind, fixture);
  static csn_latency latency;
  memset(&latency, 0, sizeof latency);
  bool in_memory = fixture->ring != NULL;
  size_t at = 0, found = 0;
  while (csn_bench_next(bench, BATCH)) {
    for (size_t i = 0; i < BATCH; i++) {
      size_t client = order[at++ & (ORDER - 1)];
      found += in_memory ? look_up(fixture, client) : timed_look_up(fixture, client, &latency);
    }
  }
  if (found != at) csn_workload_fatal("credential_lookup: %s did not find a key", kind->name);
  for (size_t i = 0; in_memory && i < LATENCY_LOOKUPS; i++) (void)timed_look_up(fixture, order[i], &latency);
  csn_bench_set_items(bench, csn_bench_iterations(bench));
  if (!in_memory) csn_bench_label(bench, kind->configuration);
  csn_bench_counter(bench, "p50_ns", csn_latency_quantile(&latency, 0.50));
  csn_bench_counter(bench, "p99_ns", csn_latency_quantile(&latency, 0.99));
  csn_bench_counter(bench, "clock_ns", csn_clock_cost_ns());
}

void csn_bench_credential_lookup(void) {
  for (size_t k = 0; k < CSN_STORE_KINDS; k++) {
    if (!csn_store_kinds[k].keyring && csn_store_kinds[k].put_all == NULL) continue; /* it keeps no credentials */
    char name[64];
    snprintf(name, sizeof name, "credential_lookup/100k/%s", csn_store_kinds[k].name);
    csn_bench_register(name, run, &csn_store_kinds[k], NULL);
  }
}
