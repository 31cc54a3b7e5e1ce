/* Fuzzes csn_jwt_verify() and the JSON reader below it.
 *
 * An input is eight control bytes (see fuzz.h) and parts:
 *
 *   mode policy required leeway now ring key LF
 *   mode 0: the token, as it is                        mode 2: header 0x1e payload 0x1e instructions, signed by OpenSSL
 *   mode 1: payload 0x1e instructions, signed by the   mode 3: choices for claims whose right answer is known
 *           library's own signer
 *
 * In the modes 0 to 2 the policy asks for scopes where 4 is added to the mode, and for an age where 8 is. Instructions
 * spoil the signed token (see mutate.h). */
#include "../core/src/fast_path.h"
#include "json_check.h"
#include "json_mutator.h"
#include "jwt_model.h"
#include "mutate.h"
#include "naive.h"

typedef enum jwt_mode { MODE_RAW, MODE_SIGNER, MODE_HEADER, MODE_MODEL } jwt_mode;

typedef struct jwt_case {
  jwt_mode mode;
  csn_jwt_policy policy;
  int64_t now;
  size_t ring, key;
  csn_span payload;
  bool mutated;
  uint8_t token[FUZZ_TOKEN_MAX];
  size_t len;
  jwt_model model;
} jwt_case;

static const int64_t clocks[16] = {FUZZ_NOW,
                                   FUZZ_NOW - 1,
                                   FUZZ_NOW + 1,
                                   FUZZ_NOW + 10,
                                   FUZZ_NOW + 11,
                                   FUZZ_NOW - 60,
                                   FUZZ_NOW + 60,
                                   FUZZ_NOW + 3600,
                                   0,
                                   1,
                                   -1,
                                   INT64_C(253402300799),
                                   INT64_C(253402300800),
                                   INT64_MAX,
                                   INT64_MIN,
                                   INT64_MAX - 60};

/* Takes the control bytes; false where the policy is not one that csn_jwt_verify() may be called with. */
static bool take_case(jwt_case *out, csn_span *input) {
  static const int64_t leeways[4] = {0, 1, 60, 3600};
  unsigned mode = fuzz_take_control(input), policy = fuzz_take_control(input);
  out->mode = (jwt_mode)(mode & 3);
  out->policy = (csn_jwt_policy){.algorithms = (policy & 8) != 0 ? 0 : 1u << CSN_ALG_HS256};
  out->policy.signature_only = (policy & 4) != 0;
  if (out->mode != MODE_MODEL && (mode & 4) != 0) out->policy.scopes = csn_span_str("b a");
  if (out->mode != MODE_MODEL && (mode & 8) != 0) out->policy.max_age = 100;
  if ((policy & 1) != 0) out->policy.issuer = csn_span_str(MODEL_ISSUER);
  if ((policy & 2) != 0) out->policy.audience = csn_span_str(MODEL_AUDIENCE);
  out->policy.required = fuzz_take_control(input);
  unsigned leeway = fuzz_take_control(input);
  out->policy.leeway = leeways[leeway & 3];
  out->policy.required |= (leeway & 12) << 2;
  out->now = clocks[fuzz_take_control(input)];
  bool is_extreme = out->now < FUZZ_NOW - 10000 || out->now > FUZZ_NOW + 10000;
  if (out->mode == MODE_MODEL && is_extreme) out->now = FUZZ_NOW; /* the model adds to it */
  out->ring = fuzz_take_control(input) % FUZZ_RING_COUNT;
  out->key = fuzz_take_control(input) % FUZZ_KEY_COUNT;
  (void)fuzz_take_control(input); /* a line feed, so that a seed can be read */
  return csn_jwt_policy_valid(&out->policy);
}

static void mutate_token(jwt_case *test, csn_span instructions) {
  fuzz_instruction instruction;
  size_t before = test->len;
  uint8_t *original = malloc(before + 1);
  FUZZ_CHECK(original != NULL);
  memcpy(original, test->token, before);
  for (size_t i = 0; i < FUZZ_MUTATIONS_MAX && fuzz_take_instruction(&instructions, &instruction); i++) {
    test->len = fuzz_mutate_bytes(instruction, test->token, test->len, sizeof test->token);
  }
  test->mutated = !csn_span_equal(csn_span_of(original, before), csn_span_of(test->token, test->len));
  free(original);
}

