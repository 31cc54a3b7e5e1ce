/* csn sign: one request a line in, the same request with its credential out. */
#include "../core/src/ct.h"
#include "../core/src/encoding.h"
#include "command.h"
#include "line_run.h"
#include "sign_plan.h"
#include "sign_sigv4.h"

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
    "  --form N             which of the preset's forms to write, from 0; without it, the first that fits the key\n"
    "  --now UNIX           the time of every request, in UNIX seconds; without it, the clock's\n"
    "  --nonce TEXT         the nonce of every request; without it, 16 random bytes in hex for each\n"
    "  --claims JSON        the claims of the token, all of them\n"
    "  --claims-file FILE   the same, out of a file\n"
    "  --ttl SECONDS        from iat to exp of the token, or how long a presigned request is good; 300 without it\n"
    "  -h, --help           this text\n"
    "\n"
    "exit status: 0 all signed, 2 misuse or unreadable input (then nothing behind it is read)\n"
    "See csn-sign(1).\n";

typedef struct sign_options {
  const char *policy, *claims, *claims_file;
  csn_sign_choice choice;
} sign_options;

/* Returns -1 to go on, or an exit status. */
static int read_options(sign_options *options, int64_t *now, int argc, char **argv) {
  csn_sign_choice *choice = &options->choice;
  const csn_option known[] = {
      {"policy", .text = &options->policy},
      {"client", .text = &choice->client},
      {"key-id", .text = &choice->key_id},
      {"token-key-id", .text = &choice->token_key_id},
      {"form", .number = &choice->form, .high = CSN_SCHEME_FORMS_MAX, .takes = "the number of a form, from 0"},
      {"now", .number = now, .high = CSN_UNIX_SECONDS_MAX, .takes = "UNIX seconds"},
      {"nonce", .text = &choice->nonce},
      {"claims", .text = &options->claims},
      {"claims-file", .text = &options->claims_file},
      {"ttl", .number = &choice->ttl, .high = INT32_MAX, .takes = "seconds"},
      {0},
  };
  int status = csn_read_options(command, help, known, argc, argv);
  if (status >= 0) return status;
  if (options->policy == NULL) return csn_misuse(command, "--policy FILE is missing");
  if (options->claims != NULL && options->claims_file != NULL) {
    return csn_misuse(command, "--claims and --claims-file exclude each other");
  }
  return -1;
}

/* What one run needs; static, because it is large and there is one run in a process. */
typedef struct sign_run {
  csn_policy policy;
  csn_sign_plan plan;
  csn_line_run lines;
  csn_request_line request;
  csn_signed headers;
  csn_sigv4_signed sigv4;
  uint8_t claims[CSN_CLAIMS_MAX], token[CSN_TOKEN_MAX];
} sign_run;

static csn_error mint(sign_run *run, int64_t now, csn_span *token) {
  csn_json_out claims;
  size_t len = 0;
  *token = csn_span_of(NULL, 0);
  if (run->plan.token_key == NULL) return CSN_OK;
  csn_json_out_init(&claims, -1, run->claims, sizeof run->claims);
  csn_sign_plan_claims(&run->plan, now, &claims);
  if (claims.error != 0) return CSN_ERROR_BUFFER_TOO_SMALL;
  csn_span typ = run->policy.config.jwt.typ;
  csn_error error = csn_sign_jwt_typed(run->plan.token_key, typ.len > 0 ? typ : csn_span_str("JWT"),
                                       csn_span_of(run->claims, claims.len), run->token, sizeof run->token, &len);
  *token = csn_span_of(run->token, len);
  return error;
}

static csn_error sign_request(sign_run *run, csn_span nonce) {
  const csn_scheme *scheme = run->policy.config.scheme;
  int64_t now = csn_line_run_now(&run->lines);
  if (scheme->standard == CSN_STANDARD_HTTP_SIGNATURES) {
    return csn_sign_http(&run->plan, &run->request.request, now, nonce, &run->headers);
  }
  csn_sign_input input = {
      .scheme = scheme,
      .form = run->plan.form,
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

/* Headers to add, or a presigned target in the place of the request's own. 0, or an exit status. */
static int sign_sigv4(sign_run *run) {
  csn_request *request = &run->request.request;
  const char *refusal = csn_sign_sigv4(&run->sigv4, &run->plan, request, csn_line_run_now(&run->lines));
  if (refusal != NULL) return csn_line_run_refuse(&run->lines, "%s", refusal);
  request->target = run->sigv4.target;
  csn_request_line_write(&run->lines.out, &run->request, run->sigv4.headers, run->sigv4.header_count);
  return 0;
}

/* 0, or an exit status. */
static int sign_one(sign_run *run) {
  char hex[32];
  uint8_t random[sizeof hex / 2];
  const char *given = run->plan.choice->nonce;
  if (run->policy.config.scheme->standard == CSN_STANDARD_AWS_SIGV4) return sign_sigv4(run);
  if (given == NULL && !csn_random(random, sizeof random)) {
    return csn_line_run_refuse(&run->lines, "the system has no random bytes");
  }
  if (given == NULL) csn_hex_encode(csn_span_of(random, sizeof random), hex);
  csn_error error = sign_request(run, given == NULL ? csn_span_of(hex, sizeof hex) : csn_span_str(given));
  if (error != CSN_OK) return csn_line_run_refuse(&run->lines, "%s", csn_error_sentence(error));
  const char *repeated = find_repeated(run);
  if (repeated != NULL) return csn_line_run_refuse(&run->lines, "the request has a header %s already", repeated);
  run->request.request.target = run->headers.target;
  run->request.request.body = run->headers.body;
  csn_request_line_write(&run->lines.out, &run->request, run->headers.headers, run->headers.header_count);
  return 0;
}

static int sign_lines(sign_run *run) {
  int status = 0;
  while (csn_line_run_next_request(&run->lines, &run->request, &status)) {
    int failed = sign_one(run);
    if (failed != 0) return failed;
  }
  return status;
}

static int run_with_policy(sign_run *run, const sign_options *options, int argc, char **argv) {
  char why[256];
  if (!csn_sign_plan_make(&run->plan, &run->policy, &options->choice, csn_line_run_now(&run->lines), why, sizeof why)) {
    return csn_misuse(command, "%s: %s", options->policy, why);
  }
  csn_line_run_start(&run->lines, argc, argv, CSN_REQUEST_LINE_MAX);
  int status = sign_lines(run);
  csn_line_run_free(&run->lines);
  csn_request_line_free(&run->request);
  return status;
}

static int run_with_claims(sign_run *run, const sign_options *options, int argc, char **argv) {
  csn_policy_error error;
  if (!csn_policy_load_keys(&run->policy, options->policy, NULL, NULL, &error)) {
    return csn_fail(command, "%s", error.text);
  }
  int status = run_with_policy(run, options, argc, argv);
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
  sign_options options = {.choice = {.form = -1, .ttl = -1}};
  csn_file file;
  run.lines.command = command;
  run.lines.now = -1;
  int status = read_options(&options, &run.lines.now, argc, argv);
  if (status >= 0) return status;
  status = read_claims(&options, &file);
  if (status == 0) status = run_with_claims(&run, &options, argc, argv);
  csn_file_free(&file);
  return status;
}
