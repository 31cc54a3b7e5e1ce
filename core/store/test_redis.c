/* The stores in Redis, on a server that each test starts for itself. */
#include "redis.h"

#include <hiredis/hiredis.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>

#include "redis_link.h"
#include "redis_server.h"
#include "seal.h"
#include "test_common.h"

enum { NOW = 1700000000, EXPIRES = NOW + 600, TIMEOUT_MS = 500 };

static csn_redis_server *server;

/* Without a program there is nothing to test; a machine that tools/setup has prepared has one. */
static void start_with(const char *const *options) {
  if (csn_redis_server_program() == NULL) {
    fprintf(stderr, "SKIPPED: no redis-server and no redis-check-rdb on PATH (Debian: redis-tools)\n");
    skip();
  }
  assert_null(server);
  assert_int_equal(csn_redis_server_start(&server, options), CSN_OK);
}

static int stop(void **state) {
  (void)state;
  csn_redis_server_stop(server);
  server = NULL;
  return 0;
}

static csn_redis_store *open_store(void) {
  csn_redis_store *store = NULL;
  assert_int_equal(csn_redis_open_unix(&store, csn_redis_server_socket(server), TEST_KEY, TIMEOUT_MS), CSN_OK);
  assert_non_null(store);
  return store;
}

static csn_error try_to_open(const char *path, const uint8_t key[32], int timeout_ms) {
  csn_redis_store *store = NULL;
  csn_error error = csn_redis_open_unix(&store, path, key, timeout_ms);
  assert_true((store != NULL) == (error == CSN_OK));
  csn_redis_close(store);
  return error;
}

static int64_t milliseconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* ---- the server from the outside ---- */

static redisContext *outside(void) {
  redisContext *context = redisConnectUnix(csn_redis_server_socket(server));
  assert_non_null(context);
  assert_int_equal(context->err, 0);
  return context;
}

static redisReply *outside_call(int argc, const char **argv, const size_t *lens) {
  redisContext *context = outside();
  redisReply *reply = redisCommandArgv(context, argc, argv, lens);
  assert_non_null(reply);
  redisFree(context);
  return reply;
}

static void outside_ok(const char *command) {
  redisContext *context = outside();
  redisReply *reply = redisCommand(context, command);
  assert_non_null(reply);
  assert_int_equal(reply->type, REDIS_REPLY_STATUS);
  freeReplyObject(reply);
  redisFree(context);
}

static void end_connections(void) {
  redisContext *context = outside();
  freeReplyObject(redisCommand(context, "CLIENT KILL TYPE normal"));
  redisFree(context);
}

/* What a row is called in Redis, put together by hand. */
typedef struct row_name {
  char bytes[6 + CSN_ROW_HASH_BYTES];
} row_name;

static row_name name_of(csn_table table, const char *first, const char *second) {
  csn_sealer sealer;
  row_name name = {.bytes = {'c', 's', 'n', ':', (char)table, ':'}};
  assert_int_equal(csn_sealer_init(&sealer, TEST_KEY), CSN_OK);
  csn_row row = csn_sealer_row(&sealer, table, csn_span_str(first), csn_span_str(second));
  memcpy(name.bytes + 6, row.hash, sizeof row.hash);
  csn_sealer_wipe(&sealer);
  return name;
}

static long long outside_number(const char *command, row_name name, const char *argument) {
  const char *argv[] = {command, name.bytes, argument};
  const size_t lens[] = {strlen(command), sizeof name.bytes, argument == NULL ? 0 : strlen(argument)};
  redisReply *reply = outside_call(argument == NULL ? 2 : 3, argv, lens);
  assert_int_equal(reply->type, REDIS_REPLY_INTEGER);
  long long number = reply->integer;
  freeReplyObject(reply);
  return number;
}

static size_t outside_get(row_name name, uint8_t *out, size_t room) {
  const char *argv[] = {"GET", name.bytes};
  const size_t lens[] = {3, sizeof name.bytes};
  redisReply *reply = outside_call(2, argv, lens);
  assert_int_equal(reply->type, REDIS_REPLY_STRING);
  assert_true(reply->len <= room);
  size_t len = reply->len;
  memcpy(out, reply->str, len);
  freeReplyObject(reply);
  return len;
}

static void outside_set(row_name name, const uint8_t *value, size_t len) {
  const char *argv[] = {"SET", name.bytes, (const char *)value};
  const size_t lens[] = {3, sizeof name.bytes, len};
  redisReply *reply = outside_call(3, argv, lens);
  assert_int_equal(reply->type, REDIS_REPLY_STATUS);
  freeReplyObject(reply);
}

/* ---- claims ---- */

static void a_nonce_is_fresh_once(void **state) {
  (void)state;
  start_with(NULL);
  csn_redis_store *store = open_store(), *second = open_store();
  csn_nonce_store nonces = csn_redis_nonces(store);
  assert_int_equal(claim1(nonces, "client-7", "n-1", EXPIRES, NOW), CSN_NONCE_FRESH);
  assert_int_equal(claim1(nonces, "client-7", "n-1", EXPIRES, NOW), CSN_NONCE_REPLAYED);
  assert_int_equal(claim1(csn_redis_nonces(second), "client-7", "n-1", EXPIRES, NOW), CSN_NONCE_REPLAYED);
  assert_int_equal(claim1(nonces, "client-8", "n-1", EXPIRES, NOW), CSN_NONCE_FRESH);
  assert_int_equal(claim1(nonces, "client-", "7n-1", EXPIRES, NOW), CSN_NONCE_FRESH);
  assert_int_equal(claim1(nonces, "", "", EXPIRES, NOW), CSN_NONCE_FRESH);
  assert_int_equal(claim1(nonces, "", "", EXPIRES, NOW), CSN_NONCE_REPLAYED);
  csn_redis_close(store);
  csn_redis_close(second);
}

