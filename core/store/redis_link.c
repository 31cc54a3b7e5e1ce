#include "redis_link.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <time.h>

static const csn_span CHECK_KEY = CSN_SPAN_LITERAL("csn:check");
static const csn_span CHECK_TEXT = CSN_SPAN_LITERAL("countersign store 1");
_Static_assert(sizeof "countersign store 1" - 1 + CSN_SEAL_OVERHEAD == CSN_REDIS_CHECK_BYTES, "length of CHECK_TEXT");

/* ---- sending and receiving ---- */

void csn_redis_link_drop(csn_redis_link *link) {
  if (link->context != NULL) redisFree(link->context);
  link->context = NULL;
}

bool csn_redis_queue(csn_redis_link *link, const csn_span *args, int count) {
  const char *texts[CSN_REDIS_ARGS_MAX];
  size_t lens[CSN_REDIS_ARGS_MAX];
  for (int i = 0; i < count; i++) {
    texts[i] = (const char *)args[i].ptr;
    lens[i] = args[i].len;
  }
  if (redisAppendCommandArgv(link->context, count, texts, lens) == REDIS_OK) return true;
  csn_redis_link_drop(link);
  return false;
}

static bool flush(redisContext *context) {
  int done = 0;
  while (!done) {
    if (redisBufferWrite(context, &done) != REDIS_OK) return false;
  }
  return true;
}

/* hiredis writes with write(), and a server that has gone would end this process with SIGPIPE. The signal comes to the
 * thread that writes: it is held back for that time, and taken off where this write has raised it. */
bool csn_redis_send(csn_redis_link *link) {
  sigset_t pipe_only, before, pending;
  sigemptyset(&pipe_only);
  sigaddset(&pipe_only, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe_only, &before);
  bool was_pending =
      sigismember(&before, SIGPIPE) == 1 && sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE) == 1;
  bool ok = flush(link->context);
  if (!ok && !was_pending) {
    const struct timespec at_once = {0, 0};
    while (sigtimedwait(&pipe_only, NULL, &at_once) < 0 && errno == EINTR) continue;
  }
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (!ok) csn_redis_link_drop(link);
  return ok;
}

redisReply *csn_redis_reply(csn_redis_link *link) {
  void *reply = NULL;
  if (redisGetReply(link->context, &reply) == REDIS_OK && reply != NULL) return reply;
  csn_redis_link_drop(link);
  return NULL;
}

redisReply *csn_redis_call(csn_redis_link *link, const csn_span *args, int count) {
  if (!csn_redis_queue(link, args, count) || !csn_redis_send(link)) return NULL;
  return csn_redis_reply(link);
}

/* ---- what every connection begins with ---- */

/* A section of what the server tells about itself; NULL where it does not. */
static redisReply *ask_info(csn_redis_link *link, const char *section) {
  const csn_span args[] = {csn_span_str("INFO"), csn_span_str(section)};
  redisReply *reply = csn_redis_call(link, args, 2);
  if (reply == NULL || reply->type == REDIS_REPLY_STRING) return reply;
  freeReplyObject(reply);
  return NULL;
}

static csn_error check_policy(csn_redis_link *link) {
  static const char wanted[] = "\nmaxmemory_policy:noeviction\r\n";
  redisReply *reply = ask_info(link, "memory");
  if (reply == NULL) return CSN_ERROR_STORE;
  bool ok = memmem(reply->str, reply->len, wanted, sizeof wanted - 1) != NULL;
  freeReplyObject(reply);
  return ok ? CSN_OK : CSN_ERROR_STORE;
}

/* Takes note of the run that the line names. */
static bool take_run(csn_redis_link *link, csn_span info) {
  static const char name[] = "\nrun_id:", end[] = "\r\n";
  const char *at = memmem(info.ptr, info.len, name, sizeof name - 1);
  if (at == NULL) return false;
  at += sizeof name - 1;
  size_t left = info.len - (size_t)(at - (const char *)info.ptr);
  const char *stop = memmem(at, left, end, sizeof end - 1);
  if (stop == NULL || stop - at != CSN_REDIS_RUN_BYTES) return false;
  if (link->knows_run && memcmp(link->run, at, sizeof link->run) != 0) link->data_in_doubt = true;
  memcpy(link->run, at, sizeof link->run);
  link->knows_run = true;
  return true;
}

static csn_error check_run(csn_redis_link *link) {
  redisReply *reply = ask_info(link, "server");
  if (reply == NULL) return CSN_ERROR_STORE;
  bool ok = take_run(link, csn_span_of(reply->str, reply->len));
  freeReplyObject(reply);
  return ok ? CSN_OK : CSN_ERROR_STORE;
}

