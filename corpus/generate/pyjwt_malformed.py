#!/usr/bin/python3
"""bearer-jwt: tokens whose header, claims or wire form is wrong; most by hand, since PyJWT refuses to make them."""
import base64
import json

import jwt

from common import rejected
from bearer import bearer, by_hand, mismatch, ok, token_of
from tokens import CLAIMS, KEY, SECRET, b64, made, other_char, raw


def claims_json(reason, offset):
    return rejected(reason, "claims", offset, None, KEY)


def bearer_header():
    def header(name, about, reason, text, at=None, key_id=None, secret=SECRET):
        offset = text.index(at) if at else 0
        by_hand(name, about, rejected(reason, "jose_header", offset, None, key_id), raw(text, secret=secret))

    for name, alg in (
        ("none", "none"),
        ("none-capital", "None"),
        ("none-mixed", "nOnE"),
        ("empty", ""),
        ("lower", "hs256"),
        ("rs256", "RS256"),
        ("es256", "ES256"),
        ("space", "HS256 "),
        ("longer", "HS2560"),
        ("hs512", "HS512"),
    ):
        header(
            f"alg-{name}",
            f"alg is {alg!r}, the signature is right.",
            "alg_not_allowed",
            '{"alg":"%s","typ":"JWT"}' % alg,
            '"%s","typ' % alg,
        )
    unsigned = raw('{"alg":"none","typ":"JWT"}').rpartition(".")[0] + "."
    by_hand(
        "alg-none-unsigned",
        "alg none without a signature, as RFC 7519 section 6 has it.",
        rejected("token_shape", "token", len(unsigned)),
        unsigned,
    )
    assert jwt.encode(CLAIMS, None, algorithm="none").count(".") == 2
    bearer(
        "alg-none-pyjwt",
        "alg none as PyJWT makes it.",
        rejected("token_shape", "token", len(jwt.encode(CLAIMS, None, algorithm="none"))),
        jwt.encode(CLAIMS, None, algorithm="none"),
    )
    token = jwt.encode(CLAIMS, SECRET, algorithm="HS512")
    bearer(
        "hs512",
        "HS512 under the same secret: a key has exactly one algorithm.",
        rejected(
            "alg_not_allowed", "jose_header", base64.urlsafe_b64decode(token.split(".")[0] + "==").index(b'"HS512"')
        ),
        token,
    )
    header("alg-missing", "No alg.", "alg_missing", '{"typ":"JWT"}')
    header("alg-number", "alg is not a string.", "alg_missing", '{"alg":256}', "256")
    header("alg-null", "alg is null.", "alg_missing", '{"alg":null}', "null")
    header(
        "alg-twice",
        "alg twice: neither first nor last wins.",
        "json_duplicate",
        '{"alg":"HS256","alg":"none"}',
        '"alg":"none',
    )
    header(
        "alg-twice-escaped",
        "The same with the second name escaped.",
        "json_duplicate",
        '{"alg":"HS256","\\u0061lg":"none"}',
        '"\\u0061',
    )
    header(
        "crit-unknown",
        "crit names an extension that is not understood.",
        "crit_unsupported",
        '{"alg":"HS256","crit":["x"],"x":1}',
        '["x"]',
    )
    header("crit-empty", "An empty crit.", "crit_unsupported", '{"alg":"HS256","crit":[]}', "[]")
    header("crit-string", "crit is not an array.", "crit_unsupported", '{"alg":"HS256","crit":"exp"}', '"exp"')
    header(
        "crit-registered",
        "crit names a header parameter of RFC 7515.",
        "crit_unsupported",
        '{"alg":"HS256","crit":["alg"]}',
        '["alg"]',
    )
    header("b64-false", "The unencoded payload option.", "b64_unsupported", '{"alg":"HS256","b64":false}', "false")
    header(
        "b64-false-crit",
        "The same, announced as RFC 7797 wants it.",
        "crit_unsupported",
        '{"alg":"HS256","b64":false,"crit":["b64"]}',
        '["b64"]',
    )
    header("typ-number", "typ is not a string.", "typ_not_allowed", '{"alg":"HS256","typ":1}', "1}")
    header("kid-number", "kid is not a string.", "kid_invalid", '{"alg":"HS256","kid":1}', "1}")
    header("kid-empty", "An empty kid.", "kid_invalid", '{"alg":"HS256","kid":""}', '""}')
    header(
        "kid-129-bytes",
        "A kid beyond the limit.",
        "kid_invalid",
        '{"alg":"HS256","kid":"%s"}' % ("k" * 129),
        '"' + "k" * 129,
    )
    header(
        "kid-unknown",
        "A kid that names no key, under the right secret.",
        "key_unknown",
        '{"alg":"HS256","kid":"issuer-2"}',
        '"issuer-2"',
    )
    header(
        "kid-path",
        "A kid that would be a file.",
        "key_unknown",
        '{"alg":"HS256","kid":"../../dev/null"}',
        '"../',
        secret=b"",
    )
    header("kid-sql", "A kid that would be a query.", "key_unknown", '{"alg":"HS256","kid":"x\' or 1=1 --"}', "\"x'")
    header("header-array", "The header is not an object.", "json_not_object", '["HS256"]')
    header("header-trailing", "A byte behind the header's object.", "json_invalid", '{"alg":"HS256"}x', "x")
    header("header-bom", "A byte order mark.", "json_invalid", '\ufeff{"alg":"HS256"}')
    header("header-comma", "A comma before the end.", "json_invalid", '{"alg":"HS256",}', "}")
    header("header-quotes", "Apostrophes.", "json_invalid", "{'alg':'HS256'}", "'")
    jwk = b64(b"the attacker's key, 32 bytes long")
    mismatch(
        "embedded-jwk-used",
        "Signed with the key that the header brings along.",
        raw('{"alg":"HS256","jwk":{"kty":"oct","k":"%s"}}' % jwk, secret=b"the attacker's key, 32 bytes long"),
    )


