/* csn redact: a filter that hides secrets in log lines. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <countersign/token.h>

#include "../core/src/secret_memory.h"
#include "command.h"
#include "input.h"
#include "policy.h"
#include "redact.h"

static const char command[] = "csn redact";

static const char help[] =
    "usage: csn redact [--policy FILE] [--prefix PREFIX]... [--pattern NAME=REGEX]... [FILE...]\n"
    "\n"
    "Copies the files, or standard input, to standard output. In place of secrets stands [redacted:KIND]: of those of\n"
    "the policy's keys in any encoding, of bearer tokens, JSON Web Tokens, Authorization values, signatures, API "
    "keys.\n"
    "\n"
    "  --policy FILE         hides the secrets of its keys, what csn issues under it, and what its redact says\n"
    "  --prefix PREFIX       hides API keys that begin so; at most four characters of the prefix stay\n"
    "  --pattern NAME=REGEX  hides what the regular expression matches in a line, as [redacted:NAME]\n"
    "  -h, --help            this text\n"
    "\n"
    "exit status: 0 all copied, 2 misuse, or input or output that fails\n"
    "See csn-redact(1).\n";

/* The secrets of a policy: in one piece of locked memory, each at an offset, since the memory may move. */
typedef struct secret_list {
  uint8_t *bytes;
  size_t len, room;
  size_t *ends;
  size_t count, ends_room;
} secret_list;

static bool grow(secret_list *list, size_t len) {
  size_t room = list->room * 2 + len + 4096;
  if (len <= list->room - list->len) return true;
  uint8_t *grown = csn_locked_new(room);
  if (grown == NULL) return false;
  if (list->len > 0) memcpy(grown, list->bytes, list->len);
  csn_locked_free(list->bytes);
  list->bytes = grown;
  list->room = room;
  return true;
}

static bool keep_secret(void *self, csn_span secret) {
  secret_list *list = self;
  if (list->count == list->ends_room) {
    size_t room = list->ends_room * 2 + 16;
    size_t *ends = realloc(list->ends, room * sizeof *ends);
    if (ends == NULL) return false;
    list->ends = ends;
    list->ends_room = room;
  }
  if (!grow(list, secret.len)) return false;
  memcpy(list->bytes + list->len, secret.ptr, secret.len);
  list->len += secret.len;
  list->ends[list->count++] = list->len;
  return true;
}

static void free_secrets(secret_list *list) {
  csn_locked_free(list->bytes);
  free(list->ends);
  memset(list, 0, sizeof *list);
}

typedef struct redact_options {
  const char *policy;
  csn_option_list prefixes, patterns;
} redact_options;

/* ---- what is looked for ---- */

enum {
  ISSUED_MAX = 2, /* prefixes of what csn issues under a policy */
  ITEMS_MAX = CSN_OPTION_LIST_MAX + CSN_POLICY_REDACT_MAX + ISSUED_MAX,
  FIELDS_MAX = CSN_SCHEME_FORMS_MAX * CSN_FORM_LOCATIONS_MAX,
};

/* Of the options and of the policy. */
typedef struct wanted {
  csn_policy policy; /* zeros where there is none */
  secret_list list;
  csn_span *secrets;
  csn_redact_pattern patterns[ITEMS_MAX];
  const char *prefixes[ITEMS_MAX];
  size_t pattern_count, prefix_count;
  csn_redact_field fields[FIELDS_MAX];
  size_t field_count;
  char issued[ISSUED_MAX][CSN_API_KEY_PREFIX_MAX + 2];
  size_t issued_count;
} wanted;

static bool add_options(wanted *out, const redact_options *options, csn_redact_error *error) {
  for (size_t i = 0; i < options->prefixes.count; i++) out->prefixes[out->prefix_count++] = options->prefixes.values[i];
  for (size_t i = 0; i < options->patterns.count; i++) {
    const char *text = options->patterns.values[i], *equals = strchr(text, '=');
    if (equals == NULL) {
      snprintf(error->text, sizeof error->text, "--pattern takes NAME=REGEX");
      return false;
    }
    out->patterns[out->pattern_count++] = (csn_redact_pattern){csn_span_of(text, (size_t)(equals - text)), equals + 1};
  }
  return true;
}

/* API keys with this prefix. */
static void add_issued(wanted *out, csn_span prefix) {
  char *text = out->issued[out->issued_count];
  if (prefix.len == 0) return;
  out->issued_count++;
  snprintf(text, sizeof out->issued[0], "%.*s_", (int)prefix.len, (const char *)prefix.ptr);
  out->prefixes[out->prefix_count++] = text;
}

/* What csn apikey and csn token issue under the policy; refresh tokens only where a key hashes them. */
static void add_all_issued(wanted *out) {
  static const csn_token_issuer defaults = CSN_TOKEN_ISSUER_DEFAULT;
  const csn_policy *policy = &out->policy;
  bool has_pepper = false;
  for (size_t i = 0; i < policy->key_count; i++) has_pepper |= (policy->keys[i].uses & CSN_USE_API_KEY) != 0;
  add_issued(out, policy->config.api_key.prefix);
  if (policy->config.scheme->has_token && has_pepper) add_issued(out, defaults.refresh_prefix);
}

