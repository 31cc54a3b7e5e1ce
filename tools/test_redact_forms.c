/* The forms of a secret: what other people's writers make of it is hidden, and a plain search finds no more. */
#include "redact_forms.h"

#include "../core/src/encoding.h"
#include "test_redact.h"

/* ---- known answers ---- */

/* Each is what the program named made of KNOWN. */
#define KNOWN "p@ss\"w\\o/r\td \xc3\xa9~\xf0\x9f\x94\x91*!"

static void what_other_writers_make_of_a_secret_is_hidden(void **state) {
  static const char *const written[] = {
      "p@ss\\\"w\\\\o/r\\td \\u00e9~\\ud83d\\udd11*!",    /* Python 3.11: json.dumps(s) */
      "p@ss\\\"w\\\\o/r\\td \xc3\xa9~\xf0\x9f\x94\x91*!", /* json.dumps(s, ensure_ascii=False); Node 20:
                                                             JSON.stringify(s) */
      "p@ss\\\"w\\\\o\\/r\\td \\u00e9~\\ud83d\\udd11*!",  /* json.dumps(s).replace("/", "\\/"), as json_encode() of PHP
                                                           */
      "p@ss\\\"w\\\\o/r\\td \\u00E9~\\uD83D\\uDD11*!",    /* re.sub(r"\\u....", upper, json.dumps(s)) */
      "p%40ss%22w%5Co%2Fr%09d%20%C3%A9~%F0%9F%94%91%2A%21", /* urllib.parse.quote(s, safe="") */
      "p%40ss%22w%5Co/r%09d%20%C3%A9~%F0%9F%94%91%2A%21",   /* urllib.parse.quote(s) */
      "p%40ss%22w%5Co%2Fr%09d+%C3%A9~%F0%9F%94%91%2A%21",   /* urllib.parse.quote_plus(s), and of urlencode({"s": s}) */
      "p%40ss%22w%5Co%2Fr%09d%20%C3%A9~%F0%9F%94%91*!",     /* Node 20: encodeURIComponent(s) */
      "p%40ss%22w%5Co%2Fr%09d+%C3%A9%7E%F0%9F%94%91*%21",   /* new URLSearchParams({s}) */
      "p@ss%22w%5Co/r%09d%20%C3%A9~%F0%9F%94%91*!",         /* encodeURI(s) */
      "p%40ss%22w%5co%2fr%09d%20%c3%a9~%f0%9f%94%91*!",     /* encodeURIComponent(s), digits in lower case */
      "cEBzcyJ3XG8vcglkIMOpfvCflJEqIQ%3D%3D",               /* quote(base64.b64encode(s.encode()), safe="") */
  };
  static const char *const others[] = {
      "p@ss\\\"w\\\\o/r\\td \\u00e8~\\ud83d\\udd11*!", /* another letter */
      "p@ss\\\"w\\\\o/r\\td \\u00e9~\\udd11\\ud83d*!", /* no surrogate pair */
      "p@ss\\\"w\\o/r\\td \\u00e9~\\ud83d\\udd11*!",   /* one backslash is not escaped */
      "p%40ss%22w%5Co%2Fr%09d %C3%A9~%F0%9F%94%91*!",  /* nor the space */
      "p%40ss%22w%5Co%2Fr%09d%20%C3%A9~%F0%9F%94%91*", /* not whole */
  };
  (void)state;
  csn_span secret = csn_span_str(KNOWN);
  csn_redactor *redactor = redactor_of(&secret, 1);
  for (size_t i = 0; i < COUNT(written); i++) {
    char input[128], wanted[128];
    snprintf(input, sizeof input, "{\"a\":\"%s\"}\n", written[i]);
    bool padded = strstr(written[i], "%3D%3D") != NULL; /* of padding it does not matter whether it stays */
    snprintf(wanted, sizeof wanted, "{\"a\":\"" HIDDEN "%s\"}\n", padded ? "%3D%3D" : "");
    must_be(redactor, csn_span_str(input), csn_span_str(wanted));
  }
  for (size_t i = 0; i < COUNT(others); i++) must_be(redactor, csn_span_str(others[i]), csn_span_str(others[i]));
  csn_redactor_free(redactor);
}

/* ---- the writers, as a table of another make ---- */

enum { JSON_WRITERS = 9, PERCENT_WRITERS = 7 };

