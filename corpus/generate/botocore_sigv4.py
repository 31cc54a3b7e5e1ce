#!/usr/bin/python3
"""aws-sigv4: requests that botocore signs, as they are, too late, and changed on the way."""
import hashlib

from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth

from aws_sigv4 import (
    ENDED,
    FIRST,
    SECOND,
    AWS_WINDOW,
    HASH,
    JSON,
    OK,
    ORDER,
    S3_POLICY,
    S3_UNSIGNED,
    case,
    edited,
    get,
    no,
    policy_with,
    post,
    presigned,
    signed,
    stamp_of,
    with_header,
    without,
)
from common import T0, accepted


def as_signed():
    case("get", "A request without a body.", get(), OK)
    case("get-root", "The root.", get(target="/"), OK)
    case("get-no-query", "An empty query is none.", edited(get(target="/v1"), target="/v1?"), OK)
    target = "/v1/orders?b=2&a=3&a=1&empty=&bare&c=%20%2F%C3%A9&d=-._~"
    case("query-order", "Parameters are sorted, by their values where the names are equal.", get(target=target), OK)
    case("query-hostile", "A parameter may hold what looks like structure.", get(target="/v1?a=%26b%3D1%23%3B%2B"), OK)
    case("path-normalized", "Dots and empty segments.", get(target="/v1/./a//../orders/"), OK)
    case("path-escapes", "An escape's percent sign is encoded again.", get(target="/v1/a%20b/%C3%A9%2F"), OK)
    case("post", "A body, whose hash no header gives.", signed("POST", "/v1/orders", JSON, ORDER), OK)
    case("post-hash", "The hash stands in a header, too.", post(), OK)
    case("post-binary", "A body of any bytes.", signed("POST", "/v1/blob", [], bytes(range(256))), OK)
    case("put-empty", "A method without a body.", signed("PUT", "/v1/orders/7"), OK)
    case("delete", "Another method.", signed("DELETE", "/v1/orders/7"), OK)
    spaced = signed(headers=[("X-Amz-Meta-A", "  a   b  c "), ("X-Custom", '"q  q"')])
    case("header-spaces", "One space for each run, none at the ends.", spaced, OK)
    twice = signed(headers=[("X-Custom", "b"), ("X-Custom", "a")])
    case("header-twice", "A header that the scheme does not read may be repeated: joined in its order.", twice, OK)
    case("session-token", "A session token, which is signed.", get(token="a+session/token=="), OK)
    line = get()
    lower = {**line, "headers": [[name.lower(), value] for name, value in line["headers"]]}
    case("names-lower-case", "Header names have no case.", lower, OK)
    last = line["headers"][-1][1]
    upper = edited(line, (last[-64:], last[-64:].upper()))
    case("signature-upper-case", "Hex digits have no case.", upper, OK)
    case("no-spaces", "No space behind a comma.", edited(edited(line, (", S", ",S")), (", S", ",S")), OK)
    unsigned = with_header(line, "User-Agent", "curl")
    case("header-not-signed-and-not-needed", "A header that nobody signed, and nobody must.", unsigned, OK)
    case("host-with-port", "The host with its port.", get(host="api.example:8443"), OK)


def keys():
    case(
        "second-key",
        "Another key of the client, as in a rotation.",
        get(key=SECOND),
        accepted("orders", SECOND),
        key=SECOND,
    )
    line = get(key=ENDED)
    last = T0 + 50
    case("key-last-second", "The key's last second.", line, accepted("billing", ENDED), now=last, key=ENDED)
    expired = no("key_expired", "key_id", key=ENDED, client="billing")
    case("key-expired", "One second later.", line, expired, now=last + 1, key=ENDED)
    other = "AKIACORPUS0000000003"
    unknown = no("key_unknown", "key_id", key=other)
    case("key-unknown", "An access key id that nobody has.", edited(get(), (FIRST, other)), unknown)
    illegal = no("key_unknown", "key_id", key='AKIA"')
    case("key-id-hostile", "An access key id is bytes that are looked up.", edited(get(), (FIRST, 'AKIA"')), illegal)
    longest = "A" * 128
    unknown = no("key_unknown", "key_id", key=longest)
    case("key-id-longest", "The longest one.", edited(get(), (FIRST, longest)), unknown)
    wrong = no("signature_mismatch", "signature", key=ENDED, client="billing")
    case("key-of-another", "The access key id of another client.", edited(get(), (FIRST, ENDED)), wrong, key=ENDED)


