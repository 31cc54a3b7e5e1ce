/* The seeds of fuzz_jwk: one row, one seed. The keys are those of RFC 7515 appendix A.2 and A.3 and RFC 8037 A.1. */
#ifndef CSN_FUZZ_SEEDS_JWK_H
#define CSN_FUZZ_SEEDS_JWK_H

#include "seeds_jwt.h"

#define JWK_RSA                                                                                          \
  "\"kty\":\"RSA\",\"n\":\"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrc" \
  "S2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSX" \
  "ndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxX" \
  "FvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ\",\"e\":\"AQAB\""

#define JWK_RSA_PRIVATE                                                                                  \
  "\"d\":\"Eq5xpGnNCivDflJsRQBXHx1hdR1k6Ulwe2JZD50LpXyWPEAeP88vLNO97IjlA7_GQ5sLKMgvfTeXZx9SE-7YwVol2NXO" \
  "oAJe46sui395IW_GO-pWJ1O0BkTGoVEn2bKVRUCgu-GjBVaYLU6f3l9kJfFNS3E0QbVdxzubSu3Mkqzjkn439X0M_V51gfpRLI9J" \
  "YanrC4D4qAdGcopV_0ZHHzQlBjudU2QvXt4ehNYTCBr6XCLQUShb1juUO1ZdiYoFaFQT5Tw8bGUl_x_jTj3ccPDVZFD9pIuhLhBO" \
  "neufuBiB4cS98l2SR_RQyGWSeWjnczT0QU91p1DhOVRuOopznQ\",\"p\":\"4BzEEOtIpmVdVEZNCqS7baC4crd0pqnRH_5IB3j" \
  "w3bcxGn6QLvnEtfdUdiYrqBdss1l58BQ3KhooKeQTa9AB0Hw_Py5PJdTJNPY8cQn7ouZ2KKDcmnPGBY5t7yLc1QlQ5xHdwW1VhvK" \
  "n-nXqhJTBgIPgtldC-KDV5z-y2XDwGUc\",\"q\":\"uQPEfgmVtjL0Uyyx88GZFF1fOunH3-7cepKmtH4pxhtCoHqpWmT8YAmZx" \
  "aewHgHAjLYsp1ZSe7zFYHj7C6ul7TjeLQeZD_YwD66t62wDmpe_HlB-TnBA-njbglfIsRLtXlnDzQkv5dTltRJ11BKBBypeeF668" \
  "9rjcJIDEz9RWdc\",\"dp\":\"BwKfV3Akq5_MFZDFZCnW-wzl-CCo83WoZvnLQwCTeDv8uzluRSnm71I3QCLdhrqE2e9Ykxvuxd" \
  "BfpT_PI7Yz-FOKnu1R6HsJeDCjn12Sk3vmAktV2zb34MCdy7cpdTh_YVr7tss2u6vneTwrA86rZtu5Mbr1C1XsmvkxHQAdYo0\"," \
  "\"dq\":\"h_96-mK1R_7glhsum81dZxjTnYynPbZpHziZjeeHcXYsXaaMwkOlODsWa7I9xXDoRwbKgB719rrmI2oKr6N3Do9U0aj" \
  "aHF-NKJnwgjMd2w9cjz3_-kyNlxAr2v4IKhGNpmM5iIgOS1VZnOZ68m6_pbLBSp3nssTdlqvd0tIiTHU\",\"qi\":\"IYd7DHOh" \
  "rWvxkwPQsRM2tOgrjbcrfvtQJipd-DlcxyVuuM9sQLdgjVk2oy26F0EmpScGLq2MowX7fhd_QJQ3ydy5cY7YIBi87w93IKLEdfnb" \
  "JtoOPLUW0ITrJReOgo1cq9SbsxYawBgfp_gh6A5603k2-ZQwVK0JKSHuLFkuQ3U\""

#define JWK_EC                                                                                           \
  "\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\",\"y\":\"x_FEz" \
  "Ru9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\""

#define JWK_EC_PRIVATE "\"d\":\"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI\""

#define JWK_ED "\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\""

#define JWK_ED_PRIVATE "\"d\":\"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A\""

#define JWK_OCT "\"kty\":\"oct\",\"k\":\"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY\""

