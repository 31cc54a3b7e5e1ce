"""What the Python generators share: the times, the expected verdicts, and the files of a case. It signs nothing."""
import base64
import json
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
VECTORS = os.path.join(os.path.dirname(HERE), "vectors")
VERDICT_HEADER = os.path.join(HERE, "..", "..", "core", "include", "countersign", "verdict.h")

T0 = 1700000000
WINDOW = 300

# The stage of each reason is public contract: the list in verdict.h is the specification, not the implementation.
with open(VERDICT_HEADER, encoding="ascii") as header:
    STAGES = {
        label: stage.lower() for stage, label in re.findall(r'X\([A-Z0-9_]+, ([A-Z]+), "([a-z0-9_]+)"', header.read())
    }


def accepted(client_id, key_id):
    return {
        "verdict": "accepted",
        "reason": "accepted",
        "stage": "none",
        "field": None,
        "offset": None,
        "client_id": client_id,
        "key_id": key_id,
    }


def rejected(reason, field=None, offset=0, client_id=None, key_id=None, header=None):
    """`header` is the index of the header that is wrong, where the field is "header"."""
    verdict = {
        "verdict": "rejected",
        "reason": reason,
        "stage": STAGES[reason],
        "field": field,
        "offset": offset,
        "client_id": client_id,
        "key_id": key_id,
    }
    return verdict if header is None else {**verdict, "header": header}


def request(headers, method="GET", target="/v1/orders?limit=10", body=None):
    """One request line; a body that no strict JSON string can hold goes into body_base64."""
    line = {"method": method, "target": target, "headers": [list(pair) for pair in headers]}
    if body is None:
        return line
    try:
        line["body"] = body.decode("utf-8")
    except UnicodeDecodeError:
        pass
    if "\0" in line.get("body", "\0"):
        line.pop("body", None)
        line["body_base64"] = base64.b64encode(body).decode("ascii")
    return line


def load_policy(scheme):
    with open(os.path.join(VECTORS, scheme, "policy.json"), encoding="utf-8") as file:
        return json.load(file)


def secret_of(policy, key_id):
    """The secret's bytes: what any client would have to do with what it was handed."""
    key = next(key for key in policy["keys"] if key.get("key_id") == key_id)
    encoding = key.get("secret_encoding", "text")
    if encoding == "hex":
        return bytes.fromhex(key["secret"])
    if encoding == "base64url":
        return base64.urlsafe_b64decode(key["secret"] + "=" * (-len(key["secret"]) % 4))
    if encoding == "base64":
        return base64.b64decode(key["secret"].removeprefix("whsec_"), validate=True)
    return key["secret"].encode("utf-8")


def compact(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def pretty(value):
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def write(
    scheme,
    name,
    *,
    about,
    signer,
    requests,
    verdicts,
    now=T0,
    fields=None,
    canonical=None,
    digest=None,
    policy=None,
    files=None,
    jwks=None,
):
    """Writes the folder of a case. `fields`, `canonical`, `digest` and what `files` names pin the first request."""
    folder = os.path.join(VECTORS, scheme, name)
    os.makedirs(folder)  # a name that is used twice is a mistake

    def put(file_name, data):
        with open(os.path.join(folder, file_name), "wb") as file:
            file.write(data if isinstance(data, bytes) else data.encode("utf-8"))

    ids = [name if len(requests) == 1 else f"{name}-{i + 1}" for i in range(len(requests))]
    put("case.json", pretty({"about": about, "signer": signer, "now": now}))
    put("request.jsonl", "".join(compact({"id": i, **r}) + "\n" for i, r in zip(ids, requests, strict=True)))
    put("verdict.jsonl", "".join(compact({"id": i, **v}) + "\n" for i, v in zip(ids, verdicts, strict=True)))
    if fields is not None:
        put("fields.json", pretty(fields))
    if canonical is not None:
        put("canonical.bin", canonical)
    if digest is not None:
        put("digest.hex", digest + "\n")
    if policy is not None:
        put("policy.json", pretty(policy))
    for file_name, text in (files or {}).items():
        put(file_name, text)
    if jwks is not None:
        put("jwks.json", pretty(jwks))


# ---- what the differential runs share ----


def changed(chance, line):
    """One byte of the target or of a header's value is another, is gone or is there once more."""
    places = ["target"] + [i for i, (_, value) in enumerate(line["headers"]) if value]
    place = chance.choice(places)
    old = line["target"] if place == "target" else line["headers"][place][1]
    at = chance.randrange(len(old))
    new = chance.choice(
        [
            old[:at] + chr(chance.randrange(0x20, 0x7F)) + old[at + 1 :],
            old[:at] + old[at + 1 :],
            old[:at] + old[at] + old[at:],
        ]
    )
    line = {**line, "headers": [list(pair) for pair in line["headers"]]}
    if place == "target":
        line["target"] = new
    else:
        line["headers"][place][1] = new
    return line


def verdicts(csn, policy, lines):
    """What csn verify says of request lines."""
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "policy.json")
        with open(file, "w", encoding="utf-8") as out:
            json.dump(policy, out)
        command = [csn, "verify", "--policy", file, "--now", str(T0)]
        text_in = "".join(compact(line) + "\n" for line in lines)
        run = subprocess.run(command, input=text_in, capture_output=True, text=True, check=False)
        assert run.returncode < 2, run.stderr
        return [json.loads(line) for line in run.stdout.splitlines()]


def run_differential(main, usage):
    """Calls main(csn, count, seed) with the arguments of the command, and ends with its status."""
    if len(sys.argv) not in (2, 3, 4) or sys.argv[1].startswith("-"):
        is_help = sys.argv[1:] in (["-h"], ["--help"])
        print(usage, file=sys.stdout if is_help else sys.stderr)
        sys.exit(0 if is_help else 2)
    sys.exit(main(sys.argv[1], *map(int, sys.argv[2:])))