static void a_batch_is_answered_in_order(void **state) {
  (void)state;
  enum { MANY = 1500 };
  static char names[MANY][32];
  static csn_nonce_claim many[MANY];
  static const csn_nonce_answer wanted[] = {CSN_NONCE_FRESH,   CSN_NONCE_FRESH, CSN_NONCE_REPLAYED,
                                            CSN_NONCE_EXPIRED, CSN_NONCE_FRESH, CSN_NONCE_REPLAYED};
  start_with(NULL);
  csn_redis_store *store = open_store();
  csn_nonce_store nonces = csn_redis_nonces(store);
  csn_nonce_claim claims[] = {
      claim_of("c", "a", EXPIRES), claim_of("c", "b", EXPIRES), claim_of("c", "a", EXPIRES),
      claim_of("c", "d", NOW - 1), claim_of("c", "d", EXPIRES), claim_of("c", "b", EXPIRES),
  };
  nonces.claim(nonces.self, claims, COUNT(claims), NOW);
  for (size_t i = 0; i < COUNT(claims); i++) assert_int_equal(claims[i].answer, wanted[i]);
  nonces.claim(nonces.self, NULL, 0, NOW);

  for (size_t i = 0; i < MANY; i++) { /* more than one pipeline; every third is the one before it */
    snprintf(names[i], sizeof names[i], "m-%zu", i % 3 == 2 ? i - 1 : i);
    many[i] = claim_of("c", names[i], EXPIRES);
  }
  nonces.claim(nonces.self, many, MANY, NOW);
  for (size_t i = 0; i < MANY; i++) {
    assert_int_equal(many[i].answer, i % 3 == 2 ? CSN_NONCE_REPLAYED : CSN_NONCE_FRESH);
  }
  csn_redis_close(store);
}

static int race_worker(race *shared, int process) {
  csn_redis_store *store = NULL;
  if (csn_redis_open_unix(&store, csn_redis_server_socket(server), TEST_KEY, 10000) != CSN_OK) return 1;
  race_run(shared, csn_redis_nonces(store), process, NOW);
  csn_redis_close(store);
  return 0;
}

static void processes_agree_on_one_winner(void **state) {
  (void)state;
  start_with(NULL);
  assert_one_winner_each(race_worker);
}

static void what_needs_no_server_is_exact_to_the_second(void **state) {
  (void)state;
  start_with(NULL);
  csn_redis_store *store = open_store();
  csn_nonce_store nonces = csn_redis_nonces(store);
  const int64_t longest = NOW + (INT64_C(1) << 40);
  assert_int_equal(claim1(nonces, "c", "longest", INT64_MAX, -1), CSN_NONCE_RETENTION);
  assert_int_equal(claim1(nonces, "c", "now", NOW, NOW), CSN_NONCE_FRESH);
  assert_int_equal(claim1(nonces, "c", "past", NOW - 1, NOW), CSN_NONCE_EXPIRED);
  assert_int_equal(claim1(nonces, "c", "long", longest, NOW), CSN_NONCE_FRESH);
  assert_int_equal(claim1(nonces, "c", "longer", longest + 1, NOW), CSN_NONCE_RETENTION);
  assert_int_equal(claim1(nonces, "c", "tick", NOW + 10, NOW + 10), CSN_NONCE_FRESH);
  assert_int_equal(claim1(nonces, "c", "back", NOW + 9, NOW), CSN_NONCE_EXPIRED);
  assert_int_equal(claim1(nonces, "c", "back", NOW + 10, NOW), CSN_NONCE_FRESH);
  csn_redis_close(store);
}

static void a_nonce_is_remembered_beyond_its_last_second(void **state) {
  (void)state;
  static const int ahead[] = {0, 1, 600};
  char name[32];
  start_with(NULL);
  csn_redis_store *store = open_store();
  for (size_t i = 0; i < COUNT(ahead); i++) {
    snprintf(name, sizeof name, "n-%zu", i);
    assert_int_equal(claim1(csn_redis_nonces(store), "c", name, NOW + ahead[i], NOW), CSN_NONCE_FRESH);
    long long left = outside_number("PTTL", name_of(CSN_TABLE_NONCES, "c", name), NULL);
    assert_in_range(left, (ahead[i] + 1) * 1000 + 50000, (ahead[i] + 1) * 1000 + 60000);
  }
  /* Where the caller's clock was set back, the time for which the bytes pass counts from there. */
  assert_int_equal(claim1(csn_redis_nonces(store), "c", "back", NOW + 40, NOW + 40), CSN_NONCE_FRESH);
  assert_int_equal(claim1(csn_redis_nonces(store), "c", "back-2", NOW + 40, NOW), CSN_NONCE_FRESH);
  assert_in_range(outside_number("PTTL", name_of(CSN_TABLE_NONCES, "c", "back-2"), NULL), 91000, 101000);
  csn_redis_close(store);
}

static void a_nonce_is_forgotten_when_its_time_has_passed(void **state) {
  (void)state;
  start_with(NULL);
  csn_redis_store *store = open_store();
  csn_nonce_store nonces = csn_redis_nonces(store);
  assert_int_equal(claim1(nonces, "c", "n", NOW + 1, NOW), CSN_NONCE_FRESH);
  assert_int_equal(outside_number("PEXPIRE", name_of(CSN_TABLE_NONCES, "c", "n"), "800"), 1); /* not the full minute */
  assert_int_equal(claim1(nonces, "c", "n", NOW + 1, NOW), CSN_NONCE_REPLAYED);
  usleep(1000 * 1000);
  assert_int_equal(claim1(nonces, "c", "n", NOW + 1, NOW + 2), CSN_NONCE_EXPIRED);
  assert_int_equal(claim1(nonces, "c", "n", NOW + 3, NOW + 2), CSN_NONCE_FRESH);
  csn_redis_close(store);
}

/* ---- a clock that is set back ---- */

/* The key is taken away as the server does when real time has passed, which the caller's clock does not show. */
static void forget(const char *nonce) {
  assert_int_equal(outside_number("DEL", name_of(CSN_TABLE_NONCES, "c", nonce), NULL), 1);
}

