#!/usr/bin/python3
"""Kong's and APISIX's hmac-auth: Python's hmac over the lines of a list of headers, and the example that Kong
publishes."""
import base64
import calendar
import email.utils
import hashlib
import hmac

from common import T0, WINDOW, accepted, load_policy, rejected, request, secret_of, write

SCHEME = "kong"
SIGNER = "Python hmac and hashlib"
POLICY = load_policy(SCHEME)
HASHES = {"hmac-sha256": hashlib.sha256, "hmac-sha384": hashlib.sha384, "hmac-sha512": hashlib.sha512}
TARGET = "/v1/orders?limit=10"
LIST = "date request-line"


def date_of(seconds):
    return email.utils.formatdate(seconds, usegmt=True)


def canonical_of(names, headers, method, target):
    """The lines of the names that are signed."""
    values = {name.lower(): value for name, value in headers}
    return "\n".join(
        f"{method} {target} HTTP/1.1" if name == "request-line" else f"{name}: {values[name]}" for name in names.split(" ")
    ).encode("utf-8")


def authorization(fields):
    names = {"username": "client_id", "algorithm": "algorithm", "headers": "signed_headers", "signature": "signature"}
    return "hmac " + ", ".join(f'{name}="{fields[field]}"' for name, field in names.items())


def case(
    name, about, verdict, *, client="alice", key="k256", algorithm="hmac-sha256", names=LIST, date=date_of(T0), more=(),
    method="GET", target=TARGET, body=None, now=T0, sent=None, wire=None, value=None, headers=None, signature=None,
    signer=SIGNER, repeat=(),
):
    """`sent` replaces method, target or headers after signing, `wire` fields, `value` the header's value."""
    signed = [("Date", date), *more]
    try:
        canonical = canonical_of(names, signed, method, target)
    except KeyError:  # a list that names what is not there
        canonical = b""
    digest = hmac.new(secret_of(POLICY, key), canonical, HASHES.get(algorithm, hashlib.sha256))
    fields = {
        "client_id": client,
        "algorithm": algorithm,
        "signed_headers": names,
        "timestamp": date,
        "signature": signature or base64.b64encode(digest.digest()).decode("ascii"),
        **(wire or {}),
    }
    text = authorization(fields)
    on_wire = [("Authorization", value(text) if value else text), ("Date", fields["timestamp"]), *more]
    line = {"method": method, "target": target, "body": body, **(sent or {})}
    one = request(headers(on_wire) if headers else on_wire, **line)
    pins = {}
    if verdict["stage"] not in ("request", "credential"):
        canonical = canonical_of(names, [("Date", fields["timestamp"]), *one["headers"]], line["method"], line["target"])
        pins = {"fields": fields, "canonical": canonical}
        if verdict["stage"] != "key":
            right = hmac.new(secret_of(POLICY, key), canonical, HASHES[algorithm])
            pins["digest"] = right.hexdigest()
    verdicts = [verdict, *repeat]
    write(SCHEME, name, about=about, signer=signer, now=now, requests=[one] * len(verdicts), verdicts=verdicts, **pins)


def ok(client="alice", key="k256"):
    return accepted(client, key)


def no(reason, field, offset=0, client="alice", key=None):
    return rejected(reason, field, offset, client, key)


def early(reason, field, offset=0):
    """Rejected before the client is known."""
    return rejected(reason, field, offset)


