/* The seeds of fuzz_jwt: one row, one seed. See fuzz_jwt.c for what the control bytes mean. */
#ifndef CSN_FUZZ_SEEDS_JWT_H
#define CSN_FUZZ_SEEDS_JWT_H

#include <stddef.h>

/* A token as a whole, signed: mode 0. `ring` is '0' to '4'. */
typedef struct token_row {
  const char *name, *control; /* policy, required, leeway, now, ring: five control bytes behind the mode */
  size_t key;
  const char *header, *claims;
} token_row;

#define PLAIN "{\"alg\":\"HS256\"}"
#define TYPED "{\"alg\":\"HS256\",\"typ\":\"JWT\"}"
#define CLAIMS "{\"exp\":1700000060}"

static const token_row tokens[] = {
    {"token_plain", "01000", 0, PLAIN, CLAIMS},
    {"token_typ", "01000", 0, TYPED, "{\"sub\":\"client-0\",\"exp\":1700000060,\"iat\":1700000000}"},
    {"token_typ_lower_case", "01000", 0, "{\"typ\":\"jwt\",\"alg\":\"HS256\"}", CLAIMS},
    {"token_typ_access", "01000", 0, "{\"typ\":\"at+jwt\",\"alg\":\"HS256\"}", CLAIMS},
    {"token_typ_application", "01000", 0, "{\"typ\":\"application/at+jwt\",\"alg\":\"HS256\"}", CLAIMS},
    {"token_typ_other", "01000", 0, "{\"typ\":\"secevent\",\"alg\":\"HS256\"}", CLAIMS},
    {"token_kid_a", "01001", 1, "{\"alg\":\"HS256\",\"kid\":\"2026-a\",\"typ\":\"JWT\"}", CLAIMS},
    {"token_kid_b_in_grace", "01031", 2, "{\"alg\":\"HS256\",\"kid\":\"2026-b\"}", CLAIMS},
    {"token_kid_b_past_grace", "01041", 2, "{\"alg\":\"HS256\",\"kid\":\"2026-b\"}", CLAIMS},
    {"token_kid_legacy", "01001", 4, "{\"alg\":\"HS256\",\"kid\":\"legacy\"}", CLAIMS},
    {"token_kid_escaped", "01001", 1, "{\"alg\":\"HS256\",\"kid\":\"2026\\u002da\"}", CLAIMS},
    {"token_kid_of_another_key", "01001", 1, "{\"alg\":\"HS256\",\"kid\":\"2026-b\"}", CLAIMS},
    {"token_kid_unknown", "01001", 5, "{\"alg\":\"HS256\",\"kid\":\"stranger\"}", CLAIMS},
    {"token_kid_impostor", "01001", 6, "{\"alg\":\"HS256\",\"kid\":\"2026-a\"}", CLAIMS},
    {"token_kid_empty", "01001", 1, "{\"alg\":\"HS256\",\"kid\":\"\"}", CLAIMS},
    {"token_kid_number", "01001", 1, "{\"alg\":\"HS256\",\"kid\":7}", CLAIMS},
    {"token_kid_path", "01001", 1, "{\"alg\":\"HS256\",\"kid\":\"../../dev/null\"}", CLAIMS},
    {"token_kid_missing_many_keys", "01001", 1, PLAIN, CLAIMS},
    {"token_kid_missing_one_key", "01002", 2, PLAIN, CLAIMS},
    {"token_request_only_key", "01003", 3, "{\"alg\":\"HS256\",\"kid\":\"request-only\"}", CLAIMS},
    {"token_alg_none", "01000", 0, "{\"alg\":\"none\"}", CLAIMS},
    {"token_alg_none_case", "01000", 0, "{\"alg\":\"nOnE\"}", CLAIMS},
    {"token_alg_empty", "01000", 0, "{\"alg\":\"\"}", CLAIMS},
    {"token_alg_lower_case", "01000", 0, "{\"alg\":\"hs256\"}", CLAIMS},
    {"token_alg_escaped", "01000", 0, "{\"\\u0061lg\":\"HS\\u003256\"}", CLAIMS},
    {"token_alg_rs256", "01000", 0, "{\"alg\":\"RS256\"}", CLAIMS},
    {"token_alg_hs512", "01000", 0, "{\"alg\":\"HS512\"}", CLAIMS},
    {"token_alg_number", "01000", 0, "{\"alg\":256}", CLAIMS},
    {"token_alg_null", "01000", 0, "{\"alg\":null}", CLAIMS},
    {"token_alg_array", "01000", 0, "{\"alg\":[\"HS256\"]}", CLAIMS},
    {"token_alg_twice", "01000", 0, "{\"alg\":\"HS256\",\"alg\":\"none\"}", CLAIMS},
    {"token_alg_twice_escaped", "01000", 0, "{\"alg\":\"HS256\",\"\\u0061lg\":\"HS256\"}", CLAIMS},
    {"token_alg_missing", "01000", 0, "{\"typ\":\"JWT\"}", CLAIMS},
    {"token_alg_none_allowed", "81000", 0, PLAIN, CLAIMS},
    {"token_crit_unknown", "01000", 0, "{\"alg\":\"HS256\",\"crit\":[\"x\"],\"x\":1}", CLAIMS},
    {"token_crit_empty", "01000", 0, "{\"alg\":\"HS256\",\"crit\":[]}", CLAIMS},
    {"token_crit_string", "01000", 0, "{\"alg\":\"HS256\",\"crit\":\"exp\"}", CLAIMS},
    {"token_b64_false", "01000", 0, "{\"alg\":\"HS256\",\"b64\":false,\"crit\":[\"b64\"]}", CLAIMS},
    {"token_b64_false_not_critical", "01000", 0, "{\"alg\":\"HS256\",\"b64\":false}", CLAIMS},
    {"token_b64_true", "01000", 0, "{\"alg\":\"HS256\",\"b64\":true}", CLAIMS},
    {"token_jwk", "01000", 0, "{\"alg\":\"HS256\",\"jwk\":{\"kty\":\"oct\",\"k\":\"AAAA\"}}", CLAIMS},
    {"token_jku", "01000", 0, "{\"alg\":\"HS256\",\"jku\":\"https://a.example/k\",\"x5u\":\"https://a.example\"}",
     CLAIMS},
    {"token_header_array", "01000", 0, "[\"HS256\"]", CLAIMS},
    {"token_header_trailing", "01000", 0, "{\"alg\":\"HS256\"} x", CLAIMS},
    {"token_header_spaces", "01000", 0, " \t\r\n{ \"alg\" : \"HS256\" } ", CLAIMS},
    {"token_header_depth", "01000", 0, "{\"a\":[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]],\"alg\":\"HS256\"}", CLAIMS},
    {"claims_expired_now", "01000", 0, PLAIN, "{\"exp\":1700000000}"},
    {"claims_expires_next", "01000", 0, PLAIN, "{\"exp\":1700000001}"},
    {"claims_expires_fraction", "01000", 0, PLAIN, "{\"exp\":1700000000.5}"},
    {"claims_expires_exponent", "01000", 0, PLAIN, "{\"exp\":17.00000060e8}"},
    {"claims_expires_tiny_fraction", "01000", 0, PLAIN, "{\"exp\":1700000000.000000000000000000000000000001}"},
    {"claims_expires_leeway", "01200", 0, PLAIN, "{\"exp\":1699999941}"},
    {"claims_exp_zero", "00000", 0, PLAIN, "{\"exp\":0}"},
    {"claims_exp_twice", "01000", 0, PLAIN, "{\"exp\":1,\"exp\":1700000060}"},
    {"claims_exp_twice_escaped", "01000", 0, PLAIN, "{\"exp\":1700000060,\"\\u0065xp\":1700000060}"},
    {"claims_exp_string", "01000", 0, PLAIN, "{\"exp\":\"1700000060\"}"},
    {"claims_exp_negative", "01000", 0, PLAIN, "{\"exp\":-1}"},
    {"claims_exp_huge", "01000", 0, PLAIN, "{\"exp\":9223372036854775808}"},
    {"claims_exp_infinite", "01000", 0, PLAIN, "{\"exp\":1e309}"},
    {"claims_exp_leading_zero", "01000", 0, PLAIN, "{\"exp\":01700000060}"},
    {"claims_exp_missing", "01000", 0, PLAIN, "{\"sub\":\"client-0\"}"},
    {"claims_exp_year_9999", "010;0", 0, PLAIN, "{\"exp\":253402300799}"},
    {"claims_nbf_now", "03000", 0, PLAIN, "{\"nbf\":1700000000,\"exp\":1700000060}"},
    {"claims_nbf_next", "03000", 0, PLAIN, "{\"nbf\":1700000001,\"exp\":1700000060}"},
    {"claims_nbf_leeway", "03100", 0, PLAIN, "{\"nbf\":1700000001,\"exp\":1700000060}"},
    {"claims_iat_future", "05000", 0, PLAIN, "{\"iat\":1700000001,\"exp\":1700000060}"},
    {"claims_issuer", "11000", 0, PLAIN, "{\"iss\":\"https://issuer.example\",\"exp\":1700000060}"},
    {"claims_issuer_escaped", "11000", 0, PLAIN, "{\"iss\":\"https:\\/\\/issuer.example\",\"exp\":1700000060}"},
    {"claims_issuer_other", "11000", 0, PLAIN, "{\"iss\":\"https://issuer.example/\",\"exp\":1700000060}"},
    {"claims_issuer_number", "11000", 0, PLAIN, "{\"iss\":1,\"exp\":1700000060}"},
    {"claims_audience", "21000", 0, PLAIN, "{\"aud\":\"api\",\"exp\":1700000060}"},
    {"claims_audience_array", "21000", 0, PLAIN, "{\"aud\":[\"other\",\"api\"],\"exp\":1700000060}"},
    {"claims_audience_other", "21000", 0, PLAIN, "{\"aud\":[\"other\"],\"exp\":1700000060}"},
    {"claims_audience_unexpected", "01000", 0, PLAIN, "{\"aud\":\"api\",\"exp\":1700000060}"},
    {"claims_everything", "3?<01", 1, "{\"alg\":\"HS256\",\"kid\":\"2026-a\"}",
     "{\"iss\":\"https://issuer.example\",\"aud\":\"api\",\"sub\":\"client-7\",\"exp\":1700000060,\"nbf\":1700000000,"
     "\"iat\":1700000000,\"jti\":\"7f\"}"},
    {"claims_unicode", "01000", 0, PLAIN, "{\"sub\":\"\xc3\xa9\xf0\x9f\x98\x80\\ud83d\\ude00\",\"exp\":1700000060}"},
    {"claims_lone_surrogate", "01000", 0, PLAIN, "{\"sub\":\"\\ud83d\",\"exp\":1700000060}"},
    {"claims_invalid_utf8", "01000", 0, PLAIN, "{\"sub\":\"\xc0\xaf\",\"exp\":1700000060}"},
    {"claims_escaped_nul", "01000", 0, PLAIN, "{\"sub\":\"a\\u0000b\",\"exp\":1700000060}"},
    {"claims_byte_order_mark", "01000", 0, PLAIN, "\xef\xbb\xbf{\"exp\":1700000060}"},
    {"claims_nested_twice", "01000", 0, PLAIN, "{\"a\":[{\"b\":1,\"\\u0062\":2}],\"exp\":1700000060}"},
    {"claims_empty_object", "00000", 0, PLAIN, "{}"},
    {"claims_not_an_object", "00000", 0, PLAIN, "null"},
    {"jws_any_bytes", "40000", 0, PLAIN, "not JSON: \x01\xff"},
    {"jws_of_another_type", "40000", 0, "{\"alg\":\"HS256\",\"typ\":\"secevent+json\"}", "{}"},
};

