"""bearer-jwt: one token in Authorization: Bearer."""
import json

from common import T0, accepted, load_policy, request, write
from tokens import CLAIMS, KEY, SECRET, SUB, mac, raw, token_mismatch

NO_PINS = {"request", "credential"}
BEARER = load_policy("bearer-jwt")


def bearer_policy(jwt_part=None, **key):
    policy = {**BEARER, "keys": [{**BEARER["keys"][0], **key}]}
    return {**policy, "jwt": jwt_part} if jwt_part else policy


def bearer(
    name, about, verdict, token, *, now=T0, policy=None, secret=SECRET, signer="PyJWT", headers=None, pin=True, **rest
):
    """One token in Authorization: Bearer. What is pinned of a token that is refused early is only its text."""
    pins = {}
    if pin and verdict["stage"] != "request":
        pins["fields"] = {"token": token}
    if pin and verdict["stage"] not in NO_PINS:
        pins["canonical"] = token.rpartition(".")[0].encode()
        if verdict["stage"] != "key":
            pins["digest"] = mac(secret, pins["canonical"]).hexdigest()
    write(
        "bearer-jwt",
        name,
        about=about,
        signer=signer,
        now=now,
        policy=policy,
        verdicts=[verdict],
        requests=[request(headers or [("Authorization", f"Bearer {token}")], **rest)],
        **pins,
    )


def by_hand(name, about, verdict, token, **more):
    bearer(name, about, verdict, token, signer="Python hmac and hashlib", **more)


def ok(client=SUB, key=KEY):
    return accepted(client, key)


def token_of(size):
    """A token of exactly so many characters."""
    for pad in range(5800, 6200):
        for header in ('{"alg":"HS256"}', '{"alg":"HS256" }', '{"alg":"HS256"  }'):
            token = raw(header, json.dumps({**CLAIMS, "pad": "x" * pad}))
            if len(token) == size:
                return token
    raise ValueError(size)


def mismatch(name, about, token, key_id=KEY, **more):
    bearer(name, about, token_mismatch(token, key_id), token, **more)
