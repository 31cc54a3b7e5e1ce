/* What is done with a compiled template. */
#ifndef CSN_TEMPLATE_H
#define CSN_TEMPLATE_H

#include "credential.h"

/* Parts of a canonical string: of a line that is signed at most four, and a line end between two of them. */
enum { CSN_TEMPLATE_SPANS_MAX = CSN_TEMPLATE_PIECES_MAX + 5 * CSN_SIGNED_LINES_MAX };

/* The canonical string, part by part: it is never put together to be hashed. Returns how many there are. They point
 * into the template, the credential and the request. */
size_t csn_template_spans(const csn_template *tpl, const csn_credential *credential,
                          csn_span out[CSN_TEMPLATE_SPANS_MAX]);

/* Puts it together, for whoever wants to see it; `*len` gets its length. False where it does not fit. */
bool csn_template_write(const csn_template *tpl, const csn_credential *credential, uint8_t *out, size_t size,
                        size_t *len) CSN_WARN_UNUSED;

/* csn_template_compile() for nonces that hold none of the bytes in `not_in_nonce`, which may be NULL. */
csn_error csn_template_compile_for(csn_template *out, const char *text, const char *not_in_nonce) CSN_WARN_UNUSED;

/* Checks that a scheme's rows fit each other and compiles its template; a scheme without one gives a template of no
 * pieces. Errors: SCHEME_INVALID, TEMPLATE_INVALID. */
csn_error csn_scheme_compile(const csn_scheme *scheme, csn_template *out) CSN_WARN_UNUSED;

#endif
