/* Peers that verify tokens in processes: what they are told and what they may answer, with scripts in their place; and
 * those that are installed verify what the others verify of a token. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../token_key.h"
#include "../workload.h"
#include "jwt_process.h"

static csn_process process; /* one at a time, so that it is ended even where a test has failed */

static int teardown(void **state) {
  (void)state;
  csn_process_end(&process);
  return 0;
}

static void expect_line(const char *wanted) {
  const char *line = csn_process_line(&process);
  assert_non_null(line);
  assert_string_equal(line, wanted);
}

/* ---- scripts in place of peers ---- */

static const csn_jwt_peer fake = {"fake", "/bin/sh", "peer.sh", 0, NULL};
static char folder[] = "/tmp/csn-peers-XXXXXX", script[64];

static int make_folder(void **state) {
  (void)state;
  if (mkdtemp(folder) == NULL) return -1;
  snprintf(script, sizeof script, "%s/peer.sh", folder);
  return 0;
}

static int remove_folder(void **state) {
  (void)state;
  unlink(script);
  return rmdir(folder);
}

static csn_jwt_terms terms_of_secret(csn_span secret) {
  return (csn_jwt_terms){CSN_ALG_HS256, secret, CSN_WORKLOAD_ISSUER, CSN_WORKLOAD_AUDIENCE, CSN_WORKLOAD_NOW};
}

static bool open_script(const char *text) {
  FILE *file = fopen(script, "w");
  assert_non_null(file);
  assert_true(fputs(text, file) >= 0);
  assert_int_equal(fclose(file), 0);
  csn_jwt_terms terms = terms_of_secret(csn_span_str("\xfb\xff secret"));
  return csn_jwt_process_open(&process, &fake, folder, &terms);
}

static void expect_not_opened(const char *text, const char *why) {
  assert_false(open_script(text));
  assert_string_equal(process.why, why);
  assert_int_equal(process.pid, 0);
}

static void a_peer_is_told_everything(void **state) {
  (void)state;
  expect_not_opened("read -r line; echo \"absent $*\"",
                    "not installed: fake HS256 1790000000 https://id.example orders");
  expect_not_opened("read -r line; echo \"absent $line\"", "not installed: key -_8gc2VjcmV0");
}

static void a_peer_that_is_not_installed_says_why(void **state) {
  (void)state;
  const csn_jwt_peer nobody = {"fake", "no-such-program-of-csn", "peer.sh", 0, NULL};
  csn_jwt_terms terms = terms_of_secret(csn_span_str("secret"));
  assert_false(csn_jwt_process_open(&process, &nobody, folder, &terms));
  assert_string_equal(process.why, "not installed: no-such-program-of-csn");
  expect_not_opened("exit 7", "does not start: ended with status 7");
  expect_not_opened("echo hello; exec sleep 60", "does not start, but says: hello");
  assert_true(open_script("echo ready; exec sleep 60"));
}

static void a_judgement_is_one_of_two(void **state) {
  (void)state;
  static const struct {
    const char *says;
    csn_jwt_answer answer;
    const char *why;
  } table[] = {
      {"accepted", CSN_JWT_ACCEPTED, ""},
      {"rejected expired", CSN_JWT_REJECTED, ""},
      {"rejected ", CSN_JWT_REJECTED, ""},
      {"accepted ", CSN_JWT_FAILED, "answered 'accepted '"},
      {"accept", CSN_JWT_FAILED, "answered 'accept'"},
      {"rejected", CSN_JWT_FAILED, "answered 'rejected'"},
      {"", CSN_JWT_FAILED, "answered ''"},
  };
  for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
    char text[128];
    snprintf(text, sizeof text, "echo ready; read -r key; read -r asked; echo '%s'; exec sleep 60", table[i].says);
    assert_true(open_script(text));
    assert_int_equal(csn_jwt_process_judge(&process, csn_span_str("a.b.c"), 5), table[i].answer);
    assert_string_equal(process.why, table[i].why);
    csn_process_end(&process);
  }
  assert_true(open_script("echo ready; read -r key; read -r asked; echo \"<$asked>\"; exec sleep 60"));
  assert_int_equal(csn_jwt_process_judge(&process, csn_span_str("a.b.c"), -5), CSN_JWT_FAILED);
  assert_string_equal(process.why, "answered '<judge -5 a.b.c>'");
  assert_true(open_script("echo ready; read -r key; read -r asked; exit 1"));
  assert_int_equal(csn_jwt_process_judge(&process, csn_span_str("a.b.c"), 5), CSN_JWT_FAILED);
  assert_string_equal(process.why, "ended with status 1");
}

