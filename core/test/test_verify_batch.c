/* Requests in a batch: the verdicts that csn_verify() gives one after the other, whatever is mixed. */
#include <countersign/verifier.h>

#include "../src/hmac.h"
#include "support.h"

#define NOW INT64_C(1790000000)
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

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

/* ---- two worlds: the same keys and schemes, and each its own memory of nonces ---- */

static const char *const presets[] = {"hmac-nonce",
                                      "hmac-nonce-delimited",
                                      "hmac-full",
                                      "hmac-full-delimited",
                                      "hmac-timestamp",
                                      "hmac-timestamp-delimited",
                                      "hmac-authorization",
                                      "jwt-hmac",
                                      "bearer-jwt",
                                      "github",
                                      "slack",
                                      "stripe",
                                      "standard-webhooks",
                                      "kong",
                                      "apisix",
                                      "http-signature",
                                      "own"};
enum { PRESETS = COUNT(presets), RINGS = 2, TABLES = 2 };

/* A scheme of one's own, whose signatures are of any HMAC. */
static const csn_scheme own = {
    .name = "own",
    .forms = {{.locations = {{CSN_FIELD_CLIENT_ID, CSN_SOURCE_HEADER, "id", NULL, NULL},
                             {CSN_FIELD_TIMESTAMP, CSN_SOURCE_HEADER, "time", NULL, NULL},
                             {CSN_FIELD_NONCE, CSN_SOURCE_HEADER, "nonce", NULL, NULL},
                             {CSN_FIELD_SIGNATURE, CSN_SOURCE_HEADER, "signature", NULL, NULL}}}},
    .template_text = "own\n{nonce}\n{timestamp}\n{client_id}\n{method}\n{target}\n{body}",
    .signature_encoding = CSN_ENCODING_BASE64URL,
};

static const csn_span components[] = {CSN_SPAN_LITERAL("@method"), CSN_SPAN_LITERAL("@path"),
                                      CSN_SPAN_LITERAL("content-digest")};

typedef struct world {
  csn_keyring *rings[RINGS];
  csn_nonce_table *tables[TABLES];
  csn_verifier *verifiers[PRESETS];
} world;

static world alone, together;

static const csn_scheme *scheme_of(size_t preset) {
  return strcmp(presets[preset], own.name) == 0 ? &own : csn_scheme_preset(csn_span_str(presets[preset]));
}

typedef enum life { GOOD, EXPIRED, REVOKED, ABSENT } life;

/* Whose keys there are; those that are absent have the secret of the dummies, which everybody knows. Of several keys of
 * one client the last is the newest. */
static const struct {
  const char *client, *id;
  csn_alg alg;
  life life;
} key_rows[] = {
    {"one", "one-1", CSN_ALG_HS256, GOOD},
    {"many", "many-1", CSN_ALG_HS256, GOOD},
    {"many", "many-2", CSN_ALG_HS256, GOOD},
    {"many", "many-3", CSN_ALG_HS512, GOOD},
    {"many", "many-4", CSN_ALG_HS256, GOOD},
    {"wide", "wide-1", CSN_ALG_HS384, GOOD},
    {"widest", "widest-1", CSN_ALG_HS512, GOOD},
    {"old", "old-1", CSN_ALG_HS256, EXPIRED},
    {"gone", "gone-1", CSN_ALG_HS256, REVOKED},
    {"partly", "partly-1", CSN_ALG_HS256, REVOKED},
    {"partly", "partly-2", CSN_ALG_HS256, GOOD},
    {"nobody", "nobody-1", CSN_ALG_HS256, ABSENT},
    {"nobody", "nobody-2", CSN_ALG_HS512, ABSENT},
    {"github", "github-1", CSN_ALG_HS256, GOOD},
    {"slack", "slack-1", CSN_ALG_HS256, GOOD},
    {"stripe", "stripe-1", CSN_ALG_HS256, GOOD},
    {"standard-webhooks", "webhooks-1", CSN_ALG_HS256, GOOD},
    {"standard-webhooks", "webhooks-2", CSN_ALG_HS256, GOOD},
};
enum { KEYS = COUNT(key_rows), TOKEN_KEYS = 3 };

