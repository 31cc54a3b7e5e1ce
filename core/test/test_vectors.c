/* Every case of corpus/vectors/: requests that other software signed, with every intermediate pinned. */
#include "vectors.h"

#include "../../tools/command.h"
#include "../src/alg.h"
#include "../src/encoding.h"
#include "../src/hmac.h"
#include "../src/template.h"
#include "credential_support.h"
#include "support.h"

/* An empty or half-read folder must not pass. */
enum { CASES_MIN = 80, CASES_BY_OTHERS_MIN = 40, REFUSED_MIN = 8, VERDICT_LINE_MAX = 2048, CANONICAL_MAX = 16384 };

/* What is counted on the walk. Every difference is printed; the test fails at the end, so that one run shows all. */
typedef struct tally {
  size_t cases, by_others, requests, accepted, failures;
  size_t fields, canonicals, digests;
  bool reasons[CSN_REASON_COUNT];
} tally;

static void fail_case(tally *t, const csn_vector *vector, size_t line, const char *what) {
  print_error("%s, request %zu: %s\n", vector->folder, line + 1, what);
  t->failures++;
}

static bool load_policy(csn_policy *policy, const csn_vector *vector, tally *t) {
  csn_policy_error error;
  if (csn_policy_load(policy, vector->policy, vector->now, &error)) return true;
  fail_case(t, vector, 0, error.text);
  return false;
}

static void free_requests(csn_request_line lines[VECTOR_LINES_MAX]) {
  for (size_t i = 0; i < VECTOR_LINES_MAX; i++) csn_request_line_free(&lines[i]);
}

static bool read_requests(const csn_vector *vector, csn_request_line lines[VECTOR_LINES_MAX], tally *t) {
  memset(lines, 0, VECTOR_LINES_MAX * sizeof lines[0]);
  for (size_t i = 0; i < vector->count; i++) {
    const char *reason = NULL;
    size_t offset = 0;
    if (csn_request_line_read(&lines[i], vector->requests[i], &reason, &offset)) continue;
    fail_case(t, vector, i, reason);
    free_requests(lines);
    return false;
  }
  return true;
}

/* ---- verdicts ---- */

/* The verdict's line holds every member of it; both lines are brought into one form, the order of members kept. */
static void check_verdict(const csn_vector *vector, size_t i, csn_span id, const csn_verdict *verdict, tally *t) {
  uint8_t bytes[VERDICT_LINE_MAX];
  csn_json_out out;
  csn_json_out_init(&out, -1, bytes, sizeof bytes);
  csn_verdict_line(&out, id, verdict);
  json_t *got = json_loadb((const char *)bytes, out.len, 0, NULL);
  json_t *expected = json_loadb((const char *)vector->verdicts[i].ptr, vector->verdicts[i].len, 0, NULL);
  char *got_text = json_dumps(got, JSON_COMPACT);
  char *expected_text = json_dumps(expected, JSON_COMPACT);
  if (got_text == NULL || expected_text == NULL || strcmp(got_text, expected_text) != 0) {
    fail_case(t, vector, i, "another verdict than expected");
    print_error("  expected %s\n  got      %s\n", expected_text, got_text);
  }
  free(got_text);
  free(expected_text);
  json_decref(got);
  json_decref(expected);
  t->requests++;
  t->accepted += csn_accepted(verdict);
  if ((size_t)verdict->reason < CSN_REASON_COUNT) t->reasons[verdict->reason] = true;
}

static void verify_singly(csn_vector *vector, void *context) {
  csn_request_line lines[VECTOR_LINES_MAX];
  csn_policy policy;
  tally *t = context;
  if (!load_policy(&policy, vector, t)) return;
  if (read_requests(vector, lines, t)) {
    for (size_t i = 0; i < vector->count; i++) {
      csn_verdict verdict;
      memset(&verdict, 0xa5, sizeof verdict);
      csn_verify(policy.verifier, &lines[i].request, vector->now, &verdict);
      check_verdict(vector, i, lines[i].id, &verdict, t);
    }
    free_requests(lines);
  }
  csn_policy_free(&policy);
}

