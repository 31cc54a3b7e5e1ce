"""What the scripts of AWS Signature Version 4 share: requests as botocore signs them, what is signed of a request as it
arrived, and the files of a case."""
import base64
import datetime
import hashlib
import types
from urllib.parse import parse_qsl, quote, unquote_to_bytes, urlsplit

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from common import T0, accepted, load_policy, rejected, request, secret_of, write

HOST = "api.example"
FIRST, SECOND = "AKIACORPUS0000000001", "AKIACORPUS0000000004"  # keys of one client
ENDED = "AKIACORPUS0000000002"  # of another
POLICY = load_policy("aws-sigv4")
S3_POLICY = {**POLICY, "aws_sigv4": {"region": "eu-central-1", "service": "s3"}}
UNSIGNED = "UNSIGNED-PAYLOAD"
AWS_WINDOW = 900


def policy_with(policy=POLICY, **more):
    return {**policy, "aws_sigv4": {**policy["aws_sigv4"], **more}}


def stamp_of(now):
    return datetime.datetime.utcfromtimestamp(now).strftime("%Y%m%dT%H%M%SZ")


def set_clock(now):
    """The time at which botocore signs."""

    class Clock(datetime.datetime):
        @classmethod
        def utcnow(cls):
            return cls.utcfromtimestamp(now)

    botocore.auth.datetime = types.SimpleNamespace(datetime=Clock)


def credentials_of(policy, key_id, token=None):
    key = next(key for key in policy["keys"] if key["key_id"] == key_id)
    return Credentials(key["key_id"], secret_of(policy, key_id).decode("utf-8"), token)


def signed(
    method="GET",
    target="/v1/orders?limit=10",
    headers=(),
    body=b"",
    *,
    auth=botocore.auth.SigV4Auth,
    policy=POLICY,
    key=FIRST,
    token=None,
    now=T0,
    expires=None,
    unsigned=False,
    host=HOST,
    region=None,
    service=None,
):
    """A request line that botocore has signed; presigned where `expires` is given."""
    set_clock(now)
    aws = AWSRequest(method=method, url=f"https://{host}{target}", data=body)
    for name, value in headers:
        aws.headers[name] = value
    if unsigned:
        aws.context["payload_signing_enabled"] = False
    scope = (service or policy["aws_sigv4"]["service"], region or policy["aws_sigv4"]["region"])
    more = () if expires is None else (expires,)
    auth(credentials_of(policy, key, token), *scope, *more).add_auth(aws)
    arrived = aws.url[len(f"https://{host}") :]
    return request([("Host", host), *aws.headers.items()], method, arrived, body or None)


def body_of(line):
    if "body_base64" in line:
        return base64.b64decode(line["body_base64"])
    return line.get("body", "").encode("utf-8")


def header(line, name):
    return next((value for n, value in line["headers"] if n.lower() == name), None)


def index_of(line, name):
    return next(i for i, (n, _) in enumerate(line["headers"]) if n.lower() == name)


def parts_of(line):
    """What the request says of itself."""
    query = dict(parse_qsl(urlsplit(line["target"]).query, keep_blank_values=True, encoding="latin-1"))
    if "X-Amz-Algorithm" in query:
        parts = {name: query.get("X-Amz-" + name) for name in ("Credential", "SignedHeaders", "Signature", "Date")}
        parts["Hash"] = query.get("X-Amz-Content-Sha256")
    else:
        pairs = header(line, "authorization").split(" ", 1)[1].split(",")
        parts = dict(pair.strip().split("=", 1) for pair in pairs)
        parts |= {"Date": header(line, "x-amz-date"), "Hash": None}
    return parts | {
        "presigned": "X-Amz-Algorithm" in query,
        "Hash": parts["Hash"] or header(line, "x-amz-content-sha256"),
    }


