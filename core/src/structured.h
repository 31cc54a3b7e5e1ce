/* Structured Field Values for HTTP (RFC 8941, and RFC 9651's dates), read strictly and written canonically.
 *
 * Nothing is copied: values are spans into the text. Stricter than RFC 8941 where it lets a parser choose or drops what
 * it has read: a key that occurs twice is refused (section 4.2.2 keeps the last one), and so are byte sequences without
 * their padding or with trailing bits that are not zero (section 4.2.7). Display strings are refused.
 * Thread-safe: no state. */
#ifndef CSN_STRUCTURED_H
#define CSN_STRUCTURED_H

#include <countersign/http_signature.h>

#include "cursor.h"

enum {
  CSN_SF_KEYS_MAX = 64, /* of a dictionary, or of the parameters of one item: they are compared in pairs. RFC 8941 asks
                         * for 1024 and 256; a field with more is refused */
};

typedef enum csn_sf_type {
  CSN_SF_INTEGER,    /* up to 15 digits */
  CSN_SF_DECIMAL,    /* up to 12 digits, a point, up to 3 digits */
  CSN_SF_STRING,     /* `text` is between the quotes, with its escapes: \" and \\ */
  CSN_SF_TOKEN,      /* `text` is the token */
  CSN_SF_BYTES,      /* `text` is the base64 between the colons */
  CSN_SF_BOOLEAN,    /* `text` is "0" or "1", or empty where a key stands alone */
  CSN_SF_DATE,       /* `text` is the integer behind the @ */
  CSN_SF_INNER_LIST, /* `text` is between the parentheses */
} csn_sf_type;

typedef struct csn_sf_item {
  csn_sf_type type;
  csn_span text;
  csn_span params; /* from the first semicolon on; may be empty */
  int64_t number;  /* INTEGER and DATE: the value; DECIMAL: thousandths; BOOLEAN: 0 or 1 */
} csn_sf_item;

/* A member of a dictionary, or a parameter: then `value` has no parameters of its own. */
typedef struct csn_sf_member {
  csn_span key;
  csn_sf_item value;
} csn_sf_member;

/* Keys that were there before. Starts zeroed; kept over the lines of one field, it finds keys that occur in two. */
typedef struct csn_sf_keys {
  csn_span keys[CSN_SF_KEYS_MAX];
  size_t count;
} csn_sf_keys;

/* Whether `text` is a whole value of this kind; else `*offset` is the first byte that is wrong. An empty list or
 * dictionary is right, an empty item is not. `seen` is for dictionaries and may be NULL. */
bool csn_sf_check(csn_sf_kind kind, csn_span text, csn_sf_keys *seen, size_t *offset) CSN_WARN_UNUSED CSN_NONNULL(4);

/* A whole item, or an inner list, with its parameters. */
bool csn_sf_read_item(csn_span text, csn_sf_item *out, size_t *offset) CSN_WARN_UNUSED CSN_NONNULL_ALL;

/* A cursor at the first byte that is no space. */
csn_cursor csn_sf_start(csn_span text);

/* The next member of a dictionary, of a list, of an inner list's `text`, from csn_sf_start(); of `params`, from
 * csn_cursor_of(). Called while the cursor is not done; false where the text is wrong, about at the cursor. Keys that
 * occur twice in a dictionary are csn_sf_check()'s matter. */
bool csn_sf_next_member(csn_cursor *cursor, csn_sf_member *out) CSN_WARN_UNUSED CSN_NONNULL_ALL;
bool csn_sf_next_listed(csn_cursor *cursor, csn_sf_item *out) CSN_WARN_UNUSED CSN_NONNULL_ALL;
bool csn_sf_next_inner(csn_cursor *cursor, csn_sf_item *out) CSN_WARN_UNUSED CSN_NONNULL_ALL;
bool csn_sf_next_param(csn_cursor *cursor, csn_sf_member *out) CSN_WARN_UNUSED CSN_NONNULL_ALL;

/* The member of a dictionary, or the parameter, with this key, in a text that csn_sf_check() has found right. */
bool csn_sf_find_member(csn_span dictionary, csn_span key, csn_sf_member *out) CSN_WARN_UNUSED CSN_NONNULL_ALL;
bool csn_sf_find_param(csn_span params, csn_span key, csn_sf_member *out) CSN_WARN_UNUSED CSN_NONNULL_ALL;

/* Decodes the text of a byte sequence. `out` has room for csn_sf_bytes_len(text), and may be NULL to check only. */
size_t csn_sf_bytes_len(csn_span text);
bool csn_sf_bytes(csn_span text, uint8_t *out, size_t *offset) CSN_WARN_UNUSED CSN_NONNULL(3);

/* Writes an item or inner list, its parameters, a whole value, as RFC 8941 section 4.1 has them. The text has been
 * found right. csn_sf_write_bytes() writes `:base64:`. */
void csn_sf_write_item(const csn_sf_item *item, const csn_byte_sink *sink) CSN_NONNULL_ALL;
void csn_sf_write_params(csn_span params, const csn_byte_sink *sink) CSN_NONNULL_ALL;
void csn_sf_write_value(csn_sf_kind kind, csn_span text, const csn_byte_sink *sink) CSN_NONNULL_ALL;
void csn_sf_write_bytes(csn_span bytes, const csn_byte_sink *sink) CSN_NONNULL_ALL;

#endif
