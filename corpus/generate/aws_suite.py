#!/usr/bin/python3
"""AWS's published examples: the signing test suite of aws-c-auth (tests/aws-signing-test-suite/v4, Apache License 2.0)
and those of the Amazon S3 API reference (API_SigV4-header-based-auth, API_SigV4-query-string-auth). Nothing is signed
here: the signatures are the published ones, and so are the hashes of the suite's canonical requests.

aws_suite.json has the suite's cases: how the path is signed, the headers besides Host and X-Amz-Date, and the SHA-256
of the canonical request. Three of the suite's are left out: the two with a space in the request line, which is no
request, and the one whose session token is added when all is signed."""
import hashlib
import json
import os
from urllib.parse import quote

from aws_sigv4 import AWS_WINDOW, case, no, pins_of, policy_with, with_header
from common import accepted, request

SUITE_NOW = 1440938160  # 2015-08-30T12:36:00Z
SUITE_POLICY = {
    "preset": "aws-sigv4",
    "aws_sigv4": {"region": "us-east-1", "service": "service"},
    "keys": [
        {
            "key_id": "AKIDEXAMPLE",
            "client_id": "suite",
            "secret": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
        }
    ],
}
SUITE_SCOPE = "AKIDEXAMPLE/20150830/us-east-1/service/aws4_request"

with open(os.path.join(os.path.dirname(__file__), "aws_suite.json"), encoding="utf-8") as file:
    SUITE = json.load(file)


def suite_line(presigned, method, target, headers, body, names, signature):
    if presigned:
        target += ("&" if "?" in target else "?") + "X-Amz-Algorithm=AWS4-HMAC-SHA256"
        target += f"&X-Amz-Credential={quote(SUITE_SCOPE, safe='')}&X-Amz-Date=20150830T123600Z"
        target += f"&X-Amz-SignedHeaders={quote(names, safe='')}&X-Amz-Expires=3600&X-Amz-Signature={signature}"
        line = [("Host", "example.amazonaws.com"), *headers]
    else:
        line = [("Host", "example.amazonaws.com"), *headers, ("X-Amz-Date", "20150830T123600Z")]
        value = f"AWS4-HMAC-SHA256 Credential={SUITE_SCOPE}, SignedHeaders={names}, Signature={signature}"
        line.append(("Authorization", value))
    return request(line, method, target, body.encode("utf-8") or None)


def suite():
    for row in SUITE:
        name, presigned, path, method, target, headers, body, names, digest, signature = row.values()
        policy = SUITE_POLICY if path == "normalized" else policy_with(SUITE_POLICY, path=path)
        line = suite_line(presigned, method, target, headers, body, names, signature)
        canonical = pins_of(line, policy, "AKIDEXAMPLE")["canonical"]
        assert hashlib.sha256(canonical).hexdigest() == digest, (name, canonical)
        case(
            f"suite-{name}-{'presigned' if presigned else 'header'}",
            "Published: a case of AWS's signing test suite.",
            line,
            accepted("suite", "AKIDEXAMPLE"),
            now=SUITE_NOW,
            policy=policy,
            key="AKIDEXAMPLE",
            signer="aws-c-auth test suite",
        )


S3_NOW = 1369353600  # 2013-05-24T00:00:00Z
S3_ID = "AKIAIOSFODNN7EXAMPLE"
S3_POLICY = {
    "preset": "aws-sigv4",
    "aws_sigv4": {"region": "us-east-1", "service": "s3"},
    "keys": [{"key_id": S3_ID, "client_id": "s3", "secret": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}],
}
EMPTY = hashlib.sha256(b"").hexdigest()
BASIC = "host;x-amz-content-sha256;x-amz-date"

# name, method, target, headers, body, signed headers, signature
S3 = [
    (
        "get-object",
        "GET",
        "/test.txt",
        [("Range", "bytes=0-9")],
        "",
        "host;range;x-amz-content-sha256;x-amz-date",
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
    ),
    (
        "put-object",
        "PUT",
        "/test%24file.text",
        [("Date", "Fri, 24 May 2013 00:00:00 GMT"), ("x-amz-storage-class", "REDUCED_REDUNDANCY")],
        "Welcome to Amazon S3.",
        "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
        "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
    ),
    (
        "get-bucket-lifecycle",
        "GET",
        "/?lifecycle",
        [],
        "",
        BASIC,
        "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
    ),
    (
        "get-bucket-list",
        "GET",
        "/?max-keys=2&prefix=J",
        [],
        "",
        BASIC,
        "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
    ),
]
PRESIGNED = (
    f"/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={S3_ID}%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
    "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
    "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
)


def s3_case(name, about, line, verdict, policy=S3_POLICY, now=S3_NOW):
    case(name, about, line, verdict, now=now, policy=policy, key=S3_ID, signer="Amazon S3 API reference")


def s3():
    published = accepted("s3", S3_ID)
    for name, method, target, more, body, names, signature in S3:
        headers = [("Host", "examplebucket.s3.amazonaws.com"), *more, ("x-amz-date", "20130524T000000Z")]
        headers.append(("x-amz-content-sha256", hashlib.sha256(body.encode()).hexdigest()))
        credential = f"{S3_ID}/20130524/us-east-1/s3/aws4_request"
        value = f"AWS4-HMAC-SHA256 Credential={credential},SignedHeaders={names},Signature={signature}"
        line = request([*headers, ("Authorization", value)], method, target, body.encode() or None)
        s3_case(f"s3-{name}", "Published: an example of the Amazon S3 API reference.", line, published)
    line = request([("Host", "examplebucket.s3.amazonaws.com")], "GET", PRESIGNED)
    unsigned = policy_with(S3_POLICY, allow_unsigned_payload=True)
    about = (
        "Published: the presigned example of the Amazon S3 API reference, where the policy lets a payload be unsigned."
    )
    s3_case("s3-presigned", about, line, published, unsigned)
    s3_case("s3-presigned-last-second", "In its last second.", line, published, unsigned, S3_NOW + 86400)
    expired = no("presigned_expired", "timestamp", key=S3_ID)
    s3_case("s3-presigned-expired", "One second later.", line, expired, unsigned, S3_NOW + 86401)
    refused = no("payload_unsigned", "body_sha256", key=S3_ID)
    s3_case("s3-presigned-unsigned", "The policy wants every payload signed.", line, refused)
    other = with_header(line, "x-amz-acl", "public-read")
    refused = no("header_not_signed", "header", key=S3_ID, header_index=1)
    s3_case("s3-presigned-header-added", "A header that AWS acts upon, put in on the way.", other, refused, unsigned)
    now = S3_NOW - AWS_WINDOW
    s3_case("s3-presigned-ahead", "Fifteen minutes before its time.", line, published, unsigned, now)
    refused = no("timestamp_future", "timestamp", key=S3_ID)
    s3_case("s3-presigned-too-early", "One second more.", line, refused, unsigned, now - 1)


suite()
s3()
