/* Tokens: what is issued verifies, and a refresh token works once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <countersign/claims.h>
#include <countersign/token.h>

#include "tokens.h"

/* An issuer with a store in memory, and the ring that verifies what it signs. */
typedef struct fixture {
  csn_key key, pepper;
  csn_refresh_memory *memory;
  csn_keyring *ring;
  csn_token_issuer issuer;
  csn_jwt_policy policy;
  csn_grant grant;
} fixture;

static uint64_t random_state = 1;

/* Random enough for tests, and the same in each run. */
static const uint8_t *fresh(void) {
  static uint8_t bytes[CSN_TOKEN_RANDOM_BYTES];
  for (size_t i = 0; i < sizeof bytes; i++) {
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    bytes[i] = (uint8_t)(random_state >> 56);
  }
  return bytes;
}

static int set_up(void **state) {
  fixture *f = calloc(1, sizeof *f);
  csn_key_config config = key_config("signer", SECRET_A), pepper = key_config("pepper", SECRET_B);
  const csn_token_issuer defaults = CSN_TOKEN_ISSUER_DEFAULT;
  const csn_jwt_policy policy = CSN_JWT_POLICY_DEFAULT;
  pepper.uses = CSN_USE_API_KEY;
  assert_non_null(f);
  assert_int_equal(csn_key_init(&f->key, &config), CSN_OK);
  assert_int_equal(csn_key_init(&f->pepper, &pepper), CSN_OK);
  assert_int_equal(csn_refresh_memory_new(&f->memory, 64), CSN_OK);
  f->ring = ring_new();
  assert_int_equal(csn_keyring_add_key(f->ring, &f->key), CSN_OK);
  f->issuer = defaults;
  f->issuer.key = &f->key;
  f->issuer.pepper = &f->pepper;
  f->issuer.store = csn_refresh_memory_store(f->memory);
  f->issuer.issuer = csn_span_str("https://as.example");
  f->issuer.audience = csn_span_str("orders");
  f->policy = policy;
  f->policy.issuer = f->issuer.issuer;
  f->policy.audience = f->issuer.audience;
  f->policy.typ = csn_span_str("at+jwt");
  f->policy.scopes = csn_span_str("orders:read");
  f->policy.required = CSN_CLAIM_EXP | CSN_CLAIM_IAT | CSN_CLAIM_SUB | CSN_CLAIM_JTI;
  csn_name_set(&f->grant.subject, csn_span_str("user \"7\" \xc3\xa9"));
  csn_name_set(&f->grant.client_id, csn_span_str("app-1"));
  csn_scopes_set(&f->grant.scopes, csn_span_str("orders:read orders:write"));
  *state = f;
  return 0;
}

static int tear_down(void **state) {
  fixture *f = *state;
  csn_keyring_free(f->ring);
  csn_refresh_memory_free(f->memory);
  csn_key_wipe(&f->key);
  csn_key_wipe(&f->pepper);
  free(f);
  return 0;
}

static csn_span refresh_of(const csn_tokens *tokens) {
  return csn_span_of(tokens->refresh.bytes, tokens->refresh.len);
}

static csn_tokens issue_at(const fixture *f, int64_t now) {
  csn_tokens out;
  csn_refresh_answer answer;
  assert_int_equal(csn_token_issue(&f->issuer, &f->grant, fresh(), now, &out, &answer), CSN_OK);
  assert_int_equal(answer, CSN_REFRESH_ISSUED);
  return out;
}

static csn_refresh_answer ask_at(const fixture *f, const csn_refresh_request *request, int64_t now, csn_tokens *out) {
  csn_refresh_answer answer;
  assert_int_equal(csn_token_refresh(&f->issuer, request, fresh(), now, out, &answer), CSN_OK);
  if (answer != CSN_REFRESH_ISSUED)
    assert_true(out->access_len == 0 && out->refresh.len == 0 && out->grant.subject.len == 0);
  return answer;
}

static csn_refresh_answer refresh_at(const fixture *f, csn_span refresh, int64_t now, csn_tokens *out) {
  const csn_refresh_request request = {.token = refresh};
  return ask_at(f, &request, now, out);
}

