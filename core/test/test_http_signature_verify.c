/* HTTP Message Signatures in the path of a request: which signature counts, what it must say and cover, whose key it
 * is, when it is accepted, and how often. */
#include <countersign/verifier.h>

#include "../src/structured.h"
#include "count_digests.h"
#include "signature_support.h"

#define NOW INT64_C(1790000000)
#define COVERED "(\"@method\" \"@authority\" \"@path\" \"@query\" \"content-digest\")"
#define PARAMS ";created=1790000000;keyid=\"k\";nonce=\"n-1\""
#define ACCEPT CSN_REASON_ACCEPTED

typedef struct fixture {
  csn_keyring *ring;
  csn_nonce_table *nonces;
  csn_verifier *verifier;
  csn_verifier_config config;
} fixture;

static fixture set_up(const csn_http_signature_policy *policy) {
  fixture f = {.config = CSN_VERIFIER_CONFIG_DEFAULT};
  csn_key_config key = test_key_config("client", "k", CSN_USE_REQUEST);
  csn_key_config other = test_key_config("other", "shared", CSN_USE_REQUEST);
  f.ring = test_keyring_new();
  assert_int_equal(csn_keyring_add(f.ring, &key), CSN_OK);
  key.key_id = csn_span_str("old");
  key.accept_until = NOW;
  assert_int_equal(csn_keyring_add(f.ring, &key), CSN_OK);
  assert_int_equal(csn_keyring_add(f.ring, &other), CSN_OK);
  other.client_id = csn_span_str("client");
  assert_int_equal(csn_keyring_add(f.ring, &other), CSN_OK);
  f.nonces = test_nonces_new(1000, NOW - 10000);
  f.config.scheme = csn_scheme_preset(csn_span_str("http-signature"));
  f.config.keyring = f.ring;
  f.config.nonces = csn_nonce_table_store(f.nonces);
  if (policy != NULL) f.config.http_signature = *policy;
  assert_int_equal(csn_verifier_new(&f.verifier, &f.config), CSN_OK);
  return f;
}

static void tear_down(fixture *f) {
  csn_verifier_free(f->verifier);
  csn_nonce_table_free(f->nonces);
  csn_keyring_free(f->ring);
}

/* The request of appendix B.2 with a signature of its own. */
typedef struct message {
  csn_header headers[COUNT(test_headers) + 4];
  csn_request request;
  char input[6000], signature[200];
} message;

static void add_header(message *m, const char *name, const char *value) {
  m->headers[m->request.header_count].name = csn_span_str(name);
  m->headers[m->request.header_count++].value = csn_span_str(value);
}

static void sign_base(char *out, size_t size, const csn_request *request, const char *covered) {
  csn_key_config config = test_key_config("client", "k", CSN_USE_REQUEST);
  csn_byte_buffer buffer = {.bytes = (uint8_t *)out, .size = size - 1};
  csn_byte_sink sink = csn_byte_buffer_sink(&buffer);
  uint8_t mac[CSN_MAC_MAX] = {0};
  size_t len = 32;
  csn_key key;
  assert_int_equal(csn_key_init(&key, &config), CSN_OK);
  if (make_base(request, &https, csn_span_str(covered)) == ACCEPT) {
    assert_int_equal(csn_key_sign(&key, csn_span_of(base, base_len), mac, sizeof mac, &len), CSN_OK);
  }
  sink.write(sink.self, csn_span_str("s="));
  csn_sf_write_bytes(csn_span_of(mac, len), &sink);
  out[buffer.len] = 0;
}

static void sign_request(message *m, const csn_request *request, const char *covered) {
  memset(m, 0, sizeof *m);
  m->request = *request;
  memcpy(m->headers, request->headers, request->header_count * sizeof request->headers[0]);
  m->request.headers = m->headers;
  (void)snprintf(m->input, sizeof m->input, "s=%s", covered);
  sign_base(m->signature, sizeof m->signature, request, covered);
  add_header(m, "Signature-Input", m->input);
  add_header(m, "Signature", m->signature);
}

static void sign_message(message *m, const char *covered) {
  sign_request(m, &test_request, covered);
}

static csn_verdict verify(const fixture *f, const message *m, int64_t now) {
  csn_verdict verdict, batched;
  memset(&verdict, 0xa5, sizeof verdict);
  csn_verify(f->verifier, &m->request, now, &verdict);
  if (verdict.reason == ACCEPT) return verdict;
  csn_verify_batch(f->verifier, &m->request, &batched, 1, now);
  assert_int_equal(batched.reason, verdict.reason);
  assert_int_equal(batched.offset, verdict.offset);
  return verdict;
}

