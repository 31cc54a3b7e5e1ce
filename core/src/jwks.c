/* JSON Web Key Sets (RFC 7517): two passes, so that a set is added whole or not at all. Loading a set is rare and not
 * on the path of a request: it allocates. */
#include <countersign/keyring.h>
#include <stdlib.h>

#include "ct.h"
#include "encoding.h"
#include "json.h"
#include "public_key.h"

enum {
  TEXT_MAX = 16 << 20, /* bytes of a set: some 100,000 keys */
  ALG_NAME_MAX = 32,   /* bytes; a longer name is none of CSN_ALG_LIST */
  CURVE_NAME_MAX = 32, /* bytes; the same of curves */
  JWK_NODES_MIN = 5,   /* JSON values of a key that is loaded: the object, kty and k with their names */
  CHARS_MAX = (CSN_SECRET_MAX * 4 + 2) / 3,
};

typedef struct loading {
  csn_json json;
  const csn_key_config *defaults;
  csn_jwks_result *result;
  csn_key *keys;
  size_t *offsets; /* of each key, in the text */
  size_t count;
} loading;

/* "kty", RFC 7518 section 6.1 and RFC 8037 section 2. */
typedef enum key_type { TYPE_OCT, TYPE_RSA, TYPE_EC, TYPE_OKP, TYPES } key_type;
static const char *const type_names[TYPES] = {"oct", "RSA", "EC", "OKP"};

/* What a JWK is, before its key is read. */
typedef struct jwk_form {
  key_type type;
  char curve[CURVE_NAME_MAX + 1]; /* of EC and OKP; else empty */
  csn_alg alg;
} jwk_form;

/* What becomes of a JWK, so far as one of its members decides it. */
typedef enum fate { FATE_ERROR, FATE_IGNORE, FATE_LOAD } fate;

static size_t offset_of(const loading *l, uint32_t node) {
  return l->json.nodes[node].start - (csn_json_type_of(&l->json, node) == CSN_JSON_STRING ? 1u : 0u);
}

static csn_error fail(loading *l, csn_error error, size_t offset) {
  l->result->offset = offset;
  return error;
}

static csn_error fail_at(loading *l, csn_error error, uint32_t node) {
  return fail(l, error, offset_of(l, node));
}

static uint32_t member(const loading *l, uint32_t object, const char *name) {
  return csn_json_member(&l->json, object, csn_span_str(name));
}

static bool is_string(const loading *l, uint32_t node) {
  return csn_json_type_of(&l->json, node) == CSN_JSON_STRING;
}

/* A member that says what the key is for, one way out of many: `wanted`, or else the key is ignored. */
static fate check_name(loading *l, uint32_t node, const char *wanted) {
  if (!is_string(l, node)) {
    l->result->offset = offset_of(l, node);
    return FATE_ERROR;
  }
  return csn_json_string_equals(&l->json, node, csn_span_str(wanted)) ? FATE_LOAD : FATE_IGNORE;
}

/* The place of an operation in RFC 7517 section 4.3 as a bit; others have none. */
static unsigned operation_bit(const loading *l, uint32_t node) {
  static const char *const operations[] = {"verify",  "sign",      "encrypt",   "decrypt",
                                           "wrapKey", "unwrapKey", "deriveKey", "deriveBits"};
  for (unsigned i = 0; i < sizeof operations / sizeof operations[0]; i++) {
    if (csn_json_string_equals(&l->json, node, csn_span_str(operations[i]))) return 1u << i;
  }
  return 0;
}

/* key_ops: strings, none of them twice (section 4.3). */
static fate check_key_ops(loading *l, uint32_t ops) {
  const unsigned verify = 1;
  unsigned seen = 0;
  l->result->offset = offset_of(l, ops);
  if (csn_json_type_of(&l->json, ops) != CSN_JSON_ARRAY) return FATE_ERROR;
  for (uint32_t at = ops + 1; at < l->json.nodes[ops].next; at = l->json.nodes[at].next) {
    unsigned bit = operation_bit(l, at);
    l->result->offset = offset_of(l, at);
    if (!is_string(l, at) || (seen & bit) != 0) return FATE_ERROR;
    seen |= bit;
  }
  return (seen & verify) != 0 ? FATE_LOAD : FATE_IGNORE;
}

static fate read_type(loading *l, uint32_t kty, jwk_form *form) {
  fate answer = FATE_IGNORE;
  for (form->type = TYPE_OCT; form->type < TYPES; form->type++) {
    if ((answer = check_name(l, kty, type_names[form->type])) != FATE_IGNORE) break;
  }
  return answer;
}

