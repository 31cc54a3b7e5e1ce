#!/bin/sh
# Makes every case in corpus/vectors/ anew. What is written is the same bytes every time: times, nonces and secrets are
# fixed, and signatures that are other bytes each time are kept (jose_sign.py). The policies of the schemes, and what is
# in policy-refused/ but for jwks-*, are written by hand and stay.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
for scheme in api-key api-key-bearer api-key-form api-key-json api-key-query apisix aws-sigv4 bearer-jwt github \
  hmac-authorization hmac-full hmac-full-delimited hmac-nonce hmac-nonce-delimited hmac-timestamp \
  hmac-timestamp-delimited http-signature jws jwt-hmac kong own-scheme slack standard-webhooks stripe; do
  mkdir -p "$here/../vectors/$scheme"
  find "$here/../vectors/$scheme" -mindepth 1 -maxdepth 1 -type d -exec rm -rf {} +
done
rm -rf "$here"/../vectors/policy-refused/jwks-*
export PYTHONDONTWRITEBYTECODE=1
for script in api_key \
  aws_suite botocore_sigv4 botocore_sigv4_malformed \
  python_hmac python_hmac_malformed hmac_presets kong rfc_4231 webhooks \
  pyjwt pyjwt_malformed pyjwt_policy pyjwt_requests pyjwt_requests_malformed \
  jose_algorithms jose_forged jose_keys jose_npm rfc_jose \
  http_signature; do
  /usr/bin/python3 "$here/$script.py"
done
node "$here/node_crypto.mjs"
sh "$here/openssl_cli.sh"