static csn_refresh_answer narrow_at(const fixture *f, csn_span refresh, csn_span scopes, int64_t now, csn_tokens *out) {
  const csn_refresh_request request = {.token = refresh, .scopes = scopes};
  return ask_at(f, &request, now, out);
}

/* What one exchange gives is the next one's input. */
static csn_tokens exchange_of(const fixture *f, const csn_tokens *before, int64_t now) {
  csn_tokens out;
  assert_int_equal(refresh_at(f, refresh_of(before), now, &out), CSN_REFRESH_ISSUED);
  return out;
}

static csn_reason verify_access(const fixture *f, const csn_tokens *tokens, int64_t now, csn_verdict *verdict) {
  static csn_jwt jwt;
  test_jwt_verify(f->ring, &f->policy, csn_span_of(tokens->access, tokens->access_len), now, &jwt, verdict);
  return verdict->reason;
}

/* ---- access tokens ---- */

static void access_token_verifies_for_two_hours(void **state) {
  const fixture *f = *state;
  csn_tokens tokens = issue_at(f, NOW);
  csn_verdict verdict;
  assert_int_equal(tokens.access_expires, NOW + 7200);
  assert_int_equal(verify_access(f, &tokens, NOW - 1, &verdict), CSN_REASON_TOKEN_ISSUED_IN_FUTURE);
  assert_int_equal(verify_access(f, &tokens, NOW, &verdict), CSN_REASON_ACCEPTED);
  assert_int_equal(verify_access(f, &tokens, NOW + 7199, &verdict), CSN_REASON_ACCEPTED);
  assert_true(csn_span_equal(csn_name_span(&verdict.client_id), csn_name_span(&f->grant.subject)));
  assert_true(csn_span_equal(csn_scopes_span(&verdict.scopes), csn_scopes_span(&f->grant.scopes)));
  assert_int_equal(verify_access(f, &tokens, NOW + 7200, &verdict), CSN_REASON_TOKEN_EXPIRED);
}

/* The claims, byte for byte (RFC 9068 section 2.2). */
static void claims_are_those_of_the_rfc(void **state) {
  static const uint8_t random[CSN_TOKEN_RANDOM_BYTES] = {0};
  static csn_jwt jwt;
  fixture *f = *state;
  csn_tokens tokens;
  csn_refresh_answer answer;
  csn_verdict verdict;
  static const char expected[] =
      "{\"sub\":\"user \\u00227\\u0022 \xc3\xa9\",\"iss\":\"https://as.example\",\"aud\":\"orders\",\"client_id\":"
      "\"app-1\",\"scope\":\"orders:read orders:write\",\"iat\":1700000000,\"exp\":1700000060,"
      "\"jti\":\"AAAAAAAAAAAAAAAAAAAAAA\"}";
  f->issuer.access_seconds = 60;
  assert_int_equal(csn_token_issue(&f->issuer, &f->grant, random, NOW, &tokens, &answer), CSN_OK);
  test_jwt_verify(f->ring, &f->policy, csn_span_of(tokens.access, tokens.access_len), NOW, &jwt, &verdict);
  assert_true(csn_accepted(&verdict));
  assert_true(csn_span_equal(csn_span_of(jwt.claims, jwt.claims_len), csn_span_str(expected)));
}

static void without_a_store_no_refresh_token_is_issued(void **state) {
  fixture *f = *state;
  csn_verdict verdict;
  csn_refresh_answer answer;
  csn_tokens none;
  f->issuer.store = (csn_refresh_store){0};
  f->issuer.pepper = NULL;
  csn_tokens tokens = issue_at(f, NOW);
  const csn_refresh_request request = {.token = refresh_of(&tokens)};
  assert_int_equal(tokens.refresh.len, 0);
  assert_int_equal(verify_access(f, &tokens, NOW, &verdict), CSN_REASON_ACCEPTED);
  assert_int_equal(csn_token_refresh(&f->issuer, &request, fresh(), NOW, &none, &answer), CSN_ERROR_INVALID_ARGUMENT);
  assert_int_equal(csn_token_revoke(&f->issuer, refresh_of(&tokens), NOW), CSN_REFRESH_UNDECIDED);
}

/* ---- refresh tokens ---- */