static void assert_verdict(const csn_http_signature_policy *policy, const message *m, int64_t now,
                           csn_reason expected) {
  fixture f = set_up(policy);
  csn_verdict verdict = verify(&f, m, now);
  if (verdict.reason != expected) {
    fail_msg("%s: %s, not %s, in %s at %zu", m->input, csn_reason_label(verdict.reason), csn_reason_label(expected),
             csn_field_label(verdict.field), verdict.offset);
  }
  tear_down(&f);
}

static void assert_signed(const csn_http_signature_policy *policy, const char *covered, csn_reason expected) {
  message m;
  sign_message(&m, covered);
  assert_verdict(policy, &m, NOW, expected);
}

/* As assert_signed() with the default policy, and where it is wrong. */
static void assert_wrong_at(const char *covered, csn_reason expected, const char *place) {
  fixture f = set_up(NULL);
  message m;
  sign_message(&m, covered);
  csn_verdict verdict = verify(&f, &m, NOW);
  if (verdict.reason != expected) fail_msg("%s: %s", covered, csn_reason_label(verdict.reason));
  assert_int_equal(verdict.field, CSN_FIELD_HEADER);
  assert_int_equal(verdict.header_index, COUNT(test_headers));
  assert_true(verdict.offset < strlen(m.input));
  if (strncmp(m.input + verdict.offset, place, strlen(place)) != 0) {
    fail_msg("%s: at %s", covered, m.input + verdict.offset);
  }
  tear_down(&f);
}

/* ---- accepted, once ---- */

static void a_signed_request_is_accepted_once(void **state) {
  fixture f = set_up(NULL);
  message m;
  (void)state;
  sign_message(&m, COVERED PARAMS);
  csn_verdict verdict = verify(&f, &m, NOW);
  assert_reason(&verdict, ACCEPTED);
  assert_span(csn_name_span(&verdict.client_id), "client");
  assert_span(csn_name_span(&verdict.key_id), "k");
  verdict = verify(&f, &m, NOW + 300);
  assert_reason(&verdict, NONCE_REPLAYED);
  sign_message(&m, COVERED ";created=1790000000;keyid=\"k\";nonce=\"n-2\"");
  verdict = verify(&f, &m, NOW);
  assert_reason(&verdict, ACCEPTED);
  tear_down(&f);
}

static void a_rejected_request_claims_no_nonce(void **state) {
  fixture f = set_up(NULL);
  message m;
  (void)state;
  sign_message(&m, COVERED PARAMS);
  m.signature[5] = m.signature[5] == 'A' ? 'B' : 'A';
  csn_verdict verdict = verify(&f, &m, NOW);
  assert_reason(&verdict, SIGNATURE_MISMATCH);
  sign_message(&m, COVERED PARAMS);
  verdict = verify(&f, &m, NOW);
  assert_reason(&verdict, ACCEPTED);
  tear_down(&f);
}

static void in_a_batch_the_first_of_two_wins(void **state) {
  fixture f = set_up(NULL);
  message m;
  csn_verdict verdicts[2];
  (void)state;
  sign_message(&m, COVERED PARAMS);
  const csn_request both[2] = {m.request, m.request};
  csn_verify_batch(f.verifier, both, verdicts, 2, NOW);
  assert_reason(&verdicts[0], ACCEPTED);
  assert_reason(&verdicts[1], NONCE_REPLAYED);
  tear_down(&f);
}

static void without_a_nonce_only_where_none_is_required(void **state) {
  csn_http_signature_policy policy = CSN_HTTP_SIGNATURE_POLICY_DEFAULT;
  message m;
  (void)state;
  policy.required = 0;
  assert_signed(NULL, COVERED ";created=1790000000;keyid=\"k\"", CSN_REASON_PARAMETER_MISSING);
  fixture f = set_up(&policy);
  sign_message(&m, COVERED ";created=1790000000;keyid=\"k\"");
  for (int i = 0; i < 2; i++) assert_int_equal(verify(&f, &m, NOW).reason, ACCEPT);
  sign_message(&m, COVERED PARAMS); /* one that is there counts all the same */
  assert_int_equal(verify(&f, &m, NOW).reason, ACCEPT);
  assert_int_equal(verify(&f, &m, NOW).reason, CSN_REASON_NONCE_REPLAYED);
  tear_down(&f);
}

