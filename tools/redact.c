/* The redactor and its streams: what is scanned when, and what is settled then. */
#include "redact.h"

#include <hs/hs.h>
#include <stdio.h>
#include <stdlib.h>

#include "../core/src/secret_memory.h"
#include "redact_rules.h"

enum { CONTEXT = 256 }; /* bytes in front of a window that were written and are seen once more: more than any head */

struct csn_redactor {
  hs_database_t *database;
  hs_scratch_t *scratch; /* the one that streams clone */
  csn_redact_rule *rules;
  uint8_t *multiline;   /* secrets that hold line feeds, each behind its length (size_t); locked */
  size_t multiline_len; /* bytes */
};

typedef struct hidden {
  size_t from, to;
  const char *kind;
} hidden;

struct csn_redact_stream {
  const csn_redactor *redactor;
  hs_scratch_t *scratch;
  csn_redact_write *write;
  void *self;
  uint8_t *bytes; /* CSN_REDACT_WINDOW; locked */
  size_t start;   /* bytes in front that are context */
  size_t len;
  bool hiding; /* the rest of the line */
  /* of one scan: */
  size_t scanned;
  bool final;
  hidden *list; /* disjoint, in order */
  size_t count, room;
  size_t run_end[CSN_REDACT_CLASSES]; /* where a value that is hidden, or hides nothing, goes to */
  size_t pending;                     /* where something begins of which the end is not there yet */
};

/* ---- compiling ---- */

static bool compile(csn_redactor *redactor, const csn_redact_rules *rules, const csn_redact_config *config,
                    csn_redact_error *error) {
  hs_compile_error_t *why = NULL;
  hs_set_database_allocator(csn_locked_new, csn_locked_free);
  hs_error_t got = hs_compile_multi(rules->expressions, rules->flags, rules->ids, (unsigned)rules->count, HS_MODE_BLOCK,
                                    NULL, &redactor->database, &why);
  hs_set_database_allocator(NULL, NULL); /* malloc() again: other databases of the program are not ours */
  if (got == HS_SUCCESS && hs_alloc_scratch(redactor->database, &redactor->scratch) == HS_SUCCESS) return true;
  size_t first = rules->count - config->pattern_count;
  if (got == HS_COMPILER_ERROR && why != NULL && why->expression >= (int)first) {
    const csn_redact_pattern *pattern = &config->patterns[(size_t)why->expression - first];
    snprintf(error->text, sizeof error->text, "pattern %.*s: %s", (int)pattern->name.len,
             (const char *)pattern->name.ptr, why->message);
  } else {
    snprintf(error->text, sizeof error->text, "%s",
             got == HS_ARCH_ERROR ? "this processor lacks what Hyperscan needs" : "Hyperscan could not compile");
  }
  hs_free_compile_error(why);
  return false;
}

static bool keep_multiline(csn_redactor *redactor, const csn_redact_config *config) {
  size_t room = 0;
  for (size_t i = 0; i < config->secret_count; i++) room += sizeof(size_t) + config->secrets[i].len;
  redactor->multiline = csn_locked_new(room);
  if (redactor->multiline == NULL) return false;
  for (size_t i = 0; i < config->secret_count; i++) {
    csn_span secret = config->secrets[i];
    if (memchr(secret.ptr, '\n', secret.len) == NULL) continue;
    memcpy(redactor->multiline + redactor->multiline_len, &secret.len, sizeof secret.len);
    memcpy(redactor->multiline + redactor->multiline_len + sizeof secret.len, secret.ptr, secret.len);
    redactor->multiline_len += sizeof secret.len + secret.len;
  }
  return true;
}

