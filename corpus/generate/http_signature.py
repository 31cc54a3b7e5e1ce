"""The cases of http-signature: what is accepted, and the neighbour of each rule that is not."""
import os

from common import T0, VECTORS, WINDOW, pretty, rejected, write
from http_keys import JWKS, JWKS_V1_5, rfc_jwks
from http_signing import (BODY, COVERED, HEADERS, SCHEME, base_of, case, digest, headers_as, no, ok, params_of,
                          policy_with, value_as)

GET = {"method": "GET", "body": None, "headers": HEADERS[:2], "components": COVERED[:4]}


def keys_files():
    for name, keys in ("jwks.json", JWKS), ("jwks-v1_5.json", JWKS_V1_5), ("jwks-rfc9421.json", rfc_jwks()):
        with open(os.path.join(VECTORS, SCHEME, name), "w", encoding="ascii") as file:
            file.write(pretty({"keys": keys}))


def algorithms():
    case("hmac-sha256", "A body, covered by its digest, and HMAC.", ok())
    case("hmac-sha256-again", "The same bytes twice: the nonce is claimed once.", ok(),
         again=rejected("nonce_replayed", "nonce", client_id="client-7", key_id="c7-2026"))
    for key in "ed25519", "p-256", "p-384", "rsa-pss":
        case(key, "A public key out of the JWK Set.", ok("partner", key), key=key)
    case("rsa-v1_5", "A public key out of the JWK Set.", ok("partner", "rsa-v1_5"), key="rsa-v1_5",
         policy=policy_with("../jwks-v1_5.json"))
    names = {"c7-2026": "hmac-sha256", "ed25519": "ed25519", "p-256": "ecdsa-p256-sha256",
             "p-384": "ecdsa-p384-sha384", "rsa-pss": "rsa-pss-sha512"}
    for key, alg in names.items():
        case(f"alg-{alg}", "alg names the key's own algorithm.", ok("client-7" if key == "c7-2026" else "partner", key),
             key=key, more=f';alg="{alg}"')
    case("alg-of-another-key", "The key decides: an Ed25519 key does not become an HMAC secret by the request's alg.",
         no("key_unknown", "ed25519\";nonce"), key="ed25519", more=';alg="hmac-sha256"')
    case("alg-pkcs1-for-pss", "Two algorithms of one kind of key are two.", no("key_unknown", "rsa-pss\";nonce"),
         key="rsa-pss", more=';alg="rsa-v1_5-sha256"')
    for name, alg in {"none": "none", "capital": "HMAC-SHA256", "of-jose": "HS256", "ed448": "ed448"}.items():
        case(f"alg-{name}", "Not a name of RFC 9421 section 3.3, byte for byte.", no("alg_not_allowed", f'{alg}"'),
             more=f';alg="{alg}"')
    case("alg-not-on-the-list", "The policy allows Ed25519 only.", no("alg_not_allowed", "hmac-sha256"),
         more=';alg="hmac-sha256"', policy=policy_with(http={"algorithms": ["ed25519"]}))
    case("alg-of-the-key-not-on-the-list", "The same without alg: it is the key's.",
         no("key_unknown", "c7-2026"), policy=policy_with(http={"algorithms": ["ed25519"]}))
    case("alg-required", "The policy wants alg.", no("parameter_missing", '("@method"'),
         policy=policy_with(http={"required_parameters": ["alg"]}))


