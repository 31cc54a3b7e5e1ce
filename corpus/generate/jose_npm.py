#!/usr/bin/python3
"""bearer-jwt: whole tokens of jose (npm), of every JOSE algorithm, under the keys that jose exports.

What jose gave once is kept (jose_sign.py), so that it is asked for only where a case is new: then tools/fetch-npm
installs it below the build directory, $B or build."""
import hashlib
import json
import os
import subprocess

from common import HERE, T0, rejected
from jose_bearer import CLAIMS, SUB, case, header_of, key_id, ok
from jose_sign import ALGORITHMS, KEY_OF, kept, name_of, pem_file, secret

SIGNER = "jose (npm)"
ROOT = os.path.realpath(os.path.join(HERE, "..", ".."))
FOLDER = os.path.realpath(os.path.join(ROOT, os.environ.get("B") or "build", "jose"))


def by_jose(alg, **order):
    """Text: a token of `header` and `claims`, or without them the key's public JWK."""
    key = KEY_OF[alg]
    said = hashlib.sha256(json.dumps(order).encode()).hexdigest()[:16] if order else "jwk"
    order |= {"secret": secret(key).hex()} if key.startswith("hmac") else {"pem": pem_file(key)}
    order |= {"alg": name_of(alg), "folder": FOLDER}

    def ask():
        subprocess.run(["sh", os.path.join(ROOT, "tools", "fetch-npm"), FOLDER], check=True)
        command = ["node", os.path.join(HERE, "jose_npm.mjs"), json.dumps(order)]
        return subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout

    return kept(f"{SIGNER}, {alg}, {key}, {said}", ask).decode("ascii")


def keys_of(alg):
    return {"keys": [{**json.loads(by_jose(alg)), "kid": key_id(alg), "alg": name_of(alg), "use": "sig"}]}


def jose_case(name, about, verdict, alg, *, header=None, claims=None, understood=None, **more):
    """`understood` names the extensions that jose is to take for ones that it knows."""
    order = {"header": header or header_of(alg, kid=key_id(alg)), "claims": CLAIMS if claims is None else claims}
    token = by_jose(alg, **order, **({"understood": understood} if understood else {}))
    about = f"{name_of(alg)}, signed by jose: {about}"
    case(f"{alg.lower()}-jose{name}", about, verdict, token, alg, signer=SIGNER, jwks=keys_of(alg), **more)


def every_algorithm():
    for alg in ALGORITHMS:
        expired = rejected("token_expired", "claims", len(f'{{"sub":"{SUB}","exp":'), None, key_id(alg))
        jose_case("", "a second before exp.", ok(alg), alg, now=CLAIMS["exp"] - 1)
        jose_case("-expired", "at exp.", expired, alg, now=CLAIMS["exp"])


# What RFC 9068 asks of an access token, and a policy that asks for all of it.
ISSUER, AUDIENCE = "https://issuer.example", "https://api.example/orders"
ACCESS = {
    "iss": ISSUER,
    "sub": SUB,
    "aud": ["https://api.example/stock", AUDIENCE],
    "exp": T0 + 60,
    "nbf": T0 - 5,
    "iat": T0 - 10,
    "jti": "5f1c8d3e",
    "client_id": "s6BhdRkqt3",
    "scope": "orders:read orders:write",
}
ACCESS_POLICY = {
    "issuer": ISSUER,
    "audience": AUDIENCE,
    "subject": SUB,
    "typ": "at+jwt",
    "scopes": "orders:write",
    "max_age_seconds": 10,
    "required_claims": ["exp", "iat", "iss", "aud", "sub", "jti", "client_id"],
}


def access_tokens():
    for alg in ("HS256", "RS256", "PS256", "ES256", "EdDSA"):
        header = header_of(alg, typ="at+jwt", kid=key_id(alg))

        def access(name, about, verdict, alg=alg, header=header, **claims):
            changed = {k: v for k, v in {**ACCESS, **claims}.items() if v is not None}
            jose_case(name, about, verdict, alg, header=header, claims=changed, jwt_policy=ACCESS_POLICY)

        access("-access", "an access token (RFC 9068), of which the policy asks everything.", ok(alg))
        missing = rejected("claim_missing", "claims", 0, None, key_id(alg))
        access("-access-no-jti", "a claim that the policy asks for is not there.", missing, jti=None)


def dates_and_text():
    jose_case("-fraction", "NumericDates with fractions.", ok("ES256"), "ES256",
              claims={"sub": SUB, "exp": T0 + 0.5, "nbf": T0 - 0.5, "iat": T0 - 1.25})
    jose_case("-utf-8", "text of several scripts, which jose writes as UTF-8.", ok("EdDSA"), "EdDSA",
              claims={**CLAIMS, "name": "Zo\u00eb \u0437\u0438\u043c\u0430 \u51ac \U0001f600", "quoted": "\u2028 \" \\ /"})
    jose_case("-nested", "claims in claims.", ok("PS384"), "PS384",
              claims={**CLAIMS, "cnf": {"jkt": "x"}, "roles": [{"of": ["a", {}]}, [], 1e21, -0.5, None, True]})


def critical():
    """No extension is understood, whatever the signer says that its readers understand (RFC 7515 section 4.1.11)."""
    for alg in ("HS256", "ES256", "EdDSA"):
        no = rejected("crit_unsupported", "jose_header", len(f'{{"alg":"{name_of(alg)}","crit":'))
        jose_case("-crit", "an extension that must be understood.", no, alg, understood={"urn:example:e": True},
                  header=header_of(alg, crit=["urn:example:e"], **{"urn:example:e": 1}))
        jose_case("-crit-b64", "b64, which is true and so changes nothing, named as critical.", no, alg,
                  header=header_of(alg, crit=["b64"], b64=True))


if __name__ == "__main__":
    for section in (every_algorithm, access_tokens, dates_and_text, critical):
        section()
