#!/usr/bin/python3
"""The HMAC presets beside hmac-nonce: hmac-timestamp, hmac-full, their delimited forms, and hmac-authorization. Signed
by Python's own hmac and hashlib, with SHA-256, SHA-384 and SHA-512."""
import base64
import hashlib
import hmac
import json

from common import T0, WINDOW, accepted, load_policy, rejected, request, secret_of, write

SIGNER = "Python hmac and hashlib"
TARGET = "/v1/orders?limit=10"
BODY = b'{"item":"x","count":3}'
HEADERS = {"client_id": "x-ClientId", "timestamp": "x-Timestamp", "nonce": "x-Nonce", "signature": "x-Signature"}
HASHES = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}
AUTH_SCHEMES = {"HS256": "HMAC-SHA256", "HS384": "HMAC-SHA384", "HS512": "HMAC-SHA512"}


def parts_of(scheme, sent, method, target, body):
    """The parts of the signed string, in their order."""
    path, _, query = target.partition("?")
    digest = hashlib.sha256(body or b"").hexdigest()
    client, time, nonce = sent["client_id"], sent["timestamp"], sent.get("nonce")
    return {
        "hmac-timestamp": [client, time],
        "hmac-timestamp-delimited": [client, time],
        "hmac-full": [client, method, path, query, digest, time, nonce],
        "hmac-full-delimited": [client, method, target, digest, time, nonce],
        "hmac-authorization": [client, method, target, digest, time],
    }[scheme]


def canonical_of(scheme, *request_parts):
    between = "" if scheme in ("hmac-timestamp", "hmac-full") else "\n"
    return between.join(parts_of(scheme, *request_parts)).encode("utf-8")


class Scheme:
    def __init__(self, name):
        self.name = name
        self.policy = load_policy(name)
        self.has_nonce = name.startswith("hmac-full")

    def alg(self, key):
        return next(k for k in self.policy["keys"] if k["key_id"] == key).get("alg", "HS256")

    def mac(self, key, message):
        return hmac.new(secret_of(self.policy, key), message, HASHES[self.alg(key)]).hexdigest()

    def headers(self, sent, auth_scheme):
        if self.name != "hmac-authorization":
            return [(HEADERS[name], value) for name, value in sent.items()]
        text = f"ClientId={sent['client_id']}&Timestamp={sent['timestamp']}&Signature={sent['signature']}"
        return [("Authorization", f"{auth_scheme} {text}")]

    def case(
        self, name, about, verdict, *, client="client-7", key="k256", ts=T0, method="GET", target=TARGET, body=None,
        wire=None, signature=None, headers=None, now=T0, repeat=None, auth_scheme=None, sent_as=None, pin=True,
    ):
        """`wire` and `sent_as` replace fields, method, target or body after signing."""
        sent = {"client_id": client, "timestamp": str(ts)}
        if self.has_nonce:
            sent["nonce"] = "5f1c8d3e"
        right = self.mac(key, canonical_of(self.name, sent, method, target, body))
        sent["signature"] = signature(right) if signature else right
        sent.update(wire or {})
        on_wire = {"method": method, "target": target, "body": body, **(sent_as or {})}
        pairs = self.headers(sent, auth_scheme or AUTH_SCHEMES[self.alg(key)])
        one = request(headers(pairs) if headers else pairs, **on_wire)
        pins = {}
        if verdict["stage"] not in ("request", "credential") and pin:
            canonical = canonical_of(self.name, sent, on_wire["method"], on_wire["target"], on_wire["body"])
            pins = {"fields": sent, "canonical": canonical}
            if verdict["stage"] != "key":
                pins["digest"] = self.mac(key, canonical)
        verdicts = [verdict, *(repeat or [])]
        write(self.name, name, about=about, signer=SIGNER, now=now, requests=[one] * len(verdicts), verdicts=verdicts,
              **pins)

    def shared(self):
        """What every one of them has: three hashes, the window, the fields, and each signed one changed."""
        again = no("nonce_replayed", "nonce", key_id="k256") if self.has_nonce else ok()
        self.case("accepted", "The plain form, and once more.", ok(), repeat=[again])
        self.case("sha384", "A key of HMAC-SHA384.", ok("client-384", "k384"), client="client-384", key="k384")
        self.case("sha512", "A key of HMAC-SHA512.", ok("client-512", "k512"), client="client-512", key="k512")
        self.case("two-hashes-256", "A client with keys of two hashes: the shorter.", ok("both", "both-256"),
                  client="both", key="both-256")
        self.case("two-hashes-512", "A client with keys of two hashes: the longer.", ok("both", "both-512"),
                  client="both", key="both-512")
        self.case("window-last-second", "As old as the window.", ok(), now=T0 + WINDOW)
        self.case("past", "A second older than the window.", no("timestamp_past", "timestamp"), now=T0 + WINDOW + 1)
        self.case("future", "A second further ahead.", no("timestamp_future", "timestamp"), now=T0 - WINDOW - 1)
        self.case("unknown-client", "Nobody's client id.", no("key_unknown", "client_id", client_id="client-8"),
                  wire={"client_id": "client-8"})
        self.case("timestamp-changed", "The timestamp is signed.", no("signature_mismatch", "signature"),
                  wire={"timestamp": str(T0 + 1)})
        self.case("wrong-key", "Another client's key.", no("signature_mismatch", "signature"), key="both-256")
        self.case("too-short", "One digit is missing.", no("signature_length", "signature", 63),
                  signature=lambda s: s[:-1], pin=False)

    def lengths(self):
        """Where nothing but the key says which hash it is."""
        self.case("longer-than-the-key", "A signature of SHA-384 by a client whose key is of SHA-256.",
                  no("signature_length", "signature", 64), signature=lambda s: s + "0" * 32, pin=False)
        self.case("shorter-than-the-key", "The first half of a signature of SHA-512: as long as one of SHA-256.",
                  no("signature_length", "signature", 64, "client-512"), client="client-512", key="k512",
                  signature=lambda s: s[:64], pin=False)

    def whole_request(self):
        changed = no("signature_mismatch", "signature")
        self.case("post", "A body, of which the hash is signed.", ok(), method="POST", body=BODY)
        self.case("no-query", "A target without a query.", ok(), target="/v1/orders")
        self.case("percent-encoded", "What is signed is what is on the wire.", ok(), target="/v1/a%2Fb?q=%20")
        self.case("method-changed", "The method is signed.", changed, sent_as={"method": "DELETE"})
        self.case("path-changed", "The path is signed.", changed, sent_as={"target": "/v1/orderz?limit=10"})
        self.case("query-changed", "The query is signed.", changed, sent_as={"target": "/v1/orders?limit=11"})
        self.case("query-decoded", "An equivalent target has another string.", changed,
                  sent_as={"target": "/v1/orders?limit=%310"})
        self.case("body-changed", "The body is signed.", changed, method="POST", body=BODY,
                  sent_as={"body": BODY + b" "})
        self.case("body-added", "No body is signed as an empty one.", changed, method="POST", sent_as={"body": BODY})


