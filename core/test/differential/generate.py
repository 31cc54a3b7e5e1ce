#!/usr/bin/python3
"""Tokens to be judged by several libraries: valid ones, and mutations of header, claims, JSON text, base64url, shape and
signature, most of them signed rightly behind the mutation.

    generate.py COUNT SEED OUT_DIR

For each algorithm OUT_DIR/ALGORITHM.tokens gets COUNT / 5 lines, ALGORITHM.kinds the kind of mutation of each, and
ALGORITHM.jwk, .pem or .secret the key. The same COUNT and SEED give the same tokens, but for the random numbers in
ECDSA's and PSS's signatures; the keys are those of the corpus."""
import base64
import hashlib
import json
import os
import random
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "..", "corpus", "generate"))
sys.dont_write_bytecode = True

from cryptography.hazmat.primitives import hashes  # noqa: E402
from cryptography.hazmat.primitives.asymmetric import ec, padding  # noqa: E402
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature  # noqa: E402

import jose_sign  # noqa: E402

ALGORITHMS = ("HS256", "RS256", "PS256", "ES256", "EdDSA")
NOW = 1700000000
ISSUER, AUDIENCE = "https://issuer.example", "orders"
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
PRINTABLE = "".join(chr(c) for c in range(0x21, 0x7F))
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


class Raw(str):
    """JSON text that stands as it is."""


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def text_of(value):
    """JSON of a list of pairs, in which a name may occur twice; of Raw the text itself; of anything else its JSON."""
    if isinstance(value, Raw):
        return str(value)
    if isinstance(value, list) and all(isinstance(p, tuple) for p in value):
        return (
            "{"
            + ",".join(f"{text_of(k) if isinstance(k, Raw) else json.dumps(k)}:{text_of(v)}" for k, v in value)
            + "}"
        )
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class Signer:
    def __init__(self, alg):
        self.alg = alg
        self.key_name = jose_sign.KEY_OF[alg]
        self.secret = jose_sign.secret(self.key_name) if alg == "HS256" else None
        self.private = None if self.secret else jose_sign.private(self.key_name)
        self.other = (
            None
            if self.secret
            else jose_sign.private({"ES256": "p-256-other", "EdDSA": "ed25519-other"}.get(alg, "rsa-other"))
        )

    def sign(self, message, hash_=None, salt=32, other=False):
        import hmac

        key, hash_ = self.other if other else self.private, hash_ or hashes.SHA256()
        if self.alg == "HS256":
            return hmac.new(
                b"another secret of thirty-two bytes" if other else self.secret, message, hash_.name
            ).digest()
        if self.alg == "RS256":
            return key.sign(message, padding.PKCS1v15(), hash_)
        if self.alg == "PS256":
            return key.sign(message, padding.PSS(mgf=padding.MGF1(hash_), salt_length=salt), hash_)
        if self.alg == "ES256":
            return jose_sign.beside_each_other(key.sign(message, ec.ECDSA(hash_)), "p-256")
        return key.sign(message)


# ---- header and claims ----


def header(alg, r):
    pairs = [("alg", alg)]
    if r.random() < 0.7:
        pairs.append(("typ", "JWT"))
    if r.random() < 0.3:
        pairs.append(("kid", r.choice(["k1", "2026-a", "käy", "x" * 60])))
    if r.random() < 0.1:
        pairs.append((r.choice(["cty", "x", "note"]), r.choice(["JWT", 1, None, True, {"a": []}])))
    r.shuffle(pairs)
    return pairs