/* A character as each writer has it. Made by Python 3.11 (columns 1 and 2, and 1, 2 and 5 of percent-encoding), Node 20
 * (3, 4 and 6 of percent-encoding), and from those by what the other writers document. */
static const struct {
  const char *raw;
  const char *json[JSON_WRITERS], *percent[PERCENT_WRITERS];
} characters[] = {
    {" ", {" ", " ", " ", " ", " ", " ", " ", " ", " "}, {"%20", "%20", "%20", "%20", "+", "+", "+"}},
    {"\"",
     {"\\\"", "\\\"", "\\\"", "\\\"", "\\\"", "\\\"", "\\\"", "\\u0022", "\\\""},
     {"%22", "%22", "%22", "%22", "%22", "%22", "%22"}},
    {"\\",
     {"\\\\", "\\\\", "\\\\", "\\\\", "\\\\", "\\\\", "\\\\", "\\\\", "\\\\"},
     {"%5C", "%5C", "%5C", "%5C", "%5C", "%5C", "%5C"}},
    {"/", {"/", "/", "\\/", "\\/", "/", "/", "/", "/", "/"}, {"%2F", "/", "%2F", "/", "%2F", "%2F", "%2F"}},
    {"\n",
     {"\\n", "\\n", "\\n", "\\n", "\\n", "\\n", "\\n", "\\n", "\\u000a"},
     {"%0A", "%0A", "%0A", "%0A", "%0A", "%0A", "%0A"}},
    {"\001",
     {"\\u0001", "\\u0001", "\\u0001", "\\u0001", "\\u0001", "\\u0001", "\\u0001", "\\u0001", "\\u0001"},
     {"%01", "%01", "%01", "%01", "%01", "%01", "%01"}},
    {"\177",
     {"\177", "\\u007f", "\177", "\\u007f", "\177", "\\u007f", "\177", "\\u007f", "\\u007f"},
     {"%7F", "%7F", "%7F", "%7F", "%7F", "%7F", "%7F"}},
    {"<",
     {"<", "<", "<", "<", "\\u003c", "\\u003c", "\\u003c", "\\u003c", "<"},
     {"%3C", "%3C", "%3C", "%3C", "%3C", "%3C", "%3C"}},
    {"&",
     {"&", "&", "&", "&", "\\u0026", "\\u0026", "\\u0026", "\\u0026", "&"},
     {"%26", "%26", "%26", "&", "%26", "%26", "%26"}},
    {"=", {"=", "=", "=", "=", "=", "=", "\\u003d", "=", "="}, {"%3D", "%3D", "%3D", "=", "%3D", "%3D", "%3D"}},
    {"'", {"'", "'", "'", "'", "'", "'", "\\u0027", "\\u0027", "'"}, {"%27", "%27", "'", "'", "%27", "%27", "%27"}},
    {"+", {"+", "+", "+", "+", "+", "+", "+", "\\u002b", "+"}, {"%2B", "%2B", "%2B", "+", "%2B", "%2B", "%2B"}},
    {"`", {"`", "`", "`", "`", "`", "`", "`", "\\u0060", "`"}, {"%60", "%60", "%60", "%60", "%60", "%60", "%60"}},
    {"~", {"~", "~", "~", "~", "~", "~", "~", "~", "~"}, {"~", "~", "~", "~", "~", "%7E", "%7E"}},
    {"*", {"*", "*", "*", "*", "*", "*", "*", "*", "*"}, {"%2A", "%2A", "*", "*", "%2A", "*", "%2A"}},
    {"!", {"!", "!", "!", "!", "!", "!", "!", "!", "!"}, {"%21", "%21", "!", "!", "%21", "%21", "%21"}},
    {"@", {"@", "@", "@", "@", "@", "@", "@", "@", "@"}, {"%40", "%40", "%40", "@", "%40", "%40", "%40"}},
    {"%", {"%", "%", "%", "%", "%", "%", "%", "%", "%"}, {"%25", "%25", "%25", "%25", "%25", "%25", "%25"}},
    {"é",
     {"é", "\\u00e9", "é", "\\u00e9", "é", "\\u00e9", "é", "\\u00e9", "\\u00e9"},
     {"%C3%A9", "%C3%A9", "%C3%A9", "%C3%A9", "%C3%A9", "%C3%A9", "%C3%A9"}},
    {"€",
     {"€", "\\u20ac", "€", "\\u20ac", "€", "\\u20ac", "€", "\\u20ac", "\\u20ac"},
     {"%E2%82%AC", "%E2%82%AC", "%E2%82%AC", "%E2%82%AC", "%E2%82%AC", "%E2%82%AC", "%E2%82%AC"}},
    {"🔑",
     {"🔑", "\\ud83d\\udd11", "🔑", "\\ud83d\\udd11", "🔑", "\\ud83d\\udd11", "🔑", "\\ud83d\\udd11", "\\ud83d\\udd11"},
     {"%F0%9F%94%91", "%F0%9F%94%91", "%F0%9F%94%91", "%F0%9F%94%91", "%F0%9F%94%91", "%F0%9F%94%91", "%F0%9F%94%91"}},
};