bool csn_redactor_new(csn_redactor **out, const csn_redact_config *config, csn_redact_error *error) {
  csn_redact_rules rules;
  *out = NULL;
  if (!csn_redact_rules_make(&rules, config, error)) return false;
  csn_redactor *redactor = calloc(1, sizeof *redactor);
  snprintf(error->text, sizeof error->text, "not enough memory");
  bool good = redactor != NULL && keep_multiline(redactor, config) && compile(redactor, &rules, config, error);
  if (good) {
    redactor->rules = rules.rules;
    rules.rules = NULL;
    *out = redactor;
  } else {
    csn_redactor_free(redactor);
  }
  csn_redact_rules_free(&rules);
  return good;
}

void csn_redactor_free(csn_redactor *redactor) {
  if (redactor == NULL) return;
  hs_free_scratch(redactor->scratch);
  csn_locked_free(redactor->database); /* hs_free_database() would take the allocator that is set by now */
  csn_locked_free(redactor->multiline);
  free(redactor->rules);
  free(redactor);
}

/* ---- streams ---- */

csn_redact_stream *csn_redact_stream_new(const csn_redactor *redactor, csn_redact_write *write, void *self) {
  csn_redact_stream *stream = calloc(1, sizeof *stream);
  if (stream == NULL) return NULL;
  stream->redactor = redactor;
  stream->write = write;
  stream->self = self;
  stream->bytes = csn_locked_new(CSN_REDACT_WINDOW);
  if (stream->bytes != NULL && hs_clone_scratch(redactor->scratch, &stream->scratch) == HS_SUCCESS) return stream;
  csn_redact_stream_free(stream);
  return NULL;
}

void csn_redact_stream_free(csn_redact_stream *stream) {
  if (stream == NULL) return;
  hs_free_scratch(stream->scratch);
  csn_locked_free(stream->bytes);
  free(stream->list);
  free(stream);
}

/* ---- one scan ---- */

/* Matches come in the order of their ends; a value may reach further. */
static bool hide(csn_redact_stream *stream, size_t from, size_t to, const char *kind) {
  hidden added = {from, to, kind};
  while (stream->count > 0 && stream->list[stream->count - 1].to > added.from) {
    const hidden *last = &stream->list[--stream->count];
    if (last->from <= added.from) added.kind = last->kind;
    if (last->from < added.from) added.from = last->from;
    if (last->to > added.to) added.to = last->to;
  }
  if (stream->count == stream->room) {
    size_t room = stream->room * 2 + 64;
    hidden *grown = realloc(stream->list, room * sizeof *grown);
    if (grown == NULL) return false;
    stream->list = grown;
    stream->room = room;
  }
  stream->list[stream->count++] = added;
  return true;
}

/* JSON may write a slash as \/ and any character as \u00HH: 2 or 6 bytes, or 0 where it is neither. */
static size_t escape_len(const uint8_t *at, size_t left) {
  if (left >= 2 && at[0] == '\\' && at[1] == '/') return 2;
  bool escaped = left >= 6 && memcmp(at, "\\u00", 4) == 0 && strchr("234567", at[4]) != NULL && at[4] != '\0';
  return escaped && memcmp(at + 4, "22", 2) != 0 && memcmp(at + 4, "20", 2) != 0 ? 6 : 0; /* but quotes, spaces */
}

/* Where the value that begins at `at` ends. */
static size_t run_from(const csn_redact_stream *stream, size_t at, csn_redact_class class) {
  const uint8_t *bytes = stream->bytes;
  for (;;) {
    while (at < stream->scanned && (csn_redact_classes[bytes[at]] >> class & 1) != 0) at++;
    size_t escape = class == CSN_REDACT_DOTTED ? 0 : escape_len(bytes + at, stream->scanned - at);
    if (escape == 0) return at;
    at += escape;
  }
}

static size_t count_dots(const uint8_t *bytes, size_t len) {
  size_t dots = 0;
  for (size_t i = 0; i < len; i++) dots += bytes[i] == '.';
  return dots;
}