static fate read_curve(loading *l, uint32_t jwk, jwk_form *form) {
  uint32_t crv = member(l, jwk, "crv");
  size_t len = 0;
  form->curve[0] = 0;
  if (form->type != TYPE_EC && form->type != TYPE_OKP) return FATE_LOAD;
  l->result->offset = offset_of(l, crv == 0 ? jwk : crv);
  if (crv == 0 || !is_string(l, crv)) return FATE_ERROR;
  if (!csn_json_string_copy(&l->json, crv, (uint8_t *)form->curve, CURVE_NAME_MAX, &len)) return FATE_IGNORE;
  form->curve[len] = 0;
  if (form->type == TYPE_EC) {
    return len > 0 && csn_alg_of_kind(CSN_KIND_ECDSA, csn_span_str(form->curve)) != NULL ? FATE_LOAD : FATE_IGNORE;
  }
  return strcmp(form->curve, "Ed25519") == 0 || strcmp(form->curve, "Ed448") == 0 ? FATE_LOAD : FATE_IGNORE;
}

/* Whether the algorithm is one for keys of this type and curve. */
static bool fits(const jwk_form *form, csn_alg alg) {
  const csn_alg_row *row = csn_alg_find(alg);
  if (row == NULL) return false;
  switch (row->kind) {
    case CSN_KIND_HMAC:
      return form->type == TYPE_OCT;
    case CSN_KIND_RSA_PKCS1:
    case CSN_KIND_RSA_PSS:
      return form->type == TYPE_RSA;
    case CSN_KIND_ECDSA:
      return form->type == TYPE_EC && strcmp(form->curve, row->curve) == 0;
    case CSN_KIND_EDDSA:
      return form->type == TYPE_OKP;
  }
  return false;
}

static csn_alg default_alg(const loading *l, const jwk_form *form) {
  static const csn_alg_kind kinds[TYPES] = {CSN_KIND_HMAC, CSN_KIND_RSA_PKCS1, CSN_KIND_ECDSA, CSN_KIND_EDDSA};
  csn_span curve = csn_span_str(form->type == TYPE_EC ? form->curve : "");
  return fits(form, l->defaults->alg) ? l->defaults->alg : csn_alg_of_kind(kinds[form->type], curve)->alg;
}

/* The algorithm that the key names, which must be one for it, or the default. */
static fate read_alg(loading *l, uint32_t alg, jwk_form *form) {
  uint8_t name[ALG_NAME_MAX];
  size_t len;
  if (alg == 0) {
    form->alg = default_alg(l, form);
  } else {
    l->result->offset = offset_of(l, alg);
    if (!is_string(l, alg)) return FATE_ERROR;
    bool copied = csn_json_string_copy(&l->json, alg, name, sizeof name, &len);
    form->alg = copied ? csn_alg_from_name(csn_span_of(name, len)) : CSN_ALG_NONE;
    if (form->alg == CSN_ALG_NONE) return FATE_IGNORE;
    if (!fits(form, form->alg)) return FATE_ERROR;
  }
  return csn_alg_fits_uses(form->alg, l->defaults->uses) ? FATE_LOAD : FATE_IGNORE;
}

/* Whether the key is one to load, by everything but its id and itself. */
static fate classify(loading *l, uint32_t jwk, jwk_form *form) {
  uint32_t kty = member(l, jwk, "kty"), purpose = member(l, jwk, "use"), ops = member(l, jwk, "key_ops");
  l->result->offset = offset_of(l, jwk);
  if (csn_json_type_of(&l->json, jwk) != CSN_JSON_OBJECT || kty == 0) return FATE_ERROR;
  fate answer = read_type(l, kty, form);
  if (answer == FATE_LOAD && purpose != 0) answer = check_name(l, purpose, "sig");
  if (answer == FATE_LOAD && ops != 0) answer = check_key_ops(l, ops);
  if (answer == FATE_LOAD) answer = read_curve(l, jwk, form);
  return answer == FATE_LOAD ? read_alg(l, member(l, jwk, "alg"), form) : answer;
}

/* An empty kid could never be named by a token. */
static csn_error read_kid(loading *l, uint32_t jwk, uint8_t out[CSN_ID_MAX], size_t *len) {
  uint32_t kid = member(l, jwk, "kid");
  *len = 0;
  if (kid == 0) return CSN_OK;
  bool fits = csn_json_string_copy(&l->json, kid, out, CSN_ID_MAX, len);
  return fits && *len > 0 ? CSN_OK : fail_at(l, CSN_ERROR_JWK_INVALID, kid);
}

