#!/usr/bin/python3
"""The presets with an API key, in a header, the query or the body: keys made, and hashed under the pepper, by Python's own zlib, hmac and hashlib."""
import hashlib
import hmac
import zlib

from common import T0, accepted, rejected, request, write

SIGNER = "Python hmac and zlib"
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
PEPPER = "only for tests: the pepper of the API keys"


def base62(number, digits):
    text = ""
    for _ in range(digits):
        number, digit = divmod(number, 62)
        text = ALPHABET[digit] + text
    return text


def checksum(text):
    return base62(zlib.crc32(text.encode("utf-8")), 6)


def key_of(name, prefix="acme"):
    """A key as it is issued; its random part is that of its name, so that it is the same in every run."""
    text = prefix + "_" + base62(int.from_bytes(hashlib.sha512(name.encode()).digest(), "big") % 62**43, 43)
    return text + checksum(text)


def hash_of(text):
    return hmac.new(PEPPER.encode(), text.encode("utf-8"), hashlib.sha256).hexdigest()


def record(name, client="client-7", prefix="acme", **more):
    text = key_of(name, prefix)
    return {"key_id": name, "client_id": client, "hash": hash_of(text), "display": text[: len(prefix) + 5], **more}


RECORDS = [
    record("k-active", scopes="orders:read orders:write"),
    record("k-reader", scopes="orders:read"),
    record("k-none"),
    record("k-anyone", client="", scopes="orders:read orders:write") | {"client_id": None},
    record("k-expires", expires=T0 + 100, scopes="orders:read orders:write"),
    record("k-rotated", grace_until=T0 + 86400, scopes="orders:read orders:write"),
    record("k-rotated-expires", grace_until=T0 + 86400, expires=T0 + 100, scopes="orders:read orders:write"),
    record("k-revoked", revoked=True, scopes="orders:read orders:write"),
    record("k-revoked-in-grace", revoked=True, grace_until=T0 + 86400, scopes="orders:read orders:write"),
    record("k-other-prefix", prefix="other", scopes="orders:read orders:write"),
    record("k-shortest-prefix", prefix="a", scopes="orders:read orders:write"),
    record("k-longest-prefix", prefix="abcdefghij012345", scopes="orders:read orders:write"),
]
for one in RECORDS:
    if one["client_id"] is None:
        del one["client_id"]


def policy(preset="api-key", prefix="acme", scopes="orders:write orders:read", records=None):
    api_keys = {"prefix": prefix, "required_scopes": scopes, "records": records or RECORDS}
    return {
        "preset": preset,
        "keys": [{"key_id": "pepper-1", "use": ["api_key"], "alg": "HS256", "secret": PEPPER}],
        "api_keys": {name: value for name, value in api_keys.items() if value},
    }


HEADERS = {"api-key": ("X-Api-Key", ""), "api-key-bearer": ("Authorization", "Bearer ")}
NO_PINS = {"request", "credential"}


def headers_of(preset, text):
    name, before = HEADERS[preset]
    return [("Host", "api.example"), (name, before + text)]


def case(name, about, verdict, text, preset="api-key", headers=None, now=T0, **policy_with):
    pins = {}
    if verdict["stage"] not in NO_PINS:
        pins = {"fields": {"api_key": text}, "canonical": text.encode("utf-8"), "digest": hash_of(text)}
    write(
        preset,
        name,
        about=about,
        signer=SIGNER,
        now=now,
        requests=[request(headers if headers is not None else headers_of(preset, text))],
        verdicts=[verdict],
        policy=policy(preset, **policy_with),
        **pins,
    )


def elsewhere(preset, name, about, verdict, target="/v1/orders", body=None, text=None):
    """A case whose key stands in the target or in the body; `text` is the key as it is read."""
    pins = {}
    if verdict["stage"] not in NO_PINS:
        pins = {"fields": {"api_key": text}, "canonical": text.encode("utf-8"), "digest": hash_of(text)}
    one = request([("Host", "api.example")], method="GET" if body is None else "POST", target=target, body=body)
    write(preset, name, about=about, signer=SIGNER, requests=[one], verdicts=[verdict], policy=policy(preset), **pins)


def ok(key_id, client="client-7"):
    return accepted(client, key_id)


def no(reason, offset=0, client_id=None, key_id=None):
    return rejected(reason, "api_key", offset, client_id, key_id)


