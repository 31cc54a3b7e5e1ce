/* The fields of a credential, found in one pass over the headers, against a search for each: for every preset, and for
 * schemes whose header names are as long as each other, long, or told apart by their last byte. */
#include "../src/locate.h"

#include "guarded.h"
#include "locate_plain.h"
#include "request_passes.h"

enum { HEADERS = 9, BYTES = 4096, ROUNDS = 15000, NAMES = 24 };

#define LONG64 "x-0123456789-0123456789-0123456789-0123456789-0123456789-0123456"

/* Not all of them are schemes that a verifier would take: where their fields are is all that is looked at. */
static const csn_scheme odd[] = {
    {
        .name = "lengths",
        .forms = {{.separator = '&',
                   .locations = {{CSN_FIELD_CLIENT_ID, CSN_SOURCE_HEADER, "x-0123456789abcdef-A", NULL, NULL},
                                 {CSN_FIELD_TIMESTAMP, CSN_SOURCE_HEADER, "X-0123456789ABCDEF-b", NULL, NULL},
                                 {CSN_FIELD_NONCE, CSN_SOURCE_HEADER, LONG64 "7", "v1=", NULL},
                                 {CSN_FIELD_SIGNATURE, CSN_SOURCE_HEADER, "q", NULL, NULL}}}},
    },
    {
        .name = "forms",
        .forms = {{.select_header = "X-Select",
                   .select_prefix = "one ",
                   .locations = {{CSN_FIELD_CLIENT_ID, CSN_SOURCE_HEADER, "x-0123456789abc", NULL, NULL},
                                 {CSN_FIELD_SIGNATURE, CSN_SOURCE_HEADER, LONG64, NULL, NULL}}},
                  {.select_header = "X-Select",
                   .select_prefix = "two",
                   .separator = '&',
                   .locations = {{CSN_FIELD_CLIENT_ID, CSN_SOURCE_HEADER_PARAM, "x-Params", NULL, "id"},
                                 {CSN_FIELD_TIMESTAMP, CSN_SOURCE_HEADER_PARAM, "X-PARAMS", NULL, "ts"},
                                 {CSN_FIELD_SIGNATURE, CSN_SOURCE_HEADER, "x-0123456789abcd", NULL, NULL}}},
                  {.locations = {{CSN_FIELD_CLIENT_ID, CSN_SOURCE_HEADER, "_^~`", NULL, NULL},
                                 {CSN_FIELD_SIGNATURE, CSN_SOURCE_HEADER, "X-Last", "two ", NULL}}}},
    },
    {
        .name = "two headers with parameters",
        .forms = {{.separator = ',',
                   .skips_unknown = true,
                   .locations = {{CSN_FIELD_CLIENT_ID, CSN_SOURCE_HEADER_PARAM, "X-Params", NULL, "id"},
                                 {CSN_FIELD_SIGNATURE, CSN_SOURCE_HEADER_PARAM, "X-Others", NULL, "sig"},
                                 {CSN_FIELD_TIMESTAMP, CSN_SOURCE_HEADER_PARAM, "X-Others", NULL, "ts"}}}},
    },
    {
        .name = "prefixes",
        .forms = {{.locations = {{CSN_FIELD_CLIENT_ID, CSN_SOURCE_HEADER, "X-Lanes", "0123456789abcde ", NULL},
                                 {CSN_FIELD_NONCE, CSN_SOURCE_HEADER, "X-No-Letter", "^0-123456789abc ", NULL},
                                 {CSN_FIELD_SIGNATURE, CSN_SOURCE_HEADER, "X-Longer", "0123456789abcdef ", NULL}}}},
    },
    {
        .name = "a field in two headers",
        .forms = {{.select_header = "X-Select",
                   .select_prefix = "one",
                   .locations = {{CSN_FIELD_CLIENT_ID, CSN_SOURCE_HEADER, "X-One", NULL, NULL}}},
                  {.select_header = "X-Select",
                   .select_prefix = "two",
                   .locations = {{CSN_FIELD_CLIENT_ID, CSN_SOURCE_HEADER, "X-First", NULL, NULL},
                                 {CSN_FIELD_CLIENT_ID, CSN_SOURCE_HEADER, "X-Second", NULL, NULL}}}},
    },
};

enum { ODD = sizeof odd / sizeof odd[0] };