/* Decodes the base64url text at `node`. */
static csn_error decode(loading *l, uint32_t node, uint8_t out[CSN_SECRET_MAX], size_t *len) {
  uint8_t text[CHARS_MAX];
  size_t chars, wrong;
  csn_error error = CSN_OK;
  if (!csn_json_string_copy(&l->json, node, text, sizeof text, &chars)) {
    error = fail_at(l, CSN_ERROR_KEY_TOO_LONG, node);
  } else if (!csn_base64url_decode(csn_span_of(text, chars), out, &wrong)) {
    bool escaped = l->json.nodes[node].escaped != 0; /* then no character has a place of its own in the text */
    error = fail(l, CSN_ERROR_JWK_INVALID, escaped ? offset_of(l, node) : l->json.nodes[node].start + wrong);
  } else {
    *len = csn_base64url_decoded_len(chars);
  }
  csn_wipe(text, sizeof text);
  return error;
}

static csn_error read_bytes(loading *l, uint32_t jwk, const char *name, uint8_t out[CSN_SECRET_MAX], csn_span *bytes) {
  uint32_t node = member(l, jwk, name);
  size_t len = 0;
  if (node == 0) return fail_at(l, CSN_ERROR_JWK_INVALID, jwk);
  if (!is_string(l, node)) return fail_at(l, CSN_ERROR_JWK_INVALID, node);
  csn_error error = decode(l, node, out, &len);
  *bytes = csn_span_of(out, len);
  return error;
}

static csn_error make_secret_key(loading *l, uint32_t jwk, csn_key_config *config, csn_key *key) {
  uint8_t secret[CSN_SECRET_MAX];
  csn_error error = read_bytes(l, jwk, "k", secret, &config->secret);
  if (error == CSN_OK) {
    l->result->offset = offset_of(l, jwk);
    error = csn_key_init(key, config);
  }
  csn_wipe(secret, sizeof secret);
  return error;
}

static EVP_PKEY *make_pkey(const jwk_form *form, csn_span first, csn_span second) {
  if (form->type == TYPE_RSA) return csn_pkey_from_rsa(first, second);
  if (form->type == TYPE_EC) return csn_pkey_from_ec(csn_alg_find(form->alg), first, second);
  return csn_pkey_from_okp(form->curve, first);
}

static csn_error make_public_key(loading *l, uint32_t jwk, const jwk_form *form, const csn_key_config *config,
                                 csn_key *key) {
  static const char *const names[TYPES][2] = {{NULL}, {"n", "e"}, {"x", "y"}, {"x", NULL}};
  uint8_t bytes[2][CSN_SECRET_MAX];
  csn_span numbers[2] = {{0}, {0}};
  for (size_t i = 0; i < 2 && names[form->type][i] != NULL; i++) {
    csn_error error = read_bytes(l, jwk, names[form->type][i], bytes[i], &numbers[i]);
    if (error != CSN_OK) return error;
  }
  l->result->offset = offset_of(l, jwk);
  return csn_key_init_pkey(key, config, make_pkey(form, numbers[0], numbers[1]), false);
}

/* Makes the key of a JWK that is to be loaded. */
static csn_error make_key(loading *l, uint32_t jwk, const jwk_form *form) {
  uint8_t kid[CSN_ID_MAX];
  size_t kid_len = 0;
  csn_key *key = &l->keys[l->count];
  csn_key_config config = *l->defaults;
  csn_error error = read_kid(l, jwk, kid, &kid_len);
  if (error != CSN_OK) return error;
  config.alg = form->alg;
  config.key_id = csn_span_of(kid, kid_len);
  l->offsets[l->count] = offset_of(l, jwk);
  error = form->type == TYPE_OCT ? make_secret_key(l, jwk, &config, key) : make_public_key(l, jwk, form, &config, key);
  if (error == CSN_OK) l->count++;
  return error;
}

static csn_error read_jwk(loading *l, uint32_t jwk) {
  jwk_form form = {.alg = CSN_ALG_NONE};
  switch (classify(l, jwk, &form)) {
    case FATE_LOAD:
      return make_key(l, jwk, &form);
    case FATE_IGNORE:
      l->result->ignored++;
      return CSN_OK;
    default:
      return CSN_ERROR_JWK_INVALID;
  }
}

