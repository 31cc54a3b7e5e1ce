/* Keys out of files, whatever their form. */
#ifndef CSN_TOOLS_KEY_TEXT_H
#define CSN_TOOLS_KEY_TEXT_H

#include <countersign/key.h>

/* A JWK begins with a brace; all else is taken for PEM. */
bool csn_key_text_is_jwk(csn_span text) CSN_WARN_UNUSED;
bool csn_key_text_is_private_pem(csn_span text) CSN_WARN_UNUSED;

/* Makes the key of a JWK, or of a PEM text, with its private part where that is there. As csn_key_init_jwk(); of PEM
 * `*offset` is 0, and the algorithm config->alg. */
csn_error csn_key_text_read(csn_key *key, const csn_key_config *config, csn_span text, size_t *offset) CSN_WARN_UNUSED;

#endif
