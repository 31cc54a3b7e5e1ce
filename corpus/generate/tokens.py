"""Tokens: made by PyJWT, or put together by hand and signed by Python's hmac where PyJWT refuses (duplicate members,
padding, a signature over alg none); and the verdicts on them."""
import base64
import hashlib
import hmac
import json

import jwt

from common import T0, load_policy, rejected, secret_of

KEY = "issuer-1"
SECRET = secret_of(load_policy("bearer-jwt"), KEY)
SUB = "user-42"
CLAIMS = {"sub": SUB, "exp": T0 + 60}


def mac(secret, message):
    return hmac.new(secret, message, hashlib.sha256)


def b64(data):
    return (
        base64.urlsafe_b64encode(data if isinstance(data, bytes) else data.encode("utf-8")).rstrip(b"=").decode("ascii")
    )


def made(claims=None, secret=SECRET, **headers):
    """A token by PyJWT."""
    return jwt.encode(CLAIMS if claims is None else claims, secret, algorithm="HS256", headers=headers or None)


def raw(header='{"alg":"HS256","typ":"JWT"}', claims=None, secret=SECRET):
    """A token of any two texts, signed rightly."""
    signing = f"{b64(header)}.{b64(json.dumps(CLAIMS) if claims is None else claims)}"
    return signing + "." + b64(mac(secret, signing.encode()).digest())


def padded(header, claims, secret=SECRET):
    """A token by an issuer that pads: every segment has the padding that Python's base64 puts there, and is signed
    with it."""
    signing = ".".join(base64.urlsafe_b64encode(text.encode("utf-8")).decode("ascii") for text in (header, claims))
    return signing + "." + base64.urlsafe_b64encode(mac(secret, signing.encode()).digest()).decode("ascii")


def claims_no(reason, offset):
    """A token whose signature is right and whose claims are not: what it claims is not believed."""
    return rejected(reason, "claims", offset, None, KEY)


def token_mismatch(token, key_id=KEY):
    return rejected("signature_mismatch", "token", token.rindex(".") + 1, None, key_id)


def value_at(token, name):
    """Offset of a claim's value in the decoded claims; of a string, its quotation mark."""
    payload = base64.urlsafe_b64decode(token.split(".")[1] + "==")
    at = payload.index(f'"{name}":'.encode()) + len(name) + 3
    while payload[at : at + 1] == b" ":
        at += 1
    return at


def other_char(text, index, bit):
    """Another base64url character in the place of one: one of its six bits is flipped."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return text[:index] + alphabet[alphabet.index(text[index]) ^ (1 << bit)] + text[index + 1 :]