static const part_row jwks[] = {
    {"oct", "", "{" JWK_OCT "}"},
    {"oct_named", "",
     "{" JWK_OCT ",\"kid\":\"a\",\"alg\":\"HS256\",\"use\":\"sig\",\"key_ops\":[\"sign\",\"verify\"]}"},
    {"oct_short", "", "{\"kty\":\"oct\",\"k\":\"AA\"}"},
    {"oct_for_hs512", "", "{" JWK_OCT ",\"alg\":\"HS512\"}"},
    {"oct_for_rs256", "", "{" JWK_OCT ",\"alg\":\"RS256\"}"},
    {"oct_escaped", "", "{\"\\u006bty\":\"o\\u0063t\",\"k\":\"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY\"}"},
    {"ec", "", "{" JWK_EC "}"},
    {"ec_private", "", "{" JWK_EC "," JWK_EC_PRIVATE "}"},
    {"ec_of_another_curve", "",
     "{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\",\"y\":\"x_FE"
     "zRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}"},
    {"ec_unknown_curve", "",
     "{\"kty\":\"EC\",\"crv\":\"secp256k1\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\",\"y\":\""
     "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}"},
    {"ec_off_the_curve", "",
     "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\",\"y\":\"x_FF"
     "zRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}"},
    {"ec_private_of_another", "", "{" JWK_EC ",\"d\":\"jptQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI\"}"},
    {"okp", "", "{" JWK_ED "}"},
    {"okp_private", "", "{" JWK_ED "," JWK_ED_PRIVATE ",\"kid\":\"a\\\"\\\\b\"}"},
    {"okp_private_of_another", "", "{" JWK_ED ",\"d\":\"nWHxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A\"}"},
    {"okp_small_order", "",
     "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}"},
    {"okp_only_verifies", "", "{" JWK_ED "," JWK_ED_PRIVATE ",\"key_ops\":[\"verify\"]}"},
    {"okp_only_signs", "", "{" JWK_ED "," JWK_ED_PRIVATE ",\"key_ops\":[\"sign\"]}"},
    {"okp_x25519", "", "{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}"},
    {"rsa", "", "{" JWK_RSA "}"},
    {"rsa_private", "", "{" JWK_RSA "," JWK_RSA_PRIVATE "}"},
    {"rsa_private_without_primes", "",
     "{" JWK_RSA ",\"d\":\"Eq5xpGnNCivDflJsRQBXHx1hdR1k6Ulwe2JZD50LpXyWPEAeP88vLNO97IjlA7_GQ5sLKMgvfTeXZx9SE-7YwVol2NX"
     "OoAJe46sui395IW_GO-pWJ1O0BkTGoVEn2bKVRUCgu-GjBVaYLU6f3l9kJfFNS3E0QbVdxzubSu3Mkqzjkn439X0M_V51gfpRLI9"
     "JYanrC4D4qAdGcopV_0ZHHzQlBjudU2QvXt4ehNYTCBr6XCLQUShb1juUO1ZdiYoFaFQT5Tw8bGUl_x_jTj3ccPDVZFD9pIuhLhB"
     "OneufuBiB4cS98l2SR_RQyGWSeWjnczT0QU91p1DhOVRuOopznQ\"}"},
    {"rsa_of_three_primes", "", "{" JWK_RSA "," JWK_RSA_PRIVATE ",\"oth\":[{\"r\":\"AQ\"}]}"},
    {"rsa_leading_zero", "",
     "{\"kty\":\"RSA\",\"n\":\"AAofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPC"
     "JrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaS"
     "HSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGh"
     "yxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ\",\"e\":\"AQAB\"}"},
    {"rsa_even_exponent", "",
     "{\"kty\":\"RSA\",\"n\":\"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJr"
     "cS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHS"
     "XndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyx"
     "XFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ\",\"e\":\"AQAC\"}"},
    {"rsa_exponent_one", "",
     "{\"kty\":\"RSA\",\"n\":\"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJr"
     "cS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHS"
     "XndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyx"
     "XFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ\",\"e\":\"AQ\"}"},
    {"set_empty", "", "{\"keys\":[]}"},
    {"set_of_all", "",
     "{\"keys\":[{" JWK_OCT ",\"kid\":\"1\"},{" JWK_EC ",\"kid\":\"2\"},{" JWK_ED ",\"kid\":\"3\"},{" JWK_RSA
     ",\"kid\":\"4\"}]}"},
    {"set_id_twice", "", "{\"keys\":[{" JWK_OCT ",\"kid\":\"1\"},{" JWK_EC ",\"kid\":\"1\"}]}"},
    {"set_with_unknown", "", "{\"keys\":[{\"kty\":\"AKP\"},{" JWK_ED "}]}"},
    {"set_no_array", "", "{\"keys\":{" JWK_OCT "}}"},
    {"set_in_set", "", "{\"keys\":[{\"keys\":[{" JWK_OCT "}]}]}"},
    {"kty_missing", "", "{\"k\":\"AA\"}"},
    {"kty_twice", "", "{\"kty\":\"oct\"," JWK_OCT "}"},
    {"array", "", "[{" JWK_OCT "}]"},
    {"empty", "", ""},
    {"padded", "", "{\"kty\":\"oct\",\"k\":\"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\"}"},
};

#endif
