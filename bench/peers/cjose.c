#include <cjose/cjose.h>

#include "../workload.h"
#include "peers.h"

const void *csn_peer_cjose_open(csn_span jwk) {
  cjose_err error;
  const cjose_jwk_t *key = cjose_jwk_import((const char *)jwk.ptr, jwk.len, &error);
  if (key == NULL) csn_workload_fatal("cjose takes no key of ours: %s", error.message);
  return key;
}

bool csn_peer_cjose_verify(const void *key, csn_span token) {
  cjose_err error;
  cjose_jws_t *jws = cjose_jws_import((const char *)token.ptr, token.len, &error);
  bool valid = jws != NULL && cjose_jws_verify(jws, key, &error);
  if (jws != NULL) cjose_jws_release(jws);
  return valid;
}
