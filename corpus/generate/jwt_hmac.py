"""jwt-hmac: a token by PyJWT, and the request signed by Python's hmac in the way of the usual client snippet."""
import hashlib

import jwt

from common import T0, accepted, load_policy, rejected, request, secret_of, write
from tokens import mac

NO_PINS = {"request", "credential"}
SHOP = load_policy("jwt-hmac")
ISSUER = secret_of(SHOP, "issuer-1")
NAMED = {"iss": "https://issuer.example", "aud": "orders"}


def shop_token(sub="shop-a", secret=ISSUER, **more):
    claims = {**NAMED, "sub": sub, "iat": T0 - 10, "exp": T0 + 600, **more}
    return jwt.encode(
        {k: v for k, v in claims.items() if v is not None}, secret, algorithm="HS256", headers={"kid": "issuer-1"}
    )


def text_of(body, ts, nonce):
    return body + b"|" + ts.encode() + b"|" + nonce.encode()


class Sent:
    """A request as the usual client snippet makes it; `wire` and `arrives` are what is changed on the way."""

    def __init__(
        self,
        body=None,
        key="shop-a-2026",
        ts=T0,
        nonce="c0ffee-01",
        params=True,
        token=None,
        wire=None,
        arrives=None,
        signature=None,
        headers=None,
        **rest,
    ):
        secret = secret_of(SHOP, key)
        digest = mac(secret, text_of(body or b"", str(ts), nonce)).hexdigest()
        self.fields = {
            "timestamp": str(ts),
            "nonce": nonce,
            "signature": signature(digest) if signature else digest,
            "token": shop_token() if token is None else token,
            **(wire or {}),
        }
        got = body if arrives is None else arrives
        self.canonical = text_of(got or b"", self.fields["timestamp"], self.fields["nonce"])
        self.digest = mac(secret, self.canonical).hexdigest()
        pairs = [("Authorization", f"Bearer {self.fields['token']}"), *self.credential(params)]
        self.request = request(
            headers(pairs) if headers else pairs, method="POST", target="/v1/orders", body=got, **rest
        )

    def credential(self, params):
        f = self.fields
        if params:
            return [("X-Request-Signature", f"ts={f['timestamp']}&nonce={f['nonce']}&sig={f['signature']}")]
        return [
            ("X-Request-Signature", f"sha256={f['signature']}"),
            ("X-Timestamp", f["timestamp"]),
            ("X-Nonce", f["nonce"]),
        ]


def shop(name, about, verdict, now=T0, policy=None, pin=True, **sent):
    shop_many(name, about, [Sent(**sent)], [verdict], now, policy, pin)


def shop_many(name, about, sent, verdicts, now=T0, policy=None, pin=True):
    one, verdict, pins = sent[0], verdicts[0], {}
    if pin and verdict["stage"] not in NO_PINS:
        pins = {
            "fields": one.fields,
            "canonical": one.canonical,
            "digest": None if verdict["stage"] == "key" else one.digest,
        }
    write(
        "jwt-hmac",
        name,
        about=about,
        signer="PyJWT, Python hmac and hashlib",
        now=now,
        policy=policy,
        requests=[s.request for s in sent],
        verdicts=verdicts,
        **pins,
    )


def shop_ok(client="shop-a", key="shop-a-2026"):
    return accepted(client, key)


def shop_no(reason, field="signature", offset=0, client="shop-a", key=None):
    return rejected(reason, field, offset, client, key)


JSON_BODY = b'{"order":17,"lines":[{"sku":"A-1","n":2}],"total":"19.90"}'
BODIES = {
    "none": None,
    "empty": b"",
    "json": JSON_BODY,
    "binary": bytes(range(256)),
    "pipes": b"a|1700000000|c0ffee-01|\r\n|\n\n|",
    "utf-8": "Grüße aus 東京 😀\n".encode("utf-8"),
    "4-kib": (b'{"line":"0123456789abcdefghijklmnopqrstuvwxyz|"}\n' * 90)[:4096],
    "4-kib-binary": b"".join(hashlib.sha256(bytes([i])).digest() for i in range(128)),
    "nul": b"\0",
}
