/* credential_lookup/100k and 1M: the key of one of so many clients, in random order. In memory the keyring finds it;
 * the others, which have no row of a million, read a sealed row and open it. p50_ns and p99_ns are of one lookup; see
 * nonce_store.c for those of memory. */
#include <stdio.h>
#include <stdlib.h>

#include "shim.h"
#include "stores.h"
#include "subjects.h"
#include "workload.h"

enum {
  ORDER = 1 << 20,
  BATCH = 32,
  LATENCY_LOOKUPS = 1 << 14,
  CLIENT_ID_BYTES = 13,
  CLIENTS_MAX = 1000000,
  CHECKED_STEP = 97
};

typedef char client_name[CLIENT_ID_BYTES + 1];

typedef struct lookup_set {
  const char *variant;
  size_t clients;
  bool only_memory;
  client_name *names;
  uint32_t *order; /* in which the clients come */
} lookup_set;

static lookup_set sets[] = {{.variant = "100k", .clients = 100000},
                            {.variant = "1M", .clients = CLIENTS_MAX, .only_memory = true}};
enum { SETS = sizeof sets / sizeof sets[0] };

typedef struct lookup_fixture {
  lookup_set *set;
  const csn_store_kind *kind;
  csn_place place;
  csn_handle handle;
  csn_keyring *ring; /* memory */
  bool ready;
} lookup_fixture;

static lookup_fixture fixtures[SETS * CSN_STORE_KINDS];

static void name_clients(lookup_set *set) {
  if (set->names != NULL) return;
  set->names = csn_workload_alloc(set->clients * sizeof *set->names);
  set->order = csn_workload_alloc(ORDER * sizeof *set->order);
  for (size_t i = 0; i < set->clients; i++)
    snprintf(set->names[i], sizeof set->names[i], "client-%06u", (unsigned)(i % CLIENTS_MAX));
  for (size_t i = 0; i < ORDER; i++) set->order[i] = (uint32_t)(csn_workload_mix(i) % set->clients);
}

static csn_span name_of(const lookup_set *set, size_t client) {
  return csn_span_of(set->names[client], CLIENT_ID_BYTES);
}

static void make_key(csn_key *key, const lookup_set *set, size_t client) {
  uint8_t secret[32];
  csn_workload_bytes(client, secret, sizeof secret);
  csn_key_config config = CSN_KEY_CONFIG_DEFAULT;
  config.key_id = csn_span_str(CSN_WORKLOAD_KEY_ID);
  config.client_id = name_of(set, client);
  config.secret = csn_span_of(secret, sizeof secret);
  csn_error error = csn_key_init(key, &config);
  if (error != CSN_OK) csn_workload_fatal("the key of %s: %s", set->names[client], csn_error_sentence(error));
}

static void fill_ring(csn_keyring **ring, const lookup_set *set) {
  static const uint8_t seed[16] = {5};
  csn_error error = csn_keyring_new(ring, seed);
  for (size_t i = 0; error == CSN_OK && i < set->clients; i++) {
    csn_key key;
    make_key(&key, set, i);
    error = csn_keyring_add_key(*ring, &key);
  }
  if (error != CSN_OK) csn_workload_fatal("the keyring of %zu clients: %s", set->clients, csn_error_sentence(error));
}

static void fill_store(lookup_fixture *fixture) {
  const csn_store_kind *kind = fixture->kind;
  size_t clients = fixture->set->clients;
  csn_key *keys = csn_workload_alloc(clients * sizeof *keys);
  for (size_t i = 0; i < clients; i++) make_key(&keys[i], fixture->set, i);
  kind->make(&fixture->place, "credentials");
  kind->open(&fixture->place, &fixture->handle);
  if (!kind->put_all(&fixture->handle, keys, clients))
    csn_workload_fatal("credential_lookup: %s did not take %zu keys", kind->name, clients);
  free(keys);
}

/* True where the client's own key was found. */
static bool look_up(lookup_fixture *fixture, size_t client) {
  csn_span id = name_of(fixture->set, client);
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

static void prepare(lookup_fixture *fixture) {
  if (fixture->ready) return;
  name_clients(fixture->set);
  if (fixture->kind->keyring) {
    fill_ring(&fixture->ring, fixture->set);
  } else {
    fill_store(fixture);
  }
  for (size_t i = 0; i < fixture->set->clients; i += CHECKED_STEP)
    if (!look_up(fixture, i)) csn_workload_fatal("credential_lookup: %s lost a key", fixture->kind->name);
  fixture->ready = true;
}

static bool timed_look_up(lookup_fixture *fixture, size_t client, csn_latency *latency) {
  uint64_t start = csn_clock_ns();
  bool found = look_up(fixture, client);
  csn_latency_add(latency, csn_clock_ns() - start);
  return found;
}

static void run(csn_bench *bench, const void *arg) {
  lookup_fixture *fixture = &fixtures[(const lookup_fixture *)arg - fixtures];
  const csn_store_kind *kind = fixture->kind;
  if (!kind->installed()) {
    csn_bench_skip(bench, "not installed");
    return;
  }
  prepare(fixture);
  const uint32_t *order = fixture->set->order;
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
  for (size_t i = 0; i < SETS * CSN_STORE_KINDS; i++) {
    lookup_set *set = &sets[i / CSN_STORE_KINDS];
    const csn_store_kind *kind = &csn_store_kinds[i % CSN_STORE_KINDS];
    char name[64];
    if (!kind->keyring && (set->only_memory || kind->put_all == NULL)) continue; /* or it keeps no credentials */
    fixtures[i] = (lookup_fixture){.set = set, .kind = kind};
    snprintf(name, sizeof name, "credential_lookup/%s/%s", set->variant, kind->name);
    csn_bench_register(name, run, &fixtures[i], NULL);
  }
}