static void a_step_back_beyond_the_margin_is_refused(void **state) {
  (void)state;
  start_with(NULL);
  csn_redis_store *store = open_store();
  csn_nonce_store nonces = csn_redis_nonces(store);
  assert_int_equal(claim1(nonces, "c", "n", NOW + 1, NOW), CSN_NONCE_FRESH);
  assert_int_equal(claim1(nonces, "c", "margin", EXPIRES, NOW - 60), CSN_NONCE_FRESH);
  assert_int_equal(claim1(nonces, "c", "n", NOW + 1, NOW - 60), CSN_NONCE_REPLAYED); /* still there: the margin */
  forget("n");
  assert_int_equal(claim1(nonces, "c", "n", NOW + 1, NOW - 61), CSN_NONCE_EXPIRED);
  assert_int_equal(claim1(nonces, "c", "any", EXPIRES + 1000, NOW - 61), CSN_NONCE_EXPIRED);
  assert_int_equal(claim1(nonces, "c", "any", EXPIRES + 1000, INT64_MIN), CSN_NONCE_EXPIRED);
  assert_int_equal(claim1(nonces, "c", "any", INT64_MAX, INT64_MIN), CSN_NONCE_EXPIRED);
  assert_int_equal(claim1(nonces, "c", "any", EXPIRES + 1000, NOW - 60), CSN_NONCE_FRESH);
  csn_redis_close(store);
}

/* A nonce that was claimed long before its last second is forgotten only after the clock has caught up. */
static void what_was_claimed_before_a_step_back_stays_refused(void **state) {
  (void)state;
  start_with(NULL);
  csn_redis_store *store = open_store(), *opened_later;
  csn_nonce_store nonces = csn_redis_nonces(store);
  assert_int_equal(claim1(nonces, "c", "early", NOW + 300, NOW - 300), CSN_NONCE_FRESH); /* 600 seconds ahead */
  assert_int_equal(claim1(nonces, "c", "n", NOW + 300, NOW), CSN_NONCE_FRESH);
  forget("n");
  assert_int_equal(claim1(nonces, "c", "n", NOW + 300, NOW - 200), CSN_NONCE_EXPIRED);
  assert_int_equal(claim1(nonces, "c", "n", NOW + 300, NOW - 60), CSN_NONCE_EXPIRED);
  assert_int_equal(claim1(nonces, "c", "n", NOW + 300, NOW + 300), CSN_NONCE_EXPIRED);
  assert_int_equal(claim1(nonces, "c", "other handle's", NOW + 600, NOW + 300), CSN_NONCE_EXPIRED);
  assert_int_equal(claim1(nonces, "c", "later", NOW + 601, NOW + 300), CSN_NONCE_FRESH);
  opened_later = open_store(); /* knows nothing of it */
  assert_int_equal(claim1(csn_redis_nonces(opened_later), "c", "n", NOW + 300, NOW - 200), CSN_NONCE_FRESH);
  csn_redis_close(opened_later);
  csn_redis_close(store);
}

/* ---- a server that fails ---- */

static void a_server_that_dies_is_unavailable_and_comes_back_fenced(void **state) {
  (void)state;
  start_with(NULL);
  csn_redis_store *store = open_store();
  csn_nonce_store nonces = csn_redis_nonces(store);
  csn_credential_store credentials = csn_redis_credentials(store);
  csn_key found, key = make_key("c", "k", "0123456789abcdef0123456789abcdef");
  csn_nonce_claim claims[] = {claim_of("c", "a", EXPIRES), claim_of("c", "b", EXPIRES)};
  assert_int_equal(claim1(nonces, "c", "n", EXPIRES, NOW), CSN_NONCE_FRESH);
  assert_int_equal(claim1(nonces, "c", "m", EXPIRES - 5, NOW), CSN_NONCE_FRESH);
  csn_redis_server_kill(server);
  int64_t before = milliseconds();
  nonces.claim(nonces.self, claims, 2, NOW);
  assert_int_equal(claims[0].answer, CSN_NONCE_UNAVAILABLE);
  assert_int_equal(claims[1].answer, CSN_NONCE_UNAVAILABLE);
  assert_int_equal(credentials.lookup(credentials.self, csn_span_str("c"), &found), CSN_LOOKUP_UNAVAILABLE);
  assert_int_equal(credentials.put(credentials.self, &key), CSN_ERROR_STORE);
  assert_true(milliseconds() - before < 4 * TIMEOUT_MS);

  assert_int_equal(csn_redis_server_restart(server), CSN_OK); /* it has forgotten everything */
  assert_int_equal(claim1(nonces, "c", "n", EXPIRES, NOW), CSN_NONCE_FENCED);
  assert_int_equal(claim1(nonces, "c", "m", EXPIRES - 5, NOW), CSN_NONCE_FENCED);
  assert_int_equal(claim1(nonces, "c", "later", EXPIRES + 1, NOW), CSN_NONCE_FRESH);
  assert_int_equal(claim1(nonces, "c", "later", EXPIRES + 1, NOW), CSN_NONCE_REPLAYED);
  assert_int_equal(claim1(nonces, "c", "more", EXPIRES + 1, NOW), CSN_NONCE_FRESH); /* the fence stays where it was */
  assert_int_equal(credentials.put(credentials.self, &key), CSN_OK);
  csn_redis_close(store);
}

static void a_server_whose_log_is_written_always_remembers(void **state) {
  (void)state;
  static const char *const options[] = {"--appendonly", "yes", "--appendfsync", "always", NULL};
  start_with(options);
  csn_redis_store *store = open_store();
  assert_int_equal(claim1(csn_redis_nonces(store), "c", "n", EXPIRES, NOW), CSN_NONCE_FRESH);
  csn_redis_close(store);
  assert_int_equal(csn_redis_server_restart(server), CSN_OK);
  store = open_store(); /* not fenced: it knows nothing of the restart */
  assert_int_equal(claim1(csn_redis_nonces(store), "c", "n", EXPIRES, NOW), CSN_NONCE_REPLAYED);
  assert_int_equal(claim1(csn_redis_nonces(store), "c", "m", EXPIRES, NOW), CSN_NONCE_FRESH);
  csn_redis_close(store);
}

/* The check value has survived, and the claim has not: what a log that is written once a second comes to, and a
 * snapshot, with which it can be had at will. */