def components():
    case("get", "No body, no digest.", ok(), **GET)
    case("target-uri", "@target-uri stands for scheme, authority, path and query.", ok(),
         components=['"@method"', '"@target-uri"', '"content-digest"'])
    case("request-target", "@request-target stands for path and query.", ok(),
         components=['"@method"', '"@authority"', '"@request-target"', '"content-digest"'])
    case("query-param", "Single parameters, beside what the policy asks for.", ok(),
         components=[*COVERED, '"@query-param";name="limit"', '"@query-param";name="name"'])
    case("query-absent", "An absent query is signed as a question mark.", ok(), **{**GET, "target": "/v1/orders"})
    case("scheme", "@scheme is what the policy says.", ok(), components=[*COVERED, '"@scheme"'])
    case("authority-capital", "A host is signed in lower case.", ok(),
         headers=[("Host", "API.Example.COM"), *HEADERS[1:]])
    case("authority-default-port", "The default port is left out.", ok(),
         headers=[("Host", "api.example.com:443"), *HEADERS[1:]])
    case("authority-other-port", "Another port is not.", ok(), authority="api.example.com:8443",
         headers=[("Host", "api.example.com:8443"), *HEADERS[1:]])
    case("authority-of-the-policy", "The policy's authority counts, not the Host field.", ok(),
         headers=[("Host", "inner.example"), *HEADERS[1:]], policy=policy_with(http={"authority": "api.example.com"}))
    case("lines-of-a-field", "Several lines of a field are joined.", ok(), components=[*COVERED, '"x-list"'],
         headers=[*HEADERS, ("X-List", "a"), ("X-LIST", "b, c")])
    case("field-bs", "Each line as a byte sequence.", ok(), components=[*COVERED, '"x-list";bs'],
         headers=[*HEADERS, ("X-List", "a"), ("X-List", "b, c")])
    case("field-key", "One member of a dictionary.", ok(), components=[*COVERED, '"priority";key="u"'],
         headers=[*HEADERS, ("Priority", "u=3, i=?1")])
    case("field-sf", "A structured field, written anew.", ok(), components=[*COVERED[:4], '"content-digest";sf'])
    case("field-empty", "An empty value is a value.", ok(), components=[*COVERED, '"x-empty"'],
         headers=[*HEADERS, ("X-Empty", "")])
    case("component-missing", "A covered field is not in the request.", no("component_missing", '"x-gone"'),
         components=[*COVERED, '"x-gone"'])
    case("component-twice", "A component is covered twice.", no("component_repeated", '"@method")'),
         components=[*COVERED, '"@method"'])
    case("component-status", "@status is a response's.", no("component_unsupported", '"@status"'),
         components=[*COVERED, '"@status"'], text=b"not made")
    case("component-req", "req is for responses.", no("component_unsupported", '"x-a";req'),
         components=[*COVERED, '"x-a";req'], text=b"not made")
    case("component-capital", "Names of fields are in lower case.", no("signature_input_invalid", '"X-A"'),
         components=[*COVERED, '"X-A"'], headers=[*HEADERS, ("X-A", "1")], text=b"not made")
    case("component-control", "A tab may be signed, a byte above 0x7e may not.", no("component_invalid", '"x-a"'),
         components=[*COVERED, '"x-a"'], headers=[*HEADERS, ("X-A", "\u00e9")], text=b"not made")
    case("query-param-twice", "Which of two the application reads is not known.",
         no("component_invalid", '"@query-param"'), components=[*COVERED, '"@query-param";name="a"'],
         target="/?a=1&a=2", text=b"not made")
    for index, name in enumerate(["method", "authority", "path", "query"]):
        case(f"without-{name}", "The policy wants it covered.", no("component_not_signed", '("'),
             components=[part for i, part in enumerate(COVERED) if i != index])
    case("policy-wants-a-field", "A field that the policy names.", no("component_not_signed", '("'),
         policy=policy_with(http={"components": ["@method", "content-type"]}))
    case("policy-wants-a-parameter", "A query parameter that the policy names.", ok(),
         components=['"@query-param";name="limit"', '"content-digest"'],
         policy=policy_with(http={"components": ['@query-param;name="limit"']}))
    long_value = "x" * 16000
    case("base-too-long", "What is signed has a limit.", no("signature_base_too_long", '("'),
         components=[*COVERED, '"x-long"', '"x-longer"'],
         headers=[*HEADERS, ("X-Long", long_value), ("X-Longer", long_value)])