def states():
    case("accepted", "A key with the scopes that the policy requires, in another order.", ok("k-active"), key_of("k-active"))
    case("of-any-client", "A key that belongs to no client.", ok("k-anyone", None), key_of("k-anyone"))
    case("no-scopes-required", "A key without scopes, where none is required.", ok("k-none"), key_of("k-none"), scopes="")
    case("any-prefix", "The policy names no prefix.", ok("k-other-prefix"), key_of("k-other-prefix", "other"), prefix="")
    case("shortest-prefix", "A prefix of one character.", ok("k-shortest-prefix"), key_of("k-shortest-prefix", "a"), prefix="a")
    longest = "abcdefghij012345"
    case(
        "longest-prefix",
        "A prefix of sixteen characters.",
        ok("k-longest-prefix"),
        key_of("k-longest-prefix", longest),
        prefix=longest,
    )
    for name, key, last in [("expires", "k-expires", T0 + 100), ("grace", "k-rotated", T0 + 86400)]:
        case(f"{name}-last-second", "The last second at which the key is accepted.", ok(key), key_of(key), now=last)
        case(
            f"{name}-over",
            "One second later.",
            no("key_expired", client_id="client-7", key_id=key),
            key_of(key),
            now=last + 1,
        )
    case(
        "grace-does-not-outlive-the-end",
        "A grace is no longer than the key's own time.",
        no("key_expired", client_id="client-7", key_id="k-rotated-expires"),
        key_of("k-rotated-expires"),
        now=T0 + 101,
    )
    for key in "k-revoked", "k-revoked-in-grace":
        verdict = no("key_revoked", client_id="client-7", key_id=key)
        case(key[2:], "A revoked key, whatever its times say.", verdict, key_of(key))
    lacking = no("scope_missing", client_id="client-7", key_id="k-reader")
    case("scope-missing", "One of two scopes is the key's.", lacking, key_of("k-reader"))
    case(
        "scope-is-no-prefix",
        "A scope is the whole of it: orders:read is not orders.",
        lacking,
        key_of("k-reader"),
        scopes="orders",
    )
    case(
        "scopes-none",
        "A key without scopes, where two are required.",
        no("scope_missing", client_id="client-7", key_id="k-none"),
        key_of("k-none"),
    )


def unknown():
    case("unknown", "A key of the right form that nobody issued.", no("key_unknown"), key_of("nobody"))
    text = key_of("k-active")
    swapped = text[:10] + text[11] + text[10] + text[12:-6]
    case(
        "unknown-neighbour",
        "An issued key with two characters exchanged, and the checksum mended.",
        no("key_unknown"),
        swapped + checksum(swapped),
    )
    case("prefix-of-another", "A key with another prefix, though there is a record of it.", no("api_key_prefix"),
         key_of("k-other-prefix", "other"))


def malformed():
    text = key_of("k-active")
    mistyped = text[:20] + ("A" if text[20] != "A" else "B") + text[21:]
    case("mistyped", "One character is wrong: the checksum says so.", no("api_key_checksum", len(text) - 6), mistyped)
    case(
        "checksum-of-another",
        "The checksum is that of another key.",
        no("api_key_checksum", len(text) - 6),
        text[:-6] + key_of("k-reader")[-6:],
    )
    case("too-short", "The last character is missing.", no("api_key_malformed", len(text) - 1), text[:-1])
    case("too-long", "A character too many.", no("api_key_malformed", len(text)), text + "0")
    case("no-prefix", "No prefix before the underscore.", no("api_key_malformed", 0), text[4:])
    joined = "acme" + text[5:]
    first = next(i for i, c in enumerate(joined) if not (c.islower() or c.isdigit()))  # no longer a prefix's
    case("no-underscore", "No underscore.", no("api_key_malformed", first), joined)
    case("prefix-upper-case", "A prefix in capitals.", no("api_key_malformed", 0), "ACME" + text[4:])
    case("not-base62", "A byte that is not base62.", no("api_key_malformed", 8), text[:8] + "-" + text[9:])
    case("space-inside", "A space in the key.", no("api_key_malformed", 8), text[:8] + " " + text[8:])