static void each_exchange_gives_the_next_of_the_family(void **state) {
  const fixture *f = *state;
  csn_tokens tokens = issue_at(f, NOW);
  for (int i = 1; i < 30; i++) {
    csn_verdict verdict;
    csn_tokens next = exchange_of(f, &tokens, NOW + i * 7200);
    assert_false(csn_span_equal(refresh_of(&next), refresh_of(&tokens)));
    assert_int_equal(verify_access(f, &next, NOW + i * 7200, &verdict), CSN_REASON_ACCEPTED);
    assert_true(csn_span_equal(csn_name_span(&next.grant.client_id), csn_span_str("app-1")));
    assert_true(csn_span_equal(csn_scopes_span(&verdict.scopes), csn_scopes_span(&f->grant.scopes)));
    assert_int_equal(next.refresh_expires, NOW + i * 7200 + 30 * 86400);
    tokens = next;
  }
}

static void a_token_that_is_used_twice_revokes_its_family(void **state) {
  const fixture *f = *state;
  csn_tokens other = issue_at(f, NOW), first = issue_at(f, NOW), none;
  csn_tokens second = exchange_of(f, &first, NOW), third = exchange_of(f, &second, NOW);
  assert_int_equal(refresh_at(f, refresh_of(&first), NOW, &none), CSN_REFRESH_REUSED);
  assert_int_equal(refresh_at(f, refresh_of(&third), NOW, &none), CSN_REFRESH_REVOKED);
  assert_int_equal(refresh_at(f, refresh_of(&second), NOW, &none), CSN_REFRESH_REVOKED);
  assert_int_equal(refresh_at(f, refresh_of(&first), NOW, &none), CSN_REFRESH_REVOKED);
  (void)exchange_of(f, &other, NOW); /* another family is not touched */
}

static void a_family_is_revoked_by_any_of_its_tokens(void **state) {
  const fixture *f = *state;
  csn_tokens first = issue_at(f, NOW), none;
  csn_tokens second = exchange_of(f, &first, NOW);
  assert_int_equal(csn_token_revoke(&f->issuer, refresh_of(&first), NOW), CSN_REFRESH_REVOKED);
  assert_int_equal(refresh_at(f, refresh_of(&second), NOW, &none), CSN_REFRESH_REVOKED);
  assert_int_equal(csn_token_revoke(&f->issuer, csn_span_str("rt_"), NOW), CSN_REFRESH_MALFORMED);
}

static void refresh_token_has_an_exact_end(void **state) {
  const fixture *f = *state;
  const int64_t last = NOW + 30 * 86400;
  csn_tokens a = issue_at(f, NOW), b = issue_at(f, NOW), none;
  assert_int_equal(a.refresh_expires, last);
  assert_int_equal(refresh_at(f, refresh_of(&a), last + 1, &none), CSN_REFRESH_EXPIRED);
  (void)exchange_of(f, &b, last);
}

static void what_is_no_refresh_token_touches_nothing(void **state) {
  const fixture *f = *state;
  csn_tokens tokens = issue_at(f, NOW), none;
  csn_api_key_text other;
  char text[CSN_API_KEY_MAX + 1];
  size_t len = tokens.refresh.len;
  memcpy(text, tokens.refresh.bytes, len);
  text[len] = 'x';
  assert_int_equal(refresh_at(f, csn_span_of(text, len + 1), NOW, &none), CSN_REFRESH_MALFORMED);
  assert_int_equal(refresh_at(f, csn_span_of(text, len - 1), NOW, &none), CSN_REFRESH_MALFORMED);
  assert_int_equal(refresh_at(f, csn_span_of(NULL, 0), NOW, &none), CSN_REFRESH_MALFORMED);
  for (size_t i = 0; i < len; i++) {
    text[i] ^= 1;
    assert_int_equal(refresh_at(f, csn_span_of(text, len), NOW, &none), CSN_REFRESH_MALFORMED);
    text[i] ^= 1;
  }
  /* One of the right form that nobody issued, and one of another prefix. */
  assert_int_equal(csn_api_key_make(csn_span_str("rt"), fresh() + CSN_TOKEN_ID_BYTES, &other), CSN_OK);
  assert_int_equal(refresh_at(f, csn_span_of(other.bytes, other.len), NOW, &none), CSN_REFRESH_UNKNOWN);
  assert_int_equal(csn_token_revoke(&f->issuer, csn_span_of(other.bytes, other.len), NOW), CSN_REFRESH_UNKNOWN);
  assert_int_equal(csn_api_key_make(csn_span_str("sk"), fresh() + CSN_TOKEN_ID_BYTES, &other), CSN_OK);
  assert_int_equal(refresh_at(f, csn_span_of(other.bytes, other.len), NOW, &none), CSN_REFRESH_MALFORMED);
  (void)exchange_of(f, &tokens, NOW);
}