typedef struct drawer {
  uint64_t random;
  const csn_scheme *scheme;
  const char *names[NAMES];
  size_t name_count;
  csn_header headers[HEADERS];
  size_t header_count;
  uint8_t bytes[BYTES];
  size_t used;
  guarded name_pages[HEADERS], value_pages[HEADERS];
} drawer;

static uint32_t draw(drawer *d, size_t below) {
  uint64_t z = (d->random += UINT64_C(0x9e3779b97f4a7c15));
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return (uint32_t)((z ^ (z >> 31)) % below);
}

static bool has_headers_alone(const csn_scheme *scheme) {
  for (size_t i = 0; i < csn_scheme_form_count(scheme); i++) {
    for (size_t j = 0; j < plain_count(&scheme->forms[i]); j++) {
      if (!csn_source_is_header(scheme->forms[i].locations[j].source)) return false;
    }
  }
  return csn_scheme_form_count(scheme) > 0;
}

static void set_scheme(drawer *d, const csn_scheme *scheme) {
  d->scheme = scheme;
  d->name_count = 0;
  for (size_t i = 0; i < csn_scheme_form_count(scheme); i++) {
    const csn_form *form = &scheme->forms[i];
    if (form->select_header != NULL) d->names[d->name_count++] = form->select_header;
    for (size_t j = 0; j < plain_count(form); j++) d->names[d->name_count++] = form->locations[j].name;
  }
}

/* ---- requests ---- */

static void put(drawer *d, const char *text) {
  size_t len = text == NULL ? 0 : strlen(text);
  if (len > 0) memcpy(d->bytes + d->used, text, len);
  d->used += len;
}

/* What a form might want in the header of this name, or nearly. */
static void put_prefix(drawer *d, const csn_form *form, const char *name) {
  const char *prefix = form->select_prefix;
  for (size_t i = 0; i < plain_count(form) && (prefix == NULL || draw(d, 2) == 0); i++) {
    if (csn_span_equal_nocase(csn_span_str(form->locations[i].name), csn_span_str(name))) {
      prefix = form->locations[i].prefix;
    }
  }
  if (draw(d, 12) != 0) put(d, prefix);
}

static csn_span draw_value(drawer *d, const csn_form *form, const char *name) {
  static const char *const scraps[] = {"v", "",   "&",       "&a=b",    ",a=\"b\"", "\"",
                                       " ", "\\", "Bearer ", "sha256=", "two",      "one  "};
  size_t start = d->used;
  put_prefix(d, form, name);
  if (draw(d, 8) == 0) put(d, " ");
  size_t text = d->used;
  for (size_t i = start; i < text && draw(d, 6) == 0; i++) d->bytes[i] ^= draw(d, 4) == 0 ? 1 : 0x20;
  for (size_t i = 0; i < plain_count(form); i++) {
    const csn_location *at = &form->locations[i];
    char assign[] = {form->assign == 0 ? '=' : form->assign, '\0'}, separator[] = {form->separator, '\0'};
    if (at->source != CSN_SOURCE_HEADER_PARAM || draw(d, 12) == 0) continue;
    if (d->used > start && d->bytes[d->used - 1] != ' ') put(d, separator);
    put(d, at->param);
    put(d, assign);
    put(d, form->quoted ? "\"v\"" : "v");
  }
  if (d->used == text && draw(d, 2) == 0) put(d, &"0123456789abcdefgh"[draw(d, 19)]);
  if (draw(d, 4) == 0) put(d, scraps[draw(d, sizeof scraps / sizeof scraps[0])]);
  return csn_span_of(d->bytes + start, d->used - start);
}

/* A name of the scheme's, mostly: in either case, or with a byte that is another. */
static csn_span draw_name(drawer *d, const char *name) {
  static const char *const usual[] = {"Host",         "User-Agent", "Accept",
                                      "Content-Type", "x-Clientid", "x-0123456789abcde"};
  size_t start = d->used;
  put(d, draw(d, 5) == 0 ? usual[draw(d, sizeof usual / sizeof usual[0])] : name);
  for (size_t i = start; i < d->used; i++) {
    bool is_letter = (d->bytes[i] | 0x20) >= 'a' && (d->bytes[i] | 0x20) <= 'z';
    if (is_letter && draw(d, 3) == 0) d->bytes[i] ^= 0x20;
  }
  if (draw(d, 12) == 0) d->bytes[start + draw(d, d->used - start)] ^= (uint8_t)(1 << draw(d, 8));
  if (draw(d, 40) == 0) d->used--;
  return csn_span_of(d->bytes + start, d->used - start);
}

