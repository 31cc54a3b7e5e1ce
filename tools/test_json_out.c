/* JSON output: whatever goes in, valid ASCII JSON comes out. */
#include <errno.h>
#include <fcntl.h>

#include "../core/src/json.h"
#include "json_out.h"
#include "test_support.h"

static void strings_are_escaped_to_plain_ascii(void **state) {
  static const struct {
    const char *bytes;
    size_t len;
    const char *text;
  } rows[] = {
      {"", 0, "\"\""},
      {"plain ~", 7, "\"plain ~\""},
      {"a\"b\\c/", 6, "\"a\\\"b\\\\c/\""},
      {"\x00\n\x1f", 3, "\"\\u0000\\u000a\\u001f\""},
      {"\x7f", 1, "\"\\u007f\""},
      {"\xc3\xa9", 2, "\"\\u00e9\""},
      {"\xe2\x80\xae", 3, "\"\\u202e\""},            /* right-to-left override: harmless once escaped */
      {"\xc2\x9b", 2, "\"\\u009b\""},                /* C1 control sequence introducer */
      {"\xf0\x9f\x94\x91", 4, "\"\\ud83d\\udd11\""}, /* beyond the basic plane: a surrogate pair */
      {"\xf4\x8f\xbf\xbf", 4, "\"\\udbff\\udfff\""},
      {"\xf4\x90\x80\x80", 4, "\"\\ufffd\\ufffd\\ufffd\\ufffd\""}, /* beyond U+10FFFF */
      {"\xc0\xaf", 2, "\"\\ufffd\\ufffd\""},                       /* overlong */
      {"\xe0\x9f\xbf", 3, "\"\\ufffd\\ufffd\\ufffd\""},            /* overlong */
      {"\xed\xa0\x80", 3, "\"\\ufffd\\ufffd\\ufffd\""},            /* a surrogate */
      {"a\xe2\x82", 3, "\"a\\ufffd\\ufffd\""},                     /* cut short */
      {"\xff"
       "b\x80",
       3, "\"\\ufffdb\\ufffd\""},
  };
  (void)state;
  for (size_t i = 0; i < COUNT(rows); i++) {
    uint8_t room[128];
    csn_json_out out;
    csn_json_out_init(&out, -1, room, sizeof room);
    csn_json_out_string(&out, csn_span_of(rows[i].bytes, rows[i].len));
    assert_int_equal(out.error, 0);
    assert_span(csn_span_of(room, out.len), rows[i].text);
  }
}

static void every_pair_of_bytes_gives_json_that_the_strict_reader_takes(void **state) {
  (void)state;
  for (unsigned pair = 0; pair < 65536; pair++) {
    uint8_t bytes[] = {(uint8_t)(pair >> 8), (uint8_t)pair}, room[32];
    csn_json_out out;
    csn_json_node node;
    csn_json json;
    size_t offset;
    if (bytes[0] == 0 || bytes[1] == 0) continue; /* the reader refuses U+0000 */
    csn_json_out_init(&out, -1, room, sizeof room);
    csn_json_out_string(&out, csn_span_of(bytes, 2));
    assert_int_equal(csn_json_read(csn_span_of(room, out.len), &node, 1, &json, &offset), CSN_REASON_ACCEPTED);
    for (size_t i = 0; i < out.len; i++) assert_in_range(room[i], 0x20, 0x7e);
  }
}

static void numbers_reach_both_ends(void **state) {
  uint8_t room[64];
  csn_json_out out;
  (void)state;
  csn_json_out_init(&out, -1, room, sizeof room);
  csn_json_out_int(&out, INT64_MIN);
  csn_json_out_text(&out, " ");
  csn_json_out_int(&out, INT64_MAX);
  assert_span(csn_span_of(room, out.len), "-9223372036854775808 9223372036854775807");
}

static void base64_is_padded_at_its_end_only(void **state) {
  static const char *const rows[][2] = {
      {"", "\"\""}, {"f", "\"Zg==\""}, {"fo", "\"Zm8=\""}, {"foo", "\"Zm9v\""}, {"\xff\xfe", "\"//4=\""}};
  uint8_t room[4096], large[769];
  csn_json_out out;
  (void)state;
  for (size_t i = 0; i < COUNT(rows); i++) {
    csn_json_out_init(&out, -1, room, sizeof room);
    csn_json_out_base64(&out, csn_span_str(rows[i][0]));
    assert_span(csn_span_of(room, out.len), rows[i][1]);
  }
  memset(large, 'a', sizeof large);
  csn_json_out_init(&out, -1, room, sizeof room);
  csn_json_out_base64(&out, csn_span_of(large, sizeof large));
  assert_int_equal(out.len, 2 + 257 * 4);
  assert_ptr_equal(memchr(room, '=', out.len), room + out.len - 3);
}

static void a_full_buffer_without_a_file_is_an_error(void **state) {
  uint8_t room[4];
  csn_json_out out;
  (void)state;
  csn_json_out_init(&out, -1, room, sizeof room);
  csn_json_out_text(&out, "1234");
  assert_int_equal(out.error, 0);
  csn_json_out_text(&out, "5");
  assert_int_equal(out.error, ENOBUFS);
  assert_false(csn_json_out_flush(&out));
}

static void a_small_buffer_loses_nothing(void **state) {
  const char *path = test_path("small");
  uint8_t room[3];
  char read[64] = "";
  csn_json_out out;
  int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
  (void)state;
  csn_json_out_init(&out, fd, room, sizeof room);
  assert_true(csn_json_out_flush(&out));
  assert_false(out.has_written); /* nothing was there to write */
  csn_json_out_string(&out, csn_span_str("0123456789\n0123456789"));
  assert_true(csn_json_out_flush(&out));
  assert_true(out.has_written);
  close(fd);
  FILE *file = fopen(path, "r");
  assert_non_null(fgets(read, sizeof read, file));
  fclose(file);
  assert_string_equal(read, "\"0123456789\\u000a0123456789\"");
}

static void a_failed_write_is_kept(void **state) {
  uint8_t room[8];
  csn_json_out out;
  int fd = open("/dev/full", O_WRONLY);
  (void)state;
  csn_json_out_init(&out, fd, room, sizeof room);
  csn_json_out_text(&out, "text");
  assert_false(csn_json_out_flush(&out));
  assert_false(out.has_written);
  assert_int_equal(out.error, ENOSPC);
  csn_json_out_text(&out, "more than the buffer has room for");
  assert_false(csn_json_out_flush(&out));
  close(fd);
}

static void what_fits_a_json_string_is_known(void **state) {
  (void)state;
  assert_true(csn_json_out_fits_string(csn_span_str("caf\xc3\xa9\n")));
  assert_true(csn_json_out_fits_string(csn_span_of(NULL, 0)));
  assert_false(csn_json_out_fits_string(csn_span_of("a\0b", 3)));
  assert_false(csn_json_out_fits_string(csn_span_str("\xff")));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(strings_are_escaped_to_plain_ascii),
      cmocka_unit_test(every_pair_of_bytes_gives_json_that_the_strict_reader_takes),
      cmocka_unit_test(numbers_reach_both_ends),
      cmocka_unit_test(base64_is_padded_at_its_end_only),
      cmocka_unit_test(a_full_buffer_without_a_file_is_an_error),
      cmocka_unit_test(a_small_buffer_loses_nothing),
      cmocka_unit_test(a_failed_write_is_kept),
      cmocka_unit_test(what_fits_a_json_string_is_known),
  };
  return cmocka_run_group_tests(tests, test_folder_make, test_folder_remove);
}
