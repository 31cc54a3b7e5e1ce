/* Which keys, which claims. */
#include "sign_plan.h"

#include <stdarg.h>
#include <stdio.h>

#include "../core/src/credential.h"
#include "../core/src/json.h"

/* Where the reason goes, with its size. */
typedef struct refusal {
  char *why;
  size_t size;
} refusal;

static bool refuse(refusal out, const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool refuse(refusal out, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(out.why, out.size, format, arguments);
  va_end(arguments);
  return false;
}

int64_t csn_sign_plan_ttl(const csn_sign_plan *plan) {
  return plan->choice->ttl >= 0 ? plan->choice->ttl : CSN_SIGN_TTL_DEFAULT;
}

static bool is_named(csn_span id, const char *name) {
  return name == NULL || csn_span_equal(id, csn_span_str(name));
}

/* The keys of the policy for `use`: returns how many fit and the first of them. NULL names every client or id. A key
 * past its end is used only where it is named: by its id. */
static size_t find_keys(const csn_sign_plan *plan, unsigned use, const char *client, const char *key_id, int64_t now,
                        const csn_key **first) {
  size_t count = 0;
  for (size_t i = 0; i < plan->policy->key_count; i++) {
    const csn_key *key = &plan->policy->keys[i];
    bool is_live = key_id != NULL || csn_key_is_accepted(key, now);
    if ((key->uses & use) == 0 || !is_live) continue;
    if (!is_named(csn_key_client_id(key), client) || !is_named(csn_key_id(key), key_id)) continue;
    if (count++ == 0) *first = key;
  }
  return count;
}

static bool choose_request_key(csn_sign_plan *plan, int64_t now, refusal out) {
  const csn_sign_choice *choice = plan->choice;
  size_t count = find_keys(plan, CSN_USE_REQUEST, choice->client, choice->key_id, now, &plan->request_key);
  if (count == 0) return refuse(out, "no key of the policy fits: it must sign requests and be accepted now");
  if (count > 1) return refuse(out, "%zu keys of the policy fit: --client or --key-id chooses one", count);
  plan->client = csn_key_client_id(plan->request_key);
  if (choice->form < 0) plan->form = csn_scheme_form_of(plan->policy->config.scheme, plan->request_key->alg);
  return true;
}

/* The token key with this id; NULL: the one that there is. The policy's ring does not change while it is signed with:
 * what is found stays behind the reading. */
static const csn_key *find_token_key(const csn_sign_plan *plan, const char *id) {
  csn_keyring_reading keys;
  csn_keyring_read_begin(plan->policy->keyring, &keys);
  const csn_key *key =
      id == NULL ? csn_keyring_only_token_key(&keys) : csn_keyring_find_key_id(&keys, csn_span_str(id));
  csn_keyring_read_end(&keys);
  return key;
}

/* The key that is named, or the one of the client, or the one that there is. */
static bool choose_token_key(csn_sign_plan *plan, int64_t now, refusal out) {
  const char *id = plan->choice->token_key_id;
  char client[CSN_ID_MAX + 1] = "";
  if (id == NULL && plan->request_key == NULL) id = plan->choice->key_id;
  if (id != NULL) {
    plan->token_key = find_token_key(plan, id);
    return plan->token_key != NULL || refuse(out, "no key of the policy that signs tokens has the id \"%.128s\"", id);
  }
  if (plan->client.len <= CSN_ID_MAX)
    snprintf(client, sizeof client, "%.*s", (int)plan->client.len, (const char *)plan->client.ptr);
  if (client[0] == '\0' || find_keys(plan, CSN_USE_TOKEN, client, NULL, now, &plan->token_key) != 1) {
    plan->token_key = find_token_key(plan, NULL);
  }
  return plan->token_key != NULL || refuse(out, "more than one key of the policy signs tokens: %s chooses one",
                                           plan->request_key == NULL ? "--key-id" : "--token-key-id");
}

static bool check_claims(csn_span claims, refusal out) {
  enum { NODES = 1024 };
  static csn_json_node nodes[NODES];
  csn_json json;
  size_t offset = 0;
  if (claims.len > CSN_CLAIMS_MAX) return refuse(out, "the claims are longer than %d bytes", CSN_CLAIMS_MAX);
  if (csn_json_read(claims, nodes, NODES, &json, &offset) != CSN_REASON_ACCEPTED) {
    return refuse(out, "the claims are not strict JSON (byte %zu)", offset);
  }
  return csn_json_type_of(&json, 0) == CSN_JSON_OBJECT || refuse(out, "the claims are not a JSON object");
}

static bool is_sigv4(const csn_scheme *scheme) {
  return scheme->standard == CSN_STANDARD_AWS_SIGV4;
}

/* Options that say something about a thing which the preset does not have. */
static bool check_choice(const csn_sign_choice *choice, const csn_scheme *scheme, refusal out) {
  size_t forms = csn_scheme_form_count(scheme), at = 0;
  if (is_sigv4(scheme)) forms = CSN_SIGN_SIGV4_FORMS;
  if (scheme->standard == CSN_STANDARD_HTTP_SIGNATURES) forms = 1;
  bool has_nonce =
      scheme->standard == CSN_STANDARD_HTTP_SIGNATURES || csn_form_find(&scheme->forms[0], CSN_FIELD_NONCE) != NULL;
  if (scheme->has_api_key) return refuse(out, "%s signs nothing: csn apikey new issues keys", scheme->name);
  bool is_presigned = is_sigv4(scheme) && choice->form == CSN_SIGN_SIGV4_PRESIGNED;
  bool has_ttl = choice->ttl >= 0 && !is_presigned;
  bool has_token_option = choice->claims.len > 0 || has_ttl || choice->token_key_id != NULL;
  if (!scheme->has_token && has_token_option) {
    return refuse(out, "%s has no token: --claims, --claims-file, --ttl and --token-key-id do not apply", scheme->name);
  }
  if (choice->claims.len > 0 && choice->ttl >= 0) return refuse(out, "--ttl does not apply to given claims");
  if (choice->nonce != NULL && !has_nonce) return refuse(out, "%s has no nonce: --nonce does not apply", scheme->name);
  if (choice->nonce != NULL && !csn_nonce_valid(csn_span_str(choice->nonce), &at)) {
    return refuse(out, "--nonce takes 1 to %d of A-Z a-z 0-9 - . _ ~ + / =", CSN_NONCE_MAX);
  }
  if (choice->form >= (int64_t)forms) {
    return refuse(out, "--form: %s has %zu form%s, numbered from 0", scheme->name, forms, forms == 1 ? "" : "s");
  }
  return choice->claims.len == 0 || check_claims(choice->claims, out);
}

static bool check_presigned(const csn_sign_plan *plan, refusal out) {
  int64_t longest = plan->policy->config.sigv4.expires_max, ttl = csn_sign_plan_ttl(plan);
  if (!is_sigv4(plan->policy->config.scheme) || plan->choice->form != CSN_SIGN_SIGV4_PRESIGNED) return true;
  if (longest == 0) return refuse(out, "the policy takes no presigned requests");
  if (ttl >= 1 && ttl <= longest) return true;
  return refuse(out, "a presigned request is good for 1 to %lld seconds: --ttl says how long", (long long)longest);
}

bool csn_sign_plan_make(csn_sign_plan *plan, const csn_policy *policy, const csn_sign_choice *choice, int64_t now,
                        char *why, size_t size) {
  const csn_scheme *scheme = policy->config.scheme;
  refusal out = {why, size};
  *plan = (csn_sign_plan){.policy = policy, .choice = choice, .client = csn_span_str(choice->client)};
  if (!check_choice(choice, scheme, out) || !check_presigned(plan, out)) return false;
  if (choice->form > 0) plan->form = (size_t)choice->form;
  bool signs = scheme->template_text != NULL || scheme->standard != CSN_STANDARD_NONE;
  if (signs && !choose_request_key(plan, now, out)) return false;
  if (!scheme->has_token) return true;
  if (!choose_token_key(plan, now, out)) return false;
  if (!csn_key_signs(plan->token_key)) return refuse(out, "the key that is to sign the token is a public one");
  if (plan->client.len == 0) plan->client = csn_key_client_id(plan->token_key);
  if (plan->client.len == 0) plan->client = policy->config.jwt.subject;
  csn_span owner = csn_key_client_id(plan->token_key);
  if (choice->claims.len == 0 && owner.len > 0 && !csn_span_equal(owner, plan->client)) {
    return refuse(out, "the key that signs the token belongs to another client, and signs for no other");
  }
  if (plan->client.len > 0 || choice->claims.len > 0) return true;
  return refuse(out, "the token needs a subject: --client or --claims gives it");
}

static void number_claim(csn_json_out *out, const char *before, int64_t number) {
  csn_json_out_text(out, before);
  csn_json_out_int(out, number);
}

static void name_claim(csn_json_out *out, const char *before, csn_span name) {
  if (name.len == 0) return;
  csn_json_out_text(out, before);
  csn_json_out_string(out, name);
}

void csn_sign_plan_claims(const csn_sign_plan *plan, int64_t now, csn_json_out *out) {
  const csn_jwt_policy *jwt = &plan->policy->config.jwt;
  if (plan->choice->claims.len > 0) {
    csn_json_out_raw(out, plan->choice->claims);
    return;
  }
  csn_span scope_claim = jwt->scope_claim.len > 0 ? jwt->scope_claim : csn_span_str("scope");
  csn_json_out_text(out, "{\"sub\":");
  csn_json_out_string(out, plan->client);
  number_claim(out, ",\"iat\":", now);
  if ((jwt->required & CSN_CLAIM_NBF) != 0) number_claim(out, ",\"nbf\":", now);
  number_claim(out, ",\"exp\":", now + csn_sign_plan_ttl(plan));
  name_claim(out, ",\"iss\":", jwt->issuer);
  name_claim(out, ",\"aud\":", jwt->audience);
  name_claim(out, ",", jwt->scopes.len == 0 ? jwt->scopes : scope_claim);
  name_claim(out, ":", jwt->scopes);
  csn_json_out_text(out, "}");
}
