/* What the processor does itself, also where valgrind does not follow it: whatever the secrets are, the same
 * instructions run in the same order. A child is stepped through its work; the addresses of its instructions are
 * compared, not those of its data. Without valgrind the marks of ct.h do nothing. */
#include <elf.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../src/encoding.h"
#include "../../src/hmac.h"
#include "check.h"

enum { SEEDS = 3, STEPS_MIN = 20 };

typedef struct steps {
  size_t count;
  uint64_t hash; /* FNV-1a of the instructions' addresses */
} steps;

static uint64_t program_counter(pid_t child) {
  struct user_regs_struct registers = {0};
  struct iovec all = {&registers, sizeof registers};
  (void)ptrace(PTRACE_GETREGSET, child, NT_PRSTATUS, &all);
#if defined(__x86_64__)
  return registers.rip;
#elif defined(__aarch64__)
  return registers.pc;
#else
#error "where does this processor keep the address of its instruction?"
#endif
}

/* The child stops itself before and after. False where it may not be traced. */
static bool step_through(pid_t child, steps *out) {
  int status = 0;
  *out = (steps){0, UINT64_C(0xcbf29ce484222325)};
  if (waitpid(child, &status, 0) != child || !WIFSTOPPED(status) || WSTOPSIG(status) != SIGSTOP) return false;
  while (ptrace(PTRACE_SINGLESTEP, child, NULL, NULL) == 0 && waitpid(child, &status, 0) == child) {
    if (!WIFSTOPPED(status) || WSTOPSIG(status) != SIGTRAP) break;
    out->hash = (out->hash ^ program_counter(child)) * UINT64_C(0x100000001b3);
    out->count++;
  }
  return WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP;
}

static steps steps_of(ct_work *work, void *context) {
  steps taken;
  pid_t child = fork();
  if (child == 0) {
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0) _exit(1);
    (void)raise(SIGSTOP);
    work(context);
    (void)raise(SIGSTOP);
    _exit(0);
  }
  assert_true(child > 0);
  bool stepped = step_through(child, &taken);
  (void)kill(child, SIGKILL);
  while (waitpid(child, NULL, 0) > 0) continue;
  if (!stepped) fail_msg("a child cannot be stepped through here: is ptrace() permitted?");
  assert_true(taken.count >= STEPS_MIN);
  return taken;
}

size_t ct_other_steps(ct_prepare *prepare, ct_work *work, void *context) {
  steps first = {0, 0};
  size_t other = 0;
  for (uint64_t seed = 1; seed <= SEEDS; seed++) {
    prepare(context, seed);
    steps taken = steps_of(work, context);
    if (seed == 1) first = taken;
    other += taken.count != first.count || taken.hash != first.hash;
  }
  return other;
}

/* ---- what is stepped through ---- */

typedef struct material {
  size_t len; /* of the message */
  csn_alg alg;
  uint8_t secret[64], message[400], mac[CSN_MAC_MAX], given[CSN_MAC_MAX];
  char hex[2 * CSN_MAC_MAX], base64url[2 * CSN_MAC_MAX], base64[2 * CSN_MAC_MAX];
  csn_key key;
  csn_api_key_text api_key;
  volatile uint32_t answer;
} material;

static void prepare(void *context, uint64_t seed) {
  material *m = context;
  uint8_t random[CSN_API_KEY_RANDOM_BYTES];
  ct_fill(m->secret, sizeof m->secret, seed);
  ct_fill(m->message, sizeof m->message, seed + 1);
  ct_fill(random, sizeof random, seed + 2);
  csn_hmac_set_key_of(&m->key, m->alg, csn_span_of(m->secret, sizeof m->secret));
  csn_hmac_once(&m->key, csn_span_of(m->message, m->len), m->given);
  csn_hex_encode(csn_span_of(m->given, CSN_MAC_MAX), m->hex);
  csn_base64url_encode(csn_span_of(m->given, CSN_MAC_MAX), m->base64url);
  csn_base64_encode(csn_span_of(m->given, CSN_MAC_MAX), m->base64);
  assert_int_equal(csn_api_key_make(csn_span_str("sk"), random, &m->api_key), CSN_OK);
  memcpy(m->mac, m->given, sizeof m->mac);
  m->given[seed * 7 % 32] ^= (uint8_t)(1u << seed); /* the verdict may be told, the place not */
}

