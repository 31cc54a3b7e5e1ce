"""The keys of the http-signature cases, made up for them, and what signs with each: Python's hmac and `cryptography`.

Signatures of ECDSA and RSA-PSS are random. They are kept in http_random.json, and made anew only where one no longer
verifies, so that what is written stays the same bytes."""
import base64
import hashlib
import hmac
import json
import os

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils

from common import HERE, load_policy, secret_of

KEPT = os.path.join(HERE, "http_random.json")


def number_of(text):
    return int.from_bytes(hashlib.shake_256(text.encode()).digest(32), "big")


def octets(number, length=None):
    return number.to_bytes(length or (number.bit_length() + 7) // 8, "big")


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def rsa_key():
    """The primes were found once, by openssl; e is 65537."""
    with open(os.path.join(HERE, "http_rsa.json"), encoding="ascii") as file:
        p, q = (int(prime, 16) for prime in json.load(file))
    d = pow(65537, -1, (p - 1) * (q - 1))
    public = rsa.RSAPublicNumbers(65537, p * q)
    return rsa.RSAPrivateNumbers(
        p, q, d, rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q), public
    ).private_key()


PSS = padding.PSS(padding.MGF1(hashes.SHA512()), 64)
P256 = ec.derive_private_key(number_of("http-signature P-256"), ec.SECP256R1())
P384 = ec.derive_private_key(number_of("http-signature P-384"), ec.SECP384R1())
ED25519 = ed25519.Ed25519PrivateKey.from_private_bytes(octets(number_of("http-signature Ed25519"), 32))
RSA = rsa_key()


def kept(name, make, verify):
    with open(KEPT, encoding="ascii") as file:
        signatures = json.load(file)
    try:
        signature = base64.b64decode(signatures.get(name, ""))
        verify(signature)
        return signature
    except (InvalidSignature, ValueError):
        signature = make()
    signatures[name] = base64.b64encode(signature).decode("ascii")
    with open(KEPT, "w", encoding="ascii") as file:
        json.dump(signatures, file, indent=1, sort_keys=True)
        file.write("\n")
    return signature


def ecdsa(key, hash_of, half):
    """r and s side by side (RFC 9421 section 3.3.4)."""

    def sign(name, base):
        def make():
            r, s = utils.decode_dss_signature(key.sign(base, ec.ECDSA(hash_of)))
            return octets(r, half) + octets(s, half)

        def verify(signature):
            r, s = int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big")
            key.public_key().verify(utils.encode_dss_signature(r, s), base, ec.ECDSA(hash_of))

        return kept(name, make, verify)

    return sign


def rsa_pss(name, base):
    return kept(
        name,
        lambda: RSA.sign(base, PSS, hashes.SHA512()),
        lambda signature: RSA.public_key().verify(signature, base, PSS, hashes.SHA512()),
    )


def hmac_sha256(key_id):
    secret = secret_of(load_policy("http-signature"), key_id)
    return lambda name, base: hmac.new(secret, base, hashlib.sha256).digest()


# By key id: what makes the signature of `base`; `name` is the case's.
SIGNERS = {
    "c7-2026": hmac_sha256("c7-2026"),
    "c7-old": hmac_sha256("c7-old"),
    "common": hmac_sha256("common"),
    "p-256": ecdsa(P256, hashes.SHA256(), 32),
    "p-384": ecdsa(P384, hashes.SHA384(), 48),
    "ed25519": lambda name, base: ED25519.sign(base),
    "rsa-pss": rsa_pss,
    "rsa-v1_5": lambda name, base: RSA.sign(base, padding.PKCS1v15(), hashes.SHA256()),
}


def rsa_jwk(kid, alg, n, e=65537):
    return {"kty": "RSA", "kid": kid, "alg": alg, "n": base64url(octets(n)), "e": base64url(octets(e))}


def ec_jwk(kid, alg, key, curve, length):
    point = key.public_key().public_numbers()
    x, y = base64url(octets(point.x, length)), base64url(octets(point.y, length))
    return {"kty": "EC", "crv": curve, "kid": kid, "alg": alg, "x": x, "y": y}


def ed25519_jwk(kid, x):
    return {"kty": "OKP", "crv": "Ed25519", "kid": kid, "alg": "EdDSA", "x": base64url(x)}


def raw_public(key):
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


N = RSA.public_key().public_numbers().n
JWKS = [
    ec_jwk("p-256", "ES256", P256, "P-256", 32),
    ec_jwk("p-384", "ES384", P384, "P-384", 48),
    ed25519_jwk("ed25519", raw_public(ED25519)),
    rsa_jwk("rsa-pss", "PS512", N),
]
JWKS_V1_5 = [rsa_jwk("rsa-v1_5", "RS256", N)]

# RFC 9421 appendix B.1.2 and B.1.4; the secret of B.1.5 stands in the cases' policy.
RFC_PSS_DER = """
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAr4tmm3r20Wd/PbqvP1s2+QEtvpuRaV8Yq40gjUR8y2Rjxa6dpG2GXHbPfvMs8ct+
Lh1GH45x28Rw3Ry53mm+oAXjyQ86OnDkZ5N8lYbggD4O3w6M6pAvLkhk95AndTrifbIFPNU8PPMO7OyrFAHqgDsznjPFmTOtCEcN2Z1FpWgc
hwuYLPL+Wokqltd11nqqzi+bJ9cvSKADYdUAAN5WUtzdpiy6LbTgSxP7ociU4Tn0g5I6aDZJ7A8Lzo0KSyZYoA485mqcO0GVAdVw9lq4aOT9
v6d+nb4bnNkQVklLQ3fVAvJm+xdDOp9LCNCN48V2pnDOkFV6+U9nV5oyc6XI2wIDAQAB"""
RFC_ED25519 = "JrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs="


def rfc_jwks():
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    pss = load_der_public_key(base64.b64decode(RFC_PSS_DER)).public_numbers()
    return [
        rsa_jwk("test-key-rsa-pss", "PS512", pss.n, pss.e),
        ed25519_jwk("test-key-ed25519", base64.b64decode(RFC_ED25519)),
    ]
