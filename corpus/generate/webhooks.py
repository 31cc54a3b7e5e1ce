#!/usr/bin/python3
"""The webhooks of GitHub, Slack, Stripe and Standard Webhooks: signed by Python's own hmac, and their published
examples."""
import base64
import hashlib
import hmac

from common import T0, WINDOW, accepted, load_policy, rejected, request, secret_of, write

SIGNER = "Python hmac and hashlib"
BODY = b'{"type":"invoice.paid","data":{"id":"in_1"}}'


def mac(secret, message):
    return hmac.new(secret, message, hashlib.sha256)


class Vendor:
    """One preset: how its requests are signed and written. The client is named after the preset."""

    def __init__(self, scheme, canonical, headers, encode):
        self.scheme, self.canonical, self.headers, self.encode = scheme, canonical, headers, encode
        self.policy = load_policy(scheme)
        self.fields_of = {}

    def sign(self, fields, body, key):
        return self.encode(mac(secret_of(self.policy, key), self.canonical(fields, body)))

    def case(
        self, name, about, verdict, *, fields=None, body=BODY, wire=None, key="now", headers=None, now=T0, signer=SIGNER,
        signature=None, repeat=None, later=None, policy=None,
    ):
        """`wire` replaces fields after signing; `signature` changes the signature; `headers` the list of headers;
        `later` are the fields of the last request, signed anew."""
        sent = dict(fields or {})
        right = self.sign(sent, body, key)
        sent["signature"] = signature(right) if signature else right
        sent.update(wire or {})
        pairs = self.headers(sent)
        verdicts = [verdict, *(repeat or [])]
        pins = {}
        if verdict["stage"] not in ("request", "credential"):
            shown = sent["signature"]
            pins = {
                "fields": {**{k: v for k, v in sent.items() if k != "signature"}, "signature": shown},
                "canonical": self.canonical(sent, body),
            }
            if verdict["stage"] != "key":
                pins["digest"] = mac(secret_of(self.policy, key), pins["canonical"]).hexdigest()
        one = request(headers(pairs) if headers else pairs, method="POST", target="/hooks", body=body)
        requests = [one] * len(verdicts)
        if later:
            signed = self.headers({**later, "signature": self.sign(later, body, key)})
            requests[-1] = request(signed, method="POST", target="/hooks", body=body)
        write(
            self.scheme, name, about=about, signer=signer, now=now, requests=requests, verdicts=verdicts,
            policy=policy, **pins,
        )

    def ok(self, key="now"):
        return accepted(self.scheme, key)

    def no(self, reason, field="signature", offset=0, known=True, key_id=None):
        return rejected(reason, field, offset, self.scheme if known else None, key_id)


def hexadecimal(digest):
    return digest.hexdigest()


def base64_of(digest):
    return base64.b64encode(digest.digest()).decode("ascii")


def flip(text):
    """The lowest bit of the first decimal digit."""
    at = next(i for i, c in enumerate(text) if c.isdigit())
    return text[:at] + chr(ord(text[at]) ^ 1) + text[at + 1 :]


def github():
    v = Vendor(
        "github",
        lambda fields, body: body,
        lambda f: [("X-Hub-Signature-256", "sha256=" + f["signature"])],
        hexadecimal,
    )
    late = v.no("signature_length", offset=64, known=False)
    v.case("accepted", "The plain form; nothing says when, so that it is accepted again.", v.ok(), repeat=[v.ok()])
    v.case(
        "published",
        "The example of GitHub's documentation, 'Validating webhook deliveries'.",
        v.ok("published"),
        body=b"Hello, World!",
        key="published",
        signature=lambda _: "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
        signer="GitHub documentation",
    )
    v.case("body-empty", "An empty body is signed as one.", v.ok(), body=b"")
    v.case("hex-upper-case", "Hex of either case.", v.ok(), signature=str.upper)
    v.case("years-later", "There is no timestamp to be too old.", v.ok(), now=T0 + 10**8)
    v.case("flipped", "One bit of the signature.", v.no("signature_mismatch"), signature=flip)
    v.case("sha1-header", "The old header alone.", v.no("field_missing", known=False),
           headers=lambda pairs: [("X-Hub-Signature", "sha1=" + "0" * 40)])
    v.case("no-prefix", "The signature without sha256=.", v.no("field_malformed", known=False),
           headers=lambda pairs: [(n, t.removeprefix("sha256=")) for n, t in pairs])
    v.case("prefix-upper-case", "SHA256= is another prefix.", v.no("field_malformed", known=False),
           headers=lambda pairs: [(n, t.replace("sha256=", "SHA256=")) for n, t in pairs])
    v.case("twice", "The header twice.", v.no("field_repeated", known=False), headers=lambda pairs: pairs * 2)
    v.case("too-short", "One digit is missing.", v.no("signature_length", offset=63, known=False),
           signature=lambda s: s[:-1])
    v.case("too-long", "A signature as long as HMAC-SHA512's, which the preset does not have.", late,
           signature=lambda s: s * 2)
    v.case("other-secret", "Signed with another key of the policy, of another client.", v.no("signature_mismatch"),
           key="stranger")