/* A key that cannot sign is refused before the token is spent; revoking needs none that can. */
static void what_cannot_sign_spends_nothing(void **state) {
  fixture *f = *state;
  csn_tokens tokens = issue_at(f, NOW), none;
  csn_refresh_answer answer;
  csn_key verifies = f->key;
  const csn_refresh_request request = {.token = refresh_of(&tokens)};
  for (int i = 0; i < 2; i++) {
    f->issuer.key = i == 0 ? &verifies : &f->key;
    verifies.uses = CSN_USE_REQUEST;
    f->issuer.typ = i == 0 ? csn_span_str("at+jwt") : csn_span_of(f, CSN_TYP_MAX + 1);
    assert_int_equal(csn_token_refresh(&f->issuer, &request, fresh(), NOW, &none, &answer), CSN_ERROR_INVALID_ARGUMENT);
    assert_int_equal(answer, CSN_REFRESH_UNDECIDED);
  }
  f->issuer.typ = csn_span_str("at+jwt");
  tokens = exchange_of(f, &tokens, NOW);
  f->issuer.key = &verifies;
  assert_int_equal(csn_token_revoke(&f->issuer, refresh_of(&tokens), NOW), CSN_REFRESH_REVOKED);
}

/* Neither is written nor spent what the issuer's own policy refuses, and the tokens say why. */
static void what_the_policy_refuses_spends_nothing(void **state) {
  fixture *f = *state;
  csn_tokens tokens = issue_at(f, NOW), none;
  csn_refresh_answer answer;
  f->issuer.policy = &f->policy;
  assert_int_equal(csn_token_issue(&f->issuer, &f->grant, fresh(), NOW, &none, &answer), CSN_ERROR_INVALID_ARGUMENT);
  f->issuer.keys = f->ring;
  f->policy.subject = csn_span_str("somebody else");
  assert_int_equal(csn_token_issue(&f->issuer, &f->grant, fresh(), NOW, &none, &answer), CSN_OK);
  assert_int_equal(answer, CSN_REFRESH_REFUSED);
  assert_int_equal(none.refused, CSN_REASON_SUBJECT_MISMATCH);
  assert_int_equal(none.access_len, 0);
  assert_int_equal(refresh_at(f, refresh_of(&tokens), NOW, &none), CSN_REFRESH_REFUSED);
  assert_int_equal(none.refused, CSN_REASON_SUBJECT_MISMATCH);
  f->policy.subject = csn_span_of(NULL, 0);
  csn_tokens next = exchange_of(f, &tokens, NOW);
  /* A second presentation revokes, whatever the policy says by now. */
  f->policy.algorithms = 0;
  assert_int_equal(refresh_at(f, refresh_of(&tokens), NOW, &none), CSN_REFRESH_REUSED);
  assert_int_equal(refresh_at(f, refresh_of(&next), NOW, &none), CSN_REFRESH_REVOKED);
}

/* RFC 6749 section 6: fewer scopes for one access token; the next refresh token has all of them again. */
static void an_access_token_may_have_fewer_scopes(void **state) {
  const fixture *f = *state;
  csn_tokens tokens = issue_at(f, NOW), next;
  csn_span fewer = csn_span_str("orders:read");
  csn_verdict verdict;
  assert_int_equal(narrow_at(f, refresh_of(&tokens), fewer, NOW, &next), CSN_REFRESH_ISSUED);
  assert_int_equal(verify_access(f, &next, NOW, &verdict), CSN_REASON_ACCEPTED);
  assert_true(csn_span_equal(csn_scopes_span(&verdict.scopes), fewer));
  assert_true(csn_span_equal(csn_scopes_span(&next.grant.scopes), fewer));
  assert_true(csn_span_equal(csn_name_span(&next.grant.client_id), csn_span_str("app-1")));
  next = exchange_of(f, &next, NOW);
  assert_int_equal(verify_access(f, &next, NOW, &verdict), CSN_REASON_ACCEPTED);
  assert_true(csn_span_equal(csn_scopes_span(&verdict.scopes), csn_scopes_span(&f->grant.scopes)));
}

