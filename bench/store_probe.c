#include "store_probe.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "workload.h"

enum { BEFORE_RESTART = 1, AFTER_RESTART, IN_CHILD, CONTROL, PROBE_SECONDS = 300 };

static csn_nonce_answer claim(const csn_nonce_store *store, uint64_t number) {
  csn_nonce_name name;
  csn_nonce_name_make(&name, number);
  csn_nonce_claim one = {.client_id = csn_span_of(name.client, name.client_len),
                         .nonce = csn_span_of(name.nonce, CSN_NONCE_BYTES),
                         .expires = CSN_WORKLOAD_NOW + PROBE_SECONDS};
  store->claim(store->self, &one, 1, CSN_WORKLOAD_NOW);
  return one.answer;
}

/* Claims in a child, with a handle of its own, and ends it with the answer. */
_Noreturn static void claim_in_child(const csn_store_kind *kind, csn_place *place) {
  csn_handle handle;
  kind->open(place, &handle);
  _exit((int)claim(&handle.nonces, IN_CHILD));
}

/* Whether what a forked process claimed is known to this one. */
static bool probe_processes(const csn_store_kind *kind, csn_place *place) {
  int status;
  pid_t child = fork();
  if (child == 0) claim_in_child(kind, place);
  if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != CSN_NONCE_FRESH)
    csn_workload_fatal("%s: another process could not claim a nonce", kind->name);
  csn_handle handle;
  kind->open(place, &handle);
  csn_nonce_answer control = claim(&handle.nonces, CONTROL), answer = claim(&handle.nonces, IN_CHILD);
  kind->close(&handle);
  if (control != CSN_NONCE_FRESH) csn_workload_fatal("%s: a fresh nonce was refused", kind->name);
  return answer == CSN_NONCE_REPLAYED;
}

/* In a child with a handle of its own: claims, and dies as in a crash, with the handle open. */
_Noreturn static void claim_and_die(const csn_store_kind *kind, csn_place *place) {
  csn_handle handle;
  kind->open(place, &handle);
  csn_nonce_answer first = claim(&handle.nonces, BEFORE_RESTART), again = claim(&handle.nonces, BEFORE_RESTART);
  if (first == CSN_NONCE_FRESH && again == CSN_NONCE_REPLAYED) kill(getpid(), SIGKILL);
  _exit(1);
}

/* Whether what a process claimed is known after its death and, where there is one, the server's; both die alike. */
static bool probe_restart(const csn_store_kind *kind, csn_place *place) {
  int status;
  pid_t child = fork();
  if (child == 0) claim_and_die(kind, place);
  if (child < 0 || waitpid(child, &status, 0) != child || !WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
    csn_workload_fatal("%s: a nonce was not claimed exactly once", kind->name);
  if (kind->restart != NULL) kind->restart(place);
  csn_handle handle;
  kind->open(place, &handle);
  csn_nonce_answer after = claim(&handle.nonces, BEFORE_RESTART), control = claim(&handle.nonces, AFTER_RESTART);
  kind->close(&handle);
  if (control != CSN_NONCE_FRESH) csn_workload_fatal("%s: a fresh nonce was refused after the restart", kind->name);
  return after == CSN_NONCE_REPLAYED;
}

/* The table of the memory store, in a region that processes share. */
static bool probe_region(const csn_store_kind *kind) {
  size_t size = csn_nonce_region_size(1000);
  void *region = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  csn_nonce_table_config config = {.capacity = 1000, .now = CSN_WORKLOAD_NOW, .fence = CSN_NONCE_NO_FENCE};
  csn_workload_bytes(5, config.seed, sizeof config.seed);
  csn_place place = {.table = NULL};
  if (region == MAP_FAILED || csn_nonce_table_format(&place.table, region, size, &config) != CSN_OK)
    csn_workload_fatal("%s: no table in a shared region", kind->name);
  bool shared = probe_processes(kind, &place);
  kind->destroy(&place);
  munmap(region, size);
  return shared;
}

csn_store_facts csn_store_probe(const csn_store_kind *kind) {
  csn_place place = {.table = NULL};
  csn_handle handle;
  kind->make(&place, "probe");
  kind->open(&place, &handle);
  csn_store_facts facts = {.shared_between_hosts = handle.nonces.traits->shared_between_hosts};
  bool in_memory = place.table != NULL;
  kind->close(&handle);
  facts.shared_between_processes = probe_processes(kind, &place);
  facts.survives_restart = probe_restart(kind, &place);
  kind->destroy(&place);
  if (in_memory) facts.shared_region = probe_region(kind);
  return facts;
}
