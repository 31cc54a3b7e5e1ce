/* Fuzzes csn_mac_many() and the single MACs: every back-end that the machine has against OpenSSL's EVP and HMAC().
 *
 * The first part of the input is a secret. Each other part is a message behind four control bytes: its key, the length
 * of its pieces (two), and how often its bytes are repeated. */
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "../core/src/mac_many.h"
#include "fuzz.h"

enum { JOBS_MAX = 40, PIECES_MAX = 48, MESSAGE_MAX = 4096, UNTOUCHED = 0x5a };

/* What a job's key control says: the first KINDS, from the start again. */
enum { KINDS = 5 };
static const csn_alg kinds[KINDS] = {CSN_ALG_HS256, CSN_ALG_NONE, CSN_ALG_HS256, CSN_ALG_HS384, CSN_ALG_HS512};

typedef struct fuzz_job {
  csn_span message; /* in a block of its own */
  csn_span pieces[PIECES_MAX];
  size_t piece_count, kind;
  uint8_t expected[CSN_MAC_MAX];
} fuzz_job;

static const EVP_MD *digest_of(size_t kind) {
  return kinds[kind] == CSN_ALG_HS512 ? EVP_sha512() : kinds[kind] == CSN_ALG_HS384 ? EVP_sha384() : EVP_sha256();
}

/* By OpenSSL alone. */
static void expect(fuzz_job *job, csn_span secret) {
  unsigned len = 0;
  memset(job->expected, UNTOUCHED, sizeof job->expected);
  if (kinds[job->kind] == CSN_ALG_NONE) {
    FUZZ_CHECK(EVP_Digest(job->message.ptr, job->message.len, job->expected, &len, EVP_sha256(), NULL) == 1);
  } else {
    FUZZ_CHECK(HMAC(digest_of(job->kind), secret.ptr, (int)secret.len, job->message.ptr, job->message.len,
                    job->expected, &len) != NULL);
  }
  FUZZ_CHECK(len <= CSN_MAC_MAX);
}

/* Pieces of equal length; the last is what is left. An empty message has none. */
static void cut(fuzz_job *job, size_t len) {
  csn_span rest = job->message;
  while (len > 0 && rest.len > len && job->piece_count + 1 < PIECES_MAX) {
    job->pieces[job->piece_count++] = csn_span_of(rest.ptr, len);
    rest = csn_span_of(rest.ptr + len, rest.len - len);
  }
  if (rest.len > 0) job->pieces[job->piece_count++] = rest;
}

static void make_job(fuzz_job *job, csn_span part, csn_span secret) {
  static uint8_t text[MESSAGE_MAX];
  size_t len = 0;
  job->piece_count = 0;
  job->kind = fuzz_take_control(&part) % KINDS;
  size_t piece = fuzz_take_control(&part) << 4;
  piece |= fuzz_take_control(&part);
  for (unsigned times = 1u << fuzz_take_control(&part); times > 0 && part.len <= MESSAGE_MAX - len; times--) {
    if (part.len > 0) memcpy(text + len, part.ptr, part.len);
    len += part.len;
  }
  job->message = fuzz_copy(csn_span_of(text, len));
  cut(job, piece);
  expect(job, secret);
}

/* The secret's keys, by kind; NULL for the plain hash. */
static const csn_key *key_of(csn_key keys[KINDS], size_t kind) {
  return kinds[kind] == CSN_ALG_NONE ? NULL : &keys[kind];
}

static void check_alone(const fuzz_job *job, const csn_key *key) {
  uint8_t mac[CSN_MAC_MAX];
  memset(mac, UNTOUCHED, sizeof mac);
  if (key == NULL) {
    csn_sha256(job->message, mac);
  } else {
    csn_hmac_once(key, job->message, mac);
  }
  FUZZ_CHECK(memcmp(mac, job->expected, sizeof mac) == 0);
}

static void check_backend(const fuzz_job *jobs, size_t count, csn_span secret) {
  csn_mac_job many[JOBS_MAX];
  csn_key keys[KINDS];
  for (size_t i = 0; i < KINDS; i++) csn_hmac_set_key_of(&keys[i], kinds[i], secret);
  for (size_t i = 0; i < count; i++) {
    const csn_span *pieces = jobs[i].piece_count == 0 ? NULL : jobs[i].pieces;
    many[i] = (csn_mac_job){.key = key_of(keys, jobs[i].kind), .pieces = pieces, .piece_count = jobs[i].piece_count};
    memset(many[i].mac, UNTOUCHED, sizeof many[i].mac);
  }
  csn_mac_many(many, count);
  for (size_t i = 0; i < count; i++) {
    FUZZ_CHECK(memcmp(many[i].mac, jobs[i].expected, sizeof many[i].mac) == 0);
    check_alone(&jobs[i], many[i].key);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static fuzz_job jobs[JOBS_MAX];
  csn_span input = {data, size < FUZZ_INPUT_MAX ? size : FUZZ_INPUT_MAX};
  csn_span secret = fuzz_copy(fuzz_take_until(&input, FUZZ_SEPARATOR));
  size_t count = 0;
  while (input.len > 0 && count < JOBS_MAX) make_job(&jobs[count++], fuzz_take_until(&input, FUZZ_SEPARATOR), secret);
  for (unsigned i = CSN_SHA256_AUTO + 1; i < CSN_SHA256_BACKENDS; i++) {
    if (!csn_sha256_backend_has((csn_sha256_backend)i)) continue;
    FUZZ_CHECK(csn_sha256_backend_set((csn_sha256_backend)i) == CSN_OK);
    check_backend(jobs, count, secret);
  }
  for (size_t i = 0; i < count; i++) fuzz_free_copy(jobs[i].message);
  fuzz_free_copy(secret);
  return 0;
}
