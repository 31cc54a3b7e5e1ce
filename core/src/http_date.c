/* A date is read by its numbers, written anew from them, and compared: what differs is wrong. */
#include "http_date.h"

#include "bytes16.h"

static const char weekdays[] = "ThuFriSatSunMonTueWed"; /* 1970 began on a Thursday */
static const char months[] = "MarAprMayJunJulAugSepOctNovDecJanFeb";
static const char shape[] = "Www, 00 Mmm 0000 00:00:00 GMT"; /* a 0 is any digit */

/* Days are counted from 1 March of the year 0, years begin in March, and 400 years have 146097 days: the leap day is
 * the last of its year, and (153 m + 2) / 5 days are before month m. */
enum { EPOCH = 719468, DAYS_OF_ERA = 146097 };

static void put_number(char *out, int64_t number, size_t digits) {
  for (; digits > 0; digits--, number /= 10) out[digits - 1] = (char)('0' + number % 10);
}

void csn_http_date_write(int64_t seconds, char out[CSN_HTTP_DATE_LEN]) {
  int64_t days = seconds / 86400, second = seconds % 86400;
  int64_t day = days + EPOCH, era = day / DAYS_OF_ERA, of_era = day % DAYS_OF_ERA;
  int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
  int64_t month = (5 * of_year + 2) / 153;
  memcpy(out, shape, CSN_HTTP_DATE_LEN);
  memcpy(out, weekdays + 3 * (days % 7), 3);
  put_number(out + 5, of_year - (153 * month + 2) / 5 + 1, 2);
  memcpy(out + 8, months + 3 * month, 3);
  put_number(out + 12, era * 400 + year + (month >= 10), 4);
  put_number(out + 17, second / 3600, 2);
  put_number(out + 20, second / 60 % 60, 2);
  put_number(out + 23, second % 60, 2);
}

static int64_t number_at(csn_span text, size_t at, size_t digits) {
  int64_t number = 0;
  for (size_t i = at; i < at + digits; i++) number = number * 10 + (text.ptr[i] - '0');
  return number;
}

/* Where the text stops having the shape; its length where it has it. */
static size_t shape_of(csn_span text) {
  size_t i = 0;
  for (; i < text.len && i < CSN_HTTP_DATE_LEN; i++) {
    uint8_t byte = text.ptr[i];
    bool is_digit = byte >= '0' && byte <= '9', is_letter = (byte | 0x20) >= 'a' && (byte | 0x20) <= 'z';
    bool is_name = i < 3 || (i >= 8 && i < 11);
    if (is_name ? !is_letter : shape[i] == '0' ? !is_digit : byte != (uint8_t)shape[i]) break;
  }
  return i;
}

/* Whether sixteen bytes have the shape from `at` on; `names` are the lanes of names. */
static bool has_shape(const uint8_t *text, size_t at, csn_bytes16 names) {
  csn_bytes16 x = csn_bytes16_load(text + at), wanted = csn_bytes16_load((const uint8_t *)shape + at);
  csn_bytes16 digits = csn_bytes16_is(wanted, '0') & csn_bytes16_in(x, '0', '9');
  csn_bytes16 letters = names & csn_bytes16_in(x | 0x20, 'a', 'z');
  return csn_bytes16_any(~(digits | letters | (~names & (csn_bytes16)(x == wanted)))) == 0;
}

static bool is_shaped(csn_span text) {
  enum { REST = CSN_HTTP_DATE_LEN - CSN_LANES };
  static const csn_bytes16 names[] = {{255, 255, 255, 0, 0, 0, 0, 0, 255, 255, 255}, {0}};
  _Static_assert(REST >= 11, "behind the names");
  return text.len == CSN_HTTP_DATE_LEN && has_shape(text.ptr, 0, names[0]) && has_shape(text.ptr, REST, names[1]);
}

bool csn_http_date_read(csn_span text, int64_t *seconds, size_t *offset) {
  char again[CSN_HTTP_DATE_LEN];
  int64_t month = 0;
  if (!is_shaped(text)) {
    *offset = shape_of(text);
    return false;
  }
  while (month < 12 && memcmp(months + 3 * month, text.ptr + 8, 3) != 0) month++;
  *offset = 8;
  if (month == 12) return false;
  int64_t year = number_at(text, 12, 4) - (month >= 10);
  *offset = 12;
  if (year < 1969) return false; /* which began in March, as years do here */
  int64_t day = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + number_at(text, 5, 2) - 1;
  *seconds =
      (day - EPOCH) * 86400 + number_at(text, 17, 2) * 3600 + number_at(text, 20, 2) * 60 + number_at(text, 23, 2);
  if (*seconds < 0 || *seconds > INT64_C(253402300799)) return false;
  csn_http_date_write(*seconds, again);
  if (memcmp(again, text.ptr, CSN_HTTP_DATE_LEN) == 0) return true;
  for (*offset = 0; again[*offset] == (char)text.ptr[*offset];) (*offset)++;
  return false;
}
