#!/usr/bin/python3
"""hmac-nonce: requests whose form is wrong, all signed rightly where something can be signed."""
from common import T0, WINDOW, rejected
from hmac_nonce import HEADERS, LONG_CLIENT, case, no, ok


def truncated_and_emptied():
    case(
        "truncated-client-id",
        "The client id without its last byte.",
        no("key_unknown", "client_id", client_id="client-"),
        wire={"client_id": "client-"},
    )
    case(
        "truncated-timestamp",
        "The timestamp without its last digit: long ago.",
        no("timestamp_past", "timestamp"),
        wire={"timestamp": str(T0)[:-1]},
    )
    case(
        "truncated-nonce",
        "The nonce without its last byte.",
        no("signature_mismatch", "signature"),
        wire={"nonce": "5f1c8d3"},
    )
    case(
        "truncated-signature",
        "The signature without its last digit.",
        no("signature_length", "signature", 63),
        signature=lambda h: h[:-1],
    )
    case(
        "truncated-signature-even",
        "The signature without its last byte.",
        no("signature_length", "signature", 62),
        signature=lambda h: h[:-2],
    )
    case("overlong-signature", "One digit more.", no("signature_length", "signature", 64), signature=lambda h: h + "0")
    case(
        "empty-client-id",
        "An empty client id.",
        no("client_id_invalid", "client_id", client_id=None),
        wire={"client_id": ""},
    )
    case("empty-timestamp", "An empty timestamp.", no("timestamp_invalid", "timestamp"), wire={"timestamp": ""})
    case("empty-nonce", "An empty nonce.", no("nonce_invalid", "nonce"), wire={"nonce": ""})
    case("empty-signature", "An empty signature.", no("signature_length", "signature"), signature=lambda h: "")


def missing_and_repeated():
    for field in HEADERS:
        label = field.replace("_", "-")
        case(
            f"missing-{label}", f"Without the header of {field}.", rejected("field_missing", field), wire={field: None}
        )
        case(
            f"repeated-{label}",
            "The same header twice, with one value: never first wins, never last wins.",
            rejected("field_repeated", field),
            headers=lambda pairs, h=HEADERS[field]: pairs + [pair for pair in pairs if pair[0] == h],
        )
    case(
        "repeated-nonce-other-case",
        "Names that differ in case are one name.",
        rejected("field_repeated", "nonce"),
        headers=lambda pairs: [("X-NONCE", "other"), *pairs],
    )
    case("missing-everything", "No header at all.", rejected("field_missing", "client_id"), headers=lambda pairs: [])
    case(
        "joined-nonce",
        "Two values joined with a comma, as a proxy does: not a nonce.",
        no("nonce_invalid", "nonce", 8),
        headers=lambda pairs: [(n, v + ", " + v if n == "x-Nonce" else v) for n, v in pairs],
    )


def times():
    case("window-past", "One second older than the window.", no("timestamp_past", "timestamp"), now=T0 + WINDOW + 1)
    case(
        "window-future",
        "One second further ahead than the window.",
        no("timestamp_future", "timestamp"),
        now=T0 - WINDOW - 1,
    )
    case(
        "time-before-signature",
        "Too old and forged: the time is looked at first.",
        no("timestamp_past", "timestamp"),
        now=T0 + 5000,
        signature=lambda h: "0" * 64,
    )
    case(
        "time-before-key",
        "Too old and of nobody: the time is looked at first.",
        no("timestamp_past", "timestamp", client_id="client-8"),
        client="client-8",
        now=T0 + 5000,
    )
    bad = {
        "leading-zero": ("01700000000", 0),
        "plus": ("+1700000000", 0),
        "minus": ("-1700000000", 0),
        "space-before": (" 1700000000", 0),
        "space-behind": ("1700000000 ", 10),
        "fraction": ("1700000000.0", 10),
        "exponent": ("17e8", 2),
        "hex": ("0x6553f100", 0),
        "separator": ("1700_000_000", 4),
        "nan": ("NaN", 0),
        "arabic-digits": ("١٧٠٠٠٠٠٠٠٠", 0),
        "17-digits": ("17000000000000000", 16),
        "date": ("2023-11-14T22:13:20Z", 4),
    }
    for name, (text, offset) in bad.items():
        case(
            f"timestamp-{name}",
            f"Signed, but not plain decimal digits in range: {text!r}.",
            no("timestamp_invalid", "timestamp", offset),
            ts=text,
        )
    case(
        "timestamp-16-digits",
        "The longest timestamp that is read: far in the future.",
        no("timestamp_future", "timestamp"),
        ts="9" * 16,
    )
    case(
        "timestamp-milliseconds",
        "Milliseconds where the scheme has seconds.",
        no("timestamp_future", "timestamp"),
        ts=T0 * 1000,
    )


