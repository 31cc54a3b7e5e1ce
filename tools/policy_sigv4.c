/* What a policy asks of requests signed by AWS Signature Version 4. */
#include "policy_reader.h"

enum { REGION, SERVICE, SIGNED_PATH, WINDOW, EXPIRES_MAX, UNSIGNED_PAYLOAD, FIELDS };

static const csn_policy_field sigv4_fields[FIELDS] = {
    [REGION] = {"region", CSN_POLICY_STRING},
    [SERVICE] = {"service", CSN_POLICY_STRING},
    [SIGNED_PATH] = {"path", CSN_POLICY_STRING},
    [WINDOW] = {"window_seconds", CSN_POLICY_WHOLE},
    [EXPIRES_MAX] = {"presigned_max_seconds", CSN_POLICY_WHOLE},
    [UNSIGNED_PAYLOAD] = {"allow_unsigned_payload", CSN_POLICY_BOOL},
};

/* One part of the credential's scope. */
static bool read_scope(csn_policy_reader *r, uint32_t object, uint32_t node, const char *field, uint8_t *buffer,
                       csn_span *out) {
  if (node == 0) return csn_policy_refuse(r, object, field, "is missing");
  return csn_policy_string(r, node, field, buffer, CSN_SIGV4_SCOPE_MAX, out);
}

static const char *const names[] = {
    [CSN_SIGV4_PATH_NORMALIZED] = "normalized", [CSN_SIGV4_PATH_ENCODED] = "encoded", [CSN_SIGV4_PATH_S3] = "s3"};

const char *csn_policy_sigv4_path_name(csn_sigv4_path path) {
  return names[path];
}

static bool read_path(csn_policy_reader *r, uint32_t node, csn_sigv4_policy *policy) {
  if (node == 0) {
    if (csn_span_equal(policy->service, csn_span_str("s3"))) policy->path = CSN_SIGV4_PATH_S3;
    return true;
  }
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (!csn_json_string_equals(&r->json, node, csn_span_str(names[i]))) continue;
    policy->path = (csn_sigv4_path)i;
    return true;
  }
  return csn_policy_refuse(r, node, "path", "must be normalized, encoded or s3");
}

bool csn_policy_read_sigv4(csn_policy_reader *r, uint32_t node) {
  csn_sigv4_policy *policy = &r->out->config.sigv4;
  csn_policy_memory *memory = r->out->memory;
  uint32_t at[FIELDS];
  if (r->out->config.scheme->standard != CSN_STANDARD_AWS_SIGV4) return true;
  if (node == 0) return csn_policy_refuse(r, 0, "aws_sigv4", "is missing");
  r->section = "aws_sigv4";
  if (!csn_policy_fields(r, node, sigv4_fields, FIELDS, at) ||
      !read_scope(r, node, at[REGION], "region", memory->region, &policy->region) ||
      !read_scope(r, node, at[SERVICE], "service", memory->service, &policy->service) ||
      !read_path(r, at[SIGNED_PATH], policy) ||
      !csn_policy_whole(r, at[WINDOW], "window_seconds", 1, CSN_SIGV4_WINDOW_MAX, &policy->window) ||
      !csn_policy_whole(r, at[EXPIRES_MAX], "presigned_max_seconds", 0, CSN_SIGV4_EXPIRES_MAX, &policy->expires_max)) {
    return false;
  }
  csn_policy_bool(r, at[UNSIGNED_PAYLOAD], &policy->unsigned_payload);
  if (!csn_sigv4_policy_valid(policy)) {
    return csn_policy_refuse(r, node, NULL, "region and service are visible ASCII without / | & , \" and \\");
  }
  r->section = "";
  return true;
}