def accepting():
    case("accepted", "Date and request line; without a nonce it is accepted again.", ok(), repeat=[ok()])
    case(
        "published",
        "The example of Kong's documentation of hmac-auth.",
        ok("alice123", "published"),
        client="alice123",
        key="published",
        date="Thu, 22 Jun 2017 17:15:21 GMT",
        target="/requests",
        more=[("Host", "hmac.com")],
        now=calendar.timegm((2017, 6, 22, 17, 15, 21)),
        signature="ujWCGHeec9Xd6UD2zlyxiNMCiXnDOWeVFMu5VeRUxtw=",
        signer="Kong documentation",
    )
    case("sha512", "A key of HMAC-SHA512.", ok("bob", "k512"), client="bob", key="k512", algorithm="hmac-sha512")
    case("more-headers", "Other headers are signed, too.", ok(), names="host date request-line x-request-id",
         more=[("Host", "api.example"), ("X-Request-Id", "7; a=b")])
    case("other-order", "The request line first.", ok(), names="request-line date")
    case("value-empty", "A header without a value is signed as one.", ok(), names="date request-line x-a", more=[("X-A", "")])
    case("no-spaces", "Parameters without spaces between them.", ok(), value=lambda t: t.replace('", ', '",'))
    case("auth-scheme-upper-case", "An auth-scheme has no case.", ok(), value=lambda t: "HMAC" + t[4:])
    case("window-last-second", "As old as the window.", ok(), now=T0 + WINDOW)
    case("unsigned-header-free", "A header that is not in the list.", ok(), more=[("X-Other", "1")])


def rejecting_what_is_signed():
    changed = no("signature_mismatch", "signature")
    case("method-changed", "The method is signed.", changed, sent={"method": "PUT"})
    case("method-lower-case", "It has a case.", changed, sent={"method": "get"})
    case("target-changed", "The target is signed.", changed, sent={"target": "/v1/orders?limit=11"})
    case("date-changed", "The date is signed.", changed, wire={"timestamp": date_of(T0 + 1)})
    old = canonical_of(LIST, [("Date", date_of(T0))], "GET", TARGET).replace(b"HTTP/1.1", b"HTTP/1.0")
    case("http-1.0", "A request line of another version.", changed,
         signature=base64.b64encode(hmac.digest(secret_of(POLICY, "k256"), old, "sha256")).decode("ascii"))
    case("past", "A second older than the window.", no("timestamp_past", "timestamp"), now=T0 + WINDOW + 1)
    case("future", "A second further ahead.", no("timestamp_future", "timestamp"), now=T0 - WINDOW - 1)
    case("unknown-client", "Nobody's name.", no("key_unknown", "client_id", client="carol"), wire={"client_id": "carol"})
    case("key-of-another-hash", "The request says SHA-512, the key is of SHA-256.", no("key_alg_mismatch", "client_id"),
         algorithm="hmac-sha512")
    case("body-not-signed", "A body, of which nothing is signed.", no("body_not_signed", "body"), method="POST", body=b"x")


def rejecting_lists():
    unsigned = no("header_not_signed", "signed_headers")
    listed = "signed_headers"
    case("date-not-signed", "A list without the date.", unsigned, names="request-line")
    case("request-line-not-signed", "A list without the request line.", unsigned, names="date")
    case("list-empty", "An empty list.", no("field_malformed", listed), names="")
    case("listed-twice", "A name twice.", no("field_repeated", listed, 18), names="date request-line date")
    case("listed-upper-case", "A name in upper case.", no("field_malformed", listed, 18), names="date request-line Host",
         more=[("Host", "a")])
    case("listed-two-spaces", "Two spaces have nothing between them.", no("field_malformed", listed, 5),
         names="date  request-line")
    case("listed-missing", "A header that is not there is not an empty one.", no("field_missing", listed, 18),
         names="date request-line host")
    case("listed-there-twice", "A signed header that is there twice.", no("field_repeated", listed, 18),
         names="date request-line x-a", more=[("X-A", "1"), ("x-a", "2")])
    case("listed-request-target", "Kong's @request-target is no header's name.", no("field_malformed", listed, 18),
         names="date request-line @request-target", signature=base64.b64encode(bytes(32)).decode("ascii"))
    many = [(f"x-{i}", "1") for i in range(15)]
    case("sixteen", "A list of sixteen.", ok(), names="date request-line " + " ".join(n for n, _ in many[:14]), more=many)
    case("seventeen", "A list of seventeen.", no("field_malformed", listed, 18 + 4 * 10 + 5 * 4),
         names="date request-line " + " ".join(n for n, _ in many), more=many)