static void a_run_has_a_time_and_accepts_everything(void **state) {
  (void)state;
  static const struct {
    const char *says, *why; /* NULL: taken */
    uint64_t ns;
  } table[] = {
      {"1 10", NULL, 1},
      {"18446744073709551615 10", NULL, UINT64_MAX},
      {"0 10", "answered '0 10'", 0},
      {"-5 10", "answered '-5 10'", 0},
      {" 5 10", "answered ' 5 10'", 0},
      {"5", "answered '5'", 0},
      {"5 10 1", "answered '5 10 1'", 0},
      {"5 10 ", "answered '5 10 '", 0},
      {"5.5 10", "answered '5.5 10'", 0},
      {"nothing", "answered 'nothing'", 0},
      {"5 9", "accepted 9 of 10 valid tokens", 0},
      {"5 11", "accepted 11 of 10 valid tokens", 0},
  };
  for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
    char text[160];
    uint64_t ns = 0;
    snprintf(text, sizeof text,
             "echo ready; read -r key; read -r asked; [ \"$asked\" = 'run 10' ] && echo '%s'; exec sleep 60",
             table[i].says);
    assert_true(open_script(text));
    assert_int_equal(csn_jwt_process_run(&process, 10, &ns), table[i].why == NULL);
    if (table[i].why == NULL) assert_true(ns == table[i].ns);
    if (table[i].why != NULL) assert_string_equal(process.why, table[i].why);
    csn_process_end(&process);
  }
}

static void tokens_are_sent_line_by_line(void **state) {
  (void)state;
  static char longest[8192];
  memset(longest, 'a', sizeof longest);
  csn_span tokens[] = {csn_span_str("a.b.c"), csn_span_of(longest, sizeof longest - 8), csn_span_str("d.e.f")};
  assert_true(
      open_script("echo ready; read -r k; read -r x; read -r y; read -r z; echo \"$x ${#y} $z\"; exec sleep 60"));
  assert_true(csn_jwt_process_add(&process, tokens, 3));
  expect_line("token a.b.c 8190 token d.e.f");
  tokens[1].len++;
  assert_false(csn_jwt_process_add(&process, tokens, 3));
  assert_string_equal(process.why, "a token of 8185 bytes is too long");
}

/* ---- the peers themselves ---- */

enum { TOKENS = 32 }; /* of the pool */

static csn_token_key keys[2 * 6], *key = keys, *other_key = keys + 1; /* what they hold is never released */
static csn_token_pool pool;

static csn_jwt_answer judge_altered(csn_span token, size_t at, int64_t now) {
  char *byte = (char *)token.ptr + at, right = *byte;
  *byte = right == 'A' ? 'B' : 'A';
  csn_jwt_answer answer = csn_jwt_process_judge(&process, token, now);
  *byte = right;
  return answer;
}

static void open_installed(const csn_jwt_peer *peer, const char *scripts, const csn_jwt_terms *terms) {
  if (!csn_jwt_process_open(&process, peer, scripts, terms)) fail_msg("%s: %s", peer->name, process.why);
}

static void rejects_on_terms(const csn_jwt_peer *peer, const char *scripts, csn_jwt_terms terms) {
  open_installed(peer, scripts, &terms);
  assert_int_equal(csn_jwt_process_judge(&process, pool.tokens[0], CSN_WORKLOAD_NOW), CSN_JWT_REJECTED);
  csn_process_end(&process);
}

/* The times of the pool's tokens: issued and valid a minute before now, for an hour from now. fast-jwt accepts them in
 * the second of their expiry. */