def claims(r):
    pairs = [
        ("iss", ISSUER),
        ("aud", AUDIENCE if r.random() < 0.7 else ["x", AUDIENCE]),
        ("exp", NOW + r.randint(1, 9000)),
    ]
    if r.random() < 0.8:
        pairs.append(("sub", r.choice(["user-42", "zoë/7", 'client "7"', "a\\b", "日本", "😀", "x" * 255])))
    for name, low, high in (("nbf", -9000, 0), ("iat", -9000, 0)):
        if r.random() < 0.5:
            pairs.append((name, NOW + r.randint(low, high)))
    if r.random() < 0.4:
        pairs.append(("jti", r.choice(["a-1", "", "x" * 60])))
    if r.random() < 0.4:
        pairs.append(("scope", r.choice(["read write", "read", "orders:write"])))
    for name in r.sample(["roles", "ctx", "n", "ok", "é"], r.randint(0, 3)):
        pairs.append(
            (
                name,
                r.choice(
                    [
                        "read write",
                        17,
                        -0.5e-3,
                        True,
                        None,
                        [],
                        {},
                        ["a", {"b": [1, None]}],
                        {"deep": {"er": "x"}},
                        2**53,
                        "",
                    ]
                ),
            )
        )
    r.shuffle(pairs)
    return pairs


def replaced(pairs, name, value):
    """The member anew, in its place or behind the others."""
    out = [(n, value if n == name else v) for n, v in pairs]
    return out if any(n == name for n, _ in pairs) else [*out, (name, value)]


def without(pairs, name):
    return [(n, v) for n, v in pairs if n != name]


HEADER_VALUES = {
    "alg": [
        "none",
        "None",
        "NONE",
        "",
        "HS256",
        "HS512",
        "RS256",
        "RS384",
        "PS256",
        "ES256",
        "ES384",
        "EdDSA",
        "hs256",
        "rs256",
        "es256",
        "eddsa",
        "HS256 ",
        " RS256",
        5,
        None,
        True,
        ["HS256"],
        {"alg": "HS256"},
        Raw('"\\u0048S256"'),
        Raw('"\\u0052S256"'),
        Raw('"E\\u0053256"'),
    ],
    "typ": [
        "jwt",
        "Jwt",
        "at+jwt",
        "application/jwt",
        "application/at+jwt",
        "JOSE",
        "JOSE+JSON",
        "JWS",
        "",
        1,
        None,
        ["JWT"],
        "x" * 200,
        "dpop+jwt",
    ],
    "crit": [[], ["exp"], ["x"], ["b64"], ["alg"], "b64", None, 1, ["x", "x"], {}, [1]],
    "b64": [True, False, None, 1, "false"],
    "kid": [
        "",
        "k" * 128,
        "k" * 129,
        "k" * 500,
        5,
        None,
        True,
        ["k"],
        {"kid": "k"},
        "../../../etc/passwd",
        "' OR 1=1 --",
        "a\u0000b",
        "é",
    ],
    "jwk": [{"kty": "oct", "k": "AAAA"}, {}, "x", None, 1],
    "jku": ["https://evil.example/jwks.json", 1, None],
    "x5u": ["https://evil.example/x.pem", 1],
    "x5c": [["AAAA"], "AAAA", []],
    "cty": ["JWT", "json", 1, None],
    "zip": ["DEF", None, 1],
    "enc": ["A128GCM", None],
}