static void a_server_that_comes_back_older_is_fenced(void **state) {
  (void)state;
  static const char *const options[] = {"--save", "3600 1000000", NULL};
  start_with(options);
  csn_redis_store *store = open_store(), *opened_later;
  csn_nonce_store nonces = csn_redis_nonces(store);
  assert_int_equal(claim1(nonces, "c", "kept", EXPIRES, NOW), CSN_NONCE_FRESH);
  outside_ok("SAVE");
  assert_int_equal(claim1(nonces, "c", "lost", EXPIRES, NOW), CSN_NONCE_FRESH);
  assert_int_equal(csn_redis_server_restart(server), CSN_OK);
  assert_int_equal(claim1(nonces, "c", "lost", EXPIRES, NOW), CSN_NONCE_FENCED);
  assert_int_equal(claim1(nonces, "c", "kept", EXPIRES, NOW), CSN_NONCE_FENCED);
  assert_int_equal(claim1(nonces, "c", "later", EXPIRES + 1, NOW), CSN_NONCE_FRESH);
  opened_later = open_store(); /* the data did come back, without what was claimed after it was saved */
  assert_int_equal(claim1(csn_redis_nonces(opened_later), "c", "kept", EXPIRES, NOW), CSN_NONCE_REPLAYED);
  assert_int_equal(claim1(csn_redis_nonces(opened_later), "c", "lost", EXPIRES, NOW), CSN_NONCE_FRESH);
  csn_redis_close(opened_later);
  csn_redis_close(store);
}

static void other_data_in_the_same_run_is_fenced(void **state) {
  (void)state;
  start_with(NULL);
  csn_redis_store *store = open_store();
  csn_nonce_store nonces = csn_redis_nonces(store);
  assert_int_equal(claim1(nonces, "c", "n", EXPIRES, NOW), CSN_NONCE_FRESH);
  outside_ok("FLUSHALL");
  end_connections();
  assert_int_equal(claim1(nonces, "c", "n", EXPIRES, NOW), CSN_NONCE_FENCED);
  assert_int_equal(claim1(nonces, "c", "n", EXPIRES + 1, NOW), CSN_NONCE_FRESH);
  csn_redis_close(store);
}

/* A claim of another handle's, up to as far ahead of this one's clock as it has itself sent one. */
static void the_fence_covers_what_others_claimed(void **state) {
  (void)state;
  csn_key found;
  start_with(NULL);
  csn_redis_store *store = open_store(), *other = open_store();
  csn_nonce_store nonces = csn_redis_nonces(store);
  csn_credential_store credentials = csn_redis_credentials(store);
  assert_int_equal(claim1(nonces, "c", "own", NOW + 500, NOW), CSN_NONCE_FRESH);
  assert_int_equal(claim1(nonces, "c", "own, shorter", NOW + 400, NOW), CSN_NONCE_FRESH);
  assert_int_equal(claim1(csn_redis_nonces(other), "c", "n", NOW + 600, NOW + 100), CSN_NONCE_FRESH);
  assert_int_equal(csn_redis_server_restart(server), CSN_OK);
  /* This is where the restart is seen; the time comes with the claim. */
  assert_int_equal(credentials.lookup(credentials.self, csn_span_str("c"), &found), CSN_LOOKUP_ABSENT);
  assert_int_equal(claim1(nonces, "c", "n", NOW + 600, NOW + 100), CSN_NONCE_FENCED);
  assert_int_equal(claim1(nonces, "c", "beyond", NOW + 601, NOW + 100), CSN_NONCE_FRESH);
  csn_redis_close(store);
  csn_redis_close(other);
}

static void a_connection_that_the_server_has_ended_is_made_anew(void **state) {
  (void)state;
  start_with(NULL);
  csn_redis_store *store = open_store();
  assert_int_equal(claim1(csn_redis_nonces(store), "c", "n", EXPIRES, NOW), CSN_NONCE_FRESH);
  end_connections();
  assert_int_equal(claim1(csn_redis_nonces(store), "c", "n", EXPIRES, NOW), CSN_NONCE_REPLAYED);
  assert_int_equal(claim1(csn_redis_nonces(store), "c", "m", EXPIRES, NOW), CSN_NONCE_FRESH);
  csn_redis_close(store);
}

/* Writing to a socket without another end raises SIGPIPE, which ends a process by default. */
static void a_lost_connection_raises_no_signal(void **state) {
  (void)state;
  const csn_span ping = csn_span_str("PING");
  struct sigaction action;
  sigset_t blocked, pending;
  csn_redis_link link;
  start_with(NULL);
  assert_int_equal(sigaction(SIGPIPE, NULL, &action), 0);
  assert_true(action.sa_handler == SIG_DFL);
  assert_int_equal(csn_redis_link_open(&link, csn_redis_server_socket(server), TIMEOUT_MS, TEST_KEY), CSN_OK);
  csn_redis_server_kill(server);
  assert_true(csn_redis_queue(&link, &ping, 1)); /* without a look at whether it is still there */
  assert_false(csn_redis_send(&link));
  assert_null(link.context);
  assert_int_equal(sigpending(&pending), 0);
  assert_false(sigismember(&pending, SIGPIPE));
  assert_int_equal(pthread_sigmask(SIG_SETMASK, NULL, &blocked), 0);
  assert_false(sigismember(&blocked, SIGPIPE));
  csn_redis_link_close(&link);
}

/* An answer that comes after the timeout is not that of the next claim. */
static void a_late_answer_is_nobodys(void **state) {
  (void)state;
  start_with(NULL);
  csn_redis_store *store = open_store();
  csn_nonce_store nonces = csn_redis_nonces(store);
  assert_int_equal(claim1(nonces, "c", "old", EXPIRES, NOW), CSN_NONCE_FRESH);
  assert_int_equal(kill(csn_redis_server_pid(server), SIGSTOP), 0);
  int64_t before = milliseconds();
  assert_int_equal(claim1(nonces, "c", "lost", EXPIRES, NOW), CSN_NONCE_UNAVAILABLE);
  int64_t waited = milliseconds() - before;
  assert_true(waited >= TIMEOUT_MS - 50 && waited < 3 * TIMEOUT_MS);
  assert_int_equal(kill(csn_redis_server_pid(server), SIGCONT), 0);
  usleep(50 * 1000); /* the late answer, "fresh", is on its way */
  assert_int_equal(claim1(nonces, "c", "old", EXPIRES, NOW), CSN_NONCE_REPLAYED);
  assert_int_equal(claim1(nonces, "c", "new", EXPIRES, NOW), CSN_NONCE_FRESH);
  assert_int_equal(claim1(nonces, "c", "lost", EXPIRES, NOW), CSN_NONCE_REPLAYED); /* it had arrived */
  csn_redis_close(store);
}

