#include "request_pool.h"

#include <stdio.h>

#include "workload.h"

static const csn_header usual_headers[] = {
    {CSN_SPAN_LITERAL("Host"), CSN_SPAN_LITERAL("api.example")},
    {CSN_SPAN_LITERAL("User-Agent"), CSN_SPAN_LITERAL("orders-client/3.2 (linux; x86_64)")},
    {CSN_SPAN_LITERAL("Accept"), CSN_SPAN_LITERAL("application/json")},
    {CSN_SPAN_LITERAL("Content-Type"), CSN_SPAN_LITERAL("application/json; charset=utf-8")},
};
enum { USUAL_HEADERS = sizeof usual_headers / sizeof usual_headers[0] };

static const char body[] =
    "{\"order\":\"4711\",\"customer\":\"0815\",\"lines\":[{\"article\":\"A-100\",\"amount\":2,\"price\":\"19.90\"},"
    "{\"article\":\"B-200\",\"amount\":1,\"price\":\"5.00\"}],\"currency\":\"EUR\",\"note\":\"leave at the door\"}";

static csn_span token_for(uint64_t number) {
  static csn_token_pool tokens;
  if (tokens.bytes == NULL) {
    csn_key key = csn_workload_key();
    csn_token_pool_make(&tokens, &key);
  }
  return tokens.tokens[number & (CSN_POOL_SIZE - 1)];
}

/* The request with the headers of `out`, all in one block: the array, then the names and values. */
static csn_request pack(const csn_request *request, const csn_signed *out, void **block) {
  size_t count = USUAL_HEADERS + out->header_count, size = count * sizeof(csn_header);
  for (size_t i = 0; i < out->header_count; i++) size += out->headers[i].name.len + out->headers[i].value.len;
  csn_header *headers = *block = csn_workload_alloc(size);
  memcpy(headers, usual_headers, sizeof usual_headers);
  uint8_t *at = (uint8_t *)(headers + count);
  for (size_t i = 0; i < out->header_count; i++) {
    csn_span name = out->headers[i].name, value = out->headers[i].value;
    headers[USUAL_HEADERS + i] = (csn_header){{at, name.len}, {at + name.len, value.len}};
    memcpy(at, name.ptr, name.len);
    memcpy(at + name.len, value.ptr, value.len);
    at += name.len + value.len;
  }
  csn_request packed = *request;
  packed.headers = headers;
  packed.header_count = count;
  return packed;
}

csn_request csn_request_make(const csn_request_kind *kind, uint64_t number, void **block) {
  const csn_scheme *scheme = csn_scheme_preset(csn_span_str(kind->preset));
  if (scheme == NULL) csn_workload_fatal("no preset %s", kind->preset);
  csn_key key = csn_workload_key();
  csn_request request = {.method = CSN_SPAN_LITERAL("POST"), .target = CSN_SPAN_LITERAL("/v1/orders?expand=lines")};
  if (kind->with_body) request.body = csn_span_str(body);
  char nonce[33];
  snprintf(nonce, sizeof nonce, "%016llx%016llx", (unsigned long long)csn_workload_mix(number),
           (unsigned long long)number);
  csn_sign_input input = {
      .scheme = scheme,
      .form = kind->form,
      .key = &key,
      .request = &request,
      .timestamp = CSN_WORKLOAD_NOW,
      .nonce = csn_span_of(nonce, 32),
  };
  if (scheme->has_token) input.token = token_for(number);
  csn_signed out;
  csn_error error = csn_sign_request(&out, &input);
  if (error != CSN_OK) csn_workload_fatal("signing a %s request: %s", kind->preset, csn_error_sentence(error));
  return pack(&request, &out, block);
}

csn_request *csn_request_pool_make(const csn_request_kind *kind, size_t count) {
  csn_request *requests = csn_workload_alloc(count * sizeof *requests);
  for (size_t i = 0; i < count; i++) {
    void *block;
    requests[i] = csn_request_make(kind, i, &block);
  }
  return requests;
}
