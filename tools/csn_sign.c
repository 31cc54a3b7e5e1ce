/* csn sign: one request a line in, the same request with its credential out. */
#include <getopt.h>
#include <stdio.h>
#include <time.h>

#include "../core/src/ct.h"
#include "../core/src/encoding.h"
#include "command.h"
#include "request_line.h"
#include "sign_plan.h"

static const char command[] = "csn sign";

static const char help[] =
    "usage: csn sign --policy FILE [option...] [FILE...]\n"
    "\n"
    "Reads one JSON request a line from the files, or from standard input, and writes the same requests with the\n"
    "headers that the policy's preset asks for. The output is what csn verify reads.\n"
    "\n"
    "  --policy FILE        the scheme and its keys\n"
    "  --client ID          the client that signs\n"
    "  --key-id ID          the key that signs\n"
    "  --token-key-id ID    the key that signs the token, where the request has a key of its own\n"
    "  --form N             which of the preset's forms to write, from 0\n"
    "  --now UNIX           the time of every request, in UNIX seconds; without it, the clock's\n"
    "  --nonce TEXT         the nonce of every request; without it, 16 random bytes in hex for each\n"
    "  --claims JSON        the claims of the token, all of them\n"
    "  --claims-file FILE   the same, out of a file\n"
    "  --ttl SECONDS        from iat to exp of the token; 300 without it\n"
    "  -h, --help           this text\n"
    "\n"
    "exit status: 0 all signed, 2 misuse or unreadable input (then nothing behind it is read)\n"
    "See csn-sign(1).\n";

typedef struct sign_options {
  const char *policy, *claims, *claims_file;
  csn_sign_choice choice;
  int64_t now; /* -1: the clock's */
  char **files;
  size_t file_count;
} sign_options;

enum {
  OPT_POLICY = 256,
  OPT_CLIENT,
  OPT_KEY_ID,
  OPT_TOKEN_KEY_ID,
  OPT_FORM,
  OPT_NOW,
  OPT_NONCE,
  OPT_CLAIMS,
  OPT_CLAIMS_FILE,
  OPT_TTL
};

static const struct option known_options[] = {
    {"policy", required_argument, NULL, OPT_POLICY},
    {"client", required_argument, NULL, OPT_CLIENT},
    {"key-id", required_argument, NULL, OPT_KEY_ID},
    {"token-key-id", required_argument, NULL, OPT_TOKEN_KEY_ID},
    {"form", required_argument, NULL, OPT_FORM},
    {"now", required_argument, NULL, OPT_NOW},
    {"nonce", required_argument, NULL, OPT_NONCE},
    {"claims", required_argument, NULL, OPT_CLAIMS},
    {"claims-file", required_argument, NULL, OPT_CLAIMS_FILE},
    {"ttl", required_argument, NULL, OPT_TTL},
    {"help", no_argument, NULL, 'h'},
    {0},
};

static void read_text_option(sign_options *options, int option) {
  const struct {
    int option;
    const char **target;
  } rows[] = {
      {OPT_POLICY, &options->policy},           {OPT_CLIENT, &options->choice.client},
      {OPT_KEY_ID, &options->choice.key_id},    {OPT_TOKEN_KEY_ID, &options->choice.token_key_id},
      {OPT_NONCE, &options->choice.nonce},      {OPT_CLAIMS, &options->claims},
      {OPT_CLAIMS_FILE, &options->claims_file},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    if (rows[i].option == option) *rows[i].target = optarg;
  }
}