static void equal_nonces_of_two_clients_are_two(void **state) {
  fixture f = set_up(NULL);
  csn_key_config key = test_key_config("other", "o", CSN_USE_REQUEST);
  message m;
  (void)state;
  assert_int_equal(csn_keyring_add(f.ring, &key), CSN_OK);
  static const char *const rows[][2] = {{"k", "client"}, {"o", "other"}};
  for (int again = 0; again < 2; again++) {
    for (size_t i = 0; i < COUNT(rows); i++) {
      char covered[300];
      (void)snprintf(covered, sizeof covered, COVERED ";created=1790000000;keyid=\"%s\";nonce=\"n-1\"", rows[i][0]);
      sign_message(&m, covered);
      csn_verdict verdict = verify(&f, &m, NOW);
      assert_int_equal(verdict.reason, again ? CSN_REASON_NONCE_REPLAYED : ACCEPT);
      assert_span(csn_name_span(&verdict.client_id), rows[i][1]);
    }
  }
  tear_down(&f);
}

/* ---- time ---- */

static void the_boundary_seconds_are_accepted(void **state) {
  message m;
  (void)state;
  sign_message(&m, COVERED PARAMS);
  assert_verdict(NULL, &m, NOW - 301, CSN_REASON_TIMESTAMP_FUTURE);
  assert_verdict(NULL, &m, NOW - 300, ACCEPT);
  assert_verdict(NULL, &m, NOW + 300, ACCEPT);
  assert_verdict(NULL, &m, NOW + 301, CSN_REASON_TIMESTAMP_PAST);
}

/* csn_verify() clamps the time; who calls the function itself may give any. */
static void any_time_is_taken(void **state) {
  csn_http_signature_policy policy = CSN_HTTP_SIGNATURE_POLICY_DEFAULT;
  fixture f = set_up(NULL);
  csn_http_signature signature;
  csn_verdict verdict;
  message m;
  (void)state;
  sign_message(&m, COVERED PARAMS);
  test_http_signature_verify(f.ring, &policy, 300, &m.request, INT64_MIN, &signature, &verdict);
  assert_reason(&verdict, TIMESTAMP_FUTURE);
  test_http_signature_verify(f.ring, &policy, 300, &m.request, INT64_MAX, &signature, &verdict);
  assert_reason(&verdict, TIMESTAMP_PAST);
  test_http_signature_verify(f.ring, &policy, 300, &m.request, NOW, &signature, &verdict);
  assert_reason(&verdict, ACCEPTED);
  test_http_signature_verify(f.ring, &policy, -1, &m.request, NOW, &signature, &verdict);
  assert_reason(&verdict, UNDECIDED);
  test_http_signature_verify(f.ring, &policy, CSN_SIGNATURE_LEEWAY_MAX + 1, &m.request, NOW, &signature, &verdict);
  assert_reason(&verdict, UNDECIDED);
  tear_down(&f);
}

static void expires_is_the_last_second_and_leeway_follows_it(void **state) {
  csn_http_signature_policy policy = CSN_HTTP_SIGNATURE_POLICY_DEFAULT;
  message m;
  (void)state;
  sign_message(&m, COVERED PARAMS ";expires=1790000060");
  assert_verdict(&policy, &m, NOW + 60, ACCEPT);
  assert_verdict(&policy, &m, NOW + 61, CSN_REASON_SIGNATURE_EXPIRED);
  policy.leeway = 10;
  assert_verdict(&policy, &m, NOW + 70, ACCEPT);
  assert_verdict(&policy, &m, NOW + 71, CSN_REASON_SIGNATURE_EXPIRED);
  sign_message(&m, COVERED PARAMS ";expires=999999999999999");
  assert_verdict(&policy, &m, NOW + 301, CSN_REASON_TIMESTAMP_PAST);
  assert_signed(NULL,
                "("
                ");created=999999999999999;keyid=\"k\";nonce=\"n\"",
                CSN_REASON_COMPONENT_NOT_SIGNED);
  assert_signed(NULL, COVERED ";created=999999999999999;keyid=\"k\";nonce=\"n\"", CSN_REASON_TIMESTAMP_FUTURE);
}

/* ---- what the signature has to say ---- */

static void created_and_keyid_are_always_needed(void **state) {
  csn_http_signature_policy policy = CSN_HTTP_SIGNATURE_POLICY_DEFAULT;
  (void)state;
  assert_wrong_at(COVERED ";keyid=\"k\";nonce=\"n\"", CSN_REASON_PARAMETER_MISSING, "(\"@method");
  assert_wrong_at(COVERED ";created=1790000000;nonce=\"n\"", CSN_REASON_PARAMETER_MISSING, "(\"@method");
  policy.required = CSN_SIGNATURE_EXPIRES;
  assert_signed(&policy, COVERED PARAMS, CSN_REASON_PARAMETER_MISSING);
  assert_signed(&policy, COVERED PARAMS ";expires=1790000000", ACCEPT);
  policy.required = CSN_SIGNATURE_ALG;
  assert_signed(&policy, COVERED PARAMS, CSN_REASON_PARAMETER_MISSING);
  assert_signed(&policy, COVERED PARAMS ";alg=\"hmac-sha256\"", ACCEPT);
}