def bodies():
    case("digest-sha-512", "The other algorithm of RFC 9530.", ok(),
         headers=[*HEADERS[:2], ("Content-Digest", digest(BODY, "sha-512"))])
    case("digest-both", "Both; each is compared.", ok(),
         headers=[*HEADERS[:2], ("Content-Digest", digest(BODY) + ", " + digest(BODY, "sha-512"))])
    case("digest-one-of-two-wrong", "One of two is not the body's.", no("digest_mismatch", "sha-512", "Content-Digest"),
         headers=[*HEADERS[:2], ("Content-Digest", digest(BODY) + ", " + digest(BODY + b" ", "sha-512"))])
    case("digest-md5-beside", "Unknown algorithms beside a known one are ignored.", ok(),
         headers=[*HEADERS[:2], ("Content-Digest", digest(BODY) + ", md5=:AAAAAAAAAAAAAAAAAAAAAA==:")])
    case("digest-md5-alone", "None that is known.", no("digest_unsupported", "md5", "Content-Digest"),
         headers=[*HEADERS[:2], ("Content-Digest", "md5=:AAAAAAAAAAAAAAAAAAAAAA==:")])
    case("digest-short", "A digest of 16 bytes.", no("digest_invalid", "sha-256", "Content-Digest"),
         headers=[*HEADERS[:2], ("Content-Digest", "sha-256=:AAAAAAAAAAAAAAAAAAAAAA==:")])
    case("digest-no-bytes", "A digest is a byte sequence.", no("digest_invalid", "sha-256", "Content-Digest"),
         headers=[*HEADERS[:2], ("Content-Digest", "sha-256=1")])
    case("body-changed", "Another body than the digest's.", no("digest_mismatch", "sha-256", "Content-Digest"),
         wire=lambda sent: {"body": b'{"hello": "World"}'})
    case("body-removed", "The body was taken away.", no("digest_mismatch", "sha-256", "Content-Digest"),
         wire=lambda sent: {"body": None})
    case("body-added", "A body that the signature knows nothing of.", no("body_not_signed", field="body"),
         wire=lambda sent: {"body": b"x"}, **GET)
    case("body-not-covered", "A digest that is not covered.", no("body_not_signed", field="body"),
         components=COVERED[:4])
    case("body-digest-of-one-key", "One member of the digest is not the field.", no("body_not_signed", field="body"),
         components=[*COVERED[:4], '"content-digest";key="sha-256"'])
    case("body-unsigned-allowed", "The policy lets it pass.", ok(), components=COVERED[:4],
         policy=policy_with(allow_unsigned_body=True))
    case("digest-twice", "Two Content-Digest fields.", no("field_repeated", digest(b"x"), "Content-Digest"),
         headers=[*HEADERS, ("Content-Digest", digest(b"x"))])


def parameters():
    case("created-oldest", "The last second.", ok(), created=T0 - WINDOW)
    case("created-too-old", "One second more.", no("timestamp_past", '("'), created=T0 - WINDOW - 1)
    case("created-newest", "The other side.", ok(), created=T0 + WINDOW)
    case("created-too-new", "One second more.", no("timestamp_future", '("'), created=T0 + WINDOW + 1)
    case("created-missing", "A signature without a time protects for ever.", no("parameter_missing", '("'), created=None)
    case("keyid-missing", "Whose key it is must be said.", no("parameter_missing", '("'),
         params=params_of(None), sign_as="c7-2026")
    case("nonce-missing", "A nonce is needed where the policy does not say otherwise.",
         no("parameter_missing", '("'), nonce=None)
    case("nonce-not-required", "Then the same request is accepted again.", ok(), again=ok(), nonce=None,
         policy=policy_with(http={"required_parameters": []}))
    case("nonce-all-the-same", "A nonce that is there counts, required or not.", ok(),
         again=rejected("nonce_replayed", "nonce", client_id="client-7", key_id="c7-2026"),
         policy=policy_with(http={"required_parameters": []}))
    case("nonce-128-bytes", "The longest.", ok(), nonce="n" * 128)
    case("nonce-129-bytes", "One byte more.", no("nonce_invalid", 'm"'), nonce="n" * 128 + "m")
    case("nonce-space", "A byte that no nonce has.", no("nonce_invalid", " b\""), nonce="a b")
    case("nonce-empty", "An empty nonce is none.", no("nonce_invalid", '";x'), nonce="", more=";x=1")
    case("expires-last-second", "Accepted through it.", ok(), more=f";expires={T0}")
    case("expires-over", "Not a second longer.", no("signature_expired", '("'), more=f";expires={T0 - 1}")
    case("expires-leeway", "But for the policy's leeway.", ok(), more=f";expires={T0 - 5}",
         policy=policy_with(http={"leeway_seconds": 5}))
    case("expires-leeway-over", "And not a second longer.", no("signature_expired", '("'), more=f";expires={T0 - 6}",
         policy=policy_with(http={"leeway_seconds": 5}))
    case("expires-required", "The policy wants expires.", no("parameter_missing", '("'),
         policy=policy_with(http={"required_parameters": ["expires"]}))
    case("tag-of-the-policy", "A tag that the policy names.", ok(), more=';tag="orders"',
         policy=policy_with(http={"tag": "orders"}))
    case("tag-of-another", "A signature for something else.",
         no("signature_not_found", field="signature"), more=';tag="order"', policy=policy_with(http={"tag": "orders"}))
    case("tag-not-asked-for", "Without a policy for it, a tag is signed and not looked at.", ok(), more=';tag="any"')
    case("parameter-unknown", "A parameter that the RFC does not know is signed as it stands.", ok(),
         more=';x-own=?0;y=1.5;z')
    case("created-string", "created is an integer.", no("signature_input_invalid", "created"),
         params=f';created="{T0}";keyid="c7-2026";nonce="n"')
    case("created-negative", "A time before 1970.", no("signature_input_invalid", "created"), created=-1)
    case("keyid-token", "keyid is a string.", no("signature_input_invalid", "keyid"),
         params=f';created={T0};keyid=c7-2026;nonce="n"')
    case("keyid-empty", "An empty key id names no key.", no("kid_invalid", '";nonce'),
         params=f';created={T0};keyid="";nonce="n"')
    case("keyid-129-bytes", "Longer than any key id.", no("kid_invalid", "kkk"),
         params=f';created={T0};keyid="{"k" * 129}";nonce="n"')
    case("parameter-twice", "A parameter twice.", no("signature_input_invalid", f"created={T0 + 1}"),
         params=f';created={T0};created={T0 + 1};keyid="c7-2026";nonce="n"')