/* A value: of one class no byte is run over twice, save for the few of a value too short to be hidden. */
static bool hide_value(csn_redact_stream *stream, const csn_redact_rule *rule, size_t at) {
  size_t from = at - (rule->shape == CSN_REDACT_VALUE ? rule->len : 0);
  if (at < stream->run_end[rule->value]) return from == at || hide(stream, from, at + 1, rule->kind);
  size_t to = run_from(stream, at, rule->value);
  bool whole = to - at >= rule->min;
  if (rule->shape == CSN_REDACT_JWT) {
    whole = whole && count_dots(stream->bytes + at, to - at) >= 2;
    stream->run_end[rule->value] = to; /* if this one has too few dots, so has what begins behind it */
  }
  if (!whole && to == stream->scanned && from < stream->pending) stream->pending = from;
  if (!whole) return true;
  stream->run_end[rule->value] = to;
  return hide(stream, from, to, rule->kind);
}

static int on_match(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *self) {
  csn_redact_stream *stream = self;
  const csn_redact_rule *rule = &stream->redactor->rules[id];
  (void)flags;
  bool good = false;
  switch (rule->shape) {
    case CSN_REDACT_LITERAL:
      good = hide(stream, (size_t)to - rule->len, (size_t)to, rule->kind);
      break;
    case CSN_REDACT_VALUE:
      good = hide_value(stream, rule, (size_t)to - 1);
      break;
    case CSN_REDACT_JWT:
      good = hide_value(stream, rule, (size_t)to - rule->len);
      break;
    case CSN_REDACT_SPAN:
      good = from >= to || hide(stream, (size_t)from, (size_t)to, rule->kind);
      break;
  }
  return good ? 0 : 1;
}

/* Finds all that is to be hidden in the first `len` bytes. */
static bool scan(csn_redact_stream *stream, size_t len) {
  stream->count = 0;
  stream->scanned = len;
  stream->pending = len;
  memset(stream->run_end, 0, sizeof stream->run_end);
  if (len == 0) return true;
  return hs_scan(stream->redactor->database, (const char *)stream->bytes, (unsigned)len, 0, stream->scratch, on_match,
                 stream) == HS_SUCCESS;
}

/* ---- writing ---- */

static bool put(csn_redact_stream *stream, size_t from, size_t to) {
  return from >= to || stream->write(stream->self, csn_span_of(stream->bytes + from, to - from));
}

static bool put_kind(csn_redact_stream *stream, const char *kind) {
  char text[CSN_REDACT_NAME_MAX + 16];
  int len = snprintf(text, sizeof text, "[redacted:%s]", kind);
  return stream->write(stream->self, csn_span_of(text, (size_t)len));
}

/* Writes what is between the context and `cut`. Nothing that is hidden crosses `cut`. */
static bool write_until(csn_redact_stream *stream, size_t cut) {
  size_t at = stream->start;
  for (size_t i = 0; i < stream->count && stream->list[i].from < cut; i++) {
    const hidden *one = &stream->list[i];
    if (one->to <= stream->start) continue;
    if (!put(stream, at, one->from) || !put_kind(stream, one->kind)) return false;
    at = one->to;
  }
  return put(stream, at, cut);
}

/* Forgets all before `cut` but `context` bytes. */
static void forget(csn_redact_stream *stream, size_t cut, size_t context) {
  size_t from = cut > context ? cut - context : 0;
  memmove(stream->bytes, stream->bytes + from, stream->len - from);
  stream->start = cut - from;
  stream->len -= from;
}

/* ---- settling ---- */

static size_t line_start(const csn_redact_stream *stream, size_t at) {
  const uint8_t *feed = at <= stream->start ? NULL : memrchr(stream->bytes + stream->start, '\n', at - stream->start);
  return feed == NULL ? stream->start : (size_t)(feed - stream->bytes) + 1;
}

/* How many of the last bytes are the beginning of `secret`, if more than `least` are. */
static size_t begun(const csn_redact_stream *stream, csn_span secret, size_t least) {
  size_t held = stream->len - stream->start;
  if (held > secret.len - 1) held = secret.len - 1;
  while (held > least && memcmp(stream->bytes + stream->len - held, secret.ptr, held) != 0) held--;
  return held > least ? held : least;
}