/* Below the store: nothing is left of the connection on which an answer is missing. */
static void a_connection_without_an_answer_is_dropped(void **state) {
  (void)state;
  const csn_span ping = csn_span_str("PING");
  csn_redis_link link;
  start_with(NULL);
  assert_int_equal(csn_redis_link_open(&link, csn_redis_server_socket(server), 100, TEST_KEY), CSN_OK);
  assert_int_equal(kill(csn_redis_server_pid(server), SIGSTOP), 0);
  assert_true(csn_redis_queue(&link, &ping, 1));
  assert_true(csn_redis_send(&link));
  assert_non_null(link.context);
  assert_null(csn_redis_reply(&link));
  assert_null(link.context);
  assert_int_equal(csn_redis_link_ready(&link), CSN_ERROR_STORE);
  assert_null(link.context);
  assert_int_equal(kill(csn_redis_server_pid(server), SIGCONT), 0);
  assert_int_equal(csn_redis_link_ready(&link), CSN_OK);
  assert_false(link.data_in_doubt);
  csn_redis_link_close(&link);
}

static void a_server_without_room_is_full_and_forgets_nothing(void **state) {
  (void)state;
  start_with(NULL);
  csn_redis_store *store = open_store();
  csn_nonce_store nonces = csn_redis_nonces(store);
  csn_key key = make_key("c", "k", "0123456789abcdef0123456789abcdef");
  assert_int_equal(claim1(nonces, "c", "n", EXPIRES, NOW), CSN_NONCE_FRESH);
  outside_ok("CONFIG SET maxmemory 1");
  assert_int_equal(claim1(nonces, "c", "m", EXPIRES, NOW), CSN_NONCE_FULL);
  assert_int_equal(csn_redis_put_all(store, &key, 1), CSN_ERROR_STORE);
  outside_ok("CONFIG SET maxmemory 0");
  assert_int_equal(claim1(nonces, "c", "n", EXPIRES, NOW), CSN_NONCE_REPLAYED);
  assert_int_equal(claim1(nonces, "c", "m", EXPIRES, NOW), CSN_NONCE_FRESH);
  csn_redis_close(store);
}

static void other_errors_are_unavailable(void **state) {
  (void)state;
  start_with(NULL);
  csn_redis_store *store = open_store();
  csn_nonce_store nonces = csn_redis_nonces(store);
  outside_ok("CONFIG SET min-replicas-to-write 1");
  assert_int_equal(claim1(nonces, "c", "n", EXPIRES, NOW), CSN_NONCE_UNAVAILABLE);
  outside_ok("CONFIG SET min-replicas-to-write 0");
  assert_int_equal(claim1(nonces, "c", "n", EXPIRES, NOW), CSN_NONCE_FRESH);
  csn_redis_close(store);
}

/* ---- a server that answers what the test wants: a child that sends one text for each time that it is written to ----
 */

typedef struct script {
  csn_span answers[5];
  size_t count;
} script;

static void play(int listener, const script *what) {
  int fd = accept(listener, NULL, NULL);
  char bytes[4096];
  for (size_t i = 0; i < what->count && recv(fd, bytes, sizeof bytes, 0) > 0; i++) {
    if (send(fd, what->answers[i].ptr, what->answers[i].len, MSG_NOSIGNAL) < 0) break;
  }
  usleep(20 * 1000);
  _exit(0);
}

/* Starts the child behind a socket of that path. */
static pid_t start_script(const char *path, const script *what) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
  int listener = socket(AF_UNIX, SOCK_STREAM, 0);
  assert_true(listener >= 0);
  assert_int_equal(bind(listener, (const struct sockaddr *)&address, sizeof address), 0);
  assert_int_equal(listen(listener, 1), 0);
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    alarm(20);
    play(listener, what);
  }
  close(listener);
  return child;
}

static csn_span policy_answer(char out[128]) {
  static const char info[] = "# Memory\r\nmaxmemory_policy:noeviction\r\nallocator_frag_ratio:1.00\r\n";
  return csn_span_of(out, (size_t)snprintf(out, 128, "$%zu\r\n%s\r\n", sizeof info - 1, info));
}

#define RUN_ID "0123456789abcdef0123456789abcdef01234567"

static csn_span run_answer(char out[128], const char *info) {
  return csn_span_of(out, (size_t)snprintf(out, 128, "$%zu\r\n%s\r\n", strlen(info), info));
}

/* The answer to GET csn:check, from the key. */
static csn_span check_answer(char out[128]) {
  csn_sealer sealer;
  assert_int_equal(csn_sealer_init(&sealer, TEST_KEY), CSN_OK);
  csn_row row = csn_sealer_row(&sealer, CSN_TABLE_META, csn_span_str("check"), csn_span_of(NULL, 0));
  int head = snprintf(out, 128, "$%d\r\n", 19 + CSN_SEAL_OVERHEAD);
  assert_true(csn_seal(&sealer, &row, csn_span_str("countersign store 1"), (uint8_t *)out + head));
  csn_sealer_wipe(&sealer);
  memcpy(out + head + 19 + CSN_SEAL_OVERHEAD, "\r\n", 2);
  return csn_span_of(out, (size_t)head + 19 + CSN_SEAL_OVERHEAD + 2);
}