static void verifies_tokens(const csn_jwt_peer *peer, const char *scripts, const csn_jwt_terms *terms) {
  csn_span token = pool.tokens[0];
  size_t header = (size_t)((const uint8_t *)memchr(token.ptr, '.', token.len) - token.ptr);
  open_installed(peer, scripts, terms);
  assert_true(csn_jwt_process_add(&process, pool.tokens, TOKENS));
  uint64_t start = csn_clock_ns(), ns = 0;
  for (int round = 0; round < 2; round++) { /* the second of them from the cache of who has one */
    if (!csn_jwt_process_run(&process, TOKENS, &ns)) fail_msg("%s: %s", peer->name, process.why);
    assert_in_range(ns, TOKENS, csn_clock_ns() - start);
    assert_int_equal(csn_jwt_process_judge(&process, token, CSN_WORKLOAD_NOW), CSN_JWT_ACCEPTED);
    assert_int_equal(csn_jwt_process_judge(&process, token, CSN_WORKLOAD_NOW + 3599), CSN_JWT_ACCEPTED);
    assert_int_equal(csn_jwt_process_judge(&process, token, CSN_WORKLOAD_NOW + 3601), CSN_JWT_REJECTED);
    assert_int_equal(csn_jwt_process_judge(&process, token, CSN_WORKLOAD_NOW - 60), CSN_JWT_ACCEPTED);
    assert_int_equal(csn_jwt_process_judge(&process, token, CSN_WORKLOAD_NOW - 61), CSN_JWT_REJECTED);
    assert_int_equal(judge_altered(token, header + 40, CSN_WORKLOAD_NOW), CSN_JWT_REJECTED);
    assert_int_equal(judge_altered(token, token.len - 20, CSN_WORKLOAD_NOW), CSN_JWT_REJECTED);
  }
  csn_process_end(&process);
}

static void verifies_algorithm(const csn_jwt_peer *peer, const char *scripts) {
  csn_jwt_terms terms = {key->signer.alg, key->text, CSN_WORKLOAD_ISSUER, CSN_WORKLOAD_AUDIENCE, CSN_WORKLOAD_NOW};
  verifies_tokens(peer, scripts, &terms);
  csn_jwt_terms other = terms;
  other.key = other_key->text;
  rejects_on_terms(peer, scripts, other);
  if (terms.alg != CSN_ALG_HS256) return; /* once: the claims are read alike */
  other = terms;
  other.issuer = "https://id.examplf";
  rejects_on_terms(peer, scripts, other);
  other = terms;
  other.audience = "order";
  rejects_on_terms(peer, scripts, other);
}

/* Some need what `make peers` installs; PyJWT comes with the packages of the tests. */
static void installed_peers_verify(csn_alg alg) {
  char scripts[CSN_JWT_FOLDER_MAX];
  assert_true(csn_jwt_peer_folder(scripts));
  csn_token_key_make(key, alg);
  csn_token_key_make(other_key, alg);
  if (alg == CSN_ALG_HS256) other_key->text = csn_span_str("another benchmark's secret, as long");
  csn_token_pool_make(&pool, &key->signer);
  bool python = false;
  for (size_t i = 0; i < CSN_JWT_PEERS; i++) {
    const csn_jwt_peer *peer = &csn_jwt_peers[i];
    char package[CSN_JWT_VERSION_MAX];
    bool npm = strcmp(peer->program, "node") == 0;
    csn_jwt_peer_version(scripts, "jose", package);
    if (npm && strcmp(package, "not installed") == 0) {
      print_message("%s: not installed\n", peer->name);
      continue;
    }
    if (peer->lacks & 1u << alg) continue;
    verifies_algorithm(peer, scripts);
    python = python || !npm;
  }
  free(pool.bytes);
  key += 2;
  other_key += 2;
  assert_true(python);
}

static void peers_verify_hs256(void **state) {
  (void)state;
  installed_peers_verify(CSN_ALG_HS256);
}

static void peers_verify_rs256(void **state) {
  (void)state;
  installed_peers_verify(CSN_ALG_RS256);
}

static void peers_verify_ps256(void **state) {
  (void)state;
  installed_peers_verify(CSN_ALG_PS256);
}

static void peers_verify_es256(void **state) {
  (void)state;
  installed_peers_verify(CSN_ALG_ES256);
}

static void peers_verify_es384(void **state) {
  (void)state;
  installed_peers_verify(CSN_ALG_ES384);
}

static void peers_verify_eddsa(void **state) {
  (void)state;
  installed_peers_verify(CSN_ALG_EdDSA);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(a_peer_is_told_everything, teardown),
      cmocka_unit_test_teardown(a_peer_that_is_not_installed_says_why, teardown),
      cmocka_unit_test_teardown(a_judgement_is_one_of_two, teardown),
      cmocka_unit_test_teardown(a_run_has_a_time_and_accepts_everything, teardown),
      cmocka_unit_test_teardown(tokens_are_sent_line_by_line, teardown),
      cmocka_unit_test_teardown(peers_verify_hs256, teardown),
      cmocka_unit_test_teardown(peers_verify_rs256, teardown),
      cmocka_unit_test_teardown(peers_verify_ps256, teardown),
      cmocka_unit_test_teardown(peers_verify_es256, teardown),
      cmocka_unit_test_teardown(peers_verify_es384, teardown),
      cmocka_unit_test_teardown(peers_verify_eddsa, teardown),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