def ok(client="client-7", key="k256"):
    return accepted(client, key)


def no(reason, field, offset=0, client_id="client-7", key_id=None, known=True):
    return rejected(reason, field, offset, client_id if known else None, key_id)


def authorization():
    scheme = Scheme("hmac-authorization")
    scheme.shared()
    scheme.whole_request()
    malformed = no("field_malformed", "signature", known=False)
    scheme.case("auth-scheme-lower-case", "An auth-scheme has no case.", ok(), auth_scheme="hmac-sha256")
    scheme.case("key-of-sha512", "The scheme says SHA-256, the client's key is of SHA-512: it is not tried.",
                no("key_alg_mismatch", "client_id", client_id="client-512"), client="client-512", key="k512",
                auth_scheme="HMAC-SHA256", signature=lambda s: s[:64])
    scheme.case("key-of-sha256", "The scheme says SHA-512, the client's key is of SHA-256.", no("key_alg_mismatch", "client_id"),
                auth_scheme="HMAC-SHA512", signature=lambda s: s * 2)
    scheme.case("length-of-another-hash", "The scheme says SHA-256, the signature is as long as that of SHA-384.",
                no("signature_length", "signature", 64), signature=lambda s: s + "0" * 32, pin=False)
    scheme.case("sha1", "SHA-1 is no hash of the scheme's.", malformed, auth_scheme="HMAC-SHA1")
    scheme.case("md5", "MD5 is none either.", malformed, auth_scheme="HMAC-MD5")
    scheme.case("bearer", "Another auth-scheme.", malformed, headers=lambda p: [("Authorization", "Bearer x.y.z")])
    scheme.case("twice", "The header twice.", no("field_repeated", "signature", known=False), headers=lambda p: p * 2)
    scheme.case("missing", "No header.", no("field_missing", "signature", known=False), headers=lambda p: [])
    scheme.case("parameter-twice", "A parameter twice.", no("field_repeated", "client_id", known=False),
                headers=lambda p: [(p[0][0], p[0][1] + "&ClientId=client-7")])
    scheme.case("parameter-unknown", "A parameter that the scheme does not have.",
                no("field_unknown", "signature", 126, known=False),
                headers=lambda p: [(p[0][0], p[0][1] + "&Nonce=1")])
    scheme.case("parameter-missing", "A parameter is missing.", no("field_missing", "timestamp", known=False),
                headers=lambda p: [(p[0][0], p[0][1].replace(f"&Timestamp={T0}", ""))])