static void make_key(void *context) {
  material *m = context;
  csn_hmac_set_key_of(&m->key, m->alg, csn_span_of(m->secret, sizeof m->secret));
}
static void make_mac(void *context) {
  material *m = context;
  csn_hmac_once(&m->key, csn_span_of(m->message, m->len), m->mac);
}
static void verify_mac(void *context) {
  material *m = context;
  csn_span given = csn_span_of(m->given, csn_hmac_bytes(&m->key));
  m->answer = csn_key_verify(&m->key, csn_span_of(m->message, m->len), given);
}
static void compare(void *context) {
  material *m = context;
  m->answer = csn_ct_equal(m->mac, m->given, CSN_MAC_MAX);
}
static void decode(void *context) {
  material *m = context;
  size_t offset;
  m->answer = csn_hex_decode(csn_span_of(m->hex, sizeof m->hex), m->mac, &offset);
  m->answer &= csn_base64url_decode(csn_span_of(m->base64url, csn_base64url_encoded_len(CSN_MAC_MAX)), m->mac, &offset);
  m->answer &= csn_base64_decode(csn_span_of(m->base64, csn_base64_encoded_len(CSN_MAC_MAX)), m->mac, &offset);
}
static void encode(void *context) {
  material *m = context;
  csn_hex_encode(csn_span_of(m->mac, CSN_MAC_MAX), m->hex);
  csn_base64url_encode(csn_span_of(m->mac, CSN_MAC_MAX), m->base64url);
  csn_base64_encode(csn_span_of(m->mac, CSN_MAC_MAX), m->base64);
}
static void read_api_key(void *context) {
  material *m = context;
  csn_api_key key;
  size_t offset;
  uint8_t hash[CSN_API_KEY_HASH_BYTES];
  csn_span text = csn_span_of(m->api_key.bytes, m->api_key.len);
  m->answer = csn_api_key_parse(text, &key, &offset) == CSN_REASON_ACCEPTED;
  if (m->key.alg == CSN_ALG_HS256) csn_api_key_hash(&m->key, text, hash);
}
static void compare_and_end_early(void *context) {
  material *m = context;
  size_t i = 0;
  while (i < CSN_MAC_MAX && ((volatile uint8_t *)m->mac)[i] == m->given[i]) i++;
  m->answer = i == CSN_MAC_MAX;
}

/* ---- the checks ---- */

static void assert_same_steps(const char *name, ct_work *work, csn_alg alg, size_t len) {
  material m = {.len = len, .alg = alg};
  size_t other = ct_other_steps(prepare, work, &m);
  if (other > 0) fail_msg("%s, %s, %zu bytes: %zu times other steps", name, csn_alg_name(alg), len, other);
}

static void secrets_do_not_choose_instructions(void **state) {
  (void)state;
  for (csn_alg alg = CSN_ALG_HS256; alg <= CSN_ALG_HS512; alg++) {
    assert_same_steps("a key of a secret", make_key, alg, 0);
    assert_same_steps("a MAC", make_mac, alg, 100);
    assert_same_steps("a MAC that is compared", verify_mac, alg, 1);
  }
  assert_same_steps("a longer MAC", make_mac, CSN_ALG_HS256, sizeof(((material *)0)->message));
  assert_same_steps("the compare", compare, CSN_ALG_HS512, 0);
  assert_same_steps("decoding", decode, CSN_ALG_HS512, 0);
  assert_same_steps("encoding", encode, CSN_ALG_HS512, 0);
  assert_same_steps("an API key", read_api_key, CSN_ALG_HS256, 0);
}

/* Negative control. */
static void a_compare_that_ends_early_takes_other_steps(void **state) {
  material m = {.len = 100, .alg = CSN_ALG_HS256};
  (void)state;
  assert_true(ct_other_steps(prepare, compare_and_end_early, &m) > 0);
}

int ct_steps(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_compare_that_ends_early_takes_other_steps),
      cmocka_unit_test(secrets_do_not_choose_instructions),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
