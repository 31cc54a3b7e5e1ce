/* Base64url in the wide registers of x86-64. */
#ifndef CSN_BASE64URL_X86_H
#define CSN_BASE64URL_X86_H

#include <countersign/span.h>

/* What csn_base64url_wide() does, for at least CSN_BASE64URL_X86_MIN characters and with an `out` that is not NULL. CT:
 * the characters do not leak, their number does. Only where the processor has it. */
typedef size_t csn_base64url_fn(csn_span text, uint8_t *out, uint64_t *bad);
csn_base64url_fn csn_base64url_avx2, csn_base64url_vbmi;

enum { CSN_BASE64URL_X86_MIN = 16 };

/* What this processor has. */
bool csn_base64url_has_avx2(void);
bool csn_base64url_has_vbmi(void);

/* The best that this processor has; false where that is none, or the text is too short for it. */
bool csn_base64url_x86(csn_span text, uint8_t *out, uint64_t *bad) CSN_WARN_UNUSED;

#endif
