#!/usr/bin/python3
"""jwt-hmac: credentials whose form or time is wrong, and replays."""
from common import T0, WINDOW, rejected
from jwt_hmac import JSON_BODY, Sent, shop, shop_many, shop_no, shop_ok, shop_token
from tokens import claims_no, value_at


def shop_credentials():
    names = {
        "timestamp": "X-Timestamp",
        "nonce": "X-Nonce",
        "signature": "X-Request-Signature",
        "token": "Authorization",
    }
    for field, name in names.items():
        without = lambda h, n=name: [p for p in h if p[0] != n]
        twice = lambda h, n=name: h + [p for p in h if p[0] == n]
        shop(
            f"headers-missing-{field}",
            f"Without {name}.",
            rejected("field_missing", field),
            body=JSON_BODY,
            params=False,
            headers=without,
        )
        shop(
            f"headers-repeated-{field}",
            f"{name} twice.",
            rejected("field_repeated", field),
            body=JSON_BODY,
            params=False,
            headers=twice,
        )
    for i, (field, param) in enumerate((("timestamp", "ts"), ("nonce", "nonce"), ("signature", "sig"))):
        change = lambda f: lambda h: [h[0], (h[1][0], "&".join(f(h[1][1].split("&"))))]
        shop(
            f"params-missing-{field}",
            f"Without {param}.",
            rejected("field_missing", field),
            body=JSON_BODY,
            headers=change(lambda p, i=i: p[:i] + p[i + 1 :]),
        )
        shop(
            f"params-repeated-{field}",
            f"{param} twice.",
            rejected("field_repeated", field),
            body=JSON_BODY,
            headers=change(lambda p, i=i: p + [p[i]]),
        )
    shop(
        "params-repeated-header",
        "X-Request-Signature twice.",
        rejected("field_repeated", "signature"),
        body=JSON_BODY,
        headers=lambda h: h + [h[1]],
    )
    shop(
        "params-missing-token",
        "Without Authorization.",
        rejected("field_missing", "token"),
        body=JSON_BODY,
        headers=lambda h: h[1:],
    )
    shop(
        "params-repeated-token",
        "Authorization twice.",
        rejected("field_repeated", "token"),
        body=JSON_BODY,
        headers=lambda h: h + [h[0]],
    )

    def value(name, about, verdict, change):
        shop(name, about, verdict, body=JSON_BODY, headers=lambda h: [h[0], (h[1][0], change(h[1][1]))])

    length = len(f"ts={T0}&nonce=c0ffee-01&sig=") + 64
    value(
        "params-unknown",
        "A parameter that the scheme does not know.",
        rejected("field_unknown", "signature", length + 1),
        lambda v: v + "&v=1",
    )
    value(
        "params-upper-case",
        "Parameter names are exact.",
        rejected("field_unknown", "signature"),
        lambda v: v.replace("ts=", "TS="),
    )
    value(
        "params-space",
        "White space between parameters.",
        rejected("field_unknown", "signature", 14),
        lambda v: v.replace("&nonce", "& nonce"),
    )
    value(
        "params-trailing",
        "A separator at the end.",
        rejected("field_malformed", "signature", length + 1),
        lambda v: v + "&",
    )
    value("params-value-empty", "An empty value.", rejected("field_malformed", "signature"), lambda v: "")
    value(
        "params-comma",
        "Commas between the parameters.",
        rejected("field_missing", "nonce"),
        lambda v: v.replace("&", ","),
    )
    value(
        "params-empty-timestamp",
        "An empty parameter.",
        rejected("timestamp_invalid", "timestamp"),
        lambda v: v.replace(str(T0), ""),
    )
    value(
        "params-empty-nonce",
        "An empty parameter.",
        rejected("nonce_invalid", "nonce"),
        lambda v: v.replace("c0ffee-01", ""),
    )
    value("params-empty-signature", "An empty parameter.", rejected("signature_length", "signature"), lambda v: v[:-64])
    value(
        "params-truncated-signature",
        "The last digit taken away.",
        rejected("signature_length", "signature", 63),
        lambda v: v[:-1],
    )
    value(
        "params-sha512", "Another hash's name.", rejected("field_unknown", "signature"), lambda v: "sha512=" + "0" * 128
    )
    value(
        "params-and-prefix",
        "Both forms in one value: the prefix selects, the rest is not a signature.",
        rejected("field_missing", "timestamp"),
        lambda v: "sha256=" + v[-64:],
    )
    shop(
        "nonce-129-bytes",
        "One byte too many.",
        rejected("nonce_invalid", "nonce", 128),
        body=JSON_BODY,
        nonce="n" * 129,
    )
    shop("nonce-128-bytes", "The longest nonce.", shop_ok(), body=JSON_BODY, nonce="n" * 128)
    shop(
        "nonce-pipe",
        "The delimiter in a nonce.",
        rejected("nonce_invalid", "nonce", 1),
        body=JSON_BODY,
        nonce="a|b",
        params=False,
    )
    shop(
        "timestamp-leading-zero",
        "A leading zero.",
        rejected("timestamp_invalid", "timestamp"),
        body=JSON_BODY,
        ts=f"0{T0}",
    )
    shop(
        "window-past",
        "One second too old.",
        shop_no("timestamp_past", "timestamp", client=None),
        now=T0 + WINDOW + 1,
        body=JSON_BODY,
    )
    shop(
        "window-future",
        "One second too far ahead.",
        shop_no("timestamp_future", "timestamp", client=None),
        now=T0 - WINDOW - 1,
        body=JSON_BODY,
    )
    replay = shop_no("nonce_replayed", "nonce", key="shop-a-2026")
    shop_many("replayed", "The same request again.", [Sent(body=JSON_BODY)] * 2, [shop_ok(), replay])
    shop_many(
        "replayed-other-body",
        "A nonce is used once, whatever the body.",
        [Sent(body=JSON_BODY), Sent(body=b"{}")],
        [shop_ok(), replay],
    )
    shop_many(
        "forgery-does-not-claim",
        "A request under a token that expired, and one with a forged signature, leave the nonce free.",
        [Sent(body=JSON_BODY, token=shop_token(exp=T0)), Sent(body=JSON_BODY, arrives=b"{}"), Sent(body=JSON_BODY)],
        [claims_no("token_expired", value_at(shop_token(exp=T0), "exp")), shop_no("signature_mismatch"), shop_ok()],
    )


if __name__ == "__main__":
    shop_credentials()
