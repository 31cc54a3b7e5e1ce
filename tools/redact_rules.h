/* What a redactor looks for: the expressions for Hyperscan, and what a match of each of them hides. */
#ifndef CSN_TOOLS_REDACT_RULES_H
#define CSN_TOOLS_REDACT_RULES_H

#include "redact.h"

/* Characters of which a value is made. None has a line feed, a carriage return, a space or a quote. */
typedef enum csn_redact_class {
  CSN_REDACT_TOKEN,     /* RFC 6750 section 2.1, with = anywhere */
  CSN_REDACT_PARAMETER, /* of a query string or a list: up to & , ; */
  CSN_REDACT_VISIBLE,   /* a header's value */
  CSN_REDACT_BASE64,    /* both alphabets, padding */
  CSN_REDACT_DOTTED,    /* base64url, its padding and dots */
  CSN_REDACT_CLASSES
} csn_redact_class;

typedef enum csn_redact_shape {
  CSN_REDACT_LITERAL, /* hides `len` bytes up to the match's end */
  CSN_REDACT_VALUE,   /* the match ends with the first character of a value, which is hidden as far as its class goes;
                         with `len` bytes before it */
  CSN_REDACT_JWT,     /* the same, with at least two dots */
  CSN_REDACT_SPAN,    /* hides what matched */
} csn_redact_shape;

typedef struct csn_redact_rule {
  char kind[CSN_REDACT_NAME_MAX + 1];
  csn_redact_shape shape;
  csn_redact_class value;
  uint32_t len; /* bytes */
  uint32_t min; /* of a value that is hidden: its characters */
} csn_redact_rule;

/* The expressions of a configuration, in the form of hs_compile_multi(), and their rules at the same index. `text` is
 * locked memory: the expressions spell out the secrets. */
typedef struct csn_redact_rules {
  csn_redact_rule *rules;
  const char **expressions;
  unsigned *flags, *ids;
  size_t count, room;
  char *text;
  size_t text_len, text_room;
} csn_redact_rules;

/* On false `error` says why and nothing is left. */
bool csn_redact_rules_make(csn_redact_rules *out, const csn_redact_config *config,
                           csn_redact_error *error) CSN_WARN_UNUSED;
void csn_redact_rules_free(csn_redact_rules *rules);

/* Bits: 1 << class, of each byte. */
extern const uint8_t csn_redact_classes[256];

#endif
