/* The forms in which logs write a secret. Each is a plain text: however many characters of a secret would be escaped,
 * it has no more forms than these, and no expression has a choice in it.
 *
 *     its bytes
 *     hex                in either case
 *     base64, base64url  (RFC 4648) base64 with padding and without
 *     JSON               (RFC 8259 section 7) as nine writers have it, which differ in what they escape besides what
 *                        must be: non-ASCII, the slash, what HTML gives a meaning, control characters in short or not;
 *                        of a secret that is UTF-8, since JSON text is (section 8.1)
 *     percent-encoded    (RFC 3986 section 2.1, and application/x-www-form-urlencoded) as seven writers have it, which
 *                        differ in the punctuation that stays and in the space
 *     base64, in JSON or percent-encoded
 *
 * A form with \uXXXX or % is looked for in either case, as hex is: what differs from the secret in the case of letters
 * alone is then hidden, too. */
#ifndef CSN_TOOLS_REDACT_FORMS_H
#define CSN_TOOLS_REDACT_FORMS_H

#include "redact.h"

enum { CSN_REDACT_FORMS_ROOM = 256 * CSN_REDACT_SECRET_MAX }; /* bytes: nine times 6 + 8 a byte, seven times 3 + 4, 5 */

typedef struct csn_redact_form {
  csn_span text;
  bool any_case;
} csn_redact_form;

/* Makes the forms of a secret of CSN_REDACT_SECRET_MIN to _MAX bytes, none of them twice; returns how many. They point
 * into the secret and into `room`, CSN_REDACT_FORMS_ROOM bytes. Thread-safe. */
size_t csn_redact_forms_make(csn_span secret, csn_redact_form forms[CSN_REDACT_FORMS_MAX],
                             uint8_t *room) CSN_WARN_UNUSED CSN_NONNULL_ALL;

#endif
