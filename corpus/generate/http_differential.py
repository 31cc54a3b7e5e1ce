#!/usr/bin/python3
"""Random requests with HTTP Message Signatures, beside csn verify.

    /usr/bin/python3 corpus/generate/http_differential.py CSN [COUNT [SEED]]

CSN is the program, such as build/release/csn. COUNT requests (2000) with random components are signed by http_signing.py
and must be accepted. Then each is changed in one byte of its target or of a header: where csn still accepts it, it must
have the signature and the base of before by http_signing.py, too. Prints what disagrees; exit status 1 where something
does, 2 on wrong usage. Needs Debian's python3-cryptography; no part of `make test`."""
import base64
import os
import random
import re

from common import T0, VECTORS, changed, compact, load_policy, request, run_differential, verdicts
from http_keys import SIGNERS
from http_signing import SCHEME, base_of, digest, params_of

POLICY = {
    **load_policy(SCHEME),
    "nonces": {"capacity": 1000000},
    "jwks_file": os.path.join(os.path.abspath(VECTORS), SCHEME, "jwks.json"),
    "allow_unsigned_body": True,
    "http_signature": {"components": [], "required_parameters": []},
}
DERIVED = ['"@method"', '"@authority"', '"@scheme"', '"@path"', '"@query"', '"@request-target"', '"@target-uri"']


def text(chance, alphabet, most):
    return "".join(chance.choice(alphabet) for _ in range(chance.randrange(most)))


def authority_of(headers):
    (host,) = (value for name, value in headers if name == "Host")
    return re.sub(":(443)?$", "", host.lower())


def random_headers(chance, body):
    """Headers, and the components that can be made of them."""
    headers = [("Host", chance.choice(["example.com", "API.Example.com:8443", "example.com:443", "[2001:db8::1]"]))]
    components = []
    for name in chance.sample(["x-a", "X-List", "content-type", "Date"], chance.randrange(4)):
        lines = chance.randrange(1, 3)
        headers += [(name, text(chance, 'abZ09 ,;="%\\', 12).strip()) for _ in range(lines)]
        components.append(f'"{name.lower()}"' + chance.choice(["", "", ";bs"]))
    if chance.randrange(2):
        headers.append(("Priority", "a=1, b=(1 2);c, d=:AA==:"))
        components.append(f'"priority";key="{chance.choice("abd")}"')
    if body is not None and chance.randrange(2):
        headers.append(("Content-Digest", digest(body, chance.choice(["sha-256", "sha-512"]))))
        components.append('"content-digest"')
    return headers, components


def random_request(chance, number):
    method, body = chance.choice([("GET", None), ("POST", b"body"), ("PUT", b"\0\xff")])
    pairs = [f"k{i}={text(chance, 'aZ0~*-._%+', 6)}" for i in range(chance.randrange(4))]
    pairs = [re.sub("%(?![0-9A-F]{2})", "%20", pair) for pair in pairs]
    target = "/" + text(chance, "abZ09-._~%/;", 10).replace("%", "%2F") + ("?" + "&".join(pairs) if pairs else "")
    headers, components = random_headers(chance, body)
    components += [name for name in DERIVED if chance.randrange(2)]
    if pairs and chance.randrange(2):
        components.append('"@query-param";name="k0"')
    chance.shuffle(components)
    key = chance.choice(["c7-2026", "ed25519"])
    params = params_of(key, nonce=f"n{number}", more=chance.choice(["", ";tag=\"t\"", f";expires={T0}", ";x=1.5;y"]))
    message = {"method": method, "target": target, "headers": headers, "scheme": "https"}
    base = base_of(components, params, authority=authority_of(headers), **message)
    signature = base64.b64encode(SIGNERS[key](f"random-{number}", base)).decode("ascii")
    headers = [
        *headers,
        ("Signature-Input", f"s=({' '.join(components)}){params}"),
        ("Signature", f"s=:{signature}:"),
    ]
    return request(headers, method, target, body), base


def has_base(line, base, signature):
    """Whether the request has this base, and the signature."""
    headers = [tuple(pair) for pair in line["headers"]]
    try:
        given = dict(headers)
        inner, params = re.fullmatch(r"[^=]+=\(([^)]*)\)(.*)", given["Signature-Input"]).groups()
        message = {"method": line["method"], "target": line["target"], "headers": headers, "scheme": "https"}
        made = base_of(inner.split(), re.sub("; +", ";", params), authority=authority_of(headers), **message)
    except (KeyError, ValueError, AttributeError, StopIteration):
        return False
    return made == base and given["Signature"].partition("=")[2] == signature.partition("=")[2]


def main(csn, count=2000, seed=1):
    chance = random.Random(seed)
    wrong, kept = 0, 0
    made = [random_request(chance, number) for number in range(count)]
    lines = [line for line, _ in made]
    for line, verdict in zip(lines, verdicts(csn, POLICY, lines), strict=True):
        if verdict["verdict"] != "accepted":
            wrong += 1
            print("signed:", verdict["reason"], compact(line))
    spoiled = [changed(chance, line) for line in lines]
    for (line, base), now, verdict in zip(made, spoiled, verdicts(csn, POLICY, spoiled), strict=True):
        if verdict["verdict"] != "accepted":
            continue
        kept += 1
        if not has_base(now, base, line["headers"][-1][1]):
            wrong += 1
            print("accepted, and not what was signed:", compact(now))
    print(f"{count} requests and {count} changed ones, of which {kept} are as they were signed: {wrong} disagreements")
    return 1 if wrong else 0


if __name__ == "__main__":
    run_differential(main, __doc__)