def keys():
    case("key-unknown", "No key has this id.", no("key_unknown", "c8-2026"), key="c8-2026", sign_as="c7-2026")
    case("key-case", "An id is exact.", no("key_unknown", "C7-2026"), key="C7-2026", sign_as="c7-2026")
    case("key-of-two-clients", "An id that two clients have names neither.", no("key_ambiguous", "common"),
         key="common")
    case("key-last-second", "A key at its end.", ok("client-7", "c7-old"), key="c7-old")
    case("key-past-its-end", "A second later.",
         no("key_expired", "c7-old", client_id="client-7", key_id="c7-old"), key="c7-old", now=T0 + 1)
    case("key-of-another", "Signed by another key than the one that is named.",
         signature_wrong(), sign_as="c7-old")
    case("changed-method", "Another method.", signature_wrong(), wire=lambda sent: {"method": "PUT"})
    case("changed-path", "Another path.", signature_wrong(),
         wire=lambda sent: {"target": sent["target"].replace("orders", "order")})
    case("changed-query", "Another encoding of the query is another query.", signature_wrong(),
         wire=lambda sent: {"target": sent["target"].replace("%20", "+")})
    case("changed-host", "Another host.", signature_wrong(), wire=value_as("Host", lambda value: "api.example.org"))
    case("changed-nonce", "Another nonce.", signature_wrong(),
         wire=value_as("Signature-Input", lambda value: value.replace("n-5f1c", "n-6f1c")))
    case("changed-order", "The components in another order.", signature_wrong(),
         wire=value_as("Signature-Input", lambda value: value.replace('"@path" "@query"', '"@query" "@path"')))
    case("scheme-of-another", "Signed for http, verified for https.", signature_wrong(), scheme="http",
         components=[*COVERED, '"@scheme"'])
    case("p-256-72-bytes", "As long as in DER, which is not the form of RFC 9421 section 3.3.4.",
         no("signature_length", "AAAA", "Signature", "partner", "p-256"), key="p-256",
         wire=value_as("Signature", lambda value: "sig1=:" + "AAAA" * 24 + ":"))
    case("p-256-zero", "r and s of zero.", signature_wrong("partner", "p-256"), key="p-256",
         wire=value_as("Signature", lambda value: "sig1=:" + "A" * 86 + "==:"))


def signature_wrong(client="client-7", key="c7-2026", reason="signature_mismatch"):
    def verdict(one):
        where = one.at("=:", "Signature")
        return rejected(reason, "header", where["offset"] + 2, client, key, where["header"])

    return verdict


def add(name, value):
    """One more line of a field, in front of the others."""
    return headers_as(lambda key, own: [(key, value), (key, own)] if key == name else [(key, own)])