/* Control bytes, and what the target makes a token or a request of: the parts that it signs, and then instructions. */
typedef struct part_row {
  const char *name, *control, *parts;
} part_row;

static const part_row parts[] = {
    {"signer_claims", "1010000\n", "{\"exp\":1700000060}"},
    {"signer_claims_kid", "1010011\n", "{\"exp\":1700000060,\"sub\":\"client-7\"}"},
    {"signer_last_second_of_grace", "1010312\n", "{\"exp\":1700000060}"},
    {"signer_past_grace", "1010412\n", "{\"exp\":1700000060}"},
    {"signer_claims_twice", "1010000\n", "{\"exp\":1700000060,\"a\":{\"b\":1,\"\\u0062\":2}}"},
    {"signer_claims_nested", "1010000\n", "{\"exp\":1700000060,\"a\":{\"b\":[1,{\"c\":[]},\"d\"],\"e\":{}}}"},
    {"signer_jws", "1400000\n", "any bytes at all"},
    {"signer_jws_empty", "1400000\n", ""},
    {"signer_key_not_for_tokens", "1010033\n", "{\"exp\":1700000060}"},
    {"signer_flip_header", "1010000\n",
     "{\"exp\":1700000060}\x1e"
     "0000"},
    {"signer_flip_payload", "1010000\n",
     "{\"exp\":1700000060}\x1e"
     "0070"},
    {"signer_flip_signature", "1010000\n",
     "{\"exp\":1700000060}\x1e"
     "00\xf0"
     "0"},
    {"signer_truncate", "1010000\n",
     "{\"exp\":1700000060}\x1e"
     "40\xf0"
     "0"},
    {"signer_pad", "1010000\n",
     "{\"exp\":1700000060}\x1e"
     "500="},
    {"signer_fourth_segment", "1010000\n",
     "{\"exp\":1700000060}\x1e"
     "500.500A"},
    {"signer_too_long", "1010000\n",
     "{\"exp\":1700000060}\x1e"
     "70@\xff"},
    {"signer_no_dots", "1010000\n",
     "{\"exp\":1700000060}\x1e"
     "30L030\x7f"
     "0"},
    {"header_plain", "2010000\n", "{\"alg\":\"HS256\"}\x1e{\"exp\":1700000060}"},
    {"header_kid", "2010011\n", "{\"kid\":\"2026-a\",\"alg\":\"HS256\"}\x1e{\"exp\":1700000060}"},
    {"header_kid_flip", "2010011\n",
     "{\"kid\":\"2026-a\",\"alg\":\"HS256\"}\x1e{\"exp\":1700000060}\x1e"
     "0 \x10 "},
    {"header_empty_payload", "2400000\n", "{\"alg\":\"HS256\"}\x1e"},
    {"header_empty", "2010000\n", "\x1e{\"exp\":1700000060}"},
    {"header_numbers", "2000000\n", "{\"alg\":\"HS256\",\"n\":[0,-0,-1,1.5,1e9,1E+2,2e-2,9223372036854775807]}\x1e{}"},
    {"header_strings", "2000000\n", "{\"alg\":\"HS256\",\"s\":[\"\",\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"]}\x1e{}"},
    {"header_literals", "2000000\n", "{\"alg\":\"HS256\",\"l\":[true,false,null,{},[],[[]]]}\x1e{}"},
    {"model_all_absent", "3000000\n", "000000000"},
    {"model_exp_now", "3010000\n", "170000000"},
    {"model_exp_next", "3010000\n", "180000000"},
    {"model_exp_half", "3010000\n", "370000000"},
    {"model_exp_exponent", "3010000\n", "580000000"},
    {"model_leeway", "3012000\n", "180000000"},
    {"model_nbf_now", "3030000\n", "1?1700000"},
    {"model_nbf_leeway", "3012000\n", "1?1700000"},
    {"model_iat_leeway", "3012000\n", "1?0017000"},
    {"model_nbf_next", "3030000\n", "1?1800000"},
    {"model_nbf_half", "3030000\n", "1?3700000"},
    {"model_iat_future", "3050000\n", "1?0018000"},
    {"model_issuer", "3110000\n", "1?0000100"},
    {"model_issuer_escaped", "3110000\n", "1?0000200"},
    {"model_issuer_other", "3110000\n", "1?0000400"},
    {"model_audience", "3210000\n", "1?0000010"},
    {"model_audience_array", "3210000\n", "1?0000030"},
    {"model_audience_number", "3210000\n", "1?0000070"},
    {"model_audience_unexpected", "3010000\n", "1?0000010"},
    {"model_subject", "3018000\n", "1?0000001"},
    {"model_subject_number", "3018000\n", "1?0000004"},
    {"model_everything", "33?<011\n", "1?1717111"},
};

#endif