/* A key that is not for tokens must not sign one; here OpenSSL does, and then nobody may accept it. */
static void sign_with_library(jwt_case *test, csn_span payload) {
  csn_error error = csn_sign_jwt(fuzz_signing_key(test->key), payload, test->token, sizeof test->token, &test->len);
  test->payload = payload;
  if ((FUZZ_KEYS[test->key].uses & CSN_USE_TOKEN) != 0) {
    FUZZ_CHECK(error == CSN_OK);
  } else {
    FUZZ_CHECK(error == CSN_ERROR_INVALID_ARGUMENT);
    test->len = naive_token_write(test->key, csn_span_str("{\"alg\":\"HS256\"}"), payload, test->token);
  }
}

/* Makes the token out of the rest of the input. */
static void make_token(jwt_case *test, csn_span input) {
  test->mutated = false;
  test->payload = csn_span_of(NULL, 0);
  if (test->mode == MODE_RAW) {
    test->len = input.len;
    if (input.len > 0) memcpy(test->token, input.ptr, input.len);
  } else if (test->mode == MODE_MODEL) {
    jwt_model_build(&test->model, &test->policy, FUZZ_KEYS[test->key].client_id, test->now, &input);
    sign_with_library(test, csn_span_of(test->model.text, test->model.len));
  } else {
    csn_span header = test->mode == MODE_HEADER ? fuzz_take_until(&input, FUZZ_SEPARATOR) : input;
    csn_span payload = fuzz_take_until(&input, FUZZ_SEPARATOR);
    json_check(payload);
    if (test->mode == MODE_SIGNER) {
      sign_with_library(test, payload);
    } else {
      json_check(header);
      test->len = naive_token_write(test->key, header, payload, test->token);
    }
    mutate_token(test, input);
  }
}

/* ---- what every verdict keeps ---- */

static void check_offset(const csn_verdict *verdict, csn_span token) {
  csn_span segments[3];
  FUZZ_CHECK(verdict->field == CSN_FIELD_NONE || verdict->field == CSN_FIELD_TOKEN ||
             verdict->field == CSN_FIELD_SIGNATURE || verdict->field == CSN_FIELD_JOSE_HEADER ||
             verdict->field == CSN_FIELD_CLAIMS);
  FUZZ_CHECK(verdict->offset <= token.len);
  if (verdict->field == CSN_FIELD_NONE) FUZZ_CHECK(verdict->offset == 0);
  if (verdict->field != CSN_FIELD_JOSE_HEADER && verdict->field != CSN_FIELD_CLAIMS) return;
  FUZZ_CHECK(naive_segments(token, segments));
  FUZZ_CHECK(verdict->offset <= segments[verdict->field == CSN_FIELD_CLAIMS].len * 3 / 4);
}

static void check_rejected(const csn_verdict *verdict, csn_span token) {
  csn_stage stage = csn_reason_stage(verdict->reason);
  FUZZ_CHECK(verdict->reason > CSN_REASON_ACCEPTED && verdict->reason < CSN_REASON_COUNT);
  FUZZ_CHECK(stage == CSN_STAGE_CREDENTIAL || stage == CSN_STAGE_KEY || stage == CSN_STAGE_SIGNATURE ||
             stage == CSN_STAGE_CLAIMS);
  FUZZ_CHECK(strcmp(csn_verdict_public_word(verdict), "rejected") == 0);
  check_offset(verdict, token);
}

/* A date of the claims as a floating-point number, which is monotone in what it rounds; false where it is absent. */
static bool naive_date(csn_span claims, const char *name, long double *out) {
  char text[80] = {0};
  csn_span value = {0};
  if (naive_member(claims, name, &value) == 0) return false;
  FUZZ_CHECK(value.len < sizeof text);
  memcpy(text, value.ptr, value.len);
  *out = strtold(text, NULL);
  return true;
}

