/* Secrets as text: in a policy, in a file, in an environment variable. */
#ifndef CSN_TOOLS_SECRET_H
#define CSN_TOOLS_SECRET_H

#include <countersign/keyring.h>

typedef enum csn_secret_encoding {
  CSN_SECRET_TEXT,
  CSN_SECRET_HEX,
  CSN_SECRET_BASE64URL,
  CSN_SECRET_BASE64
} csn_secret_encoding;

enum { CSN_SECRET_TEXT_MAX = 2 * CSN_SECRET_MAX }; /* bytes of the longest text: hex */

typedef struct csn_secret {
  uint8_t bytes[CSN_SECRET_MAX];
  size_t len;
} csn_secret;

/* "text", "hex", "base64url" or "base64"; the last may have "whsec_" before it. */
bool csn_secret_encoding_named(csn_span name, csn_secret_encoding *out) CSN_WARN_UNUSED;

/* Each returns NULL, or why not: a sentence in static storage that holds nothing of the secret, and then `out` is
 * wiped. csn_secret_read() drops one line feed, or carriage return and line feed, at the end of the file. */
const char *csn_secret_decode(csn_secret *out, csn_span text, csn_secret_encoding encoding) CSN_WARN_UNUSED;
const char *csn_secret_read(csn_secret *out, const char *path, csn_secret_encoding encoding) CSN_WARN_UNUSED;

void csn_secret_wipe(csn_secret *secret);

static inline csn_span csn_secret_span(const csn_secret *secret) {
  return csn_span_of(secret->bytes, secret->len);
}

#endif