enum { INPUT_SIZE = 4000, FORM_BYTES = 512, FORMS = 5 + 2 * (JSON_WRITERS + PERCENT_WRITERS) };

typedef struct form {
  uint8_t bytes[FORM_BYTES];
  size_t len;
  bool any_case;
} form;

static void append(form *out, const char *text, size_t len) {
  assert_true(len <= FORM_BYTES - out->len);
  memcpy(out->bytes + out->len, text, len);
  out->len += len;
}

static size_t character_at(const uint8_t *at, size_t left) {
  size_t i = 0;
  while (i < COUNT(characters) &&
         (strlen(characters[i].raw) > left || memcmp(at, characters[i].raw, strlen(characters[i].raw)) != 0))
    i++;
  return i;
}

/* False where a JSON text cannot hold it. */
static bool write_as(form *out, size_t writer, const uint8_t *text, size_t len) {
  bool is_json = writer < JSON_WRITERS;
  memset(out, 0, sizeof *out);
  for (size_t at = 0, taken; at < len; at += taken) {
    size_t i = character_at(text + at, len - at);
    taken = i < COUNT(characters) ? strlen(characters[i].raw) : 1;
    if (i < COUNT(characters)) {
      const char *written = is_json ? characters[i].json[writer] : characters[i].percent[writer - JSON_WRITERS];
      append(out, written, strlen(written));
      out->any_case |= is_json ? strncmp(written, "\\u", 2) == 0 : strcmp(written, characters[i].raw) != 0;
    } else if (text[at] < 0x80) {
      append(out, (const char *)text + at, 1);
    } else if (is_json) {
      return false;
    } else {
      char escape[4];
      snprintf(escape, sizeof escape, "%%%02x", text[at]);
      append(out, escape, 3);
      out->any_case = true;
    }
  }
  return true;
}

static size_t add_written(form *forms, const uint8_t *text, size_t len) {
  size_t count = 0;
  for (size_t i = 0; i < JSON_WRITERS + PERCENT_WRITERS; i++) count += write_as(&forms[count], i, text, len);
  return count;
}

static size_t add_forms(form *forms, csn_span secret) {
  form *raw = forms, *hex = forms + 1, *url = forms + 2, *plain = forms + 3, *padded = forms + 4;
  memset(forms, 0, 5 * sizeof *forms);
  memcpy(raw->bytes, secret.ptr, raw->len = secret.len);
  csn_hex_encode(secret, (char *)hex->bytes);
  hex->len = 2 * secret.len;
  hex->any_case = true;
  csn_base64url_encode(secret, (char *)url->bytes);
  url->len = csn_base64url_encoded_len(secret.len);
  *plain = *url;
  for (size_t i = 0; i < plain->len; i++) {
    if (plain->bytes[i] == '-') plain->bytes[i] = '+';
    if (plain->bytes[i] == '_') plain->bytes[i] = '/';
  }
  *padded = *plain;
  while (padded->len % 4 != 0) padded->bytes[padded->len++] = '=';
  size_t count = 5 + add_written(forms + 5, secret.ptr, secret.len);
  return count + add_written(forms + count, plain->bytes, plain->len);
}

/* ---- against a plain search ---- */

static uint64_t random_state = 1;

static size_t random_below(size_t limit) {
  random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (size_t)(random_state >> 33) % limit;
}

static bool stands_at(const form *one, const uint8_t *at, size_t left) {
  if (left < one->len || ((one->bytes[0] ^ at[0]) & ~0x20) != 0) return false;
  if (one->any_case) return strncasecmp((const char *)one->bytes, (const char *)at, one->len) == 0;
  return memcmp(one->bytes, at, one->len) == 0;
}