static csn_key keys[KEYS], token_keys[TOKEN_KEYS];

static csn_key_config config_of(const char *client, const char *id, csn_alg alg, unsigned uses) {
  static char secret[96];
  csn_key_config config = test_key_config(client, id, uses);
  int len = snprintf(secret, sizeof secret, "the secret of %s, and more than sixty-four bytes of it in any case", id);
  config.alg = alg;
  config.secret = csn_span_of(secret, (size_t)len);
  return config;
}

static void make_keys(void) {
  static const struct {
    const char *id;
    csn_alg alg;
  } tokens[TOKEN_KEYS] = {{"t256", CSN_ALG_HS256}, {"t512", CSN_ALG_HS512}, {"nobody", CSN_ALG_HS256}};
  for (size_t i = 0; i < KEYS; i++) {
    csn_key_config config = config_of(key_rows[i].client, key_rows[i].id, key_rows[i].alg, CSN_USE_REQUEST);
    if (key_rows[i].life == EXPIRED) config.accept_until = NOW - 1;
    assert_int_equal(csn_key_init(&keys[i], &config), CSN_OK);
    if (key_rows[i].life == ABSENT) csn_hmac_set_key_of(&keys[i], config.alg, csn_span_of(NULL, 0));
  }
  for (size_t i = 0; i < TOKEN_KEYS; i++) {
    csn_key_config config = config_of("", tokens[i].id, tokens[i].alg, CSN_USE_TOKEN);
    assert_int_equal(csn_key_init(&token_keys[i], &config), CSN_OK);
  }
}

/* The second ring does not have all that the first has. */
static csn_keyring *ring_new(size_t number) {
  csn_keyring *ring = test_keyring_new();
  for (size_t i = 0; i < KEYS; i++) {
    if (key_rows[i].life == ABSENT || (number > 0 && strcmp(key_rows[i].client, "partly") == 0)) continue;
    assert_int_equal(csn_keyring_add_key(ring, &keys[i]), CSN_OK);
    if (key_rows[i].life != REVOKED) continue;
    csn_span client = csn_span_str(key_rows[i].client), id = csn_span_str(key_rows[i].id);
    assert_int_equal(csn_keyring_revoke(ring, client, id), CSN_OK);
  }
  for (size_t i = 0; i + 1 < TOKEN_KEYS; i++) assert_int_equal(csn_keyring_add_key(ring, &token_keys[i]), CSN_OK);
  return ring;
}

static void world_open(world *w) {
  for (size_t i = 0; i < RINGS; i++) w->rings[i] = ring_new(i);
  for (size_t i = 0; i < TABLES; i++) w->tables[i] = test_nonces_new(100000, NOW - 10000);
  for (size_t i = 0; i < PRESETS; i++) {
    csn_verifier_config config = CSN_VERIFIER_CONFIG_DEFAULT;
    config.scheme = scheme_of(i);
    config.keyring = w->rings[i / 2 % RINGS];
    config.nonces = csn_nonce_table_store(w->tables[i / 3 % TABLES]);
    config.jwt.algorithms = 1u << CSN_ALG_HS256 | 1u << CSN_ALG_HS512;
    config.allow_unsigned_body = i % 4 != 0;
    config.http_signature.components = components;
    config.http_signature.component_count = COUNT(components);
    assert_int_equal(csn_verifier_new(&w->verifiers[i], &config), CSN_OK);
  }
}

static void world_close(world *w) {
  for (size_t i = 0; i < PRESETS; i++) csn_verifier_free(w->verifiers[i]);
  for (size_t i = 0; i < TABLES; i++) csn_nonce_table_free(w->tables[i]);
  for (size_t i = 0; i < RINGS; i++) csn_keyring_free(w->rings[i]);
}

