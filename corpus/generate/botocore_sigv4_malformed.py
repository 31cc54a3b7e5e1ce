#!/usr/bin/python3
"""aws-sigv4: requests that botocore signs and that are malformed then, or that it is made to sign so."""
import hashlib

from botocore.auth import SigV4Auth

from aws_sigv4 import (
    FIRST,
    HASH,
    JSON,
    OK,
    ORDER,
    UNSIGNED,
    case,
    edited,
    get,
    index_of,
    no,
    policy_with,
    post,
    presigned,
    signed,
    stamp_of,
    with_header,
    without,
)
from common import T0


def authorization():
    line = get()
    at = index_of(line, "authorization")
    names = "host;x-amz-date"

    def malformed(name, about, what, put, reason, offset=0, field="header", key=None, index=at):
        case(
            name,
            about,
            edited(line, (what, put)),
            no(reason, field, offset, key, index if field == "header" else None),
        )

    value = line["headers"][at][1]
    case(
        "authorization-missing",
        "No signature at all.",
        without(line, "authorization"),
        no("field_missing", "signature", key=None),
    )
    case(
        "authorization-twice",
        "The header twice.",
        with_header(line, "Authorization", value),
        no("field_repeated", "header", key=None, header_index=at + 1),
    )
    malformed(
        "algorithm-lower-case",
        "Algorithms are compared byte for byte.",
        "AWS4-HMAC-SHA256",
        "aws4-hmac-sha256",
        "field_malformed",
    )
    malformed(
        "algorithm-asymmetric", "Signature Version 4A.", "AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256", "field_malformed"
    )
    malformed("algorithm-sha1", "A weaker hash.", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1", "field_malformed")
    malformed("bearer", "Another auth-scheme.", "AWS4-HMAC-SHA256", "Bearer", "field_malformed")
    malformed(
        "parameter-unknown",
        "A parameter that the scheme does not have.",
        "Credential=",
        "Extra=1, Credential=",
        "field_unknown",
        len("AWS4-HMAC-SHA256 "),
    )
    malformed(
        "parameter-twice",
        "A parameter twice.",
        "SignedHeaders=",
        "SignedHeaders=host, SignedHeaders=",
        "field_repeated",
        value.index("SignedHeaders") + len("SignedHeaders=host, "),
    )
    malformed(
        "parameter-missing",
        "No SignedHeaders.",
        f"SignedHeaders={names}, ",
        "",
        "field_missing",
        len(value) - len(f"SignedHeaders={names}, "),
    )
    short, long = value[-64:-1], value[-64:] + "0"
    malformed("signature-short", "63 digits.", value[-64:], short, "signature_length", 0, "signature", FIRST)
    malformed("signature-long", "65 digits.", value[-64:], long, "signature_length", 0, "signature", FIRST)
    malformed("signature-empty", "None.", value[-64:], "", "signature_length", 0, "signature", FIRST)
    malformed(
        "signature-not-hex",
        "A digit that is none.",
        value[-64:],
        short + "g",
        "signature_encoding",
        63,
        "signature",
        FIRST,
    )


def scope():
    line, day = get(), stamp_of(T0)[:8]
    at = len(FIRST + "/")
    wrong = no("scope_mismatch", "key_id", at)
    case(
        "scope-of-another-day",
        "The scope's day is not that of x-amz-date.",
        edited(line, (f"/{day}/", "/20231115/")),
        wrong,
    )
    case("region-changed", "Another region.", edited(line, ("/eu-central-1/", "/eu-central-2/")), wrong)
    case("region-of-another", "Signed for another region.", get(region="us-east-1"), wrong)
    case("service-of-another", "Signed for another service.", get(service="s3"), wrong)
    case("terminator-changed", "Another end.", edited(line, ("aws4_request", "aws5_request")), wrong)
    bad = no("field_malformed", "key_id", key=None)
    case("scope-too-short", "Four parts.", edited(line, ("/aws4_request", "")), bad)
    case("scope-too-long", "Six parts.", edited(line, ("aws4_request", "aws4_request/x")), bad)
    bad = no("kid_invalid", "key_id", key=None)
    case("key-id-empty", "No access key id.", edited(line, (FIRST, "")), bad)
    bad = no("kid_invalid", "key_id", 128, key=None)
    case("key-id-too-long", "An access key id of 129 bytes.", edited(line, (FIRST, "A" * 129)), bad)


def signed_headers():
    def choosing(select, **more):
        """botocore, made to name what it would not."""

        class Chosen(SigV4Auth):
            def signed_headers(self, headers_to_sign):
                return select(super().signed_headers(headers_to_sign))

        return signed(auth=Chosen, **more)

    def dropping(name, **more):
        class Dropped(SigV4Auth):
            def headers_to_sign(self, request):
                chosen = super().headers_to_sign(request)
                del chosen[name]
                return chosen

        return signed(auth=Dropped, **more)

    invalid = no("signed_headers_invalid", "signature")
    for name, about, select in [
        ("unsorted", "In another order.", lambda names: ";".join(reversed(names.split(";")))),
        ("twice", "A name twice.", lambda names: names.replace("host", "host;host")),
        ("upper-case", "A name in capitals.", lambda names: names.replace("host", "Host")),
        ("empty", "No name.", lambda names: ""),
        ("empty-name", "An empty name at the end.", lambda names: names + ";"),
        ("space", "A space.", lambda names: names.replace(";", "; ", 1)),
    ]:
        case(f"signed-headers-{name}", about, choosing(select), invalid)
    case("host-not-signed", "The host is not signed.", dropping("host"), no("header_not_signed", "signature"))
    line = dropping("x-amz-date")
    at = index_of(line, "x-amz-date")
    case("date-not-signed", "The time is not signed.", line, no("header_not_signed", "header", header_index=at))
    line = with_header(get(), "X-Amz-Meta-Extra", "1")
    case(
        "amz-header-not-signed",
        "A header of AWS, put in on the way.",
        line,
        no("header_not_signed", "header", header_index=len(line["headers"]) - 1),
    )
    line = without(get(headers=[("X-Custom", "1")]), "x-custom")
    at = index_of(line, "authorization")
    missing = no("field_missing", "header", line["headers"][at][1].index("x-custom"), header_index=at)
    case("signed-header-missing", "A signed header was taken out: it is not signed as empty.", line, missing)
    line = without(presigned(headers=[("X-Custom", "1")]), "x-custom")
    case("presigned-header-missing", "The same of a presigned request.", line, no("field_missing", "target"))
    for name in "host", "x-amz-date", "x-amz-content-sha256", "x-amz-security-token":
        line = post(token="token") if name != "host" else post()
        at = index_of(line, name)
        more = with_header(line, name, line["headers"][at][1])
        case(
            f"{name}-twice",
            "A header that the scheme reads is there twice.",
            more,
            no("field_repeated", "header", key=None, header_index=len(more["headers"]) - 1),
        )


def queries():
    line = get()
    base = len("/v1/orders?limit=10")
    for name, about, more, at in [
        ("plus", "A bare +, which some readers take for a space.", "&a=b+c", 4),
        ("semicolon", "A bare ;, which some readers take for an &.", "&a=b;c", 4),
        ("escape-cut", "An escape that is cut off.", "&a=%4", 3),
        ("escape-not-hex", "An escape of no digits.", "&a=%zz", 3),
        ("escape-lower-case", "One spelling for one byte.", "&a=%c3%a9", 3),
        ("empty-parameter", "An empty parameter.", "&&a=1", 1),
    ]:
        case(
            f"query-{name}",
            about,
            edited(line, ("=10", "=10" + more)),
            no("query_invalid", "target", base + at, key=None),
        )
    many = "/v1?" + "&".join(f"p{i:03}=1" for i in range(128))
    case("query-longest", "128 parameters.", get(target=many), OK)
    case(
        "query-too-long",
        "129 parameters.",
        get(target=many + "&q=1"),
        no("canonical_limit", "target", len(many) + 1, key=None),
    )
    case(
        "target-absolute",
        "An absolute target.",
        edited(line, target="http://api.example/v1"),
        no("target_invalid", "target", key=None),
    )
    case("target-fragment", "A fragment.", edited(line, target="/v1#a"), no("target_invalid", "target", 3, key=None))


def payloads():
    def declared(value, **more):
        return signed("POST", "/v1/orders", [*JSON, ("X-Amz-Content-Sha256", value)], ORDER, **more)

    invalid = no("payload_hash_invalid", "body_sha256")
    case("hash-short", "63 digits.", declared(HASH[:-1]), invalid)
    case("hash-long", "65 digits.", declared(HASH + "0"), invalid)
    case("hash-not-hex", "A digit that is none.", declared(HASH[:-1] + "g"), invalid)
    case(
        "hash-of-another",
        "The signer itself gave another body's hash.",
        declared(hashlib.sha256(b"{}").hexdigest()),
        no("payload_hash_mismatch", "body"),
    )
    for name in "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER":
        case(
            f"{name.lower()}",
            "A payload that is signed in chunks, or whose trailer is.",
            declared(name),
            no("payload_streaming", "body_sha256"),
        )
    line = signed("POST", "/v1/orders", JSON, ORDER, unsigned=True)
    case(
        "unsigned-payload",
        "An unsigned payload, which the policy does not take.",
        line,
        no("payload_unsigned", "body_sha256"),
    )
    allowed = policy_with(allow_unsigned_payload=True)
    case("unsigned-payload-allowed", "The policy takes it.", line, OK, policy=allowed)
    case("unsigned-payload-changed", "Then it is anybody's.", {**line, "body": "{}"}, OK, policy=allowed)
    case(
        "payload-made-unsigned",
        "The hash exchanged for that word.",
        edited(post(), (HASH, UNSIGNED)),
        no("signature_mismatch", "signature"),
        policy=allowed,
    )


authorization()
scope()
signed_headers()
queries()
payloads()
