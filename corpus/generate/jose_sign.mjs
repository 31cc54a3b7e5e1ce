// One signature by Node's crypto: the order is JSON in the first argument, the signature hex on standard output.
import { constants, createHmac, createPrivateKey, sign } from "node:crypto";
import { readFileSync } from "node:fs";

const { alg, message, secret, pem } = JSON.parse(process.argv[2]);
const bytes = Buffer.from(message, "hex");
const hash = `sha${alg.slice(2)}`;

function signature() {
  if (secret !== undefined) return createHmac(hash, Buffer.from(secret, "hex")).update(bytes).digest();
  const key = createPrivateKey(readFileSync(pem));
  switch (alg.slice(0, 2)) {
    case "RS":
      return sign(hash, bytes, key);
    case "PS":
      return sign(hash, bytes, {
        key,
        padding: constants.RSA_PKCS1_PSS_PADDING,
        saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
      });
    case "ES":
      return sign(hash, bytes, { key, dsaEncoding: "ieee-p1363" });
    default:
      return sign(null, bytes, key);
  }
}
process.stdout.write(signature().toString("hex"));
