/* What a client of AWS Signature Version 4 does before it signs: it chooses what is signed, and adds the time. */
#include "sign_sigv4.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "../core/src/encoding.h"
#include "../core/src/hmac.h"

static const char too_large[] = "the request is too large, or has too many headers, to be signed so";

/* The signer checks what a verifier would. */
static const char *sentence_of(csn_error error) {
  if (error != CSN_ERROR_INVALID_ARGUMENT) return csn_error_sentence(error);
  return "the request would be refused: its target, its query, its payload's hash or a header is not as it must be";
}

static bool has_header(const csn_request *request, const char *name) {
  for (size_t i = 0; i < request->header_count; i++) {
    if (csn_span_equal_nocase(request->headers[i].name, csn_span_str(name))) return true;
  }
  return false;
}

static int by_name(const void *a, const void *b) {
  const csn_span *x = a, *y = b;
  int order = memcmp(x->ptr, y->ptr, x->len < y->len ? x->len : y->len);
  return order != 0 ? order : (x->len > y->len) - (x->len < y->len);
}

/* SignedHeaders: the names of all headers in lower case, sorted, each once. False where there is no room. */
static bool name_headers(csn_sigv4_signed *out, const csn_request *request, csn_span *names) {
  static uint8_t lower[CSN_SIGV4_HEADERS_MAX][CSN_HEADER_NAME_MAX];
  csn_span sorted[CSN_SIGV4_HEADERS_MAX];
  size_t len = 0;
  if (request->header_count > CSN_SIGV4_HEADERS_MAX) return false;
  for (size_t i = 0; i < request->header_count; i++) {
    csn_span name = request->headers[i].name;
    if (name.len > CSN_HEADER_NAME_MAX) return false;
    for (size_t k = 0; k < name.len; k++) {
      bool upper = name.ptr[k] >= 'A' && name.ptr[k] <= 'Z';
      lower[i][k] = (uint8_t)(name.ptr[k] + (upper ? 'a' - 'A' : 0));
    }
    sorted[i] = csn_span_of(lower[i], name.len);
  }
  qsort(sorted, request->header_count, sizeof sorted[0], by_name);
  for (size_t i = 0; i < request->header_count; i++) {
    if (i > 0 && csn_span_equal(sorted[i], sorted[i - 1])) continue;
    if (i > 0) out->names[len++] = ';';
    memcpy(out->names + len, sorted[i].ptr, sorted[i].len);
    len += sorted[i].len;
  }
  *names = csn_span_of(out->names, len);
  return true;
}

static csn_span stamp_of(const csn_sigv4_signed *out) {
  return csn_span_of(out->stamp, sizeof out->stamp - 1);
}

static csn_span hash_of(const csn_sigv4_signed *out) {
  return csn_span_of(out->hash, sizeof out->hash);
}

static void add(csn_sigv4_signed *out, const char *name, csn_span value) {
  out->headers[out->header_count++] = (csn_header){csn_span_str(name), value};
}

static const char *sign_header(csn_sigv4_signed *out, const csn_sign_plan *plan, const csn_request *request) {
  csn_request all = *request;
  csn_span names;
  size_t len;
  add(out, "X-Amz-Date", stamp_of(out));
  if (!has_header(request, "X-Amz-Content-Sha256")) add(out, "X-Amz-Content-Sha256", hash_of(out));
  memcpy(out->all, request->headers, request->header_count * sizeof out->all[0]);
  memcpy(out->all + request->header_count, out->headers, out->header_count * sizeof out->all[0]);
  all.headers = out->all;
  all.header_count += out->header_count;
  if (!name_headers(out, &all, &names)) return too_large;
  csn_error error = csn_sigv4_sign(&plan->policy->config.sigv4, plan->request_key, &all, names, out->authorization,
                                   sizeof out->authorization, &len);
  if (error != CSN_OK) return sentence_of(error);
  add(out, "Authorization", csn_span_of(out->authorization, len));
  return NULL;
}

