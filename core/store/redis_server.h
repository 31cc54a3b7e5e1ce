/* A Redis server of one's own, for tests and benchmarks: on a unix socket in a temporary folder, reachable by nobody
 * else and gone with the process that started it. Not part of any library. */
#ifndef CSN_REDIS_SERVER_H
#define CSN_REDIS_SERVER_H

#include <countersign/error.h>
#include <sys/types.h>

typedef struct csn_redis_server csn_redis_server;

/* The server's program, or NULL where there is none: redis-server, or else redis-check-rdb, which is the same program
 * under another name and comes without a service (Debian's redis-tools). Static storage. */
const char *csn_redis_server_program(void);

/* Starts a server and waits until it answers. `options` are further arguments, such as "--appendonly", "yes", and end
 * with NULL; without any, nothing is written to disk. Call it from a thread that lives as long as the server shall: the
 * kernel ends the server with that thread. Errors: STORE (no program, or it does not answer), NO_MEMORY. */
csn_error csn_redis_server_start(csn_redis_server **out, const char *const *options) CSN_WARN_UNUSED CSN_NONNULL(1);

const char *csn_redis_server_socket(const csn_redis_server *server) CSN_NONNULL_ALL;
pid_t csn_redis_server_pid(const csn_redis_server *server) CSN_NONNULL_ALL; /* 0 while it is killed */

/* Ends the program as a crash would, and keeps its folder; starts it again there, on the same socket. */
void csn_redis_server_kill(csn_redis_server *server) CSN_NONNULL_ALL;
csn_error csn_redis_server_restart(csn_redis_server *server) CSN_WARN_UNUSED CSN_NONNULL_ALL;

/* Ends the program and removes its folder. NULL does nothing. */
void csn_redis_server_stop(csn_redis_server *server);

#endif
