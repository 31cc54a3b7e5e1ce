"""What signs the http-signature cases (RFC 9421, RFC 9530): requests, signed by Python's hmac and by `cryptography`: see http_keys.py. The signature
base is put together here from the RFC's text, for the components that the cases cover."""
import base64
import hashlib
import re
import urllib.parse

from common import T0, accepted, load_policy, rejected, request, write
from http_keys import SIGNERS

SCHEME = "http-signature"
POLICY = load_policy(SCHEME)
BODY = b'{"hello": "world"}'
TARGET = "/v1/orders?limit=10&name=a%20b"
COVERED = ['"@method"', '"@authority"', '"@path"', '"@query"', '"content-digest"']
SIGNER = "Python hmac and cryptography"


def digest(body, name="sha-256"):
    made = hashlib.new(name.replace("-", ""), body).digest()
    return f"{name}=:{base64.b64encode(made).decode('ascii')}:"


HEADERS = [("Host", "api.example.com"), ("Content-Type", "application/json"), ("Content-Digest", digest(BODY))]


# ---- the signature base (RFC 9421 section 2) ----


def query_param(query, name):
    pairs = [pair.partition("=") for pair in query.split("&")]
    values = [v for n, _, v in pairs if urllib.parse.unquote_plus(n) == urllib.parse.unquote(name)]
    (value,) = values
    # The application/x-www-form-urlencoded percent-encode set, which has the tilde, too.
    return urllib.parse.quote(urllib.parse.unquote_to_bytes(value.replace("+", " ")), safe="*-._").replace("~", "%7E")


def field(headers, name):
    return [value.strip() for key, value in headers if key.lower() == name]


def value_of(identifier, method, target, headers, scheme, authority):
    name, params = re.fullmatch(r'"([^"]+)"(.*)', identifier).groups()
    path, _, query = target.partition("?")
    derived = {
        "@method": method,
        "@authority": authority,
        "@scheme": scheme,
        "@path": path or "/",
        "@query": "?" + query,
        "@request-target": target,
        "@target-uri": f"{scheme}://{authority}{target}",
    }
    if name in derived:
        return derived[name]
    if name == "@query-param":
        return query_param(query, re.fullmatch(r';name="(.*)"', params).group(1))
    lines = field(headers, name)
    if params == ";bs":
        return ", ".join(f":{base64.b64encode(line.encode()).decode('ascii')}:" for line in lines)
    if params.startswith(";key="):
        members = dict(member.partition("=")[::2] for line in lines for member in re.split(r"[ \t]*,[ \t]*", line))
        return re.sub(" +", " ", members[params[6:-1]])  # between the items of an inner list
    return ", ".join(lines)  # `sf` is covered only where the value is canonical already


def base_of(components, params, **message):
    lines = [f"{identifier}: {value_of(identifier, **message)}" for identifier in components]
    return "\n".join([*lines, f'"@signature-params": ({" ".join(components)}){params}']).encode("utf-8")


# ---- a request, signed ----


def params_of(key="c7-2026", created=T0, nonce="n-5f1c8d3e", more=""):
    return (
        ("" if created is None else f";created={created}")
        + ("" if key is None else f';keyid="{key}"')
        + ("" if nonce is None else f';nonce="{nonce}"')
        + more
    )


class Signed:
    """A request as a client would sign it. `wire` changes what arrives: a function of (method, target, headers, body).
    `given` are the params where they are not made of the others."""

    def __init__(
        self,
        name,
        key="c7-2026",
        components=COVERED,
        method="POST",
        target=TARGET,
        headers=HEADERS,
        body=BODY,
        scheme="https",
        authority="api.example.com",
        label="sig1",
        sign_as=None,
        wire=None,
        text=None,
        params=None,
        before=(),
        **given,
    ):
        self.label, self.headers, self.authority = label, headers, authority
        params = params_of(key, **given) if params is None else params
        message = {"method": method, "target": target, "headers": headers, "scheme": scheme, "authority": authority}
        self.base = text or base_of(components, params, **message)
        self.input = f'({" ".join(components)}){params}'
        made = SIGNERS[sign_as or key](name, self.base)
        self.signature = base64.b64encode(made).decode("ascii")
        pairs = [
            *headers,
            *before,
            ("Signature-Input", f"{label}={self.input}"),
            ("Signature", f"{label}=:{self.signature}:"),
        ]
        sent = {"method": method, "target": target, "headers": pairs, "body": body}
        if wire:
            sent.update(wire(sent) or {})
        self.sent = sent
        self.request = request(**sent)

    def arrived(self):
        """The base of what arrived, which is not what was signed where something was changed on the way."""
        headers = self.sent["headers"]
        given = next(value for key, value in headers if key == "Signature-Input" and self.label in value)
        covered, params = re.search(re.escape(self.label) + r"=\(([^)]*)\)(.*)$", given).groups()
        authority = self.authority
        if field(headers, "host") != field(self.headers, "host"):
            authority = field(headers, "host")[0]
        message = {"method": self.sent["method"], "target": self.sent["target"], "headers": headers}
        return base_of(covered.split(), params.replace("; ", ";"), scheme="https", authority=authority, **message)

    def at(self, text, name="Signature-Input"):
        """The header with this name and where `text` stands in it."""
        for index, (key, value) in enumerate(self.sent["headers"]):
            if key == name and text in value:
                return {"field": "header", "offset": value.index(text), "header": index}
        raise ValueError(text)


def policy_with(jwks="../jwks.json", keys=None, http=None, **more):
    policy = {"preset": SCHEME, "nonces": {"capacity": 1000}, **more}
    if http is not None:
        policy["http_signature"] = http
    if jwks:
        policy.update({"jwks_file": jwks, "jwks_client_id": "partner"})
    policy["keys"] = POLICY["keys"] if keys is None else keys
    if not policy["keys"]:
        del policy["keys"]
    return policy


def case(name, about, verdict, now=T0, policy=None, again=None, **signed):
    one = Signed(name, **signed)
    verdict = verdict(one) if callable(verdict) else verdict
    verdicts = [verdict] if again is None else [verdict, again]
    early = verdict["stage"] in ("request", "credential")  # which may have no signed text at all
    write(
        SCHEME,
        name,
        about=about,
        signer=SIGNER,
        now=now,
        requests=[one.request] * len(verdicts),
        verdicts=verdicts,
        canonical=None if early else one.arrived(),
        policy=policy,
    )


def ok(client="client-7", key="c7-2026"):
    return accepted(client, key)


def no(reason, text=None, name="Signature-Input", client_id=None, key_id=None, field=None):
    def verdict(one):
        if text is None:
            return rejected(reason, field, client_id=client_id, key_id=key_id)
        where = one.at(text, name)
        return rejected(reason, where["field"], where["offset"], client_id, key_id, where["header"])

    return verdict


def headers_as(change):
    """On the wire the headers are as `change` leaves them: a function of name and value that gives pairs."""
    return lambda sent: {"headers": [pair for key, value in sent["headers"] for pair in change(key, value)]}


def value_as(name, change):
    return headers_as(lambda key, value: [(key, change(value) if key == name else value)])