def slack():
    v = Vendor(
        "slack",
        lambda fields, body: b"v0:" + fields["timestamp"].encode() + b":" + body,
        lambda f: [("X-Slack-Request-Timestamp", f["timestamp"]), ("X-Slack-Signature", "v0=" + f["signature"])],
        hexadecimal,
    )
    at = {"timestamp": str(T0)}
    published = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
        b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
        b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
        b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    v.case("accepted", "The plain form; without a nonce it is accepted again.", v.ok(), fields=at, repeat=[v.ok()])
    v.case(
        "published",
        "The example of Slack's documentation, 'Verifying requests from Slack'.",
        v.ok("published"),
        fields={"timestamp": "1531420618"},
        body=published,
        key="published",
        now=1531420618,
        signature=lambda _: "a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
        signer="Slack documentation",
    )
    v.case("window-last-second", "As old as the window.", v.ok(), fields=at, now=T0 + WINDOW)
    v.case("past", "A second older than the window.", v.no("timestamp_past", "timestamp", known=False), fields=at,
           now=T0 + WINDOW + 1)
    v.case("future", "A second further ahead than the window.", v.no("timestamp_future", "timestamp", known=False),
           fields=at, now=T0 - WINDOW - 1)
    v.case("timestamp-changed", "The timestamp is signed.", v.no("signature_mismatch"), fields=at,
           wire={"timestamp": str(T0 + 1)})
    v.case("timestamp-missing", "No timestamp.", v.no("field_missing", "timestamp", known=False), fields=at,
           headers=lambda pairs: pairs[1:])
    v.case("timestamp-fraction", "A timestamp is digits.", v.no("timestamp_invalid", "timestamp", 10, False), fields=at,
           wire={"timestamp": f"{T0}.5"})
    v.case("version-1", "v1= is not v0=.", v.no("field_malformed", known=False), fields=at,
           headers=lambda pairs: [pairs[0], (pairs[1][0], "v1" + pairs[1][1][2:])])


def stripe():
    def write_headers(f):
        return [("Stripe-Signature", f"t={f['timestamp']},v1={f['signature']}")]

    v = Vendor("stripe", lambda fields, body: fields["timestamp"].encode() + b"." + body, write_headers, hexadecimal)
    at = {"timestamp": str(T0)}
    old = v.sign(at, BODY, "old")

    def form(text):
        """The header's value, with {t} and {v1} for the timestamp and the signature."""

        def change(pairs):
            t, v1 = pairs[0][1].split(",")
            return [("Stripe-Signature", text.format(t=t[2:], v1=v1[3:]))]

        return change

    zeros = "0" * 64
    v.case("accepted", "The plain form; without a nonce it is accepted again.", v.ok(), fields=at, repeat=[v.ok()])
    v.case("v0-is-skipped", "Test events have a v0 besides: it is no signature of this preset.", v.ok(), fields=at,
           headers=form("t={t},v1={v1},v0=" + zeros))
    v.case("rolled-secret", "While a secret is rolled there are two signatures; here the second is ours.", v.ok("old"),
           fields=at, key="old", signature=lambda s: zeros,
           headers=form("t={t},v1={v1},v1=" + old))
    v.case("both-secrets", "Both signatures are right.", v.ok(), fields=at, headers=form("t={t},v1={v1},v1=" + old))
    v.case("eight", "Eight signatures, the last of which is right.", v.ok(), fields=at, signature=lambda s: zeros,
           headers=form("t={t}" + f",v1={zeros}" * 7 + ",v1=" + v.sign(at, BODY, "now")))
    v.case("nine", "Nine signatures are too many, be the first right.", v.no("signature_limit", known=False), fields=at,
           headers=form("t={t},v1={v1}" + f",v1={zeros}" * 8))
    v.case("none-right", "Two signatures, and none is right.", v.no("signature_mismatch"), fields=at, signature=flip,
           headers=form("t={t},v1={v1},v1=" + zeros))
    v.case("one-malformed", "A signature that is malformed is not passed over.",
           v.no("signature_length", offset=1, known=False), fields=at, headers=form("t={t},v1={v1},v1=0"))
    v.case("v0-alone", "A v0 is no signature.", v.no("field_missing", known=False), fields=at,
           headers=form("t={t},v0={v1}"))
    v.case("timestamp-twice", "Two timestamps.", v.no("field_repeated", "timestamp", known=False), fields=at,
           headers=form("t={t},t={t},v1={v1}"))
    v.case("space", "A space makes another name.", v.no("field_missing", known=False), fields=at,
           headers=form("t={t}, v1={v1}"))
    v.case("no-name", "A part without a name.", v.no("field_malformed", offset=13, known=False), fields=at,
           headers=form("t={t},{v1}"))
    v.case("past", "A second older than the window.", v.no("timestamp_past", "timestamp", known=False), fields=at,
           now=T0 + WINDOW + 1)
    v.case("wide-key", "The one key is of HS512, and the preset of HMAC-SHA256.",
           v.no("key_alg_mismatch", "client_id"), fields=at,
           policy={"preset": "stripe", "keys": [{"key_id": "wide", "client_id": "stripe", "alg": "HS512",
                                                 "secret": "whsec_" + "stripe-secret-of-hs512-" * 4}]})


