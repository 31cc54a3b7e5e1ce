/* The seeds of fuzz_sigv4: one row, one seed. See fuzz_sigv4.c for what the control bytes mean. */
#ifndef CSN_FUZZ_SEEDS_SIGV4_H
#define CSN_FUZZ_SEEDS_SIGV4_H

#include "seeds_jwt.h"

#define SIGV4_AUTH "Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
#define SIGV4_TEXT "POST\n/a/./b//c?b=2&a=%20&a=1\nHost: a.example\nContent-Type: application/json\n\n{\"a\":1}"

/* The first two are published: get-vanilla of AWS's signing test suite. They are read at its time; no signer was asked
 * for them, so the target expects them rejected: they are spoiled by a digit. */
static const part_row sigv4_requests[] = {
    {"raw_header", "0000?\n",
     "GET\n/\nHost: example.amazonaws.com\nX-Amz-Date: 20150830T123600Z\n" SIGV4_AUTH
     "SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf30\n\n"},
    {"raw_presigned", "0000?\n",
     "GET\n/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20150830%2Fus-east-1%2Fservice%2F"
     "aws4_request&X-Amz-Date=20150830T123600Z&X-Amz-SignedHeaders=host&X-Amz-Expires=3600&X-Amz-Signature="
     "e93c787ed7f371d5c6b165c1b38ede9550f4dce4144713e844b25b7192d3865e\nHost: example.amazonaws.com\n\n"},
    {"raw_nothing", "00000\n", "GET\n/\n\n"},
    {"signed", "10000\n", SIGV4_TEXT},
    {"signed_encoded", "11000\n", SIGV4_TEXT},
    {"signed_s3", "12000\n", SIGV4_TEXT},
    {"signed_last_second", "10010\n", SIGV4_TEXT},
    {"signed_too_late", "10020\n", SIGV4_TEXT},
    {"signed_first_second", "10030\n", SIGV4_TEXT},
    {"signed_too_early", "10040\n", SIGV4_TEXT},
    {"signed_unsigned_payload", "10300\n", SIGV4_TEXT},
    {"signed_unsigned_payload_refused", "10200\n", SIGV4_TEXT},
    {"signed_header_twice", "10000\n", "GET\n/\nHost: h\nX-A: 1\nx-a:  2  3 \n\n"},
    {"signed_not_ascii", "10000\n", "GET\n/\xe1\x88\xb4?\xe1\x88\xb4=%00\nHost: h\n\n"},
    {"signed_above_the_root", "10000\n", "GET\n/../../a/..\nHost: h\n\n"},
    {"signed_extra_amz_header", "10000\n", "GET\n/\nX-Amz-Meta: 1\n\n"},
    {"presigned", "20000\n", SIGV4_TEXT},
    {"presigned_s3", "22000\n", SIGV4_TEXT},
    {"presigned_last_second", "20050\n", SIGV4_TEXT},
    {"presigned_expired", "20060\n", SIGV4_TEXT},
    {"presigned_week", "20072\n", SIGV4_TEXT},
    {"presigned_zero", "20003\n", SIGV4_TEXT},
    {"presigned_leading_zero", "20005\n", SIGV4_TEXT},
    {"spoiled_signature", "10000\n",
     SIGV4_TEXT "\x1e"
                "03\xfe "},
    {"spoiled_signature_case", "10000\n",
     SIGV4_TEXT "\x1e"
                "63\xfe "},
    {"spoiled_body", "10000\n",
     SIGV4_TEXT "\x1e"
                "0200"},
    {"spoiled_unsigned_body", "10300\n",
     SIGV4_TEXT "\x1e"
                "0200"},
    {"spoiled_target", "20000\n",
     SIGV4_TEXT "\x1e"
                "01@0"},
    {"spoiled_remove_header", "10000\n",
     SIGV4_TEXT "\x1e"
                "8500"},
    {"spoiled_repeat_header", "10000\n",
     SIGV4_TEXT "\x1e"
                "9500"},
    {"spoiled_many_headers", "10000\n",
     SIGV4_TEXT "\x1e"
                "<50\xff"},
};

#endif