/* The longest form at each place; what overlaps is one. */
static size_t redact_naively(const form *forms, size_t count, csn_span input, char *out) {
  size_t len = 0, end = 0;
  for (size_t at = 0; at < input.len; at++) {
    size_t longest = 0;
    for (size_t i = 0; i < count; i++) {
      if (forms[i].len > longest && stands_at(&forms[i], input.ptr + at, input.len - at)) longest = forms[i].len;
    }
    if (longest > 0 && at >= end) len += (size_t)sprintf(out + len, HIDDEN);
    if (longest > 0 && at + longest > end) end = at + longest;
    if (at >= end) out[len++] = (char)input.ptr[at];
  }
  return len;
}

static size_t random_input(uint8_t *out, size_t size, const form *forms, size_t count) {
  static const char letters[] = "ab01\n\rAB=";
  size_t len = 0;
  while (len < size - FORM_BYTES - 4) {
    const form *one = &forms[random_below(count)];
    size_t from = random_below(4) == 0 ? random_below(one->len) : 0, part = one->len - from;
    if (random_below(4) == 0) part = random_below(part + 1);
    memcpy(out + len, one->bytes + from, part);
    len += part;
    for (size_t i = random_below(4); i > 0; i--) out[len++] = (uint8_t)letters[random_below(sizeof letters - 1)];
  }
  return len;
}

/* Characters of the table, letters, or bytes that are no UTF-8. */
static size_t random_secret(uint8_t *out, size_t round) {
  size_t len = 0, wanted = 8 + random_below(6);
  while (len < wanted) {
    const char *raw = characters[random_below(COUNT(characters))].raw;
    uint8_t letter = (uint8_t) "ab\n0"[random_below(round % 2 == 0 ? 2 : 4)];
    bool is_character = round % 4 != 0 && random_below(2) == 0;
    size_t taken = is_character ? strlen(raw) : 1;
    memcpy(out + len, is_character ? raw : (const char *)&letter, taken);
    len += taken;
  }
  if (round % 3 == 0) out[random_below(len)] = (uint8_t)(128 + random_below(128));
  return len;
}

/* A redactor without secrets lets it pass: else it looks like a signature by chance, and says nothing. */
static bool is_plain(const csn_redactor *without, csn_span input) {
  redact_split(without, input, 0);
  return output_len == input.len;
}

static void must_be_as_naive(const csn_redactor *redactor, csn_span input, const form *forms, size_t count) {
  static char wanted[4 * INPUT_SIZE];
  size_t wanted_len = redact_naively(forms, count, input, wanted), differs = 0;
  for (size_t i = 0; i < 4; i++) {
    redact_split(redactor, input, random_below(input.len + 1));
    if (output_len == wanted_len && memcmp(output, wanted, wanted_len) == 0) continue;
    while (differs < output_len && output[differs] == wanted[differs]) differs++;
    fail_msg("byte %zu: %.200s\nnot %.200s", differs, output + differs, wanted + differs);
  }
}

static void random_input_comes_out_as_from_a_plain_search(void **state) {
  enum { SECRETS = 6, ROUNDS = 24, INPUTS = 16 };
  static form forms[SECRETS * FORMS];
  csn_redactor *without = redactor_of(NULL, 0);
  size_t compared = 0;
  (void)state;
  for (size_t round = 0; round < ROUNDS; round++) {
    uint8_t bytes[SECRETS][32], input[INPUT_SIZE];
    csn_span secrets[SECRETS];
    size_t count = 0;
    for (size_t i = 0; i < SECRETS; i++) {
      size_t len = random_secret(bytes[i], round);
      if (i % 2 == 1) memcpy(bytes[i], bytes[i - 1], 7);
      secrets[i] = csn_span_of(bytes[i], len);
      count += add_forms(forms + count, secrets[i]);
    }
    csn_redactor *redactor = redactor_of(secrets, SECRETS);
    for (size_t i = 0; i < INPUTS; i++) {
      csn_span random = csn_span_of(input, random_input(input, sizeof input, forms, count));
      if (!is_plain(without, random)) continue;
      must_be_as_naive(redactor, random, forms, count);
      compared++;
    }
    csn_redactor_free(redactor);
  }
  assert_true(compared > ROUNDS * INPUTS * 3 / 4);
  csn_redactor_free(without);
}

