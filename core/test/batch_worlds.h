/* Two worlds of verifiers with the same keys and schemes, of which each has its own memory of nonces: for what is
 * verified in two ways. */
#ifndef CSN_TEST_BATCH_WORLDS_H
#define CSN_TEST_BATCH_WORLDS_H

#include <countersign/verifier.h>

#include "../src/hmac.h"
#include "support.h"

#define NOW INT64_C(1790000000)
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- schemes ---- */

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

/* ---- worlds ---- */

typedef struct world {
  csn_keyring *rings[RINGS];
  csn_nonce_table *tables[TABLES];
  csn_verifier *verifiers[PRESETS];
} world;

static world alone, together;

static const csn_scheme *scheme_of(size_t preset) {
  return strcmp(presets[preset], own.name) == 0 ? &own : csn_scheme_preset(csn_span_str(presets[preset]));
}

/* ---- keys ---- */

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

/* ---- both ---- */

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

#endif
