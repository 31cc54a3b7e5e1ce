// hmac-nonce-delimited, and some of the schemes with tokens, signed by Node's crypto.
import { createHmac } from "node:crypto";
import { T0, accepted, loadPolicy, rejected, request, secretOf, write } from "./common.mjs";

const WINDOW = 300;
const mac = (secret, message) => createHmac("sha256", secret).update(message).digest("hex");
const flip = (text, i) => text.slice(0, i) + String.fromCharCode(text.charCodeAt(i) ^ 1) + text.slice(i + 1);
const noPins = (verdict) => ["request", "credential"].includes(verdict.stage);

// ---- hmac-nonce-delimited: a line feed between client id, timestamp and nonce ----

const delimited = loadPolicy("hmac-nonce-delimited");
const names = { client_id: "x-ClientId", timestamp: "x-Timestamp", nonce: "x-Nonce", signature: "x-Signature" };
const joined = (f) => `${f.client_id}\n${f.timestamp}\n${f.nonce}`;

// A request as a client would sign it, `wire` being what is changed on the way; null takes a header out.
function delimitedRequest({
  client = "node-client",
  key = "n1-2026",
  ts = T0,
  nonce = "0b7e151628aed2a6",
  wire = {},
  signature = (hex) => hex,
  canonical = joined,
  rename = (n) => n,
  ...rest
} = {}) {
  const secret = secretOf(delimited, key);
  const fields = { client_id: client, timestamp: String(ts), nonce };
  fields.signature = signature(mac(secret, canonical(fields)));
  Object.assign(fields, wire);
  const headers = Object.entries(fields)
    .filter(([, v]) => v !== null)
    .map(([k, v]) => [rename(names[k]), v]);
  return { fields, secret, line: request(headers, { method: "GET", ...rest }) };
}

function delimitedPins({ fields, secret }, verdict) {
  if (noPins(verdict)) return {};
  const canonical = joined(fields);
  return { fields, canonical, digest: verdict.reason === "key_unknown" ? undefined : mac(secret, canonical) };
}

function delimitedMany(name, about, signed, verdicts, now = T0, policy = undefined) {
  write("hmac-nonce-delimited", name, {
    about,
    now,
    policy,
    requests: signed.map((s) => s.line),
    verdicts,
    pins: delimitedPins(signed[0], verdicts[0]),
  });
}
const delimitedCase = (name, about, verdict, { now, policy, ...options } = {}) =>
  delimitedMany(name, about, [delimitedRequest(options)], [verdict], now, policy);

const nodeOk = accepted("node-client", "n1-2026");
const nodeNo = (reason, field, offset = 0, client = "node-client", key = null) =>
  rejected(reason, field, offset, client, key);

function delimitedAccepting() {
  delimitedCase("accepted", "The plain form.", nodeOk);
  delimitedCase("names-lower-case", "Header names as Node's own server hands them on.", nodeOk, {
    rename: (n) => n.toLowerCase(),
  });
  delimitedCase("names-upper-case", "Header names in capitals.", nodeOk, { rename: (n) => n.toUpperCase() });
  delimitedCase("hex-upper-case", "The signature in upper-case hex.", nodeOk, { signature: (h) => h.toUpperCase() });
  delimitedCase("window-last-second", "As old as the window.", nodeOk, { now: T0 + WINDOW });
  delimitedCase("window-first-second", "As far ahead as the window.", nodeOk, { now: T0 - WINDOW });
  delimitedCase("nonce-128-bytes", "The longest nonce.", nodeOk, { nonce: "0123456789abcdef".repeat(8) });
  delimitedCase("nonce-uuid", "A UUID, as crypto.randomUUID() gives it.", nodeOk, {
    nonce: "9a1f6f0e-3c2b-4d51-8e7a-6b5c4d3e2f10",
  });
  delimitedCase("digits-everywhere", "Client, timestamp and nonce that only the delimiter keeps apart.", nodeOk, {
    nonce: String(T0),
  });
  delimitedCase("secret-hex", "A secret of raw bytes.", accepted("batch", "batch-2026"), {
    client: "batch",
    key: "batch-2026",
  });
  delimitedCase("method-other", "Another method and target: this scheme signs neither.", nodeOk, {
    method: "DELETE",
    target: "/v1/orders/17?force=1#x",
  });
}