def bearer_wire():
    good = made()
    first, second = good.index("."), good.rindex(".")
    header, payload, signature = good.split(".")
    swapped = raw('{"alg":"HS256","typ":"at+jwt"}').split(".")[0]
    mismatch("flipped-header", "Another header under the signature of the first.", f"{swapped}.{payload}.{signature}")
    mismatch(
        "flipped-payload",
        "Another subject.",
        f"{header}.{b64(json.dumps({**CLAIMS, 'sub': 'user-43'}, separators=(',', ':')))}.{signature}",
    )
    mismatch(
        "flipped-signature-first", "One bit of the first character of the signature.", other_char(good, second + 1, 0)
    )
    mismatch("flipped-signature-last", "One bit of the last byte of the signature.", other_char(good, len(good) - 1, 2))

    def wire(name, about, reason, offset, token):
        bearer(name, about, rejected(reason, "token", offset), token)

    wire(
        "trailing-bits",
        "The same bytes, written with bits that are thrown away: 43 characters hold 258 bits.",
        "base64url_invalid",
        len(good) - 1,
        other_char(good, len(good) - 1, 0),
    )
    wire("padded-signature", "Padding: the length is looked at first.", "signature_length", len(good), good + "=")
    wire("padded-payload", "Padding.", "base64url_invalid", second, good[:second] + "=" + good[second:])
    wire("padded-header", "Padding.", "base64url_invalid", first, good[:first] + "==" + good[first:])
    plus = next(t for t in (made({**CLAIMS, "n": n}) for n in range(999)) if "-" in t and "_" in t)
    wire(
        "base64-plus",
        "Plain base64 in the place of base64url.",
        "base64url_invalid",
        plus.index("-"),
        plus.replace("-", "+"),
    )
    wire(
        "base64-slash",
        "Plain base64 in the place of base64url.",
        "base64url_invalid",
        plus.index("_"),
        plus.replace("_", "/"),
    )
    wire("space-inside", "White space in a segment.", "base64url_invalid", 5, good[:5] + " " + good[5:])
    wire("space-behind", "White space behind the token.", "signature_length", len(good), good + " ")
    wire(
        "truncated-signature", "The signature without its last character.", "signature_length", len(good) - 1, good[:-1]
    )
    wire("overlong-signature", "One character more.", "signature_length", len(good), good + "A")
    wire(
        "truncated-header",
        "The header without its last character.",
        "base64url_invalid",
        first - 2,
        good[: first - 1] + good[first:],
    )
    wire("empty-header", "An empty segment.", "token_shape", 0, good[first:])
    wire("empty-payload", "An empty segment.", "token_shape", first + 1, good[: first + 1] + good[second:])
    wire("empty-signature", "An empty segment.", "token_shape", second + 1, good[: second + 1])
    wire("two-segments", "No signature at all.", "token_shape", second, good[:second])
    wire("four-segments", "One segment more.", "token_shape", len(good), good + ".AAAA")
    wire(
        "five-segments", "As many segments as an encrypted token.", "token_shape", second + 1 + 43, good + ".AAAA.AAAA"
    )
    wire("no-dots", "One segment.", "token_shape", first, good[:first])
    wire("only-dots", "Three empty segments.", "token_shape", 0, "..")
    wire("many-dots", "Dots to the limit.", "token_shape", 0, "." * 8192)
    wire("token-8193-bytes", "One byte more than the limit.", "token_too_long", 8192, token_of(8193))
    truncated = raw(claims=json.dumps(CLAIMS, separators=(",", ":"))[:-1])
    by_hand(
        "claims-truncated",
        "Claims without their last byte, signed rightly.",
        claims_json("json_invalid", len(json.dumps(CLAIMS, separators=(",", ":"))) - 1),
        truncated,
    )


