/* The signing side of tokens: a compact JWS (RFC 7515 section 7.1). */
#include <countersign/jwt.h>
#include <countersign/sign.h>

#include "writer.h"

static bool write_jose_header(const csn_key *key, csn_span typ, uint8_t *out, size_t size, csn_span *header) {
  csn_writer writer = {.out = out, .size = size};
  csn_put_text(&writer, "{\"alg\":\"");
  csn_put_text(&writer, csn_alg_name(key->alg));
  csn_put_text(&writer, "\",\"typ\":");
  csn_put_json_string(&writer, typ);
  if (key->key_id_len > 0) {
    csn_put_text(&writer, ",\"kid\":");
    csn_put_json_string(&writer, csn_key_id(key));
  }
  csn_put_text(&writer, "}");
  *header = csn_span_of(out, writer.len);
  return !writer.overflow;
}

csn_error csn_sign_jwt(const csn_key *key, csn_span claims, uint8_t *out, size_t size, size_t *len) {
  return csn_sign_jwt_typed(key, csn_span_str("JWT"), claims, out, size, len);
}

csn_error csn_sign_jwt_typed(const csn_key *key, csn_span typ, csn_span claims, uint8_t *out, size_t size,
                             size_t *len) {
  uint8_t header_bytes[64 + 6 * (CSN_ID_MAX + CSN_TYP_MAX)], signature[CSN_SIGNATURE_MAX];
  size_t signature_len = 0;
  csn_span header;
  csn_writer writer = {.out = out, .size = out == NULL ? 0 : size};
  *len = 0;
  if ((key->uses & CSN_USE_TOKEN) == 0 || typ.len > CSN_TYP_MAX) return CSN_ERROR_INVALID_ARGUMENT;
  if (!write_jose_header(key, typ, header_bytes, sizeof header_bytes, &header)) return CSN_ERROR_BUFFER_TOO_SMALL;
  csn_put_base64url(&writer, header);
  csn_put_text(&writer, ".");
  csn_put_base64url(&writer, claims);
  if (writer.overflow) return CSN_ERROR_BUFFER_TOO_SMALL;
  csn_error error = csn_key_sign(key, csn_span_of(out, writer.len), signature, sizeof signature, &signature_len);
  if (error != CSN_OK) return error;
  csn_put_text(&writer, ".");
  csn_put_base64url(&writer, csn_span_of(signature, signature_len));
  if (writer.overflow) return CSN_ERROR_BUFFER_TOO_SMALL;
  *len = writer.len;
  return CSN_OK;
}
