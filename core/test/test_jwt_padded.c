/* Tokens with padding: csn_jwt_policy.allow_padded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/hmac.h>

#include "../src/fast_path.h"
#include "tokens.h"

#define ACCEPTED CSN_REASON_ACCEPTED
#define SECRET "a secret of more than sixty-four bytes, so that it fits all three of the hashes"

enum { SEGMENTS = 3, PADS = 6, BATCH = PADS * PADS * PADS, ROOM = 320 };

static const struct {
  const char *name;
  csn_alg alg;
} algs[] = {{"HS256", CSN_ALG_HS256}, {"HS384", CSN_ALG_HS384}, {"HS512", CSN_ALG_HS512}};
enum { ALGS = sizeof algs / sizeof algs[0] };

static csn_jwt_policy policy_of(bool allow_padded) {
  csn_jwt_policy policy = CSN_JWT_POLICY_DEFAULT;
  policy.algorithms = 1u << CSN_ALG_HS256 | 1u << CSN_ALG_HS384 | 1u << CSN_ALG_HS512;
  policy.allow_padded = allow_padded;
  return policy;
}

static csn_keyring *ring_of(csn_alg alg) {
  csn_keyring *ring = ring_new();
  csn_key_config config = key_config("", SECRET);
  config.alg = alg;
  ring_add(ring, &config);
  return ring;
}

/* ---- tokens, signed by OpenSSL ---- */

/* A token under construction: where each segment starts, and how many characters it has without its padding. */
typedef struct padded {
  char text[ROOM];
  size_t len, start[SEGMENTS], digits[SEGMENTS], pads[SEGMENTS];
} padded;

static void put_segment(padded *t, size_t which, csn_span bytes, size_t pads) {
  t->start[which] = t->len;
  t->digits[which] = put_base64url(t->text + t->len, bytes);
  t->pads[which] = pads;
  t->len += t->digits[which];
  memset(t->text + t->len, '=', pads);
  t->len += pads;
}

/* Signs what stands there, and puts the signature behind it. */
static void put_signature(padded *t, size_t alg, size_t pads) {
  static const char *const hashes[ALGS] = {"SHA256", "SHA384", "SHA512"};
  uint8_t mac[EVP_MAX_MD_SIZE];
  unsigned bytes = 0;
  assert_non_null(HMAC(EVP_get_digestbyname(hashes[alg]), SECRET, (int)strlen(SECRET), (const uint8_t *)t->text, t->len,
                       mac, &bytes));
  t->text[t->len++] = '.';
  put_segment(t, 2, csn_span_of(mac, bytes), pads);
}

static padded token_with(size_t alg, const char *header, const char *claims, const size_t pads[SEGMENTS]) {
  padded t = {.len = 0};
  put_segment(&t, 0, csn_span_str(header), pads[0]);
  t.text[t.len++] = '.';
  put_segment(&t, 1, csn_span_str(claims), pads[1]);
  put_signature(&t, alg, pads[2]);
  return t;
}

static csn_span text_of(const padded *t) {
  return csn_span_of(t->text, t->len);
}

/* ---- what is right ---- */

/* RFC 4648 section 4: none behind whole groups of four, two behind two characters, one behind three. */
static size_t right_pads(size_t digits) {
  static const size_t right[4] = {0, 9, 2, 1};
  return right[digits % 4];
}

static bool is_right(const padded *t, size_t segment, bool allowed) {
  return t->pads[segment] == 0 || (allowed && t->pads[segment] == right_pads(t->digits[segment]));
}

/* In the order of the checks; what is wrong begins at the first '='. */
static csn_verdict expected_of(const padded *t, bool allowed) {
  static const struct {
    size_t segment;
    csn_reason reason;
  } order[] = {{0, CSN_REASON_BASE64URL_INVALID}, {2, CSN_REASON_SIGNATURE_LENGTH}, {1, CSN_REASON_BASE64URL_INVALID}};
  csn_verdict out = {.reason = ACCEPTED, .field = CSN_FIELD_NONE};
  for (size_t i = 0; i < SEGMENTS; i++) {
    size_t segment = order[i].segment;
    if (is_right(t, segment, allowed)) continue;
    out.reason = order[i].reason;
    out.field = CSN_FIELD_TOKEN;
    out.offset = t->start[segment] + t->digits[segment];
    return out;
  }
  return out;
}