def fields():
    def wire(name, change):
        return {"wire": value_as(name, change)}

    none = {"field": "signature"}
    case("spaces-in-the-list", "Spaces between the components and before parameters are no part of what is signed.",
         ok(), **wire("Signature-Input", lambda v: v.replace('" "', '"   "').replace("(", "( ").replace(";c", "; c")))
    case("label-other", "The label is not signed and says nothing.", ok(), label="another-label")
    case("label-of-the-policy", "The policy says which label counts.", ok(), label="app",
         wire=value_as("Signature-Input", lambda v: 'proxy=("@path");keyid="p", ' + v),
         policy=policy_with(http={"label": "app"}))
    case("label-missing", "No signature has the policy's label.", no("signature_not_found", **none),
         policy=policy_with(http={"label": "app"}))
    case("label-on-two-lines", "Each field is one dictionary over all its lines.", ok(), label="app",
         wire=add("Signature-Input", 'proxy=("@path");keyid="p"'), policy=policy_with(http={"label": "app"}))
    case("two-signatures", "Two, and a policy that does not say which.", no("signature_ambiguous", "sig1"),
         **wire("Signature-Input", lambda v: 'proxy=("@path");keyid="p", ' + v))
    case("two-of-one-tag", "Two with the policy's tag.", no("signature_ambiguous", "sig1"), more=';tag="orders"',
         policy=policy_with(http={"tag": "orders"}),
         **wire("Signature-Input", lambda v: 'proxy=("@path");keyid="p";tag="orders", ' + v))
    case("label-twice", "One label twice.", no("signature_input_invalid", 'sig1=("@path")'),
         **wire("Signature-Input", lambda v: v + ', sig1=("@path");keyid="p"'))
    case("input-missing", "No Signature-Input.", no("field_missing", **none),
         wire=headers_as(lambda key, value: [] if key == "Signature-Input" else [(key, value)]))
    case("signature-missing", "No Signature.", no("field_missing", **none),
         wire=headers_as(lambda key, value: [] if key == "Signature" else [(key, value)]))
    case("signature-of-another-label", "A signature under another label.", no("field_missing", **none),
         **wire("Signature", lambda v: v.replace("sig1", "sig2")))
    case("input-empty", "An empty Signature-Input names no signature.", no("signature_not_found", **none),
         **wire("Signature-Input", lambda v: ""))
    case("input-no-list", "A signature's input is an inner list.", no("signature_input_invalid", "sig1=1"),
         **wire("Signature-Input", lambda v: "sig1=1"))
    case("input-comma-behind", "A comma with nothing behind it.", no("signature_input_invalid", ","),
         **wire("Signature-Input", lambda v: v + ","))
    case("input-token-component", "A component is a string.", no("signature_input_invalid", "date"),
         components=[*COVERED, "date"], text=b"not made")
    case("signature-no-bytes", "A signature is a byte sequence.", no("signature_encoding", "sig1", "Signature"),
         **wire("Signature", lambda v: 'sig1="' + v[6:-1] + '"'))
    case("signature-with-a-parameter", "A parameter that nobody signed.", no("signature_encoding", "sig1", "Signature"),
         **wire("Signature", lambda v: v + ";a=1"))
    case("signature-without-padding", "Base64 with its padding.", signature_unpadded,
         **wire("Signature", lambda v: v[:-2] + ":"))
    case("signature-empty", "A signature of no bytes.", signature_wrong(None, None, "signature_length"),
         **wire("Signature", lambda v: "sig1=::"))
    case("signature-short", "A byte too short.", signature_wrong(reason="signature_length"),
         **wire("Signature", lambda v: "sig1=:" + "A" * 42 + "==:"))
    case("signature-zero", "A MAC of zeros.", signature_wrong(), **wire("Signature", lambda v: "sig1=:" + "A" * 43 + "=:"))


def signature_unpadded(one):
    where = one.at("sig1", "Signature")
    value = one.sent["headers"][where["header"]][1]
    return rejected("signature_encoding", "header", value.rindex(":"), header=where["header"])


# ---- RFC 9421 appendix B.2 ----