def bearer_json():
    def claims(name, about, reason, text, at=0):
        text = text if isinstance(text, bytes) else text.encode("utf-8")
        offset = text.index(at) if isinstance(at, bytes) else at
        by_hand(name, about, claims_json(reason, offset), raw(claims=text))

    good = '"sub":"user-42","exp":1700000060'
    claims("claims-duplicate", "exp twice.", "json_duplicate", '{%s,"exp":9}' % good, b'"exp":9')
    claims(
        "claims-duplicate-escaped",
        "sub twice, once escaped.",
        "json_duplicate",
        '{%s,"s\\u0075b":"admin"}' % good,
        b'"s\\u0075b',
    )
    claims(
        "claims-duplicate-nested",
        "A name twice, deeper.",
        "json_duplicate",
        '{%s,"a":[{"b":1,"b":2}]}' % good,
        b'"b":2',
    )
    claims("claims-array", "Not an object.", "json_not_object", "[]")
    claims("claims-string", "Not an object.", "json_not_object", '"sub"')
    claims("claims-trailing", "Bytes behind the object.", "json_invalid", "{%s} {}" % good, b"{}")
    claims("claims-nul-escaped", "U+0000, escaped.", "json_invalid", '{%s,"a":"x\\u0000"}' % good, b"\\u0000")
    claims("claims-control", "A control byte in a string.", "json_invalid", '{%s,"a":"x\x01"}' % good, b"\x01")
    claims("claims-lone-surrogate", "Half a pair.", "json_invalid", '{%s,"a":"\\ud83d"}' % good, b"\\ud83d")
    claims("claims-not-utf-8", "A byte that is not UTF-8.", "json_invalid", b'{"a":"\xff"}', b"\xff")
    claims("claims-overlong-utf-8", "A slash in two bytes.", "json_invalid", b'{"a":"\xc0\xaf"}', b"\xc0")
    claims(
        "claims-leading-zero",
        "A number with a leading zero.",
        "json_invalid",
        '{"sub":"user-42","exp":01700000060}',
        b"1700",
    )
    claims("claims-plus", "A number with a plus sign.", "json_invalid", '{"sub":"user-42","exp":+1700000060}', b"+")
    claims("claims-nan", "NaN is not JSON.", "json_invalid", '{"sub":"user-42","exp":NaN}', b"NaN")
    claims("claims-comment", "A comment.", "json_invalid", "{%s/**/}" % good, b"/**/")
    claims(
        "claims-depth-17",
        "One level deeper than the limit.",
        "json_limit",
        '{%s,"a":%s}' % (good, "[" * 16 + "]" * 16),
        len(good) + 6 + 15,
    )
    claims(
        "claims-members-65",
        "One member more than the limit.",
        "json_limit",
        "{%s,%s}" % (good, ",".join(f'"m{i}":0' for i in range(63))),
        b'"m62"',
    )
    by_hand("claims-depth-16", "As deep as the limit.", ok(), raw(claims='{%s,"a":%s}' % (good, "[" * 15 + "]" * 15)))
    by_hand(
        "claims-members-64",
        "As many members as the limit.",
        ok(),
        raw(claims="{%s,%s}" % (good, ",".join(f'"m{i}":0' for i in range(62)))),
    )


def bearer_authorization():
    good = made()

    def sent(name, about, verdict, headers):
        bearer(name, about, verdict, good, headers=headers, pin=False)

    sent("authorization-missing", "No Authorization.", rejected("field_missing", "token"), [("Accept", "*/*")])
    sent(
        "authorization-repeated",
        "Two Authorizations.",
        rejected("field_repeated", "token"),
        [("Authorization", f"Bearer {good}")] * 2,
    )
    sent(
        "authorization-other-case",
        "Two, in different case.",
        rejected("field_repeated", "token"),
        [("Authorization", f"Bearer {good}"), ("AUTHORIZATION", "Bearer x")],
    )
    sent(
        "authorization-basic",
        "Another auth-scheme.",
        rejected("field_malformed", "token"),
        [("Authorization", "Basic dXNlcjpwYXNz")],
    )
    sent(
        "authorization-bare",
        "A token without its auth-scheme.",
        rejected("field_malformed", "token"),
        [("Authorization", good)],
    )
    sent(
        "authorization-no-space",
        "No space behind the auth-scheme.",
        rejected("field_malformed", "token"),
        [("Authorization", f"Bearer{good}")],
    )
    sent("authorization-empty", "An empty value.", rejected("field_malformed", "token"), [("Authorization", "")])
    sent(
        "authorization-joined",
        "Two tokens, joined with a comma as a proxy does.",
        rejected("token_shape", "token", len(good) + 2 + good.index(".")),
        [("Authorization", f"Bearer {good}, {good}")],
    )
    sent(
        "authorization-folded",
        "A folded value.",
        rejected("header_value_invalid", "header", 6, header=0),
        [("Authorization", f"Bearer\r\n {good}")],
    )


if __name__ == "__main__":
    for section in (bearer_header, bearer_wire, bearer_json, bearer_authorization):
        section()