/* The start of the line in which, before `end`, a secret begins that may go on behind what is there; or `end`. */
static size_t begun_before(const csn_redact_stream *stream, size_t end) {
  const csn_redactor *redactor = stream->redactor;
  size_t least = stream->len - end, held = least;
  for (size_t at = 0, len; at < redactor->multiline_len; at += sizeof len + len) {
    memcpy(&len, redactor->multiline + at, sizeof len);
    held = begun(stream, csn_span_of(redactor->multiline + at + sizeof len, len), held);
  }
  return held == least ? end : line_start(stream, stream->len - held);
}

/* The end of the last line that is whole, and so is all that is hidden in it. */
static size_t lines_end(const csn_redact_stream *stream, size_t end) {
  end = begun_before(stream, end);
  for (size_t i = stream->count; i-- > 0;) {
    const hidden *one = &stream->list[i];
    if (one->from < end && one->to > end) end = line_start(stream, one->from);
  }
  return end;
}

/* While the rest of a line is hidden: drops it. */
static void drop_hidden_line(csn_redact_stream *stream) {
  if (!stream->hiding) return;
  const uint8_t *feed = memchr(stream->bytes + stream->start, '\n', stream->len - stream->start);
  stream->hiding = feed == NULL;
  forget(stream, feed == NULL ? stream->len : (size_t)(feed - stream->bytes), 0);
}

bool csn_redact_settle(csn_redact_stream *stream) {
  drop_hidden_line(stream);
  size_t end = line_start(stream, stream->len);
  if (end == stream->start) return true;
  if (!scan(stream, stream->len)) return false;
  end = lines_end(stream, end);
  if (end == stream->start) return true;
  if (!write_until(stream, end)) return false;
  forget(stream, end, 0);
  return true;
}

/* A full window without the end of a line: all but its last bytes, in which something may begin that is not whole. */
static bool settle_window(csn_redact_stream *stream) {
  size_t cut = stream->len - CSN_REDACT_MATCH_MAX;
  if (!scan(stream, stream->len)) return false;
  if (stream->pending < cut) cut = stream->pending;
  for (size_t i = stream->count; i-- > 0;) {
    if (stream->list[i].from < cut && stream->list[i].to > cut) cut = stream->list[i].from;
  }
  if (cut > stream->start) {
    if (!write_until(stream, cut)) return false;
    forget(stream, cut, CONTEXT);
    return true;
  }
  bool found = stream->count > 0 && stream->list[0].from <= stream->start && stream->list[0].to > stream->start;
  if (!put_kind(stream, found ? stream->list[0].kind : "jwt")) return false;
  stream->hiding = true;
  forget(stream, stream->len, 0);
  return true;
}

uint8_t *csn_redact_room(csn_redact_stream *stream, size_t *room) {
  *room = CSN_REDACT_WINDOW - stream->len;
  return stream->bytes + stream->len;
}

bool csn_redact_took(csn_redact_stream *stream, size_t len) {
  stream->len += len;
  if (stream->len < CSN_REDACT_WINDOW) return true;
  bool good = csn_redact_settle(stream);
  while (good && stream->len == CSN_REDACT_WINDOW)
    good = settle_window(stream); /* a first cut may be within the context */
  return good;
}

bool csn_redact_feed(csn_redact_stream *stream, csn_span bytes) {
  for (size_t at = 0, room; at < bytes.len;) {
    uint8_t *to = csn_redact_room(stream, &room);
    size_t len = bytes.len - at < room ? bytes.len - at : room;
    memcpy(to, bytes.ptr + at, len);
    at += len;
    if (!csn_redact_took(stream, len)) return false;
  }
  return true;
}

bool csn_redact_end(csn_redact_stream *stream) {
  drop_hidden_line(stream);
  bool good = scan(stream, stream->len) && write_until(stream, stream->len);
  stream->start = stream->len = 0;
  stream->hiding = false;
  return good;
}