/* Puts a check value where there is none. What came of it shows when it is read. */
static csn_error put_check_value(csn_redis_link *link) {
  uint8_t sealed[CSN_REDIS_CHECK_BYTES];
  if (!csn_seal(&link->sealer, &link->check_row, CHECK_TEXT, sealed)) return CSN_ERROR_CRYPTO;
  const csn_span args[] = {csn_span_str("SET"), CHECK_KEY, csn_span_of(sealed, sizeof sealed), csn_span_str("NX")};
  redisReply *reply = csn_redis_call(link, args, 4);
  if (reply == NULL) return CSN_ERROR_STORE;
  freeReplyObject(reply);
  return CSN_OK;
}

/* Takes note of the data that the check value belongs to. */
static bool take_check_value(csn_redis_link *link, csn_span sealed) {
  uint8_t text[CSN_REDIS_CHECK_BYTES - CSN_SEAL_OVERHEAD];
  if (sealed.len != sizeof link->data || !csn_unseal(&link->sealer, &link->check_row, sealed, text)) return false;
  if (!csn_span_equal(csn_span_of(text, sizeof text), CHECK_TEXT)) return false;
  if (link->knows_data && memcmp(link->data, sealed.ptr, sealed.len) != 0) link->data_in_doubt = true;
  memcpy(link->data, sealed.ptr, sealed.len);
  link->knows_data = true;
  return true;
}

static csn_error check_data(csn_redis_link *link) {
  const csn_span args[] = {csn_span_str("GET"), CHECK_KEY};
  redisReply *reply = csn_redis_call(link, args, 2);
  if (reply != NULL && reply->type == REDIS_REPLY_NIL) {
    freeReplyObject(reply);
    csn_error error = put_check_value(link);
    if (error != CSN_OK) return error;
    reply = csn_redis_call(link, args, 2);
  }
  if (reply == NULL) return CSN_ERROR_STORE;
  bool ok = reply->type == REDIS_REPLY_STRING && take_check_value(link, csn_span_of(reply->str, reply->len));
  freeReplyObject(reply);
  return ok ? CSN_OK : CSN_ERROR_STORE;
}

static csn_error connect_anew(csn_redis_link *link) {
  link->context = redisConnectUnixWithTimeout(link->path, link->timeout);
  if (link->context == NULL) return CSN_ERROR_NO_MEMORY;
  csn_error error = CSN_ERROR_STORE;
  if (link->context->err == 0 && redisSetTimeout(link->context, link->timeout) == REDIS_OK) {
    (void)fcntl(link->context->fd, F_SETFD, FD_CLOEXEC);
    error = check_policy(link);
    if (error == CSN_OK) error = check_run(link);
    if (error == CSN_OK) error = check_data(link);
  }
  if (error != CSN_OK) csn_redis_link_drop(link);
  return error;
}

/* Between calls nothing may arrive: an end of the stream is a server that has gone, bytes are a reply to nobody, which
 * the next command would take for its own. */
static bool is_stale(const csn_redis_link *link) {
  const redisReader *reader = link->context->reader;
  uint8_t byte;
  if (reader->pos < reader->len) return true;
  return recv(link->context->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

csn_error csn_redis_link_ready(csn_redis_link *link) {
  if (link->context != NULL && is_stale(link)) csn_redis_link_drop(link);
  return link->context != NULL ? CSN_OK : connect_anew(link);
}

csn_error csn_redis_link_open(csn_redis_link *link, const char *path, int timeout_ms,
                              const uint8_t key[CSN_STORE_KEY_BYTES]) {
  const csn_span none = csn_span_of(NULL, 0);
  size_t path_len = strlen(path);
  memset(link, 0, sizeof *link);
  if (timeout_ms <= 0 || path_len == 0 || path_len >= sizeof link->path) return CSN_ERROR_INVALID_ARGUMENT;
  memcpy(link->path, path, path_len + 1);
  link->timeout.tv_sec = timeout_ms / 1000;
  link->timeout.tv_usec = timeout_ms % 1000 * 1000;
  csn_error error = csn_sealer_init(&link->sealer, key);
  if (error != CSN_OK) return error;
  link->check_row = csn_sealer_row(&link->sealer, CSN_TABLE_META, csn_span_str("check"), none);
  error = csn_redis_link_ready(link);
  if (error != CSN_OK) csn_redis_link_close(link);
  return error;
}

void csn_redis_link_close(csn_redis_link *link) {
  csn_redis_link_drop(link);
  csn_sealer_wipe(&link->sealer);
  memset(link, 0, sizeof *link);
}
