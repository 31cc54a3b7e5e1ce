#!/usr/bin/python3
"""hmac-nonce: requests that are accepted, and what stands beside each signed field."""
import hashlib
import hmac

from common import T0, WINDOW, secret_of
from hmac_nonce import (
    LONG_CLIENT,
    ODD_CLIENT,
    POLICY,
    Signed,
    canonical_of,
    case,
    flip,
    mac,
    many,
    names_as,
    no,
    ok,
    only_key,
)


def accepting_forms():
    case("accepted", "The plain form: four headers.", ok())
    case(
        "names-lower-case",
        "Header names are compared without regard to case: HTTP/2's lower case.",
        ok(),
        names=names_as(str.lower),
    )
    case("names-upper-case", "Header names in capitals.", ok(), names=names_as(str.upper))
    case("names-mixed-case", "Header names in a case of their own.", ok(), names=names_as(str.swapcase))
    case("hex-upper-case", "The signature in upper-case hex.", ok(), signature=str.upper)
    case(
        "hex-mixed-case",
        "The signature in hex of both cases.",
        ok(),
        signature=lambda h: "".join(c.upper() if i % 3 else c for i, c in enumerate(h)),
    )
    case("headers-reversed", "The order of the headers does not matter.", ok(), headers=lambda pairs: pairs[::-1])
    case(
        "headers-among-others",
        "Other headers around and between, one of them with a value that looks signed.",
        ok(),
        headers=lambda pairs: [
            ("Host", "api.example"),
            *pairs[:2],
            ("X-Nonce-Other", "x"),
            ("Accept", "*/*"),
            *pairs[2:],
            ("x-Signatures", "0" * 64),
        ],
    )
    case("body-empty", "An empty body is no body.", ok(), body=b"")
    case(
        "body-unsigned-allowed",
        "The policy lets a body pass that is not signed.",
        ok(),
        method="POST",
        body=b'{"a":1}',
        policy=only_key("c7-2026", allow_unsigned_body=True),
    )
    case("nonce-one-byte", "The shortest nonce.", ok(), nonce="7")
    case("nonce-128-bytes", "The longest nonce.", ok(), nonce="ab" * 64)
    case(
        "nonce-all-characters",
        "Each punctuation character that a nonce may hold, and ends of the ranges.",
        ok(),
        nonce="AZaz09-._~+/=",
    )
    case("nonce-uuid", "A UUID.", ok(), nonce="3f2b8c1e-7d54-4a06-9b1f-0c8e6d2a4f75")
    case("nonce-base64", "Sixteen bytes in base64.", ok(), nonce="q83vASNFZ4mrze8BI0VniQ==")


def accepting_keys_and_times():
    case(
        "client-one-letter",
        "The shortest client id; a secret of raw bytes with NULs, given in hex.",
        ok("a", "one-letter"),
        client="a",
        key="one-letter",
    )
    case(
        "client-128-bytes",
        "The longest client id; a secret of exactly one block.",
        ok(LONG_CLIENT, "long-id"),
        client=LONG_CLIENT,
        key="long-id",
    )
    case(
        "client-odd-characters",
        "Punctuation in a client id; a secret longer than two blocks, given in base64url.",
        ok(ODD_CLIENT, "odd-id"),
        client=ODD_CLIENT,
        key="odd-id",
    )
    case("window-last-second", "As old as the window: the boundary second is accepted.", ok(), now=T0 + WINDOW)
    case("window-first-second", "As far ahead as the window: the boundary second is accepted.", ok(), now=T0 - WINDOW)
    case(
        "window-of-one-second",
        "A window of one second, at its end.",
        ok(),
        now=T0 + 1,
        policy=only_key("c7-2026", window_seconds=1),
    )
    case(
        "window-largest",
        "The largest window, at its end.",
        ok(),
        now=T0 + 4095,
        policy=only_key("c7-2026", window_seconds=4095),
    )
    case("timestamp-one-digit", "A timestamp has no least length.", ok(), ts=7, now=8)
    case(
        "rotation-old-key-last-second",
        "The old key at the last second of its grace.",
        ok("client-9", "c9-old"),
        client="client-9",
        key="c9-old",
        now=T0 + 100,
    )
    case(
        "rotation-new-key",
        "The new key while the old one is still accepted.",
        ok("client-9", "c9-new"),
        client="client-9",
        key="c9-new",
        now=T0 + 100,
    )
    case(
        "rotation-new-key-later",
        "The new key after the old one's grace.",
        ok("client-9", "c9-new"),
        client="client-9",
        key="c9-new",
        now=T0 + 101,
    )
    case(
        "only-key-last-second",
        "A client's only key, at its last second.",
        ok("client-retired", "retired-1"),
        client="client-retired",
        key="retired-1",
        now=T0 + 100,
    )
    many(
        "nonce-of-two-clients",
        "One nonce of two clients is two nonces.",
        [Signed(nonce="same"), Signed(client="client-9", key="c9-new", nonce="same")],
        [ok(), ok("client-9", "c9-new")],
    )