static void parameters_have_their_form(void **state) {
  char keyid[CSN_ID_MAX + 2] = "", covered[512];
  (void)state;
  assert_wrong_at(COVERED ";created=1790000000;keyid=\"\";nonce=\"n\"", CSN_REASON_KID_INVALID, "\";nonce");
  assert_wrong_at(COVERED ";created=1790000000;keyid=\"k\";nonce=\"\"", CSN_REASON_NONCE_INVALID, "\"");
  assert_wrong_at(COVERED ";created=1790000000;keyid=\"k\";nonce=\"ab c\"", CSN_REASON_NONCE_INVALID, " c\"");
  assert_wrong_at(COVERED ";created=\"1790000000\";keyid=\"k\"", CSN_REASON_SIGNATURE_INPUT_INVALID, "created");
  assert_wrong_at(COVERED ";created=-1;keyid=\"k\"", CSN_REASON_SIGNATURE_INPUT_INVALID, "created");
  assert_wrong_at(COVERED ";created=1790000000;keyid=k", CSN_REASON_SIGNATURE_INPUT_INVALID, "keyid");
  memset(keyid, 'k', CSN_ID_MAX + 1);
  (void)snprintf(covered, sizeof covered, COVERED ";created=1790000000;keyid=\"%s\";nonce=\"n\"", keyid);
  assert_signed(NULL, covered, CSN_REASON_KID_INVALID);
  keyid[CSN_ID_MAX] = 0;
  (void)snprintf(covered, sizeof covered, COVERED ";created=1790000000;keyid=\"%s\";nonce=\"n\"", keyid);
  assert_signed(NULL, covered, CSN_REASON_KEY_UNKNOWN);
}

static void alg_is_exactly_the_keys(void **state) {
  csn_http_signature_policy policy = CSN_HTTP_SIGNATURE_POLICY_DEFAULT;
  (void)state;
  assert_signed(&policy, COVERED PARAMS ";alg=\"hmac-sha256\"", ACCEPT);
  assert_signed(&policy, COVERED PARAMS ";alg=\"ed25519\"", CSN_REASON_KEY_UNKNOWN);
  assert_wrong_at(COVERED PARAMS ";alg=\"HMAC-SHA256\"", CSN_REASON_ALG_NOT_ALLOWED, "HMAC-SHA256");
  assert_wrong_at(COVERED PARAMS ";alg=\"HS256\"", CSN_REASON_ALG_NOT_ALLOWED, "HS256");
  assert_wrong_at(COVERED PARAMS ";alg=\"none\"", CSN_REASON_ALG_NOT_ALLOWED, "none");
  assert_wrong_at(COVERED PARAMS ";alg=\"\"", CSN_REASON_ALG_NOT_ALLOWED, "\"");
  policy.algorithms = 1u << CSN_ALG_EdDSA;
  assert_signed(&policy, COVERED PARAMS ";alg=\"hmac-sha256\"", CSN_REASON_ALG_NOT_ALLOWED);
  assert_signed(&policy, COVERED PARAMS, CSN_REASON_KEY_UNKNOWN);
}

/* ---- keys ---- */

static void the_key_is_the_one_that_keyid_names(void **state) {
  message m;
  (void)state;
  assert_wrong_at(COVERED ";created=1790000000;keyid=\"K\";nonce=\"n\"", CSN_REASON_KEY_UNKNOWN, "K\"");
  assert_wrong_at(COVERED ";created=1790000000;keyid=\"shared\";nonce=\"n\"", CSN_REASON_KEY_AMBIGUOUS, "shared");
  sign_message(&m, COVERED ";created=1790000000;keyid=\"old\";nonce=\"n\"");
  assert_verdict(NULL, &m, NOW, ACCEPT);
  assert_verdict(NULL, &m, NOW + 1, CSN_REASON_KEY_EXPIRED);
}

static void a_revoked_key_is_refused_as_that(void **state) {
  fixture f = set_up(NULL);
  message m;
  (void)state;
  assert_int_equal(csn_keyring_revoke(f.ring, csn_span_str("client"), csn_span_str("k")), CSN_OK);
  sign_message(&m, COVERED PARAMS);
  csn_verdict verdict = verify(&f, &m, NOW);
  assert_reason(&verdict, KEY_REVOKED);
  assert_span(csn_name_span(&verdict.key_id), "k");
  tear_down(&f);
}

static size_t digests_of(const char *covered, csn_reason expected) {
  message m;
  sign_message(&m, covered);
  m.request.body.len = 0;
  fixture f = set_up(NULL);
  digests = 0;
  assert_int_equal(verify(&f, &m, NOW).reason, expected);
  tear_down(&f);
  return digests;
}