function delimitedRejecting() {
  const mismatch = nodeNo("signature_mismatch", "signature");
  delimitedCase("flipped-client-id", "Another client's id.", nodeNo("signature_mismatch", "signature", 0, "batch"), {
    key: "batch-2026",
    wire: { client_id: "batch" },
    signature: () => mac(secretOf(delimited, "n1-2026"), `node-client\n${T0}\n0b7e151628aed2a6`),
  });
  delimitedCase("flipped-timestamp", "One bit of the timestamp.", mismatch, { wire: { timestamp: String(T0 + 1) } });
  delimitedCase("flipped-nonce", "One bit of the nonce.", mismatch, { wire: { nonce: flip("0b7e151628aed2a6", 15) } });
  delimitedCase("flipped-signature", "One bit of the signature.", mismatch, {
    signature: (h) => (parseInt(h[0], 16) ^ 8).toString(16) + h.slice(1),
  });
  delimitedCase(
    "moved-across-delimiter",
    "A byte moved from nonce to timestamp: too far in the future, and not what was signed.",
    nodeNo("timestamp_future", "timestamp"),
    { wire: { timestamp: `${T0}0`, nonce: "b7e151628aed2a6" } },
  );
  delimitedCase("signed-without-delimiter", "The signature of the plain concatenation.", mismatch, {
    canonical: (f) => f.client_id + f.timestamp + f.nonce,
  });
  delimitedCase("signed-with-crlf", "CR LF in the place of the line feed.", mismatch, {
    canonical: (f) => joined(f).replaceAll("\n", "\r\n"),
  });
  delimitedCase("signed-with-final-line-feed", "A line feed too many, as echo gives it.", mismatch, {
    canonical: (f) => joined(f) + "\n",
  });
  delimitedCase("signed-as-base64", "A digest in base64.", nodeNo("signature_length", "signature", 44), {
    signature: (h) => Buffer.from(h, "hex").toString("base64"),
  });
  delimitedCase("wrong-key", "Another client's key.", mismatch, {
    signature: () => mac(secretOf(delimited, "batch-2026"), `node-client\n${T0}\n0b7e151628aed2a6`),
  });
  delimitedCase("unknown-client", "Nobody of that name.", nodeNo("key_unknown", "client_id", 0, "nobody"), {
    client: "nobody",
  });
  delimitedCase("window-past", "One second too old.", nodeNo("timestamp_past", "timestamp"), { now: T0 + WINDOW + 1 });
  delimitedCase("window-future", "One second too far ahead.", nodeNo("timestamp_future", "timestamp"), {
    now: T0 - WINDOW - 1,
  });
  delimitedCase("milliseconds", "Date.now() where the scheme has seconds.", nodeNo("timestamp_future", "timestamp"), {
    ts: T0 * 1000,
  });
  delimitedCase("truncated-nonce", "The nonce without its last byte.", mismatch, {
    wire: { nonce: "0b7e151628aed2a" },
  });
  delimitedCase(
    "truncated-signature",
    "The signature without its last digit.",
    nodeNo("signature_length", "signature", 63),
    { signature: (h) => h.slice(0, -1) },
  );
  delimitedCase("nonce-129-bytes", "One byte too many.", nodeNo("nonce_invalid", "nonce", 128), {
    nonce: "0123456789abcdef".repeat(8) + "0",
  });
  delimitedCase(
    "nonce-line-feed",
    "The delimiter in a field: no header value holds it.",
    rejected("header_value_invalid", "header", 4, null, null, 2),
    { nonce: "0b7e\n151628aed2a6" },
  );
  delimitedCase("missing-nonce", "Without a nonce.", rejected("field_missing", "nonce"), { wire: { nonce: null } });
  const once = delimitedRequest();
  delimitedMany(
    "replayed",
    "The same request again.",
    [once, once],
    [nodeOk, nodeNo("nonce_replayed", "nonce", 0, "node-client", "n1-2026")],
  );
}

// ---- schemes with tokens: a JSON Web Token put together by hand, HS256 ----

const b64 = (bytes) => Buffer.from(bytes).toString("base64url");
function jwt(secret, claims, header = { alg: "HS256", typ: "JWT" }) {
  const input = `${b64(JSON.stringify(header))}.${b64(JSON.stringify(claims))}`;
  return `${input}.${createHmac("sha256", secret).update(input).digest("base64url")}`;
}

const bearer = loadPolicy("bearer-jwt");
const bearerSecret = secretOf(bearer, "issuer-1");

function bearerCase(name, about, verdict, token, { now, policy } = {}) {
  const canonical = token.slice(0, token.lastIndexOf("."));
  const pins = { fields: { token }, canonical, digest: mac(bearerSecret, canonical) };
  write("bearer-jwt", name, {
    about,
    now,
    policy,
    verdicts: [verdict],
    pins: noPins(verdict) ? {} : pins,
    requests: [request([["Authorization", `Bearer ${token}`]], { method: "GET" })],
  });
}

