#!/usr/bin/python3
"""bearer-jwt: signatures and tokens of an attacker, who knows the public key and no other."""
import hashlib
import hmac

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from common import rejected
from jose_bearer import (
    CLAIMS,
    case,
    compact,
    header_of,
    input_of,
    joined,
    key_id,
    keys_of,
    mismatch,
    ok,
    token_of,
    wrong_length,
)
from jose_sign import KEY_OF, b64, beside_each_other, jwk, kept, private, public_pem, sign, unb64

INTEGERS = "Python integers"
CRYPTOGRAPHY = "Python cryptography"
# FIPS 186-4 D.1.2 and RFC 8032 sections 5.1 and 5.2: the orders of the base points.
ORDERS = {
    "ES256": 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    "ES384": int("ff" * 24 + "c7634d81f4372ddf581a0db248b0a77aecec196accc52973", 16),
    "ES512": int("01" + "ff" * 32 + "fa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409", 16),
    "EdDSA": 2**252 + 27742317777372353535851937790883648493,
    "Ed448": 2**446 - 13818066809895115352007386748515426880336692474882178609894547503885,
}
# DER of DigestInfo up to the digest, with the NULL of RFC 8017 section 9.2 and without it.
SHA256_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
SHA256_INFO_NO_NULL = bytes.fromhex("302f300b0609608648016503040201" + "0420")


def halves(signature):
    size = len(signature) // 2
    return int.from_bytes(signature[:size], "big"), int.from_bytes(signature[size:], "big")


def ecdsa():
    for alg, order in ORDERS.items():
        if not alg.startswith("ES"):
            continue
        signing = input_of(header_of(alg))
        signature = sign(alg, signing.encode())
        (r, s), size = halves(signature), len(signature) // 2

        def forged(name, about, r, s, alg=alg, signing=signing, size=size):
            if max(r, s) >= 1 << 8 * size:
                return
            token = joined(signing, r.to_bytes(size, "big") + s.to_bytes(size, "big"))
            case(f"{alg.lower()}-{name}", f"{alg}: {about}", mismatch(token, key_id(alg)), token, alg, signer=INTEGERS)

        forged("r-zero", "r is 0 (CVE-2022-21449).", 0, s)
        forged("s-zero", "s is 0.", r, 0)
        forged("r-order", "r is the order.", order, s)
        forged("s-order", "s is the order.", r, order)
        forged("both-order", "r and s are the order.", order, order)
        forged("r-plus-order", "r and the order: the same number modulo the order.", r + order, s)
        forged("s-plus-order", "s and the order: the same number modulo the order.", r, s + order)
        forged("ones", "r and s are 1.", 1, 1)
        forged("swapped", "s in front of r.", s, r)
        top = (1 << 8 * size) - 1
        forged("largest", "every bit is set.", top, top)
        token = joined(signing, r.to_bytes(size, "big") + (order - s).to_bytes(size, "big"))
        about = f"{alg}: the order less s is a signature, too; JOSE asks for neither of the two."
        case(f"{alg.lower()}-other-s", about, ok(alg), token, alg, signer=INTEGERS)
        token = joined(signing, encode_dss_signature(r, s))
        about = f"{alg}: a DER SEQUENCE where r and s stand side by side."
        case(f"{alg.lower()}-der", about, wrong_length(token, 2 * size, 2 * size), token, alg, signer=CRYPTOGRAPHY)


def eddsa():
    """S beyond the order (RFC 8032 section 5.1.7): the same signature in other bytes."""
    for alg, size in (("EdDSA", 32), ("Ed448", 57)):
        signing = input_of(header_of(alg))
        signature = sign(alg, signing.encode())
        s = int.from_bytes(signature[size:], "little") + ORDERS[alg]
        token = joined(signing, signature[:size] + s.to_bytes(size, "little"))
        case(
            f"{alg.lower()}-s-plus-order", "S and the order.", mismatch(token, key_id(alg)), token, alg, signer=INTEGERS
        )
    signing = input_of(header_of("EdDSA"))
    signature = sign("EdDSA", signing.encode())
    token = joined(signing, signature[32:] + signature[:32])
    case("eddsa-swapped", "S in front of R.", mismatch(token, key_id("EdDSA")), token, "EdDSA", signer=INTEGERS)
    prehash = joined(signing, sign("EdDSA", hashlib.sha512(signing.encode()).digest()))
    case(
        "eddsa-of-the-hash", "Signed is the SHA-512 of the text.", mismatch(prehash, key_id("EdDSA")), prehash, "EdDSA"
    )
    token = joined(signing, sign("Ed448", signing.encode()))
    verdict = wrong_length(token, 64, 64, key_id("EdDSA"))
    case("eddsa-by-ed448", "A signature of Ed448 for a key of Ed25519.", verdict, token, "EdDSA")
    token = joined(signing, signature)
    verdict = wrong_length(token, 114, 114, key_id("Ed448"))
    case("ed448-by-ed25519", "A signature of Ed25519 for a key of Ed448.", verdict, token, "Ed448")