static void an_unknown_key_costs_the_mac_of_a_known_one(void **state) {
  const char *unknown = "(\"@method\" \"@target-uri\");created=1790000000;keyid=\"x\";nonce=\"n\"";
  fixture f = set_up(NULL);
  message m;
  (void)state;
  sign_message(&m, "(\"@method\" \"@target-uri\");created=1790000000;keyid=\"k\";nonce=\"n\"");
  m.signature[5] = m.signature[5] == 'A' ? 'B' : 'A';
  m.request.body.len = 0;
  digests = 0;
  assert_int_equal(verify(&f, &m, NOW).reason, CSN_REASON_SIGNATURE_MISMATCH);
  size_t known = digests;
  tear_down(&f);
  assert_int_equal(known, 4); /* two for each of the two verifications */
  assert_int_equal(digests_of(unknown, CSN_REASON_KEY_UNKNOWN), known);
}

/* ---- which signature counts ---- */

static void verify_fields(const csn_http_signature_policy *policy, const char *const inputs[2],
                          const char *const signatures[2], csn_reason expected) {
  message m;
  sign_message(&m, COVERED PARAMS);
  char texts[4][1000];
  const char *const given[4] = {inputs[0], inputs[1], signatures[0], signatures[1]};
  m.request.header_count -= 2;
  for (size_t i = 0; i < 4; i++) {
    if (given[i] == NULL) continue;
    /* $I is the right input, $S the right signature, both without their label */
    const char *rest = given[i];
    size_t len = 0;
    for (; *rest != 0 && len < sizeof texts[i] - 300; rest++) {
      const char *put = rest[0] != '$' ? NULL : rest[1] == 'I' ? m.input + 2 : m.signature + 2;
      if (put == NULL) {
        texts[i][len++] = *rest;
      } else {
        len += (size_t)snprintf(texts[i] + len, 300, "%s", put);
        rest++;
      }
    }
    texts[i][len] = 0;
    add_header(&m, i < 2 ? "signature-input" : "SIGNATURE", texts[i]);
  }
  fixture f = set_up(policy);
  csn_verdict verdict = verify(&f, &m, NOW);
  if (verdict.reason != expected) {
    fail_msg("%s | %s: %s, not %s", inputs[0], signatures[0], csn_reason_label(verdict.reason),
             csn_reason_label(expected));
  }
  tear_down(&f);
}

static void assert_fields(const csn_http_signature_policy *policy, const char *in, const char *signature,
                          csn_reason expected) {
  verify_fields(policy, (const char *const[]){in, NULL}, (const char *const[]){signature, NULL}, expected);
}

static void the_only_signature_counts(void **state) {
  (void)state;
  assert_fields(NULL, "s=$I", "s=$S", ACCEPT);
  assert_fields(NULL, "s=$I", "t=:AA==:, s=$S", ACCEPT); /* a signature that says nothing of itself is none */
  assert_fields(NULL, "s=$I, t=()", "s=$S, t=:AA==:", CSN_REASON_SIGNATURE_AMBIGUOUS);
  assert_fields(NULL, "s=$I", "t=$S", CSN_REASON_FIELD_MISSING);
  assert_fields(NULL, "s=$I", "", CSN_REASON_FIELD_MISSING);
  assert_fields(NULL, "s=$I", NULL, CSN_REASON_FIELD_MISSING);
  assert_fields(NULL, "", "s=$S", CSN_REASON_SIGNATURE_NOT_FOUND);
  assert_fields(NULL, NULL, "s=$S", CSN_REASON_FIELD_MISSING);
  assert_fields(NULL, NULL, NULL, CSN_REASON_FIELD_MISSING);
}

static void a_label_or_a_tag_chooses(void **state) {
  csn_http_signature_policy policy = CSN_HTTP_SIGNATURE_POLICY_DEFAULT;
  (void)state;
  policy.label = csn_span_str("s");
  assert_fields(&policy, "t=(), s=$I", "s=$S", ACCEPT);
  assert_fields(&policy, "t=$I", "t=$S", CSN_REASON_SIGNATURE_NOT_FOUND);
  assert_fields(&policy, "t=(), s=$I", "t=$S", CSN_REASON_FIELD_MISSING);
  policy.tag = csn_span_str("app");
  assert_fields(&policy, "s=$I", "s=$S", CSN_REASON_SIGNATURE_NOT_FOUND);
  assert_signed(&policy, COVERED PARAMS ";tag=\"app\"", ACCEPT);
  assert_signed(&policy, COVERED PARAMS ";tag=\"App\"", CSN_REASON_SIGNATURE_NOT_FOUND);
  assert_signed(&policy, COVERED PARAMS ";tag=app", CSN_REASON_SIGNATURE_NOT_FOUND);
  policy.label = csn_span_str("");
  assert_fields(&policy, "t=();tag=\"app\", s=$I", "t=$S", CSN_REASON_PARAMETER_MISSING);
  assert_fields(&policy, "t=();tag=\"app\", s=();tag=\"app\"", "t=$S", CSN_REASON_SIGNATURE_AMBIGUOUS);
}

