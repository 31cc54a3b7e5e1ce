/* The seeds of fuzz_http_signature: one row, one seed. See fuzz_http_signature.c for what the control bytes mean. */
#ifndef CSN_FUZZ_SEEDS_HTTP_SIGNATURE_H
#define CSN_FUZZ_SEEDS_HTTP_SIGNATURE_H

#include "seeds_jwt.h"

#define HTTP_HEADERS \
  "Host: Example.COM:443\nContent-Type: text/plain\nX-Dict: a=1, b=(1 2);c, d\nX-List: a\nX-List: b\n"
#define HTTP_GET "GET\n/a/b?x=1&y=%20z\n" HTTP_HEADERS "\n"
#define HTTP_POST "POST\n/a/b?x=1&y=%20z\n" HTTP_HEADERS "\nbody"
#define HTTP_DEFAULT "@method @authority @path @query content-digest\n"
#define HTTP_INPUT "(\"@method\" \"@authority\" \"@path\" \"@query\");created=1700000000;keyid=\"2026-a\";nonce=\"n-1\""
#define HTTP_ZEROS ":AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:"
#define HTTP_RAW(input, signature) "GET\n/a\nHost: a.example\nSignature-Input: " input "\nSignature: " signature "\n\n"

static const part_row http_signatures[] = {
    {"signed_nothing", "1010000\n", "\n" HTTP_GET},
    {"signed_default", "1110000\n", HTTP_DEFAULT HTTP_POST},
    {"signed_default_get", "1110000\n", "@method @target-uri\n" HTTP_GET},
    {"signed_everything_asked_for", "1210007\n", "@authority @request-target\n" HTTP_GET},
    {"signed_another_tag", "121000?\n", "@authority\n" HTTP_GET},
    {"signed_fields", "1010000\n", "host x-list x-dict;sf x-dict;key=\"b\" x-list;bs\n" HTTP_GET},
    {"signed_query_params", "1010000\n", "@query-param;name=\"x\" @query-param;name=\"y\" @scheme\n" HTTP_GET},
    {"signed_absolute_form", "1010000\n", "@target-uri @path @query\nGET\nhttps://a.example:443?q\n\n"},
    {"signed_asterisk_form", "1010000\n", "@request-target\nOPTIONS\n*\n\n"},
    {"signed_rotated_key", "1020000\n", "@method\n" HTTP_GET},
    {"signed_rotated_key_over", "1020003\n", "@method\n" HTTP_GET},
    {"signed_without_a_nonce", "1010200\n", "@method\n" HTTP_GET},
    {"signed_bad_nonce", "1010300\n", "@method\n" HTTP_GET},
    {"signed_oldest", "1014000\n", "@method\n" HTTP_GET},
    {"signed_too_old", "1016000\n", "@method\n" HTTP_GET},
    {"signed_expires", "1010018\n", "@method\n" HTTP_GET},
    {"signed_expired", "1010012\n", "@method\n" HTTP_GET},
    {"signed_stranger", "1050000\n", "@method\n" HTTP_GET},
    {"signed_impostor", "1060000\n", "@method\n" HTTP_GET},
    {"spoiled_input", "1110000\n",
     HTTP_DEFAULT HTTP_POST "\x1e"
                            "0\x05\x80\x01"},
    {"spoiled_signature", "1110000\n",
     HTTP_DEFAULT HTTP_POST "\x1e"
                            "0\x03\x80\x01"},
    {"spoiled_body", "1110000\n",
     HTTP_DEFAULT HTTP_POST "\x1e"
                            "5\x02\x01z"},
    {"spoiled_twice", "1110000\n",
     HTTP_DEFAULT HTTP_POST "\x1e"
                            "9\x05\x01\x01"
                            "8\x03\x01\x01"},
    {"raw_mismatch", "0110000\n", "\n" HTTP_RAW("s=" HTTP_INPUT, "s=" HTTP_ZEROS)},
    {"raw_no_signature", "0110000\n", "\n" HTTP_RAW("s=" HTTP_INPUT, "")},
    {"raw_two", "0010000\n", "\n" HTTP_RAW("s=" HTTP_INPUT ", t=()", "s=" HTTP_ZEROS ", t=::")},
    {"raw_structured", "0010000\n",
     "\n" HTTP_RAW("s=(  \"a\";sf \"b\";bs;x=?0  );created=1;a=1.5;b=@2;c=:AA==:;d=*t/o", "s=" HTTP_ZEROS)},
    {"raw_unsupported", "0010000\n",
     "\n" HTTP_RAW("s=(\"@status\" \"host\";tr);created=1700000000;keyid=\"2026-a\"", "s=" HTTP_ZEROS)},
};

#endif