static bool is_as(const csn_verdict *got, const csn_verdict *expected) {
  return got->reason == expected->reason && got->field == expected->field && got->offset == expected->offset;
}

/* ---- every number of '=' in every segment ---- */

static padded made[BATCH];
static csn_span tokens[BATCH];
static csn_jwt jwts[BATCH];
static csn_verdict verdicts[BATCH];

static void make_all(size_t alg, const char *header, const char *claims) {
  for (size_t i = 0; i < BATCH; i++) {
    const size_t pads[SEGMENTS] = {i % PADS, i / PADS % PADS, i / PADS / PADS};
    made[i] = token_with(alg, header, claims, pads);
    tokens[i] = text_of(&made[i]);
  }
}

/* Alone with the fast paths and without them, and in a batch; returns how many were accepted. */
static size_t check_all(const csn_keyring *ring, const csn_jwt_policy *policy, csn_span claims) {
  csn_keyring_reading keys;
  size_t accepted = 0;
  csn_keyring_read_begin(ring, &keys);
  csn_jwt_verify_batch(&keys, policy, tokens, NOW, jwts, verdicts, BATCH);
  csn_keyring_read_end(&keys);
  for (size_t i = 0; i < BATCH; i++) {
    csn_verdict expected = expected_of(&made[i], policy->allow_padded);
    outcome alone = verify_at(ring, policy, tokens[i], NOW);
    csn_atomic_store_relaxed(&csn_fast_paths_off, 1);
    outcome slow = verify_at(ring, policy, tokens[i], NOW);
    csn_atomic_store_relaxed(&csn_fast_paths_off, 0);
    if (!is_as(&alone.verdict, &expected) || !is_as(&slow.verdict, &expected) || !is_as(&verdicts[i], &expected)) {
      fail_msg("%.*s: %s alone, %s without fast paths, %s in a batch, not %s", (int)tokens[i].len, made[i].text,
               csn_reason_label(alone.verdict.reason), csn_reason_label(slow.verdict.reason),
               csn_reason_label(verdicts[i].reason), csn_reason_label(expected.reason));
    }
    if (expected.reason != ACCEPTED) continue;
    accepted++;
    assert_true(csn_span_equal(csn_span_of(alone.jwt.claims, alone.jwt.claims_len), claims));
    assert_true(csn_span_equal(csn_span_of(jwts[i].claims, jwts[i].claims_len), claims));
    assert_int_equal(jwts[i].expires_at, NOW + 100);
  }
  return accepted;
}

/* Of each segment the padding is there or not, where it ends in a group that is cut short. */
static size_t ways(const padded *t) {
  size_t count = 1;
  for (size_t i = 0; i < SEGMENTS; i++) count *= right_pads(t->digits[i]) > 0 ? 2 : 1;
  return count;
}

/* Both policies in turn on one ring, so that each finds what the other has left in it. */
static void each_segment_may_have_the_padding_that_it_needs(void **state) {
  bool seen[SEGMENTS][4] = {{false}};
  (void)state;
  for (size_t i = 0; i < 3 * 3 * ALGS; i++) {
    size_t alg = i / 9;
    char header[64], claims[96];
    csn_keyring *ring = ring_of(algs[alg].alg);
    csn_jwt_policy strict = policy_of(false), lenient = policy_of(true);
    snprintf(header, sizeof header, "{\"alg\":\"%s\",\"typ\":\"JWT\"}%*s", algs[alg].name, (int)(i % 3), "");
    snprintf(claims, sizeof claims, CLAIMS "%*s", (int)(i / 3 % 3), "");
    make_all(alg, header, claims);
    for (size_t s = 0; s < SEGMENTS; s++) seen[s][made[0].digits[s] % 4] = true;
    for (size_t turn = 0; turn < 2; turn++) {
      assert_int_equal(check_all(ring, &lenient, csn_span_str(claims)), ways(&made[0]));
      assert_int_equal(check_all(ring, &strict, csn_span_str(claims)), 1);
    }
    csn_keyring_free(ring);
  }
  for (size_t s = 0; s < SEGMENTS; s++) assert_true(seen[s][0] && seen[s][2] && seen[s][3]);
}