static void several_lines_are_one_dictionary(void **state) {
  csn_http_signature_policy policy = CSN_HTTP_SIGNATURE_POLICY_DEFAULT;
  (void)state;
  policy.label = csn_span_str("s");
  verify_fields(&policy, (const char *const[]){"t=()", "s=$I"}, (const char *const[]){"t=:AA==:", "s=$S"}, ACCEPT);
  verify_fields(&policy, (const char *const[]){"s=()", "s=$I"}, (const char *const[]){"s=$S", NULL},
                CSN_REASON_SIGNATURE_INPUT_INVALID);
  verify_fields(&policy, (const char *const[]){"s=$I", NULL}, (const char *const[]){"s=:AA==:", "s=$S"},
                CSN_REASON_SIGNATURE_ENCODING);
}

static void malformed_fields_are_rejected(void **state) {
  (void)state;
  assert_fields(NULL, "s=$I,", "s=$S", CSN_REASON_SIGNATURE_INPUT_INVALID);
  assert_fields(NULL, "s=$I, s=$I", "s=$S", CSN_REASON_SIGNATURE_INPUT_INVALID);
  assert_fields(NULL, "s=\"@method\"", "s=$S", CSN_REASON_SIGNATURE_INPUT_INVALID);
  assert_fields(NULL, "s=$I, t=1", "s=$S", CSN_REASON_SIGNATURE_INPUT_INVALID);
  assert_fields(NULL, "s", "s=$S", CSN_REASON_SIGNATURE_INPUT_INVALID);
  assert_fields(NULL, "s=$I", "s=$S,", CSN_REASON_SIGNATURE_ENCODING);
  assert_fields(NULL, "s=$I", "s=$S, s=$S", CSN_REASON_SIGNATURE_ENCODING);
  assert_fields(NULL, "s=$I", "s=$S;a", CSN_REASON_SIGNATURE_ENCODING);
  assert_fields(NULL, "s=$I", "s=\"AA==\"", CSN_REASON_SIGNATURE_ENCODING);
  assert_fields(NULL, "s=$I", "s=:AA:", CSN_REASON_SIGNATURE_ENCODING);
  assert_fields(NULL, "s=$I", "s=:AB==:", CSN_REASON_SIGNATURE_ENCODING);
}

static void a_signature_has_its_keys_length(void **state) {
  char text[4000] = "s=:";
  (void)state;
  assert_fields(NULL, "s=$I", "s=::", CSN_REASON_SIGNATURE_LENGTH);
  assert_fields(NULL, "s=$I", "s=:AA==:", CSN_REASON_SIGNATURE_LENGTH);
  assert_fields(NULL, "s=$I", "s=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==:", CSN_REASON_SIGNATURE_LENGTH);
  assert_fields(NULL, "s=$I", "s=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:", CSN_REASON_SIGNATURE_MISMATCH);
  assert_fields(NULL, "s=$I", "s=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA:", CSN_REASON_SIGNATURE_LENGTH);
  message m;
  sign_message(&m, COVERED PARAMS);
  memset(text + 3, 'A', CSN_SIGNATURE_MAX / 3 * 4 + 4); /* a byte more than any signature has */
  strcat(text, ":");
  m.headers[m.request.header_count - 1].value = csn_span_str(text);
  assert_verdict(NULL, &m, NOW, CSN_REASON_SIGNATURE_LENGTH);
}

/* ---- what is covered ---- */

static void every_component_of_the_policy_is_needed(void **state) {
  static const char *const parts[] = {"\"@method\"", "\"@authority\"", "\"@path\"", "\"@query\""};
  (void)state;
  for (size_t left_out = 0; left_out < COUNT(parts); left_out++) {
    char covered[512] = "(\"content-digest\"";
    for (size_t i = 0; i < COUNT(parts); i++) {
      if (i == left_out) continue;
      strcat(covered, " ");
      strcat(covered, parts[i]);
    }
    strcat(covered, ")" PARAMS);
    assert_wrong_at(covered, CSN_REASON_COMPONENT_NOT_SIGNED, "(\"content-digest");
  }
  assert_signed(NULL, "(\"@target-uri\" \"@method\" \"content-digest\")" PARAMS, ACCEPT);
  assert_signed(NULL, "(\"@request-target\" \"@authority\" \"@method\" \"content-digest\")" PARAMS, ACCEPT);
  assert_signed(NULL, "(\"@request-target\" \"@method\" \"content-digest\")" PARAMS, CSN_REASON_COMPONENT_NOT_SIGNED);
}