/* Where a scheme of the policy's own has its signatures and API keys; a preset's places are known. */
static void add_fields(wanted *out) {
  const csn_scheme *scheme = out->policy.config.scheme;
  if (out->policy.scheme_memory == NULL) return;
  for (size_t i = 0; i < FIELDS_MAX; i++) {
    const csn_location *at = &scheme->forms[i / CSN_FORM_LOCATIONS_MAX].locations[i % CSN_FORM_LOCATIONS_MAX];
    bool is_key = at->field == CSN_FIELD_API_KEY, is_header = at->source == CSN_SOURCE_HEADER;
    if (at->source == CSN_SOURCE_NONE || (!is_key && at->field != CSN_FIELD_SIGNATURE)) continue;
    out->fields[out->field_count++] = (csn_redact_field){.name = at->param != NULL ? at->param : at->name,
                                                         .prefix = is_header ? at->prefix : NULL,
                                                         .kind = is_key ? "api-key" : "signature",
                                                         .is_header = is_header};
  }
}

static bool add_policy(wanted *out, const char *path, csn_redact_error *error) {
  csn_policy_error why;
  if (path == NULL) return true;
  if (!csn_policy_load_keys(&out->policy, path, keep_secret, &out->list, &why)) {
    snprintf(error->text, sizeof error->text, "%.255s", why.text);
    return false;
  }
  add_all_issued(out);
  add_fields(out);
  const csn_policy_redact *redact = out->policy.redact;
  if (redact == NULL) return true;
  for (size_t i = 0; i < redact->prefix_count; i++) out->prefixes[out->prefix_count++] = redact->prefixes[i];
  for (size_t i = 0; i < redact->pattern_count; i++) out->patterns[out->pattern_count++] = redact->patterns[i];
  return true;
}

static bool point_at_secrets(wanted *out, csn_redact_error *error) {
  out->secrets = calloc(out->list.count + 1, sizeof *out->secrets);
  if (out->secrets == NULL) {
    snprintf(error->text, sizeof error->text, "%s", strerror(ENOMEM));
    return false;
  }
  for (size_t i = 0, from = 0; i < out->list.count; from = out->list.ends[i++]) {
    out->secrets[i] = csn_span_of(out->list.bytes + from, out->list.ends[i] - from);
  }
  return true;
}

static csn_redactor *make_redactor(const redact_options *options, csn_redact_error *error) {
  wanted all = {0};
  csn_redactor *redactor = NULL;
  if (add_options(&all, options, error) && add_policy(&all, options->policy, error) && point_at_secrets(&all, error)) {
    const csn_redact_config config = {.secrets = all.secrets,
                                      .secret_count = all.list.count,
                                      .prefixes = all.prefixes,
                                      .prefix_count = all.prefix_count,
                                      .patterns = all.patterns,
                                      .pattern_count = all.pattern_count,
                                      .fields = all.fields,
                                      .field_count = all.field_count};
    if (!csn_redactor_new(&redactor, &config, error)) redactor = NULL;
  }
  free(all.secrets); /* addresses alone */
  free_secrets(&all.list);
  csn_policy_free(&all.policy);
  return redactor;
}

/* ---- copying ---- */

static bool write_out(void *self, csn_span bytes) {
  (void)self;
  return fwrite(bytes.ptr, 1, bytes.len, stdout) == bytes.len;
}

static bool would_wait(int fd) {
  struct pollfd ready = {.fd = fd, .events = POLLIN};
  return poll(&ready, 1, 0) == 0;
}

static int fail_out(void) {
  return csn_fail(command, "standard output: %s", strerror(errno));
}

/* An exit status. */
static int copy(csn_redact_stream *stream, int fd, const char *shown) {
  for (;;) {
    size_t room;
    if (would_wait(fd) && (!csn_redact_settle(stream) || fflush(stdout) != 0)) return fail_out();
    uint8_t *to = csn_redact_room(stream, &room);
    ssize_t got = read(fd, to, room);
    if (got < 0 && errno == EINTR) continue;
    int failed = errno;
    if (got > 0 ? !csn_redact_took(stream, (size_t)got) : !csn_redact_end(stream)) return fail_out();
    if (got < 0) return csn_fail(command, "%s: %s", shown, strerror(failed));
    if (got == 0) return CSN_EXIT_ACCEPTED;
  }
}

static int copy_file(csn_redact_stream *stream, const char *path) {
  char text[CSN_PATH_SHOWN_MAX + 4];
  if (strcmp(path, "-") == 0) return copy(stream, STDIN_FILENO, "<stdin>");
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) return csn_fail(command, "%s: %s", csn_path_shown(path, text), strerror(errno));
  int status = copy(stream, fd, csn_path_shown(path, text));
  close(fd);
  return status;
}

static int copy_files(const csn_redactor *redactor, char **paths) {
  static char standard_input[] = "-", *const no_paths[] = {standard_input, NULL};
  csn_redact_stream *stream = csn_redact_stream_new(redactor, write_out, NULL);
  int status = CSN_EXIT_ACCEPTED;
  if (stream == NULL) return csn_fail(command, "%s", strerror(ENOMEM));
  char *const *path = paths[0] == NULL ? no_paths : paths;
  for (; status == CSN_EXIT_ACCEPTED && *path != NULL; path++) status = copy_file(stream, *path);
  csn_redact_stream_free(stream);
  if (fflush(stdout) != 0 && status == CSN_EXIT_ACCEPTED) status = fail_out();
  return status;
}

int csn_redact_main(int argc, char **argv) {
  static redact_options options;
  csn_redact_error error;
  const csn_option table[] = {
      {"policy", .text = &options.policy},
      {"prefix", .list = &options.prefixes},
      {"pattern", .list = &options.patterns},
      {0},
  };
  int status = csn_read_options(command, help, table, argc, argv);
  if (status >= 0) return status;
  csn_redactor *redactor = make_redactor(&options, &error);
  if (redactor == NULL) return csn_fail(command, "%s", error.text);
  setvbuf(stdout, NULL, _IOFBF, CSN_REDACT_WINDOW);
  status = copy_files(redactor, argv + optind);
  csn_redactor_free(redactor);
  return status;
}
