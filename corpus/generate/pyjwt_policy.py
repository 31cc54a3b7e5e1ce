#!/usr/bin/python3
"""bearer-jwt: what a policy may ask of a token, beside the dates and names of pyjwt.py."""
import base64

from common import T0, rejected
from bearer import SECRET, bearer, bearer_policy, by_hand, ok
from tokens import CLAIMS, SUB, b64, claims_no, mac, made, other_char, padded, raw, token_mismatch, value_at

ISSUERS = ["https://issuer.example", "https://issuer2.example"]
AUDIENCES = ["orders", "billing"]


def typ_no(token):
    """typ is judged before the key is looked for."""
    return rejected("typ_not_allowed", "jose_header", header_at(token, "typ"))


def header_at(token, name):
    header = base64.urlsafe_b64decode(token.split(".")[0] + "==")
    at = header.find(f'"{name}":'.encode())
    return 0 if at < 0 else at + len(name) + 3


def policy_names():
    policy = bearer_policy({"issuer": ISSUERS, "audience": AUDIENCES})

    def named(name, about, verdict, iss=ISSUERS[1], aud="billing"):
        token = made({**CLAIMS, "iss": iss, "aud": aud})
        bearer(name, about, verdict(token), token, policy=policy)

    named("policy-several", "The second issuer and the second audience of the policy.", lambda token: ok())
    named("policy-several-first", "The first of both.", lambda token: ok(), ISSUERS[0], ["x", "orders"])
    named(
        "policy-several-iss",
        "None of the policy's issuers.",
        lambda token: claims_no("issuer_mismatch", value_at(token, "iss")),
        "https://issuer3.example",
    )
    named(
        "policy-several-aud",
        "None of the policy's audiences.",
        lambda token: claims_no("audience_mismatch", value_at(token, "aud")),
        aud=["order", "bill"],
    )
    only = bearer_policy({"subject": SUB})
    bearer("policy-subject", "The subject that the policy names.", ok(), made(), policy=only)
    token = made({**CLAIMS, "sub": SUB + "0"})
    bearer(
        "policy-subject-other",
        "Another subject.",
        claims_no("subject_mismatch", value_at(token, "sub")),
        token,
        policy=only,
    )
    bearer(
        "policy-subject-missing",
        "No subject where the policy names one.",
        claims_no("claim_missing", 0),
        made({"exp": T0 + 60}),
        policy=only,
    )


def policy_typ():
    policy = bearer_policy({"typ": "at+jwt"})

    def typed(name, about, typ, good, policy=policy):
        token = made(typ=typ)
        bearer(name, about, ok() if good else typ_no(token), token, policy=policy)

    typed("policy-typ", "An access token of RFC 9068.", "at+jwt", True)
    typed("policy-typ-application", "The same type by its whole name.", "application/at+jwt", True)
    typed("policy-typ-case", "Media types have no case.", "AT+JWT", True)
    typed("policy-typ-jwt", "JWT where the policy asks for at+jwt.", "JWT", False)
    typed("policy-typ-other", "A token of another kind, such as a logout token (RFC 8725, 3.11).", "logout+jwt", False)
    logout = bearer_policy({"typ": "logout+jwt"})
    typed("policy-typ-logout", "The same where the policy asks for it.", "logout+jwt", True, logout)
    token = raw('{"alg":"HS256"}')
    by_hand("policy-typ-missing", "No typ where the policy names one.", typ_no(token), token, policy=policy)


def default_typ():
    """The policy names no typ: RFC 8725, 3.11."""

    def typed(name, about, typ, good):
        token = made(typ=typ)
        bearer(name, about, ok() if good else typ_no(token), token)

    typed("typ-access", "An access token of RFC 9068 where the policy names no typ.", "at+jwt", True)
    typed("typ-access-application", "The same type by its whole name.", "application/at+jwt", True)
    typed("typ-jwt-application", "JWT by its whole name, in small letters.", "application/jwt", True)
    typed("typ-logout", "A logout token where the policy names no typ.", "logout+jwt", False)
    typed("typ-dpop-application", "A DPoP proof by its whole name.", "application/dpop+jwt", False)
    typed("typ-access-longer", "A type that only ends in at+jwt.", "cat+jwt", False)


def policy_scopes():
    policy = bearer_policy({"scopes": "orders:read orders:write"})
    scp = bearer_policy({"scopes": "orders:read", "scope_claim": "scp"})

    def scoped(name, about, value, reason=None, policy=policy, claim="scope"):
        token = made({**CLAIMS, claim: value})
        bearer(name, about, claims_no(reason, value_at(token, claim)) if reason else ok(), token, policy=policy)

    scoped("policy-scopes", "All scopes of the policy, and another.", "orders:write x orders:read")
    scoped("policy-scopes-one", "One of two.", "orders:read", "scope_missing")
    scoped("policy-scopes-longer", "A scope that only begins like it.", "orders:read orders:writer", "scope_missing")
    scoped("policy-scopes-spaces", "Two spaces (RFC 6749, 3.3).", "orders:read  orders:write", "claim_invalid")
    scoped("policy-scopes-array", "scope is a string (RFC 8693, 4.2).", ["orders:read", "orders:write"], "claim_invalid")
    bearer("policy-scopes-missing", "No scope.", claims_no("scope_missing", 0), made(), policy=policy)
    scoped("policy-scp-array", "An array in the claim that the policy names.", ["x", "orders:read"], None, scp, "scp")
    scoped("policy-scp-string", "A string in it.", "orders:read", None, scp, "scp")
    scoped("policy-scp-other", "An array without it.", ["orders:reads"], "scope_missing", scp, "scp")
    scoped("policy-scp-joined", "Two scopes in one string of an array.", ["orders:read x"], "claim_invalid", scp, "scp")


