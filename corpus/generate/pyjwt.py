#!/usr/bin/python3
"""bearer-jwt: tokens made by PyJWT that are accepted, and what claims and keys decide."""
import base64
import json

from common import T0, accepted, rejected, secret_of
from bearer import BEARER, bearer, bearer_policy, by_hand, mismatch, ok, token_of
from tokens import CLAIMS, KEY, SUB, claims_no, made, raw, value_at


def bearer_accepting():
    bearer("accepted", "sub and exp.", ok(), made())
    bearer(
        "name-lower-case", "authorization in lower case.", ok(), made(), headers=[("authorization", f"Bearer {made()}")]
    )
    bearer(
        "scheme-lower-case",
        "An auth-scheme has no case (RFC 9110 section 11.1).",
        ok(),
        made(),
        headers=[("Authorization", f"bearer {made()}")],
    )
    bearer("kid", "A kid that names the key.", ok(), made(kid=KEY))
    bearer(
        "body-is-free", "A bearer token signs no body; one may be there.", ok(), made(), method="POST", body=b"anything"
    )
    bearer(
        "no-sub", "sub is not asked for: an accepted token of nobody in particular.", ok(None), made({"exp": T0 + 60})
    )
    bearer(
        "sub-escaped",
        "PyJWT escapes what is beyond ASCII: the client is the decoded text.",
        ok("zoë/7"),
        made({**CLAIMS, "sub": "zoë/7"}),
    )
    by_hand("sub-utf-8", "The same subject, not escaped.", ok("zoë/7"), raw(claims='{"sub":"zoë/7","exp":1700000060}'))
    bearer("no-typ", "A header of alg alone.", ok(), raw('{"alg":"HS256"}'), signer="Python hmac and hashlib")
    bearer("all-dates", "exp, nbf and iat.", ok(), made({**CLAIMS, "nbf": T0 - 60, "iat": T0 - 60}))
    bearer("exp-last-second", "One second before exp.", ok(), made({**CLAIMS, "exp": T0 + 1}))
    bearer("exp-fraction", "Half a second before exp.", ok(), made({**CLAIMS, "exp": T0 + 0.5}))
    by_hand(
        "exp-exponent", "A NumericDate may have an exponent.", ok(), raw(claims='{"sub":"user-42","exp":1.7000001e9}')
    )
    bearer("nbf-first-second", "At nbf.", ok(), made({**CLAIMS, "nbf": T0}))
    bearer("iat-first-second", "At iat.", ok(), made({**CLAIMS, "iat": T0}))
    bearer(
        "claims-utf-8",
        "Claims beyond ASCII, escaped and not.",
        ok(),
        raw(
            claims=json.dumps({**CLAIMS, "name": "Zoë 東京 😀"}, ensure_ascii=False)[:-1]
            + ',"esc":"\\u00e9\\ud83d\\ude00\\/"}'
        ),
        signer="Python hmac and hashlib",
    )
    bearer(
        "claims-nested",
        "Arrays and objects that nobody reads.",
        ok(),
        made({**CLAIMS, "roles": ["a", {"b": [1, 2, {"c": None}]}], "ok": True, "n": -0.5e-3}),
    )
    bearer(
        "embedded-jwk",
        "A jwk in the header is not looked at; the key is the policy's.",
        ok(),
        made(jwk={"kty": "oct", "k": "AAAA"}, jku="https://evil.example/jwks", x5u="https://evil.example/x5u"),
    )
    policy = bearer_policy({"issuer": "https://issuer.example", "audience": "orders"})
    named = {**CLAIMS, "iss": "https://issuer.example"}
    bearer("aud-string", "iss and aud as the policy names them.", ok(), made({**named, "aud": "orders"}), policy=policy)
    bearer(
        "aud-array",
        "aud as an array that contains it.",
        ok(),
        made({**named, "aud": ["x", "orders", "y"]}),
        policy=policy,
    )
    leeway = bearer_policy({"leeway_seconds": 30})
    bearer(
        "leeway-exp", "The last second of the leeway behind exp.", ok(), made({**CLAIMS, "exp": T0 - 29}), policy=leeway
    )
    bearer(
        "leeway-nbf",
        "The first second of the leeway before nbf.",
        ok(),
        made({**CLAIMS, "nbf": T0 + 30}),
        policy=leeway,
    )
    bearer(
        "leeway-iat",
        "The first second of the leeway before iat.",
        ok(),
        made({**CLAIMS, "iat": T0 + 30}),
        policy=leeway,
    )
    bearer(
        "exp-not-required",
        "The policy asks for no claim, and there is none.",
        ok(None),
        made({}),
        policy=bearer_policy({"required_claims": []}),
    )
    of_client = bearer_policy(client_id=SUB)
    bearer("key-of-the-client", "The key belongs to the client that sub names.", ok(), made(), policy=of_client)
    bearer(
        "key-of-the-client-no-sub",
        "The key belongs to a client, whom the token does not name.",
        ok(),
        made({"exp": CLAIMS["exp"]}),
        policy=of_client,
    )
    token = made({**CLAIMS, "sub": "user-43"})
    bearer(
        "key-of-another-client",
        "The key belongs to another client than the one that sub names.",
        claims_no("subject_mismatch", value_at(token, "sub")),
        token,
        policy=of_client,
    )
    bearer("key-last-second", "The token key at its last second.", ok(), made(), policy=bearer_policy(accept_until=T0))
    by_hand("token-8192-bytes", "The longest token.", ok(), token_of(8192))


