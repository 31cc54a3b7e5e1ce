/* Tokens in a batch: the verdicts and contents that csn_jwt_verify() gives one after the other, whatever is mixed. */
#include <countersign/jwt.h>
#include <countersign/sign.h>
#include <openssl/pem.h>

#include "support.h"

#define NOW INT64_C(1790000000)

enum {
  COUNT_MAX = 200,
  ROUNDS = 60,
  TOKEN_ROOM = 1024,
  ALGORITHMS = 1 << CSN_ALG_HS256 | 1 << CSN_ALG_HS384 | 1 << CSN_ALG_HS512 | 1 << CSN_ALG_ES256 | 1 << CSN_ALG_EdDSA,
};

typedef struct outcome {
  csn_verdict verdict;
  csn_jwt jwt;
} outcome;

static uint64_t random_state = 1;
static uint32_t draw(size_t below) {
  uint64_t z = (random_state += UINT64_C(0x9e3779b97f4a7c15));
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return (uint32_t)((z ^ (z >> 31)) % below);
}

/* ---- keys ---- */

typedef enum signer { HS256, HS384, HS512, REVOKED, EXPIRED, OWNED, ES256, EDDSA, NOBODY, SIGNERS } signer;

typedef struct world {
  csn_keyring *ring;
  csn_key keys[SIGNERS];
} world;

static csn_key_config config_of(const char *key_id, csn_alg alg) {
  csn_key_config config = test_key_config("", key_id, CSN_USE_TOKEN);
  config.alg = alg;
  config.secret = csn_span_str("a secret of more than sixty-four bytes, so that it fits all three of the hashes");
  return config;
}

static void make_hmac(world *w, signer who, const csn_key_config *config) {
  assert_int_equal(csn_key_init(&w->keys[who], config), CSN_OK);
  if (who != NOBODY) assert_int_equal(csn_keyring_add_key(w->ring, &w->keys[who]), CSN_OK);
}

static void make_private(world *w, signer who, const char *key_id, csn_alg alg, EVP_PKEY *pkey) {
  csn_key_config config = config_of(key_id, alg);
  BIO *bio = BIO_new(BIO_s_mem());
  char *text = NULL;
  assert_int_equal(PEM_write_bio_PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL), 1);
  long len = BIO_get_mem_data(bio, &text);
  assert_int_equal(csn_key_init_private_pem(&w->keys[who], &config, csn_span_of(text, (size_t)len)), CSN_OK);
  assert_int_equal(csn_keyring_add_key(w->ring, &w->keys[who]), CSN_OK);
  BIO_free(bio);
  EVP_PKEY_free(pkey);
}