static void verify_in_a_batch(csn_vector *vector, void *context) {
  csn_request_line lines[VECTOR_LINES_MAX];
  csn_request requests[VECTOR_LINES_MAX];
  csn_verdict verdicts[VECTOR_LINES_MAX];
  csn_policy policy;
  tally *t = context;
  if (!load_policy(&policy, vector, t)) return;
  if (read_requests(vector, lines, t)) {
    for (size_t i = 0; i < vector->count; i++) requests[i] = lines[i].request;
    memset(verdicts, 0xa5, sizeof verdicts);
    csn_verify_batch(policy.verifier, requests, verdicts, vector->count, vector->now);
    for (size_t i = 0; i < vector->count; i++) check_verdict(vector, i, lines[i].id, &verdicts[i], t);
    free_requests(lines);
  }
  csn_policy_free(&policy);
}

/* Reasons that a request alone cannot cause: they need a store that is full, absent or restarted. */
static bool needs_a_store(csn_reason reason) {
  return reason == CSN_REASON_KEY_STORE_UNAVAILABLE ||
         (csn_reason_stage(reason) == CSN_STAGE_NONCE && reason != CSN_REASON_NONCE_REPLAYED);
}

/* Every reason that a request alone can cause has a case. */
static void check_reasons(tally *t) {
  for (csn_reason reason = CSN_REASON_ACCEPTED; reason < CSN_REASON_COUNT; reason++) {
    if (t->reasons[reason] || needs_a_store(reason)) continue;
    print_error("no case is rejected for %s\n", csn_reason_label(reason));
    t->failures++;
  }
}

static void each_request_gets_its_verdict_and_each_reason_has_a_case(void **state) {
  tally t = {0};
  (void)state;
  assert_true(vectors_each(verify_singly, &t));
  check_reasons(&t);
  assert_int_equal(t.failures, 0);
  assert_true(t.requests >= CASES_MIN && t.accepted >= CASES_BY_OTHERS_MIN);
}

static void a_batch_gets_the_same_verdicts(void **state) {
  tally t = {0};
  (void)state;
  assert_true(vectors_each(verify_in_a_batch, &t));
  assert_int_equal(t.failures, 0);
  assert_true(t.requests >= CASES_MIN && t.accepted >= CASES_BY_OTHERS_MIN);
}

/* ---- intermediates ---- */

/* What is known of the first request of a case. */
typedef struct pinned {
  const csn_vector *vector;
  csn_policy policy;
  csn_request_line line;
  csn_credential credential;
  csn_template tpl;
  csn_verdict verdict;
  json_t *expected; /* its verdict line */
} pinned;

static const char *expected_text(const pinned *p, const char *member) {
  const char *text = json_string_value(json_object_get(p->expected, member));
  return text == NULL ? "" : text;
}

static bool expects_stage(const pinned *p, const char *a, const char *b, const char *c) {
  const char *stage = expected_text(p, "stage");
  return strcmp(stage, a) == 0 || strcmp(stage, b) == 0 || strcmp(stage, c) == 0;
}

/* Each field as it stands on the wire, and none that the case does not name. */
static void check_fields(const pinned *p, tally *t) {
  static const csn_field fields[] = {CSN_FIELD_CLIENT_ID, CSN_FIELD_TIMESTAMP,     CSN_FIELD_NONCE,
                                     CSN_FIELD_SIGNATURE, CSN_FIELD_TOKEN,         CSN_FIELD_API_KEY,
                                     CSN_FIELD_ALGORITHM, CSN_FIELD_SIGNED_HEADERS};
  size_t named = 0;
  for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
    json_t *value = json_object_get(p->vector->fields, csn_field_label(fields[i]));
    csn_span expected = csn_span_of(json_string_value(value), json_string_length(value));
    named += value != NULL;
    if ((value != NULL) == (p->credential.fields[fields[i]].ptr != NULL) &&
        csn_span_equal(expected, p->credential.fields[fields[i]])) {
      continue;
    }
    fail_case(t, p->vector, 0, csn_field_label(fields[i]));
  }
  if (named == 0 || named != json_object_size(p->vector->fields)) fail_case(t, p->vector, 0, "fields.json");
  t->fields++;
}