def public_tokens():
    token = (
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IlB1Y2sgV2FuZyIsImFkbWluIjp0cnVlfQ."
        "KcGicYB-emFBnUrXIViwDzCML6FB8W8QfD1lttRV0t4"
    )
    short = bearer_policy({"required_claims": []}, key_id="puck", secret="puckwang", allow_legacy_short=True)
    bearer(
        "public-token",
        "A public token with a short secret, behind the switch for legacy keys; it has no exp.",
        accepted("1234567890", "puck"),
        token,
        policy=short,
        secret=b"puckwang",
        signer="public token (puckwang)",
    )
    bearer(
        "public-token-no-exp",
        "The same where the policy asks for exp, as it does by default.",
        rejected("claim_missing", "claims", 0, None, "puck"),
        token,
        secret=b"puckwang",
        policy=bearer_policy(key_id="puck", secret="puckwang", allow_legacy_short=True),
        signer="public token (puckwang)",
    )
    rfc = (
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
        "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    )
    text = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"
    policy = bearer_policy({"issuer": "joe"}, key_id="rfc-7515-a1", secret=text, secret_encoding="base64url")
    secret = base64.urlsafe_b64decode(text + "==")
    more = {"policy": policy, "secret": secret, "signer": "RFC 7515 appendix A.1"}
    bearer(
        "rfc-7515-a1",
        "The first example of RFC 7515, one second before its exp.",
        accepted(None, "rfc-7515-a1"),
        rfc,
        now=1300819379,
        **more,
    )
    bearer(
        "rfc-7515-a1-expired",
        "The same at its exp.",
        rejected("token_expired", "claims", value_at(rfc, "exp"), None, "rfc-7515-a1"),
        rfc,
        now=1300819380,
        **more,
    )


def bearer_dates():
    def date(name, about, reason, claim, value, policy=None):
        token = made({**CLAIMS, claim: value})
        bearer(name, about, claims_no(reason, value_at(token, claim)), token, policy=policy)

    leeway = bearer_policy({"leeway_seconds": 30})
    date("exp-at", "At exp.", "token_expired", "exp", T0)
    date("exp-past", "Long after exp.", "token_expired", "exp", T0 - 86400)
    date("exp-zero", "exp 0 is present and long ago.", "token_expired", "exp", 0)
    date("exp-leeway-over", "The leeway is over.", "token_expired", "exp", T0 - 30, leeway)
    date("exp-fraction-past", "exp half a second ago.", "token_expired", "exp", T0 - 0.5)
    date("nbf-before", "One second before nbf.", "token_not_yet_valid", "nbf", T0 + 1)
    date("nbf-fraction-before", "Half a second before nbf.", "token_not_yet_valid", "nbf", T0 + 0.5)
    date("nbf-leeway-before", "One second before the leeway of nbf.", "token_not_yet_valid", "nbf", T0 + 31, leeway)
    date("iat-before", "Issued in one second.", "token_issued_in_future", "iat", T0 + 1)
    date("iat-leeway-before", "One second before the leeway of iat.", "token_issued_in_future", "iat", T0 + 31, leeway)
    date("exp-negative", "A negative date.", "date_invalid", "exp", -1)
    date("exp-huge", "A date beyond the year 9999.", "date_invalid", "exp", 253402300800)
    date("nbf-negative", "A negative date.", "date_invalid", "nbf", -1)
    token = raw(claims='{"sub":"user-42","exp":"1700000060"}')
    by_hand("exp-string", "A date in quotation marks.", claims_no("date_invalid", value_at(token, "exp")), token)
    for name, value in (
        ("exp-null", "null"),
        ("exp-true", "true"),
        ("exp-array", "[1700000060]"),
        ("exp-1e400", "1e400"),
        ("exp-beyond-int64", "9223372036854775808"),
    ):
        token = raw(claims='{"sub":"user-42","exp":%s}' % value)
        by_hand(name, f"exp is {value}.", claims_no("date_invalid", value_at(token, "exp")), token)
    bearer("exp-missing", "exp is asked for by default.", claims_no("claim_missing", 0), made({"sub": SUB}))
    for claim in ("nbf", "iat", "iss", "aud", "sub"):
        token = made({"exp": T0 + 60})
        bearer(
            f"{claim}-required",
            f"The policy asks for {claim}.",
            claims_no("claim_missing", 0),
            token,
            policy=bearer_policy(
                {
                    "required_claims": ["exp", claim],
                    **({"audience": "orders"} if claim == "aud" else {}),
                    **({"issuer": "https://issuer.example"} if claim == "iss" else {}),
                }
            ),
        )


def bearer_names():
    policy = bearer_policy({"issuer": "https://issuer.example", "audience": "orders"})

    def named(name, about, reason, claim, value):
        claims = {**CLAIMS, "iss": "https://issuer.example", "aud": "orders", claim: value}
        token = raw(claims=json.dumps({k: v for k, v in claims.items() if v is not None}))
        offset = 0 if value is None else value_at(token, claim)
        by_hand(name, about, claims_no(reason, offset), token, policy=policy)

    named("iss-other", "Another issuer.", "issuer_mismatch", "iss", "https://issuer.example.net")
    named("iss-prefix", "The issuer cut short.", "issuer_mismatch", "iss", "https://issuer.exampl")
    named("iss-case", "Issuers are exact.", "issuer_mismatch", "iss", "https://ISSUER.example")
    named("iss-missing", "No issuer where the policy names one.", "claim_missing", "iss", None)
    named("iss-number", "An issuer that is not a string.", "claim_invalid", "iss", 7)
    named("aud-other", "Another audience.", "audience_mismatch", "aud", "billing")
    named("aud-missing", "No audience where the policy names one.", "claim_missing", "aud", None)
    named("aud-array-other", "An array without it.", "audience_mismatch", "aud", ["order", "orders2", "ORDERS"])
    named("aud-array-empty", "An empty array.", "audience_mismatch", "aud", [])
    named("aud-number", "An audience that is not a string.", "claim_invalid", "aud", 7)
    token = made({**CLAIMS, "aud": "orders"})
    bearer(
        "aud-unexpected",
        "A token for an audience where the policy names none.",
        claims_no("audience_unexpected", value_at(token, "aud")),
        token,
    )
    token = raw(claims='{"exp":1700000060,"sub":7}')
    by_hand("sub-number", "A subject that is not a string.", claims_no("claim_invalid", value_at(token, "sub")), token)


def bearer_keys():
    two = {
        **BEARER,
        "keys": BEARER["keys"]
        + [{"key_id": "issuer-2", "use": ["token"], "secret": "only for tests: the issuer's other token key"}],
    }
    second = secret_of(two, "issuer-2")
    bearer(
        "two-keys-kid",
        "Two keys, and a kid that names the second.",
        ok(key="issuer-2"),
        made(secret=second, kid="issuer-2"),
        policy=two,
        secret=second,
    )
    bearer("two-keys-no-kid", "Two keys, and no kid.", rejected("key_ambiguous", "jose_header"), made(), policy=two)
    mismatch(
        "two-keys-wrong-kid",
        "A kid that names the key which did not sign.",
        made(kid="issuer-2"),
        "issuer-2",
        policy=two,
        secret=second,
    )
    bearer(
        "key-expired",
        "One second after the key's end.",
        rejected("key_expired", "jose_header", 0, None, KEY),
        made(),
        policy=bearer_policy(accept_until=T0 - 1),
    )
    mismatch("wrong-key", "A key of somebody else.", made(secret=b"a secret that is in no policy at all"))
    mismatch("empty-key", "Signed with the empty secret.", made(secret=b""))


if __name__ == "__main__":
    for section in (bearer_accepting, public_tokens, bearer_dates, bearer_names, bearer_keys):
        section()