/* The claims of an accepted token, as the policy wants them. */
static void check_claims(const jwt_case *test, csn_span claims) {
  static const char *const names[] = {"exp", "nbf", "iat", "iss", "aud", "sub"};
  long double date, now = (long double)test->now, leeway = (long double)test->policy.leeway;
  csn_span value = {0};
  for (unsigned i = 0; i < 6; i++) {
    size_t count = naive_member(claims, names[i], &value);
    FUZZ_CHECK(count <= 1 && (count == 1 || (test->policy.required & 1u << i) == 0));
  }
  if (naive_date(claims, "exp", &date)) FUZZ_CHECK(date >= 0 && now <= date + leeway);
  if (naive_date(claims, "nbf", &date)) FUZZ_CHECK(date >= 0 && now + leeway >= date);
  bool has_iat = naive_date(claims, "iat", &date);
  if (has_iat) FUZZ_CHECK(date >= 0 && now + leeway >= date);
  if (test->policy.max_age > 0) FUZZ_CHECK(has_iat && now <= date + (long double)test->policy.max_age + leeway);
  if (test->policy.issuer.len > 0) {
    FUZZ_CHECK(naive_member(claims, "iss", &value) == 1 && naive_string_is(value, test->policy.issuer));
  }
  FUZZ_CHECK((naive_member(claims, "aud", &value) == 1) == (test->policy.audience.len > 0));
}

/* What the walk over the claims finds is what the naive reader finds. */
static void check_walk(const csn_jwt *jwt, csn_span claims) {
  static const char *const names[] = {"exp", "iss", "aud", "sub", "scope", "a", ""};
  csn_claims walk = csn_claims_of(jwt);
  csn_claim claim;
  size_t found = 0, expected = 0;
  while (csn_claims_next(&walk, &claim)) {
    bool asked = false;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
      csn_claim same;
      uint8_t decoded[CSN_CLAIMS_MAX];
      size_t len = 0;
      FUZZ_CHECK(csn_claim_copy_name(&claim, decoded, sizeof decoded, &len));
      if (!csn_span_equal(csn_span_of(decoded, len), csn_span_str(names[i]))) continue;
      asked = csn_claims_find(jwt, csn_span_str(names[i]), &same) && same.text.ptr == claim.text.ptr;
      FUZZ_CHECK(asked);
    }
    found += asked;
  }
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    csn_span value = {0};
    expected += naive_member(claims, names[i], &value);
  }
  FUZZ_CHECK(found == expected);
}

/* The token has the scopes that the policy asks for, by a reader that knows only spaces. */
static void check_scopes(const jwt_case *test, const csn_verdict *verdict) {
  bool a = false, b = false;
  if (test->policy.scopes.len == 0) return;
  for (size_t i = 0; i < verdict->scopes.len; i++) {
    const uint8_t *at = verdict->scopes.bytes;
    bool alone = (i == 0 || at[i - 1] == ' ') && (i + 1 == verdict->scopes.len || at[i + 1] == ' ');
    a = a || (alone && at[i] == 'a');
    b = b || (alone && at[i] == 'b');
  }
  FUZZ_CHECK(a && b);
}

static void check_accepted(const jwt_case *test, csn_span token, const csn_jwt *jwt, const csn_verdict *verdict) {
  static naive_token decoded;
  int key = naive_token_key(&decoded, token, FUZZ_RINGS[test->ring], test->now);
  FUZZ_CHECK(key >= 0 && test->policy.algorithms != 0);
  csn_span owner = csn_span_str(FUZZ_KEYS[key].client_id);
  FUZZ_CHECK(csn_span_equal(csn_name_span(&verdict->key_id), csn_span_str(FUZZ_KEYS[key].key_id)));
  FUZZ_CHECK(jwt->key != NULL && csn_span_equal(csn_key_id(jwt->key), csn_span_str(FUZZ_KEYS[key].key_id)));
  FUZZ_CHECK(verdict->field == CSN_FIELD_NONE && verdict->offset == 0);
  FUZZ_CHECK(strcmp(csn_verdict_public_word(verdict), "accepted") == 0);
  if (test->policy.signature_only) return;
  csn_span value = {0};
  FUZZ_CHECK(decoded.claims.len > 0);
  FUZZ_CHECK(csn_span_equal(csn_span_of(jwt->claims, jwt->claims_len), decoded.claims));
  if (naive_member(decoded.claims, "sub", &value) == 1) {
    FUZZ_CHECK(naive_string_is(value, csn_name_span(&verdict->client_id)));
  } else {
    FUZZ_CHECK(csn_span_equal(csn_name_span(&verdict->client_id), owner));
  }
  if (owner.len > 0) FUZZ_CHECK(csn_span_equal(csn_name_span(&verdict->client_id), owner));
  check_claims(test, decoded.claims);
  check_scopes(test, verdict);
  check_walk(jwt, decoded.claims);
}

