/* csn-bench: Countersign beside the libraries and stores that people use instead. */
#include <stdbool.h>
#include <string.h>

#include "machine.h"
#include "shim.h"
#include "subjects.h"

static const char USAGE[] =
    "csn-bench: measures Countersign and what people use instead, on this machine.\n"
    "Rows are named subject/variant/implementation; rows of one subject and variant do the same work.\n"
    "Libraries of Node.js and Python are measured where 'make peers' has installed them.\n\n";

/* The last of the flags counts. */
static void describe_order(int argc, char **argv) {
  static const char flag[] = "--benchmark_enable_random_interleaving=";
  bool random = false;
  for (int i = 1; i < argc; i++) {
    if (strncmp(argv[i], flag, strlen(flag)) == 0) random = strcmp(argv[i] + strlen(flag), "true") == 0;
  }
  csn_bench_add_context("order", random ? "random" : "one after the other");
}

int main(int argc, char **argv) {
  csn_machine_describe();
  describe_order(argc, argv);
  csn_bench_hmac_sha256();
  csn_bench_jwt_verify();
  csn_bench_nonce_claim();
  csn_bench_verify_request();
  csn_bench_stage();
  csn_bench_credential_lookup();
  csn_bench_nonce_store();
  csn_bench_csn_verify();
  csn_bench_audit_event();
  csn_bench_redact();
  return csn_bench_run(argc, argv, USAGE);
}
