#include <errno.h>
#include <jwt.h>

#include "peers.h"

static bool text_is(const char *text, const char *wanted) {
  return text != NULL && strcmp(text, wanted) == 0;
}

/* True where the claim is absent, or a number that is not after `now`. */
static bool not_after(jwt_t *jwt, const char *claim, int64_t now) {
  errno = 0;
  long value = jwt_get_grant_int(jwt, claim);
  return errno == ENOENT || (errno == 0 && value <= now);
}

static bool claims_valid(jwt_t *jwt, const char *alg, const char *issuer, const char *audience, int64_t now) {
  if (!text_is(jwt_alg_str(jwt_get_alg(jwt)), alg)) return false;
  if (!text_is(jwt_get_grant(jwt, "iss"), issuer) || !text_is(jwt_get_grant(jwt, "aud"), audience)) return false;
  errno = 0;
  long expires = jwt_get_grant_int(jwt, "exp");
  return errno == 0 && now < expires && not_after(jwt, "nbf", now) && not_after(jwt, "iat", now);
}

bool csn_peer_libjwt_verify(csn_span key, const char *alg, csn_span token, const char *issuer, const char *audience,
                            int64_t now) {
  jwt_t *jwt = NULL;
  if (jwt_decode(&jwt, (const char *)token.ptr, key.ptr, (int)key.len) != 0) return false;
  bool valid = claims_valid(jwt, alg, issuer, audience, now);
  jwt_free(jwt);
  return valid;
}
