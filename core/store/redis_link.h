/* A connection to a Redis server, made anew when it is lost: commands out, replies in, one thread at a time.
 *
 * A reply that comes late must never be taken for the answer to another command, so that a connection on which anything
 * went wrong is dropped, and nothing is ever sent twice. Every connection begins by checking the server:
 *
 * - its eviction policy is "noeviction". Any other may throw a live nonce away, and is refused, and so is a server that
 *   does not say (INFO). A policy that is changed later is seen at the next connection.
 * - it says which run of the program it is (INFO, "run_id"). Another run than before has read its data from a file, and
 *   nothing tells how much of it was there: a file that is written once a second lacks what was last accepted.
 * - the check value under "csn:check" unseals: verifiers with different keys would not see each other's nonces, and a
 *   replay would pass. Where there is none, the data is new and the value is put there. */
#ifndef CSN_REDIS_LINK_H
#define CSN_REDIS_LINK_H

#include <hiredis/hiredis.h>
#include <sys/un.h>

#include "seal.h"

enum {
  CSN_REDIS_CHECK_BYTES = 19 + CSN_SEAL_OVERHEAD, /* the check value, sealed */
  CSN_REDIS_RUN_BYTES = 40,                       /* the run's id */
  CSN_REDIS_ARGS_MAX = 6,
};

typedef struct csn_redis_link {
  redisContext *context; /* NULL: to be made */
  struct timeval timeout;
  csn_sealer sealer;
  csn_row check_row;
  bool knows_run;
  bool knows_data;
  bool data_in_doubt; /* a new connection found another run or other data; the owner takes note and clears it */
  char run[CSN_REDIS_RUN_BYTES];
  uint8_t data[CSN_REDIS_CHECK_BYTES]; /* the check value last seen: a salt and a counter that are there only once */
  char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
} csn_redis_link;

/* Connects and checks. `timeout_ms` bounds each wait: for the connection, for room to write, for one reply. Errors:
 * INVALID_ARGUMENT (path too long, timeout not above 0), STORE, NO_MEMORY, CRYPTO; then the link is closed. */
csn_error csn_redis_link_open(csn_redis_link *link, const char *path, int timeout_ms,
                              const uint8_t key[CSN_STORE_KEY_BYTES]) CSN_WARN_UNUSED CSN_NONNULL_ALL;
void csn_redis_link_close(csn_redis_link *link) CSN_NONNULL_ALL;

/* Makes the connection anew where it was dropped or the server has ended it. */
csn_error csn_redis_link_ready(csn_redis_link *link) CSN_WARN_UNUSED CSN_NONNULL_ALL;
void csn_redis_link_drop(csn_redis_link *link) CSN_NONNULL_ALL;

/* On a link that is ready: queues a command; sends what is queued; takes the next reply (for freeReplyObject()). On
 * failure (false, NULL) the connection has been dropped, and whether the server ran the commands is not known. */
bool csn_redis_queue(csn_redis_link *link, const csn_span *args, int count) CSN_WARN_UNUSED CSN_NONNULL_ALL;
bool csn_redis_send(csn_redis_link *link) CSN_WARN_UNUSED CSN_NONNULL_ALL;
redisReply *csn_redis_reply(csn_redis_link *link) CSN_WARN_UNUSED CSN_NONNULL_ALL;

/* One command and its reply. */
redisReply *csn_redis_call(csn_redis_link *link, const csn_span *args, int count) CSN_WARN_UNUSED CSN_NONNULL_ALL;

static inline bool csn_redis_is_ok(const redisReply *reply) {
  return reply->type == REDIS_REPLY_STATUS && csn_span_equal(csn_span_of(reply->str, reply->len), csn_span_str("OK"));
}

#endif
