/* The credential: what a request says of itself, as spans, before anything of it is believed. */
#ifndef CSN_CREDENTIAL_H
#define CSN_CREDENTIAL_H

#include <countersign/keyring.h>
#include <countersign/scheme.h>

#include "charset.h"

enum {
  CSN_SHA256_HEX = 64,
  CSN_SIGNATURES_MAX = 8,                   /* in one request: keys that overlap while a vendor rotates them */
  CSN_SIGNED_LINES_MAX = 16,                /* headers in a list of those that are signed */
  CSN_SIGNATURE_TEXT_MAX = 2 * CSN_MAC_MAX, /* characters; hex is the longest */
};

/* One signature as it stands in the request, and its bytes. */
typedef struct csn_signature {
  csn_span text;
  size_t len; /* bytes: those of a MAC that the request may have */
  uint8_t bytes[CSN_MAC_MAX];
} csn_signature;

/* A header that is signed; one without a name is the request line, and its value what stands behind the target. */
typedef struct csn_signed_line {
  csn_span name, value;
} csn_signed_line;

/* `fields` is by csn_field; the pointer is null where the scheme has no such field. */
typedef struct csn_credential {
  csn_span fields[CSN_FIELD_COUNT]; /* of several signatures the first */
  int64_t timestamp;                /* UNIX seconds, rounded down */
  csn_alg alg;                      /* that the request says it is signed with; CSN_ALG_NONE: it does not say */
  size_t signature_count, line_count;
  csn_signature signatures[CSN_SIGNATURES_MAX]; /* from here on, what is not counted or pointed to is not set */
  csn_signed_line lines[CSN_SIGNED_LINES_MAX];  /* of {signed_headers} */
  char body_sha256[CSN_SHA256_HEX];
} csn_credential;

void csn_credential_clear(csn_credential *credential);

/* Checks the form of the whole request: method, target, every header. (request.c) */
csn_reason csn_request_check(const csn_request *request, csn_verdict *verdict) CSN_WARN_UNUSED;

/* A scheme made ready to be read: see locate.h. */
typedef struct csn_places csn_places;

/* Checks the form of the whole request, then finds and checks the fields of the scheme; of the request's own parts path
 * and query are set only where the scheme signs one of them. The reason, field and offset of what is wrong go into the
 * verdict. `out` is not to be copied: a span may point into it. */
csn_reason csn_credential_read(const csn_places *places, const csn_request *request, csn_credential *out,
                               csn_verdict *verdict) CSN_WARN_UNUSED;

/* Fills the fields that are parts of the request itself: method, target, path, query, body. */
void csn_credential_set_request(csn_credential *credential, const csn_request *request);

/* Fills CSN_FIELD_BODY_SHA256; only for a template that signs it, since the body is hashed for it: by the one, or
 * before the other, 32 bytes. */
void csn_credential_hash_body(csn_credential *credential);
void csn_credential_set_body_hash(csn_credential *credential, const uint8_t *digest);

/* The forms of a client id, a timestamp and a nonce: true, or false with the offset of the first byte that is wrong. */
bool csn_client_id_valid(csn_span id, size_t *offset) CSN_WARN_UNUSED;
bool csn_nonce_valid(csn_span nonce, size_t *offset) CSN_WARN_UNUSED;
bool csn_scheme_nonce_valid(const csn_scheme *scheme, csn_span nonce, size_t *offset) CSN_WARN_UNUSED;
bool csn_timestamp_parse(csn_span text, csn_time_unit unit, int64_t *seconds, size_t *offset) CSN_WARN_UNUSED;

/* Finds what the list in CSN_FIELD_SIGNED_HEADERS names; everything that the scheme wants signed is to be there, and
 * nothing twice. A request that is to be signed has no header of the timestamp yet: its field stands in. */
csn_reason csn_signed_headers_find(const csn_scheme *scheme, const csn_form *form, const csn_request *request,
                                   csn_credential *credential, csn_verdict *verdict) CSN_WARN_UNUSED;

/* The name in the list of the header in which `field` stands, or empty; of a scheme with {signed_headers}. */
csn_span csn_signed_header_of(const csn_scheme *scheme, const csn_form *form, csn_field field);

/* "hmac-sha256" and so on; CSN_ALG_NONE and NULL for another. */
csn_alg csn_hmac_named(csn_span name);
const char *csn_hmac_name(csn_alg alg);

/* Writes a MAC as the scheme's signatures are written; the span is over `text`. */
csn_span csn_signature_encode(csn_encoding encoding, csn_span mac, char text[CSN_SIGNATURE_TEXT_MAX]);

/* Where the first signature stops having the length of this key's: of a request none of whose lengths fits. */
size_t csn_signature_length_offset(const csn_scheme *scheme, const csn_credential *credential, const csn_key *key);

/* The first location of a field in a form, or NULL. */
const csn_location *csn_form_find(const csn_form *form, csn_field field);
static inline bool csn_source_is_header(csn_source source) {
  return source == CSN_SOURCE_HEADER || source == CSN_SOURCE_HEADER_PARAM;
}
static inline char csn_form_assign(const csn_form *form) {
  return form->assign == 0 ? '=' : form->assign;
}
size_t csn_scheme_form_count(const csn_scheme *scheme);

/* The first form that a key of the algorithm can sign, or 0. */
size_t csn_scheme_form_of(const csn_scheme *scheme, csn_alg alg);

#endif