def policy_age():
    policy = bearer_policy({"max_age_seconds": 100})
    leeway = bearer_policy({"max_age_seconds": 100, "leeway_seconds": 30})

    def aged(name, about, iat, reason=None, policy=policy):
        token = made({**CLAIMS, "iat": iat})
        bearer(name, about, claims_no(reason, value_at(token, "iat")) if reason else ok(), token, policy=policy)

    aged("policy-age-last-second", "As old as the policy allows.", T0 - 100)
    aged("policy-age-over", "One second older.", T0 - 101, "token_too_old")
    aged("policy-age-fraction", "Half a second older.", T0 - 100.5, "token_too_old")
    aged("policy-age-leeway", "The last second of the leeway.", T0 - 130, None, leeway)
    aged("policy-age-leeway-over", "The leeway is over.", T0 - 131, "token_too_old", leeway)
    aged("policy-age-zero", "Issued in 1970.", 0, "token_too_old")
    bearer("policy-age-no-iat", "Of unknown age.", claims_no("claim_missing", 0), made(), policy=policy)


def policy_claims():
    policy = bearer_policy({"required_claims": ["exp", "jti", "tenant"]})
    whole = {**CLAIMS, "jti": "t-1", "tenant": {"id": 7}}
    bearer("policy-claims", "Claims that the policy asks for by name.", ok(), made(whole), policy=policy)
    for name in ("jti", "tenant"):
        token = made({key: value for key, value in whole.items() if key != name})
        bearer(f"policy-claims-no-{name}", f"No {name}.", claims_no("claim_missing", 0), token, policy=policy)
    token = made({**whole, "tenant": None})
    bearer(
        "policy-claims-null",
        "A claim that is null says nothing.",
        claims_no("claim_missing", value_at(token, "tenant")),
        token,
        policy=policy,
    )
    token = raw(claims='{"sub":"user-42","exp":1700000060,"tenant":1,"jti":7}')
    by_hand(
        "jti-number",
        "A jti that is not a string.",
        claims_no("claim_invalid", value_at(token, "jti")),
        token,
        policy=policy,
    )


def policy_padded():
    """Issuers that pad. Strict: RFC 7515, 2; how much padding is right: RFC 4648, 4."""
    policy = bearer_policy({"allow_padded": True})
    header, claims = '{"alg":"HS256" }', '{"sub":"user-42","exp":1700000060 }'
    token = padded(header, claims)
    first, second, third = token.split(".")
    assert (first[-2:], second[-2:], third[-2:]) == ("==", "0=", third[-2] + "="), token
    plain = raw(header, claims)

    def wire(name, about, verdict, token, policy=policy):
        by_hand(f"policy-padded{name}", about, verdict, token, policy=policy)

    def invalid(segment, offset):
        return rejected("base64url_invalid", "token", segment + offset)

    def signed(*segments):
        signing = ".".join(segments)
        return f"{signing}.{b64(mac(SECRET, signing.encode()).digest())}"

    payload_at = len(first) + 1
    wire("", "Every segment with its padding, signed with it.", ok(), token)
    by_hand("padded-every-segment", "The same under a policy that does not ask for it.", invalid(0, len(first) - 2), token)
    wire("-not", "The policy allows padding and asks for none.", ok(), plain)
    wire("-signature", "Padding behind the signature alone.", ok(), plain + "=")
    wire("-header", "Padding behind the header alone.", ok(), signed(first, second.rstrip("=")))
    wire("-payload", "Padding behind the payload alone.", ok(), signed(first.rstrip("="), second))
    wire("-one-of-two", "One = where two are right.", invalid(0, len(first) - 2), signed(first[:-1], second))
    wire("-three", "Three = where two are right.", invalid(0, len(first) - 2), signed(first + "=", second))
    wire("-two-of-one", "Two = where one is right.", invalid(payload_at, len(second) - 1), signed(first, second + "="))
    no_need = b64('{"alg":"HS256"}')
    wire("-none-right", "One = where none is right.", invalid(0, len(no_need)), signed(no_need + "=", second))
    wire("-four", "Four = behind whole groups.", invalid(0, len(no_need)), signed(no_need + "====", second))
    wire("-inside", "= before the end.", invalid(0, 5), signed(first[:5] + "=" + first[6:], second))
    bits = other_char(first, len(first) - 3, 0)
    wire("-trailing-bits", "Bits that are thrown away, before the padding.", invalid(0, len(first) - 3), signed(bits, second))
    over = len(token) - 1
    wire("-signature-two", "Two = where one is right.", rejected("signature_length", "token", over), token + "=")
    sent = f"{first}.{second}.{plain.rpartition('.')[2]}"
    wire("-behind", "The padding was put there after it was signed.", token_mismatch(sent), sent)
    late = padded(header, '{"sub":"user-42","exp":1700000000 }')
    wire("-expired", "Claims are read as without.", claims_no("token_expired", value_at(late, "exp")), late)


if __name__ == "__main__":
    for section in (policy_names, policy_typ, default_typ, policy_scopes, policy_age, policy_claims, policy_padded):
        section()