/* Three claims, then one more, against a server that answers the three with `answer` and goes. */
static void run_script(const char *answer, const csn_nonce_answer wanted[3]) {
  char folder[] = "/tmp/csn-script-XXXXXX", path[64], policy[128], run[128], check[128];
  assert_non_null(mkdtemp(folder));
  snprintf(path, sizeof path, "%s/socket", folder);
  script what = {.answers = {policy_answer(policy), run_answer(run, "\r\nrun_id:" RUN_ID "\r\n"), check_answer(check),
                             csn_span_str(answer)},
                 .count = 4};
  pid_t child = start_script(path, &what);
  csn_redis_store *store = NULL;
  assert_int_equal(csn_redis_open_unix(&store, path, TEST_KEY, TIMEOUT_MS), CSN_OK);
  csn_nonce_store nonces = csn_redis_nonces(store);
  csn_nonce_claim claims[] = {claim_of("c", "a", EXPIRES), claim_of("c", "b", EXPIRES), claim_of("c", "d", EXPIRES)};
  nonces.claim(nonces.self, claims, 3, NOW);
  for (size_t i = 0; i < 3; i++) assert_int_equal(claims[i].answer, wanted[i]);
  assert_int_equal(claim1(nonces, "c", "next", EXPIRES, NOW), CSN_NONCE_UNAVAILABLE);
  csn_redis_close(store);
  int status = -1;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(status, 0);
  unlink(path);
  rmdir(folder);
}

static void answers_are_taken_only_where_they_are_whole(void **state) {
  (void)state;
  const csn_nonce_answer U = CSN_NONCE_UNAVAILABLE, F = CSN_NONCE_FRESH, R = CSN_NONCE_REPLAYED, X = CSN_NONCE_FULL;
  const struct {
    const char *answer;
    csn_nonce_answer wanted[3];
  } rows[] = {
      {"+OK\r\n+OK\r\n+OK\r\n", {F, F, F}},
      {"+OK\r\n$-1\r\n-OOM command not allowed\r\n", {F, R, X}},
      {"+OK\r\n+O", {F, U, U}},                           /* ends in the middle of a pipeline */
      {"+OK\r\n-OOMPH\r\n+OK\r\n", {F, U, F}},            /* some other error */
      {"+OKAY\r\n+QUEUED\r\n$2\r\nOK\r\n", {U, U, U}},    /* nearly right */
      {":1\r\n*-1\r\n*0\r\n", {U, R, U}},                 /* hiredis reads a null array as nil */
      {"HTTP/1.1 400\r\n\r\n", {U, U, U}},                /* not the protocol at all */
      {"+OK\r\n+OK\r\n+OK\r\n+OK\r\n+OK\r\n", {F, F, F}}, /* more than was asked for: not the next claim's */
      {"", {U, U, U}},
  };
  for (size_t i = 0; i < COUNT(rows); i++) run_script(rows[i].answer, rows[i].wanted);
}

static csn_error open_at_run(const char *info) {
  char folder[] = "/tmp/csn-script-XXXXXX", path[64], policy[128], run[128], check[128];
  assert_non_null(mkdtemp(folder));
  snprintf(path, sizeof path, "%s/socket", folder);
  script what = {.answers = {policy_answer(policy), run_answer(run, info), check_answer(check)}, .count = 3};
  pid_t child = start_script(path, &what);
  csn_error error = try_to_open(path, TEST_KEY, TIMEOUT_MS);
  assert_int_equal(waitpid(child, NULL, 0), child);
  unlink(path);
  rmdir(folder);
  return error;
}

static void a_server_that_does_not_tell_its_run_is_refused(void **state) {
  (void)state;
  static const char *const wrong[] = {
      "",
      "# Server\r\nredis_version:7.0.15\r\n",
      "# Server\r\nrun_id:\r\n",
      "# Server\r\nrun_id:" RUN_ID "0\r\n",
      "# Server\r\nrun_id:0123456789abcdef0123456789abcdef0123456\r\n",
      "# Server\r\nrun_id:" RUN_ID,
      "# Server\r\nother_run_id:" RUN_ID "\r\n",
  };
  assert_int_equal(open_at_run("# Server\r\nrun_id:" RUN_ID "\r\ntcp_port:0\r\n"), CSN_OK);
  for (size_t i = 0; i < COUNT(wrong); i++) assert_int_equal(open_at_run(wrong[i]), CSN_ERROR_STORE);
}

/* ---- opening ---- */

static void a_server_that_may_evict_is_refused(void **state) {
  (void)state;
  static const char *const policies[] = {"allkeys-lru",  "allkeys-lfu",  "allkeys-random", "volatile-lru",
                                         "volatile-lfu", "volatile-ttl", "volatile-random"};
  char command[64];
  start_with(NULL);
  const char *path = csn_redis_server_socket(server);
  csn_redis_store *store = open_store();
  csn_nonce_store nonces = csn_redis_nonces(store);
  for (size_t i = 0; i < COUNT(policies); i++) {
    snprintf(command, sizeof command, "CONFIG SET maxmemory-policy %s", policies[i]);
    outside_ok(command);
    assert_int_equal(try_to_open(path, TEST_KEY, TIMEOUT_MS), CSN_ERROR_STORE);
  }
  redisContext *context = outside();
  freeReplyObject(redisCommand(context, "CLIENT KILL TYPE normal"));
  redisFree(context);
  assert_int_equal(claim1(nonces, "c", "n", EXPIRES, NOW), CSN_NONCE_UNAVAILABLE); /* seen when it connects anew */
  outside_ok("CONFIG SET maxmemory-policy noeviction");
  assert_int_equal(try_to_open(path, TEST_KEY, TIMEOUT_MS), CSN_OK);
  assert_int_equal(claim1(nonces, "c", "n", EXPIRES, NOW), CSN_NONCE_FRESH);
  outside_ok("ACL SETUSER default -info");
  assert_int_equal(try_to_open(path, TEST_KEY, TIMEOUT_MS), CSN_ERROR_STORE);
  csn_redis_close(store);
}

