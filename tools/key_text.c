/* PEM or JWK, public or private. */
#include "key_text.h"

#include <string.h>

bool csn_key_text_is_jwk(csn_span text) {
  while (text.len > 0 && text.ptr[0] <= ' ') text = csn_span_of(text.ptr + 1, text.len - 1);
  return text.len > 0 && text.ptr[0] == '{';
}

bool csn_key_text_is_private_pem(csn_span text) {
  static const char label[] = "PRIVATE KEY-----";
  return text.len > 0 && memmem(text.ptr, text.len, label, sizeof label - 1) != NULL;
}

csn_error csn_key_text_read(csn_key *key, const csn_key_config *config, csn_span text, size_t *offset) {
  *offset = 0;
  if (csn_key_text_is_jwk(text)) return csn_key_init_jwk(key, config, text, offset);
  return csn_key_text_is_private_pem(text) ? csn_key_init_private_pem(key, config, text)
                                           : csn_key_init_pem(key, config, text);
}