def illegal_bytes():
    for name, nonce, offset in (
        ("129-bytes", "ab" * 64 + "c", 128),
        ("pipe", "ab|cd", 2),
        ("ampersand", "ab&cd", 2),
        ("space", "ab cd", 2),
        ("percent", "%41bcd", 0),
        ("quote", 'abcd"', 4),
        ("utf-8", "abcé", 3),
        ("line-of-2k", "x" * 2048, 128),
    ):
        case(
            f"nonce-{name}",
            "Signed, but not a nonce: never cut, never decoded.",
            no("nonce_invalid", "nonce", offset),
            nonce=nonce,
        )
    for name, client, offset in (
        ("129-bytes", LONG_CLIENT + "x", 128),
        ("pipe", "client|7", 6),
        ("space", "client 7", 6),
        ("comma", "client-7,", 8),
        ("quote", '"client-7"', 0),
        ("backslash", "a\\b", 1),
        ("utf-8", "clïent", 2),
    ):
        case(
            f"client-id-{name}",
            "Signed, but not a client id.",
            no("client_id_invalid", "client_id", offset, None),
            client=client,
        )
    for name, change, offset in (
        ("not-hex", lambda h: h[:20] + "g" + h[21:], 20),
        ("not-hex-last", lambda h: h[:63] + "G", 63),
        ("with-space", lambda h: " " + h[1:], 0),
    ):
        case(
            f"signature-{name}",
            "A character that is not a hex digit.",
            no("signature_encoding", "signature", offset),
            signature=change,
        )
    case(
        "signature-0x",
        "A prefix is not part of hex.",
        no("signature_length", "signature", 64),
        signature=lambda h: "0x" + h,
    )
    case(
        "signature-base64",
        "Base64 where the scheme has hex.",
        no("signature_length", "signature", 44),
        signature=lambda h: "q83vASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4k=",
    )
    case(
        "signature-prefixed",
        "Another scheme's prefix.",
        no("signature_length", "signature", 64),
        signature=lambda h: "sha256=" + h,
    )


def request_form():
    def value(name, text, offset):
        case(
            f"header-{name}",
            "A byte that no header value may hold, in the nonce.",
            rejected("header_value_invalid", "header", offset, header=2),
            headers=lambda pairs: [(n, text if n == "x-Nonce" else v) for n, v in pairs],
        )

    value("control-byte", "5f1c\u00018d3e", 4)
    value("line-feed", "5f1c\n8d3e", 4)
    value("carriage-return", "5f1c8d3e\r", 8)
    value("folded", "5f1c\r\n 8d3e", 4)
    value("delete", "\u007f", 0)
    other = "A header that the scheme does not read: checked all the same."
    case(
        "header-other-control-byte",
        other,
        rejected("header_value_invalid", "header", 1, header=4),
        headers=lambda pairs: pairs + [("X-Other", "a\u0002b")],
    )
    case(
        "header-name-empty",
        other,
        rejected("header_name_invalid", "header", header=4),
        headers=lambda pairs: pairs + [("", "v")],
    )
    case(
        "header-name-space",
        other,
        rejected("header_name_invalid", "header", 7, header=0),
        headers=lambda pairs: [("x-Nonce ", "v"), *pairs],
    )
    case(
        "header-name-colon",
        other,
        rejected("header_name_invalid", "header", 1, header=0),
        headers=lambda pairs: [("x:Nonce", "v"), *pairs],
    )
    case(
        "header-name-257-bytes",
        other,
        rejected("header_name_invalid", "header", 256, header=4),
        headers=lambda pairs: [*pairs, ("n" * 257, "v")],
    )
    case("header-name-256-bytes", "The longest header name.", ok(), headers=lambda pairs: [*pairs, ("n" * 256, "v")])
    case(
        "header-value-16385-bytes",
        other,
        rejected("header_too_long", "header", 16384, header=4),
        headers=lambda pairs: [*pairs, ("X-Other", "v" * 16385)],
    )
    case(
        "header-value-16384-bytes",
        "The longest header value.",
        ok(),
        headers=lambda pairs: [*pairs, ("X-Other", "v" * 16384)],
    )
    case(
        "headers-129",
        "One header more than the limit.",
        rejected("header_limit", "header", header=0),
        headers=lambda pairs: [*pairs, *[("X-Other", str(i)) for i in range(125)]],
    )
    case(
        "headers-128",
        "As many headers as the limit; one that nobody reads may be there often.",
        ok(),
        headers=lambda pairs: [*pairs, *[("X-Other", str(i)) for i in range(124)]],
    )
    case("method-empty", "No method.", rejected("method_invalid", "method"), method="")
    case("method-space", "A space in the method.", rejected("method_invalid", "method", 2), method="GE T")
    case("target-empty", "No target.", rejected("target_invalid", "target"), target="")
    case("target-space", "A space in the target.", rejected("target_invalid", "target", 3), target="/v1 /orders")
    case("target-control", "A control byte in the target.", rejected("target_invalid", "target", 3), target="/v1\n")
    case(
        "target-16385-bytes",
        "A target beyond the limit.",
        rejected("target_invalid", "target", 16384),
        target="/" * 16385,
    )
    case("target-16384-bytes", "The longest target.", ok(), target="/" * 16384)
    case(
        "body-not-signed",
        "A body that the scheme does not sign: closed by default.",
        no("body_not_signed", "body"),
        method="POST",
        body=b'{"amount":1000000}',
    )


if __name__ == "__main__":
    for section in (truncated_and_emptied, missing_and_repeated, times, illegal_bytes, request_form):
        section()
