/* The credential: what a request says of itself, as spans, before anything of it is believed. */
#ifndef CSN_CREDENTIAL_H
#define CSN_CREDENTIAL_H

#include <countersign/keyring.h>
#include <countersign/scheme.h>

enum { CSN_SHA256_HEX = 64 };

/* `fields` is by csn_field; the pointer is null where the scheme has no such field. */
typedef struct csn_credential {
  csn_span fields[CSN_FIELD_COUNT];
  int64_t timestamp; /* UNIX seconds, rounded down */
  uint8_t signature[CSN_MAC_MAX];
  char body_sha256[CSN_SHA256_HEX];
} csn_credential;

/* Checks the form of the whole request: method, target, every header. */
csn_reason csn_request_check(const csn_request *request, csn_verdict *verdict) CSN_WARN_UNUSED;

/* Finds and checks the fields of `scheme`. The reason, field and offset of what is wrong go into the verdict. `out` is
 * not to be copied: a span may point into it. */
csn_reason csn_credential_read(const csn_scheme *scheme, const csn_request *request, csn_credential *out,
                               csn_verdict *verdict) CSN_WARN_UNUSED;

/* Fills the fields that are parts of the request itself: method, target, path, query, body. */
void csn_credential_set_request(csn_credential *credential, const csn_request *request);

/* Fills CSN_FIELD_BODY_SHA256; only for a template that signs it, since it hashes the body. */
void csn_credential_hash_body(csn_credential *credential);

/* The forms of a client id, a timestamp and a nonce: true, or false with the offset of the first byte that is wrong. */
bool csn_client_id_valid(csn_span id, size_t *offset) CSN_WARN_UNUSED;
bool csn_nonce_valid(csn_span nonce, size_t *offset) CSN_WARN_UNUSED;
bool csn_timestamp_parse(csn_span text, csn_time_unit unit, int64_t *seconds, size_t *offset) CSN_WARN_UNUSED;

/* The first location of a field in a form, or NULL. */
const csn_location *csn_form_find(const csn_form *form, csn_field field);
size_t csn_scheme_form_count(const csn_scheme *scheme);

/* Character sets, shared with the signing side and the template's check for ambiguity. */
bool csn_is_client_id_byte(uint8_t byte);
bool csn_is_nonce_byte(uint8_t byte);
bool csn_is_token_char(uint8_t byte); /* RFC 9110 section 5.6.2 */

#endif
