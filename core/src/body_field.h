/* Fields that are parameters of the query or of a form, or members of a JSON body. */
#ifndef CSN_BODY_FIELD_H
#define CSN_BODY_FIELD_H

#include "credential.h"

/* Reads all fields that `form` locates at this source, which is QUERY, FORM_BODY or JSON_BODY. One that is not there
 * stays as it is. */
csn_reason csn_read_query(const csn_form *form, csn_span target, csn_credential *out,
                          csn_verdict *verdict) CSN_WARN_UNUSED;
csn_reason csn_read_form_body(const csn_form *form, csn_span body, csn_credential *out,
                              csn_verdict *verdict) CSN_WARN_UNUSED;
csn_reason csn_read_json_body(const csn_form *form, csn_span body, csn_credential *out,
                              csn_verdict *verdict) CSN_WARN_UNUSED;

#endif