def times():
    line = get()
    case("window-past", "Fifteen minutes late.", line, OK, now=T0 + AWS_WINDOW)
    case("window-past-over", "One second more.", line, no("timestamp_past", "timestamp"), now=T0 + AWS_WINDOW + 1)
    case("window-future", "Fifteen minutes early.", line, OK, now=T0 - AWS_WINDOW)
    case("window-future-over", "One second more.", line, no("timestamp_future", "timestamp"), now=T0 - AWS_WINDOW - 1)
    short = policy_with(window_seconds=10)
    case("window-short", "A window of ten seconds.", line, OK, now=T0 + 10, policy=short)
    late = no("timestamp_past", "timestamp")
    case("window-short-over", "One second more.", line, late, now=T0 + 11, policy=short)
    midnight = T0 - T0 % 86400
    case(
        "midnight-before",
        "Signed in the last second of a day, read in the next.",
        get(now=midnight - 1),
        OK,
        now=midnight,
    )
    case("midnight", "Signed in the first second of a day.", get(now=midnight), OK, now=midnight - 1)
    case(
        "time-of-another",
        "The time changed, in its day.",
        edited(line, (stamp_of(T0), stamp_of(T0 + 1))),
        no("signature_mismatch", "signature"),
    )
    for name, text in [
        ("seconds", str(T0)),
        ("extended", "2023-11-14T22:13:20Z"),
        ("no-zone", stamp_of(T0)[:-1]),
        ("zone-lower-case", stamp_of(T0)[:-1] + "z"),
        ("no-such-day", "20230229T000000Z"),
        ("hour-24", "20231114T240000Z"),
        ("leap-second", "20231114T235960Z"),
        ("space", stamp_of(T0) + " Z"),
    ]:
        invalid = no("timestamp_invalid", "timestamp", key=None)
        case(f"time-{name}", f"x-amz-date: {text}", edited(line, (stamp_of(T0), text)), invalid)
    case(
        "time-missing",
        "No x-amz-date; Date does not take its place.",
        with_header(without(line, "x-amz-date"), "Date", "Tue, 14 Nov 2023 22:13:20 GMT"),
        no("field_missing", "timestamp", key=None),
    )


def changed():
    wrong = no("signature_mismatch", "signature")
    line = get()
    case("method-changed", "Another method.", {**line, "method": "HEAD"}, wrong)
    case("path-changed", "Another path.", edited(line, ("/v1", "/v2")), wrong)
    case("query-changed", "Another query.", edited(line, ("=10", "=11")), wrong)
    case("query-added", "A parameter more.", edited(line, ("=10", "=10&a=")), wrong)
    case("host-changed", "Another host.", edited(line, ("api.example", "api.example.net")), wrong)
    case("signature-changed", "The last digit.", edited(line, (line["headers"][-1][1][-4:], "0000")), wrong)
    case(
        "body-changed",
        "Another body, whose hash no header gives.",
        {**signed("POST", "/v1/orders", JSON, ORDER), "body": "{}"},
        wrong,
    )
    case(
        "body-changed-hash",
        "Another body than the one whose hash is signed.",
        {**post(), "body": "{}"},
        no("payload_hash_mismatch", "body"),
    )
    case(
        "body-and-hash-changed",
        "The hash changed with it.",
        edited({**post(), "body": "{}"}, (HASH, hashlib.sha256(b"{}").hexdigest())),
        wrong,
    )
    header = get(headers=[("X-Custom", "1")])
    case(
        "header-changed",
        "A signed header.",
        edited(header, ("1", "2"), headers=[h if h[0] != "X-Custom" else ["X-Custom", "2"] for h in header["headers"]]),
        wrong,
    )
    case("header-repeated", "A signed header once more.", with_header(header, "X-Custom", "1"), wrong)
    case("token-changed", "Another session token.", edited(get(token="one"), ("one", "two")), wrong)
    case(
        "segments-encoded",
        "Where segments are signed as they are, others are another path.",
        {**get(target="/v1/a"), "target": "/v1//a"},
        wrong,
        policy=policy_with(path="encoded"),
    )
    case(
        "segments-normalized",
        "Where they are taken out, they are the same.",
        {**get(target="/v1/a"), "target": "/v1/./b/..//a"},
        OK,
    )


