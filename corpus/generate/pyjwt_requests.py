#!/usr/bin/python3
"""jwt-hmac: requests that are accepted in both forms, and what stands beside each signed part."""
import json

import jwt

from common import T0, WINDOW, rejected, secret_of
from jwt_hmac import BODIES, ISSUER, JSON_BODY, NAMED, SHOP, shop, shop_no, shop_ok, shop_token, text_of
from tokens import claims_no, mac, other_char, raw, token_mismatch, value_at


def shop_accepting():
    for name, body in BODIES.items():
        shop(f"params-{name}", "ts=, nonce= and sig= in X-Request-Signature.", shop_ok(), body=body)
        shop(
            f"headers-{name}",
            "sha256= in X-Request-Signature, timestamp and nonce in headers of their own.",
            shop_ok(),
            body=body,
            params=False,
        )
    shop(
        "params-names-lower-case",
        "Header names in lower case.",
        shop_ok(),
        body=JSON_BODY,
        headers=lambda h: [(n.lower(), v) for n, v in h],
    )
    shop(
        "headers-names-upper-case",
        "Header names in capitals.",
        shop_ok(),
        body=JSON_BODY,
        params=False,
        headers=lambda h: [(n.upper(), v) for n, v in h],
    )
    shop(
        "headers-reversed",
        "The order of the headers does not matter.",
        shop_ok(),
        body=JSON_BODY,
        params=False,
        headers=lambda h: h[::-1],
    )
    shop(
        "params-reordered",
        "Nor does that of the parameters.",
        shop_ok(),
        body=JSON_BODY,
        headers=lambda h: [h[0], (h[1][0], "&".join(h[1][1].split("&")[::-1]))],
    )
    shop(
        "params-nonce-with-equals",
        "A nonce in padded base64: only the first = divides.",
        shop_ok(),
        body=JSON_BODY,
        nonce="q83vASNFZ4mrze8BI0VniQ==",
    )
    shop("params-hex-upper-case", "The signature in upper-case hex.", shop_ok(), body=JSON_BODY, signature=str.upper)
    shop("window-last-second", "As old as the window.", shop_ok(), now=T0 + WINDOW, body=JSON_BODY)
    shop(
        "window-first-second",
        "As far ahead as the window.",
        shop_ok(),
        now=T0 - WINDOW,
        body=JSON_BODY,
        token=shop_token(iat=None),
    )
    shop(
        "token-last-second",
        "The token one second before its exp.",
        shop_ok(),
        body=JSON_BODY,
        token=shop_token(exp=T0 + 1),
    )
    shop(
        "rotation-old-key",
        "The old key at its last second.",
        shop_ok("shop-b", "shop-b-old"),
        now=T0 + 100,
        body=JSON_BODY,
        key="shop-b-old",
        token=shop_token("shop-b"),
    )
    shop(
        "rotation-new-key",
        "The new key beside it.",
        shop_ok("shop-b", "shop-b-new"),
        now=T0 + 100,
        body=JSON_BODY,
        key="shop-b-new",
        token=shop_token("shop-b"),
    )


def shop_signatures():
    mismatch = shop_no("signature_mismatch")
    for params in (True, False):
        form = "params" if params else "headers"
        shop(
            f"{form}-flipped-body",
            "One bit of the body.",
            mismatch,
            params=params,
            body=JSON_BODY,
            arrives=JSON_BODY.replace(b"17", b"16"),
        )
        shop(
            f"{form}-flipped-timestamp",
            "One bit of the timestamp.",
            mismatch,
            params=params,
            body=JSON_BODY,
            wire={"timestamp": str(T0 + 1)},
        )
        shop(
            f"{form}-flipped-nonce",
            "One bit of the nonce.",
            mismatch,
            params=params,
            body=JSON_BODY,
            wire={"nonce": "c0ffee-00"},
        )
        shop(
            f"{form}-flipped-signature",
            "One bit of the signature.",
            mismatch,
            params=params,
            body=JSON_BODY,
            signature=lambda h: h[:-1] + format(int(h[-1], 16) ^ 1, "x"),
        )
    shop("body-added", "A body that was not there.", mismatch, arrives=b"x")
    shop("body-removed", "A body taken away.", mismatch, body=b"x", arrives=b"")
    shop("body-trailing-line-feed", "A line feed more.", mismatch, body=JSON_BODY, arrives=JSON_BODY + b"\n")
    shop("body-truncated", "The last byte taken away.", mismatch, body=BODIES["4-kib"], arrives=BODIES["4-kib"][:-1])
    shop(
        "body-of-another-signature",
        "A body that ends like another's canonical string.",
        mismatch,
        body=b"a",
        arrives=b"a|1700000000|c0ffee-01",
    )
    shop(
        "token-of-another",
        "Another client's token over this client's signature.",
        shop_no("signature_mismatch", client="shop-b"),
        key="shop-b-new",
        body=JSON_BODY,
        wire={
            "token": shop_token("shop-b"),
            "signature": mac(secret_of(SHOP, "shop-a-2026"), text_of(JSON_BODY, str(T0), "c0ffee-01")).hexdigest(),
        },
    )
    shop(
        "signed-with-token-key",
        "Signed with the token's key.",
        mismatch,
        body=JSON_BODY,
        signature=lambda h: mac(ISSUER, text_of(JSON_BODY, str(T0), "c0ffee-01")).hexdigest(),
    )
    shop(
        "rotation-old-key-expired",
        "The old key one second later.",
        shop_no("signature_mismatch", client="shop-b"),
        now=T0 + 101,
        body=JSON_BODY,
        key="shop-b-old",
        token=shop_token("shop-b"),
    )
    shop(
        "signed-without-body",
        "Signed without the body.",
        mismatch,
        body=JSON_BODY,
        signature=lambda h: mac(secret_of(SHOP, "shop-a-2026"), text_of(b"", str(T0), "c0ffee-01")).hexdigest(),
    )


