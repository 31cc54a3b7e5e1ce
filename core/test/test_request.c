/* The form of a request, and where its headers are, seen in one pass, against a check of byte after byte. */
#include "../src/credential.h"
#include "../src/fast_path.h"
#include "../src/locate.h"
#include "guarded.h"
#include "request_passes.h"

enum { HEADERS = 6, PARTS = 2 + 2 * HEADERS, ROUNDS = 60000, METHOD_MAX = 32, USUAL_NAME_MAX = 64 };

/* 51 bytes. */
#define X51 "x-0123456789-0123456789-0123456789-0123456789-01234"

/* Of equal length, of the lengths of the registers and beside them, and of one length modulo 64. */
static const char *const names_read[] = {
    "a",
    "x-nonce",
    "x-signature",
    "x-timestamp",
    "x-0123456789-a",
    "x-0123456789-ab",
    "x-0123456789-abc",
    X51 "01234567890",
    X51 "012345678901",
    X51 "0123456789012",
    X51 "012345678901z",
    X51 "0123456789012" X51 "0123456789012",
};
enum { NAMES_READ = sizeof names_read / sizeof names_read[0] };

typedef struct drawer {
  uint64_t random;
  guarded pages[PARTS];
  size_t parts; /* that are in use */
  csn_header_names names;
  csn_header headers[CSN_HEADERS_MAX + 1];
} drawer;

static uint32_t draw(drawer *d, size_t below) {
  uint64_t z = (d->random += UINT64_C(0x9e3779b97f4a7c15));
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return (uint32_t)((z ^ (z >> 31)) % below);
}

/* ---- byte after byte ---- */

static bool is_in_token(uint8_t byte) {
  return byte != 0 &&
         strchr("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", byte) != NULL;
}
static bool is_in_target(uint8_t byte) {
  return byte >= 0x21 && byte != 0x7f;
}
static bool is_in_value(uint8_t byte) {
  return byte == 0x09 || (byte >= 0x20 && byte != 0x7f);
}

static bool is_wrong(csn_span span, size_t least, size_t most, bool (*is_in)(uint8_t), size_t *offset) {
  for (*offset = 0; *offset < span.len && *offset < most; (*offset)++) {
    if (!is_in(span.ptr[*offset])) return true;
  }
  return span.len < least || span.len > most;
}

static csn_reason refuse(csn_verdict *verdict, csn_reason reason, csn_field field, size_t offset) {
  verdict->field = field;
  verdict->offset = offset;
  return reason;
}

static csn_reason model_header(const csn_header *header, csn_verdict *verdict) {
  size_t at;
  if (is_wrong(header->name, 1, CSN_HEADER_NAME_MAX, is_in_token, &at)) {
    return refuse(verdict, CSN_REASON_HEADER_NAME_INVALID, CSN_FIELD_HEADER, at);
  }
  if (header->value.len > CSN_HEADER_VALUE_MAX) {
    return refuse(verdict, CSN_REASON_HEADER_TOO_LONG, CSN_FIELD_HEADER, CSN_HEADER_VALUE_MAX);
  }
  if (is_wrong(header->value, 0, CSN_HEADER_VALUE_MAX, is_in_value, &at)) {
    return refuse(verdict, CSN_REASON_HEADER_VALUE_INVALID, CSN_FIELD_HEADER, at);
  }
  return CSN_REASON_ACCEPTED;
}

static csn_reason model_check(const csn_request *request, csn_verdict *verdict) {
  size_t at;
  if (is_wrong(request->method, 1, METHOD_MAX, is_in_token, &at)) {
    return refuse(verdict, CSN_REASON_METHOD_INVALID, CSN_FIELD_METHOD, at);
  }
  if (is_wrong(request->target, 1, CSN_TARGET_MAX, is_in_target, &at)) {
    return refuse(verdict, CSN_REASON_TARGET_INVALID, CSN_FIELD_TARGET, at);
  }
  if (request->header_count > CSN_HEADERS_MAX) return refuse(verdict, CSN_REASON_HEADER_LIMIT, CSN_FIELD_HEADER, 0);
  for (size_t i = 0; i < request->header_count; i++) {
    csn_reason reason = model_header(&request->headers[i], verdict);
    if (reason == CSN_REASON_ACCEPTED) continue;
    verdict->header_index = i;
    return reason;
  }
  return CSN_REASON_ACCEPTED;
}