/* Returns -1 to go on, or an exit status. */
static int read_option(sign_options *options, int option, char **argv) {
  switch (option) {
    case 'h':
      return csn_help(command, help);
    case '?':
    case ':':
      return csn_bad_option(command, option, argv);
    case OPT_NOW:
      if (csn_parse_number(optarg, CSN_UNIX_SECONDS_MAX, &options->now)) return -1;
      return csn_misuse(command, "--now takes UNIX seconds");
    case OPT_TTL:
      if (csn_parse_number(optarg, INT32_MAX, &options->choice.ttl)) return -1;
      return csn_misuse(command, "--ttl takes seconds");
    case OPT_FORM:
      if (csn_parse_number(optarg, CSN_SCHEME_FORMS_MAX, &options->choice.form)) return -1;
      return csn_misuse(command, "--form takes the number of a form, from 0");
    default:
      read_text_option(options, option);
      return -1;
  }
}

static int read_options(sign_options *options, int argc, char **argv) {
  int option, status = -1;
  opterr = 0;
  while (status < 0 && (option = getopt_long(argc, argv, ":h", known_options, NULL)) != -1) {
    status = read_option(options, option, argv);
  }
  if (status >= 0) return status;
  if (options->policy == NULL) return csn_misuse(command, "--policy FILE is missing");
  if (options->claims != NULL && options->claims_file != NULL) {
    return csn_misuse(command, "--claims and --claims-file exclude each other");
  }
  options->files = argv + optind;
  options->file_count = (size_t)(argc - optind);
  return -1;
}

/* What one run needs; static, because it is large and there is one run in a process. */
typedef struct sign_run {
  csn_policy policy;
  csn_sign_plan plan;
  int64_t now; /* -1: the clock's */
  csn_lines lines;
  csn_json_out out;
  csn_request_line request;
  csn_signed headers;
  uint8_t claims[CSN_CLAIMS_MAX], token[CSN_TOKEN_MAX];
  uint8_t out_bytes[64 * 1024];
} sign_run;

/* What cannot be signed: the message names the line. */
static int fail_line(sign_run *run, const char *reason) {
  csn_json_out_flush(&run->out);
  return csn_fail(command, "%s:%llu: %s", run->lines.name, (unsigned long long)run->lines.number, reason);
}

static csn_error mint(sign_run *run, int64_t now, csn_span *token) {
  csn_json_out claims;
  size_t len = 0;
  *token = csn_span_of(NULL, 0);
  if (run->plan.token_key == NULL) return CSN_OK;
  csn_json_out_init(&claims, -1, run->claims, sizeof run->claims);
  csn_sign_plan_claims(&run->plan, now, &claims);
  if (claims.error != 0) return CSN_ERROR_BUFFER_TOO_SMALL;
  csn_error error =
      csn_sign_jwt(run->plan.token_key, csn_span_of(run->claims, claims.len), run->token, sizeof run->token, &len);
  *token = csn_span_of(run->token, len);
  return error;
}

static csn_error sign_request(sign_run *run, csn_span nonce) {
  const csn_scheme *scheme = run->policy.config.scheme;
  int64_t now = run->now >= 0 ? run->now : (int64_t)time(NULL);
  csn_sign_input input = {
      .scheme = scheme,
      .form = (size_t)run->plan.choice->form,
      .key = run->plan.request_key,
      .request = &run->request.request,
      .timestamp = scheme->time_unit == CSN_TIME_MILLISECONDS ? now * 1000 : now,
      .nonce = nonce,
  };
  csn_error error = mint(run, now, &input.token);
  return error == CSN_OK ? csn_sign_request(&run->headers, &input) : error;
}

/* A request that has one of the headers already would be rejected for having it twice. */
static const char *find_repeated(const sign_run *run) {
  const csn_request *request = &run->request.request;
  for (size_t i = 0; i < request->header_count; i++) {
    for (size_t j = 0; j < run->headers.header_count; j++) {
      if (!csn_span_equal_nocase(request->headers[i].name, run->headers.headers[j].name)) continue;
      return (const char *)run->headers.headers[j].name.ptr; /* the scheme's: a string of C */
    }
  }
  return NULL;
}