def shop_tokens():
    good = shop_token()
    head, payload, signature = good.split(".")

    def token(name, about, verdict, text, **more):
        shop(name, about, verdict, body=JSON_BODY, token=text, **more)

    def forged(name, about, text):
        token(name, about, token_mismatch(text), text)

    forged(
        "token-flipped-header",
        "Another header under the token's signature.",
        f"{jwt.encode({}, ISSUER, algorithm='HS256').split('.')[0]}.{payload}.{signature}",
    )
    forged(
        "token-flipped-payload",
        "Another subject under the token's signature.",
        f"{head}.{shop_token('shop-b').split('.')[1]}.{signature}",
    )
    forged("token-flipped-signature", "One bit of the token's signature.", other_char(good, len(good) - 2, 5))
    forged(
        "token-signed-with-request-key",
        "A token that the client made itself.",
        shop_token(secret=secret_of(SHOP, "shop-a-2026")),
    )
    expired, early = shop_token(exp=T0), shop_token(nbf=T0 + 1)
    token("token-expired", "The token at its exp.", claims_no("token_expired", value_at(expired, "exp")), expired)
    token("token-early", "The token before its nbf.", claims_no("token_not_yet_valid", value_at(early, "nbf")), early)
    token(
        "token-issuer",
        "Another issuer.",
        claims_no("issuer_mismatch", value_at(good, "iss")),
        shop_token(iss="https://other.example"),
    )
    other = shop_token(aud="billing")
    token("token-audience", "Another audience.", claims_no("audience_mismatch", value_at(other, "aud")), other)
    token(
        "token-no-sub",
        "A token that names no client.",
        shop_no("claim_missing", "claims", 0, None, "issuer-1"),
        shop_token(sub=None),
    )
    token(
        "token-unknown-sub",
        "A client that has no request key.",
        shop_no("key_unknown", "client_id", 0, "shop-c"),
        shop_token("shop-c"),
    )
    odd, long = shop_token("shop a"), shop_token("s" * 129)
    token(
        "token-sub-space",
        "A subject that is not a client id.",
        rejected("client_id_invalid", "claims", 0, "shop a", "issuer-1"),
        odd,
    )
    token(
        "token-sub-129-bytes",
        "A subject that is longer than a client id.",
        rejected("client_id_invalid", "claims", 0, "s" * 129, "issuer-1"),
        long,
    )
    token(
        "token-is-a-client",
        "A client id that is the token key's id.",
        shop_no("key_unknown", "client_id", 0, "issuer-1"),
        shop_token("issuer-1"),
    )
    token(
        "token-alg-none",
        "alg none.",
        rejected("alg_not_allowed", "jose_header", 7),
        raw('{"alg":"none","kid":"issuer-1"}', json.dumps({**NAMED, "sub": "shop-a", "exp": T0 + 600})),
    )
    token(
        "token-cut",
        "The token without its signature.",
        rejected("token_shape", "token", good.rindex(".")),
        good.rpartition(".")[0],
    )


if __name__ == "__main__":
    for section in (shop_accepting, shop_signatures, shop_tokens):
        section()