/* ---- requests ---- */

/* Of a usual length, or at the limit; of one letter, or with up to two bytes of any kind. */
static csn_span draw_part(drawer *d, size_t most) {
  static uint8_t bytes[CSN_HEADER_VALUE_MAX + 2];
  size_t len = draw(d, 60) == 0 ? most - 1 + draw(d, 3) : draw(d, 12) == 0 ? 0 : 1 + draw(d, 40);
  memset(bytes, 'a' + (int)draw(d, 26), len);
  for (uint32_t left = draw(d, 8) == 0 ? 1 + draw(d, 2) : 0; left > 0 && len > 0; left--) {
    bytes[draw(d, len)] = (uint8_t)(draw(d, 2) == 0 ? draw(d, 256) : ' ' + draw(d, 95));
  }
  return guarded_copy(&d->pages[d->parts++], csn_span_of(bytes, len));
}

/* One of those that are read, in either case, one time in five with a bit that is another. */
static csn_span draw_name(drawer *d) {
  uint8_t bytes[CSN_HEADER_NAME_MAX];
  csn_span name = csn_span_str(names_read[draw(d, NAMES_READ)]);
  for (size_t i = 0; i < name.len; i++) {
    bool upper = name.ptr[i] >= 'a' && name.ptr[i] <= 'z' && draw(d, 2) == 0;
    bytes[i] = name.ptr[i] ^ (upper ? 0x20 : 0);
  }
  if (draw(d, 5) == 0) bytes[draw(d, name.len)] ^= (uint8_t)(1 << draw(d, 8));
  return guarded_copy(&d->pages[d->parts++], csn_span_of(bytes, name.len));
}

static csn_request draw_request(drawer *d) {
  d->parts = 0;
  csn_request request = {.method = draw_part(d, METHOD_MAX), .target = draw_part(d, CSN_TARGET_MAX)};
  request.header_count = draw(d, HEADERS + 1);
  for (size_t i = 0; i < request.header_count; i++) {
    d->headers[i].name = draw(d, 2) == 0 ? draw_name(d) : draw_part(d, CSN_HEADER_NAME_MAX);
    d->headers[i].value = draw_part(d, CSN_HEADER_VALUE_MAX);
  }
  if (request.header_count > 0 && draw(d, 30) == 0) {
    size_t count = CSN_HEADERS_MAX + draw(d, 2);
    for (size_t i = request.header_count; i < count; i++) d->headers[i] = d->headers[0];
    request.header_count = count;
  }
  request.headers = d->headers;
  return request;
}

/* ---- both ways ---- */

static bool is_all(csn_span span, uint8_t lowest, uint8_t highest) {
  for (size_t i = 0; i < span.len; i++) {
    if (span.ptr[i] < lowest || span.ptr[i] > highest) return false;
  }
  return true;
}

/* Letters, digits and '-'. */
static bool is_usual_name(csn_span name) {
  for (size_t i = 0; i < name.len; i++) {
    csn_span byte = csn_span_of(name.ptr + i, 1);
    if (!is_all(byte, 'a', 'z') && !is_all(byte, 'A', 'Z') && !is_all(byte, '-', '-') && !is_all(byte, '0', '9')) {
      return false;
    }
  }
  return name.len <= USUAL_NAME_MAX;
}

static bool is_usual(const csn_request *request) {
  if (!is_usual_name(request->method) || !is_all(request->target, '!', '~')) return false;
  for (size_t i = 0; i < request->header_count; i++) {
    if (!is_usual_name(request->headers[i].name) || !is_all(request->headers[i].value, ' ', '~')) return false;
  }
  return true;
}

