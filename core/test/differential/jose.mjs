// Verdicts of jose: jose.mjs ALGORITHM JWK NOW ISSUER AUDIENCE <tokens >verdicts
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [, , algorithm, jwkFile, now, issuer, audience] = process.argv;
// It is installed beside what is built, not beside this file.
const found = createRequire(`${process.cwd()}/`).resolve("jose");
const { importJWK, jwtVerify } = await import(pathToFileURL(found));
const key = await importJWK(JSON.parse(readFileSync(jwkFile, "utf8")), algorithm);
const options = {
  algorithms: [algorithm],
  currentDate: new Date(Number(now) * 1000),
  issuer,
  audience,
  requiredClaims: ["exp"],
};

async function judge(token) {
  try {
    const { payload } = await jwtVerify(token, key, options);
    return `accepted\t${JSON.stringify(payload.sub ?? null)}`;
  } catch (error) {
    return `rejected\t${error.code ?? "crash " + error.name}: ${error.message.replaceAll("\n", " ")}`;
  }
}

const lines = readFileSync(0, "utf8").split("\n").slice(0, -1);
const answers = [];
for (const line of lines) answers.push(await judge(line));
process.stdout.write(answers.map((answer) => answer + "\n").join(""));
