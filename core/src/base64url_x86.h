/* Base64url in the wide registers of x86-64. */
#ifndef CSN_BASE64URL_X86_H
#define CSN_BASE64URL_X86_H

#include <countersign/span.h>

/* What csn_base64url_decode() does, for at least CSN_BASE64URL_X86_MIN characters and with an `out` that is not NULL;
 * where the text is wrong is not said. CT: the characters do not leak, their number does. Only where the processor has
 * it. */
typedef bool csn_base64url_fn(csn_span text, uint8_t *out);
csn_base64url_fn csn_base64url_avx2, csn_base64url_vbmi;

enum { CSN_BASE64URL_X86_MIN = 16 };

/* What this processor has. */
bool csn_base64url_has_avx2(void);
bool csn_base64url_has_vbmi(void);

/* The best that this processor has; false where the text is wrong, too short for it, or there is none. */
bool csn_base64url_x86(csn_span text, uint8_t *out) CSN_WARN_UNUSED;

#endif
