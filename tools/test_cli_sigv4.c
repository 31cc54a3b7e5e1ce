/* csn sign and csn verify with AWS Signature Version 4. The known answers are of the Amazon S3 API reference. */
#include "test_cli.h"

#define S3(more)                                                                                             \
  "{\"preset\":\"aws-sigv4\",\"aws_sigv4\":{\"region\":\"us-east-1\",\"service\":\"s3\"" more                \
  "},\"keys\":[{\"key_id\":\"AKIAIOSFODNN7EXAMPLE\",\"client_id\":\"c\",\"secret\":\"wJalrXUtnFEMI/K7MDENG/" \
  "bPxRfiCYEXAMPLEKEY\"}]}"
#define GATEWAY                                                                                       \
  "{\"preset\":\"aws-sigv4\",\"aws_sigv4\":{\"region\":\"eu-central-1\",\"service\":\"execute-api\"," \
  "\"presigned_max_seconds\":600},\"keys\":[{\"key_id\":\"AKID\",\"client_id\":\"c\",\"secret\":\"" SECRET "\"}]}"
#define HOST "\"headers\":[[\"Host\",\"examplebucket.s3.amazonaws.com\"]]}\n"
#define LIFECYCLE "{\"id\":1,\"method\":\"GET\",\"target\":\"/?lifecycle\"," HOST
#define TEST_TXT "{\"id\":1,\"method\":\"GET\",\"target\":\"/test.txt\"," HOST
#define POST                                                                                           \
  "{\"id\":1,\"method\":\"POST\",\"target\":\"/a//b/../c?x=1&y=%20\",\"headers\":[[\"X-B\",\"a  b\"]," \
  "[\"host\",\"h\"],[\"x-b\",\"c\"]],\"body\":\"{}\"}\n"

static void examples_are_signed_as_published(void **state) {
  (void)state;
  test_write_text("s3", S3(",\"allow_unsigned_payload\":true"));
  must_run("sign --policy @s3 --now 1369353600", LIFECYCLE, 0);
  assert_non_null(strstr(out, "[\"X-Amz-Date\",\"20130524T000000Z\"]"));
  assert_non_null(strstr(out, "Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543\"]"));
  must_run("sign --policy @s3 --now 1369353600 --form 1 --ttl 86400", TEST_TXT, 0);
  assert_non_null(strstr(out, "\"target\":\"/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential="));
  assert_non_null(strstr(out, "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404\","));
}

static void what_is_signed_verifies_in_its_time(void **state) {
  static const struct {
    const char *policy, *form, *request;
    int64_t last;
  } rows[] = {{GATEWAY, "0", POST, 900},
              {GATEWAY, "1", POST, 300},
              {GATEWAY, "1 --ttl 600", POST, 600},
              {S3(""), "0", LIFECYCLE, 900},
              {S3(""), "1", TEST_TXT, 300}};
  static char request[sizeof out];
  (void)state;
  for (size_t i = 0; i < COUNT(rows); i++) {
    char words[128];
    test_write_text("p", rows[i].policy);
    snprintf(words, sizeof words, "sign --policy @p --now 1700000000 --form %s", rows[i].form);
    must_run(words, rows[i].request, 0);
    strcpy(request, out);
    for (int64_t late = 0; late < 2; late++) {
      snprintf(words, sizeof words, "verify --policy @p --now %lld", (long long)(1700000000 + rows[i].last + late));
      assert_int_equal(run(words, request), late);
      assert_non_null(strstr(out, late ? "\"stage\":\"time\"" : "\"verdict\":\"accepted\""));
    }
  }
}

static void what_cannot_be_signed_is_refused(void **state) {
  (void)state;
  test_write_text("g", GATEWAY);
  must_fail("sign --policy @g", GET, "Host");
  must_fail("sign --policy @g",
            "{\"method\":\"GET\",\"target\":\"/\",\"headers\":[[\"Host\",\"h\"],[\"authorization\",\"x\"]]}",
            "Authorization already");
  must_fail("sign --policy @g",
            "{\"method\":\"GET\",\"target\":\"/\",\"headers\":[[\"Host\",\"h\"],[\"x-amz-date\",\"x\"]]}",
            "X-Amz-Date already");
  must_fail("sign --policy @g", "{\"method\":\"GET\",\"target\":\"/?a+b\",\"headers\":[[\"Host\",\"h\"]]}",
            "would be refused");
  must_fail("sign --policy @g --form 2", "", "2 forms");
  must_fail("sign --policy @g --ttl 60", "", "--ttl");
  must_fail("sign --policy @g --form 1 --ttl 601", "", "1 to 600 seconds");
  must_fail("sign --policy @g --form 1 --ttl 0", "", "1 to 600 seconds");
  must_fail("sign --policy @g --nonce n", "", "has no nonce");
  must_fail("sign --policy @g --claims {}", "", "has no token");
  must_fail("sign --policy @g --client other", "", "no key of the policy fits");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(examples_are_signed_as_published),
      cmocka_unit_test(what_is_signed_verifies_in_its_time),
      cmocka_unit_test(what_cannot_be_signed_is_refused),
  };
  return cmocka_run_group_tests(tests, find_binary, test_folder_remove);
}
