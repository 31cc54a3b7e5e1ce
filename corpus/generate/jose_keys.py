#!/usr/bin/python3
"""policy-refused/jwks-*: key sets that must not load."""
import json
import os

from common import VECTORS, pretty
from jose_sign import b64, jwk, number, private, public_pem, secret

INVALID = "an asymmetric key is malformed, weak, not whole, or not of its algorithm's type or curve"
MEMBER = "a JSON Web Key lacks a member or has one of the wrong type or value (RFC 7517)"
SHORT = "an HMAC key is shorter than its hash"
ASYMMETRIC = "the bytes are an asymmetric key"
NO_KEY = "holds no key that can be used"
NOT_JSON = "the text is not strict JSON (RFC 8259)"
DUPLICATE = "a key with this id, or this client and id, is there already"


def refused(name, about, jwks, *errors, algorithms=("RS256", "ES256", "EdDSA", "HS256")):
    """`jwks` is a key, a set or a text."""
    if isinstance(jwks, dict) and "keys" not in jwks:
        jwks = {"keys": [jwks]}
    folder = os.path.join(VECTORS, "policy-refused", "jwks-" + name)
    os.makedirs(folder)
    files = {
        "case.json": pretty({"about": about}),
        "policy.json": pretty(
            {"preset": "bearer-jwt", "jwt": {"algorithms": list(algorithms)}, "jwks_file": "jwks.json"}
        ),
        "jwks.json": jwks if isinstance(jwks, str) else pretty(jwks),
        "error.txt": "".join(line + "\n" for line in ("jwks_file", *errors)),
    }
    for file_name, text in files.items():
        with open(os.path.join(folder, file_name), "w", encoding="utf-8") as file:
            file.write(text)


def rsa():
    n = private("rsa-2048").public_key().public_numbers().n
    good = jwk("rsa-2048", kid="a", alg="RS256")
    refused("rsa-1024", "RSA of 1024 bits; RFC 7518 section 3.3 wants 2048.", jwk("rsa-1024", alg="RS256"), INVALID)
    refused("rsa-2047", "RSA of 2047 bits.", jwk("rsa-2047", alg="PS256"), INVALID)
    for name, e in (("one", 1), ("two", 2), ("even", 65536), ("zero", 0)):
        refused(f"rsa-exponent-{name}", f"The exponent is {e}.", {**good, "e": number(e, 3 if e > 255 else 1)}, INVALID)
    refused("rsa-modulus-even", "An even modulus.", {**good, "n": number(n - 1)}, INVALID)
    about = "A zero byte in front of the modulus (RFC 7518 section 6.3.1.1)."
    refused("rsa-modulus-leading-zero", about, {**good, "n": number(n, 257)}, INVALID)
    refused("rsa-no-modulus", "Without n.", {k: v for k, v in good.items() if k != "n"}, MEMBER)
    refused("rsa-modulus-padded", "Padding behind the modulus.", {**good, "n": good["n"] + "=="}, MEMBER)
    refused("rsa-modulus-number", "A modulus that is a number of JSON.", {**good, "n": 3}, MEMBER)
    for alg in ("HS256", "ES256", "EdDSA"):
        refused(f"rsa-{alg.lower()}", f"An RSA key for {alg}.", {**good, "alg": alg}, MEMBER)


def ec():
    good = jwk("p-256", kid="a", alg="ES256")
    n = private("p-256").public_key().public_numbers()
    refused("ec-not-on-curve", "A point that is not on its curve.", {**good, "y": number(n.y ^ 1, 32)}, INVALID)
    refused("ec-zeros", "The point 0, 0.", {**good, "x": b64(bytes(32)), "y": b64(bytes(32))}, INVALID)
    about = "A coordinate of 31 bytes: RFC 7518 section 6.2.1.2 wants all 32."
    refused("ec-short", about, {**good, "x": b64(n.x.to_bytes(32, "big")[1:])}, INVALID)
    refused("ec-long", "A coordinate of 33 bytes.", {**good, "x": number(n.x, 33)}, INVALID)
    prime = 2**256 - 2**224 + 2**192 + 2**96 - 1
    refused("ec-coordinate-is-prime", "A coordinate as large as the field.", {**good, "x": number(prime)}, INVALID)
    refused("ec-no-y", "Without y.", {k: v for k, v in good.items() if k != "y"}, MEMBER)
    refused("ec-no-curve", "Without crv.", {k: v for k, v in good.items() if k != "crv"}, MEMBER)
    refused("ec-es384", "A key of P-256 for ES384.", {**good, "alg": "ES384"}, MEMBER, algorithms=["ES384"])
    refused(
        "ec-wrong-curve",
        "The coordinates of P-256 under the name P-384.",
        {**good, "crv": "P-384", "alg": "ES384"},
        INVALID,
        algorithms=["ES384"],
    )
    refused("ec-hs256", "An EC key for HS256.", {**good, "alg": "HS256"}, MEMBER)
    about = "A curve that no algorithm here has; its key is ignored."
    refused("ec-secp256k1", about, {**good, "crv": "secp256k1", "alg": "ES256K"}, NO_KEY)