def rejecting_forms():
    malformed = "field_malformed"
    case("algorithm-sha1", "HMAC-SHA1.", no("alg_not_allowed", "algorithm"), algorithm="hmac-sha1")
    case("algorithm-upper-case", "Algorithms are compared exactly.", no("alg_not_allowed", "algorithm"),
         wire={"algorithm": "HMAC-SHA256"})
    case("algorithm-missing", "No algorithm.", early("field_missing", "algorithm"),
         value=lambda t: t.replace(' algorithm="hmac-sha256",', ""))
    case("parameter-twice", "A parameter twice.", early("field_repeated", "client_id"),
         value=lambda t: t + ', username="alice"')
    case("parameter-unknown", "A parameter that is not the scheme's.", early("field_unknown", "signature", 5),
         value=lambda t: t.replace("hmac ", 'hmac keyId="1", '))
    case("not-quoted", "A value without quotation marks.", early(malformed, "signature", 5),
         value=lambda t: t.replace('"alice"', "alice"))
    case("escaped", "A value with an escape.", early(malformed, "signature", 5),
         value=lambda t: t.replace('"alice"', '"\\alice"'))
    case("behind-a-value", "Something behind a quotation mark.", early(malformed, "signature", 21),
         value=lambda t: t.replace('"alice",', '"alice"x,'))
    case("not-closed", "A quotation mark is missing.", early(malformed, "signature", 77), value=lambda t: t[:-1])
    case("basic", "Another auth-scheme.", early(malformed, "client_id"), value=lambda t: "Basic YTpi")
    case("date-missing", "No date.", early("field_missing", "timestamp"), headers=lambda h: h[:1])
    case("date-twice", "Two dates.", early("field_repeated", "timestamp"), headers=lambda h: [*h, h[1]])
    case("date-wrong-weekday", "A date on another day of the week.", no("timestamp_invalid", "timestamp", 0),
         date="Mon, 14 Nov 2023 22:13:20 GMT")
    case("date-unix", "Seconds are no date.", no("timestamp_invalid", "timestamp", 0), date=str(T0))
    case("date-zone", "Another zone.", no("timestamp_invalid", "timestamp", 26), date="Tue, 14 Nov 2023 22:13:20 UTC")


def apisix():
    names = "@request-target date"

    def lines(signed, headers, target):
        values = {name.lower(): value for name, value in headers}
        one = [f"GET {target}" if name == "@request-target" else f"{name}: {values[name]}" for name in signed.split(" ")]
        return "".join(line + "\n" for line in ["alice", *one]).encode("utf-8")

    def apisix_case(name, about, verdict, *, signed=names, date=date_of(T0), more=(), sent=TARGET, now=T0, client="alice"):
        headers = [("Date", date), *more]
        digest = hmac.new(secret_of(POLICY, "k256"), lines(signed, headers, TARGET), hashlib.sha256).digest()
        signature = base64.b64encode(digest).decode("ascii")
        text = f'Signature keyId="{client}",algorithm="hmac-sha256",headers="{signed}",signature="{signature}"'
        pins = {}
        if verdict["stage"] not in ("request", "credential"):
            canonical = lines(signed, headers, sent)
            right = hmac.new(secret_of(POLICY, "k256"), canonical, hashlib.sha256).hexdigest()
            fields = {"client_id": client, "algorithm": "hmac-sha256", "signed_headers": signed, "timestamp": date}
            pins = {"fields": {**fields, "signature": signature}, "canonical": canonical, "digest": right}
        one = request([("Authorization", text), *headers], target=sent)
        write("apisix", name, about=about, signer=SIGNER, now=now, requests=[one], verdicts=[verdict], **pins)

    unsigned = no("header_not_signed", "signed_headers")
    apisix_case("accepted", "Key id, request target and date.", ok())
    apisix_case("more-headers", "Another header is signed, too.", ok(), signed="@request-target date x-a", more=[("X-A", "1")])
    apisix_case("target-changed", "The query is signed.", no("signature_mismatch", "signature"), sent=TARGET + "1")
    apisix_case("past", "A second older than the window.", no("timestamp_past", "timestamp"), now=T0 + WINDOW + 1)
    apisix_case("date-not-signed", "A list without the date.", unsigned, signed="@request-target")


accepting()
rejecting_what_is_signed()
rejecting_lists()
rejecting_forms()
apisix()
