/* Requests in a batch: the verdicts that csn_verify() gives one after the other, whatever is mixed. */
#include "batch_worlds.h"

enum {
  COUNT_MAX = 200,
  BODY_MAX = 300,
  PAD_MAX = 5500,
  TOKEN_ROOM = CSN_TOKEN_MAX,
  HEADERS_MAX = CSN_SIGNED_HEADERS_MAX + 2
};

static uint64_t random_state = 1;
static uint32_t draw(size_t below) {
  uint64_t z = (random_state += UINT64_C(0x9e3779b97f4a7c15));
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return (uint32_t)((z ^ (z >> 31)) % below);
}

/* ---- requests ---- */

typedef struct item {
  char nonce[24], body[BODY_MAX];
  uint8_t token[TOKEN_ROOM];
  csn_signed made;
  csn_header headers[HEADERS_MAX];
} item;

static item items[COUNT_MAX];
static csn_request requests[COUNT_MAX];
static const csn_verifier *verifiers_alone[COUNT_MAX], *verifiers_together[COUNT_MAX];
static csn_verdict singly[COUNT_MAX], batched[COUNT_MAX];

static const csn_key *key_for(const csn_scheme *scheme) {
  const char *client = scheme->client;
  for (;;) {
    size_t i = draw(KEYS);
    if (client == NULL ? i < 13 || draw(20) == 0 : strcmp(key_rows[i].client, client) == 0) return &keys[i];
  }
}

static csn_span some_body(item *it, const csn_scheme *scheme, size_t preset) {
  size_t len = draw(4) == 0 ? 0 : draw(BODY_MAX);
  bool refused = !scheme->replayable && preset % 4 == 0 && draw(4) > 0;
  for (size_t i = 0; i < len; i++) it->body[i] = (char)('a' + draw(26));
  return csn_span_of(it->body, refused ? 0 : len);
}

static csn_span some_token(item *it, csn_span client) {
  static char claims[PAD_MAX + 256], pad[PAD_MAX];
  size_t len = 0;
  memset(pad, 'x', sizeof pad);
  int pad_len = (int)draw(draw(6) == 0 ? PAD_MAX : 50);
  int text = snprintf(claims, sizeof claims, "{\"sub\":\"%.*s\",\"exp\":%d,\"scope\":\"a b%.*s\",\"pad\":\"%.*s\"}",
                      (int)client.len, (const char *)client.ptr, draw(8) == 0 ? 1789999999 : 1790000060, (int)draw(30),
                      "abcdefghijklmnopqrstuvwxyzabcdefgh", pad_len, pad);
  const csn_key *key = &token_keys[draw(8) == 0 ? draw(TOKEN_KEYS) : draw(2)];
  assert_int_equal(csn_sign_jwt(key, csn_span_of(claims, (size_t)text), it->token, sizeof it->token, &len), CSN_OK);
  return csn_span_of(it->token, len);
}

static void sign_http(item *it, const csn_request *request, const csn_key *key, int64_t created, csn_span nonce) {
  static const csn_http_context context = {.scheme = CSN_SPAN_LITERAL("https")};
  csn_http_sign_input input = {.key = key,
                               .request = request,
                               .context = &context,
                               .label = csn_span_str("s"),
                               .components = components,
                               .component_count = COUNT(components)};
  input.params.created = created;
  input.params.has_created = true;
  input.params.keyid = csn_key_id(key);
  input.params.nonce = nonce;
  assert_int_equal(csn_http_sign(&it->made, &input), CSN_OK);
}

/* One request of the preset: mostly good, and now and then with a nonce that has been there. */
static void make_request(size_t at, size_t preset) {
  item *it = &items[at];
  csn_request *request = &requests[at];
  const csn_scheme *scheme = scheme_of(preset);
  const csn_key *key = key_for(scheme);
  int64_t when = draw(12) == 0 ? NOW + (draw(2) == 0 ? 301 : -301) : NOW - 300 + draw(601);
  snprintf(it->nonce, sizeof it->nonce, "n-%u", draw(6) == 0 ? draw(20) : draw(1u << 30));
  *request = (csn_request){.method = csn_span_str("POST"), .target = csn_span_str(draw(2) == 0 ? "/a/b?c=d" : "/")};
  request->body = some_body(it, scheme, preset);
  if (scheme->standard == CSN_STANDARD_HTTP_SIGNATURES) {
    if (key->alg != CSN_ALG_HS256) key = &keys[0];
    sign_http(it, request, key, when, csn_span_str(it->nonce));
  } else {
    csn_sign_input input = {
        .scheme = scheme, .key = key, .request = request, .timestamp = when, .nonce = csn_span_str(it->nonce)};
    if (scheme->has_token) input.token = some_token(it, csn_key_client_id(key));
    if (strcmp(presets[preset], "jwt-hmac") == 0) input.form = draw(2);
    if (strcmp(presets[preset], "hmac-authorization") == 0) input.form = (size_t)(key->alg - CSN_ALG_HS256);
    csn_error error = csn_sign_request(&it->made, &input);
    if (error != CSN_OK) { /* a key of another hash than the scheme's */
      input.key = &keys[0];
      error = csn_sign_request(&it->made, &input);
    }
    assert_int_equal(error, CSN_OK);
    request->target = it->made.target;
  }
  memcpy(it->headers, it->made.headers, it->made.header_count * sizeof it->headers[0]);
  request->headers = it->headers;
  request->header_count = it->made.header_count;
}