/* ---- what padding does not change ---- */

/* The MAC is one of the text with its padding, and of no other. */
static void padding_is_signed_as_it_came(void **state) {
  const size_t none[SEGMENTS] = {0, 0, 0}, header[SEGMENTS] = {2, 0, 0};
  csn_keyring *ring = ring_of(CSN_ALG_HS256);
  csn_jwt_policy lenient = policy_of(true);
  padded plain = token_with(0, "{\"alg\":\"HS256\" }", CLAIMS, none),
         with = token_with(0, "{\"alg\":\"HS256\" }", CLAIMS, header);
  (void)state;
  assert_int_equal(reason_of(ring, &lenient, text_of(&plain), NOW), ACCEPTED);
  assert_int_equal(reason_of(ring, &lenient, text_of(&with), NOW), ACCEPTED);
  padded swapped = with;
  memcpy(swapped.text + with.start[2], plain.text + plain.start[2], plain.digits[2]);
  assert_int_equal(reason_of(ring, &lenient, text_of(&swapped), NOW), CSN_REASON_SIGNATURE_MISMATCH);
  swapped = plain;
  memcpy(swapped.text + plain.start[2], with.text + with.start[2], with.digits[2]);
  assert_int_equal(reason_of(ring, &lenient, text_of(&swapped), NOW), CSN_REASON_SIGNATURE_MISMATCH);
  csn_keyring_free(ring);
}

/* No other token is accepted, whichever of its bits is another: all bytes count of the longer MACs, too. */
static void no_flipped_bit_is_accepted(void **state) {
  static const char *const headers[ALGS] = {"{\"alg\":\"HS256\"  }", "{\"alg\":\"HS384\"  }", "{\"alg\":\"HS512\"  }"};
  static const size_t behind_mac[ALGS] = {1, 0, 2};
  csn_jwt_policy lenient = policy_of(true);
  (void)state;
  for (size_t alg = 0; alg < ALGS; alg++) {
    const size_t pads[SEGMENTS] = {1, 2, behind_mac[alg]};
    csn_keyring *ring = ring_of(algs[alg].alg);
    padded t = token_with(alg, headers[alg], CLAIMS "  ", pads);
    for (size_t i = 0; i < SEGMENTS; i++) assert_true(is_right(&t, i, true));
    assert_int_equal(reason_of(ring, &lenient, text_of(&t), NOW), ACCEPTED);
    for (size_t bit = 0; bit < 8 * t.len; bit++) {
      t.text[bit / 8] ^= (char)(1u << bit % 8);
      assert_int_not_equal(reason_of(ring, &lenient, text_of(&t), NOW), ACCEPTED);
      t.text[bit / 8] ^= (char)(1u << bit % 8);
    }
    csn_keyring_free(ring);
  }
}

#define H "eyJhbGciOiJIUzI1NiJ9"                          /* {"alg":"HS256"} */
#define S43 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" /* 32 zero bytes */