class AsArrived(botocore.auth.SigV4Auth):
    """Signs what a request says is signed, of what arrived."""

    def __init__(self, line, policy, key_id):
        scope = policy["aws_sigv4"]
        super().__init__(credentials_of(policy, key_id), scope["service"], scope["region"])
        self.line, self.parts = line, parts_of(line)
        self.path = scope.get("path", "s3" if scope["service"] == "s3" else "normalized")

    def headers_to_sign(self, request):
        chosen = botocore.auth.HTTPHeaders()
        for name, value in self.line["headers"]:
            if name.lower() in self.parts["SignedHeaders"].split(";"):
                chosen[name.lower()] = value
        return chosen

    def canonical_query_string(self, request):
        pairs = [pair.partition("=") for pair in urlsplit(request.url).query.split("&") if pair]
        again = [tuple(quote(unquote_to_bytes(text), safe="-_.~") for text in (pair[0], pair[2])) for pair in pairs]
        return "&".join(f"{name}={value}" for name, value in sorted(again) if name != "X-Amz-Signature")

    def payload(self, request):
        if self.parts["Hash"]:
            return self.parts["Hash"]
        if self.path == "s3" and self.parts["presigned"]:
            return UNSIGNED
        return hashlib.sha256(body_of(self.line)).hexdigest()

    def _normalize_url_path(self, path):
        if self.path == "normalized":
            return super()._normalize_url_path(path)
        if self.path == "encoded":
            return quote(path, safe="/~")
        return "/".join(quote(unquote_to_bytes(segment), safe="~") for segment in path.split("/"))


def pins_of(line, policy, key_id):
    """The fields, and every step from the canonical request to the signature that would be right."""
    auth = AsArrived(line, policy, key_id)
    aws = AWSRequest(method=line["method"], url=f"https://{HOST}{line['target']}")
    aws.context["timestamp"] = auth.parts["Date"]
    canonical = auth.canonical_request(aws)
    to_sign = auth.string_to_sign(aws, canonical)
    key_id, _, scope = auth.parts["Credential"].partition("/")
    fields = {
        "key_id": key_id,
        "scope": scope,
        "timestamp": auth.parts["Date"],
        "signed_headers": auth.parts["SignedHeaders"],
        "signature": auth.parts["Signature"],
    }
    return {
        "fields": fields,
        "canonical": canonical.encode("utf-8"),
        "digest": auth.signature(to_sign, aws),
        "files": {"string_to_sign.txt": to_sign},
    }


def case(name, about, line, verdict, *, now=T0, policy=None, key=FIRST, signer="botocore"):
    pins = {}
    if verdict["stage"] not in ("request", "credential"):
        pins = pins_of(line, policy or POLICY, key)
    if verdict["stage"] == "key":
        del pins["digest"]
    if verdict["verdict"] == "accepted":
        assert pins["digest"] == pins["fields"]["signature"].lower(), name
    write(
        "aws-sigv4",
        name,
        about=about,
        signer=signer,
        now=now,
        requests=[line],
        verdicts=[verdict],
        policy=policy,
        **pins,
    )


def edited(line, *edits, **more):
    """The request, changed on the way: each edit is (what, with) in the target or in a header's value."""
    line = {**line, "headers": [list(pair) for pair in line["headers"]], **more}
    for what, put in edits:
        places = [("target", line["target"])] + [(i, value) for i, (_, value) in enumerate(line["headers"])]
        place, text = next((place, text) for place, text in places if what in text)
        if place == "target":
            line["target"] = text.replace(what, put, 1)
        else:
            line["headers"][place][1] = text.replace(what, put, 1)
    return line


def without(line, name):
    return {**line, "headers": [pair for pair in line["headers"] if pair[0].lower() != name]}


def with_header(line, name, value, at=None):
    headers = list(line["headers"])
    headers.insert(len(headers) if at is None else at, [name, value])
    return {**line, "headers": headers}


def no(reason, field=None, offset=0, key=FIRST, header_index=None, client=None):
    """The client is known where the key is: from the signature on."""
    if reason in ("signature_mismatch", "payload_hash_mismatch") and client is None:
        client = "orders"
    return rejected(reason, field, offset, client, key, header_index)


OK = accepted("orders", FIRST)
ORDER = b'{"item":"x","count":2}'
HASH = hashlib.sha256(ORDER).hexdigest()
JSON = [("Content-Type", "application/json")]
S3_UNSIGNED = policy_with(S3_POLICY, allow_unsigned_payload=True)


def with_hash(body=ORDER):
    return [*JSON, ("X-Amz-Content-Sha256", hashlib.sha256(body).hexdigest())]


def get(**more):
    return signed(**more)


def post(**more):
    return signed("POST", "/v1/orders", with_hash(), ORDER, **more)


def presigned(expires=3600, auth=botocore.auth.SigV4QueryAuth, **more):
    return signed(expires=expires, auth=auth, **more)