static void more_scopes_than_were_granted_spend_nothing(void **state) {
  static const char *const more[] = {
      "orders:read orders:delete", "orders", "orders:reads", "Orders:read", "orders:read ", " ", "a\"b"};
  fixture *f = *state;
  csn_tokens tokens = issue_at(f, NOW), none;
  for (size_t i = 0; i < sizeof more / sizeof more[0]; i++) {
    assert_int_equal(narrow_at(f, refresh_of(&tokens), csn_span_str(more[i]), NOW, &none), CSN_REFRESH_SCOPE);
  }
  /* Fewer than the policy wants are the policy's matter. */
  f->issuer.policy = &f->policy;
  f->issuer.keys = f->ring;
  assert_int_equal(narrow_at(f, refresh_of(&tokens), csn_span_str("orders:write"), NOW, &none), CSN_REFRESH_REFUSED);
  assert_int_equal(none.refused, CSN_REASON_SCOPE_MISSING);
  csn_tokens next = exchange_of(f, &tokens, NOW);
  /* A second presentation revokes, whatever is asked for. */
  assert_int_equal(narrow_at(f, refresh_of(&tokens), csn_span_str(more[0]), NOW, &none), CSN_REFRESH_REUSED);
  assert_int_equal(refresh_at(f, refresh_of(&next), NOW, &none), CSN_REFRESH_REVOKED);
}

/* RFC 6749 section 10.4: who was authenticated as another client spends nothing. */
static void a_refresh_token_is_its_clients(void **state) {
  static const char *const others[] = {"app-2", "app", "app-11", "App-1"};
  fixture *f = *state;
  csn_tokens tokens = issue_at(f, NOW), none, next;
  csn_refresh_request request = {.token = refresh_of(&tokens)};
  for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
    request.client_id = csn_span_str(others[i]);
    assert_int_equal(ask_at(f, &request, NOW, &none), CSN_REFRESH_CLIENT);
  }
  request.client_id = csn_span_str("app-1");
  assert_int_equal(ask_at(f, &request, NOW, &next), CSN_REFRESH_ISSUED);
  f->grant.client_id.len = 0; /* to nobody that was named */
  tokens = issue_at(f, NOW);
  request.token = refresh_of(&tokens);
  assert_int_equal(ask_at(f, &request, NOW, &none), CSN_REFRESH_CLIENT);
  (void)exchange_of(f, &tokens, NOW);
}

/* The same token under another pepper is another hash. */
static void the_pepper_counts(void **state) {
  fixture *f = *state;
  csn_tokens tokens = issue_at(f, NOW), none;
  csn_key another;
  csn_key_config config = key_config("another", SECRET_A);
  config.uses = CSN_USE_API_KEY;
  assert_int_equal(csn_key_init(&another, &config), CSN_OK);
  f->issuer.pepper = &another;
  assert_int_equal(refresh_at(f, refresh_of(&tokens), NOW, &none), CSN_REFRESH_UNKNOWN);
  f->issuer.pepper = &f->pepper;
  (void)exchange_of(f, &tokens, NOW);
}

/* ---- misuse ---- */

static void expect_refused(const fixture *f, csn_error error, int64_t now) {
  csn_tokens out;
  csn_refresh_answer answer = CSN_REFRESH_ISSUED;
  assert_int_equal(csn_token_issue(&f->issuer, &f->grant, fresh(), now, &out, &answer), error);
  assert_int_equal(answer, CSN_REFRESH_UNDECIDED);
  assert_int_equal(out.access_len, 0);
}