RFC_BODY = b'{"hello": "world"}'
RFC_HEADERS = [
    ("Host", "example.com"),
    ("Date", "Tue, 20 Apr 2021 02:07:55 GMT"),
    ("Content-Type", "application/json"),
    ("Content-Digest", digest(RFC_BODY, "sha-512")),
    ("Content-Length", "18"),
]
RFC_CASES = {
    "b21": (
        '();created=1618884473;keyid="test-key-rsa-pss";nonce="b3k2pp5k7z-50gnwp.yemd"',
        "d2pmTvmbncD3xQm8E9ZV2828BjQWGgiwAaw5bAkgibUopemLJcWDy/lkbbHAve4cRAtx31Iq786U7it++wgGxbtRxf8Udx7zFZsckzXaJMkA"
        "7ChG52eSkFxykJeNqsrWH5S+oxNFlD4dzVuwe8DhTSja8xxbR/Z2cOGdCbzR72rgFWhzx2VjBqJzsPLMIQKhO4DGezXehhWwE56YCE+O6c0m"
        "KZsfxVrogUvA4HELjVKWmAvtl6UnCh8jYzuVG5WSb/QEVPnP5TmcAnLH1g+s++v6d4s8m0gCw1fV5/SITLq9mhho8K3+7EPYTU8IU1bLhdxO"
        "5Nyt8C8ssinQ98Xw9Q==",
    ),
    "b22": (
        '("@authority" "content-digest" "@query-param";name="Pet");created=1618884473;keyid="test-key-rsa-pss"'
        ';tag="header-example"',
        "LjbtqUbfmvjj5C5kr1Ugj4PmLYvx9wVjZvD9GsTT4F7GrcQEdJzgI9qHxICagShLRiLMlAJjtq6N4CDfKtjvuJyE5qH7KT8UCMkSowOB4+EC"
        "xCmT8rtAmj/0PIXxi0A0nxKyB09RNrCQibbUjsLS/2YyFYXEu4TRJQzRw1rLEuEfY17SARYhpTlaqwZVtR8NV7+4UKkjqpcAoFqWFQh62s7C"
        "l+H2fjBSpqfZUJcsIk4N6wiKYd4je2U/lankenQ99PZfB4jY3I5rSV2DSBVkSFsURIjYErOs0tFTQosMTAoxk//0RoKUqiYY8Bh0aaUEb0rQ"
        "l3/XaVe4bXTugEjHSw==",
    ),
    "b23": (
        '("date" "@method" "@path" "@query" "@authority" "content-type" "content-digest" "content-length")'
        ';created=1618884473;keyid="test-key-rsa-pss"',
        "bbN8oArOxYoyylQQUU6QYwrTuaxLwjAC9fbY2F6SVWvh0yBiMIRGOnMYwZ/5MR6fb0Kh1rIRASVxFkeGt683+qRpRRU5p2voTp768ZrCUb38"
        "K0fUxN0O0iC59DzYx8DFll5GmydPxSmme9v6ULbMFkl+V5B1TP/yPViV7KsLNmvKiLJH1pFkh/aYA2HXXZzNBXmIkoQoLd7YfW91kE9o/CCo"
        "C1xMy7JA1ipwvKvfrs65ldmlu9bpG6A9BmzhuzF8Eim5f8ui9eH8LZH896+QIF61ka39VBrohr9iyMUJpvRX2Zbhl5ZJzSRxpJyoEZAFL2FU"
        "o5fTIztsDZKEgM4cUA==",
    ),
    "b25": (
        '("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"',
        "pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=",
    ),
    "b26": (
        '("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473'
        ';keyid="test-key-ed25519"',
        "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==",
    ),
}


def published():
    """The RFC's requests cover less than a policy would ask for, and their bodies stand beside the signature."""
    secret = "uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ"
    shared = {"key_id": "test-shared-secret", "client_id": "test", "secret_encoding": "base64url",
              "secret": secret.replace("+", "-").replace("/", "_")}
    policy = policy_with("../jwks-rfc9421.json", keys=[shared], allow_unsigned_body=True,
                         http={"components": [], "required_parameters": []})
    for name, (given, signature) in RFC_CASES.items():
        covered, _, params = given.partition(")")
        key = params.split('keyid="')[1].split('"')[0]
        parts = [] if covered == "(" else covered[1:].split(" ")
        headers = [*RFC_HEADERS, ("Signature-Input", f"sig-{name}={given}"), ("Signature", f"sig-{name}=:{signature}:")]
        line = {"method": "POST", "target": "/foo?param=Value&Pet=dog", "headers": [list(h) for h in headers],
                "body": RFC_BODY.decode()}
        base = base_of(parts, params, method="POST", target=line["target"], headers=RFC_HEADERS, scheme="https",
                       authority="example.com")
        write(SCHEME, f"rfc9421-{name}", about=f"RFC 9421 appendix B.2.{name[-1]}, with the keys of B.1.",
              signer="RFC 9421 appendix B.2", now=1618884473, requests=[line],
              verdicts=[ok("test" if key == "test-shared-secret" else "partner", key)], canonical=base, policy=policy)


keys_files()
algorithms()
components()
bodies()
parameters()
keys()
fields()
published()