static void components_of_a_policy_may_have_parameters(void **state) {
  static const csn_span pet = CSN_SPAN_LITERAL("@query-param;name=\"Pet\""),
                        digest = CSN_SPAN_LITERAL("content-digest"),
                        member = CSN_SPAN_LITERAL("content-digest;key=\"sha-512\"");
  csn_http_signature_policy policy = CSN_HTTP_SIGNATURE_POLICY_DEFAULT;
  (void)state;
  policy.component_count = 1;
  policy.allow_unsigned_body = true;
  policy.components = &pet;
  assert_signed(&policy, "(\"@query-param\";name=\"Pet\")" PARAMS, ACCEPT);
  assert_signed(&policy, "(\"@query-param\";name=\"param\")" PARAMS, CSN_REASON_COMPONENT_NOT_SIGNED);
  assert_signed(&policy, "(\"@query\" \"@target-uri\")" PARAMS, CSN_REASON_COMPONENT_NOT_SIGNED);
  policy.components = &digest;
  assert_signed(&policy, "(\"content-digest\";sf)" PARAMS, ACCEPT);
  assert_signed(&policy, "(\"content-digest\";bs)" PARAMS, ACCEPT);
  assert_signed(&policy, "(\"content-digest\";key=\"sha-512\")" PARAMS, CSN_REASON_COMPONENT_NOT_SIGNED);
  policy.components = &member;
  assert_signed(&policy, "(\"content-digest\";key=\"sha-512\")" PARAMS, ACCEPT);
  assert_signed(&policy, "(\"content-digest\")" PARAMS, CSN_REASON_COMPONENT_NOT_SIGNED);
}

static void what_is_covered_must_be_there(void **state) {
  (void)state;
  assert_wrong_at("(\"@method\" \"@target-uri\" \"content-digest\" \"x-none\")" PARAMS, CSN_REASON_COMPONENT_MISSING,
                  "\"x-none\"");
  assert_wrong_at("(\"@method\" \"@target-uri\" \"content-digest\" \"@status\")" PARAMS,
                  CSN_REASON_COMPONENT_UNSUPPORTED, "\"@status\"");
  assert_wrong_at("(\"@method\" \"@target-uri\" \"content-digest\" \"@method\")" PARAMS, CSN_REASON_COMPONENT_REPEATED,
                  "\"@method\")");
}

static void a_body_is_covered_by_its_digest(void **state) {
  csn_http_signature_policy policy = CSN_HTTP_SIGNATURE_POLICY_DEFAULT;
  csn_request request = test_request;
  message m;
  (void)state;
  assert_signed(NULL, "(\"@method\" \"@target-uri\")" PARAMS, CSN_REASON_BODY_NOT_SIGNED);
  assert_signed(NULL, "(\"@method\" \"@target-uri\" \"content-digest\";key=\"sha-512\")" PARAMS,
                CSN_REASON_BODY_NOT_SIGNED);
  policy.allow_unsigned_body = true;
  assert_signed(&policy, "(\"@method\" \"@target-uri\")" PARAMS, ACCEPT);
  request.body = csn_span_str("{\"hello\": \"World\"}");
  sign_request(&m, &request, COVERED PARAMS);
  assert_verdict(NULL, &m, NOW, CSN_REASON_DIGEST_MISMATCH);
  assert_verdict(&policy, &m, NOW, CSN_REASON_DIGEST_MISMATCH);
  sign_request(&m, &request, "(\"@method\" \"@target-uri\" \"content-digest\";key=\"sha-512\")" PARAMS);
  assert_verdict(&policy, &m, NOW, CSN_REASON_DIGEST_MISMATCH);
  request.body.len = 0; /* taken away */
  sign_request(&m, &request, COVERED PARAMS);
  assert_verdict(NULL, &m, NOW, CSN_REASON_DIGEST_MISMATCH);
  sign_request(&m, &request, "(\"@method\" \"@target-uri\")" PARAMS);
  assert_verdict(NULL, &m, NOW, ACCEPT);
}

