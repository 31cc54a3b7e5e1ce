#include "jwk.h"

#include "alg.h"
#include "ct.h"
#include "encoding.h"
#include "public_key.h"

enum {
  ALG_NAME_MAX = 32,   /* bytes; a longer name is none of CSN_ALG_LIST */
  CURVE_NAME_MAX = 32, /* bytes; the same of curves */
  CHARS_MAX = (CSN_SECRET_MAX * 4 + 2) / 3,
  NODES_MAX = 512, /* JSON values of one key, those of a certificate chain included */
};

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

static csn_error fail(csn_jwk_reader *r, csn_error error, size_t offset) {
  r->offset = offset;
  return error;
}

static csn_error fail_at(csn_jwk_reader *r, csn_error error, uint32_t node) {
  return fail(r, error, csn_jwk_offset(r, node));
}

static uint32_t member(const csn_jwk_reader *r, uint32_t object, const char *name) {
  return csn_json_member(&r->json, object, csn_span_str(name));
}

static bool is_string(const csn_jwk_reader *r, uint32_t node) {
  return csn_json_type_of(&r->json, node) == CSN_JSON_STRING;
}

/* A member that says what the key is for, one way out of many: `wanted`, or else the key is ignored. */
static fate check_name(csn_jwk_reader *r, uint32_t node, const char *wanted) {
  if (!is_string(r, node)) {
    r->offset = csn_jwk_offset(r, node);
    return FATE_ERROR;
  }
  return csn_json_string_equals(&r->json, node, csn_span_str(wanted)) ? FATE_LOAD : FATE_IGNORE;
}

/* The place of an operation in RFC 7517 section 4.3 as a bit; others have none. */
static unsigned operation_bit(const csn_jwk_reader *r, uint32_t node) {
  static const char *const operations[] = {"verify",  "sign",      "encrypt",   "decrypt",
                                           "wrapKey", "unwrapKey", "deriveKey", "deriveBits"};
  for (unsigned i = 0; i < sizeof operations / sizeof operations[0]; i++) {
    if (csn_json_string_equals(&r->json, node, csn_span_str(operations[i]))) return 1u << i;
  }
  return 0;
}

/* key_ops: strings, none of them twice (section 4.3). What signs must be there to sign, all else to verify. */
static fate check_key_ops(csn_jwk_reader *r, uint32_t ops, bool signs) {
  const unsigned verify = 1, sign = 2;
  unsigned seen = 0;
  r->offset = csn_jwk_offset(r, ops);
  if (csn_json_type_of(&r->json, ops) != CSN_JSON_ARRAY) return FATE_ERROR;
  for (uint32_t at = ops + 1; at < r->json.nodes[ops].next; at = r->json.nodes[at].next) {
    unsigned bit = operation_bit(r, at);
    r->offset = csn_jwk_offset(r, at);
    if (!is_string(r, at) || (seen & bit) != 0) return FATE_ERROR;
    seen |= bit;
  }
  return (seen & (signs ? sign : verify)) != 0 ? FATE_LOAD : FATE_IGNORE;
}

static fate read_type(csn_jwk_reader *r, uint32_t kty, jwk_form *form) {
  fate answer = FATE_IGNORE;
  for (form->type = TYPE_OCT; form->type < TYPES; form->type++) {
    if ((answer = check_name(r, kty, type_names[form->type])) != FATE_IGNORE) break;
  }
  return answer;
}

