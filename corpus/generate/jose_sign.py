"""Signatures of every JOSE algorithm by three signers: PyJWT, Node's crypto and the openssl command.

RSASSA-PSS and ECDSA give other bytes each time: what they gave once is kept in kept_signatures.json, so that the cases
stay the same bytes. A line that is taken out there is made anew."""
import base64
import hashlib
import json
import os
import subprocess

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from jwt.algorithms import get_default_algorithms

HERE = os.path.dirname(os.path.abspath(__file__))
KEPT_FILE = os.path.join(HERE, "kept_signatures.json")
HASHES = {"256": "sha256", "384": "sha384", "512": "sha512"}
COORDINATE = {"P-256": 32, "P-384": 48, "P-521": 66}

# The key of each algorithm; Ed448 stands for EdDSA with a key of that curve.
KEY_OF = {
    **{f"{family}{bits}": "rsa-2048" for family in ("RS", "PS") for bits in HASHES},
    "ES256": "p-256",
    "ES384": "p-384",
    "ES512": "p-521",
    "EdDSA": "ed25519",
    "Ed448": "ed448",
    **{f"HS{bits}": f"hmac-{bits}" for bits in HASHES},
}
ALGORITHMS = sorted(KEY_OF)

try:
    with open(KEPT_FILE, encoding="ascii") as file:
        _kept = json.load(file)
except FileNotFoundError:
    _kept = {}


def _write_kept():
    with open(KEPT_FILE, "w", encoding="ascii") as file:
        json.dump(dict(sorted(_kept.items())), file, indent=0)
        file.write("\n")


def kept(name, make):
    """What `make` gave when it was first asked, as bytes."""
    if name not in _kept:
        _kept[name] = base64.b64encode(make()).decode("ascii")
        _write_kept()
    return base64.b64decode(_kept[name])


# ---- keys ----


def pem_file(key):
    return os.path.join(HERE, "keys", key + ".pem")


def private(key):
    with open(pem_file(key), "rb") as file:
        return load_pem_private_key(file.read(), None)


def public_pem(key):
    return private(key).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def secret(key):
    """hmac-256, hmac-384, hmac-512: as many bits as the hash has."""
    return hashlib.shake_256(f"only for tests: {key}".encode()).digest(int(key.rpartition("-")[2]) // 8)


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def number(value, size=None):
    return b64(value.to_bytes(size or (value.bit_length() + 7) // 8, "big"))


def jwk(key, **more):
    """The public half, or an oct key; members in the order of RFC 7518."""
    if key.startswith("hmac"):
        return {"kty": "oct", "k": b64(secret(key)), **more}
    public = private(key).public_key()
    if key.startswith("rsa"):
        n = public.public_numbers()
        return {"kty": "RSA", "n": number(n.n), "e": number(n.e), **more}
    if key.startswith("p-"):
        n, curve = public.public_numbers(), key[:5].upper()
        x, y = number(n.x, COORDINATE[curve]), number(n.y, COORDINATE[curve])
        return {"kty": "EC", "crv": curve, "x": x, "y": y, **more}
    curve = "Ed448" if key.startswith("ed448") else "Ed25519"
    return {"kty": "OKP", "crv": curve, "x": b64(public.public_bytes(Encoding.Raw, PublicFormat.Raw)), **more}


# ---- signers ----


def name_of(alg):
    """What the header says."""
    return "EdDSA" if alg == "Ed448" else alg


def beside_each_other(der, key):
    """r and s of RFC 7518 section 3.4 from the SEQUENCE of RFC 3279."""
    size = COORDINATE[key[:5].upper()]
    return b"".join(half.to_bytes(size, "big") for half in decode_dss_signature(der))


def by_pyjwt(alg, key, message):
    algorithm = get_default_algorithms()[name_of(alg)]
    return algorithm.sign(message, secret(key) if key.startswith("hmac") else private(key))


def by_node(alg, key, message):
    order = {"alg": alg, "message": message.hex()}
    order |= {"secret": secret(key).hex()} if key.startswith("hmac") else {"pem": pem_file(key)}
    return bytes.fromhex(_run(["node", os.path.join(HERE, "jose_sign.mjs"), json.dumps(order)], b"").decode("ascii"))


def by_openssl(alg, key, message):
    digest = "-" + HASHES.get(alg[2:], "")
    if alg.startswith("HS"):
        hmac = ["-mac", "HMAC", "-macopt", "hexkey:" + secret(key).hex()]
        return _run(["openssl", "dgst", digest, *hmac, "-binary"], message)
    if alg.startswith("Ed"):
        return openssl_file(["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", pem_file(key), "-in"], message)
    pss = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"] if alg.startswith("PS") else []
    signature = _run(["openssl", "dgst", digest, "-sign", pem_file(key), *pss, "-binary"], message)
    return beside_each_other(signature, key) if alg.startswith("ES") else signature


def openssl_file(command, message):
    """openssl pkeyutl asks a file for its size."""
    path = os.path.join(HERE, "..", "vectors", ".message")
    with open(path, "wb") as file:
        file.write(message)
    try:
        return _run([*command, path], b"")
    finally:
        os.remove(path)


def _run(command, message):
    return subprocess.run(command, input=message, stdout=subprocess.PIPE, check=True).stdout


SIGNERS = {"PyJWT": by_pyjwt, "Node crypto": by_node, "openssl command": by_openssl}


def sign(alg, message, key=None, signer="PyJWT", again=0):
    """`again` asks for another signature of the same message, where there are many."""
    key = key or KEY_OF[alg]
    if alg[:2] not in ("PS", "ES"):
        return SIGNERS[signer](alg, key, message)
    name = f"{signer}, {alg}, {key}, {hashlib.sha256(message).hexdigest()[:16]}" + (f", {again}" if again else "")
    return kept(name, lambda: SIGNERS[signer](alg, key, message))