static void check_reading(const csn_request *request, const csn_header_names *names, csn_reason right,
                          const csn_verdict *wanted) {
  csn_verdict verdict = {0};
  csn_headers_found found, wanted_found;
  csn_reason reason = csn_request_read(request, names, &found, &verdict);
  if (reason != right || verdict.field != wanted->field || verdict.offset != wanted->offset ||
      verdict.header_index != wanted->header_index) {
    fail_msg("%s at %zu of header %zu, not %s at %zu of header %zu", csn_reason_label(reason), verdict.offset,
             verdict.header_index, csn_reason_label(right), wanted->offset, wanted->header_index);
  }
  csn_headers_find(names, request, &wanted_found);
  if (reason == CSN_REASON_ACCEPTED) assert_true(same_headers(&found, &wanted_found));
}

static csn_reason check(const drawer *d, const csn_request *request) {
  csn_verdict wanted = {0};
  csn_reason right = model_check(request, &wanted);
  check_reading(request, &d->names, right, &wanted);
  csn_atomic_store_relaxed(&csn_fast_paths_off, 1);
  check_reading(request, &d->names, right, &wanted);
  csn_atomic_store_relaxed(&csn_fast_paths_off, 0);
  check_request_passes(request, &d->names, right == CSN_REASON_ACCEPTED, is_usual(request));
  return right;
}

static void one_pass_sees_what_byte_after_byte_shows(void **state) {
  drawer *d = *state;
  size_t reasons[CSN_REASON_COUNT] = {0}, usual = 0;
  for (int round = 0; round < ROUNDS; round++) {
    csn_request request = draw_request(d);
    csn_reason reason = check(d, &request);
    reasons[reason]++;
    usual += reason == CSN_REASON_ACCEPTED && is_usual(&request);
  }
  assert_true(usual > 5000);
  assert_true(reasons[CSN_REASON_ACCEPTED] > 5000);
  assert_true(reasons[CSN_REASON_METHOD_INVALID] > 1000 && reasons[CSN_REASON_TARGET_INVALID] > 1000);
  assert_true(reasons[CSN_REASON_HEADER_NAME_INVALID] > 1000 && reasons[CSN_REASON_HEADER_VALUE_INVALID] > 300);
  assert_true(reasons[CSN_REASON_HEADER_TOO_LONG] > 100 && reasons[CSN_REASON_HEADER_LIMIT] > 100);
}

/* In each part of a request, every byte. */
static void every_byte_in_every_part_is_as_it_should_be(void **state) {
  drawer *d = *state;
  size_t accepted = 0;
  for (size_t part = 0; part < PARTS; part++) {
    for (unsigned byte = 0; byte < 256; byte++) {
      uint8_t changed[] = {'a', (uint8_t)byte, 'b'};
      csn_span parts[PARTS];
      csn_header headers[HEADERS];
      for (size_t i = 0; i < PARTS; i++) parts[i] = csn_span_str("abc");
      parts[part] = guarded_copy(&d->pages[0], csn_span_of(changed, sizeof changed));
      for (size_t i = 0; i < HEADERS; i++) headers[i] = (csn_header){parts[2 + 2 * i], parts[3 + 2 * i]};
      const csn_request request = {.method = parts[0], .target = parts[1], .headers = headers, .header_count = HEADERS};
      accepted += check(d, &request) == CSN_REASON_ACCEPTED;
    }
  }
  assert_int_equal(accepted, 77 + 222 + HEADERS * (77 + 224));
}

static int set_up(void **state) {
  drawer *d = calloc(1, sizeof *d);
  assert_non_null(d);
  for (size_t i = 0; i < PARTS; i++) d->pages[i] = guarded_new(CSN_HEADER_VALUE_MAX + 2);
  for (size_t i = 0; i < NAMES_READ; i++) assert_int_equal(csn_header_names_add(&d->names, names_read[i]), i);
  *state = d;
  return 0;
}

static int tear_down(void **state) {
  drawer *d = *state;
  for (size_t i = 0; i < PARTS; i++) guarded_free(&d->pages[i]);
  free(d);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(one_pass_sees_what_byte_after_byte_shows),
      cmocka_unit_test(every_byte_in_every_part_is_as_it_should_be),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
