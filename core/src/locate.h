/* Finding the fields of a credential where the scheme says they are. */
#ifndef CSN_LOCATE_H
#define CSN_LOCATE_H

#include "credential.h"
#include "header_names.h"

/* Where one field is, with what is known of it before any request. */
typedef struct csn_place {
  const csn_location *at;
  csn_span prefix, param;
  size_t header;    /* its index among the names, of a header's value or parameter */
  bool is_whole;    /* the value of a header, and the only place of its field: it is among the wholes, too */
  bool read_before; /* with a place before it: all parameters of a header, of the query and of the body are read at once
                     */
} csn_place;

/* A field that is the value of a header, whole or behind a prefix: of usual requests nothing is decided about it. */
typedef struct csn_whole {
  csn_field field;
  uint32_t header;           /* as above */
  size_t prefix_len;         /* at most CSN_LANES */
  csn_bytes16 prefix, lanes; /* its bytes, and all ones where they are */
  csn_bytes16 fold;          /* 0x20 for each letter of an auth-scheme, which stands in lower case */
} csn_whole;

typedef struct csn_form_places {
  const csn_form *form;
  size_t select; /* the index of the header that selects it */
  csn_span select_prefix;
  uint32_t others; /* header names that only other forms have: a set */
  size_t count, whole_count;
  csn_place places[CSN_FORM_LOCATIONS_MAX];
  csn_whole wholes[CSN_FORM_LOCATIONS_MAX];
  uint32_t whole_names; /* a set */
} csn_form_places;

struct csn_places {
  const csn_scheme *scheme; /* must outlive it */
  bool splits_target;       /* the path or the query is signed */
  csn_header_names names;
  bool selects; /* a header says which form it is */
  size_t form_count;
  csn_form_places forms[CSN_SCHEME_FORMS_MAX];
};

void csn_places_prepare(csn_places *out, const csn_scheme *scheme);

/* csn_request_check(), and where the headers of these names are. (request.c) */
csn_reason csn_request_read(const csn_request *request, const csn_header_names *names, csn_headers_found *found,
                            csn_verdict *verdict) CSN_WARN_UNUSED;

/* Fills, of a credential that is cleared, `fields` and the signatures' texts from the first form that the request has,
 * of whose names these headers were found. What the fields hold is not looked at yet. `*chosen` gets the form. Both
 * mean nothing where it is refused. */
csn_reason csn_locate_fields(const csn_places *places, const csn_request *request, const csn_headers_found *found,
                             csn_credential *out, const csn_form **chosen, csn_verdict *verdict) CSN_WARN_UNUSED;

/* Puts a value that was found into its field. A second one is a repetition, but for signatures in a form that takes
 * several. */
csn_reason csn_credential_put(const csn_form *form, csn_field field, csn_span value, csn_credential *out,
                              csn_verdict *verdict) CSN_WARN_UNUSED;

#endif
