/* Making a verifier: the configuration is checked once. */
#include "verifier_parts.h"

#include <stdlib.h>

#include "hmac.h"

static bool is_preset(const csn_scheme *scheme) {
  return scheme == csn_scheme_preset(csn_span_str(scheme->name));
}

static bool api_key_policy_valid(const csn_api_key_policy *policy) {
  return policy->pepper != NULL && (policy->pepper->uses & CSN_USE_API_KEY) != 0 && policy->source.find != NULL &&
         csn_api_key_scopes_valid(policy->scopes);
}

static bool standard_policy_valid(const csn_verifier_config *config) {
  switch (config->scheme->standard) {
    case CSN_STANDARD_NONE:
      return true;
    case CSN_STANDARD_AWS_SIGV4:
      return csn_sigv4_policy_valid(&config->sigv4);
    case CSN_STANDARD_HTTP_SIGNATURES:
      return config->nonces.claim != NULL && csn_http_signature_policy_valid(&config->http_signature);
  }
  return false;
}

static csn_error check_config(const csn_verifier_config *config) {
  if (config->scheme == NULL) return CSN_ERROR_INVALID_ARGUMENT;
  if (config->scheme->has_api_key) {
    if (!api_key_policy_valid(&config->api_key)) return CSN_ERROR_INVALID_ARGUMENT;
  } else if (config->keyring == NULL) {
    return CSN_ERROR_INVALID_ARGUMENT;
  }
  size_t at = 0;
  bool names_client = config->client_id.len > 0;
  if (names_client && (config->scheme->client == NULL || !csn_client_id_valid(config->client_id, &at))) {
    return CSN_ERROR_INVALID_ARGUMENT;
  }
  if (config->window < 1 || config->window > CSN_WINDOW_MAX) return CSN_ERROR_INVALID_ARGUMENT;
  if (!standard_policy_valid(config)) return CSN_ERROR_INVALID_ARGUMENT;
  /* a bearer token whose claims nobody reads would never end, and be nobody's */
  if (config->scheme->has_token && (config->jwt.signature_only || !csn_jwt_policy_valid(&config->jwt))) {
    return CSN_ERROR_INVALID_ARGUMENT;
  }
  return CSN_OK;
}

static csn_error prepare(csn_verifier *verifier, const csn_verifier_config *config) {
  csn_error error = check_config(config);
  if (error != CSN_OK) return error;
  verifier->config = *config;
  if (config->allow_unsigned_body) verifier->config.http_signature.allow_unsigned_body = true;
  verifier->client_id = config->client_id.len > 0 ? config->client_id : csn_span_str(config->scheme->client);
  if ((error = csn_scheme_compile(config->scheme, &verifier->canonical)) != CSN_OK) return error;
  csn_places_prepare(&verifier->places, config->scheme);
  verifier->has_nonce = csn_form_find(&config->scheme->forms[0], CSN_FIELD_NONCE) != NULL;
  if (csn_verifier_has_nonce(verifier) && config->nonces.claim == NULL) return CSN_ERROR_INVALID_ARGUMENT;
  if (verifier->canonical.ambiguous && !is_preset(config->scheme) && !config->allow_ambiguous) {
    return CSN_ERROR_TEMPLATE_AMBIGUOUS;
  }
  verifier->signs_body_hash = csn_template_covers(&verifier->canonical, CSN_FIELD_BODY_SHA256);
  for (size_t i = 0; i < CSN_VERIFIER_DUMMIES; i++) {
    csn_hmac_set_key_of(&verifier->dummies[i], (csn_alg)(CSN_ALG_HS256 + i), csn_span_of(NULL, 0));
  }
  if (config->scheme->standard != CSN_STANDARD_AWS_SIGV4) return CSN_OK;
  return csn_sigv4_cache_new(&verifier->sigv4_cache, &config->sigv4);
}

csn_error csn_verifier_new(csn_verifier **out, const csn_verifier_config *config) {
  csn_verifier *verifier = calloc(1, sizeof *verifier);
  *out = NULL;
  if (verifier == NULL) return CSN_ERROR_NO_MEMORY;
  csn_error error = prepare(verifier, config);
  if (error != CSN_OK) {
    csn_verifier_free(verifier);
    return error;
  }
  *out = verifier;
  return CSN_OK;
}

void csn_verifier_free(csn_verifier *verifier) {
  if (verifier == NULL) return;
  csn_sigv4_cache_free(verifier->sigv4_cache);
  free(verifier);
}

bool csn_verifier_is_ambiguous(const csn_verifier *verifier) {
  return verifier->canonical.ambiguous;
}
