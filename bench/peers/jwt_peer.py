#!/usr/bin/python3
"""JSON Web Tokens verified by PyJWT, for csn-bench; the lines that it reads and writes are in jwt_process.h.

    python3 jwt_peer.py pyjwt ALGORITHM NOW ISSUER AUDIENCE

jwt.decode() as PyJWT's documentation has it ("Encoding & Decoding Tokens"), with a public key that is read once.
"""
import base64
import datetime
import sys
import time

TEXT_MAX = 200  # of an error


class Clock(datetime.datetime):
    """PyJWT reads the clock itself. This one stands still, and takes no longer to read."""

    moment = None

    @classmethod
    def now(cls, tz=None):
        return cls.moment

    @classmethod
    def set(cls, seconds):
        cls.moment = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)


def answer(text):
    sys.stdout.write(" ".join(text.split()) + "\n")
    sys.stdout.flush()


def read_line():
    line = sys.stdin.readline()
    if line == "":
        sys.exit(0)
    return line.rstrip("\n").split(" ")


def open_library(algorithm, issuer, audience, key_bytes):
    """A function that returns the claims of a token, or raises."""
    import jwt
    import jwt.api_jwt

    jwt.api_jwt.datetime = Clock
    known = jwt.algorithms.get_default_algorithms()
    if algorithm not in known:
        raise RuntimeError("PyJWT lacks python3-cryptography")
    key = key_bytes if algorithm.startswith("HS") else known[algorithm].prepare_key(key_bytes)
    algorithms, options = [algorithm], {"require": ["exp"]}
    return lambda token: jwt.decode(
        token, key, algorithms=algorithms, issuer=issuer, audience=audience, options=options
    )


def judge(verify, token, seconds, usual):
    Clock.set(seconds)
    try:
        verify(token)
        return "accepted"
    except Exception as error:
        return f"rejected {str(error)[:TEXT_MAX]}"
    finally:
        Clock.set(usual)


def run(verify, tokens, first, count):
    """Verifies `count` tokens of the pool, from number `first` on, round and round."""
    accepted, at, size = 0, first % len(tokens), len(tokens)
    start = time.perf_counter_ns()
    for _ in range(count):
        try:
            verify(tokens[at])
            accepted += 1
        except Exception:
            pass
        at = at + 1 if at + 1 < size else 0
    return f"{time.perf_counter_ns() - start} {accepted}"


def main():
    _library, algorithm, now, issuer, audience = sys.argv[1:]
    key = read_line()[1]
    try:
        verify = open_library(algorithm, issuer, audience, base64.urlsafe_b64decode(key + "=" * (-len(key) % 4)))
    except ImportError:
        return answer("absent PyJWT is not there")
    except Exception as error:
        return answer(f"absent {str(error)[:TEXT_MAX]}")
    Clock.set(int(now))
    answer("ready")
    tokens, done = [], 0
    while True:
        command, *values = read_line()
        if command == "token":
            tokens.append(values[0])
        elif command == "judge":
            answer(judge(verify, values[1], int(values[0]), int(now)))
        elif command == "run":
            answer(run(verify, tokens, done, int(values[0])))
            done += int(values[0])
        else:
            sys.exit(2)


main()