/* One byte of an accepted token is changed, wherever it stands: it is no longer accepted. */
static void check_neighbour(const jwt_case *test, csn_span token) {
  static uint8_t changed[FUZZ_TOKEN_MAX];
  csn_jwt jwt;
  csn_verdict verdict;
  memcpy(changed, token.ptr, token.len);
  size_t at = (size_t)(token.ptr[token.len - 1] * 256 + token.ptr[token.len - 2]) % token.len;
  changed[at] ^= (uint8_t)(1u << (token.ptr[token.len - 3] & 7));
  csn_jwt_verify(fuzz_keys(test->ring), &test->policy, csn_span_of(changed, token.len), test->now, &jwt, &verdict);
  FUZZ_CHECK(!csn_accepted(&verdict));
}

/* ---- what is known beforehand ---- */

/* Whether the library's signer gave a token that header, key and signature must not fail. */
static bool is_surely_signed(const jwt_case *test) {
  bool by_id = FUZZ_KEYS[test->key].key_id[0] != 0;
  bool alone = csn_keyring_token_key_count(fuzz_keys(test->ring)) == 1;
  if (test->mode != MODE_SIGNER && test->mode != MODE_MODEL) return false;
  if (test->mutated || test->policy.algorithms == 0) return false;
  if (test->payload.len == 0 && !test->policy.signature_only) return false;
  if (!test->policy.signature_only && (test->len > CSN_TOKEN_MAX || test->payload.len > CSN_CLAIMS_MAX)) return false;
  return fuzz_key_usable(FUZZ_RINGS[test->ring], test->key, CSN_USE_TOKEN, test->now) && (by_id || alone);
}

static void check_expected(const jwt_case *test, const csn_verdict *verdict) {
  csn_stage stage = csn_reason_stage(verdict->reason);
  if (!is_surely_signed(test)) return;
  if (test->policy.signature_only) {
    FUZZ_CHECK(csn_accepted(verdict));
  } else if (test->mode == MODE_MODEL) {
    csn_reason got = verdict->reason;
    if (csn_accepted(verdict)) FUZZ_CHECK(reason_set_empty(&test->model.must));
    if (!csn_accepted(verdict)) FUZZ_CHECK(test->model.must.has[got] || test->model.may.has[got]);
  } else if (!csn_accepted(verdict)) {
    FUZZ_CHECK(stage == CSN_STAGE_CLAIMS || (stage == CSN_STAGE_CREDENTIAL && verdict->field == CSN_FIELD_CLAIMS));
  }
}

/* ---- the target ---- */

/* What a check of these targets must notice; for a build that is broken on purpose. */
static void spoil(csn_span token, csn_verdict *verdict) {
#ifdef CSN_FUZZ_CONTROL
  if (verdict->reason == CSN_REASON_SIGNATURE_MISMATCH && token.len % 7 == 3) verdict->reason = CSN_REASON_ACCEPTED;
#else
  (void)token, (void)verdict;
#endif
}

static bool is_same_jwt(const csn_jwt *a, const csn_jwt *b) {
  return a->expires_at == b->expires_at && a->not_before == b->not_before && a->issued_at == b->issued_at &&
         a->key == b->key &&
         csn_span_equal(csn_span_of(a->claims, a->claims_len), csn_span_of(b->claims, b->claims_len));
}

