"""hmac-nonce, signed by Python's own hmac and hashlib: hex HMAC-SHA256 of client id, timestamp and nonce."""
import hashlib
import hmac

from common import T0, accepted, load_policy, rejected, request, secret_of, write

SCHEME = "hmac-nonce"
SIGNER = "Python hmac and hashlib"
POLICY = load_policy(SCHEME)
HEADERS = {"client_id": "x-ClientId", "timestamp": "x-Timestamp", "nonce": "x-Nonce", "signature": "x-Signature"}
LONG_CLIENT = next(key["client_id"] for key in POLICY["keys"] if key["key_id"] == "long-id")
ODD_CLIENT = next(key["client_id"] for key in POLICY["keys"] if key["key_id"] == "odd-id")
NO_PINS = {"request", "credential"}  # rejected before the fields are known


def canonical_of(fields):
    return (fields["client_id"] + fields["timestamp"] + fields["nonce"]).encode("utf-8")


def mac(secret, message):
    return hmac.new(secret, message, hashlib.sha256).hexdigest()


class Signed:
    """A request as a client would sign it, and what is done to it on the way."""

    def __init__(
        self,
        client="client-7",
        ts=T0,
        nonce="5f1c8d3e",
        key="c7-2026",
        headers=None,
        wire=None,
        names=None,
        signature=None,
        **rest,
    ):
        self.secret = secret_of(POLICY, key)
        self.fields = {"client_id": client, "timestamp": str(ts), "nonce": nonce}
        right = mac(self.secret, canonical_of(self.fields))
        self.fields["signature"] = signature(right) if signature else right
        self.fields.update(wire or {})
        pairs = [((names or HEADERS)[name], value) for name, value in self.fields.items() if value is not None]
        self.request = request(headers(pairs) if headers else pairs, **rest)

    def pins(self, verdict):
        if verdict["stage"] in NO_PINS:
            return {}
        canonical = canonical_of(self.fields)
        digest = None if verdict["reason"] == "key_unknown" else mac(self.secret, canonical)
        return {"fields": self.fields, "canonical": canonical, "digest": digest}


def case(name, about, verdict, now=T0, policy=None, **signed):
    many(name, about, [Signed(**signed)], [verdict], now, policy)


def many(name, about, signed, verdicts, now=T0, policy=None):
    write(
        SCHEME,
        name,
        about=about,
        signer=SIGNER,
        now=now,
        requests=[one.request for one in signed],
        verdicts=verdicts,
        policy=policy,
        **signed[0].pins(verdicts[0]),
    )


def ok(client="client-7", key="c7-2026"):
    return accepted(client, key)


def no(reason, field, offset=0, client_id="client-7", key_id=None):
    return rejected(reason, field, offset, client_id, key_id)


def only_key(key_id, **more):
    """The shared policy with one key and other settings."""
    return {
        "preset": SCHEME,
        "nonces": {"capacity": 1000},
        **more,
        "keys": [key for key in POLICY["keys"] if key["key_id"] == key_id],
    }


def names_as(change):
    return {field: change(name) for field, name in HEADERS.items()}


def flip(text, index):
    """Another character in the place of one: the lowest bit of its code is flipped."""
    return text[:index] + chr(ord(text[index]) ^ 1) + text[index + 1 :]
