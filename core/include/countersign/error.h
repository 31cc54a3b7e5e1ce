/* Return codes for misuse and for what the machine refuses. A rejected request is not an error: see verdict.h. */
#ifndef COUNTERSIGN_ERROR_H
#define COUNTERSIGN_ERROR_H

#include <countersign/span.h>

#ifdef __cplusplus
extern "C" {
#endif

/* X(NAME, "sentence") */
#define CSN_ERROR_LIST(X)                                                                                         \
  X(OK, "success")                                                                                                \
  X(INVALID_ARGUMENT, "an argument is missing or out of its range")                                               \
  X(NO_MEMORY, "memory could not be allocated; nothing has changed")                                              \
  X(CRYPTO, "the cryptographic library refused an operation")                                                     \
  X(KEY_TOO_SHORT, "an HMAC key is shorter than its hash (RFC 7518 section 3.2); see the switch for legacy keys") \
  X(KEY_TOO_LONG, "the key is longer than the limit")                                                             \
  X(KEY_INVALID, "an asymmetric key is malformed, weak, not whole, or not of its algorithm's type or curve")      \
  X(KEY_IS_ASYMMETRIC, "the bytes are an asymmetric key (PEM, DER, JWK or SSH); refused as an HMAC secret")       \
  X(KEY_DUPLICATE, "a key with this id, or this client and id, is there already")                                 \
  X(KEY_LIMIT, "too many keys for one client")                                                                    \
  X(KEY_NOT_FOUND, "the client has no key with this id")                                                          \
  X(ID_INVALID, "an identifier is empty, too long, or has a byte outside its character set")                      \
  X(ALGORITHM_UNSUPPORTED, "this algorithm is not supported")                                                     \
  X(JSON_INVALID, "the text is not strict JSON (RFC 8259)")                                                       \
  X(JWK_INVALID, "a JSON Web Key lacks a member or has one of the wrong type or value (RFC 7517)")                \
  X(TEMPLATE_INVALID, "the canonical template has an unknown field or a brace without its partner")               \
  X(TEMPLATE_AMBIGUOUS, "two different requests can give this template one string, which was not acknowledged")   \
  X(SCHEME_INVALID, "the scheme asks for a field that it does not locate, or the reverse")                        \
  X(BUFFER_TOO_SMALL, "the output does not fit in the buffer")                                                    \
  X(REGION_FOREIGN, "the region does not begin with the header of a nonce table")                                 \
  X(REGION_VERSION, "the nonce table is of another version of its format, or of another kind of machine")         \
  X(REGION_SIZE, "the region is not of the size that its nonce table asks for")                                   \
  X(REGION_CHECKSUM, "the header of the nonce table is damaged: its checksum does not fit")                       \
  X(STORE, "the store could not be opened, read or written")                                                      \
  X(BACKEND_UNSUPPORTED, "this machine has not the instructions of that back-end")

typedef enum csn_error {
#define CSN_ERROR_ENUM(name, sentence) CSN_ERROR_##name,
  CSN_ERROR_LIST(CSN_ERROR_ENUM)
#undef CSN_ERROR_ENUM
} csn_error;
#define CSN_OK CSN_ERROR_OK

/* One sentence, without a full stop; never NULL, static storage. Thread-safe. */
const char *csn_error_sentence(csn_error error);

#ifdef __cplusplus
}
#endif
#endif
