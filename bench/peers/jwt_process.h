/* JSON Web Tokens verified by libraries of other languages, each in a process (process.h) that verifies tokens of one
 * algorithm and nothing else. What it is sent and what it answers, line by line, jwt_peer.mjs and jwt_peer.py alike:
 *
 *   key BASE64URL        ready; or absent REASON, and it ends: the secret's bytes, or those of a public key in PEM
 *   token TOKEN          nothing: one more of the pool
 *   judge SECONDS TOKEN  accepted; or rejected REASON: as of that UNIX second
 *   run COUNT            NANOSECONDS ACCEPTED: what the next COUNT of the pool took, round and round, one after the
 *                        other, by the process's own clock, and how many it accepted */
#ifndef CSN_BENCH_JWT_PROCESS_H
#define CSN_BENCH_JWT_PROCESS_H

#include <countersign/key.h>

#include "process.h"

enum { CSN_JWT_PEERS = 5, CSN_JWT_PEER_TIMEOUT_MS = 10000 };

typedef struct csn_jwt_peer {
  const char *name;    /* in the names of rows, and what the script is told */
  const char *program; /* that runs the script */
  const char *script;
  unsigned lacks;    /* algorithms: 1u << csn_alg */
  const char *label; /* of its rows; or NULL */
} csn_jwt_peer;

extern const csn_jwt_peer csn_jwt_peers[CSN_JWT_PEERS];

/* What every token is verified with. */
typedef struct csn_jwt_terms {
  csn_alg alg;
  csn_span key; /* the secret, or the public key in PEM */
  const char *issuer, *audience;
  int64_t now;
} csn_jwt_terms;

/* Starts the process and gives it the key. False where it cannot be had: `self->why` says what is not installed, or why
 * it did not start. `folder`: of the scripts, with npm's packages below. */
bool csn_jwt_process_open(csn_process *self, const csn_jwt_peer *peer, const char *folder, const csn_jwt_terms *terms);

/* Adds tokens to its pool. False: `self->why` says why, as below. */
bool csn_jwt_process_add(csn_process *self, const csn_span *tokens, size_t count);

typedef enum csn_jwt_answer { CSN_JWT_FAILED, CSN_JWT_REJECTED, CSN_JWT_ACCEPTED } csn_jwt_answer;
csn_jwt_answer csn_jwt_process_judge(csn_process *self, csn_span token, int64_t now);

/* Nanoseconds for `count` of its pool. False, too, where it has not accepted every one of them. */
bool csn_jwt_process_run(csn_process *self, size_t count, uint64_t *ns);

/* The folder "peers" beside this program's or above, where `make` puts the scripts. False: there is none. */
enum { CSN_JWT_FOLDER_MAX = 1024 };
bool csn_jwt_peer_folder(char out[CSN_JWT_FOLDER_MAX]);

/* The version of a package of npm's below the folder; "not installed" where it is not there. */
enum { CSN_JWT_VERSION_MAX = 64 };
void csn_jwt_peer_version(const char *folder, const char *package, char out[CSN_JWT_VERSION_MAX]);

#endif
