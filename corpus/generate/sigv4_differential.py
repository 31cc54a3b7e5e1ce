#!/usr/bin/python3
"""Random requests that botocore signs, beside csn verify.

    /usr/bin/python3 corpus/generate/sigv4_differential.py CSN [COUNT [SEED]]

CSN is the program, such as build/release/csn. Every one of COUNT requests (2000) must be accepted. Then each is changed
in one byte of its target or of a header: where csn still accepts it, botocore must sign the changed request alike.
Prints what disagrees; exit status 1 where something does, 2 on wrong usage. Needs Debian's python3-botocore; no part of
`make test`."""
import random
from urllib.parse import quote

from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth

from aws_sigv4 import FIRST, POLICY, S3_POLICY, pins_of, policy_with, signed
from common import changed, compact, run_differential, verdicts

KINDS = [
    (policy_with(POLICY, path="normalized"), SigV4Auth, SigV4QueryAuth),
    (policy_with(S3_POLICY, allow_unsigned_payload=True), S3SigV4Auth, S3SigV4QueryAuth),
]


def text(chance, alphabet, most):
    return "".join(chance.choice(alphabet) for _ in range(chance.randrange(most)))


def random_request(chance, kind):
    policy, in_header, in_query = KINDS[kind]
    segments = [
        chance.choice(["a", "B-1", ".", "..", "", "x y", "é", "c/d", "~_.", "%", "+", "=&"])
        for _ in range(chance.randrange(5))
    ]
    path = "/" + "/".join(quote(segment, safe="~") for segment in segments)
    pairs = [(text(chance, "abcé /&=+%~", 4) or "k", text(chance, "01é &=+;#~", 5)) for _ in range(chance.randrange(4))]
    query = "&".join(quote(name, safe="~") + "=" + quote(value, safe="~") for name, value in pairs)
    headers = [
        (
            chance.choice(["X-Custom", "X-Amz-Meta-A", "Content-Type", "Range"]),
            text(chance, 'aB  \t,;"', 8).strip() or "v",
        )
        for _ in range(chance.randrange(3))
    ]
    if chance.randrange(4) == 0:
        headers += [("X-Custom", "again")]
    # Where it presigns, botocore drops repeated parameters, and moves a body into the query.
    presigned = chance.randrange(2) == 1 and len({name for name, _ in pairs}) == len(pairs)
    if len([n for n, _ in headers if n.startswith("X-Amz")]) > 1 or len([n for n, _ in headers if n == "Range"]) > 1:
        headers = []
    return signed(
        chance.choice(["GET", "PUT", "POST", "DELETE"]),
        path + ("?" + query if query else ""),
        headers,
        b"" if presigned else bytes(chance.randrange(256) for _ in range(chance.choice([0, 0, 1, 40]))),
        auth=in_query if presigned else in_header,
        policy=policy,
        token="token+/=" if chance.randrange(4) == 0 else None,
        expires=chance.choice([1, 60, 604800]) if presigned else None,
    )


def signs_alike(line, policy):
    try:
        pins = pins_of(line, policy, FIRST)
    except (KeyError, ValueError, AttributeError, IndexError):
        return False
    return pins["digest"] == pins["fields"]["signature"].lower()


def main(csn, count=2000, seed=1):
    chance = random.Random(seed)
    wrong, kept = 0, 0
    for kind, (policy, _, _) in enumerate(KINDS):
        lines = [random_request(chance, kind) for _ in range(count // 2)]
        spoiled = [changed(chance, line) for line in lines]
        for line, verdict in zip(lines, verdicts(csn, policy, lines), strict=True):
            if verdict["verdict"] != "accepted":
                wrong += 1
                print("signed by botocore:", verdict["reason"], compact(line))
        for line, verdict in zip(spoiled, verdicts(csn, policy, spoiled), strict=True):
            if verdict["verdict"] != "accepted":
                continue
            kept += 1
            if not signs_alike(line, policy):
                wrong += 1
                print("accepted, and not signed so by botocore:", compact(line))
    print(f"{count} requests and {count} changed ones, of which {kept} are signed alike: {wrong} disagreements")
    return 1 if wrong else 0


if __name__ == "__main__":
    run_differential(main, __doc__)
