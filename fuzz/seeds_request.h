/* The seeds of fuzz_request: one row, one seed. See fuzz_request.c for what the control bytes mean. */
#ifndef CSN_FUZZ_SEEDS_REQUEST_H
#define CSN_FUZZ_SEEDS_REQUEST_H

#include "seeds_jwt.h"

#define NOW "1700000000"

/* A request with headers of its own, ready signed: mode 0. */
typedef struct header_row {
  const char *name, *control; /* preset, then eight control bytes from the mode on */
  size_t key;
  const char *canonical, *before, *behind; /* the signature stands between before and behind */
} header_row;

#define HMAC_HEADERS(id, time, nonce) "x-ClientId: " id "\nx-Timestamp: " time "\nx-Nonce: " nonce "\nx-Signature: "

static const header_row requests[] = {
    {"nonce_valid", "100000000", 1, "client-7" NOW "n-1", "GET\n/a\n" HMAC_HEADERS("client-7", NOW, "n-1"), "\n\n"},
    {"nonce_header_case", "100000000", 1, "client-7" NOW "n-2",
     "GET\n/a\nX-CLIENTID: client-7\nX-TIMESTAMP: " NOW "\nX-NONCE: n-2\nX-SIGNATURE: ", "\n\n"},
    {"nonce_other_key", "100000000", 2, "client-7" NOW "n-3", "PUT\n/a\n" HMAC_HEADERS("client-7", NOW, "n-3"), "\n\n"},
    {"nonce_legacy_key", "100000000", 4, "client-9" NOW "n-4", "GET\n/a\n" HMAC_HEADERS("client-9", NOW, "n-4"),
     "\n\n"},
    {"nonce_impostor", "100000000", 6, "client-7" NOW "n-5", "GET\n/a\n" HMAC_HEADERS("client-7", NOW, "n-5"), "\n\n"},
    {"nonce_stranger", "100000000", 5, "client-6" NOW "n-6", "GET\n/a\n" HMAC_HEADERS("client-6", NOW, "n-6"), "\n\n"},
    {"nonce_body", "100000000", 1, "client-7" NOW "n-7", "POST\n/a\n" HMAC_HEADERS("client-7", NOW, "n-7"), "\n\n{}"},
    {"nonce_body_allowed", "100001000", 1, "client-7" NOW "n-7", "POST\n/a\n" HMAC_HEADERS("client-7", NOW, "n-7"),
     "\n\n{}"},
    {"nonce_oldest", "100000000", 1, "client-71699999700n-8", "GET\n/a\n" HMAC_HEADERS("client-7", "1699999700", "n-8"),
     "\n\n"},
    {"nonce_too_old", "100000000", 1, "client-71699999699n-8",
     "GET\n/a\n" HMAC_HEADERS("client-7", "1699999699", "n-8"), "\n\n"},
    {"nonce_newest", "100000000", 1, "client-71700000300n-9", "GET\n/a\n" HMAC_HEADERS("client-7", "1700000300", "n-9"),
     "\n\n"},
    {"nonce_too_new", "100000000", 1, "client-71700000301n-9",
     "GET\n/a\n" HMAC_HEADERS("client-7", "1700000301", "n-9"), "\n\n"},
    {"nonce_leading_zero", "100000000", 1, "client-70" NOW "n", "GET\n/a\n" HMAC_HEADERS("client-7", "0" NOW, "n"),
     "\n\n"},
    {"nonce_signed_time", "100000000", 1, "client-7+" NOW "n", "GET\n/a\n" HMAC_HEADERS("client-7", "+" NOW, "n"),
     "\n\n"},
    {"nonce_moved_digits", "100000000", 1, "client-7" NOW "n-1",
     "GET\n/a\n" HMAC_HEADERS("client-71", "700000000", "n-1"), "\n\n"},
    {"nonce_not_ascii", "100000000", 1, "client-7" NOW "\xc3\xa9",
     "GET\n/a\n" HMAC_HEADERS("client-7", NOW, "\xc3\xa9"), "\n\n"},
    {"nonce_twice", "100000000", 1, "client-7" NOW "n-1",
     "GET\n/a\nx-nonce: n-0\n" HMAC_HEADERS("client-7", NOW, "n-1"), "\n\n"},
    {"nonce_signature_twice", "100000000", 1, "client-7" NOW "n-1",
     "GET\n/a\n" HMAC_HEADERS("client-7", NOW, "n-1") "00\nx-signature: ", "\n\n"},
    {"nonce_signature_longer", "100000000", 1, "client-7" NOW "n-1", "GET\n/a\n" HMAC_HEADERS("client-7", NOW, "n-1"),
     "00\n\n"},
    {"nonce_signature_space", "100000000", 1, "client-7" NOW "n-1",
     "GET\n/a\n" HMAC_HEADERS("client-7", NOW, "n-1") " ", "\n\n"},
    {"nonce_missing_nonce", "100000000", 1, "client-7" NOW,
     "GET\n/a\nx-ClientId: client-7\nx-Timestamp: " NOW "\nx-Signature: ", "\n\n"},
    {"nonce_large_batch", "1>0000000", 1, "client-7" NOW "n-1", "GET\n/a\n" HMAC_HEADERS("client-7", NOW, "n-1"),
     "\n\n"},
    {"delimited_valid", "200000000", 1, "client-7\n" NOW "\nn-1", "GET\n/a\n" HMAC_HEADERS("client-7", NOW, "n-1"),
     "\n\n"},
    {"delimited_signed_without", "200000000", 1, "client-7" NOW "n-1", "GET\n/a\n" HMAC_HEADERS("client-7", NOW, "n-1"),
     "\n\n"},
    {"folded_header", "100000000", 1, "client-7" NOW "n-1",
     "GET\n/a\nX-Long: a\r\n\tb: c\n" HMAC_HEADERS("client-7", NOW, "n-1"), "\n\n"},
    {"header_not_a_token", "100000000", 1, "client-7" NOW "n-1",
     "GET\n/a\nX Y: c\n" HMAC_HEADERS("client-7", NOW, "n-1"), "\n\n"},
    {"method_not_a_token", "100000000", 1, "client-7" NOW "n-1", "GET /\n/a\n" HMAC_HEADERS("client-7", NOW, "n-1"),
     "\n\n"},
    {"target_with_space", "100000000", 1, "client-7" NOW "n-1", "GET\n/a b\n" HMAC_HEADERS("client-7", NOW, "n-1"),
     "\n\n"},
    {"target_empty", "100000000", 1, "client-7" NOW "n-1", "GET\n\n" HMAC_HEADERS("client-7", NOW, "n-1"), "\n\n"},
};

