/* Secrets as text. */
#include "secret.h"

#include <errno.h>

#include "../core/src/ct.h"
#include "../core/src/encoding.h"
#include "input.h"

static const char *const encodings[] = {
    [CSN_SECRET_TEXT] = "text",
    [CSN_SECRET_HEX] = "hex",
    [CSN_SECRET_BASE64URL] = "base64url",
    [CSN_SECRET_BASE64] = "base64",
};

bool csn_secret_encoding_named(csn_span name, csn_secret_encoding *out) {
  for (size_t i = 0; i < sizeof encodings / sizeof encodings[0]; i++) {
    if (!csn_span_equal(name, csn_span_str(encodings[i]))) continue;
    *out = (csn_secret_encoding)i;
    return true;
  }
  return false;
}

/* Standard Webhooks writes secrets as whsec_ and base64. */
static csn_span without_whsec(csn_span text) {
  csn_span prefix = csn_span_str("whsec_");
  bool has = text.len >= prefix.len && memcmp(text.ptr, prefix.ptr, prefix.len) == 0;
  return has ? csn_span_of(text.ptr + prefix.len, text.len - prefix.len) : text;
}

static const char *decode(csn_secret *out, csn_span text, csn_secret_encoding encoding) {
  if (encoding == CSN_SECRET_BASE64) text = without_whsec(text);
  size_t offset = 0, len = text.len;
  if (encoding == CSN_SECRET_HEX) len = text.len / 2;
  if (encoding == CSN_SECRET_BASE64URL) len = csn_base64url_decoded_len(text.len);
  if (encoding == CSN_SECRET_BASE64) len = csn_base64_decoded_len(text);
  if (len > sizeof out->bytes) return csn_error_sentence(CSN_ERROR_KEY_TOO_LONG);
  out->len = len;
  if (text.len == 0) return NULL;
  switch (encoding) {
    case CSN_SECRET_HEX:
      return csn_hex_decode(text, out->bytes, &offset) ? NULL : "the secret is not an even number of hex digits";
    case CSN_SECRET_BASE64URL:
      return csn_base64url_decode(text, out->bytes, &offset) ? NULL : "the secret is not strict unpadded base64url";
    case CSN_SECRET_BASE64:
      return csn_base64_decode(text, out->bytes, &offset) ? NULL : "the secret is not strict padded base64";
    default:
      memcpy(out->bytes, text.ptr, len);
      return NULL;
  }
}

const char *csn_secret_decode(csn_secret *out, csn_span text, csn_secret_encoding encoding) {
  const char *refusal = decode(out, text, encoding);
  if (refusal != NULL) csn_secret_wipe(out);
  return refusal;
}

static csn_span without_line_end(csn_span text) {
  if (text.len == 0 || text.ptr[text.len - 1] != '\n') return text;
  text.len--;
  if (text.len > 0 && text.ptr[text.len - 1] == '\r') text.len--;
  return text;
}

const char *csn_secret_read(csn_secret *out, const char *path, csn_secret_encoding encoding) {
  csn_file file;
  int error = csn_file_read(&file, path, CSN_SECRET_TEXT_MAX + 2);
  if (error == EFBIG) return csn_error_sentence(CSN_ERROR_KEY_TOO_LONG);
  if (error != 0) return strerror(error);
  const char *refusal = csn_secret_decode(out, without_line_end(csn_file_span(&file)), encoding);
  csn_file_free(&file);
  return refusal;
}

void csn_secret_wipe(csn_secret *secret) {
  csn_wipe(secret, sizeof *secret);
}
