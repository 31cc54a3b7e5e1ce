/* redact/{1,100,1000}_secrets: the lines of a log, in some of which a secret stands in one of its forms. Beside the
 * redactor, which also looks for tokens, signatures and API keys, and for what JSON and URLs make of a secret, is
 * memmem() for each of these five forms of each secret and for nothing else. An item is a byte of the log. */
#include "../tools/redact.h"

#include <stdio.h>
#include <stdlib.h>

#include "../core/src/encoding.h"
#include "shim.h"
#include "subjects.h"
#include "workload.h"

enum {
  SECRET_BYTES = 32,
  FORMS = 5,             /* bytes, lower-case hex, base64url, base64, base64 with padding */
  FORM_MAX = 64,         /* characters: hex */
  LOG_BYTES = 64 * 1024, /* about 400 lines */
  LINE_MAX_BYTES = 256,
  LINES_PER_SECRET = 64,
  HITS_MAX = LOG_BYTES / SECRET_BYTES,
};

static const char replacement[] = "[redacted:secret]";

typedef struct form {
  char text[FORM_MAX];
  size_t len;
} form;

typedef struct fixture {
  size_t count;
  uint8_t (*secrets)[SECRET_BYTES];
  form *forms; /* FORMS of each */
  uint8_t log[LOG_BYTES];
  size_t log_len;
  csn_redactor *redactor;
  csn_redact_stream *stream;
  bool none; /* a build without Hyperscan */
} fixture;

/* What comes out: kept, so that the output is made. */
typedef struct output {
  uint8_t bytes[2 * LOG_BYTES];
  size_t len;
} output;

static output made;

static bool append(void *self, csn_span bytes) {
  output *out = self;
  if (bytes.len > sizeof out->bytes - out->len) return false;
  memcpy(out->bytes + out->len, bytes.ptr, bytes.len);
  out->len += bytes.len;
  return true;
}

/* ---- the log ---- */

static void make_forms(form *forms, const uint8_t *secret) {
  csn_span bytes = csn_span_of(secret, SECRET_BYTES);
  memcpy(forms[0].text, secret, forms[0].len = SECRET_BYTES);
  csn_hex_encode(bytes, forms[1].text);
  forms[1].len = (size_t)2 * SECRET_BYTES;
  csn_base64url_encode(bytes, forms[2].text);
  forms[2].len = csn_base64url_encoded_len(SECRET_BYTES);
  forms[3] = forms[2];
  for (size_t i = 0; i < forms[3].len; i++) {
    char c = forms[3].text[i];
    forms[3].text[i] = c == '-' ? '+' : c == '_' ? '/' : c;
  }
  forms[4] = forms[3];
  while (forms[4].len % 4 != 0) forms[4].text[forms[4].len++] = '=';
}

static void make_log(fixture *of) {
  for (uint64_t line = 0; of->log_len < LOG_BYTES - LINE_MAX_BYTES; line++) {
    uint64_t mix = csn_workload_mix(line);
    char *at = (char *)of->log + of->log_len;
    int len = snprintf(at, LINE_MAX_BYTES,
                       "2026-11-23T02:%02u:%02uZ level=info request=%016llx client=client-%u method=GET "
                       "path=/orders/%u status=200 bytes=%u took_us=%u note=",
                       (unsigned)(line / 60 % 60), (unsigned)(line % 60), (unsigned long long)mix,
                       (unsigned)(mix % 4096), (unsigned)(mix % 99991), (unsigned)(mix % 8191), (unsigned)(mix % 977));
    of->log_len += (size_t)len;
    if (line % LINES_PER_SECRET == 0) {
      const form *one = &of->forms[mix % (of->count * FORMS)];
      memcpy(of->log + of->log_len, one->text, one->len);
      of->log_len += one->len;
    }
    of->log[of->log_len++] = '\n';
  }
}

/* ---- memmem() ---- */

typedef struct hit {
  size_t from, to;
} hit;

static int by_start(const void *a, const void *b) {
  const hit *x = a, *y = b;
  return x->from < y->from ? -1 : x->from > y->from;
}

static size_t find_all(const fixture *of, hit *hits) {
  size_t count = 0;
  for (size_t i = 0; i < of->count * FORMS; i++) {
    const form *one = &of->forms[i];
    const uint8_t *at = of->log, *end = of->log + of->log_len;
    while ((at = memmem(at, (size_t)(end - at), one->text, one->len)) != NULL) {
      if (count == HITS_MAX) csn_workload_fatal("redact: too many hits");
      hits[count++] = (hit){(size_t)(at - of->log), (size_t)(at - of->log) + one->len};
      at++;
    }
  }
  return count;
}