/* Each name once, mostly, and some others. */
static void draw_headers(drawer *d) {
  d->used = d->header_count = 0;
  size_t first = draw(d, d->name_count);
  const csn_form *form = &d->scheme->forms[draw(d, csn_scheme_form_count(d->scheme))];
  for (size_t i = 0; i < d->name_count && d->header_count < HEADERS; i++) {
    const char *name = d->names[draw(d, 8) == 0 ? draw(d, d->name_count) : (first + i) % d->name_count];
    size_t count = 0;
    const csn_request so_far = {.headers = d->headers, .header_count = d->header_count};
    (void)plain_find(&so_far, name, &count);
    if ((count > 0 && draw(d, 20) != 0) || draw(d, plain_reads(form, name) ? 20 : 2) == 0) continue;
    size_t at = d->header_count++;
    d->headers[at].name = guarded_copy(&d->name_pages[at], draw_name(d, name));
    d->headers[at].value = guarded_copy(&d->value_pages[at], draw_value(d, form, name));
    if (d->headers[at].value.len == 0 && draw(d, 2) == 0) d->headers[at].value.ptr = NULL;
  }
}

/* ---- both ways ---- */

/* Where an empty one is does not count, but that it is somewhere: a field without a place is none. */
static bool same_span(csn_span a, csn_span b) {
  return a.len == b.len && (a.len > 0 ? a.ptr == b.ptr : (a.ptr == NULL) == (b.ptr == NULL));
}

static bool same_credential(const csn_credential *a, const csn_credential *b) {
  for (size_t i = 0; i < CSN_FIELD_COUNT; i++) {
    if (!same_span(a->fields[i], b->fields[i])) return false;
  }
  for (size_t i = 0; i < a->signature_count; i++) {
    if (!same_span(a->signatures[i].text, b->signatures[i].text)) return false;
  }
  return a->signature_count == b->signature_count;
}

static csn_reason check(drawer *d, const csn_places *places) {
  const csn_request request = {.headers = d->headers, .header_count = d->header_count};
  const csn_form *form = NULL, *plain_form = NULL;
  csn_credential credential, plain;
  csn_verdict verdict = {0}, plain_verdict = {0};
  csn_credential_clear(&credential);
  csn_credential_clear(&plain);
  csn_headers_found found;
  csn_headers_find(&places->names, &request, &found);
  csn_reason reason = csn_locate_fields(places, &request, &found, &credential, &form, &verdict);
  csn_reason wanted = plain_locate(d->scheme, &request, &plain, &plain_form, &plain_verdict);
  if (reason != wanted || verdict.field != plain_verdict.field || verdict.offset != plain_verdict.offset ||
      (reason == CSN_REASON_ACCEPTED && (form != plain_form || !same_credential(&credential, &plain)))) {
    fail_msg("%s: %s, not %s; field %d, not %d", d->scheme->name, csn_reason_label(reason), csn_reason_label(wanted),
             (int)verdict.field, (int)plain_verdict.field);
  }
  return reason;
}

static void one_pass_finds_what_a_search_for_each_finds(void **state) {
  drawer *d = *state;
  size_t reasons[CSN_REASON_COUNT] = {0}, schemes = 0;
  const csn_scheme *scheme;
  for (size_t i = 0; (scheme = i < ODD ? &odd[i] : csn_scheme_preset_at(i - ODD)) != NULL; i++) {
    csn_places places;
    if (!has_headers_alone(scheme)) continue;
    set_scheme(d, scheme);
    csn_places_prepare(&places, scheme);
    size_t accepted = reasons[CSN_REASON_ACCEPTED];
    for (int round = 0; round < ROUNDS; round++) {
      draw_headers(d);
      reasons[check(d, &places)]++;
    }
    if (reasons[CSN_REASON_ACCEPTED] - accepted < 100) fail_msg("%s: few are accepted", scheme->name);
    schemes++;
  }
  assert_int_equal(schemes, ODD + 17);
  assert_true(reasons[CSN_REASON_FIELD_MISSING] > 1000 && reasons[CSN_REASON_FIELD_REPEATED] > 1000);
  assert_true(reasons[CSN_REASON_FIELD_MALFORMED] > 1000 && reasons[CSN_REASON_FIELD_UNKNOWN] > 100);
}

