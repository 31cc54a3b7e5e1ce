/* The credential: what a request says of itself, as spans, before anything of it is believed. */
#ifndef CSN_CREDENTIAL_H
#define CSN_CREDENTIAL_H

#include <countersign/scheme.h>

typedef struct csn_credential {
  csn_span fields[CSN_FIELD_COUNT]; /* by csn_field; null pointer where the scheme has no such field */
  int64_t timestamp;                /* UNIX seconds, rounded down */
  uint8_t signature[32];
  size_t signature_len; /* 0 where the scheme has none */
} csn_credential;

/* Checks the form of the whole request: method, target, every header. */
csn_reason csn_request_check(const csn_request* request, csn_verdict* verdict) CSN_WARN_UNUSED;

/* Finds and checks the fields of `scheme`, and those that its template signs. The reason, field and offset of what is
 * wrong go into the verdict. */
csn_reason csn_credential_read(const csn_scheme* scheme, const csn_request* request, csn_credential* out,
                               csn_verdict* verdict) CSN_WARN_UNUSED;

/* Character sets, shared with the signing side and the template's check for ambiguity. */
bool csn_is_client_id_byte(uint8_t byte);
bool csn_is_nonce_byte(uint8_t byte);
bool csn_is_token_char(uint8_t byte); /* RFC 9110 section 5.6.2 */

#endif
