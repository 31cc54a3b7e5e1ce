/* Finding the fields of a credential where the scheme says they are. */
#ifndef CSN_LOCATE_H
#define CSN_LOCATE_H

#include "credential.h"

/* Fills `fields` and the signatures' texts from the first form that the request has. What the fields hold is not looked
 * at yet. `*chosen` gets the form. */
csn_reason csn_locate_fields(const csn_scheme *scheme, const csn_request *request, csn_credential *out,
                             const csn_form **chosen, csn_verdict *verdict) CSN_WARN_UNUSED;

/* Puts a value that was found into its field. A second one is a repetition, but for signatures in a form that takes
 * several. */
csn_reason csn_credential_put(const csn_form *form, csn_field field, csn_span value, csn_credential *out,
                              csn_verdict *verdict) CSN_WARN_UNUSED;

#endif
