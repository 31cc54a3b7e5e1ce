/* The object "http_signature" of a policy: which signature counts, and what it must cover and say. */
#include "../core/src/alg.h"
#include "../core/src/http_signature_parts.h"
#include "policy_reader.h"

enum { LABEL, TAG, SCHEME, AUTHORITY, COMPONENTS, PARAMETERS, ALGORITHMS, LEEWAY, FIELDS };

static const csn_policy_field fields[FIELDS] = {
    [LABEL] = {"label", CSN_POLICY_STRING},          [TAG] = {"tag", CSN_POLICY_STRING},
    [SCHEME] = {"scheme", CSN_POLICY_STRING},        [AUTHORITY] = {"authority", CSN_POLICY_STRING},
    [COMPONENTS] = {"components", CSN_POLICY_ARRAY}, [PARAMETERS] = {"required_parameters", CSN_POLICY_ARRAY},
    [ALGORITHMS] = {"algorithms", CSN_POLICY_ARRAY}, [LEEWAY] = {"leeway_seconds", CSN_POLICY_WHOLE},
};

static unsigned parameter_bit(csn_span name) {
  if (csn_span_equal(name, csn_span_str("expires"))) return CSN_SIGNATURE_EXPIRES;
  if (csn_span_equal(name, csn_span_str("nonce"))) return CSN_SIGNATURE_NONCE;
  return csn_span_equal(name, csn_span_str("alg")) ? CSN_SIGNATURE_ALG : 0;
}

static unsigned alg_bit(csn_span name) {
  csn_alg alg = csn_alg_from_http_name(name);
  return alg == CSN_ALG_NONE ? 0 : 1u << alg;
}

static bool read_component(csn_policy_reader *r, uint32_t item, uint8_t bytes[CSN_POLICY_COMPONENT_MAX],
                           csn_span *out) {
  if (csn_json_type_of(&r->json, item) != CSN_JSON_STRING) {
    return csn_policy_refuse(r, item, "components", "must be an array of strings");
  }
  if (!csn_policy_string(r, item, "components", bytes, CSN_POLICY_COMPONENT_MAX, out)) return false;
  return csn_policy_component_valid(*out) ||
         csn_policy_refuse(r, item, "components", "no signature of a request can cover this (RFC 9421 section 2)");
}

static bool read_components(csn_policy_reader *r, uint32_t list, csn_policy_signature_memory *memory) {
  csn_http_signature_policy *policy = &r->out->config.http_signature;
  const csn_json_node *nodes = r->json.nodes;
  size_t count = 0;
  if (list == 0) return true;
  for (uint32_t item = list + 1; item < nodes[list].next; item = nodes[item].next) {
    if (count == CSN_COMPONENTS_MAX) {
      return csn_policy_refuse(r, item, "components", "has more than %d", CSN_COMPONENTS_MAX);
    }
    if (!read_component(r, item, memory->component_bytes[count], &memory->components[count])) return false;
    count++;
  }
  policy->components = memory->components;
  policy->component_count = count;
  return true;
}

static bool read_lists(csn_policy_reader *r, const uint32_t *at, csn_http_signature_policy *policy) {
  if (at[PARAMETERS] != 0) {
    policy->required = 0;
    if (!csn_policy_names(r, at[PARAMETERS], "required_parameters", parameter_bit, &policy->required)) return false;
  }
  if (at[ALGORITHMS] != 0) {
    policy->algorithms = 0;
    if (!csn_policy_names(r, at[ALGORITHMS], "algorithms", alg_bit, &policy->algorithms)) return false;
    if (policy->algorithms == 0) return csn_policy_refuse(r, at[ALGORITHMS], "algorithms", "is empty");
  }
  return true;
}

static bool read_context(csn_policy_reader *r, const uint32_t *at, csn_policy_signature_memory *memory,
                         csn_http_context *context) {
  csn_span scheme;
  if (!csn_policy_string(r, at[SCHEME], "scheme", memory->scheme, sizeof memory->scheme, &scheme) ||
      !csn_policy_string(r, at[AUTHORITY], "authority", memory->authority, sizeof memory->authority,
                         &context->authority)) {
    return false;
  }
  if (at[SCHEME] == 0) return true;
  context->scheme = scheme;
  return csn_span_equal(scheme, csn_span_str("https")) || csn_span_equal(scheme, csn_span_str("http")) ||
         csn_policy_refuse(r, at[SCHEME], "scheme", "must be https or http");
}

/* A nonce is forgotten when the leeway of its time ends. */
static bool read_leeway(csn_policy_reader *r, uint32_t node, int64_t *leeway) {
  if (!csn_policy_whole(r, node, "leeway_seconds", 0, CSN_SIGNATURE_LEEWAY_MAX, leeway)) return false;
  if (r->before == NULL || *leeway <= r->before->config.http_signature.leeway) return true;
  return csn_policy_refuse(r, node, "leeway_seconds",
                           "must not grow while the command runs: nonces are remembered for %lld seconds of it",
                           (long long)r->before->config.http_signature.leeway);
}

bool csn_policy_read_http_signature(csn_policy_reader *r, uint32_t node) {
  csn_http_signature_policy *policy = &r->out->config.http_signature;
  uint32_t at[FIELDS];
  if (node == 0) return true;
  r->section = "http_signature";
  csn_policy_signature_memory *memory = &r->out->memory->http_signature;
  bool good = csn_policy_fields(r, node, fields, FIELDS, at) &&
              csn_policy_string(r, at[LABEL], "label", memory->label, sizeof memory->label, &policy->label) &&
              csn_policy_string(r, at[TAG], "tag", memory->tag, sizeof memory->tag, &policy->tag) &&
              read_context(r, at, memory, &policy->context) && read_components(r, at[COMPONENTS], memory) &&
              read_lists(r, at, policy) && read_leeway(r, at[LEEWAY], &policy->leeway);
  r->section = "";
  return good;
}