def okp():
    good = jwk("ed25519", kid="a", alg="EdDSA")
    refused("ed25519-short", "31 bytes.", {**good, "x": b64(bytes(range(31)))}, INVALID)
    refused("ed25519-as-ed448", "32 bytes under the name Ed448.", {**good, "crv": "Ed448"}, INVALID)
    refused(
        "ed25519-identity",
        "The neutral point: with it everybody signs.",
        {**good, "x": b64(b"\x01" + bytes(31))},
        INVALID,
    )
    refused("ed25519-order-4", "A point of order 4.", {**good, "x": b64(bytes(32))}, INVALID)
    refused("ed25519-order-2", "A point of order 2.", {**good, "x": b64(b"\xec" + b"\xff" * 30 + b"\x7f")}, INVALID)
    refused("ed25519-es256", "An Ed25519 key for ES256.", {**good, "alg": "ES256"}, MEMBER)
    refused("x25519", "A curve for key agreement; its key is ignored.", {**good, "crv": "X25519"}, NO_KEY)
    refused("ed448-identity", "The neutral point of Ed448.", {**jwk("ed448"), "x": b64(b"\x01" + bytes(56))}, INVALID)


def oct_keys():
    good = jwk("hmac-256", kid="a", alg="HS256")
    refused(
        "oct-31-bytes",
        "One byte less than the hash has (RFC 7518 section 3.2).",
        {**good, "k": b64(bytes(range(31)))},
        SHORT,
    )
    about = "A key that is long enough for HS256, not for HS512."
    refused("oct-short-for-hs512", about, {**good, "alg": "HS512"}, SHORT, algorithms=["HS512"])
    refused("oct-empty", "An empty secret.", {**good, "k": ""}, SHORT)
    for key in ("rsa-2048", "p-256", "ed25519"):
        refused(f"oct-holds-pem-of-{key}", "PEM text as a secret.", {**good, "k": b64(public_pem(key))}, ASYMMETRIC)
    text = json.dumps(jwk("p-256")).encode()
    refused("oct-holds-jwk", "A JWK's text as a secret.", {**good, "k": b64(text)}, ASYMMETRIC)
    refused("oct-rs256", "A secret for RS256.", {**good, "alg": "RS256"}, MEMBER)
    refused("oct-plus", "A character of plain base64.", {**good, "k": "+" + good["k"][1:]}, MEMBER)
    refused(
        "oct-trailing-bits",
        "A bit behind the secret's last.",
        {**good, "k": b64(secret("hmac-256"))[:-1] + "d"},
        MEMBER,
    )


def members():
    good = jwk("ed25519", kid="a", alg="EdDSA")
    refused("no-type", "Without kty.", {k: v for k, v in good.items() if k != "kty"}, MEMBER)
    refused("type-number", "kty is a number.", {**good, "kty": 1}, MEMBER)
    refused("type-unknown", "A type that is not understood; its key is ignored.", {**good, "kty": "AKP"}, NO_KEY)
    refused("type-case", "Types are exact.", {**good, "kty": "okp"}, NO_KEY)
    refused("use-enc", "A key for encryption; it is ignored.", {**good, "use": "enc"}, NO_KEY)
    refused("use-number", "use is a number.", {**good, "use": 1}, MEMBER)
    refused("ops-sign", "A key to sign with, not to verify; it is ignored.", {**good, "key_ops": ["sign"]}, NO_KEY)
    refused(
        "ops-twice", "An operation twice (RFC 7517 section 4.3).", {**good, "key_ops": ["verify", "verify"]}, MEMBER
    )
    refused("ops-string", "key_ops is no array.", {**good, "key_ops": "verify"}, MEMBER)
    refused("alg-unknown", "An algorithm that is not understood; its key is ignored.", {**good, "alg": "none"}, NO_KEY)
    refused("alg-number", "alg is a number.", {**good, "alg": 5}, MEMBER)
    refused("kid-empty", "An empty kid.", {**good, "kid": ""}, MEMBER)
    refused("kid-number", "A kid that is a number.", {**good, "kid": 7}, MEMBER)
    refused("kid-long", "A kid of 129 bytes.", {**good, "kid": "k" * 129}, MEMBER)
    two = {"keys": [good, {**jwk("ed25519-other"), "kid": "a"}]}
    refused("kid-twice", "Two keys of one kid.", two, DUPLICATE)
    refused(
        "second-is-bad",
        "The second key is malformed: nothing of the set is taken.",
        {"keys": [good, {"kty": "EC"}]},
        MEMBER,
    )


def texts():
    good = json.dumps(jwk("ed25519", kid="a"))
    refused("empty-set", "No key.", {"keys": []}, NO_KEY)
    refused("keys-object", "keys is no array.", '{"keys":{}}', MEMBER)
    refused("key-string", "A key that is a string.", '{"keys":["a"]}', MEMBER)
    refused("array", "An array without its object.", f"[{good}]", MEMBER)
    refused("empty-file", "An empty file.", "", NOT_JSON)
    refused("member-twice", "A member twice.", good[:-1] + ', "kid": "b"}', NOT_JSON)
    refused("member-twice-escaped", "A member twice, once escaped.", good[:-1] + ', "k\\u0069d": "b"}', NOT_JSON)
    refused("trailing", "A text behind the set.", good + "{}", NOT_JSON)
    refused("byte-order-mark", "A byte order mark.", "\ufeff" + good, NOT_JSON)
    refused("pem", "PEM, not JSON.", public_pem("p-256").decode("ascii"), NOT_JSON)


if __name__ == "__main__":
    for section in (rsa, ec, okp, oct_keys, members, texts):
        section()