static void a_thousand_secrets_are_found_at_once(void **state) {
  enum { SECRETS = 1000, LEN = 32 };
  static uint8_t bytes[SECRETS][LEN];
  static csn_span secrets[SECRETS];
  (void)state;
  for (size_t i = 0; i < SECRETS; i++) {
    for (size_t k = 0; k < LEN; k++) bytes[i][k] = (uint8_t)random_below(256);
    secrets[i] = csn_span_of(bytes[i], LEN);
  }
  csn_redactor *redactor = redactor_of(secrets, SECRETS);
  for (size_t i = 0; i < SECRETS; i++) {
    form forms[FORMS];
    add_forms(forms, secrets[i]);
    for (size_t k = 0; k < 5; k++) {
      redact_split(redactor, csn_span_of(forms[k].bytes, forms[k].len), forms[k].len / 2);
      assert_string_equal(output, HIDDEN);
    }
    bytes[i][LEN / 2] ^= 1; /* the control */
    redact_split(redactor, secrets[i], LEN / 2);
    assert_int_equal(output_len, LEN);
    assert_memory_equal(output, bytes[i], LEN);
  }
  csn_redactor_free(redactor);
}

static void the_longest_secret_is_hidden_as_one(void **state) {
  static uint8_t bytes[CSN_REDACT_SECRET_MAX], text[2 * CSN_REDACT_SECRET_MAX + 1];
  static const size_t lens[] = {1023, 1024, 1025, 2047, 2048, CSN_REDACT_SECRET_MAX};
  (void)state;
  for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (uint8_t)random_below(256);
  for (size_t i = 0; i < COUNT(lens); i++) {
    csn_span secret = csn_span_of(bytes, lens[i]);
    csn_redactor *redactor = redactor_of(&secret, 1);
    redact_split(redactor, secret, lens[i] / 2);
    assert_string_equal(output, HIDDEN);
    csn_hex_encode(secret, (char *)text);
    redact_split(redactor, csn_span_of(text, 2 * lens[i]), lens[i]);
    assert_string_equal(output, HIDDEN);
    csn_base64url_encode(secret, (char *)text);
    redact_split(redactor, csn_span_of(text, csn_base64url_encoded_len(lens[i])), lens[i]);
    assert_string_equal(output, HIDDEN);
    csn_redactor_free(redactor);
  }
}

/* ---- how many ---- */

static size_t forms_of(csn_span secret) {
  csn_redact_form forms[CSN_REDACT_FORMS_MAX];
  uint8_t *room = malloc(CSN_REDACT_FORMS_ROOM);
  assert_non_null(room);
  size_t count = csn_redact_forms_make(secret, forms, room);
  assert_true(count <= CSN_REDACT_FORMS_MAX);
  for (size_t i = 0; i < count; i++) {
    for (size_t k = 0; k < i; k++) assert_false(csn_span_equal(forms[i].text, forms[k].text));
  }
  free(room);
  return count;
}

static void the_forms_of_a_secret_are_bounded(void **state) {
  static uint8_t long_secret[CSN_REDACT_SECRET_MAX];
  static const uint8_t fills[] = {0, 1, 'a', ' ', '"', 0xfb, 0xff};
  (void)state;
  assert_int_equal(forms_of(csn_span_str("abcdefgh")), 4);  /* bytes, hex, base64 with padding and without */
  assert_int_equal(forms_of(csn_span_str("abcdefghi")), 3); /* there is no padding */
  assert_int_equal(forms_of(csn_span_str("~~~\?\?\?<\xc3\xa9\n/=+ *!\"'x")), CSN_REDACT_FORMS_MAX);
  /* Without JSON: bytes, hex, percent-encoded with the slash and without, base64, base64url, \\/ and %2F in base64. */
  assert_int_equal(forms_of(csn_span_str("\xff/\"abcdef")), 8);
  assert_int_equal(forms_of(csn_span_str("\x7f/\"abcdef")), 10); /* with five of it, and one of base64 */
  for (size_t i = 0; i < COUNT(fills); i++) {
    memset(long_secret, fills[i], sizeof long_secret);
    assert_true(forms_of(csn_span_of(long_secret, sizeof long_secret)) >= 3);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_other_writers_make_of_a_secret_is_hidden),
      cmocka_unit_test(random_input_comes_out_as_from_a_plain_search),
      cmocka_unit_test(a_thousand_secrets_are_found_at_once),
      cmocka_unit_test(the_longest_secret_is_hidden_as_one),
      cmocka_unit_test(the_forms_of_a_secret_are_bounded),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