/* Every token twice, the second time without the fast paths. */
static void run(const jwt_case *test) {
  csn_span token = fuzz_copy(csn_span_of(test->token, test->len));
  csn_jwt first_jwt, second_jwt;
  csn_verdict first, second;
  const csn_keyring_reading *keys = fuzz_keys(test->ring);
  memset(&first_jwt, 0x55, sizeof first_jwt);
  memset(&second_jwt, 0xaa, sizeof second_jwt);
  memset(&first, 0x55, sizeof first);
  memset(&second, 0xaa, sizeof second);
  csn_jwt_verify(keys, &test->policy, token, test->now, &first_jwt, &first);
  csn_atomic_store_relaxed(&csn_fast_paths_off, 1);
  csn_jwt_verify(keys, &test->policy, token, test->now, &second_jwt, &second);
  csn_atomic_store_relaxed(&csn_fast_paths_off, 0);
  spoil(token, &first);
  spoil(token, &second);
  FUZZ_CHECK(fuzz_same_verdict(&first, &second) && is_same_jwt(&first_jwt, &second_jwt));
  FUZZ_CHECK(csn_span_equal(token, csn_span_of(test->token, test->len)));
  check_expected(test, &first);
  if (csn_accepted(&first)) {
    check_accepted(test, token, &first_jwt, &first);
    check_neighbour(test, token);
  } else {
    check_rejected(&first, token);
  }
  fuzz_free_copy(token);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static jwt_case test;
  csn_span input = csn_span_of(data, size < FUZZ_INPUT_MAX ? size : FUZZ_INPUT_MAX);
  if (!take_case(&test, &input)) return 0;
  make_token(&test, input);
  run(&test);
  return 0;
}

/* ---- the mutator ---- */

enum { CONTROL_BYTES = 8 };

/* The part of an input that is to be mutated: a segment of a token, or what stands between separators. */
static void choose_part(const uint8_t *data, size_t size, bool raw, uint32_t *rng, size_t *start, size_t *end) {
  uint8_t border = raw ? '.' : FUZZ_SEPARATOR;
  size_t wanted = json_random(rng) % 3;
  *start = CONTROL_BYTES;
  for (*end = *start; *end < size; (*end)++) {
    if (data[*end] != border) continue;
    if (wanted-- == 0) return;
    *start = *end + 1;
  }
}

/* Replaces a part of the input, where the result fits; the new size. */
static size_t replace_part(uint8_t *data, size_t size, size_t max_size, size_t start, size_t end, csn_span part) {
  if (size - (end - start) + part.len > max_size) return size;
  memmove(data + start + part.len, data + end, size - end);
  if (part.len > 0) memcpy(data + start, part.ptr, part.len);
  return size - (end - start) + part.len;
}

/* Gives a raw token the right signature again, so that what was changed in it is read. */
static size_t sign_again(uint8_t *data, size_t size, size_t max_size, size_t key) {
  csn_span segments[3], token = csn_span_of(data + CONTROL_BYTES, size - CONTROL_BYTES);
  if (!naive_segments(token, segments) || max_size < size + 64) return size;
  return CONTROL_BYTES + naive_sign(key, data + CONTROL_BYTES, segments[0].len + 1 + segments[1].len);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed) {
  static uint8_t part[FUZZ_TOKEN_MAX], text[FUZZ_TOKEN_MAX * 2];
  uint32_t rng = seed * 2654435761u | 1u;
  unsigned choice = json_random(&rng) % 8;
  if (choice < 2 || size <= CONTROL_BYTES || size > FUZZ_INPUT_MAX) return LLVMFuzzerMutate(data, size, max_size);
  if (choice == 2) { /* another policy, clock, ring or key for the same token */
    data[json_random(&rng) % (CONTROL_BYTES - 1)] = (uint8_t)(0x30 | json_random(&rng) % 16);
    return size;
  }
  bool raw = (data[0] & 3) == MODE_RAW;
  size_t start, end, len;
  choose_part(data, size, raw, &rng, &start, &end);
  csn_span old = csn_span_of(data + start, end - start);
  bool decoded = raw && naive_base64url_decode(old, part, &len);
  if (!decoded) memcpy(part, old.ptr, len = old.len);
  len = choice < 5 ? LLVMFuzzerMutate(part, len, sizeof part / 2) : json_mutate(part, len, sizeof part / 2, &rng);
  csn_span changed = csn_span_of(part, len);
  if (decoded) changed = csn_span_of(text, naive_base64url_encode(changed, text));
  size = replace_part(data, size, max_size, start, end, changed);
  if (raw && (json_random(&rng) & 3) != 0) size = sign_again(data, size, max_size, (data[6] & 15u) % FUZZ_KEY_COUNT);
  return size;
}