def standard_webhooks():
    def write_headers(f):
        return [("webhook-id", f["nonce"]), ("webhook-timestamp", f["timestamp"]),
                ("webhook-signature", "v1," + f["signature"])]

    def canonical(fields, body):
        return fields["nonce"].encode() + b"." + fields["timestamp"].encode() + b"." + body

    v = Vendor("standard-webhooks", canonical, write_headers, base64_of)
    at = {"nonce": "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W", "timestamp": str(T0)}

    def form(text):
        return lambda pairs: [*pairs[:2], ("webhook-signature", text.format(v1=pairs[2][1][3:]))]

    zeros = base64.b64encode(bytes(32)).decode("ascii")
    replayed = v.no("nonce_replayed", "nonce", key_id="now")
    v.case("accepted", "The plain form; the id is the nonce, and is accepted once.", v.ok(), fields=at,
           repeat=[replayed])
    v.case(
        "published",
        "The example of Svix's documentation, 'Verifying webhooks manually', under the headers' standard names.",
        v.ok("published"),
        fields={"nonce": "msg_p5jXN8AQM9LWM0D4loKWxJek", "timestamp": "1614265330"},
        body=b'{"test": 2432232314}',
        key="published",
        now=1614265330,
        signature=lambda _: "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        signer="Svix documentation",
    )
    again = {**at, "timestamp": str(T0 + 5)}
    v.case("retry", "A second attempt has the same id and another timestamp, and is signed anew.", v.ok(), fields=at,
           now=T0 + 5, repeat=[replayed], later=again)
    v.case("two", "Two signatures with a space between them; the second is ours.", v.ok(), fields=at,
           signature=lambda s: zeros,
           headers=form("v1,{v1} v1," + v.sign(at, BODY, "now")))
    v.case("v1a-is-skipped", "An asymmetric signature stands beside ours.", v.ok(), fields=at,
           headers=form("v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw v1,{v1}"))
    v.case("v1a-alone", "An asymmetric signature alone.", v.no("field_missing", known=False), fields=at,
           headers=form("v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw"))
    v.case("id-with-full-stop", "A full stop in the id would move the border of id and timestamp.",
           v.no("nonce_invalid", "nonce", 5, False), fields={**at, "nonce": "msg_2.1700000000"})
    v.case("id-changed", "The id is signed.", v.no("signature_mismatch"), fields=at, wire={"nonce": "msg_3"})
    v.case("no-padding", "Base64 without its padding.", v.no("signature_length", offset=43, known=False), fields=at,
           signature=lambda s: s.rstrip("="))
    v.case("base64url", "The alphabet of base64url.", v.no("signature_encoding", offset=zeros.index("="), known=False),
           fields=at, signature=lambda s: zeros[:-1] + "-")
    v.case("no-room-for-padding", "As long as 32 bytes are, and 33 bytes.",
           v.no("signature_encoding", offset=43, known=False), fields=at, signature=lambda s: s[:-1] + "A")
    v.case("more-padding", "As long as 32 bytes are, and 31 bytes.",
           v.no("signature_encoding", offset=42, known=False), fields=at, signature=lambda s: zeros[:-2] + "==")
    v.case("trailing-bits", "Bits behind the last byte.", v.no("signature_encoding", offset=42, known=False), fields=at,
           signature=lambda s: zeros[:-2] + "B=")
    v.case("two-spaces", "Two spaces have nothing between them.", v.no("field_malformed", offset=48, known=False),
           fields=at, headers=form("v1,{v1}  v1,{v1}"))
    v.case("past", "A second older than the window.", v.no("timestamp_past", "timestamp", known=False), fields=at,
           now=T0 + WINDOW + 1)


github()
slack()
stripe()
standard_webhooks()
