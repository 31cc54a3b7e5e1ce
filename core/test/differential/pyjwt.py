#!/usr/bin/python3
"""Verdicts of PyJWT: pyjwt.py ALGORITHM KEY NOW ISSUER AUDIENCE <tokens >verdicts"""
import datetime
import json
import sys

import jwt
import jwt.api_jwt

algorithm, key_file, now, issuer, audience = sys.argv[1:]


class Clock(datetime.datetime):
    """PyJWT reads the clock itself."""

    @classmethod
    def now(cls, tz=None):
        return datetime.datetime.fromtimestamp(int(now), tz)


jwt.api_jwt.datetime = Clock
with open(key_file, "rb") as file:
    text = file.read()
verifier = jwt.algorithms.get_default_algorithms()[algorithm]
key = text if algorithm == "HS256" else verifier.prepare_key(text)


def judge(token):
    try:
        claims = jwt.decode(
            token, key, algorithms=[algorithm], issuer=issuer, audience=audience, options={"require": ["exp"]}
        )
    except jwt.PyJWTError as error:
        return f"rejected\t{type(error).__name__}: {error}"
    except Exception as error:  # what PyJWT lets through instead of an error of its own
        return f"rejected\tcrash {type(error).__name__}: {error}"
    return "accepted\t" + json.dumps(claims.get("sub"))


for line in sys.stdin.buffer:
    answer = judge(line.rstrip(b"\n"))
    sys.stdout.write(answer.encode("ascii", "backslashreplace").decode("ascii").replace("\n", " ") + "\n")
