/* The sets of bytes that names, ids and values are made of. */
#ifndef CSN_CHARSET_H
#define CSN_CHARSET_H

#include <countersign/span.h>

bool csn_is_token_char(uint8_t byte);     /* RFC 9110 section 5.6.2 */
bool csn_is_nonce_byte(uint8_t byte);     /* RFC 3986's unreserved, and what base64 adds to it */
bool csn_is_client_id_byte(uint8_t byte); /* visible, without what separates parameters and parts of signed strings */

/* How many bytes come before the first one that is not of the set: all of them where there is none. Of the sets above,
 * of a request target's bytes (visible, or above ASCII), and of those of a header's value (RFC 9110 section 5.5). */
size_t csn_token_prefix(csn_span bytes);
size_t csn_nonce_prefix(csn_span bytes);
size_t csn_client_id_prefix(csn_span bytes);
size_t csn_target_prefix(csn_span bytes);
size_t csn_value_prefix(csn_span bytes);

#endif
