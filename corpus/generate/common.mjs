// What the Node generator shares: the expected verdicts and the files of a case. It signs nothing.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const vectors = join(here, "..", "vectors");

export const T0 = 1700000000;

// The stage of each reason is public contract: the list in verdict.h.
const list = readFileSync(join(here, "..", "..", "core", "include", "countersign", "verdict.h"), "latin1");
const stages = new Map(
  [...list.matchAll(/X\([A-Z0-9_]+, ([A-Z]+), "([a-z0-9_]+)"/g)].map((m) => [m[2], m[1].toLowerCase()]),
);

export const accepted = (client_id, key_id) => ({
  verdict: "accepted",
  reason: "accepted",
  stage: "none",
  field: null,
  offset: null,
  client_id,
  key_id,
});

// `header` is the index of the header that is wrong, where the field is "header"; JSON leaves it out where undefined.
export const rejected = (reason, field = null, offset = 0, client_id = null, key_id = null, header = undefined) => ({
  verdict: "rejected",
  reason,
  stage: stages.get(reason),
  field,
  offset,
  client_id,
  key_id,
  header,
});

// One request line; a body that no strict JSON string can hold goes into body_base64. `body` is a Buffer or undefined.
export function request(headers, { method = "POST", target = "/v1/orders", body } = {}) {
  const line = { method, target, headers };
  if (body === undefined) return line;
  const text = body.toString("utf8");
  if (Buffer.from(text, "utf8").equals(body) && !body.includes(0)) line.body = text;
  else line.body_base64 = body.toString("base64");
  return line;
}

export const loadPolicy = (scheme) => JSON.parse(readFileSync(join(vectors, scheme, "policy.json"), "utf8"));

export function secretOf(policy, keyId) {
  const key = policy.keys.find((k) => k.key_id === keyId);
  return Buffer.from(key.secret, { text: "utf8", hex: "hex", base64url: "base64url" }[key.secret_encoding ?? "text"]);
}

// Writes the folder of a case. `pins` may hold fields, canonical and digest of the first request.
export function write(scheme, name, { about, now = T0, requests, verdicts, pins = {}, policy }) {
  const folder = join(vectors, scheme, name);
  mkdirSync(folder); // a name that is used twice is a mistake
  const put = (file, data) => writeFileSync(join(folder, file), data);
  const id = (i) => (requests.length === 1 ? name : `${name}-${i + 1}`);
  const lines = (rows) => rows.map((row, i) => JSON.stringify({ id: id(i), ...row }) + "\n").join("");
  const pretty = (value) => JSON.stringify(value, null, 2) + "\n";
  if (requests.length !== verdicts.length) throw new Error(name);
  put("case.json", pretty({ about, signer: "Node crypto", now }));
  put("request.jsonl", lines(requests));
  put("verdict.jsonl", lines(verdicts));
  if (pins.fields) put("fields.json", pretty(pins.fields));
  if (pins.canonical) put("canonical.bin", pins.canonical);
  if (pins.digest) put("digest.hex", pins.digest + "\n");
  if (policy) put("policy.json", pretty(policy));
}