/* What is signed: the template's string, or of a token alone all before its last dot. Of an API key: what is hashed. */
static csn_span canonical_of(const pinned *p, uint8_t *buffer, size_t size) {
  csn_span token = p->credential.fields[CSN_FIELD_TOKEN];
  size_t len = 0;
  if (p->tpl.count > 0)
    return csn_span_of(buffer, csn_template_write(&p->tpl, &p->credential, buffer, size, &len) ? len : 0);
  if (p->policy.config.scheme->has_api_key) return p->credential.fields[CSN_FIELD_API_KEY];
  while (token.len > 0 && token.ptr[token.len - 1] != '.') token.len--;
  return csn_span_of(token.ptr, token.len > 0 ? token.len - 1 : 0);
}

static const csn_key *key_named(const pinned *p, const char *key_id) {
  for (size_t i = 0; i < p->policy.key_count; i++) {
    if (csn_span_equal(csn_key_id(&p->policy.keys[i]), csn_span_str(key_id))) return &p->policy.keys[i];
  }
  return NULL;
}

/* A request that came has its fields in the query or in the body already; a signer would add them. */
static bool has_headers_alone(const csn_scheme *scheme) {
  for (size_t i = 0; i < CSN_FORM_LOCATIONS_MAX; i++) {
    csn_source source = scheme->forms[0].locations[i].source;
    if (source != CSN_SOURCE_NONE && !csn_source_is_header(source)) return false;
  }
  return true;
}

/* The signing side makes the same string. */
static void check_signing_side(const pinned *p, csn_span canonical, tally *t) {
  uint8_t buffer[CANONICAL_MAX];
  size_t len = 0;
  const csn_key *key = key_named(p, expected_text(p, "key_id"));
  csn_sign_input input = {
      .scheme = p->policy.config.scheme,
      .form = key == NULL ? 0 : csn_scheme_form_of(p->policy.config.scheme, key->alg),
      .key = key,
      .request = &p->line.request,
      .timestamp = p->credential.timestamp,
      .nonce = p->credential.fields[CSN_FIELD_NONCE],
      .token = p->credential.fields[CSN_FIELD_TOKEN],
      .signed_headers = p->credential.fields[CSN_FIELD_SIGNED_HEADERS],
  };
  bool same = csn_sign_canonical(&input, buffer, sizeof buffer, &len) == CSN_OK &&
              csn_span_equal(csn_span_of(buffer, len), canonical);
  if (!same) fail_case(t, p->vector, 0, "csn_sign_canonical() gives another string");
}

static void check_canonical(const pinned *p, tally *t) {
  uint8_t buffer[CANONICAL_MAX];
  csn_span expected = csn_file_span(&p->vector->canonical);
  if (!csn_span_equal(canonical_of(p, buffer, sizeof buffer), expected)) fail_case(t, p->vector, 0, "canonical.bin");
  bool is_signed = p->tpl.count > 0 && has_headers_alone(p->policy.config.scheme);
  if (csn_accepted(&p->verdict) && is_signed) check_signing_side(p, expected, t);
  t->canonicals++;
}

/* An HMAC, or of a public key the hash that is signed. */
static bool key_gives(const csn_key *key, csn_span message, csn_span digest) {
  uint8_t bytes[CSN_MAC_MAX];
  char hex[2 * CSN_MAC_MAX];
  size_t len = csn_alg_find(key->alg)->hash_bytes;
  if (csn_alg_find(key->alg)->kind == CSN_KIND_HMAC) {
    csn_hmac_once(key, message, bytes);
  } else {
    csn_sha2(len, message, bytes);
  }
  csn_hex_encode(csn_span_of(bytes, len), hex);
  return csn_span_equal(csn_span_of(hex, 2 * len), digest);
}