static void another_key_is_refused(void **state) {
  (void)state;
  start_with(NULL);
  const char *path = csn_redis_server_socket(server);
  assert_int_equal(try_to_open(path, TEST_KEY, TIMEOUT_MS), CSN_OK);
  assert_int_equal(try_to_open(path, OTHER_KEY, TIMEOUT_MS), CSN_ERROR_STORE);
  assert_int_equal(try_to_open(path, TEST_KEY, TIMEOUT_MS), CSN_OK);
  outside_ok("FLUSHALL");
  assert_int_equal(try_to_open(path, OTHER_KEY, TIMEOUT_MS), CSN_OK);
  assert_int_equal(try_to_open(path, TEST_KEY, TIMEOUT_MS), CSN_ERROR_STORE);
  outside_ok("SET csn:check nonsense");
  assert_int_equal(try_to_open(path, OTHER_KEY, TIMEOUT_MS), CSN_ERROR_STORE);
}

static void arguments_are_checked(void **state) {
  (void)state;
  char longest[108], too_long[109];
  start_with(NULL);
  const char *path = csn_redis_server_socket(server);
  memset(longest, 'x', sizeof longest);
  memset(too_long, 'x', sizeof too_long);
  longest[107] = '\0';
  too_long[108] = '\0';
  assert_int_equal(try_to_open(path, TEST_KEY, 0), CSN_ERROR_INVALID_ARGUMENT);
  assert_int_equal(try_to_open(path, TEST_KEY, -1), CSN_ERROR_INVALID_ARGUMENT);
  assert_int_equal(try_to_open("", TEST_KEY, TIMEOUT_MS), CSN_ERROR_INVALID_ARGUMENT);
  assert_int_equal(try_to_open(too_long, TEST_KEY, TIMEOUT_MS), CSN_ERROR_INVALID_ARGUMENT);
  assert_int_equal(try_to_open(longest, TEST_KEY, TIMEOUT_MS), CSN_ERROR_STORE);
  assert_int_equal(try_to_open("/tmp", TEST_KEY, TIMEOUT_MS), CSN_ERROR_STORE);
  csn_redis_close(NULL);
}

/* ---- credentials ---- */

static void credentials_come_back(void **state) {
  (void)state;
  start_with(NULL);
  csn_redis_store *store = open_store();
  csn_credential_store credentials = csn_redis_credentials(store);
  csn_key first = make_key("client-7", "2026-a", "0123456789abcdef0123456789abcdef");
  csn_key second = make_key("client-7", "2026-b", "fedcba9876543210fedcba9876543210"), found;
  csn_key nameless = first;
  nameless.client_id_len = 0;
  assert_int_equal(credentials.lookup(credentials.self, csn_span_str("client-7"), &found), CSN_LOOKUP_ABSENT);
  assert_int_equal(credentials.put(credentials.self, &first), CSN_OK);
  assert_int_equal(credentials.lookup(credentials.self, csn_span_str("client-7"), &found), CSN_LOOKUP_FOUND);
  assert_key_equal(&found, &first);
  assert_int_equal(credentials.put(credentials.self, &second), CSN_OK);
  csn_redis_close(store);
  store = open_store();
  credentials = csn_redis_credentials(store);
  assert_int_equal(credentials.lookup(credentials.self, csn_span_str("client-7"), &found), CSN_LOOKUP_FOUND);
  assert_key_equal(&found, &second);
  assert_int_equal(credentials.put(credentials.self, &nameless), CSN_ERROR_INVALID_ARGUMENT);
  assert_int_equal(credentials.lookup(credentials.self, csn_span_str("client-"), &found), CSN_LOOKUP_ABSENT);
  csn_redis_close(store);
}

static void many_credentials_are_put(void **state) {
  (void)state;
  enum { KEYS = 1200 };
  static csn_key keys[KEYS];
  csn_key found;
  start_with(NULL);
  csn_redis_store *store = open_store();
  csn_credential_store credentials = csn_redis_credentials(store);
  for (int i = 0; i < KEYS; i++) {
    char name[32];
    snprintf(name, sizeof name, "client-%d", i);
    keys[i] = make_key(name, "k", "0123456789abcdef0123456789abcdef");
  }
  assert_int_equal(csn_redis_put_all(store, keys, KEYS), CSN_OK);
  for (int i = 0; i < KEYS; i++) {
    assert_int_equal(credentials.lookup(credentials.self, csn_key_client_id(&keys[i]), &found), CSN_LOOKUP_FOUND);
    assert_key_equal(&found, &keys[i]);
  }
  assert_int_equal(csn_redis_put_all(store, NULL, 0), CSN_OK);
  csn_redis_close(store);
}

static void changed_or_exchanged_credentials_are_unavailable(void **state) {
  (void)state;
  start_with(NULL);
  csn_redis_store *store = open_store();
  csn_credential_store credentials = csn_redis_credentials(store);
  csn_key keys[] = {make_key("victim", "k", "0123456789abcdef0123456789abcdef"),
                    make_key("attack", "k", "the attacker's own secret, 32 b.")};
  csn_key found;
  uint8_t value[512], attack_value[512];
  row_name victim = name_of(CSN_TABLE_CREDENTIALS, "victim", "");
  assert_int_equal(csn_redis_put_all(store, keys, 2), CSN_OK);
  size_t len = outside_get(victim, value, sizeof value);
  size_t attack_len = outside_get(name_of(CSN_TABLE_CREDENTIALS, "attack", ""), attack_value, sizeof attack_value);
  outside_set(victim, attack_value, attack_len);
  assert_int_equal(credentials.lookup(store, csn_span_str("victim"), &found), CSN_LOOKUP_UNAVAILABLE);
  assert_int_equal(credentials.lookup(store, csn_span_str("attack"), &found), CSN_LOOKUP_FOUND);
  for (size_t i = 0; i < len; i += 7) {
    value[i] ^= 0x10;
    outside_set(victim, value, len);
    assert_int_equal(credentials.lookup(store, csn_span_str("victim"), &found), CSN_LOOKUP_UNAVAILABLE);
    value[i] ^= 0x10;
  }
  outside_set(victim, value, 0);
  assert_int_equal(credentials.lookup(store, csn_span_str("victim"), &found), CSN_LOOKUP_UNAVAILABLE);
  outside_set(victim, value, len);
  assert_int_equal(credentials.lookup(store, csn_span_str("victim"), &found), CSN_LOOKUP_FOUND);
  csn_redis_close(store);
}