def replays():
    replay = no("nonce_replayed", "nonce", key_id="c7-2026")
    many("replayed", "The same request again.", [Signed()] * 3, [ok(), replay, replay])
    many(
        "replayed-at-window-end",
        "The same request again, in the last second in which it could pass.",
        [Signed()] * 2,
        [ok(), replay],
        now=T0 + WINDOW,
    )
    many(
        "replayed-with-new-timestamp",
        "A nonce is used once, whatever the timestamp.",
        [Signed(nonce="once"), Signed(nonce="once", ts=T0 + 30)],
        [ok(), replay],
    )
    many(
        "replayed-under-the-other-key",
        "A nonce belongs to the client, not to one of its keys.",
        [Signed(client="client-9", key="c9-old"), Signed(client="client-9", key="c9-new")],
        [ok("client-9", "c9-old"), no("nonce_replayed", "nonce", client_id="client-9", key_id="c9-new")],
    )
    many(
        "forgery-does-not-claim",
        "A forged request leaves the nonce free: the right one is accepted after it.",
        [Signed(signature=lambda h: flip(h, 0)), Signed()],
        [no("signature_mismatch", "signature"), ok()],
    )
    many(
        "malformed-leaves-no-trace",
        "Malformed requests between two good ones.",
        [Signed(nonce="first"), Signed(wire={"nonce": ""}), Signed(nonce="second")],
        [ok(), no("nonce_invalid", "nonce"), ok()],
    )


def flipped():
    case(
        "flipped-client-id",
        "One bit of the client id: a client that does not exist.",
        no("key_unknown", "client_id", client_id="client-6"),
        wire={"client_id": "client-6"},
    )
    case(
        "flipped-client-id-known",
        "Another client's id: its key did not sign this.",
        no("signature_mismatch", "signature", client_id="client-9"),
        wire={"client_id": "client-9"},
        key="c9-new",
        signature=lambda h: mac(secret_of(POLICY, "c7-2026"), b"client-7" + str(T0).encode() + b"5f1c8d3e"),
    )
    case(
        "flipped-timestamp",
        "One bit of the timestamp, still inside the window.",
        no("signature_mismatch", "signature"),
        wire={"timestamp": str(T0 + 1)},
    )
    case(
        "flipped-nonce",
        "One bit of the nonce.",
        no("signature_mismatch", "signature"),
        wire={"nonce": flip("5f1c8d3e", 3)},
    )
    for index in (0, 31, 63):
        case(
            f"flipped-signature-{index}",
            f"One bit of hex digit {index} of the signature.",
            no("signature_mismatch", "signature"),
            signature=lambda h, i=index: h[:i] + format(int(h[i], 16) ^ 1, "x") + h[i + 1 :],
        )
    case(
        "signature-of-zeros",
        "A signature of the right form, all zeros.",
        no("signature_mismatch", "signature"),
        signature=lambda h: "0" * 64,
    )
    case(
        "wrong-key",
        "Signed with a secret that is nobody's here.",
        no("signature_mismatch", "signature"),
        signature=lambda h: mac(b"a secret that is in no policy at all", b"client-7" + str(T0).encode() + b"5f1c8d3e"),
    )
    case(
        "sha512-truncated",
        "HMAC-SHA512 cut to 32 bytes: the key has exactly one algorithm.",
        no("signature_mismatch", "signature"),
        signature=lambda h: hmac.new(
            secret_of(POLICY, "c7-2026"), b"client-7" + str(T0).encode() + b"5f1c8d3e", hashlib.sha512
        ).hexdigest()[:64],
    )
    case(
        "not-keyed",
        "A plain SHA-256 of secret and string is not an HMAC.",
        no("signature_mismatch", "signature"),
        signature=lambda h: hashlib.sha256(
            secret_of(POLICY, "c7-2026") + b"client-7" + str(T0).encode() + b"5f1c8d3e"
        ).hexdigest(),
    )


def keys():
    case(
        "unknown-client",
        "Nobody of that name.",
        no("key_unknown", "client_id", client_id="client-8"),
        client="client-8",
    )
    case(
        "client-id-other-case",
        "Client ids are exact bytes.",
        no("key_unknown", "client_id", client_id="Client-7"),
        client="Client-7",
    )
    case(
        "rotation-old-key-expired",
        "The old key one second after its grace; the new one did not sign this.",
        no("signature_mismatch", "signature", client_id="client-9"),
        client="client-9",
        key="c9-old",
        now=T0 + 101,
    )
    case(
        "only-key-expired",
        "A client's only key, one second later.",
        no("key_expired", "client_id", client_id="client-retired"),
        client="client-retired",
        key="retired-1",
        now=T0 + 101,
    )


def concatenation():
    """The scheme's string has no delimiters: what stands between two tuples with one string."""
    moved = f"client-7{T0}5f1c8d3e"
    assert canonical_of({"client_id": "client-71", "timestamp": str(T0)[1:], "nonce": "5f1c8d3e"}) == moved.encode()
    case(
        "moved-to-client-id",
        "A byte moved from timestamp to client id gives one string; both clients have one secret, "
        "the time window rejects.",
        no("timestamp_past", "timestamp", client_id="client-71"),
        wire={"client_id": "client-71", "timestamp": str(T0)[1:]},
    )
    case(
        "moved-to-timestamp",
        "A byte moved from nonce to timestamp gives one string: the time window rejects.",
        no("timestamp_future", "timestamp"),
        wire={"timestamp": str(T0) + "5", "nonce": "f1c8d3e"},
    )
    case(
        "moved-to-nonce",
        "A byte moved from timestamp to nonce gives one string: the time window rejects.",
        no("timestamp_past", "timestamp"),
        wire={"timestamp": str(T0)[:-1], "nonce": "05f1c8d3e"},
    )


if __name__ == "__main__":
    for section in (accepting_forms, accepting_keys_and_times, replays, flipped, keys, concatenation):
        section()