static csn_request with_header(const csn_header *header) {
  return (csn_request){
      .method = CSN_SPAN_LITERAL("GET"), .target = CSN_SPAN_LITERAL("/"), .headers = header, .header_count = 1};
}

/* A name of every length, against texts that differ in one bit of one byte, or in the case of a letter. */
static void names_are_told_apart_by_every_bit(void **state) {
  drawer *d = *state;
  for (size_t len = 1; len <= 70; len++) {
    char name[71] = {0};
    csn_header_names names = {.count = 0};
    csn_headers_found found;
    for (size_t i = 0; i < len; i++) name[i] = "xY-9_q~Z"[(i + len) % 8];
    assert_int_equal(csn_header_names_add(&names, "another"), 0);
    size_t index = csn_header_names_add(&names, name);
    assert_int_equal(csn_header_names_add(&names, name), index);
    for (size_t bit = 0; bit < 8 * len; bit++) {
      uint8_t text[70];
      memcpy(text, name, len);
      text[bit / 8] ^= (uint8_t)(1 << bit % 8);
      csn_header header = {.name = guarded_copy(&d->name_pages[0], csn_span_of(text, len))};
      const csn_request request = with_header(&header);
      csn_headers_find(&names, &request, &found);
      bool same = csn_span_equal_nocase(header.name, csn_span_str(name));
      check_request_passes(&request, &names, csn_token_prefix(header.name) == len, false);
      if ((found.present >> index & 1) != same) fail_msg("%s, bit %zu", name, bit);
      assert_int_equal(found.repeated, 0);
    }
  }
}

/* Names and texts of one letter alone, of all lengths. */
static void names_are_told_apart_by_their_length(void **state) {
  drawer *d = *state;
  char letters[151];
  memset(letters, 'a', sizeof letters);
  letters[150] = '\0';
  for (size_t len = 1; len <= 70; len++) {
    csn_header_names names = {.count = 0};
    size_t index = csn_header_names_add(&names, letters + 150 - len);
    for (size_t other = 0; other <= 150; other++) {
      csn_header header = {.name = guarded_copy(&d->name_pages[0], csn_span_of(letters, other))};
      const csn_request request = with_header(&header);
      csn_headers_found found;
      csn_headers_find(&names, &request, &found);
      check_request_passes(&request, &names, other > 0, other <= CSN_HEADER_NAME_WIDE);
      assert_int_equal(found.present, other == len ? csn_header_name_bit(index) : 0);
    }
  }
}

/* Letters of either case are one (RFC 9110 section 5.1), and no other bytes. */
static void bytes_are_equal_but_for_the_case_of_letters(void **state) {
  static const char upper[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", lower[] = "abcdefghijklmnopqrstuvwxyz";
  (void)state;
  for (unsigned a = 0; a < 256; a++) {
    for (unsigned b = 0; b < 256; b++) {
      uint8_t x[] = {'q', (uint8_t)a, 'Z'}, y[] = {'Q', (uint8_t)b, 'z'};
      const char *at = a == 0 ? NULL : strchr(upper, (int)a), *of = a == 0 ? NULL : strchr(lower, (int)a);
      bool same =
          a == b || (at != NULL && lower[at - upper] == (char)b) || (of != NULL && upper[of - lower] == (char)b);
      assert_int_equal(csn_span_equal_nocase(csn_span_of(x, 3), csn_span_of(y, 3)), same);
    }
  }
  assert_false(csn_span_equal_nocase(csn_span_str("Ab"), csn_span_str("aBc")));
  assert_true(csn_span_equal_nocase(csn_span_of(NULL, 0), csn_span_str("")));
}

static int set_up(void **state) {
  drawer *d = calloc(1, sizeof *d);
  assert_non_null(d);
  for (size_t i = 0; i < HEADERS; i++) {
    d->name_pages[i] = guarded_new(BYTES);
    d->value_pages[i] = guarded_new(BYTES);
  }
  *state = d;
  return 0;
}

static int tear_down(void **state) {
  drawer *d = *state;
  for (size_t i = 0; i < HEADERS; i++) {
    guarded_free(&d->name_pages[i]);
    guarded_free(&d->value_pages[i]);
  }
  free(d);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(one_pass_finds_what_a_search_for_each_finds),
      cmocka_unit_test(bytes_are_equal_but_for_the_case_of_letters),
      cmocka_unit_test(names_are_told_apart_by_every_bit),
      cmocka_unit_test(names_are_told_apart_by_their_length),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