static void put_parameter(csn_sigv4_text *text, const char *name, csn_span value) {
  csn_sigv4_put(text, csn_span_str(name));
  csn_sigv4_put_encoded(text, value);
}

static void put_parameters(csn_sigv4_signed *out, const csn_sign_plan *plan, csn_span names) {
  const csn_sigv4_policy *policy = &plan->policy->config.sigv4;
  const csn_span scope[] = {csn_span_of(out->stamp, 8), policy->region, policy->service, csn_span_str("aws4_request")};
  char expires[24];
  csn_sigv4_text *text = &out->text;
  csn_sigv4_put(text, csn_span_str(memchr(out->target.ptr, '?', out->target.len) == NULL ? "?" : "&"));
  put_parameter(text, "X-Amz-Algorithm=", csn_span_str("AWS4-HMAC-SHA256"));
  put_parameter(text, "&X-Amz-Credential=", csn_key_id(plan->request_key));
  for (size_t i = 0; i < sizeof scope / sizeof scope[0]; i++) put_parameter(text, "/", scope[i]);
  put_parameter(text, "&X-Amz-Date=", stamp_of(out));
  snprintf(expires, sizeof expires, "%lld", (long long)csn_sign_plan_ttl(plan));
  put_parameter(text, "&X-Amz-Expires=", csn_span_str(expires));
  put_parameter(text, "&X-Amz-SignedHeaders=", names);
}

static const char *presign(csn_sigv4_signed *out, const csn_sign_plan *plan, const csn_request *request) {
  const csn_sigv4_policy *policy = &plan->policy->config.sigv4;
  char signature[CSN_SIGV4_SIGNATURE_CHARS];
  csn_request whole = *request;
  csn_span names;
  if (!name_headers(out, request, &names)) return too_large;
  out->text.len = 0;
  out->text.full = false;
  csn_sigv4_put(&out->text, request->target);
  put_parameters(out, plan, names);
  /* S3 takes a presigned payload for unsigned unless its hash is given. */
  if (policy->path == CSN_SIGV4_PATH_S3 && !policy->unsigned_payload && !has_header(request, "X-Amz-Content-Sha256")) {
    put_parameter(&out->text, "&X-Amz-Content-Sha256=", hash_of(out));
  }
  whole.target = csn_span_of(out->text.bytes, out->text.len);
  csn_error error = csn_sigv4_presign(policy, plan->request_key, &whole, signature);
  if (error != CSN_OK) return sentence_of(error);
  put_parameter(&out->text, "&X-Amz-Signature=", csn_span_of(signature, sizeof signature));
  if (out->text.full || out->text.len > CSN_TARGET_MAX) return too_large;
  out->target = csn_span_of(out->text.bytes, out->text.len);
  return NULL;
}

const char *csn_sign_sigv4(csn_sigv4_signed *out, const csn_sign_plan *plan, const csn_request *request, int64_t now) {
  uint8_t hash[CSN_SHA256_BYTES];
  struct tm parts;
  time_t time = (time_t)now;
  out->target = request->target;
  out->header_count = 0;
  if (!has_header(request, "Host")) return "the request has no header Host, which has to be signed";
  if (has_header(request, "Authorization")) return "the request has a header Authorization already";
  if (has_header(request, "X-Amz-Date")) return "the request has a header X-Amz-Date already";
  if (request->header_count > CSN_HEADERS_MAX) return too_large;
  if (gmtime_r(&time, &parts) == NULL || strftime(out->stamp, sizeof out->stamp, "%Y%m%dT%H%M%SZ", &parts) == 0) {
    return "the time is not of this calendar";
  }
  csn_sha256(request->body, hash);
  csn_hex_encode(csn_span_of(hash, sizeof hash), out->hash);
  return plan->choice->form == CSN_SIGN_SIGV4_PRESIGNED ? presign(out, plan, request) : sign_header(out, plan, request);
}