/* Whether one of the request's signatures is the pinned digest, in the scheme's encoding; hex is of either case. */
static bool is_signature(const pinned *p, csn_span mac) {
  char text[CSN_SIGNATURE_TEXT_MAX];
  csn_encoding encoding = p->policy.config.scheme->signature_encoding;
  csn_span right = csn_signature_encode(encoding, mac, text);
  for (size_t i = 0; i < p->credential.signature_count; i++) {
    csn_span given = p->credential.signatures[i].text;
    if (encoding == CSN_ENCODING_HEX ? csn_span_equal_nocase(given, right) : csn_span_equal(given, right)) return true;
  }
  return false;
}

/* Whether the wire carries the pinned digest: as a signature, or as the last segment of a token. */
static bool wire_carries(const pinned *p, csn_span digest) {
  uint8_t mac[CSN_MAC_MAX];
  char text[CSN_MAC_MAX * 2];
  size_t at = 0;
  if (p->tpl.count > 0) {
    return csn_hex_decode(digest, mac, &at) && is_signature(p, csn_span_of(mac, digest.len / 2));
  }
  csn_span token = p->credential.fields[CSN_FIELD_TOKEN];
  size_t len = csn_base64url_encoded_len(digest.len / 2);
  bool padded = p->policy.config.jwt.allow_padded;
  while (padded && token.len > 0 && token.ptr[token.len - 1] == '=') token.len--;
  if (!csn_hex_decode(digest, mac, &at) || token.len < len) return false;
  csn_base64url_encode(csn_span_of(mac, digest.len / 2), text);
  return csn_span_equal(csn_span_of(token.ptr + token.len - len, len), csn_span_of(text, len));
}

/* An API key's digest is its hash under the pepper, and an accepted key's the hash of the record that it names. */
static bool is_hash_of_key(const pinned *p, csn_span message, csn_span digest) {
  const csn_api_key_policy *policy = &p->policy.config.api_key;
  csn_api_key_record record;
  uint8_t hash[CSN_API_KEY_HASH_BYTES];
  size_t at = 0;
  if (!key_gives(policy->pepper, message, digest) || !csn_hex_decode(digest, hash, &at)) return false;
  bool found = csn_api_key_store_find(p->policy.api_keys, hash, &record);
  if (!csn_accepted(&p->verdict)) return true;
  return found && csn_span_equal(csn_name_span(&record.key_id), csn_span_str(expected_text(p, "key_id")));
}

/* Cuts the line feed off; false where digest.hex is anything but one line of hex. */
static bool read_digest(const pinned *p, csn_span *digest) {
  *digest = csn_file_span(&p->vector->digest);
  bool one_line = digest->len > 1 && digest->len <= 2 * CSN_MAC_MAX + 1 && digest->ptr[digest->len - 1] == '\n';
  if (one_line) digest->len--;
  return one_line && digest->len % 2 == 0;
}

/* The token key of a JWK Set that has to match. */
static const csn_key *token_key_of(const pinned *p) {
  const csn_key *key = test_find_key_id(p->policy.keyring, csn_span_str(expected_text(p, "key_id")));
  return key != NULL ? key : test_only_token_key(p->policy.keyring);
}

/* One of the policy's keys gives the digest: of an accepted request, the very key that the verdict names. */
static bool is_digest_of_a_key(const pinned *p, csn_span message, csn_span digest) {
  unsigned use = p->tpl.count > 0 ? CSN_USE_REQUEST : CSN_USE_TOKEN;
  bool right = false;
  if (p->policy.key_count == 0) return token_key_of(p) != NULL && key_gives(token_key_of(p), message, digest);
  for (size_t i = 0; i < p->policy.key_count; i++) {
    const csn_key *key = &p->policy.keys[i];
    if ((key->uses & use) == 0) continue;
    if (csn_accepted(&p->verdict) && key != key_named(p, expected_text(p, "key_id"))) continue;
    right = right || key_gives(key, message, digest);
  }
  return right;
}

static bool signs_with_mac(const pinned *p) {
  return p->policy.key_count > 0 || csn_alg_find(token_key_of(p)->alg)->kind == CSN_KIND_HMAC;
}