/* A bearer token and, for jwt-hmac, a signature of the body. */
typedef struct bearer_row {
  const char *name, *control;
  size_t token_key;
  const char *scheme, *claims; /* the auth-scheme with its space */
  size_t key;
  const char *canonical, *before, *behind; /* around the hex signature; NULL for none */
} bearer_row;

#define FOR_7 "{\"sub\":\"client-7\",\"exp\":1700000060}"

static const bearer_row bearers[] = {
    {"bearer_valid", "000000000", 1, "Bearer ", FOR_7, 0, NULL, NULL, NULL},
    {"bearer_lower_case", "000000000", 1, "bearer ", FOR_7, 0, NULL, NULL, NULL},
    {"bearer_two_spaces", "000000000", 1, "Bearer  ", FOR_7, 0, NULL, NULL, NULL},
    {"bearer_no_space", "000000000", 1, "Bearer", FOR_7, 0, NULL, NULL, NULL},
    {"bearer_basic", "000000000", 1, "Basic ", FOR_7, 0, NULL, NULL, NULL},
    {"bearer_expired", "000000060", 1, "Bearer ", FOR_7, 0, NULL, NULL, NULL},
    {"bearer_escaped_subject", "000000000", 1, "Bearer ", "{\"sub\":\"\\u0063lient-7\",\"exp\":1700000060}", 0, NULL,
     NULL, NULL},
    {"jwt_hmac_header", "300000000", 1, "Bearer ", FOR_7, 1, "{\"a\":1}|" NOW "|n-1",
     "X-Timestamp: " NOW "\nX-Nonce: n-1\nX-Request-Signature: sha256=", "\n\n{\"a\":1}"},
    {"jwt_hmac_parameters", "300000000", 1, "Bearer ", FOR_7, 1, "{\"a\":1}|" NOW "|n-1",
     "X-Request-Signature: ts=" NOW "&nonce=n-1&sig=", "\n\n{\"a\":1}"},
    {"jwt_hmac_parameters_order", "300000000", 1, "Bearer ", FOR_7, 1, "|" NOW "|n-1",
     "X-Request-Signature: nonce=n-1&sig=", "&ts=" NOW "\n\n"},
    {"jwt_hmac_parameter_twice", "300000000", 1, "Bearer ", FOR_7, 1, "|" NOW "|n-1",
     "X-Request-Signature: ts=" NOW "&nonce=n-1&nonce=n-1&sig=", "\n\n"},
    {"jwt_hmac_parameter_unknown", "300000000", 1, "Bearer ", FOR_7, 1, "|" NOW "|n-1",
     "X-Request-Signature: ts=" NOW "&nonce=n-1&v=1&sig=", "\n\n"},
    {"jwt_hmac_parameter_empty", "300000000", 1, "Bearer ", FOR_7, 1, "|" NOW "|",
     "X-Request-Signature: ts=" NOW "&nonce=&sig=", "\n\n"},
    {"jwt_hmac_empty_body", "300000000", 1, "Bearer ", FOR_7, 1, "|" NOW "|n-1",
     "X-Timestamp: " NOW "\nX-Nonce: n-1\nX-Request-Signature: sha256=", "\n\n"},
    {"jwt_hmac_other_body", "300000000", 1, "Bearer ", FOR_7, 1, "|" NOW "|n-1",
     "X-Timestamp: " NOW "\nX-Nonce: n-1\nX-Request-Signature: sha256=", "\n\nx"},
    {"jwt_hmac_moved_bar", "300000000", 1, "Bearer ", FOR_7, 1, "a|1700000001|" NOW "|n-1",
     "X-Timestamp: " NOW "\nX-Nonce: n-1\nX-Request-Signature: sha256=", "\n\na|1700000001"},
    {"jwt_hmac_no_subject", "300000000", 1, "Bearer ", "{\"exp\":1700000060}", 1, "|" NOW "|n-1",
     "X-Timestamp: " NOW "\nX-Nonce: n-1\nX-Request-Signature: sha256=", "\n\n"},
    {"jwt_hmac_other_client", "300000000", 1, "Bearer ", "{\"sub\":\"client-9\",\"exp\":1700000060}", 1, "|" NOW "|n-1",
     "X-Timestamp: " NOW "\nX-Nonce: n-1\nX-Request-Signature: sha256=", "\n\n"},
    {"jwt_hmac_client_of_another_key", "300000000", 1, "Bearer ", "{\"sub\":\"client-9\",\"exp\":1700000060}", 4,
     "|" NOW "|n-1", "X-Timestamp: " NOW "\nX-Nonce: n-1\nX-Request-Signature: sha256=", "\n\n"},
    {"jwt_hmac_upper_case_prefix", "300000000", 1, "Bearer ", FOR_7, 1, "|" NOW "|n-1",
     "X-Timestamp: " NOW "\nX-Nonce: n-1\nX-Request-Signature: SHA256=", "\n\n"},
};