def rsa_number(key, padded):
    """What the private key makes of any padded text."""
    n = private(key).private_numbers()
    size = (n.public_numbers.n.bit_length() + 7) // 8
    return pow(int.from_bytes(padded, "big"), n.d, n.public_numbers.n).to_bytes(size, "big")


def padded(info, digest, size=256, kind=1):
    tail = b"\0" + info + digest
    return bytes([0, kind]) + b"\xff" * (size - 2 - len(tail)) + tail


def rs256(name, about, signature, verdict=mismatch, **more):
    signing = input_of(header_of("RS256"))
    token = joined(signing, signature)
    case(f"rs256-{name}", f"RS256: {about}", verdict(token, key_id("RS256")), token, "RS256", signer=INTEGERS, **more)


def rsa_pkcs1():
    digest = hashlib.sha256(input_of(header_of("RS256")).encode()).digest()
    key = KEY_OF["RS256"]
    rs256(
        "by-hand",
        "the padding of RFC 8017 section 9.2, put together by hand.",
        rsa_number(key, padded(SHA256_INFO, digest)),
        lambda *_: ok("RS256"),
    )
    rs256(
        "no-null",
        "DigestInfo without its NULL: DER, and not what section 9.2 asks for.",
        rsa_number(key, padded(SHA256_INFO_NO_NULL, digest)),
    )
    rs256("block-type-2", "padding of encryption.", rsa_number(key, padded(SHA256_INFO, digest, kind=2)))
    rs256("no-digest-info", "the bare digest behind the padding.", rsa_number(key, padded(b"", digest)))
    short = padded(SHA256_INFO, digest, size=200)
    rs256(
        "garbage-behind",
        "short padding, and bytes behind the digest (CVE-2006-4339).",
        rsa_number(key, short + bytes(56)),
    )
    sha1 = (
        bytes.fromhex("3021300906052b0e03021a05000414") + hashlib.sha1(input_of(header_of("RS256")).encode()).digest()
    )
    rs256("sha1", "a signature of SHA-1.", rsa_number(key, padded(b"", sha1)))
    rs256("one", "the number 1, which is its own power.", bytes(255) + b"\x01")
    n = private(key).public_key().public_numbers().n
    rs256("modulus", "the modulus itself.", n.to_bytes(256, "big"))
    rs256("modulus-less-one", "the modulus less 1, which is its own power.", (n - 1).to_bytes(256, "big"))
    cube_root(digest)
    plus_modulus(n)


def cube_root(digest):
    """With the exponent 3 anybody makes a number whose cube begins as the padded text does."""
    front = int.from_bytes(b"\x00\x01" + b"\xff" * 8 + b"\0" + SHA256_INFO + digest, "big")
    bits = 2048 - 8 * (2 + 8 + 1 + len(SHA256_INFO) + 32)
    low, high = 0, 1 << 700
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if middle ** 3 < front << bits else (low, middle)
    assert low**3 >> bits == front
    jwks = {"keys": [jwk("rsa-e3", kid=KEY_OF["RS256"], alg="RS256")]}
    rs256("cube-root", "a cube root under the exponent 3 (CVE-2006-4339).", low.to_bytes(256, "big"), jwks=jwks)


def plus_modulus(n):
    """The signature and the modulus: the same number, and larger than RFC 8017 section 5.2.2 allows."""
    for i in range(1000):
        signing = input_of(header_of("RS256"), {**CLAIMS, "jti": str(i)})
        number_of = int.from_bytes(sign("RS256", signing.encode()), "big") + n
        if number_of < 1 << 2048:
            break
    token = joined(signing, number_of.to_bytes(256, "big"))
    case(
        "rs256-plus-modulus",
        "RS256: the signature and the modulus.",
        mismatch(token, key_id("RS256")),
        token,
        "RS256",
        signer=INTEGERS,
    )


def pss(name, about, alg, hash_, salt, mgf_hash=None):
    signing = input_of(header_of(alg))
    pad = padding.PSS(mgf=padding.MGF1(mgf_hash or hash_), salt_length=salt)
    signature = kept(f"{CRYPTOGRAPHY}, {alg}, {name}", lambda: private(KEY_OF[alg]).sign(signing.encode(), pad, hash_))
    token = joined(signing, signature)
    case(f"{alg.lower()}-{name}", f"{alg}: {about}", mismatch(token, key_id(alg)), token, alg, signer=CRYPTOGRAPHY)