static void what_is_out_of_range_is_refused(void **state) {
  fixture *f = *state;
  const fixture good = *f;
  expect_refused(f, CSN_ERROR_INVALID_ARGUMENT, -1);
  expect_refused(f, CSN_ERROR_INVALID_ARGUMENT, INT64_MAX);
#define REFUSED(change, error) \
  *f = good;                   \
  change;                      \
  expect_refused(f, error, NOW)
  REFUSED(f->issuer.key = NULL, CSN_ERROR_INVALID_ARGUMENT);
  REFUSED(f->issuer.key = &f->pepper, CSN_ERROR_INVALID_ARGUMENT);
  REFUSED(f->issuer.pepper = NULL, CSN_ERROR_INVALID_ARGUMENT);
  REFUSED(f->issuer.pepper = &f->key, CSN_ERROR_INVALID_ARGUMENT);
  REFUSED(f->issuer.access_seconds = 0, CSN_ERROR_INVALID_ARGUMENT);
  REFUSED(f->issuer.access_seconds = CSN_TOKEN_SECONDS_MAX + 1, CSN_ERROR_INVALID_ARGUMENT);
  REFUSED(f->issuer.refresh_seconds = 0, CSN_ERROR_INVALID_ARGUMENT);
  REFUSED(f->issuer.refresh_seconds = CSN_TOKEN_SECONDS_MAX + 1, CSN_ERROR_INVALID_ARGUMENT);
  REFUSED(f->issuer.refresh_prefix = csn_span_str("RT"), CSN_ERROR_INVALID_ARGUMENT);
  REFUSED(f->grant.subject.len = 0, CSN_ERROR_INVALID_ARGUMENT);
  REFUSED(csn_name_set(&f->grant.subject, csn_span_str("\xff")), CSN_ERROR_INVALID_ARGUMENT);
  REFUSED(csn_scopes_set(&f->grant.scopes, csn_span_str("a  b")), CSN_ERROR_INVALID_ARGUMENT);
#undef REFUSED
  *f = good;
  (void)issue_at(f, NOW);
}

static void grants_are_read_as_they_were_written(void **state) {
  const fixture *f = *state;
  uint8_t bytes[CSN_GRANT_MAX + 1];
  csn_grant again;
  size_t len = csn_grant_write(&f->grant, bytes);
  assert_true(csn_grant_read(csn_span_of(bytes, len), &again));
  assert_true(csn_span_equal(csn_name_span(&again.subject), csn_name_span(&f->grant.subject)));
  assert_true(csn_span_equal(csn_name_span(&again.client_id), csn_name_span(&f->grant.client_id)));
  assert_true(csn_span_equal(csn_scopes_span(&again.scopes), csn_scopes_span(&f->grant.scopes)));
  for (size_t part = 0; part < len; part++) assert_false(csn_grant_read(csn_span_of(bytes, part), &again));
  bytes[len] = 0;
  assert_false(csn_grant_read(csn_span_of(bytes, len + 1), &again));
  csn_grant largest;
  memset(&largest, 'x', sizeof largest);
  largest.subject.len = largest.client_id.len = 255;
  largest.scopes.len = CSN_SCOPES_MAX;
  assert_int_equal(csn_grant_write(&largest, bytes), CSN_GRANT_MAX);
  assert_true(csn_grant_read(csn_span_of(bytes, CSN_GRANT_MAX), &again));
}

static void answers_have_names(void **state) {
  (void)state;
  assert_string_equal(csn_refresh_label(CSN_REFRESH_REUSED), "reused");
  assert_string_equal(csn_refresh_label(CSN_REFRESH_ANSWER_COUNT), "undecided");
  assert_string_equal(csn_refresh_sentence(CSN_REFRESH_EXPIRED), "it has expired");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(access_token_verifies_for_two_hours),
      TEST(claims_are_those_of_the_rfc),
      TEST(without_a_store_no_refresh_token_is_issued),
      TEST(each_exchange_gives_the_next_of_the_family),
      TEST(a_token_that_is_used_twice_revokes_its_family),
      TEST(a_family_is_revoked_by_any_of_its_tokens),
      TEST(refresh_token_has_an_exact_end),
      TEST(what_is_no_refresh_token_touches_nothing),
      TEST(what_cannot_sign_spends_nothing),
      TEST(what_the_policy_refuses_spends_nothing),
      TEST(an_access_token_may_have_fewer_scopes),
      TEST(more_scopes_than_were_granted_spend_nothing),
      TEST(a_refresh_token_is_its_clients),
      TEST(the_pepper_counts),
      TEST(what_is_out_of_range_is_refused),
      TEST(grants_are_read_as_they_were_written),
      TEST(answers_have_names),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