def own_schemes():
    """Policies that change a preset: fields in other places, and another template."""
    secret = "client-7-secret-for-hmac-sha256!"
    key = {"key_id": "k256", "client_id": "client-7", "secret": secret}
    base = {"preset": "hmac-full-delimited", "nonces": {"capacity": 1000}, "keys": [key]}
    fields = {"client_id": "client-7", "timestamp": str(T0), "nonce": "5f1c8d3e"}

    def case(name, about, verdict, scheme, canonical, place, repeat=(), encode=bytes.hex):
        """`place` makes the request of the fields."""
        digest = hmac.new(secret.encode(), canonical.encode(), hashlib.sha256).digest()
        sent = {**fields, "signature": encode(digest)}
        pins = {"fields": sent, "canonical": canonical.encode(), "digest": digest.hex()}
        if verdict["stage"] == "credential":
            pins = {}
        one, verdicts = place(sent), [verdict, *repeat]
        write("own-scheme", name, about=about, signer=SIGNER, requests=[one] * len(verdicts), verdicts=verdicts,
              policy={**base, "scheme": scheme}, **pins)

    again = no("nonce_replayed", "nonce", key_id="k256")
    in_query = {"template": "{timestamp}|{nonce}|{body}", "fields": {f: {"query": f[:2]} for f in [*fields, "signature"]}}
    body = {"fields": {"timestamp": {"json": "ts"}, "nonce": {"json": "n"}}}
    one_header = {
        "template": "v1:{client_id}\n{timestamp}\n{nonce}\n{method}\n{target}\n{body}",
        "separator": ";",
        "signature_encoding": "base64url",
        "fields": {f: {"header": "X-Auth", "prefix": "Own ", "parameter": f[0]} for f in [*fields, "signature"]},
    }

    def query_of(sent, more=""):
        text = "&".join(f"{name[:2]}={value}" for name, value in sent.items())
        return request([], target=f"/v1/orders?a=b&{text}{more}", method="POST", body=BODY)

    def json_of(sent):
        members = {"ts": int(sent["timestamp"]), "n": sent["nonce"], "item": "x"}
        text = json.dumps(members, separators=(",", ":")).encode()
        headers = [("x-ClientId", sent["client_id"]), ("x-Signature", sent["signature"])]
        return request(headers, method="POST", target=TARGET, body=text)

    def header_of(sent):
        text = ";".join(f"{name[0]}={value}" for name, value in sent.items())
        return request([("X-Auth", "Own " + text)], method="POST", target=TARGET, body=BODY)

    parts = f"{T0}|5f1c8d3e|" + BODY.decode()
    case("query", "Every field in the query.", ok(), in_query, parts, query_of, repeat=[again])
    case("query-twice", "A second nonce, under an encoded name.", no("field_malformed", "nonce", known=False), in_query,
         parts, lambda sent: query_of(sent, "&%6eo=2"))
    whole = json_of(fields | {"signature": ""})["body"].encode()
    signed = "\n".join(["client-7", "POST", TARGET, hashlib.sha256(whole).hexdigest(), str(T0), "5f1c8d3e"])
    case("json", "Timestamp, a number, and nonce in a body that is signed.", ok(), body, signed, json_of, repeat=[again])
    lines = "v1:" + "\n".join(["client-7", str(T0), "5f1c8d3e", "POST", TARGET, BODY.decode()])
    case("one-header", "Parameters of one header, and a signature in base64url.", ok(), one_header, lines, header_of,
         repeat=[again], encode=lambda d: base64.urlsafe_b64encode(d).decode().rstrip("="))


own_schemes()
for name in ("hmac-timestamp", "hmac-timestamp-delimited"):
    scheme = Scheme(name)
    scheme.shared()
    scheme.lengths()
    scheme.case("body-not-signed", "A body that nothing signs.", no("body_not_signed", "body"), method="POST", body=BODY)
for name in ("hmac-full", "hmac-full-delimited"):
    scheme = Scheme(name)
    scheme.shared()
    scheme.lengths()
    scheme.whole_request()
    scheme.case("nonce-changed", "The nonce is signed.", no("signature_mismatch", "signature"), wire={"nonce": "5f1c8d3f"})
authorization()
