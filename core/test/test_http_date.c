/* Dates of HTTP against the C library's calendar. */
#include "../src/http_date.h"

#include <time.h>

#include "guarded.h"
#include "support.h"

static void dates_of_every_day_are_the_c_librarys(void **state) {
  const int64_t day = 86400, last = INT64_C(253402300799);
  (void)state;
  for (int64_t at = 0; at <= last; at += day * 3 + 3661) {
    char expected[CSN_HTTP_DATE_LEN + 1], made[CSN_HTTP_DATE_LEN];
    time_t time = (time_t)at;
    struct tm tm;
    int64_t back = -1;
    size_t offset = 0;
    assert_non_null(gmtime_r(&time, &tm));
    assert_int_equal(strftime(expected, sizeof expected, "%a, %d %b %Y %H:%M:%S GMT", &tm), CSN_HTTP_DATE_LEN);
    csn_http_date_write(at, made);
    assert_memory_equal(made, expected, CSN_HTTP_DATE_LEN);
    assert_true(csn_http_date_read(csn_span_of(made, sizeof made), &back, &offset));
    assert_int_equal(back, at);
  }
}

typedef struct row {
  const char *text;
  int64_t seconds; /* -1: refused */
  size_t offset;
} row;

static void dates_are_strict(void **state) {
  static const row rows[] = {
      {"Sun, 06 Nov 1994 08:49:37 GMT", 784111777, 0}, /* RFC 9110 section 5.6.7 */
      {"Thu, 01 Jan 1970 00:00:00 GMT", 0, 0},
      {"Fri, 31 Dec 9999 23:59:59 GMT", INT64_C(253402300799), 0},
      {"Thu, 29 Feb 2024 00:00:00 GMT", 1709164800, 0},
      {"Wed, 31 Dec 1969 23:59:59 GMT", -1, 12},
      {"Sunday, 06-Nov-94 08:49:37 GMT", -1, 3},
      {"Sun Nov  6 08:49:37 1994", -1, 3},
      {"Mon, 06 Nov 1994 08:49:37 GMT", -1, 0},
      {"sun, 06 Nov 1994 08:49:37 GMT", -1, 0},
      {"Sun, 06 nov 1994 08:49:37 GMT", -1, 8},
      {"Sun, 6 Nov 1994 08:49:37 GMT", -1, 6},
      {"Sun, 06 Nov 1994 08:49:37 UTC", -1, 26},
      {"Sun, 06 Nov 1994 08:49:37 GMT ", -1, 29},
      {"Sun, 06 Nov 1994 08:49:37 GM", -1, 28},
      {"Sun, 06 Nov 1994 24:00:00 GMT", -1, 0},
      {"Sun, 06 Nov 1994 08:60:00 GMT", -1, 18},
      {"Sun, 06 Nov 1994 08:49:60 GMT", -1, 20},
      {"Wed, 30 Feb 1994 08:49:37 GMT", -1, 5},
      {"Tue, 00 Nov 1994 08:49:37 GMT", -1, 0},
      {"Sun, 06 Nov 1994 +8:49:37 GMT", -1, 17},
      {"Sun, 06 11. 1994 08:49:37 GMT", -1, 8},
      {"784111777", -1, 0},
      {"", -1, 0},
  };
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    int64_t seconds = -1;
    size_t offset = 0;
    bool good = csn_http_date_read(csn_span_str(rows[i].text), &seconds, &offset);
    if (good != (rows[i].seconds >= 0)) fail_msg("%s", rows[i].text);
    if (good) assert_int_equal(seconds, rows[i].seconds);
    if (!good && offset != rows[i].offset) fail_msg("%s: %zu", rows[i].text, offset);
  }
}

/* A date that the C library reads and writes again as the same. */
static bool library_date(const char text[CSN_HTTP_DATE_LEN + 1], int64_t *seconds) {
  char again[CSN_HTTP_DATE_LEN + 1] = "";
  struct tm tm = {0};
  const char *end = strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &tm);
  if (end == NULL || *end != '\0') return false;
  time_t time = timegm(&tm);
  *seconds = time;
  return time >= 0 && gmtime_r(&time, &tm) != NULL &&
         strftime(again, sizeof again, "%a, %d %b %Y %H:%M:%S GMT", &tm) == CSN_HTTP_DATE_LEN &&
         strcmp(again, text) == 0;
}

/* Whether a byte is of the kind that stands there: what is not is where the text is wrong. */
static bool is_of_its_kind(size_t at, char byte) {
  const char kind = "aaa, 00 aaa 0000 00:00:00 GMT"[at];
  if (kind == '0') return byte >= '0' && byte <= '9';
  if (kind == 'a') return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
  return byte == kind;
}

static void every_byte_at_every_place_is_as_the_c_library_says(void **state) {
  static const char *const dates[] = {"Sun, 06 Nov 1994 08:49:37 GMT", "Thu, 29 Feb 2024 11:11:11 GMT",
                                      "Wed, 01 Mar 1972 20:00:09 GMT"};
  guarded pages = guarded_new(CSN_HTTP_DATE_LEN + 1);
  size_t accepted = 0;
  (void)state;
  for (size_t i = 0; i < sizeof dates / sizeof dates[0] * CSN_HTTP_DATE_LEN * 256; i++) {
    const size_t at = i / 256 % CSN_HTTP_DATE_LEN;
    char text[CSN_HTTP_DATE_LEN + 1];
    int64_t seconds = -1, expected = -1;
    size_t offset = 0;
    memcpy(text, dates[i / 256 / CSN_HTTP_DATE_LEN], sizeof text);
    text[at] = (char)(i % 256);
    bool good = csn_http_date_read(guarded_copy(&pages, csn_span_of(text, CSN_HTTP_DATE_LEN)), &seconds, &offset);
    bool is_date = text[at] != '\0' && library_date(text, &expected);
    if (good != is_date || (good && seconds != expected)) fail_msg("%s: %d", text, good);
    if (!is_of_its_kind(at, text[at]) && offset != at) fail_msg("%s: at %zu", text, offset);
    accepted += good;
    csn_span cut = guarded_copy(&pages, csn_span_of(text, at)); /* no date, however it goes on */
    if (csn_http_date_read(cut, &seconds, &offset) || offset != at) fail_msg("%zu bytes: at %zu", at, offset);
  }
  assert_in_range(accepted, 3 * CSN_HTTP_DATE_LEN + 50, 1000);
  guarded_free(&pages);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(dates_of_every_day_are_the_c_librarys),
      cmocka_unit_test(dates_are_strict),
      cmocka_unit_test(every_byte_at_every_place_is_as_the_c_library_says),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
