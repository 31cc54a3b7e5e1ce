/* Reading credentials in tests. */
#ifndef CSN_TEST_CREDENTIAL_SUPPORT_H
#define CSN_TEST_CREDENTIAL_SUPPORT_H

#include "../src/locate.h"

static inline csn_reason read_credential(const csn_scheme *scheme, const csn_request *request,
                                         csn_credential *credential, csn_verdict *verdict) {
  csn_places places;
  csn_places_prepare(&places, scheme);
  return csn_credential_read(&places, request, credential, verdict);
}

#endif