def headers():
    text = key_of("k-active")
    case("missing", "No header with a key.", no("field_missing"), text, headers=[("Host", "api.example")])
    case("twice", "The header twice, with the same key.", no("field_repeated"), text, headers=[("X-Api-Key", text)] * 2)
    case(
        "twice-in-two-cases",
        "The header twice, in two cases.",
        no("field_repeated"),
        text,
        headers=[("X-Api-Key", text), ("x-api-key", text)],
    )
    case("name-lower-case", "Header names have no case.", ok("k-active"), text, headers=[("x-api-key", text)])
    case("two-in-one", "Two keys in one header, as a proxy joins repeated fields.", no("api_key_malformed", 54), text + ", " + text)
    case("empty", "An empty value.", no("api_key_malformed", 0), "")
    bearer = "api-key-bearer"
    case("accepted", "A key as a bearer credential.", ok("k-active"), text, preset=bearer)
    case(
        "scheme-lower-case",
        "The auth-scheme has no case.",
        ok("k-active"),
        text,
        preset=bearer,
        headers=[("Authorization", "bearer " + text)],
    )
    case(
        "scheme-of-another-kind",
        "Another auth-scheme.",
        no("field_malformed"),
        text,
        preset=bearer,
        headers=[("Authorization", "Basic " + text)],
    )
    case("mistyped", "One character is wrong.", no("api_key_checksum", len(text) - 6), text[:30] + ("0" if text[30] != "0" else "1") + text[31:],
         preset=bearer)


states()
unknown()
malformed()
headers()


def in_the_query():
    key, other = key_of("k-active"), key_of("k-reader")

    def query(name, about, verdict, text):
        elsewhere("api-key-query", name, about, verdict, "/v1/orders" + text, text=key)

    malformed, repeated = no("field_malformed"), no("field_repeated")
    query("accepted", "The key in the query.", ok("k-active"), f"?key={key}")
    query("among-others", "Other parameters around it, one of them without a value.", ok("k-active"), f"?a=%20&key={key}&b")
    query("names-alike", "Names that begin or end as it does.", ok("k-active"), f"?keys=1&key={key}&apikey=2")
    query("name-upper-case", "Another case of the name is another parameter.", no("field_missing"), f"?Key={key}")
    query("missing", "No query.", no("field_missing"), "")
    query("in-the-path", "What looks like a parameter stands in the path.", no("field_missing"), f"/key={key}")
    query("twice", "The parameter twice.", repeated, f"?key={key}&key={other}")
    query("twice-encoded", "A second one whose name is encoded: a server would decode it.", malformed,
          f"?key={key}&k%65y={other}")
    query("encoded", "A key that would have to be decoded.", malformed, f"?key=%61{key[1:]}")
    query("plus", "A plus would be a space.", malformed, f"?key={key}+")
    query("no-value", "A parameter without a value.", malformed, "?key")
    query("mistyped", "The checksum is another.", no("api_key_checksum", 48), f"?key={key[:-1]}{'0' if key[-1] != '0' else '1'}")


def in_a_form():
    key, other = key_of("k-active"), key_of("k-reader")

    def form(name, about, verdict, body):
        elsewhere("api-key-form", name, about, verdict, body=body.encode(), text=key)

    form("accepted", "The key in a form.", ok("k-active"), f"item=x&api_key={key}")
    form("missing", "A form without it.", no("field_missing"), "item=x")
    form("empty", "No body.", no("field_missing"), "")
    form("twice", "The parameter twice.", no("field_repeated"), f"api_key={key}&api_key={other}")
    form("encoded", "A name that would have to be decoded.", no("field_malformed"), f"api%5Fkey={key}")


def in_json():
    key, other = key_of("k-active"), key_of("k-reader")

    def member(name, about, verdict, body):
        elsewhere("api-key-json", name, about, verdict, body=body.encode(), text=key)

    def bad(reason, offset):
        return rejected(reason, "body", offset)

    member("accepted", "The key in a JSON body.", ok("k-active"), f'{{"item":"x","api_key":"{key}"}}')
    member("nested", "A member further in is another.", no("field_missing"), f'{{"a":{{"api_key":"{key}"}}}}')
    member("missing", "An object without it.", no("field_missing"), "{}")
    member("number", "A number is no key.", no("field_malformed"), '{"api_key":1}')
    member("escaped", "A key that would have to be decoded.", no("field_malformed"),
           f'{{"api_key":"\\u{ord(key[0]):04x}{key[1:]}"}}')
    member("twice", "The member twice.", bad("json_duplicate", 1 + len(key) + 13), f'{{"api_key":"{key}","api_key":"{other}"}}')
    member("twice-escaped", "The member twice, once with an escape.", bad("json_duplicate", 1 + len(key) + 13),
           f'{{"api_key":"{key}","\\u0061pi_key":"{other}"}}')
    member("array", "No object.", bad("json_not_object", 0), f'["api_key","{key}"]')
    member("not-json", "A form.", bad("json_invalid", 0), f"api_key={key}")
    member("many-values", "More values than are read.", bad("json_limit", 1 + len(key) + 13 + 5 + 2 * 507),
           f'{{"api_key":"{key}","a":[' + ",".join("0" * 508) + "]}")


in_the_query()
in_a_form()
in_json()
