/* HTTP Message Signatures of `csn sign`: what the policy asks for is signed, and the digest of a body. */
#include "../core/src/alg.h"
#include "sign_plan.h"

/* The policy's components, and behind them Content-Digest, where there is a body and they have it not. */
static size_t choose_components(const csn_http_signature_policy *policy, const csn_request *request,
                                csn_span out[CSN_COMPONENTS_MAX + 1]) {
  static const csn_span digest = CSN_SPAN_LITERAL("content-digest");
  bool wants_digest = request->body.len > 0;
  for (size_t i = 0; i < policy->component_count; i++) {
    out[i] = policy->components[i];
    wants_digest = wants_digest && !csn_span_equal(out[i], digest);
  }
  if (wants_digest) out[policy->component_count] = digest;
  return policy->component_count + wants_digest;
}

csn_error csn_sign_http(const csn_sign_plan *plan, const csn_request *request, int64_t now, csn_span nonce,
                        csn_signed *out) {
  const csn_verifier_config *config = &plan->policy->config;
  const csn_http_signature_policy *policy = &config->http_signature;
  csn_span components[CSN_COMPONENTS_MAX + 1];
  csn_http_sign_input input = {
      .key = plan->request_key,
      .request = request,
      .context = &policy->context,
      .label = policy->label.len > 0 ? policy->label : csn_span_str("sig1"),
      .components = components,
      .component_count = choose_components(policy, request, components),
      .params = {.has_created = true, .created = now, .nonce = nonce, .keyid = csn_key_id(plan->request_key)},
  };
  input.params.has_expires = (policy->required & CSN_SIGNATURE_EXPIRES) != 0;
  input.params.expires = now + config->window;
  if ((policy->required & CSN_SIGNATURE_ALG) != 0) {
    input.params.alg = csn_span_str(csn_alg_find(plan->request_key->alg)->http_name);
  }
  if (policy->tag.len > 0) input.params.tag = policy->tag;
  return csn_http_sign(out, &input);
}
