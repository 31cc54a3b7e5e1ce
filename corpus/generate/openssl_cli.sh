#!/bin/sh
# Requests of all schemes, signed by the openssl command in the way of a shell script that calls an API.
# Only text without quotation marks and backslashes goes into the JSON here, so that printf is enough to write it.
set -eu
cd "$(dirname "$0")/../vectors"
T0=1700000000

# ---- what openssl does ----

hmac_hex() { # KEY, message on standard input
  openssl dgst -sha256 -hmac "$1" -r | cut -d ' ' -f 1
}
hmac_hex_raw() { # KEY in hex
  openssl mac -digest SHA256 -macopt "hexkey:$1" HMAC | tr 'A-F' 'a-f'
}
base64url() {
  openssl base64 -A | tr '+/' '-_' | tr -d '='
}
jwt() { # KEY HEADER CLAIMS
  input=$(printf %s "$2" | base64url).$(printf %s "$3" | base64url)
  printf '%s.%s' "$input" "$(printf %s "$input" | openssl dgst -sha256 -hmac "$1" -binary | base64url)"
}

# ---- the files of a case ----

quoted() { # TEXT or null
  if [ "$1" = null ]; then printf null; else printf '"%s"' "$1"; fi
}
begin() { # SCHEME NAME ABOUT NOW
  scheme=$1 name=$2
  dir=$scheme/$name
  mkdir "$dir" # a name that is used twice is a mistake
  printf '{\n  "about": "%s",\n  "signer": "openssl command",\n  "now": %s\n}\n' "$3" "$4" >"$dir/case.json"
}
request_line() { # METHOD HEADERS [,"body":…]
  printf '{"id":"%s","method":"%s","target":"/v1/shell","headers":[%s]%s}\n' "$name" "$1" "$2" "${3-}" \
    >>"$dir/request.jsonl"
}
accept() { # CLIENT KEY
  {
    printf '{"id":"%s","verdict":"accepted","reason":"accepted","stage":"none","field":null,"offset":null,' "$name"
    printf '"client_id":%s,"key_id":%s}\n' "$(quoted "$1")" "$(quoted "$2")"
  } >>"$dir/verdict.jsonl"
}
reject() { # REASON STAGE FIELD OFFSET CLIENT KEY
  {
    printf '{"id":"%s","verdict":"rejected","reason":"%s","stage":"%s",' "$name" "$1" "$2"
    printf '"field":"%s","offset":%s,"client_id":%s,"key_id":%s}\n' "$3" "$4" "$(quoted "$5")" "$(quoted "$6")"
  } >>"$dir/verdict.jsonl"
}

# ---- hmac-nonce and hmac-nonce-delimited ----

# The string is read from canonical.bin, which openssl signs as a file.
header_case() { # SCHEME NAME ABOUT NOW CLIENT NONCE FORMAT TIMESTAMP
  begin "$1" "$2" "$3" "$4"
  client=$5 nonce=$6 timestamp=${8-$T0}
  # shellcheck disable=SC2059  # the format is the scheme's own
  printf "$7" "$client" "$timestamp" "$nonce" >"$dir/canonical.bin"
}
header_request() { # SIGNATURE
  printf '{\n  "client_id": "%s",\n  "timestamp": "%s",\n  "nonce": "%s",\n  "signature": "%s"\n}\n' \
    "$client" "$timestamp" "$nonce" "$1" >"$dir/fields.json"
  headers="[\"x-ClientId\",\"$client\"],[\"x-Timestamp\",\"$timestamp\"],[\"x-Nonce\",\"$nonce\"]"
  request_line GET "$headers,[\"x-Signature\",\"$1\"]"
}

plain='%s%s%s' lines='%s\n%s\n%s'
c7='only for tests: the request key of client-7'
shell='only for tests: the request key of shell-client'
one_letter=00ff0a0d7f80c3a90000000000000000ffffffffffffffff0102030405060708

header_case hmac-nonce openssl-accepted 'openssl dgst -hmac over the plain concatenation.' $T0 client-7 shell-1 "$plain"
hmac_hex "$c7" <"$dir/canonical.bin" >"$dir/digest.hex"
header_request "$(cat "$dir/digest.hex")"
accept client-7 c7-2026

header_case hmac-nonce openssl-raw-key 'openssl mac with a key of raw bytes.' $T0 a shell-2 "$plain"
hmac_hex_raw $one_letter <"$dir/canonical.bin" >"$dir/digest.hex"
header_request "$(cat "$dir/digest.hex")"
accept a one-letter

header_case hmac-nonce openssl-upper-case 'The digits in the case that openssl mac prints.' $T0 client-7 shell-3 "$plain"
hmac_hex "$c7" <"$dir/canonical.bin" >"$dir/digest.hex"
header_request "$(tr 'a-f' 'A-F' <"$dir/digest.hex")"
accept client-7 c7-2026

header_case hmac-nonce openssl-echo 'A line feed behind the string, as echo adds it.' $T0 client-7 shell-4 "$plain"
hmac_hex "$c7" <"$dir/canonical.bin" >"$dir/digest.hex"
header_request "$({ cat "$dir/canonical.bin"; echo; } | hmac_hex "$c7")"
reject signature_mismatch signature signature 0 client-7 null

for now in 1699999700 1700000300; do
  header_case hmac-nonce-delimited openssl-now-$now 'openssl dgst -hmac, at an end of the window.' $now shell-client shell-5 "$lines"
  hmac_hex "$shell" <"$dir/canonical.bin" >"$dir/digest.hex"
  header_request "$(cat "$dir/digest.hex")"
  accept shell-client shell-2026
done

header_case hmac-nonce-delimited openssl-nonce 'A nonce as openssl rand -base64 prints it.' $T0 shell-client \
  3q2+7w/rAQIDBAUGBwgJCg== "$lines"