NUMBERS = [
    0,
    -1,
    1,
    NOW - 1,
    NOW,
    NOW + 1,
    NOW + 60,
    NOW + 0.5,
    NOW - 0.5,
    NOW + 59.999,
    2**31,
    2**32,
    2**53,
    253402300799,
    253402300800,
    Raw("1.7e9"),
    Raw("1.70000006e9"),
    Raw("1.70000006E+9"),
    Raw("17000000600e-1"),
    Raw("1e400"),
    Raw("-1e400"),
    Raw("9223372036854775807"),
    Raw("9223372036854775808"),
    Raw("18446744073709551616"),
    Raw("1" + "0" * 40),
    Raw("-0"),
    Raw("1700000060.0"),
    Raw("0.1e11"),
    "1700000060",
    "",
    "x",
    None,
    True,
    False,
    [],
    {},
    [1700000060],
    Raw("1700000060 "),
]
CLAIM_VALUES = {
    "exp": NUMBERS,
    "nbf": NUMBERS,
    "iat": NUMBERS,
    "iss": [
        "",
        ISSUER + "/",
        ISSUER.upper(),
        ISSUER[:-1],
        "x",
        None,
        5,
        True,
        [ISSUER],
        [],
        {},
        Raw('"https:\\/\\/issuer.example"'),
        Raw('"\\u0068ttps://issuer.example"'),
    ],
    "aud": [
        "",
        "x",
        AUDIENCE.upper(),
        AUDIENCE + " ",
        [],
        ["x"],
        [AUDIENCE],
        ["x", AUDIENCE, 5],
        [AUDIENCE, AUDIENCE],
        [[AUDIENCE]],
        None,
        5,
        True,
        {},
        {AUDIENCE: 1},
        Raw('"\\u006frders"'),
        [None],
        [AUDIENCE, None],
        ["x"] * 70 + [AUDIENCE],
    ],
    "sub": [
        "",
        None,
        5,
        True,
        [],
        {},
        ["user-42"],
        "x" * 255,
        "x" * 256,
        "x" * 4000,
        "a\u0000b",
        "\u007f",
        Raw('"\\ud83d\\ude00"'),
        "a\nb",
    ],
    "jti": [None, 5, [], "", "x" * 1000],
    "scope": [None, 5, [], ["read"], {}, True, "", " ", "read  write", " read", "read\t", "\u00e9", 'a"b', "x" * 1000],
    "note": [
        Raw("01"),
        Raw("+1"),
        Raw(".5"),
        Raw("1."),
        Raw("1e"),
        Raw("-"),
        Raw("NaN"),
        Raw("Infinity"),
        Raw("-Infinity"),
        Raw("nul"),
        Raw("TRUE"),
        Raw("undefined"),
        Raw('"\\x41"'),
        Raw('"\\ud800"'),
        Raw('"\\udc00\\ud800"'),
        Raw('"\\u00"'),
        Raw('"\t"'),
        Raw('"\x01"'),
        Raw("'a'"),
        Raw("[1,]"),
        Raw('{"a":1,}'),
        Raw("[1 2]"),
        Raw('{"a" 1}'),
        Raw("/* c */1"),
        Raw('{"a":1,"a":2}'),
        Raw('{"b":{"a":1,"\\u0061":2}}'),
        Raw("[" * 8 + "]" * 8),
        Raw("[" * 40 + "]" * 40),
        Raw("[" * 600 + "]" * 600),
        Raw('{"a":' * 30 + "1" + "}" * 30),
        Raw("[" + "0," * 200 + "0]"),
        Raw("123456789" * 20),
        Raw("0." + "3" * 200),
        1e308,
        Raw("1e-400"),
        Raw('"\\u0000"'),
        Raw('"\\/"'),
        Raw('"\u2028"'),
        Raw('"\x7f"'),
    ],
}


def mutate_text(text, r):
    """What surrounds or cuts the JSON text."""
    return r.choice(
        [
            lambda: " " + text + " ",
            lambda: "\n" + text + "\t\r\n",
            lambda: "\ufeff" + text,
            lambda: text + "x",
            lambda: text + "}",
            lambda: text + text,
            lambda: text[:-1],
            lambda: text[:-1] + ",}",
            lambda: "{," + text[1:],
            lambda: "[" + text + "]",
            lambda: json.dumps(text),
            lambda: "",
            lambda: "{}",
            lambda: "null",
            lambda: "1",
            lambda: text + "\0",
            lambda: "\0" + text,
            lambda: text.replace(":", "=", 1),
            lambda: text.replace('"', "'"),
            lambda: text.replace(",", ",,", 1),
            lambda: text + "//",
            lambda: "/**/" + text,
            lambda: "\x0c" + text,
            lambda: "\x0b" + text,
            lambda: "\u00a0" + text,
            lambda: text.replace('"exp"', "exp"),
        ]
    )()