static void all_else_is_as_strict_as_without(void **state) {
  static const struct {
    const char *token;
    csn_reason reason;
    size_t offset;
  } rows[] = {
      {H ".ew==." S43 "=", CSN_REASON_SIGNATURE_MISMATCH, 26},
      {"eyJhbGciOiJIUzI1NiIgfQ==.e30=." S43, CSN_REASON_SIGNATURE_MISMATCH, 30},
      {"eyJhbGciOiJIUzI1NiIgfR==.e30." S43, CSN_REASON_BASE64URL_INVALID, 21}, /* trailing bits */
      {H ".ex==." S43, CSN_REASON_BASE64URL_INVALID, 22},
      {H ".e31=." S43, CSN_REASON_BASE64URL_INVALID, 23},
      {H ".e30.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=", CSN_REASON_BASE64URL_INVALID, 67},
      {H ".e===." S43, CSN_REASON_BASE64URL_INVALID, 22}, /* no length of base64url */
      {H ".e=3=." S43, CSN_REASON_BASE64URL_INVALID, 22}, /* not at the end */
      {H ".=e30." S43, CSN_REASON_BASE64URL_INVALID, 21},
      {H ".e30==." S43, CSN_REASON_BASE64URL_INVALID, 24},
      {H ".e30=\n." S43, CSN_REASON_BASE64URL_INVALID, 24},
      {H ".e3 =." S43, CSN_REASON_BASE64URL_INVALID, 23},
      {H ".e30%3D." S43, CSN_REASON_BASE64URL_INVALID, 24},
      {H ".e+==." S43, CSN_REASON_BASE64URL_INVALID, 22},
      {H ".e3/=." S43, CSN_REASON_BASE64URL_INVALID, 23},
      {H "=.e30." S43, CSN_REASON_BASE64URL_INVALID, 20},
      {H "====.e30." S43, CSN_REASON_BASE64URL_INVALID, 20},
      {"====.e30." S43, CSN_REASON_BASE64URL_INVALID, 0},
      {"==.e30." S43, CSN_REASON_BASE64URL_INVALID, 0},
      {".e30=." S43, CSN_REASON_TOKEN_SHAPE, 0},
      {H ".e30=.", CSN_REASON_TOKEN_SHAPE, 26},
      {H ".====." S43, CSN_REASON_BASE64URL_INVALID, 21},
      {H ".e30=.====", CSN_REASON_SIGNATURE_LENGTH, 28},
      {H ".e30." S43 "==", CSN_REASON_SIGNATURE_LENGTH, 68},
  };
  csn_keyring *ring = ring_of(CSN_ALG_HS256);
  csn_jwt_policy lenient = policy_of(true), jws = lenient;
  (void)state;
  jws.signature_only = true;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    const csn_verdict expected = {.reason = rows[i].reason, .field = CSN_FIELD_TOKEN, .offset = rows[i].offset};
    outcome out = verify_at(ring, &lenient, csn_span_str(rows[i].token), NOW);
    if (!is_as(&out.verdict, &expected)) {
      fail_msg("%s: %s at %zu", rows[i].token, csn_reason_label(out.verdict.reason), out.verdict.offset);
    }
    out = verify_at(ring, &jws, csn_span_str(rows[i].token), NOW);
    if (!is_as(&out.verdict, &expected)) fail_msg("%s, as a JWS", rows[i].token);
  }
  csn_keyring_free(ring);
}

static void payload_of_a_jws_may_be_padded(void **state) {
  csn_keyring *ring = ring_of(CSN_ALG_HS256);
  csn_jwt_policy jws = policy_of(true);
  (void)state;
  jws.signature_only = true;
  for (size_t pads = 0; pads < PADS; pads++) {
    const size_t behind[SEGMENTS] = {0, pads, 0};
    padded one = token_with(0, "{\"alg\":\"HS256\"}", "\xff", behind),
           none = token_with(0, "{\"alg\":\"HS256\"}", "", behind);
    assert_int_equal(reason_of(ring, &jws, text_of(&one), NOW) == ACCEPTED, pads == 0 || pads == 2);
    assert_int_equal(reason_of(ring, &jws, text_of(&none), NOW) == ACCEPTED, pads == 0);
  }
  csn_keyring_free(ring);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_segment_may_have_the_padding_that_it_needs),
      cmocka_unit_test(padding_is_signed_as_it_came),
      cmocka_unit_test(no_flipped_bit_is_accepted),
      cmocka_unit_test(all_else_is_as_strict_as_without),
      cmocka_unit_test(payload_of_a_jws_may_be_padded),
  };
  token_pages = guarded_new(TOKEN_ROOM);
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  guarded_free(&token_pages);
  return failed;
}