static void set_up(world *w) {
  csn_key_config expired = config_of("expired", CSN_ALG_HS256), owned = config_of("owned", CSN_ALG_HS256);
  const csn_key_config plain[] = {config_of("k256", CSN_ALG_HS256), config_of("k384", CSN_ALG_HS384),
                                  config_of("k512", CSN_ALG_HS512), config_of("revoked", CSN_ALG_HS256),
                                  config_of("nobody", CSN_ALG_HS512)};
  expired.accept_until = NOW - 1;
  owned.client_id = csn_span_str("client-7");
  w->ring = test_keyring_new();
  make_hmac(w, HS256, &plain[0]);
  make_hmac(w, HS384, &plain[1]);
  make_hmac(w, HS512, &plain[2]);
  make_hmac(w, REVOKED, &plain[3]);
  make_hmac(w, EXPIRED, &expired);
  make_hmac(w, OWNED, &owned);
  make_hmac(w, NOBODY, &plain[4]);
  assert_int_equal(csn_keyring_revoke(w->ring, csn_span_str(""), csn_span_str("revoked")), CSN_OK);
  make_private(w, ES256, "ec", CSN_ALG_ES256, EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256"));
  make_private(w, EDDSA, "ed", CSN_ALG_EdDSA, EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"));
}

static void tear_down(world *w) {
  csn_keyring_free(w->ring);
  for (size_t i = 0; i < SIGNERS; i++) csn_key_wipe(&w->keys[i]);
}

/* ---- tokens ---- */

static const char *const claims[] = {
    "{\"exp\":1790000001,\"sub\":\"client-7\",\"iat\":1789999990,\"scope\":\"read write\"}",
    "{\"exp\":1790000060,\"sub\":\"client-8\",\"iat\":1789999000}",
    "{\"exp\":1790000060,\"sub\":\"somebody with a longer name\",\"nbf\":1789999999}",
    "{\"exp\":1790000000,\"sub\":\"client-7\",\"iat\":1}",
    "{\"sub\":\"client-7\"}",
    "{\"exp\":1790000060,\"nbf\":1790000001}",
    "{\"exp\":\"soon\"}",
    "{\"exp\":1790000060,\"text\":\"0123456789012345678901234567890123456789012345678901234567890123456789\"}",
    "no JSON",
};

static csn_span some_token(const world *w, uint8_t out[TOKEN_ROOM]) {
  static const char bytes[] = "abcXYZ019-_.=+ ";
  size_t len = 0;
  signer who = draw(3) > 0 ? (signer)draw(HS512 + 1) : (signer)draw(SIGNERS);
  const char *text = claims[draw(2) == 0 ? 0 : draw(sizeof claims / sizeof claims[0])];
  assert_int_equal(csn_sign_jwt(&w->keys[who], csn_span_str(text), out, TOKEN_ROOM, &len), CSN_OK);
  if (draw(3) > 0) return csn_span_of(out, len);
  for (uint32_t changes = 1 + draw(2); changes > 0; changes--) {
    if (draw(3) > 0) out[draw(len)] = (uint8_t)bytes[draw(sizeof bytes - 1)];
    if (draw(5) == 0) len = draw(len + 1);
    if (len == 0) break;
  }
  return csn_span_of(out, len);
}

static bool same_names(const csn_name *a, const csn_name *b) {
  return csn_span_equal(csn_name_span(a), csn_name_span(b));
}

static bool same(const outcome *a, const outcome *b) {
  const csn_verdict *v = &a->verdict, *w = &b->verdict;
  const csn_jwt *j = &a->jwt, *k = &b->jwt;
  return v->reason == w->reason && v->field == w->field && v->offset == w->offset &&
         v->header_index == w->header_index && same_names(&v->client_id, &w->client_id) &&
         same_names(&v->key_id, &w->key_id) &&
         csn_span_equal(csn_scopes_span(&v->scopes), csn_scopes_span(&w->scopes)) && j->expires_at == k->expires_at &&
         j->not_before == k->not_before && j->issued_at == k->issued_at && j->key == k->key &&
         csn_span_equal(csn_span_of(j->claims, j->claims_len), csn_span_of(k->claims, k->claims_len));
}

/* ---- the tests ---- */

typedef struct batch {
  uint8_t texts[COUNT_MAX][TOKEN_ROOM];
  csn_span tokens[COUNT_MAX];
  csn_jwt jwts[COUNT_MAX];
  csn_verdict verdicts[COUNT_MAX];
} batch;

static batch made;

static void verify_batch(const world *w, const csn_jwt_policy *policy, size_t count) {
  csn_keyring_reading keys;
  memset(made.jwts, 0x5a, sizeof made.jwts);
  memset(made.verdicts, 0x5a, sizeof made.verdicts);
  csn_keyring_read_begin(w->ring, &keys);
  csn_jwt_verify_batch(&keys, policy, made.tokens, NOW, made.jwts, made.verdicts, count);
  csn_keyring_read_end(&keys);
}

/* How many of the batch differ from what each gives alone. */
static size_t count_differences(const world *w, const csn_jwt_policy *policy, size_t count, bool *reasons) {
  static outcome alone, together;
  size_t different = 0;
  for (size_t i = 0; i < count; i++) {
    memset(&alone, 0xa5, sizeof alone);
    test_jwt_verify(w->ring, policy, made.tokens[i], NOW, &alone.jwt, &alone.verdict);
    together = (outcome){made.verdicts[i], made.jwts[i]};
    reasons[alone.verdict.reason] = true;
    if (same(&alone, &together)) continue;
    different++;
    print_error("%zu of %zu: %s alone, %s in a batch\n", i, count, csn_reason_label(alone.verdict.reason),
                csn_reason_label(together.verdict.reason));
  }
  return different;
}

static void a_batch_gives_what_each_token_gives_alone(void **state) {
  csn_jwt_policy policies[3] = {CSN_JWT_POLICY_DEFAULT, CSN_JWT_POLICY_DEFAULT, CSN_JWT_POLICY_DEFAULT};
  bool reasons[CSN_REASON_COUNT] = {false};
  size_t seen = 0, different = 0;
  world w;
  (void)state;
  set_up(&w);
  for (size_t i = 0; i < 3; i++) policies[i].algorithms = ALGORITHMS;
  policies[1].max_age = 100;
  policies[2].signature_only = true;
  for (size_t round = 0; round < ROUNDS; round++) {
    size_t count = round < 35 ? round : 1 + draw(COUNT_MAX);
    for (size_t i = 0; i < count; i++) made.tokens[i] = some_token(&w, made.texts[i]);
    for (size_t i = 0; i < 3; i++) {
      verify_batch(&w, &policies[i], count);
      different += count_differences(&w, &policies[i], count, reasons);
    }
  }
  for (size_t i = 0; i < CSN_REASON_COUNT; i++) seen += reasons[i];
  assert_int_equal(different, 0);
  assert_true(reasons[CSN_REASON_ACCEPTED] && reasons[CSN_REASON_SIGNATURE_MISMATCH] &&
              reasons[CSN_REASON_KEY_REVOKED]);
  assert_true(reasons[CSN_REASON_KEY_EXPIRED] && reasons[CSN_REASON_KEY_UNKNOWN] && reasons[CSN_REASON_TOKEN_TOO_OLD]);
  assert_true(reasons[CSN_REASON_SUBJECT_MISMATCH] && reasons[CSN_REASON_TOKEN_EXPIRED] && seen >= 18);
  tear_down(&w);
}

/* Each job is its own token's: of 70, one is wrong, wherever it stands. */
static void one_wrong_token_is_the_one_that_is_rejected(void **state) {
  enum { COUNT = 70 };
  csn_jwt_policy policy = CSN_JWT_POLICY_DEFAULT;
  world w;
  (void)state;
  set_up(&w);
  for (size_t wrong = 0; wrong < COUNT; wrong++) {
    for (size_t i = 0; i < COUNT; i++) {
      char text[64];
      size_t len = 0;
      int text_len = snprintf(text, sizeof text, "{\"exp\":1790000060,\"sub\":\"client-%zu\"}", i);
      csn_span payload = csn_span_of(text, (size_t)text_len);
      assert_int_equal(csn_sign_jwt(&w.keys[HS256], payload, made.texts[i], TOKEN_ROOM, &len), CSN_OK);
      if (i == wrong) made.texts[i][len - 5] = made.texts[i][len - 5] == 'A' ? 'B' : 'A';
      made.tokens[i] = csn_span_of(made.texts[i], len);
    }
    verify_batch(&w, &policy, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
      char subject[16];
      snprintf(subject, sizeof subject, "client-%zu", i);
      if (i == wrong) {
        assert_reason(&made.verdicts[i], SIGNATURE_MISMATCH);
      } else {
        assert_reason(&made.verdicts[i], ACCEPTED);
        assert_span(csn_name_span(&made.verdicts[i].client_id), subject);
      }
    }
  }
  tear_down(&w);
}

static void an_invalid_policy_decides_nothing(void **state) {
  csn_jwt_policy policy = CSN_JWT_POLICY_DEFAULT;
  world w;
  (void)state;
  set_up(&w);
  policy.leeway = -1;
  for (size_t i = 0; i < 3; i++) made.tokens[i] = some_token(&w, made.texts[i]);
  verify_batch(&w, &policy, 3);
  for (size_t i = 0; i < 3; i++) {
    assert_reason(&made.verdicts[i], UNDECIDED);
    assert_null(made.jwts[i].key);
  }
  tear_down(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_batch_gives_what_each_token_gives_alone),
      cmocka_unit_test(one_wrong_token_is_the_one_that_is_rejected),
      cmocka_unit_test(an_invalid_policy_decides_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