static void check_digest(const pinned *p, tally *t) {
  csn_span digest, message = csn_file_span(&p->vector->canonical);
  bool api_key = p->policy.config.scheme->has_api_key;
  bool right = read_digest(p, &digest) &&
               (api_key ? is_hash_of_key(p, message, digest) : is_digest_of_a_key(p, message, digest));
  if (!right) fail_case(t, p->vector, 0, "digest.hex");
  if (right && !api_key && csn_accepted(&p->verdict) && signs_with_mac(p) && !wire_carries(p, digest)) {
    fail_case(t, p->vector, 0, "accepted with another signature");
  }
  t->digests++;
}

/* EdDSA hashes by itself: there is nothing to pin. */
static bool has_digest(const pinned *p) {
  if (p->policy.key_count > 0) return true;
  const csn_key *key = token_key_of(p);
  return key != NULL && key->alg != CSN_ALG_EdDSA;
}

/* Only a request that is rejected before something exists may leave it out. */
static void check_presence(const pinned *p, bool readable, tally *t) {
  const csn_vector *vector = p->vector;
  bool early = expects_stage(p, "request", "credential", "credential");
  if (vector->fields == NULL && !early) fail_case(t, vector, 0, "fields.json is missing");
  if (vector->canonical.bytes == NULL && !early) fail_case(t, vector, 0, "canonical.bin is missing");
  if (vector->digest.bytes == NULL && !expects_stage(p, "request", "credential", "key") && has_digest(p)) {
    fail_case(t, vector, 0, "digest.hex is missing");
  }
  if (vector->digest.bytes != NULL && vector->canonical.bytes == NULL) fail_case(t, vector, 0, "a digest of nothing");
  if (!readable && vector->fields != NULL) fail_case(t, vector, 0, "fields are pinned that cannot be read");
}

static void check_first_request(pinned *p, tally *t) {
  csn_verdict verdict;
  if (p->policy.config.scheme->standard != CSN_STANDARD_NONE) return; /* test_vectors_sigv4.c, _http_signature.c */
  bool readable =
      csn_request_check(&p->line.request, &verdict) == CSN_REASON_ACCEPTED &&
      read_credential(p->policy.config.scheme, &p->line.request, &p->credential, &verdict) == CSN_REASON_ACCEPTED;
  check_presence(p, readable, t);
  csn_verify(p->policy.verifier, &p->line.request, p->vector->now, &p->verdict);
  if (!readable) return;
  if (csn_template_covers(&p->tpl, CSN_FIELD_BODY_SHA256)) csn_credential_hash_body(&p->credential);
  if (p->vector->fields != NULL) check_fields(p, t);
  if (p->vector->canonical.bytes != NULL) check_canonical(p, t);
  if (p->vector->digest.bytes != NULL) check_digest(p, t);
}

static void check_intermediates(csn_vector *vector, void *context) {
  csn_request_line lines[VECTOR_LINES_MAX];
  pinned p = {.vector = vector};
  tally *t = context;
  if (!load_policy(&p.policy, vector, t)) return;
  if (csn_scheme_compile(p.policy.config.scheme, &p.tpl) != CSN_OK) fail_case(t, vector, 0, "template");
  if (read_requests(vector, lines, t)) {
    p.line = lines[0];
    p.expected = json_loadb((const char *)vector->verdicts[0].ptr, vector->verdicts[0].len, 0, NULL);
    check_first_request(&p, t);
    json_decref(p.expected);
    free_requests(lines);
  }
  csn_policy_free(&p.policy);
}

static void fields_canonical_strings_and_digests_are_those_pinned(void **state) {
  tally t = {0};
  (void)state;
  assert_true(vectors_each(check_intermediates, &t));
  print_message("pinned and compared: %zu fields, %zu canonical strings, %zu digests\n", t.fields, t.canonicals,
                t.digests);
  assert_int_equal(t.failures, 0);
  assert_true(t.fields >= CASES_MIN && t.canonicals >= CASES_MIN && t.digests >= CASES_MIN);
}

/* ---- the corpus itself ---- */

