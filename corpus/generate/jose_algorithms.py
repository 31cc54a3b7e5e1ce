#!/usr/bin/python3
"""bearer-jwt: every JOSE algorithm, by each of three signers, and the nearest neighbours that are rejected."""
from common import T0, rejected
from jose_bearer import CLAIMS, case, header_of, input_of, joined, key_id, keys_of, mismatch, ok, token_of, wrong_length
from jose_sign import ALGORITHMS, KEY_OF, SIGNERS, jwk, kept, name_of, sign, unb64

SHORT = {"PyJWT": "pyjwt", "Node crypto": "node", "openssl command": "openssl"}
# The least and most bytes that a signature of the algorithm can have, and those of the key.
RANGES = {"RS": (256, 2048), "PS": (256, 2048), "Ed": (64, 114)}
BYTES = {"rsa-2048": 256, "p-256": 64, "p-384": 96, "p-521": 132, "ed25519": 64, "ed448": 114}


def bytes_of(alg):
    return BYTES.get(KEY_OF[alg]) or int(alg[2:]) // 8


def length_verdict(token, alg):
    """The algorithm's limits are checked before the key is looked for, the key's own behind it."""
    low, high = RANGES.get(alg[:2], (bytes_of(alg), bytes_of(alg)))
    start = token.rindex(".") + 1
    early = not -(-low * 4 // 3) <= len(token) - start <= -(-high * 4 // 3)
    return wrong_length(token, low, high) if early else wrong_length(token, bytes_of(alg), bytes_of(alg), key_id(alg))


def accepting():
    for alg in ALGORITHMS:
        for signer, short in SHORT.items():
            name = f"{alg.lower()}-{short}"
            header = header_of(alg, typ="JWT", kid=key_id(alg)) if short == "node" else header_of(alg)
            case(
                name,
                f"{name_of(alg)}, signed by {signer}.",
                ok(alg),
                token_of(alg, header=header, signer=signer),
                alg,
                signer=signer,
            )


def neighbours():
    for alg in ALGORITHMS:
        low, text = alg.lower(), name_of(alg)
        signing = input_of(header_of(alg))
        signature = sign(alg, signing.encode())
        good = joined(signing, signature)

        def near(name, about, verdict, token):
            case(f"{low}-{name}", f"{text}: {about}", verdict, token, alg)

        for name, flipped in (
            ("flipped-first", bytes([signature[0] ^ 1]) + signature[1:]),
            ("flipped-last", signature[:-1] + bytes([signature[-1] ^ 1])),
        ):
            near(name, "one bit of the signature.", mismatch(good, key_id(alg)), joined(signing, flipped))
        other = input_of(header_of(alg), {**CLAIMS, "sub": "root"})
        near(
            "other-claims",
            "the signature of other claims.",
            mismatch(joined(other, signature), key_id(alg)),
            joined(other, signature),
        )
        for name, changed in (("short", signature[:-1]), ("long", signature + b"\0")):
            token = joined(signing, changed)
            about = "the signature without its last byte." if name == "short" else "a zero byte behind the signature."
            near(name, about, length_verdict(token, alg), token)
        token = joined(signing, bytes(len(signature)))
        near("zeros", "a signature of zeros.", mismatch(token, key_id(alg)), token)
        expired = token_of(alg, claims={**CLAIMS, "exp": T0})
        near(
            "expired",
            "signed rightly, and expired.",
            rejected("token_expired", "claims", 23, None, key_id(alg)),
            expired,
        )


def other_keys():
    for alg, other in (
        ("RS256", "rsa-other"),
        ("PS256", "rsa-other"),
        ("ES256", "p-256-other"),
        ("EdDSA", "ed25519-other"),
    ):
        token = token_of(alg, key=other)
        case(
            f"{alg.lower()}-other-key",
            f"{alg}: another key of the same kind.",
            mismatch(token, key_id(alg)),
            token,
            alg,
        )
    for alg in ("RS256", "PS512"):
        big = {"keys": [jwk("rsa-4096", kid=KEY_OF[alg], alg=alg)]}
        token = token_of(alg, key="rsa-4096")
        case(f"{alg.lower()}-4096-bits", f"{alg} with a key of 4096 bits.", ok(alg), token, alg, jwks=big)
        token = token_of(alg)
        verdict = wrong_length(token, 512, 512, key_id(alg))
        case(
            f"{alg.lower()}-4096-bits-short",
            "A signature of 2048 bits for a key of 4096.",
            verdict,
            token,
            alg,
            jwks=big,
        )
    token = token_of("RS256", key="rsa-e3")
    jwks = {"keys": [jwk("rsa-e3", kid=KEY_OF["RS256"], alg="RS256")]}
    case("rs256-exponent-3", "A key with the exponent 3.", ok("RS256"), token, "RS256", jwks=jwks)


def several_keys():
    """A set as an issuer publishes it: the kid names one of many keys, and its algorithm is that key's alone."""
    algs = ["RS256", "ES256", "ES384", "EdDSA"]
    jwks = keys_of(*algs)
    for alg in algs:
        token = token_of(alg, header=header_of(alg, kid=key_id(alg)))
        case(f"jwks-{alg.lower()}", "One of four keys, by its kid.", ok(alg), token, alg, jwks=jwks, algorithms=algs)
    token = token_of("RS256")
    case(
        "jwks-no-kid",
        "Four keys, and no kid.",
        rejected("key_ambiguous", "jose_header"),
        token,
        "RS256",
        jwks=jwks,
        algorithms=algs,
    )
    token = token_of("RS256", header=header_of("RS256", kid="rsa-2049"))
    case(
        "jwks-kid-unknown",
        "A kid of no key.",
        rejected("key_unknown", "jose_header", 21),
        token,
        "RS256",
        jwks=jwks,
        algorithms=algs,
    )
    for alg, kid in (("RS256", "p-256"), ("ES256", "p-384"), ("EdDSA", "rsa-2048"), ("ES256", "ed25519")):
        token = token_of(alg, header=header_of(alg, kid=kid))
        name = f"jwks-{alg.lower()}-kid-of-{kid}"
        case(
            name,
            "The kid of a key of another algorithm.",
            rejected("key_unknown", "jose_header", 21),
            token,
            alg,
            jwks=jwks,
            algorithms=algs,
        )
    same = {"keys": [jwk("p-256", kid="p-256", alg="ES256"), jwk("p-256-other", kid="second", alg="ES256")]}
    token = token_of("ES256", header=header_of("ES256", kid="second"))
    case(
        "jwks-kid-of-other-key",
        "The kid of the key that did not sign.",
        mismatch(token, "second"),
        token,
        "ES256",
        jwks=same,
    )
    more = {"keys": [{"kty": "RSA", "n": "AQ", "e": "AQ", "use": "enc"}, {"kty": "new"}, *keys_of("EdDSA")["keys"]]}
    case(
        "jwks-others-ignored",
        "Keys that are not understood stand beside (RFC 7517 section 5).",
        ok("EdDSA"),
        token_of("EdDSA"),
        "EdDSA",
        jwks=more,
    )
    one = jwk("ed25519", kid="ed25519")
    case("jwk-alone", "One JWK, no set, without an alg of its own.", ok("EdDSA"), token_of("EdDSA"), "EdDSA", jwks=one)


def alg_names():
    """The header's name of the algorithm is compared byte for byte."""
    for name, alg in (
        ("rs256", "RS256"),
        ("Es256", "ES256"),
        ("EDDSA", "EdDSA"),
        ("Ed25519", "EdDSA"),
        ("ES256K", "ES256"),
        ("RSA-PSS", "PS256"),
        ("HS1", "HS256"),
        ("RS1", "RS256"),
    ):
        token = token_of(alg, header={"alg": name})
        case(f"alg-name-{name.lower()}", f'alg is "{name}".', rejected("alg_not_allowed", "jose_header", 7), token, alg)
    token = token_of("RS512")
    case(
        "alg-not-in-policy",
        "An algorithm of the key's kind that the policy does not allow.",
        rejected("alg_not_allowed", "jose_header", 7),
        token,
        "RS256",
    )
    token = token_of("RS512")
    case(
        "alg-not-the-keys",
        "An algorithm that the policy allows and the key is not for.",
        rejected("key_unknown", "jose_header"),
        token,
        "RS256",
        algorithms=["RS256", "RS512"],
    )


def trailing_bits():
    """The last character of a signature whose length is no multiple of three has bits that must be zero."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for alg in ("RS256", "PS256", "ES256", "EdDSA", "HS512"):
        token = token_of(alg)
        other = token[:-1] + alphabet[alphabet.index(token[-1]) | 1]
        verdict = rejected("base64url_invalid", "token", len(token) - 1)
        case(f"{alg.lower()}-trailing-bits", f"{alg}: a bit behind the signature's last.", verdict, other, alg)
    for alg in ("RS256", "ES256"):
        token = token_of(alg) + "=="
        high = -(-2048 * 4 // 3) if alg == "RS256" else 86
        start = token.rindex(".") + 1
        verdict = (
            rejected("base64url_invalid", "token", len(token) - 2)
            if len(token) - start <= high
            else wrong_length(token, 64, 64)
        )
        case(f"{alg.lower()}-padded", f"{alg}: the signature with padding.", verdict, token, alg)
        allowed = {"allow_padded": True}
        about = f"{alg}: the same where the policy allows it."
        case(f"policy-padded-{alg.lower()}", about, ok(alg), token, alg, jwt_policy=allowed)
        about = f"{alg}: one = too few."
        verdict = (
            rejected("base64url_invalid", "token", len(token) - 2)
            if len(token) - start <= high
            else wrong_length(token, 64, 64)
        )
        case(f"policy-padded-{alg.lower()}-short", about, verdict, token[:-1], alg, jwt_policy=allowed)


def search(alg, at):
    """A signature with a zero byte at `at`: one of 256 has it, so that other claims are tried."""
    for i in range(10000):
        signing = input_of(header_of(alg), {**CLAIMS, "jti": str(i)})
        signature = SIGNERS["PyJWT"](alg, KEY_OF[alg], signing.encode())
        if signature[at] == 0:
            return joined(signing, signature).encode()
    raise ValueError(alg)


def leading_zero():
    """Of r, of s and of RSA's number a leading zero byte stays, and counts."""
    for alg, at, name in (
        ("ES256", 0, "es256-leading-zero-of-r"),
        ("ES256", 32, "es256-leading-zero-of-s"),
        ("RS256", 0, "rs256-leading-zero"),
    ):
        token = kept(f"PyJWT, {alg}, a zero byte at {at}", lambda alg=alg, at=at: search(alg, at)).decode()
        signing, _, text = token.rpartition(".")
        signature = unb64(text)
        case(name, f"{alg}: a number that begins with a zero byte.", ok(alg), token, alg)
        cut = joined(signing, signature[:at] + signature[at + 1 :])
        case(name + "-cut", "The same without that byte.", length_verdict(cut, alg), cut, alg)


if __name__ == "__main__":
    for section in (accepting, neighbours, other_keys, several_keys, alg_names, trailing_bits, leading_zero):
        section()