/* A line of `"date": ` and the value's bytes: the base is as long as the limit, and one byte longer. */
static void the_base_has_a_limit(void **state) {
  static char value[CSN_SIGNATURE_BASE_MAX];
  const char *covered = "(\"@method\" \"@target-uri\" \"date\")" PARAMS;
  csn_request request = test_request;
  csn_header headers[COUNT(test_headers)];
  message m;
  (void)state;
  memcpy(headers, test_headers, sizeof headers);
  request.headers = headers;
  request.body.len = 0;
  memset(value, 'x', sizeof value);
  headers[1].value = csn_span_of(value, 0);
  assert_int_equal(make_base(&request, &https, csn_span_str(covered)), ACCEPT);
  headers[1].value.len = CSN_SIGNATURE_BASE_MAX - base_len;
  sign_request(&m, &request, covered);
  assert_verdict(NULL, &m, NOW, ACCEPT);
  m.headers[1].value.len++;
  assert_verdict(NULL, &m, NOW, CSN_REASON_SIGNATURE_BASE_TOO_LONG);
}

/* ---- making a verifier ---- */

static void policies_that_cannot_be_right_are_refused(void **state) {
  static const char *const wrong[] = {"",      "@status",    "@nothing",     "Content-Type",          "a b",
                                      "a\"",   "@method;sf", "@query-param", "@query-param;name=Pet", "a;sf;bs",
                                      "a;sf;", "a;sf=?1",    "a;tr",         "a;key=\"k\" "};
  static const char *const right[] = {"@method", "date", "a;sf", "a;bs", "a;key=\"k\"", "@query-param;name=\"Pet\""};
  fixture f = set_up(NULL);
  csn_verifier *verifier = NULL;
  csn_verifier_config config = f.config;
  csn_span component;
  (void)state;
  config.http_signature.components = &component;
  config.http_signature.component_count = 1;
  for (size_t i = 0; i < COUNT(wrong) + COUNT(right); i++) {
    component = csn_span_str(i < COUNT(wrong) ? wrong[i] : right[i - COUNT(wrong)]);
    csn_error error = csn_verifier_new(&verifier, &config);
    if ((error == CSN_OK) != (i >= COUNT(wrong))) fail_msg("%s", (const char *)component.ptr);
    csn_verifier_free(verifier);
  }
  config = f.config;
  config.nonces.claim = NULL;
  assert_int_equal(csn_verifier_new(&verifier, &config), CSN_ERROR_INVALID_ARGUMENT);
  config = f.config;
  config.http_signature.required = 8;
  assert_int_equal(csn_verifier_new(&verifier, &config), CSN_ERROR_INVALID_ARGUMENT);
  config = f.config;
  config.http_signature.algorithms = 1u << CSN_ALG_HS512;
  assert_int_equal(csn_verifier_new(&verifier, &config), CSN_ERROR_INVALID_ARGUMENT);
  config = f.config;
  config.http_signature.leeway = -1;
  assert_int_equal(csn_verifier_new(&verifier, &config), CSN_ERROR_INVALID_ARGUMENT);
  config.http_signature.leeway = CSN_SIGNATURE_LEEWAY_MAX + 1;
  assert_int_equal(csn_verifier_new(&verifier, &config), CSN_ERROR_INVALID_ARGUMENT);
  config.http_signature.leeway--;
  assert_int_equal(csn_verifier_new(&verifier, &config), CSN_OK);
  csn_verifier_free(verifier);
  tear_down(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_signed_request_is_accepted_once),
      cmocka_unit_test(a_rejected_request_claims_no_nonce),
      cmocka_unit_test(in_a_batch_the_first_of_two_wins),
      cmocka_unit_test(without_a_nonce_only_where_none_is_required),
      cmocka_unit_test(equal_nonces_of_two_clients_are_two),
      cmocka_unit_test(the_boundary_seconds_are_accepted),
      cmocka_unit_test(any_time_is_taken),
      cmocka_unit_test(expires_is_the_last_second_and_leeway_follows_it),
      cmocka_unit_test(created_and_keyid_are_always_needed),
      cmocka_unit_test(parameters_have_their_form),
      cmocka_unit_test(alg_is_exactly_the_keys),
      cmocka_unit_test(the_key_is_the_one_that_keyid_names),
      cmocka_unit_test(a_revoked_key_is_refused_as_that),
      cmocka_unit_test(an_unknown_key_costs_the_mac_of_a_known_one),
      cmocka_unit_test(the_only_signature_counts),
      cmocka_unit_test(a_label_or_a_tag_chooses),
      cmocka_unit_test(several_lines_are_one_dictionary),
      cmocka_unit_test(malformed_fields_are_rejected),
      cmocka_unit_test(a_signature_has_its_keys_length),
      cmocka_unit_test(every_component_of_the_policy_is_needed),
      cmocka_unit_test(components_of_a_policy_may_have_parameters),
      cmocka_unit_test(what_is_covered_must_be_there),
      cmocka_unit_test(a_body_is_covered_by_its_digest),
      cmocka_unit_test(the_base_has_a_limit),
      cmocka_unit_test(policies_that_cannot_be_right_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