hmac_hex "$shell" <"$dir/canonical.bin" >"$dir/digest.hex"
header_request "$(cat "$dir/digest.hex")"
accept shell-client shell-2026

header_case hmac-nonce-delimited openssl-no-line-feeds 'Signed as one line.' $T0 shell-client shell-6 "$lines"
hmac_hex "$shell" <"$dir/canonical.bin" >"$dir/digest.hex"
header_request "$(tr -d '\n' <"$dir/canonical.bin" | hmac_hex "$shell")"
reject signature_mismatch signature signature 0 shell-client null

header_case hmac-nonce-delimited openssl-late 'One second behind the window.' 1700000301 shell-client shell-7 "$lines"
hmac_hex "$shell" <"$dir/canonical.bin" >"$dir/digest.hex"
header_request "$(cat "$dir/digest.hex")"
reject timestamp_past time timestamp 0 shell-client null

header_case hmac-nonce-delimited openssl-nanoseconds 'The timestamp of date +%s%N: more digits than are read.' $T0 \
  shell-client shell-8 "$lines" ${T0}000000000
header_request "$(hmac_hex "$shell" <"$dir/canonical.bin")"
rm "$dir/canonical.bin" "$dir/fields.json"
reject timestamp_invalid credential timestamp 16 shell-client null

# ---- bearer-jwt ----

issuer='only for tests: the token key of the issuer'
header='{"alg":"HS256","typ":"JWT"}'

token_case() { # NAME ABOUT TOKEN
  begin bearer-jwt "$1" "$2" $T0
  printf '{\n  "token": "%s"\n}\n' "$3" >"$dir/fields.json"
  request_line GET "[\"Authorization\",\"Bearer $3\"]"
  printf %s "${3%.*}" >"$dir/canonical.bin"
  hmac_hex "$issuer" <"$dir/canonical.bin" >"$dir/digest.hex"
}
reject_token() { # what is wrong is the last segment
  reject signature_mismatch signature token $(($(wc -c <"$dir/canonical.bin") + 1)) null issuer-1
}
token=$(jwt "$issuer" "$header" '{"sub":"shell-user","exp":1700000060}')

token_case openssl-accepted 'A token of openssl and tr.' "$token"
accept shell-user issuer-1
token_case openssl-kid 'With a kid, and members in another order.' \
  "$(jwt "$issuer" '{"kid":"issuer-1","typ":"JWT","alg":"HS256"}' '{"exp":1700000060,"iat":1699999990,"sub":"shell-user"}')"
accept shell-user issuer-1
token_case openssl-white-space 'White space in header and claims is signed as it stands.' \
  "$(jwt "$issuer" '{ "alg" : "HS256" }' '{ "sub" : "shell-user" , "exp" : 1700000060 }')"
accept shell-user issuer-1
token_case openssl-swapped 'The claims of another token.' \
  "${token%%.*}.$(printf %s '{"sub":"root","exp":1700000060}' | base64url).${token##*.}"
reject_token
token_case openssl-sha512 'The first 32 bytes of an HMAC-SHA512.' \
  "${token%.*}.$(printf %s "${token%.*}" | openssl dgst -sha512 -hmac "$issuer" -binary | head -c 32 | base64url)"
reject_token
begin bearer-jwt openssl-padded 'Padding left in, as openssl base64 writes it.' $T0
request_line GET "[\"Authorization\",\"Bearer $token=\"]"
printf '{\n  "token": "%s="\n}\n' "$token" >"$dir/fields.json"
reject signature_length credential token ${#token} null null

# ---- jwt-hmac ----

shop_a='only for tests: the request key of shop-a'
token=$(jwt "$issuer" "$header" \
  '{"iss":"https://issuer.example","aud":"orders","sub":"shop-a","exp":1700000600}')

body_case() { # NAME ABOUT NONCE BODYFILE
  begin jwt-hmac "$1" "$2" $T0
  nonce=$3
  { cat "$4"; printf '|%s|%s' $T0 "$nonce"; } >"$dir/canonical.bin"
  hmac_hex "$shop_a" <"$dir/canonical.bin" >"$dir/digest.hex"
}
body_request() { # FORM SIGNATURE BODYFILE
  printf '{\n  "timestamp": "%s",\n  "nonce": "%s",\n  "signature": "%s",\n  "token": "%s"\n}\n' \
    $T0 "$nonce" "$2" "$token" >"$dir/fields.json"
  case $1 in
    params) signed="[\"X-Request-Signature\",\"ts=$T0&nonce=$nonce&sig=$2\"]" ;;
    headers) signed="[\"X-Request-Signature\",\"sha256=$2\"],[\"X-Timestamp\",\"$T0\"],[\"X-Nonce\",\"$nonce\"]" ;;
  esac
  request_line POST "[\"Authorization\",\"Bearer $token\"],$signed" ",\"body_base64\":\"$(openssl base64 -A -in "$3")\""
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
printf '{"order":18,"note":"from a shell"}' >"$work/json"
printf '\000\001\377|\n|' >"$work/binary"
: >"$work/empty"

for form in params headers; do
  for body in json binary empty; do
    body_case openssl-$form-$body 'A file signed by openssl dgst -hmac.' "shell-$form-$body" "$work/$body"
    body_request $form "$(cat "$dir/digest.hex")" "$work/$body"
    accept shop-a shop-a-2026
  done
done
body_case openssl-other-file 'Another file than the one that was signed.' shell-9 "$work/binary"
body_request params "$({ cat "$work/json"; printf '|%s|shell-9' $T0; } | hmac_hex "$shop_a")" "$work/binary"
reject signature_mismatch signature signature 0 shop-a null