static void count_case(csn_vector *vector, void *context) {
  static const char *const others[] = {"Python hmac and hashlib",
                                       "Python hmac and zlib",
                                       "botocore",
                                       "aws-c-auth test suite",
                                       "Amazon S3 API reference",
                                       "Python hmac and cryptography",
                                       "RFC 9421 appendix B.2",
                                       "PyJWT",
                                       "PyJWT, Python hmac and hashlib",
                                       "Node crypto",
                                       "jose (npm)",
                                       "openssl command",
                                       "Python cryptography",
                                       "Python integers",
                                       "RFC 4231 section 4",
                                       "RFC 7515 appendix A.1",
                                       "RFC 7515 appendix A.2",
                                       "RFC 7515 appendix A.3",
                                       "public token (puckwang)",
                                       "GitHub documentation",
                                       "Slack documentation",
                                       "Kong documentation",
                                       "Svix documentation"};
  tally *t = context;
  bool known = false;
  for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) known = known || strcmp(vector->signer, others[i]) == 0;
  if (!known) fail_case(t, vector, 0, "an unknown signer");
  t->cases++;
  t->by_others += known;
  for (size_t i = 0; i < vector->count; i++) t->accepted += vector_line_accepts(vector, i);
}

static void there_are_enough_cases_signed_by_other_software(void **state) {
  tally t = {0};
  (void)state;
  assert_true(vectors_each(count_case, &t));
  print_message("%zu cases, %zu signed by other software, %zu requests accepted\n", t.cases, t.by_others, t.accepted);
  assert_int_equal(t.failures, 0);
  assert_true(t.cases >= CASES_MIN && t.by_others >= CASES_BY_OTHERS_MIN && t.accepted >= CASES_BY_OTHERS_MIN);
}

/* ---- policies that are refused at load ---- */

static void policy_must_be_refused(const char *name, tally *t) {
  csn_vector vector = {0};
  csn_policy_error error = {""};
  csn_policy policy;
  csn_file wanted;
  csn_span lines[VECTOR_LINES_MAX];
  snprintf(vector.folder, sizeof vector.folder, VECTORS_ROOT "/" VECTORS_REFUSED "/%.256s", name);
  snprintf(vector.policy, sizeof vector.policy, "%.450s/policy.json", vector.folder);
  bool loaded = csn_policy_load(&policy, vector.policy, 1700000000, &error);
  if (loaded) csn_policy_free(&policy);
  if (loaded) fail_case(t, &vector, 0, "the policy was taken");
  size_t count = vector_file(&wanted, vector.folder, "error.txt") ? vector_lines(csn_file_span(&wanted), lines) : 0;
  if (count == 0) fail_case(t, &vector, 0, "no error.txt");
  for (size_t i = 0; i < count; i++) {
    if (memmem(error.text, strlen(error.text), lines[i].ptr, lines[i].len) != NULL) continue;
    fail_case(t, &vector, 0, "another message than expected");
    print_error("  expected a message with: %.*s\n  got: %s\n", (int)lines[i].len, (const char *)lines[i].ptr,
                error.text);
  }
  csn_file_free(&wanted);
  t->cases++;
}

static void bad_policies_are_refused_with_the_name_of_what_is_wrong(void **state) {
  struct dirent **cases = NULL;
  tally t = {0};
  (void)state;
  int count = scandir(VECTORS_ROOT "/" VECTORS_REFUSED, &cases, vector_is_folder, alphasort);
  for (int i = 0; i < count; i++) {
    policy_must_be_refused(cases[i]->d_name, &t);
    free(cases[i]);
  }
  free(cases);
  assert_int_equal(t.failures, 0);
  assert_true(t.cases >= REFUSED_MIN);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(there_are_enough_cases_signed_by_other_software),
      cmocka_unit_test(each_request_gets_its_verdict_and_each_reason_has_a_case),
      cmocka_unit_test(a_batch_gets_the_same_verdicts),
      cmocka_unit_test(fields_canonical_strings_and_digests_are_those_pinned),
      cmocka_unit_test(bad_policies_are_refused_with_the_name_of_what_is_wrong),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