def json_bytes(text, r):
    """Not always UTF-8."""
    data = text.encode("utf-8")
    if r.random() < 0.5:
        return data
    bad = r.choice([b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\x80", b"\xf4\x90\x80\x80", b"\xe2\x82"])
    at = data.find(b'":"')
    return data if at < 0 else data[: at + 3] + bad + data[at + 3 :]


# ---- kinds: each gives the text of a token ----


def signed(signer, head, body, **how):
    """Of two byte strings or texts."""
    parts = [part if isinstance(part, bytes) else part.encode("utf-8", "surrogatepass") for part in (head, body)]
    message = ".".join(b64(part) for part in parts)
    return message + "." + b64(signer.sign(message.encode(), **how))


def valid(s, r):
    return signed(s, text_of(header(s.alg, r)), text_of(claims(r)))


def header_value(s, r):
    name = r.choice(list(HEADER_VALUES))
    return signed(s, text_of(replaced(header(s.alg, r), name, r.choice(HEADER_VALUES[name]))), text_of(claims(r)))


def header_member(s, r):
    """A member that is missing, or that is there twice."""
    pairs = header(s.alg, r)
    name, value = r.choice(pairs)
    again = (
        name if r.random() < 0.5 else Raw('"\\u%04x%s"' % (ord(name[0]), name[1:])),
        r.choice([value, "none", "x", s.alg]),
    )
    changed = without(pairs, name) if r.random() < 0.3 else r.choice([[*pairs, again], [again, *pairs]])
    return signed(s, text_of(changed), text_of(claims(r)))


def header_text(s, r):
    text = text_of(header(s.alg, r))
    return signed(s, mutate_text(text, r) if r.random() < 0.7 else json_bytes(text, r), text_of(claims(r)))


def claim_value(s, r):
    name = r.choice(["exp", "exp", "nbf", "iat", "iss", "aud", "sub", "jti", "scope", "note", "note"])
    return signed(s, text_of(header(s.alg, r)), text_of(replaced(claims(r), name, r.choice(CLAIM_VALUES[name]))))


def claim_member(s, r):
    pairs = claims(r)
    name, value = r.choice(pairs)
    again = (
        name if r.random() < 0.5 else Raw('"\\u%04x%s"' % (ord(name[0]), name[1:])),
        r.choice([value, value, 1, "x", None]),
    )
    changed = without(pairs, name) if r.random() < 0.4 else r.choice([[*pairs, again], [again, *pairs]])
    return signed(s, text_of(header(s.alg, r)), text_of(changed))


def claims_text(s, r):
    text = text_of(claims(r))
    return signed(s, text_of(header(s.alg, r)), mutate_text(text, r) if r.random() < 0.7 else json_bytes(text, r))


def signature(s, r):
    """Another signature than the right one, or the right one in another form."""
    message, _, text = valid(s, r).rpartition(".")
    right = jose_sign.unb64(text)
    flip = (
        lambda: right[: (i := r.randrange(len(right)))] + bytes([right[i] ^ 1 << r.randrange(8)]) + right[i + 1 :]
    )  # noqa: E731
    choices = [
        flip,
        flip,
        lambda: right[: r.randrange(len(right))],
        lambda: right + bytes(r.randint(1, 40)),
        lambda: b"",
        lambda: bytes(len(right)),
        lambda: right[::-1],
        lambda: s.sign(message.encode(), other=True),
        lambda: s.sign((message + ".").encode()),
        lambda: b"\0" + right,
        lambda: s.sign(message.encode(), hashes.SHA384()),
        lambda: hashlib.sha256(message.encode()).digest(),
        lambda: right.hex().encode(),
    ]
    if s.alg == "PS256":
        choices += [lambda: s.sign(message.encode(), salt=r.choice([0, 20, 31, 33, 222]))] * 3
    if s.alg == "ES256":
        a, b = int.from_bytes(right[:32], "big"), int.from_bytes(right[32:], "big")
        pair = lambda x, y: x.to_bytes(32, "big") + y.to_bytes(32, "big")  # noqa: E731
        choices += [
            lambda: encode_dss_signature(a, b),
            lambda: pair(0, b),
            lambda: pair(a, 0),
            lambda: pair(P256_ORDER, b),
            lambda: pair(a, P256_ORDER),
            lambda: pair(a, P256_ORDER - b),
            lambda: pair(b, a),
            lambda: pair(1, 1),
        ]
    if s.alg == "EdDSA":
        order = 2**252 + 27742317777372353535851937790883648493
        choices += [lambda: right[:32] + (int.from_bytes(right[32:], "little") + order).to_bytes(32, "little")] * 2
    return message + "." + b64(r.choice(choices)())


def encoding(s, r):
    """Base64url of a segment in another form; of header and claims the form is signed."""
    parts = [b64(text_of(header(s.alg, r)).encode()), b64(text_of(claims(r)).encode())]
    which = r.randrange(3)

    def other(text):
        i = r.randrange(len(text))
        last = ALPHABET.index(text[-1])
        return r.choice(
            [
                text + "=" * (-len(text) % 4),
                text + "=",
                text + "====",
                text.replace("-", "+").replace("_", "/"),
                text[:i] + r.choice("+/ .,~*%\t\x0b") + text[i + 1 :],
                text[:i] + r.choice(" \t=") + text[i:],
                text + "A",
                text[:-1],
                text[:-1] + ALPHABET[last | 1],
                text[:-1] + ALPHABET[last ^ 3],
                text + " ",
                " " + text,
            ]
        )

    if which < 2:
        parts[which] = other(parts[which])
    message = ".".join(parts)
    last = b64(s.sign(message.encode()))
    return message + "." + (other(last) if which == 2 else last)


def shape(s, r):
    token = valid(s, r)
    one, two, three = token.split(".")
    return r.choice(
        [
            one,
            f"{one}.{two}",
            f"{one}.{two}.",
            f"{one}..{three}",
            f".{two}.{three}",
            "..",
            "...",
            ".",
            token + ".",
            "." + token,
            token + ".x",
            token + "." + token,
            " " + token,
            token + " ",
            "Bearer " + token,
            token.replace(".", "..", 1),
            f"{one}.{three}.{two}",
            token.upper(),
            token.swapcase(),
            token[: len(token) // 2],
            '"' + token + '"',
            f"{one}.{two}.{three}.{three}.{three}",
            f"{one},{two},{three}",
        ]
    )


def bytes_of_text(s, r):
    """One to three printable characters changed, put in or taken out."""
    token = list(valid(s, r))
    for _ in range(r.randint(1, 3)):
        at, what = r.randrange(len(token)), r.choice(ALPHABET if r.random() < 0.7 else PRINTABLE)
        how = r.randrange(3)
        token[at : at + (how != 1)] = [what] if how < 2 else []
    return "".join(token)


KINDS = [
    (valid, 14),
    (header_value, 14),
    (header_member, 8),
    (header_text, 8),
    (claim_value, 20),
    (claim_member, 9),
    (claims_text, 8),
    (signature, 9),
    (encoding, 6),
    (shape, 3),
    (bytes_of_text, 4),
]


def write_key(signer, folder):
    base = os.path.join(folder, signer.alg)
    with open(base + ".jwk", "w", encoding="ascii") as file:
        json.dump(jose_sign.jwk(signer.key_name, alg=signer.alg), file)
    with open(base + ".key", "wb") as file:
        file.write(signer.secret or jose_sign.public_pem(signer.key_name))


def main(count, seed, folder):
    os.makedirs(folder, exist_ok=True)
    for alg in ALGORITHMS:
        signer, r = Signer(alg), random.Random(f"{seed} {alg}")
        kinds, weights = zip(*KINDS)
        write_key(signer, folder)
        with open(os.path.join(folder, alg + ".tokens"), "w", encoding="utf-8", newline="\n") as tokens:
            with open(os.path.join(folder, alg + ".kinds"), "w", encoding="ascii") as names:
                for _ in range(int(count) // len(ALGORITHMS)):
                    kind = r.choices(kinds, weights)[0]
                    tokens.write(kind(signer, r).replace("\n", " ").replace("\0", " ") + "\n")
                    names.write(kind.__name__ + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