def s3():
    def put(**more):
        return signed("PUT", "/bucket/a//b/./c%2Fd%20e", JSON, ORDER, auth=S3SigV4Auth, policy=S3_POLICY, **more)

    line = put()
    wrong = no("signature_mismatch", "signature")
    case("s3-put", "S3 signs the path as it is on the wire.", line, OK, policy=S3_POLICY)
    case("s3-segments", "Segments are not taken out.", edited(line, ("a//b", "a/b")), wrong, policy=S3_POLICY)
    case("s3-escape", "An escaped slash is no slash.", edited(line, ("c%2Fd", "c/d")), wrong, policy=S3_POLICY)
    bad = no("target_invalid", "target", len("/bucket/a//b/./c"))
    case("s3-escape-lower-case", "One spelling for one byte.", edited(line, ("%2F", "%2f")), bad, policy=S3_POLICY)
    case(
        "s3-no-hash",
        "S3 wants the payload's hash in a header.",
        signed("PUT", "/bucket/a", JSON, ORDER, policy=S3_POLICY),
        no("field_missing", "body_sha256"),
        policy=S3_POLICY,
    )
    line = presigned(target="/bucket/a?versionId=7", auth=S3SigV4QueryAuth, policy=S3_POLICY)
    case("s3-get-presigned", "A presigned request leaves its payload unsigned.", line, OK, policy=S3_UNSIGNED)


def presigned_requests():
    line = presigned()
    case("presigned", "Presigned for an hour.", line, OK)
    case("presigned-last-second", "In the last second.", line, OK, now=T0 + 3600)
    expired = no("presigned_expired", "timestamp")
    case("presigned-expired", "One second later.", line, expired, now=T0 + 3601)
    case("presigned-second", "For one second.", presigned(expires=1), OK, now=T0 + 1)
    case("presigned-week", "For seven days.", presigned(expires=604800), OK, now=T0 + 604800)
    bad = no("expires_invalid", "timestamp", key=None)
    case("expires-zero", "For no second.", presigned(expires=0), bad)
    case("expires-too-long", "For a second more than seven days.", presigned(expires=604801), bad)
    case("expires-negative", "A sign.", presigned(expires=-1), bad)
    case("expires-leading-zero", "One text for one number.", presigned(expires="03600"), bad)
    case("expires-fraction", "A fraction.", presigned(expires="3600.5"), bad)
    case(
        "expires-longer",
        "Made longer on the way.",
        edited(line, ("Expires=3600", "Expires=3601")),
        no("signature_mismatch", "signature"),
    )
    case(
        "expires-of-policy", "The longest time of the policy.", line, OK, policy=policy_with(presigned_max_seconds=3600)
    )
    case("expires-over-policy", "One second more.", line, bad, policy=policy_with(presigned_max_seconds=3599))
    case("presigned-refused", "No presigned requests.", line, bad, policy=policy_with(presigned_max_seconds=0))
    case("presigned-token", "A session token.", presigned(token="a+session/token=="), OK)
    case("presigned-header", "A header is signed, too.", presigned(headers=[("X-Custom", "1")]), OK)
    case(
        "presigned-moved",
        "Parameters in another order.",
        edited(line, ("limit=10&", ""), ("&X-Amz-Signature", "&limit=10&X-Amz-Signature")),
        OK,
    )
    case(
        "presigned-and-authorization",
        "Signed in both ways: neither wins.",
        with_header(line, "Authorization", get()["headers"][-1][1]),
        no("field_repeated", "signature", key=None),
    )
    case(
        "presigned-and-date",
        "The time in both ways.",
        with_header(line, "X-Amz-Date", stamp_of(T0)),
        no("field_repeated", "timestamp", key=None),
    )
    for name, field in [
        ("Algorithm", "signature"),
        ("Credential", "key_id"),
        ("Date", "timestamp"),
        ("Expires", "timestamp"),
        ("SignedHeaders", "signature"),
    ]:
        text = next(p for p in line["target"].split("&") if p.startswith("X-Amz-" + name + "="))
        case(
            f"presigned-{name.lower()}-missing",
            f"No X-Amz-{name}.",
            edited(line, ("&" + text, "")),
            no("field_missing", field, key=None),
        )
        case(
            f"presigned-{name.lower()}-twice",
            f"X-Amz-{name} twice.",
            edited(line, (text, text + "&" + text)),
            no("field_repeated", field, key=None),
        )
    signature = line["target"].split("X-Amz-Signature=")[1]
    case(
        "presigned-signature-missing",
        "No X-Amz-Signature.",
        edited(line, ("&X-Amz-Signature=" + signature, "")),
        no("field_missing", "signature"),
    )
    case(
        "presigned-signature-twice",
        "X-Amz-Signature twice.",
        edited(line, (signature, signature + "&X-Amz-Signature=" + signature)),
        no("field_repeated", "signature", key=None),
    )
    case(
        "presigned-algorithm",
        "Another algorithm.",
        edited(line, ("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256")),
        no("field_malformed", "signature", key=None),
    )


as_signed()
keys()
times()
changed()
s3()
presigned_requests()