static void change_request(size_t at) {
  static const char bytes[] = "0123456789abcdefXYZ.,=-_ ";
  item *it = &items[at];
  csn_request *request = &requests[at];
  csn_header *header = &it->headers[draw(request->header_count)];
  const uint8_t *from = it->made.bytes, *to = from + sizeof it->made.bytes;
  switch (draw(6)) {
    case 0:
      request->target = csn_span_str("/changed");
      break;
    case 1:
      if (request->body.len > 0) request->body.len--;
      break;
    case 2:
      header->value.len = draw(header->value.len + 1);
      break;
    case 3:
      it->headers[request->header_count++] = *header;
      break;
    default:
      if (header->value.ptr < from || header->value.ptr >= to || header->value.len == 0) break;
      it->made.bytes[(size_t)(header->value.ptr - from) + draw(header->value.len)] =
          (uint8_t)bytes[draw(COUNT(bytes) - 1)];
      break;
  }
}

static void make_requests(size_t count, size_t preset) {
  for (size_t i = 0; i < count; i++) {
    size_t which = preset < PRESETS ? preset : draw(PRESETS);
    make_request(i, which);
    if (draw(4) == 0) change_request(i);
    verifiers_alone[i] = alone.verifiers[which];
    verifiers_together[i] = together.verifiers[which];
  }
}

/* ---- comparing ---- */

static bool same_names(const csn_name *a, const csn_name *b) {
  return csn_span_equal(csn_name_span(a), csn_name_span(b));
}

static bool same(const csn_verdict *a, const csn_verdict *b) {
  return a->reason == b->reason && a->field == b->field && a->offset == b->offset &&
         a->header_index == b->header_index && same_names(&a->client_id, &b->client_id) &&
         same_names(&a->key_id, &b->key_id) && csn_span_equal(csn_scopes_span(&a->scopes), csn_scopes_span(&b->scopes));
}

static size_t reasons[CSN_REASON_COUNT];

/* A dummy has no name. */
static void assert_good_key(csn_span id) {
  assert_true(id.len > 0);
  for (size_t i = 0; i < KEYS; i++) {
    if (key_rows[i].life != GOOD) assert_false(csn_span_equal(id, csn_span_str(key_rows[i].id)));
  }
}

static size_t count_differences(size_t count) {
  size_t different = 0;
  memset(singly, 0xa5, sizeof singly);
  for (size_t i = 0; i < count; i++) {
    csn_verify(verifiers_alone[i], &requests[i], NOW, &singly[i]);
    reasons[singly[i].reason]++;
    if (csn_accepted(&batched[i])) assert_good_key(csn_name_span(&batched[i].key_id));
    if (same(&singly[i], &batched[i])) continue;
    different++;
    print_error("%zu of %zu: %s alone, %s in a batch\n", i, count, csn_reason_label(singly[i].reason),
                csn_reason_label(batched[i].reason));
  }
  return different;
}

static size_t kinds_of_reasons(void) {
  size_t kinds = 0;
  for (size_t i = 0; i < CSN_REASON_COUNT; i++) kinds += reasons[i] > 0;
  return kinds;
}

static void assert_reasons(void) {
  static const csn_reason wanted[] = {
      CSN_REASON_ACCEPTED,        CSN_REASON_NONCE_REPLAYED, CSN_REASON_SIGNATURE_MISMATCH, CSN_REASON_KEY_UNKNOWN,
      CSN_REASON_KEY_REVOKED,     CSN_REASON_KEY_EXPIRED,    CSN_REASON_TIMESTAMP_PAST,     CSN_REASON_TIMESTAMP_FUTURE,
      CSN_REASON_BODY_NOT_SIGNED, CSN_REASON_TOKEN_EXPIRED,  CSN_REASON_SIGNATURE_LENGTH,   CSN_REASON_FIELD_REPEATED,
  };
  for (size_t i = 0; i < COUNT(wanted); i++) {
    if (reasons[wanted[i]] < 5) fail_msg("%s: %zu times", csn_reason_label(wanted[i]), reasons[wanted[i]]);
  }
  assert_true(kinds_of_reasons() >= 18);
}

/* ---- the tests ---- */

static size_t count_of_round(size_t round) {
  static const size_t counts[] = {0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 96, 97, 128, COUNT_MAX};
  return round < COUNT(counts) ? counts[round] : 1 + draw(COUNT_MAX);
}