static int sign_line(sign_run *run, csn_span line) {
  char text[256], hex[32];
  uint8_t random[sizeof hex / 2];
  const char *given = run->plan.choice->nonce;
  size_t offset = 0;
  const char *reason = NULL;
  if (!csn_request_line_read(&run->request, line, &reason, &offset)) {
    snprintf(text, sizeof text, "%s (byte %zu)", reason, offset);
    return fail_line(run, text);
  }
  if (given == NULL && !csn_random(random, sizeof random)) return fail_line(run, "the system has no random bytes");
  if (given == NULL) csn_hex_encode(csn_span_of(random, sizeof random), hex);
  csn_error error = sign_request(run, given == NULL ? csn_span_of(hex, sizeof hex) : csn_span_str(given));
  if (error != CSN_OK) return fail_line(run, csn_error_sentence(error));
  const char *repeated = find_repeated(run);
  if (repeated != NULL) {
    snprintf(text, sizeof text, "the request has a header %s already", repeated);
    return fail_line(run, text);
  }
  csn_request_line_write(&run->out, &run->request, run->headers.headers, run->headers.header_count);
  return 0;
}

static int sign_lines(sign_run *run) {
  csn_line_status status;
  csn_span line;
  while ((status = csn_lines_next(&run->lines, &line)) == CSN_LINE_READ && run->out.error == 0) {
    if (line.len == 0 && csn_lines_at_file_end(&run->lines)) continue; /* an empty last line says nothing */
    int failed = sign_line(run, line);
    if (failed != 0) return failed;
  }
  if (status == CSN_LINE_TOO_LONG) return fail_line(run, "the line is longer than the limit");
  return csn_finish_lines(command, &run->lines, status, &run->out);
}

static int run_with_policy(sign_run *run, const sign_options *options, int64_t now) {
  char why[256];
  if (!csn_sign_plan_make(&run->plan, &run->policy, &options->choice, now, why, sizeof why)) {
    return csn_misuse(command, "%s: %s", options->policy, why);
  }
  run->now = options->now;
  csn_json_out_init(&run->out, 1, run->out_bytes, sizeof run->out_bytes);
  csn_lines_init(&run->lines, options->files, options->file_count, CSN_REQUEST_LINE_MAX);
  run->lines.before_wait = csn_flush_before_wait;
  run->lines.before_wait_self = &run->out;
  int status = sign_lines(run);
  csn_lines_free(&run->lines);
  csn_request_line_free(&run->request);
  return status;
}

static int run_with_claims(sign_run *run, sign_options *options) {
  csn_policy_error error;
  int64_t now = options->now >= 0 ? options->now : (int64_t)time(NULL);
  if (!csn_policy_load(&run->policy, options->policy, now, &error)) return csn_fail(command, "%s", error.text);
  int status = run_with_policy(run, options, now);
  csn_policy_free(&run->policy);
  csn_wipe(run->token, sizeof run->token);
  return status;
}

/* Reads --claims or --claims-file: 0, or an exit status. `file` is to be freed either way. */
static int read_claims(sign_options *options, csn_file *file) {
  memset(file, 0, sizeof *file);
  options->choice.claims = csn_span_str(options->claims);
  if (options->claims != NULL && options->claims[0] == '\0') return csn_misuse(command, "--claims is empty");
  if (options->claims_file == NULL) return 0;
  int failed = csn_file_read(file, options->claims_file, CSN_CLAIMS_MAX);
  if (failed != 0) return csn_fail(command, "%s: %s", options->claims_file, strerror(failed));
  options->choice.claims = csn_file_span(file);
  return file->len > 0 ? 0 : csn_fail(command, "%s: is empty", options->claims_file);
}

int csn_sign_main(int argc, char **argv) {
  static sign_run run;
  sign_options options = {.now = -1, .choice = {.ttl = -1}};
  csn_file file;
  int status = read_options(&options, argc, argv);
  if (status >= 0) return status;
  status = read_claims(&options, &file);
  if (status == 0) status = run_with_claims(&run, &options);
  csn_file_free(&file);
  return status;
}