static void nothing_readable_stands_in_a_dump(void **state) {
  (void)state;
  static const char *const options[] = {"--rdbcompression", "no", NULL};
  static const char secret[] = "Wq7!pR2zLm9#tXv4Ky8@bNc1Jd6%hGf3";
  static const char *const texts[] = {"recognisable", "telltale", "2026-obvious", "HS256", "countersign"};
  char dump[160];
  start_with(options);
  csn_redis_store *store = open_store();
  csn_key key = make_key("recognisable-client", "2026-obvious", secret);
  assert_int_equal(csn_redis_put_all(store, &key, 1), CSN_OK);
  assert_int_equal(claim1(csn_redis_nonces(store), "recognisable-client", "telltale-nonce", EXPIRES, NOW),
                   CSN_NONCE_FRESH);
  outside_ok("SAVE");
  snprintf(dump, sizeof dump, "%s", csn_redis_server_socket(server));
  snprintf(strrchr(dump, '/'), 16, "/dump.rdb");
  file_bytes file = read_file(dump);
  row_name row = name_of(CSN_TABLE_NONCES, "recognisable-client", "telltale-nonce");
  assert_true(file_holds(&file, csn_span_of(row.bytes, sizeof row.bytes))); /* the search does find what is there */
  for (size_t i = 0; i < COUNT(texts); i++) assert_false(file_holds(&file, csn_span_str(texts[i])));
  assert_false(file_holds_part(&file, csn_span_str(secret), 6));
  assert_false(file_holds_part(&file, csn_span_of(key.inner, sizeof key.inner), 6));
  assert_false(file_holds_part(&file, csn_span_of(key.outer, sizeof key.outer), 6));
  free(file.bytes);
  csn_redis_close(store);
}

static void the_store_says_what_it_is(void **state) {
  (void)state;
  start_with(NULL);
  csn_redis_store *store = open_store();
  const csn_nonce_store_traits *traits = csn_redis_nonces(store).traits;
  assert_string_equal(traits->name, "redis");
  assert_false(traits->survives_restart);
  assert_true(traits->shared_between_processes);
  assert_true(traits->shared_between_hosts);
  csn_redis_close(store);
}

/* ---- the private server itself ---- */

static void the_server_leaves_nothing_behind(void **state) {
  (void)state;
  static const char *const wrong[] = {"--no-such-option", "1", NULL};
  char folder[128];
  start_with(NULL);
  pid_t pid = csn_redis_server_pid(server);
  snprintf(folder, sizeof folder, "%s", csn_redis_server_socket(server));
  *strrchr(folder, '/') = '\0';
  assert_int_equal(access(folder, F_OK), 0);
  assert_int_equal(kill(pid, 0), 0);
  stop(NULL);
  assert_int_equal(access(folder, F_OK), -1);
  assert_int_equal(kill(pid, 0), -1);
  assert_int_equal(csn_redis_server_start(&server, wrong), CSN_ERROR_STORE);
  assert_null(server);
}

/* Where only redis-tools is installed, the program has another name. */
static void the_server_runs_under_its_other_name(void **state) {
  (void)state;
  char folder[] = "/tmp/csn-path-XXXXXX", link_path[64], program[4096];
  if (csn_redis_server_program() == NULL) skip();
  assert_non_null(realpath(csn_redis_server_program(), program));
  if (strstr(program, "redis-check-rdb") == NULL) skip(); /* another packaging: two programs */
  const char *before = getenv("PATH");
  char *kept = strdup(before == NULL ? "" : before);
  assert_non_null(mkdtemp(folder));
  snprintf(link_path, sizeof link_path, "%s/redis-check-rdb", folder);
  assert_int_equal(symlink(program, link_path), 0);
  setenv("PATH", folder, 1);
  assert_string_equal(csn_redis_server_program(), link_path);
  assert_int_equal(csn_redis_server_start(&server, NULL), CSN_OK);
  assert_int_equal(try_to_open(csn_redis_server_socket(server), TEST_KEY, TIMEOUT_MS), CSN_OK);
  unlink(link_path);
  assert_null(csn_redis_server_program());
  setenv("PATH", kept, 1);
  free(kept);
  rmdir(folder);
}

#define TEST(name) cmocka_unit_test_teardown(name, stop)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_nonce_is_fresh_once),
      TEST(a_batch_is_answered_in_order),
      TEST(processes_agree_on_one_winner),
      TEST(what_needs_no_server_is_exact_to_the_second),
      TEST(a_nonce_is_remembered_beyond_its_last_second),
      TEST(a_nonce_is_forgotten_when_its_time_has_passed),
      TEST(a_step_back_beyond_the_margin_is_refused),
      TEST(what_was_claimed_before_a_step_back_stays_refused),
      TEST(a_server_that_dies_is_unavailable_and_comes_back_fenced),
      TEST(a_server_whose_log_is_written_always_remembers),
      TEST(a_server_that_comes_back_older_is_fenced),
      TEST(other_data_in_the_same_run_is_fenced),
      TEST(the_fence_covers_what_others_claimed),
      TEST(a_connection_that_the_server_has_ended_is_made_anew),
      TEST(a_lost_connection_raises_no_signal),
      TEST(a_late_answer_is_nobodys),
      TEST(a_connection_without_an_answer_is_dropped),
      TEST(a_server_without_room_is_full_and_forgets_nothing),
      TEST(other_errors_are_unavailable),
      TEST(answers_are_taken_only_where_they_are_whole),
      TEST(a_server_that_does_not_tell_its_run_is_refused),
      TEST(a_server_that_may_evict_is_refused),
      TEST(another_key_is_refused),
      TEST(arguments_are_checked),
      TEST(credentials_come_back),
      TEST(many_credentials_are_put),
      TEST(changed_or_exchanged_credentials_are_unavailable),
      TEST(nothing_readable_stands_in_a_dump),
      TEST(the_store_says_what_it_is),
      TEST(the_server_leaves_nothing_behind),
      TEST(the_server_runs_under_its_other_name),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
