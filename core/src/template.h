/* What is done with a compiled template. */
#ifndef CSN_TEMPLATE_H
#define CSN_TEMPLATE_H

#include "credential.h"
#include "hmac.h"

/* Streams the canonical string into the MAC, csn_hmac_bytes() of the key: it is never put together. */
void csn_template_mac(const csn_template *tpl, const csn_credential *credential, const csn_key *key,
                      uint8_t mac[CSN_MAC_MAX]);

/* Puts it together, for whoever wants to see it; `*len` gets its length. False where it does not fit. */
bool csn_template_write(const csn_template *tpl, const csn_credential *credential, uint8_t *out, size_t size,
                        size_t *len) CSN_WARN_UNUSED;

/* csn_template_compile() for nonces that hold none of the bytes in `not_in_nonce`, which may be NULL. */
csn_error csn_template_compile_for(csn_template *out, const char *text, const char *not_in_nonce) CSN_WARN_UNUSED;

/* Checks that a scheme's rows fit each other and compiles its template; a scheme without one gives a template of no
 * pieces. Errors: SCHEME_INVALID, TEMPLATE_INVALID. */
csn_error csn_scheme_compile(const csn_scheme *scheme, csn_template *out) CSN_WARN_UNUSED;

#endif
