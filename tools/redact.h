/* Redaction of log lines: every secret, token, signature and API key becomes [redacted:KIND]; all else stays as it is.
 *
 * Kinds: `secret` (each known secret in the forms of csn-redact(1): its bytes, hex, base64, JSON, percent-encoded),
 * `jwt` (base64url with or without padding, at least two dots, from "eyJ" on), `bearer`, `basic`, `authorization` (the
 * HMAC schemes), `signature` (headers and parameters), `api-key` (x-api-key, and keys by prefix, of which the prefix's
 * first four characters stay) and the names of the configured patterns. What overlaps becomes one, of the kind that
 * begins first.
 *
 * All secrets and patterns are looked for in one scan, by Hyperscan (or Vectorscan, which has the same interface), in a
 * time that is linear in the input. A build without either has csn_redactor_new() fail and say so.
 *
 * Input is settled line by line. A secret may itself hold line feeds: a line is held back as long as it may be the
 * beginning of one. A line longer than CSN_REDACT_WINDOW is settled in windows that overlap by CSN_REDACT_MATCH_MAX
 * bytes; something hidden that is longer hides the rest of its line.
 *
 * It is what csn redact is made of, and a library of its own: link with libcountersign-redact.a, libcountersign.a, -lhs
 * and -lcrypto. */
#ifndef CSN_TOOLS_REDACT_H
#define CSN_TOOLS_REDACT_H

#include <countersign/span.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
  CSN_REDACT_SECRET_MIN = 8,    /* bytes: what is shorter stands in many lines by chance */
  CSN_REDACT_SECRET_MAX = 4096, /* bytes */
  CSN_REDACT_SECRETS_MAX = 100000,
  CSN_REDACT_FORMS_MAX = 25,      /* of a secret; most have ten or so */
  CSN_REDACT_DISPLAY_MAX = 4,     /* characters of an API key that stay */
  CSN_REDACT_NAME_MAX = 32,       /* bytes of a pattern's name */
  CSN_REDACT_FIELD_MAX = 128,     /* bytes of a field's name, and of its prefix */
  CSN_REDACT_WINDOW = 256 * 1024, /* bytes */
  CSN_REDACT_MATCH_MAX = 64 * 1024,
};

/* A regular expression as Hyperscan takes it: PCRE without back-references and assertions around. It is matched against
 * lines; `.` is no line feed, ^ and $ are the line's ends. The longest match counts. One that matches an empty text is
 * refused. */
typedef struct csn_redact_pattern {
  csn_span name; /* the KIND: 1 to CSN_REDACT_NAME_MAX of a-z A-Z 0-9 - _ */
  const char *regex;
} csn_redact_pattern;

/* A header, parameter or JSON member of your own whose value, of 16 characters or more, is hidden as `kind`. */
typedef struct csn_redact_field {
  const char *name;   /* 1 to CSN_REDACT_FIELD_MAX of visible ASCII, in either case */
  const char *prefix; /* what stands between a header's name and its value, such as "Mac "; NULL: nothing */
  const char *kind;   /* 1 to CSN_REDACT_NAME_MAX bytes */
  bool is_header;     /* the value goes on behind & , ; */
} csn_redact_field;

typedef struct csn_redact_config {
  const csn_span *secrets; /* CSN_REDACT_SECRET_MIN to CSN_REDACT_SECRET_MAX bytes each */
  size_t secret_count;
  const char *const *prefixes; /* of API keys: 2 bytes or more, visible ASCII, such as "sk_live_" */
  size_t prefix_count;
  const csn_redact_pattern *patterns;
  size_t pattern_count;
  const csn_redact_field *fields;
  size_t field_count;
} csn_redact_config;

/* One line that holds nothing of a secret or of a regular expression. */
typedef struct csn_redact_error {
  char text[256];
} csn_redact_error;

/* Whether the configuration is what is said above. Nothing is compiled: a regular expression that is good may still be
 * too large. On false `error` says why. Thread-safe. */
bool csn_redact_config_valid(const csn_redact_config *config, csn_redact_error *error) CSN_WARN_UNUSED CSN_NONNULL_ALL;

/* The same of one regular expression; a build without Hyperscan takes any. */
bool csn_redact_regex_valid(const char *regex, csn_redact_error *error) CSN_WARN_UNUSED CSN_NONNULL_ALL;

/* What is looked for. Never changes: any number of threads may use it. It holds the secrets. */
typedef struct csn_redactor csn_redactor;

/* Compiles. The configuration is read during the call only. On false `error` says why and nothing is left. While
 * it runs no other thread may compile, or free, a Hyperscan database: the allocator of databases, which is one for the
 * process, is locked memory until it is malloc() again at the end. */
bool csn_redactor_new(csn_redactor **out, const csn_redact_config *config,
                      csn_redact_error *error) CSN_WARN_UNUSED CSN_NONNULL_ALL;
void csn_redactor_free(csn_redactor *redactor); /* wipes; NULL does nothing; no stream may be left */

/* Takes what is settled; false ends the run. */
typedef bool csn_redact_write(void *self, csn_span bytes);

/* One input: a stream belongs to one thread at a time. Its memory is CSN_REDACT_WINDOW bytes, Hyperscan's scratch, and
 * 24 bytes for each thing that is hidden in a window. */
typedef struct csn_redact_stream csn_redact_stream;

/* NULL where memory is short. The redactor must outlive the stream. */
csn_redact_stream *csn_redact_stream_new(const csn_redactor *redactor, csn_redact_write *write,
                                         void *self) CSN_WARN_UNUSED CSN_NONNULL(1, 2);
void csn_redact_stream_free(csn_redact_stream *stream); /* wipes; NULL does nothing */

/* Where the next bytes of the input go, at least one, at most `*room`; and that `len` of them are there. Each of the
 * following is false where memory is short or `write` was false; then only csn_redact_stream_free() may follow. */
uint8_t *csn_redact_room(csn_redact_stream *stream, size_t *room) CSN_NONNULL_ALL;
bool csn_redact_took(csn_redact_stream *stream, size_t len) CSN_WARN_UNUSED CSN_NONNULL_ALL;

/* Both, for bytes that are elsewhere. */
bool csn_redact_feed(csn_redact_stream *stream, csn_span bytes) CSN_WARN_UNUSED CSN_NONNULL_ALL;

/* Writes the lines that are whole: for before a wait. */
bool csn_redact_settle(csn_redact_stream *stream) CSN_WARN_UNUSED CSN_NONNULL_ALL;

/* The end of the input: writes all that is left. Another input may follow. */
bool csn_redact_end(csn_redact_stream *stream) CSN_WARN_UNUSED CSN_NONNULL_ALL;

#ifdef __cplusplus
}
#endif

#endif