function bearerCases() {
  const claims = { sub: "node-user", exp: T0 + 60 };
  const ok = accepted("node-user", "issuer-1");
  const good = jwt(bearerSecret, claims);
  bearerCase("node-accepted", "A token made with Node's crypto.", ok, good);
  bearerCase("node-kid", "The same with a kid.", ok, jwt(bearerSecret, claims, { alg: "HS256", kid: "issuer-1" }));
  bearerCase(
    "node-members",
    "Members of the header and claims that nobody reads, nested.",
    ok,
    jwt(
      bearerSecret,
      { ...claims, scope: ["a", "b"], ctx: { deep: [1, 2.5, -3e-7, true, null, { x: "|" }] } },
      { typ: "JWT", x: { y: [] }, alg: "HS256" },
    ),
  );
  bearerCase(
    "node-alg-hs384-name",
    "The name of another hash over an HS256 signature.",
    rejected("alg_not_allowed", "jose_header", 7),
    jwt(bearerSecret, claims, { alg: "HS384", typ: "JWT" }),
  );
  bearerCase(
    "node-hex-signature",
    "The signature in hex: 64 characters are not 32 bytes.",
    rejected("signature_length", "token", good.lastIndexOf(".") + 44),
    `${good.slice(0, good.lastIndexOf("."))}.${mac(bearerSecret, good.slice(0, good.lastIndexOf(".")))}`,
  );
  bearerCase(
    "node-milliseconds",
    "exp from Date.now(): a date beyond the year 9999 is refused, not believed.",
    rejected("date_invalid", "claims", 25, null, "issuer-1"),
    jwt(bearerSecret, { sub: "node-user", exp: (T0 + 60) * 1000 }),
  );
}

// ---- jwt-hmac ----

const shop = loadPolicy("jwt-hmac");
const issuer = secretOf(shop, "issuer-1");
const shopToken = (sub, more = {}) =>
  jwt(issuer, { iss: "https://issuer.example", aud: "orders", sub, exp: T0 + 600, ...more });

function shopRequest({
  sub = "shop-a",
  key = "shop-a-2026",
  body,
  ts = T0,
  nonce = "node-1",
  params = true,
  tamper = {},
  separator = "|",
} = {}) {
  const secret = secretOf(shop, key);
  const bytes = body ?? Buffer.alloc(0);
  const canonicalOf = (b, t, n, by) => Buffer.concat([b, Buffer.from(`${by}${t}${by}${n}`)]);
  const signature = mac(secret, canonicalOf(bytes, ts, nonce, separator));
  const fields = { timestamp: String(ts), nonce, signature, token: shopToken(sub), ...tamper.fields };
  const canonical = canonicalOf(tamper.body ?? bytes, fields.timestamp, fields.nonce, "|");
  const credential = params
    ? [["X-Request-Signature", `ts=${fields.timestamp}&nonce=${fields.nonce}&sig=${fields.signature}`]]
    : [
        ["X-Request-Signature", `sha256=${fields.signature}`],
        ["X-Timestamp", fields.timestamp],
        ["X-Nonce", fields.nonce],
      ];
  const line = request([["Authorization", `Bearer ${fields.token}`], ...credential], { body: tamper.body ?? body });
  return { line, pins: { fields, canonical, digest: mac(secret, canonical) } };
}

function shopMany(name, about, signed, verdicts, now = T0) {
  write("jwt-hmac", name, {
    about,
    now,
    verdicts,
    requests: signed.map((s) => s.line),
    pins: noPins(verdicts[0]) ? {} : signed[0].pins,
  });
}
const shopCase = (name, about, verdict, { now, ...options } = {}) =>
  shopMany(name, about, [shopRequest(options)], [verdict], now);

function shopCases() {
  const ok = accepted("shop-a", "shop-a-2026");
  const json = Buffer.from(JSON.stringify({ order: 17, lines: [{ sku: "A|1", n: 2 }], note: "grüße\n" }));
  const binary = Buffer.from(Array.from({ length: 256 }, (_, i) => 255 - i));
  const mismatch = rejected("signature_mismatch", "signature", 0, "shop-a");
  shopCase("node-params-json", "ts=, nonce= and sig= in one header; a JSON body.", ok, { body: json });
  shopCase("node-params-empty", "No body: the string begins with the delimiter.", ok);
  shopCase("node-params-binary", "Every byte value in the body.", ok, { body: binary });
  shopCase("node-headers-json", "sha256= with timestamp and nonce in headers; a JSON body.", ok, {
    body: json,
    params: false,
  });
  shopCase("node-headers-binary", "Every byte value in the body.", ok, { body: binary, params: false });
  shopCase("node-headers-empty", "No body.", ok, { params: false });
  shopCase("node-flipped-body", "One bit of the body.", mismatch, {
    body: binary,
    tamper: { body: Buffer.from(binary.map((b, i) => (i === 128 ? b ^ 128 : b))) },
  });
  shopCase("node-body-cut", "The body without its last byte.", mismatch, {
    body: json,
    tamper: { body: json.subarray(0, -1) },
  });
  shopCase("node-other-delimiter", "Signed with a full stop between the parts.", mismatch, {
    body: json,
    separator: ".",
  });
  shopMany(
    "node-replayed-in-other-form",
    "One nonce, written in both forms.",
    [shopRequest({ body: json }), shopRequest({ body: json, params: false })],
    [ok, rejected("nonce_replayed", "nonce", 0, "shop-a", "shop-a-2026")],
  );
}

delimitedAccepting();
delimitedRejecting();
bearerCases();
shopCases();