def rsa_pss():
    for alg, hash_ in (("PS256", hashes.SHA256()), ("PS384", hashes.SHA384()), ("PS512", hashes.SHA512())):
        size = hash_.digest_size
        pss("salt-0", "no salt; RFC 7518 section 3.5 wants as much as the hash.", alg, hash_, 0)
        pss("salt-20", "20 bytes of salt, as RFC 8017 has it by default.", alg, hash_, 20)
        pss("salt-less-one", "one byte of salt too few.", alg, hash_, size - 1)
        pss("salt-plus-one", "one byte of salt too many.", alg, hash_, size + 1)
        pss("salt-largest", "as much salt as the key has room for.", alg, hash_, 256 - 2 - size)
    pss(
        "mgf1-sha1", "the mask is of SHA-1, as RFC 8017 has it by default.", "PS256", hashes.SHA256(), 32, hashes.SHA1()
    )
    pss("sha384", "a signature of SHA-384.", "PS256", hashes.SHA384(), 48)
    for alg, other in (
        ("PS256", "RS256"),
        ("RS256", "PS256"),
        ("RS256", "RS512"),
        ("RS384", "RS256"),
        ("PS512", "PS256"),
        ("ES256", None),
    ):
        signing = input_of(header_of(alg))
        signature = sign(other, signing.encode(), KEY_OF[alg]) if other else es256_of_sha384(signing)
        token = joined(signing, signature)
        name = f"{alg.lower()}-signed-as-{(other or 'sha384').lower()}"
        case(
            name,
            f"{alg} in the header, {other or 'SHA-384 under P-256'} in truth.",
            mismatch(token, key_id(alg)),
            token,
            alg,
        )


def es256_of_sha384(signing):
    der = kept(
        f"{CRYPTOGRAPHY}, ES256, SHA-384", lambda: private("p-256").sign(signing.encode(), ec.ECDSA(hashes.SHA384()))
    )
    return beside_each_other(der, "p-256")


def confusion():
    """RS/HS confusion: the public key's text as the secret of an HMAC (CVE-2015-9235, CVE-2022-29217)."""
    for alg in ("RS256", "ES256", "EdDSA"):
        key = KEY_OF[alg]
        pem = public_pem(key)
        der = private(key).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        entry = keys_of(alg)["keys"][0]
        texts = {"pem": pem, "pem-no-line-end": pem.rstrip(b"\n"), "der": der, "jwk": compact(entry).encode()}
        first = next(entry[name] for name in ("n", "x") if name in entry)
        texts["number"] = unb64(first)
        texts["number-text"] = first.encode()
        for what, text in texts.items():
            signing = input_of(header_of("HS256"))
            token = joined(signing, hmac.new(text, signing.encode(), hashlib.sha256).digest())
            for both in (False, True):
                verdict = rejected("key_unknown" if both else "alg_not_allowed", "jose_header", 0 if both else 7)
                name = f"confusion-{alg.lower()}-{what}" + ("-both" if both else "")
                about = f"HS256 with the {what} of an {alg} key as the secret" + (
                    "; the policy allows both." if both else "."
                )
                algorithms = [alg, "HS256"] if both else [alg]
                case(name, about, verdict, token, alg, signer="Python hmac and hashlib", algorithms=algorithms)
    for alg in ("RS256", "ES256"):
        header = header_of("none")
        for name, token in (
            ("empty", input_of(header) + "."),
            ("signed", joined(input_of(header), sign(alg, input_of(header).encode()))),
        ):
            at = (
                rejected("token_shape", "token", len(token))
                if name == "empty"
                else rejected("alg_not_allowed", "jose_header", 7)
            )
            case(f"none-{alg.lower()}-{name}", f"alg none where the key is of {alg}.", at, token, alg)


def own_keys():
    """A token that brings the key along by which it verifies: nobody looks at it (CVE-2018-0114, CVE-2026-27962)."""
    for alg, other in (("RS256", "rsa-other"), ("ES256", "p-256-other"), ("EdDSA", "ed25519-other")):
        bring = {
            "jwk": jwk(other),
            "jku": "https://evil.example/jwks.json",
            "x5u": "https://evil.example/chain.pem",
            "x5c": [b64(b"no certificate")],
            "x5t#S256": b64(hashlib.sha256(b"no certificate").digest()),
        }
        for name, value in bring.items():
            header = header_of(alg, **{name: value})
            short = name.replace("#", "-").lower()
            token = token_of(alg, header=header, key=other)
            case(
                f"brings-{short}-{alg.lower()}",
                f"A {name} in the header, and its key's signature.",
                mismatch(token, key_id(alg)),
                token,
                alg,
            )
            token = token_of(alg, header=header)
            case(
                f"ignores-{short}-{alg.lower()}",
                f"A {name} in the header, and the right signature.",
                ok(alg),
                token,
                alg,
            )


if __name__ == "__main__":
    for section in (ecdsa, eddsa, rsa_pkcs1, rsa_pss, confusion, own_keys):
        section()