static void redact_memmem(fixture *of) {
  static hit hits[HITS_MAX];
  size_t count = find_all(of, hits), at = 0;
  qsort(hits, count, sizeof *hits, by_start);
  made.len = 0;
  for (size_t i = 0; i < count; i++) {
    if (hits[i].from >= at) {
      (void)append(&made, csn_span_of(of->log + at, hits[i].from - at));
      (void)append(&made, csn_span_str(replacement));
    }
    if (hits[i].to > at) at = hits[i].to;
  }
  (void)append(&made, csn_span_of(of->log + at, of->log_len - at));
}

static void redact_countersign(fixture *of) {
  made.len = 0;
  if (!csn_redact_feed(of->stream, csn_span_of(of->log, of->log_len)) || !csn_redact_end(of->stream)) {
    csn_workload_fatal("redact: countersign failed");
  }
}

/* ---- rows ---- */

static const struct {
  const char *name;
  void (*redact)(fixture *of);
} implementations[] = {{"countersign", redact_countersign}, {"memmem", redact_memmem}};
enum { IMPLEMENTATIONS = sizeof implementations / sizeof implementations[0] };

static const size_t counts[] = {1, 100, 1000};
enum { COUNTS = sizeof counts / sizeof counts[0] };

typedef struct redact_row {
  size_t count; /* index */
  size_t implementation;
} redact_row;

static fixture *fixtures[COUNTS];

/* Both must give the same text before either is timed. */
static void check(fixture *of) {
  static output wanted;
  redact_memmem(of);
  wanted = made;
  redact_countersign(of);
  if (made.len != wanted.len || memcmp(made.bytes, wanted.bytes, made.len) != 0) {
    csn_workload_fatal("redact: countersign and memmem disagree");
  }
  if (memmem(made.bytes, made.len, replacement, strlen(replacement)) == NULL) {
    csn_workload_fatal("redact: nothing was hidden");
  }
}

static fixture *make_fixture(size_t count) {
  fixture *of = csn_workload_alloc(sizeof *of);
  csn_span *secrets = csn_workload_alloc(count * sizeof *secrets);
  csn_redact_config config = {.secrets = secrets, .secret_count = count};
  csn_redact_error error;
  memset(of, 0, sizeof *of);
  of->count = count;
  of->secrets = csn_workload_alloc(count * sizeof *of->secrets);
  of->forms = csn_workload_alloc(count * FORMS * sizeof *of->forms);
  for (size_t i = 0; i < count; i++) {
    csn_workload_bytes(i, of->secrets[i], SECRET_BYTES);
    make_forms(of->forms + i * FORMS, of->secrets[i]);
    secrets[i] = csn_span_of(of->secrets[i], SECRET_BYTES);
  }
  make_log(of);
  of->none = !csn_redactor_new(&of->redactor, &config, &error);
  free(secrets);
  if (of->none) return of;
  of->stream = csn_redact_stream_new(of->redactor, append, &made);
  if (of->stream == NULL) csn_workload_fatal("redact: not enough memory");
  check(of);
  return of;
}

static void run(csn_bench *bench, const void *arg) {
  const redact_row *row = arg;
  if (fixtures[row->count] == NULL) fixtures[row->count] = make_fixture(counts[row->count]);
  fixture *of = fixtures[row->count];
  void (*redact)(fixture *) = implementations[row->implementation].redact;
  if (of->none && redact == redact_countersign) {
    csn_bench_skip(bench, "not installed");
    return;
  }
  while (csn_bench_next(bench, 1)) {
    redact(of);
    csn_bench_keep(made.bytes);
  }
  csn_bench_set_items(bench, csn_bench_iterations(bench) * (int64_t)of->log_len);
}

void csn_bench_redact(void) {
  static redact_row rows[COUNTS][IMPLEMENTATIONS];
  for (size_t i = 0; i < COUNTS; i++) {
    for (size_t k = 0; k < IMPLEMENTATIONS; k++) {
      char name[64];
      rows[i][k] = (redact_row){i, k};
      snprintf(name, sizeof name, "redact/%zu_secrets/%s", counts[i], implementations[k].name);
      csn_bench_register(name, run, &rows[i][k], NULL);
    }
  }
}
