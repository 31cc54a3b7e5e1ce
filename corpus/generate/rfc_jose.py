#!/usr/bin/python3
"""jws/: the compact examples of RFC 7515, RFC 7520 and RFC 8037, as they were published (rfc_jose.json), and their
neighbours. Where an example's payload is a set of claims it is a case of bearer-jwt, too."""
import hashlib
import json
import os

from common import HERE, VECTORS, accepted, compact, pretty, rejected, write, request
from jose_bearer import mismatch
from jose_sign import unb64, b64

with open(os.path.join(HERE, "rfc_jose.json"), encoding="ascii") as file:
    EXAMPLES = json.load(file)
EXP = 1300819380  # of RFC 7515


def jws(name, about, example, token, verdict):
    folder = os.path.join(VECTORS, "jws", name)
    os.makedirs(folder)
    files = {
        "case.json": pretty({"about": about, "signer": example["signer"], "algorithms": [example["alg"]]}),
        "jwks.json": pretty({"keys": [example["jwk"]]}),
        "token.txt": token + "\n",
        "canonical.bin": token.rpartition(".")[0],
        "verdict.jsonl": compact({"id": 1, **verdict}) + "\n",
    }
    for file_name, text in files.items():
        with open(os.path.join(folder, file_name), "w", encoding="utf-8") as file:
            file.write(text)


def published():
    for example in EXAMPLES:
        name, token, kid = example["name"], example["token"], example["jwk"].get("kid")
        jws(name, f"{example['signer']}, {example['alg']}.", example, token, accepted(None, kid))
        signing, _, text = token.rpartition(".")
        signature = unb64(text)
        flipped = signing + "." + b64(signature[:-1] + bytes([signature[-1] ^ 1]))
        jws(name + "-flipped", "One bit of the signature.", example, flipped, mismatch(flipped, kid))
        header, _, payload = signing.partition(".")
        other = f"{header}.{b64(unb64(payload) + b' ')}.{text}"
        jws(name + "-other-payload", "A space behind the payload.", example, other, mismatch(other, kid))


def bearer():
    """A.1 is a case of pyjwt.py."""
    for example in EXAMPLES:
        if example["name"] not in ("rfc-7515-a2", "rfc-7515-a3"):
            continue
        token, key = example["token"], example["name"]
        signing = token.rpartition(".")[0].encode()
        at = unb64(token.split(".")[1]).index(b'"exp":') + 6
        for name, now, verdict in (
            (key, EXP - 1, accepted(None, key)),
            (key + "-expired", EXP, rejected("token_expired", "claims", at, None, key)),
        ):
            write(
                "bearer-jwt",
                name,
                about=f"{example['signer']}, {EXP - now} s before its exp.",
                signer=example["signer"],
                requests=[request([("Authorization", f"Bearer {token}")])],
                verdicts=[verdict],
                now=now,
                fields={"token": token},
                canonical=signing,
                digest=hashlib.sha256(signing).hexdigest(),
                policy={
                    "preset": "bearer-jwt",
                    "jwt": {"algorithms": [example["alg"]], "issuer": "joe"},
                    "jwks_file": "jwks.json",
                },
                jwks={"keys": [{**example["jwk"], "kid": key, "alg": example["alg"]}]},
            )


if __name__ == "__main__":
    published()
    bearer()
