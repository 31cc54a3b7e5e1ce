/* csn-bench: Countersign beside the libraries and stores that people use instead. */
#include "machine.h"
#include "shim.h"
#include "subjects.h"

static const char USAGE[] =
    "csn-bench: measures Countersign and what people use instead, on this machine.\n"
    "Rows are named subject/variant/implementation; rows of one subject and variant do the same work.\n\n";

int main(int argc, char **argv) {
  csn_machine_describe();
  csn_bench_hmac_sha256();
  csn_bench_jwt_verify();
  csn_bench_nonce_claim();
  csn_bench_verify_request();
  csn_bench_credential_lookup();
  csn_bench_nonce_store();
  csn_bench_csn_verify();
  return csn_bench_run(argc, argv, USAGE);
}