/* Every JWK from node `first` to the one before `end`. */
static csn_error read_jwks(loading *l, uint32_t first, uint32_t end) {
  for (uint32_t at = first; at < end; at = l->json.nodes[at].next) {
    csn_error error = read_jwk(l, at);
    if (error != CSN_OK) return error;
  }
  return CSN_OK;
}

/* A ring with the keys of the client that the new ones join: what it refuses, the real one would refuse half-way. */
static csn_error make_rehearsal(const csn_keyring *ring, const csn_key_config *defaults, csn_keyring **out) {
  static const uint8_t seed[16];
  const csn_key *of_client[CSN_KEYS_PER_CLIENT_MAX];
  size_t count = csn_keyring_find_client(ring, defaults->client_id, of_client);
  csn_error error = csn_keyring_new(out, seed);
  for (size_t i = 0; error == CSN_OK && i < count; i++) error = csn_keyring_add_key(*out, of_client[i]);
  return error;
}

static bool is_token_key_of(const csn_keyring *ring, const csn_key *key) {
  return (key->uses & CSN_USE_TOKEN) != 0 && csn_keyring_find_key_id(ring, csn_key_id(key)) != NULL;
}

static csn_error rehearse(loading *l, const csn_keyring *ring) {
  csn_keyring *rehearsal = NULL;
  csn_error error = make_rehearsal(ring, l->defaults, &rehearsal);
  for (size_t i = 0; error == CSN_OK && i < l->count; i++) {
    l->result->offset = l->offsets[i];
    error = is_token_key_of(ring, &l->keys[i]) ? CSN_ERROR_KEY_DUPLICATE : csn_keyring_add_key(rehearsal, &l->keys[i]);
  }
  csn_keyring_free(rehearsal);
  return error;
}

static csn_error add_all(loading *l, csn_keyring *ring) {
  csn_error error = rehearse(l, ring);
  if (error == CSN_OK) error = csn_keyring_reserve(ring, l->count);
  for (size_t i = 0; error == CSN_OK && i < l->count; i++) error = csn_keyring_add_key(ring, &l->keys[i]);
  return error;
}

/* The keys of the outermost object, which is a set or one key. */
static csn_error read_outermost(loading *l) {
  uint32_t keys = member(l, 0, "keys");
  if (csn_json_type_of(&l->json, 0) != CSN_JSON_OBJECT) return fail_at(l, CSN_ERROR_JWK_INVALID, 0);
  if (keys == 0) return read_jwk(l, 0);
  if (csn_json_type_of(&l->json, keys) != CSN_JSON_ARRAY) return fail_at(l, CSN_ERROR_JWK_INVALID, keys);
  return read_jwks(l, keys + 1, l->json.nodes[keys].next);
}

static csn_error load(loading *l, csn_keyring *ring) {
  size_t room = l->json.count / JWK_NODES_MIN + 1;
  l->keys = calloc(room, sizeof *l->keys);
  l->offsets = calloc(room, sizeof *l->offsets);
  csn_error error = l->keys == NULL || l->offsets == NULL ? CSN_ERROR_NO_MEMORY : read_outermost(l);
  if (error == CSN_OK) error = add_all(l, ring);
  for (size_t i = 0; i < l->count; i++) csn_key_wipe(&l->keys[i]);
  free(l->keys);
  free(l->offsets);
  return error;
}

csn_error csn_keyring_add_jwks(csn_keyring *ring, csn_span text, const csn_key_config *defaults,
                               csn_jwks_result *result) {
  csn_jwks_result nothing = {.added = 0};
  loading l = {.defaults = defaults, .result = result};
  *result = nothing;
  if (text.len > TEXT_MAX) return fail(&l, CSN_ERROR_JSON_INVALID, TEXT_MAX);
  size_t room = text.len / 2 + 2; /* a value and the bracket, comma or colon behind it take two bytes */
  csn_json_node *nodes = calloc(room, sizeof *nodes);
  if (nodes == NULL) return CSN_ERROR_NO_MEMORY;
  csn_reason reason = csn_json_read(text, nodes, room, &l.json, &result->offset);
  csn_error error = reason == CSN_REASON_ACCEPTED ? load(&l, ring) : CSN_ERROR_JSON_INVALID;
  free(nodes);
  if (error == CSN_OK) {
    result->added = l.count;
    result->offset = 0;
  } else {
    result->ignored = 0;
  }
  return error;
}