static fate read_curve(csn_jwk_reader *r, uint32_t jwk, jwk_form *form) {
  uint32_t crv = member(r, jwk, "crv");
  size_t len = 0;
  form->curve[0] = 0;
  if (form->type != TYPE_EC && form->type != TYPE_OKP) return FATE_LOAD;
  r->offset = csn_jwk_offset(r, crv == 0 ? jwk : crv);
  if (crv == 0 || !is_string(r, crv)) return FATE_ERROR;
  if (!csn_json_string_copy(&r->json, crv, (uint8_t *)form->curve, CURVE_NAME_MAX, &len)) return FATE_IGNORE;
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

static csn_alg default_alg(const csn_jwk_reader *r, const jwk_form *form) {
  static const csn_alg_kind kinds[TYPES] = {CSN_KIND_HMAC, CSN_KIND_RSA_PKCS1, CSN_KIND_ECDSA, CSN_KIND_EDDSA};
  csn_span curve = csn_span_str(form->type == TYPE_EC ? form->curve : "");
  return fits(form, r->defaults->alg) ? r->defaults->alg : csn_alg_of_kind(kinds[form->type], curve)->alg;
}

/* The algorithm that the key names, which must be one for it, or the default. */
static fate read_alg(csn_jwk_reader *r, uint32_t alg, jwk_form *form) {
  uint8_t name[ALG_NAME_MAX];
  size_t len;
  if (alg == 0) {
    form->alg = default_alg(r, form);
  } else {
    r->offset = csn_jwk_offset(r, alg);
    if (!is_string(r, alg)) return FATE_ERROR;
    bool copied = csn_json_string_copy(&r->json, alg, name, sizeof name, &len);
    form->alg = copied ? csn_alg_from_name(csn_span_of(name, len)) : CSN_ALG_NONE;
    if (form->alg == CSN_ALG_NONE) return FATE_IGNORE;
    if (!fits(form, form->alg)) return FATE_ERROR;
  }
  return csn_alg_fits_uses(form->alg, r->defaults->uses) ? FATE_LOAD : FATE_IGNORE;
}

/* Whether a private key is made of it. */
static bool signs(const csn_jwk_reader *r, uint32_t jwk) {
  return r->private && member(r, jwk, "d") != 0;
}

/* Whether the key is one to load, by everything but its id and itself. */
static fate classify(csn_jwk_reader *r, uint32_t jwk, jwk_form *form) {
  uint32_t kty = member(r, jwk, "kty"), purpose = member(r, jwk, "use"), ops = member(r, jwk, "key_ops");
  r->offset = csn_jwk_offset(r, jwk);
  if (csn_json_type_of(&r->json, jwk) != CSN_JSON_OBJECT || kty == 0) return FATE_ERROR;
  fate answer = read_type(r, kty, form);
  if (answer == FATE_LOAD && purpose != 0) answer = check_name(r, purpose, "sig");
  if (answer == FATE_LOAD && ops != 0) answer = check_key_ops(r, ops, signs(r, jwk));
  if (answer == FATE_LOAD) answer = read_curve(r, jwk, form);
  return answer == FATE_LOAD ? read_alg(r, member(r, jwk, "alg"), form) : answer;
}

/* An empty kid could never be named by a token. */
static csn_error read_kid(csn_jwk_reader *r, uint32_t jwk, uint8_t out[CSN_ID_MAX], size_t *len) {
  uint32_t kid = member(r, jwk, "kid");
  *len = 0;
  if (kid == 0) return CSN_OK;
  bool fits = csn_json_string_copy(&r->json, kid, out, CSN_ID_MAX, len);
  return fits && *len > 0 ? CSN_OK : fail_at(r, CSN_ERROR_JWK_INVALID, kid);
}

/* Decodes the base64url text at `node`. */
static csn_error decode(csn_jwk_reader *r, uint32_t node, uint8_t out[CSN_SECRET_MAX], size_t *len) {
  uint8_t text[CHARS_MAX];
  size_t chars, wrong;
  csn_error error = CSN_OK;
  if (!csn_json_string_copy(&r->json, node, text, sizeof text, &chars)) {
    error = fail_at(r, CSN_ERROR_KEY_TOO_LONG, node);
  } else if (!csn_base64url_decode(csn_span_of(text, chars), out, &wrong)) {
    bool escaped = r->json.nodes[node].escaped != 0; /* then no character has a place of its own in the text */
    error = fail(r, CSN_ERROR_JWK_INVALID, escaped ? csn_jwk_offset(r, node) : r->json.nodes[node].start + wrong);
  } else {
    *len = csn_base64url_decoded_len(chars);
  }
  csn_wipe(text, sizeof text);
  return error;
}

static csn_error read_bytes(csn_jwk_reader *r, uint32_t jwk, const char *name, uint8_t out[CSN_SECRET_MAX],
                            csn_span *bytes) {
  uint32_t node = member(r, jwk, name);
  size_t len = 0;
  if (node == 0) return fail_at(r, CSN_ERROR_JWK_INVALID, jwk);
  if (!is_string(r, node)) return fail_at(r, CSN_ERROR_JWK_INVALID, node);
  csn_error error = decode(r, node, out, &len);
  *bytes = csn_span_of(out, len);
  return error;
}

static csn_error make_secret_key(csn_jwk_reader *r, uint32_t jwk, csn_key_config *config, csn_key *key) {
  uint8_t secret[CSN_SECRET_MAX];
  csn_error error = read_bytes(r, jwk, "k", secret, &config->secret);
  if (error == CSN_OK) {
    r->offset = csn_jwk_offset(r, jwk);
    error = csn_key_init(key, config);
  }
  csn_wipe(secret, sizeof secret);
  return error;
}

/* The members of a key of each type, those of its private part behind `public_count` others (RFC 7518 section 6). */
enum { MEMBERS_MAX = 8 };
static const struct {
  const char *names[MEMBERS_MAX];
  size_t public_count, count;
} members[TYPES] = {
    [TYPE_RSA] = {{"n", "e", "d", "p", "q", "dp", "dq", "qi"}, 2, 8},
    [TYPE_EC] = {{"x", "y", "d"}, 2, 3},
    [TYPE_OKP] = {{"x", "d"}, 1, 2},
};

static EVP_PKEY *make_pkey(const jwk_form *form, const csn_span *parts, bool private) {
  if (form->type == TYPE_RSA) {
    return private ? csn_pkey_from_private_rsa(parts) : csn_pkey_from_rsa(parts[0], parts[1]);
  }
  if (form->type == TYPE_EC) {
    const csn_alg_row *alg = csn_alg_find(form->alg);
    return private ? csn_pkey_from_private_ec(alg, parts[0], parts[1], parts[2])
                   : csn_pkey_from_ec(alg, parts[0], parts[1]);
  }
  return private ? csn_pkey_from_private_okp(form->curve, parts[0], parts[1])
                 : csn_pkey_from_okp(form->curve, parts[0]);
}

/* An RSA key of more than two primes is not supported (section 6.3.2.7). */
static csn_error make_asymmetric_key(csn_jwk_reader *r, uint32_t jwk, const jwk_form *form,
                                     const csn_key_config *config, csn_key *key) {
  bool private = signs(r, jwk);
  size_t count = private ? members[form->type].count : members[form->type].public_count;
  uint8_t bytes[MEMBERS_MAX][CSN_SECRET_MAX];
  csn_span parts[MEMBERS_MAX] = {{0}};
  uint32_t oth = form->type == TYPE_RSA && private ? member(r, jwk, "oth") : 0;
  csn_error error = oth == 0 ? CSN_OK : fail_at(r, CSN_ERROR_JWK_INVALID, oth);
  for (size_t i = 0; i < count && error == CSN_OK; i++) {
    error = read_bytes(r, jwk, members[form->type].names[i], bytes[i], &parts[i]);
  }
  if (error == CSN_OK) {
    r->offset = csn_jwk_offset(r, jwk);
    error = csn_key_init_pkey(key, config, make_pkey(form, parts, private), private);
  }
  if (private) csn_wipe(bytes, sizeof bytes);
  return error;
}

/* Makes the key of a JWK that is to be loaded. */
static csn_error make_key(csn_jwk_reader *r, uint32_t jwk, const jwk_form *form, csn_key *key) {
  uint8_t kid[CSN_ID_MAX];
  size_t kid_len = 0;
  csn_key_config config = *r->defaults;
  csn_error error = read_kid(r, jwk, kid, &kid_len);
  if (error != CSN_OK) return error;
  config.alg = form->alg;
  config.key_id = csn_span_of(kid, kid_len);
  return form->type == TYPE_OCT ? make_secret_key(r, jwk, &config, key)
                                : make_asymmetric_key(r, jwk, form, &config, key);
}

csn_error csn_jwk_read(csn_jwk_reader *r, uint32_t jwk, csn_key *key, bool *ignored) {
  jwk_form form = {.alg = CSN_ALG_NONE};
  fate answer = classify(r, jwk, &form);
  *ignored = answer == FATE_IGNORE;
  if (answer == FATE_LOAD) return make_key(r, jwk, &form, key);
  return answer == FATE_IGNORE ? CSN_OK : CSN_ERROR_JWK_INVALID;
}

/* ---- the text of one JWK ---- */

/* What is ignored in a set is refused where it is all there is. */
static csn_error read_only_key(csn_jwk_reader *r, csn_key *key) {
  bool ignored = false;
  if (member(r, 0, "keys") != 0) return fail_at(r, CSN_ERROR_JWK_INVALID, 0);
  csn_error error = csn_jwk_read(r, 0, key, &ignored);
  return error == CSN_OK && ignored ? CSN_ERROR_ALGORITHM_UNSUPPORTED : error;
}

/* The caller's id is the key's, where the caller has one. */
static void set_id(csn_key *key, csn_span id) {
  if (id.len == 0) return;
  memcpy(key->key_id, id.ptr, id.len);
  key->key_id_len = (uint8_t)id.len;
}

csn_error csn_key_init_jwk(csn_key *key, const csn_key_config *config, csn_span jwk, size_t *offset) {
  csn_json_node nodes[NODES_MAX];
  csn_jwk_reader reader = {.defaults = config, .private = true};
  csn_wipe(key, sizeof *key);
  *offset = 0;
  if (config->key_id.len > CSN_ID_MAX) return CSN_ERROR_ID_INVALID;
  if (jwk.len > CSN_JWK_MAX) return CSN_ERROR_KEY_TOO_LONG;
  csn_reason reason = csn_json_read(jwk, nodes, NODES_MAX, &reader.json, &reader.offset);
  csn_error error = reason == CSN_REASON_ACCEPTED ? read_only_key(&reader, key) : CSN_ERROR_JSON_INVALID;
  if (error == CSN_OK) set_id(key, config->key_id);
  *offset = error == CSN_OK ? 0 : reader.offset;
  return error;
}
