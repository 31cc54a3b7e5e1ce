"""bearer-jwt with the keys of a JWK Set: what the scripts for the JOSE algorithms share."""
import hashlib
import hmac
import json

from common import T0, accepted, rejected, request, write
from jose_sign import HASHES, KEY_OF, b64, jwk, name_of, secret, sign

SUB = "user-42"
CLAIMS = {"sub": SUB, "exp": T0 + 60}


def compact(value):
    return json.dumps(value, separators=(",", ":"))


def input_of(header, claims=None):
    """The signing input; texts are taken as they stand."""
    parts = [
        part if isinstance(part, str) else compact(part) for part in (header, CLAIMS if claims is None else claims)
    ]
    return ".".join(b64(part.encode("utf-8")) for part in parts)


def header_of(alg, **more):
    return {"alg": name_of(alg), **more}


def token_of(alg, *, header=None, claims=None, key=None, signer="PyJWT"):
    signing = input_of(header or header_of(alg), claims)
    return joined(signing, sign(alg, signing.encode(), key, signer))


def joined(signing, signature):
    return f"{signing}.{b64(signature)}"


def key_id(alg):
    return KEY_OF[alg]


def keys_of(*algs):
    """One key of each algorithm, each named."""
    return {"keys": [jwk(KEY_OF[alg], kid=KEY_OF[alg], use="sig", alg=name_of(alg)) for alg in algs]}


def digest_of(alg, key, signing):
    """The HMAC, or the hash that is signed; of EdDSA there is none."""
    if alg.startswith("Ed"):
        return None
    name = HASHES[alg[2:]]
    if alg.startswith("HS"):
        return hmac.new(secret(key), signing, name).hexdigest()
    return hashlib.new(name, signing).hexdigest()


def case(name, about, verdict, token, alg, *, signer="PyJWT", jwks=None, algorithms=None, jwt_policy=None, now=T0):
    """`alg` is that of the key which has to match."""
    pins = {}
    if verdict["stage"] != "request":
        pins["fields"] = {"token": token}
    if verdict["stage"] not in ("request", "credential"):
        pins["canonical"] = token.rpartition(".")[0].encode()
        if verdict["stage"] != "key":
            pins["digest"] = digest_of(alg, KEY_OF[alg], pins["canonical"])
    write(
        "bearer-jwt",
        name,
        about=about,
        signer=signer,
        now=now,
        policy={
            "preset": "bearer-jwt",
            "jwt": {"algorithms": algorithms or [name_of(alg)], **(jwt_policy or {})},
            "jwks_file": "jwks.json",
        },
        jwks=jwks or keys_of(alg),
        verdicts=[verdict],
        requests=[request([("Authorization", f"Bearer {token}")])],
        **pins,
    )


def ok(alg):
    return accepted(SUB, key_id(alg))


def mismatch(token, key):
    return rejected("signature_mismatch", "token", token.rindex(".") + 1, None, key)


def wrong_length(token, bytes_least, bytes_most, key=None):
    """Too short: at its end; too long: where it goes on."""
    start = token.rindex(".") + 1
    length, least, most = len(token) - start, -(-bytes_least * 4 // 3), -(-bytes_most * 4 // 3)
    return rejected("signature_length", "token", start + (length if length < least else most), None, key)