/* So many requests: of one preset, or mixed where that is PRESETS. */
static size_t differences_of(size_t count, size_t preset) {
  make_requests(count, preset);
  memset(batched, 0x5a, sizeof batched);
  if (preset < PRESETS) {
    csn_verify_batch(together.verifiers[preset], requests, batched, count, NOW);
  } else {
    csn_verify_mixed(verifiers_together, requests, batched, count, NOW);
  }
  return count_differences(count);
}

static void a_batch_of_each_preset_gives_what_each_request_gives_alone(void **state) {
  enum { ROUNDS = 40 };
  size_t different = 0;
  (void)state;
  open_worlds();
  memset(reasons, 0, sizeof reasons);
  for (size_t preset = 0; preset < PRESETS; preset++) {
    size_t accepted = reasons[CSN_REASON_ACCEPTED];
    for (size_t round = 0; round < ROUNDS; round++) different += differences_of(count_of_round(round), preset);
    if (reasons[CSN_REASON_ACCEPTED] - accepted < 100) fail_msg("%s: hardly any is accepted", presets[preset]);
  }
  assert_int_equal(different, 0);
  assert_reasons();
  close_worlds();
}

static void a_mixed_batch_gives_what_each_request_gives_alone(void **state) {
  enum { ROUNDS = 300 };
  size_t different = 0;
  (void)state;
  open_worlds();
  memset(reasons, 0, sizeof reasons);
  for (size_t round = 0; round < ROUNDS; round++) different += differences_of(count_of_round(round), PRESETS);
  assert_int_equal(different, 0);
  assert_reasons();
  close_worlds();
}

/* A request with a body of `body` bytes and a nonce of its own in all rounds. */
static void sign_request(size_t at, size_t preset, const csn_key *key, size_t body, size_t round, size_t nonce) {
  item *it = &items[at];
  memset(it->body, 'a' + (int)(at % 26), sizeof it->body);
  snprintf(it->nonce, sizeof it->nonce, "%zu-%zu", round, nonce);
  requests[at] =
      (csn_request){.method = csn_span_str("PUT"), .target = csn_span_str("/x"), .body = csn_span_of(it->body, body)};
  csn_sign_input input = {.scheme = scheme_of(preset),
                          .key = key,
                          .request = &requests[at],
                          .timestamp = NOW,
                          .nonce = csn_span_str(it->nonce)};
  assert_int_equal(csn_sign_request(&it->made, &input), CSN_OK);
  memcpy(it->headers, it->made.headers, sizeof it->made.headers);
  requests[at].headers = it->headers;
  requests[at].header_count = it->made.header_count;
}

/* Wherever the two stand; and the nonce of a request that is refused stays free. */
static void of_two_requests_with_one_nonce_the_first_wins(void **state) {
  enum { SPAN = 70, DELIMITED = 1 };
  (void)state;
  open_worlds();
  for (size_t second = 1; second < SPAN; second++) {
    size_t first = draw(second);
    for (size_t i = 0; i < SPAN; i++) sign_request(i, DELIMITED, &keys[0], 0, second, i == second ? first : i);
    bool spoilt = draw(2) == 0;
    if (spoilt) requests[first].header_count--;
    csn_verify_batch(together.verifiers[DELIMITED], requests, batched, SPAN, NOW);
    for (size_t i = 0; i < SPAN; i++) {
      if (i == first && spoilt) {
        assert_reason(&batched[i], FIELD_MISSING);
      } else if (i == second && !spoilt) {
        assert_reason(&batched[i], NONCE_REPLAYED);
      } else {
        assert_reason(&batched[i], ACCEPTED);
      }
    }
  }
  close_worlds();
}

/* Each job is its own request's: of 70 with bodies of all lengths, the body of one is another, wherever it stands. */
static void one_wrong_request_is_the_one_that_is_rejected(void **state) {
  enum { SPAN = 70, FULL = 2 };
  (void)state;
  open_worlds();
  for (size_t wrong = 0; wrong < SPAN; wrong++) {
    for (size_t i = 0; i < SPAN; i++) sign_request(i, FULL, &keys[1 + i % 4], i * 4, wrong, i);
    requests[wrong].body.len++;
    csn_verify_batch(together.verifiers[FULL], requests, batched, SPAN, NOW);
    for (size_t i = 0; i < SPAN; i++) {
      if (i == wrong) {
        assert_reason(&batched[i], SIGNATURE_MISMATCH);
        continue;
      }
      assert_reason(&batched[i], ACCEPTED);
      assert_span(csn_name_span(&batched[i].key_id), key_rows[1 + i % 4].id);
    }
  }
  close_worlds();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_batch_of_each_preset_gives_what_each_request_gives_alone),
      cmocka_unit_test(a_mixed_batch_gives_what_each_request_gives_alone),
      cmocka_unit_test(of_two_requests_with_one_nonce_the_first_wins),
      cmocka_unit_test(one_wrong_request_is_the_one_that_is_rejected),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
