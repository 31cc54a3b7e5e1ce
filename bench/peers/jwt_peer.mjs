// JSON Web Tokens verified by libraries of npm, for csn-bench; the lines that it reads and writes are in jwt_process.h.
//
//   node jwt_peer.mjs LIBRARY ALGORITHM NOW ISSUER AUDIENCE
//
// Each library as its documentation has it where it is fastest: with a key object that is made once. Each is given the
// one algorithm, issuer, audience and time, and answers with the claims or by throwing.
import { createPublicKey, createSecretKey } from "node:crypto";
import { readSync, writeSync } from "node:fs";

const [, , library, algorithm, now, issuer, audience] = process.argv;
const TEXT_MAX = 200; // of an error
const CACHE_SIZE = 4096; // tokens: more than the pool has

let pending = Buffer.alloc(0);
const chunk = Buffer.alloc(1 << 16);

// Waits in read(2): while others are measured, nothing runs here.
function readLine() {
  for (;;) {
    const end = pending.indexOf("\n");
    if (end >= 0) {
      const line = pending.toString("latin1", 0, end);
      pending = pending.subarray(end + 1);
      return line;
    }
    const got = readSync(0, chunk);
    if (got === 0) process.exit(0);
    pending = Buffer.concat([pending, chunk.subarray(0, got)]);
  }
}

function answer(text) {
  const bytes = Buffer.from(`${text.replaceAll(/\s+/g, " ")}\n`, "utf8");
  for (let at = 0; at < bytes.length; ) at += writeSync(1, bytes, at);
}

const messageOf = (error) => String(error?.message ?? error).slice(0, TEXT_MAX);
const keyObject = (key) => (algorithm.startsWith("HS") ? createSecretKey(key) : createPublicKey(key));

// README of fast-jwt, "createVerifier": called once, "the verifier is a function which accepts a token". `cache` is the
// "size of the verified tokens cache"; its keys are hashes of tokens by default, and what its section "Caching" says of
// other keys is a warning.
async function fastJwt(key, cache) {
  const { createVerifier } = await import("fast-jwt");
  const options = { key, cache, algorithms: [algorithm], allowedIss: issuer, allowedAud: audience };
  return (seconds) => createVerifier({ ...options, requiredClaims: ["exp"], clockTimestamp: seconds * 1000 });
}

// Each takes the key's bytes, and gives what makes a verifier for a time in seconds.
const libraries = {
  // README of jsonwebtoken, jwt.verify(): "if a callback is not supplied, function acts synchronously"; the key may be a
  // KeyObject, which spares it from making one for each token. It has no option that asks for exp.
  async jsonwebtoken(bytes) {
    const { default: jsonwebtoken } = await import("jsonwebtoken");
    const key = keyObject(bytes);
    return (seconds) => {
      const options = { algorithms: [algorithm], issuer, audience, clockTimestamp: seconds };
      return (token) => jsonwebtoken.verify(token, key, options);
    };
  },

  // Documentation of jose, jwtVerify(): its key is a KeyObject or what its own import functions give, which is one.
  async jose(bytes) {
    const { jwtVerify } = await import("jose");
    const key = keyObject(bytes);
    return (seconds) => {
      const currentDate = new Date(seconds * 1000);
      const options = { algorithms: [algorithm], issuer, audience, currentDate, requiredClaims: ["exp"] };
      return (token) => jwtVerify(token, key, options);
    };
  },

  fast_jwt: (bytes) => fastJwt(bytes, false),
  fast_jwt_cache: (bytes) => fastJwt(bytes, CACHE_SIZE),
};

const isAsync = library === "jose";
const tokens = [];
let next = 0;

function nextToken() {
  if (next === tokens.length) next = 0;
  return tokens[next++];
}

function run(verify, count) {
  let accepted = 0;
  const start = process.hrtime.bigint();
  for (let i = 0; i < count; i++) {
    try {
      verify(nextToken());
      accepted++;
    } catch {}
  }
  return `${process.hrtime.bigint() - start} ${accepted}`;
}

async function runAsync(verify, count) {
  let accepted = 0;
  const start = process.hrtime.bigint();
  for (let i = 0; i < count; i++) {
    try {
      await verify(nextToken());
      accepted++;
    } catch {}
  }
  return `${process.hrtime.bigint() - start} ${accepted}`;
}

async function judge(verify, token) {
  try {
    await verify(token);
    return "accepted";
  } catch (error) {
    return `rejected ${messageOf(error)}`;
  }
}

async function open(key) {
  try {
    const verifierAt = await libraries[library](key);
    answer("ready");
    return verifierAt;
  } catch (error) {
    const missing = error?.code === "ERR_MODULE_NOT_FOUND";
    answer(`absent ${missing ? `${library} is not there` : messageOf(error)}`);
    return process.exit(0);
  }
}

const verifierAt = await open(Buffer.from(readLine().split(" ")[1], "base64url"));
const verify = verifierAt(Number(now));

for (;;) {
  const [command, first, second] = readLine().split(" ");
  if (command === "token") tokens.push(first);
  else if (command === "judge") answer(await judge(first === now ? verify : verifierAt(Number(first)), second));
  else if (command === "run") answer(isAsync ? await runAsync(verify, Number(first)) : run(verify, Number(first)));
  else process.exit(2);
}