static void open_worlds(void) {
  make_keys();
  world_open(&alone);
  world_open(&together);
}

static void close_worlds(void) {
  world_close(&alone);
  world_close(&together);
  for (size_t i = 0; i < KEYS; i++) csn_key_wipe(&keys[i]);
  for (size_t i = 0; i < TOKEN_KEYS; i++) csn_key_wipe(&token_keys[i]);
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

static void a_batch_of_each_preset_gives_what_each_request_gives_alone(void **state) {
  enum { ROUNDS = 40 };
  size_t different = 0;
  (void)state;
  open_worlds();
  memset(reasons, 0, sizeof reasons);
  for (size_t preset = 0; preset < PRESETS; preset++) {
    size_t accepted = reasons[CSN_REASON_ACCEPTED];
    for (size_t round = 0; round < ROUNDS; round++) {
      size_t count = count_of_round(round);
      make_requests(count, preset);
      memset(batched, 0x5a, sizeof batched);
      csn_verify_batch(together.verifiers[preset], requests, batched, count, NOW);
      different += count_differences(count);
    }
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
  for (size_t round = 0; round < ROUNDS; round++) {
    size_t count = count_of_round(round);
    make_requests(count, PRESETS);
    memset(batched, 0x5a, sizeof batched);
    csn_verify_mixed(verifiers_together, requests, batched, count, NOW);
    different += count_differences(count);
  }
  assert_int_equal(different, 0);
  assert_reasons();
  close_worlds();
}

/* Wherever the two stand; and the nonce of a request that is refused stays free. */
static void of_two_requests_with_one_nonce_the_first_wins(void **state) {
  enum { SPAN = 70 };
  (void)state;
  open_worlds();
  for (size_t second = 1; second < SPAN; second++) {
    size_t first = draw(second);
    for (size_t i = 0; i < SPAN; i++) {
      size_t nonce = i == second ? first : i;
      item *it = &items[i];
      snprintf(it->nonce, sizeof it->nonce, "%zu-%zu", second, nonce);
      requests[i] = (csn_request){.method = csn_span_str("GET"), .target = csn_span_str("/")};
      csn_sign_input input = {.scheme = scheme_of(1),
                              .key = &keys[0],
                              .request = &requests[i],
                              .timestamp = NOW,
                              .nonce = csn_span_str(it->nonce)};
      assert_int_equal(csn_sign_request(&it->made, &input), CSN_OK);
      memcpy(it->headers, it->made.headers, sizeof it->made.headers);
      requests[i].headers = it->headers;
      requests[i].header_count = it->made.header_count;
    }
    bool spoilt = draw(2) == 0;
    if (spoilt) requests[first].header_count--;
    csn_verify_batch(together.verifiers[1], requests, batched, SPAN, NOW);
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
    for (size_t i = 0; i < SPAN; i++) {
      item *it = &items[i];
      memset(it->body, 'a' + (int)(i % 26), sizeof it->body);
      snprintf(it->nonce, sizeof it->nonce, "%zu-%zu", wrong, i);
      requests[i] = (csn_request){
          .method = csn_span_str("PUT"), .target = csn_span_str("/x"), .body = csn_span_of(it->body, i * 4)};
      csn_sign_input input = {.scheme = scheme_of(FULL),
                              .key = &keys[1 + i % 4],
                              .request = &requests[i],
                              .timestamp = NOW,
                              .nonce = csn_span_str(it->nonce)};
      assert_int_equal(csn_sign_request(&it->made, &input), CSN_OK);
      memcpy(it->headers, it->made.headers, sizeof it->made.headers);
      requests[i].headers = it->headers;
      requests[i].header_count = it->made.header_count;
      if (i == wrong) requests[i].body = csn_span_of(it->body, i * 4 + 1);
    }
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
