// One token or one JWK by jose (npm): the order is JSON in the first argument, the answer stands on standard output.
import { createPublicKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const { folder, alg, secret, pem, header, claims, understood } = JSON.parse(process.argv[2]);
const found = createRequire(`${folder}/`).resolve("jose");
const { SignJWT, exportJWK, importPKCS8 } = await import(pathToFileURL(found));

const text = pem === undefined ? undefined : readFileSync(pem, "utf8");
const key = text === undefined ? Buffer.from(secret, "hex") : await importPKCS8(text, alg);

// What is given as a claim of RFC 7519 goes through the setter of that claim.
async function token() {
  const { iss, sub, aud, exp, nbf, iat, jti, ...others } = claims;
  const jwt = new SignJWT(others).setProtectedHeader(header);
  if (iss !== undefined) jwt.setIssuer(iss);
  if (sub !== undefined) jwt.setSubject(sub);
  if (aud !== undefined) jwt.setAudience(aud);
  if (exp !== undefined) jwt.setExpirationTime(exp);
  if (nbf !== undefined) jwt.setNotBefore(nbf);
  if (iat !== undefined) jwt.setIssuedAt(iat);
  if (jti !== undefined) jwt.setJti(jti);
  return jwt.sign(key, { crit: understood });
}

async function jwk() {
  return JSON.stringify(await exportJWK(text === undefined ? key : createPublicKey(text)));
}
process.stdout.write(await (claims === undefined ? jwk() : token()));