#define TEXT "POST\n/orders?a=b&c=%20\nHost: a.example\nContent-Type: application/json\n\n"

/* Requests that the target signs, and instructions that spoil them. */
static const part_row signed_requests[] = {
    {"signed_bearer", "010100000\n", TEXT "{\"a\":1}"},
    {"signed_bearer_other_subject", "010100001\n", TEXT},
    {"signed_bearer_long_subject", "010100005\n", TEXT},
    {"signed_nonce", "110100000\n", "GET\n/a\nHost: a.example\n\n"},
    {"signed_nonce_body", "110100000\n", TEXT "body"},
    {"signed_nonce_body_allowed", "110101000\n", TEXT "body"},
    {"signed_nonce_oldest", "110140000\n", "GET\n/a\n\n"},
    {"signed_nonce_newest", "110130000\n", "GET\n/a\n\n"},
    {"signed_nonce_too_old", "110160000\n", "GET\n/a\n\n"},
    {"signed_nonce_too_new", "110150000\n", "GET\n/a\n\n"},
    {"signed_nonce_window_1", "110142000\n", "GET\n/a\n\n"},
    {"signed_nonce_window_max", "110144000\n", "GET\n/a\n\n"},
    {"signed_nonce_longest", "110100200\n", "GET\n/a\n\n"},
    {"signed_nonce_too_long", "110100300\n", "GET\n/a\n\n"},
    {"signed_nonce_from_target", "110100800\n", "GET\n/abc/def\n\n"},
    {"signed_nonce_old_key_in_grace", "110200020\n", "GET\n/a\n\n"},
    {"signed_nonce_old_key_past_grace", "110200030\n", "GET\n/a\n\n"},
    {"signed_nonce_large_batch", "1?0100000\n", "GET\n/a\n\n"},
    {"signed_delimited", "210100000\n", "GET\n/a\n\n"},
    {"signed_jwt_hmac_header", "310100000\n", TEXT "{\"a\":1}"},
    {"signed_jwt_hmac_parameters", "311100000\n", TEXT "{\"a\":1}"},
    {"signed_jwt_hmac_parameters_batch", "3?1100000\n", TEXT "{\"a\":1}"},
    {"signed_jwt_hmac_token_of_another_key", "310300006\n", TEXT},
    {"signed_jwt_hmac_token_of_another_client", "310400001\n", TEXT},
    {"signed_jwt_hmac_expired_token", "310100003\n", TEXT},
    {"signed_jwt_hmac_no_subject", "310100002\n", TEXT},
    {"spoiled_flip_signature", "110100000\n",
     "GET\n/a\n\n\x1e"
     "030 "},
    {"spoiled_flip_nonce", "110100000\n",
     "GET\n/a\n\n\x1e"
     "05 !"},
    {"spoiled_flip_client", "110100000\n",
     "GET\n/a\n\n\x1e"
     "09 !"},
    {"spoiled_flip_body", "310100000\n",
     TEXT "body\x1e"
          "0\x02 !"},
    {"spoiled_signature_case", "110100000\n",
     "GET\n/a\n\n\x1e"
     "6300630\x10"},
    {"spoiled_remove_header", "110100000\n",
     "GET\n/a\n\n\x1e"
     "8500"},
    {"spoiled_repeat_header", "110100000\n",
     "GET\n/a\n\n\x1e"
     "9500"},
    {"spoiled_space_in_value", "110100000\n",
     "GET\n/a\n\n\x1e"
     ";501"},
    {"spoiled_other_value", "110100000\n",
     "GET\n/a\n\n\x1e"
     ":510"},
    {"spoiled_many_headers", "110100000\n",
     "GET\n/a\n\n\x1e"
     "<50\xff"},
    {"spoiled_just_enough_headers", "110100000\n",
     "GET\n/a\n\n\x1e"
     "<50\xfe"},
    {"spoiled_long_value", "110100000\n",
     "GET\n/a\n\n\x1e"
     "750\x7f"},
    {"spoiled_longest_value", "110100000\n",
     "GET\n/a\nHost: a\n\n\x1e"
     "70\xff\xfe"},
    {"spoiled_long_target", "110100000\n",
     "GET\n/a\n\n\x1e"
     "7\x01\x01\xff"},
    {"spoiled_token_byte", "010100000\n",
     "GET\n/a\n\n\x1e"
     "03!!"},
    {"spoiled_form", "311100000\n",
     TEXT "\x1e"
          "230s"},
};

#endif
