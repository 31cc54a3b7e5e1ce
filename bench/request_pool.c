#include "request_pool.h"

#include <pthread.h>

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
    "{\"article\":\"B-200\",\"amount\":1,\"price\":\"5.00\"}],\"currency\":\"EUR\",\"note\":\"leave at the door\","
    "\"gift\":false,\"delivery\":\"2026-10-01\",\"payment\":\"invoice\",\"discount\":\"none\"}";
_Static_assert(sizeof body - 1 == CSN_REQUEST_BODY_BYTES, "the body has the size that is promised");

static csn_key key;
static csn_token_pool tokens;

static void make_shared(void) {
  key = csn_workload_key();
  csn_token_pool_make_until(&tokens, &key, CSN_REQUEST_TOKENS_EXPIRE);
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

/* What is signed, without the headers that signing adds. */
static csn_request bare_request(const csn_request_kind *kind) {
  csn_request request = {.method = CSN_SPAN_LITERAL("POST"), .target = CSN_SPAN_LITERAL("/v1/orders?expand=lines")};
  if (kind->with_body) request.body = csn_span_str(body);
  return request;
}

enum { NONCE_DIGITS = 32 };

/* The nonce is written to `digits`. */
static csn_sign_input input_for(const csn_request_kind *kind, uint64_t number, int64_t now, const csn_request *request,
                                uint8_t digits[NONCE_DIGITS]) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  uint8_t bytes[NONCE_DIGITS / 2];
  uint64_t mixed = csn_workload_mix(number);
  memcpy(bytes, &mixed, 8);
  memcpy(bytes + 8, &number, 8);
  for (size_t i = 0; i < NONCE_DIGITS; i++)
    digits[i] = (uint8_t)("0123456789abcdef"[bytes[i / 2] >> (i % 2 == 0 ? 4 : 0) & 15]);
  pthread_once(&once, make_shared);
  csn_sign_input input = {
      .scheme = csn_scheme_preset(csn_span_str(kind->preset)),
      .form = kind->form,
      .key = &key,
      .request = request,
      .timestamp = now,
      .nonce = csn_span_of(digits, NONCE_DIGITS),
  };
  if (input.scheme == NULL) csn_workload_fatal("no preset %s", kind->preset);
  if (input.scheme->has_token) input.token = tokens.tokens[number & (CSN_POOL_SIZE - 1)];
  return input;
}

static void sign(csn_signed *out, const csn_request_kind *kind, uint64_t number, int64_t now) {
  csn_request request = bare_request(kind);
  uint8_t nonce[NONCE_DIGITS];
  csn_sign_input input = input_for(kind, number, now, &request, nonce);
  csn_error error = csn_sign_request(out, &input);
  if (error != CSN_OK) csn_workload_fatal("signing a %s request: %s", kind->preset, csn_error_sentence(error));
}

csn_request csn_request_make(const csn_request_kind *kind, uint64_t number, void **block) {
  csn_request request = bare_request(kind);
  csn_signed out;
  sign(&out, kind, number, CSN_WORKLOAD_NOW);
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

void csn_request_renew(csn_request *request, const csn_request_kind *kind, uint64_t number, int64_t now) {
  csn_signed out;
  sign(&out, kind, number, now);
  for (size_t i = 0; i < out.header_count; i++) {
    csn_span there = request->headers[USUAL_HEADERS + i].value, fresh = out.headers[i].value;
    if (there.len != fresh.len) csn_workload_fatal("two %s requests are not of one length", kind->preset);
    memcpy((uint8_t *)there.ptr, fresh.ptr, fresh.len);
  }
}

void csn_request_string(const csn_request_kind *kind, uint64_t number, int64_t now, uint8_t *out, size_t size,
                        size_t *len) {
  csn_request request = bare_request(kind);
  uint8_t nonce[NONCE_DIGITS];
  csn_sign_input input = input_for(kind, number, now, &request, nonce);
  csn_error error = csn_sign_canonical(&input, out, size, len);
  if (error != CSN_OK) csn_workload_fatal("the string of a %s request: %s", kind->preset, csn_error_sentence(error));
}
