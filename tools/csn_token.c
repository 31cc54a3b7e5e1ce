/* csn token issue, refresh, revoke: tokens for clients; and inspect (token_inspect.c). */
#include <getopt.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "../core/src/ct.h"
#include "../core/src/hmac.h"
#include "../core/store/sqlite_refresh.h"
#include "command.h"
#include "line_run.h"
#include "policy.h"
#include "token_inspect.h"

static const char help[] =
    "usage: csn token issue --policy FILE --subject ID [--store FILE] [option...]\n"
    "       csn token refresh --policy FILE --store FILE [option...] [FILE...]\n"
    "       csn token revoke --policy FILE --store FILE [--now UNIX] [FILE...]\n"
    "       csn token inspect --policy FILE [--now UNIX] [FILE...]\n"
    "\n"
    "issue writes an access token that the policy accepts, and with a store a refresh token, as one line of JSON (RFC\n"
    "6749). refresh and revoke read one refresh token a line from the files, or from standard input: each is exchanged "
    "for\n"
    "the next two, once, or revoked with all of its family. inspect reads one access token a line, and writes what is "
    "in\n"
    "it, without its signature, and the verdict.\n"
    "\n"
    "  --policy FILE        a policy whose preset has a token; a key of it signs, the one with the use api_key hashes\n"
    "  --store FILE         the refresh tokens: an encrypted SQLite file, made where it is not there\n"
    "  --key-id ID          the key that signs, where the policy has more than one\n"
    "  --subject ID         issue: sub, whom the tokens are for\n"
    "  --client ID          issue: client_id, the application that acts for the subject;\n"
    "                       refresh: who presents the token, which must have been issued to it\n"
    "  --scopes LIST        issue: what is granted, with one space between two; the policy's scopes without it;\n"
    "                       refresh: what of that the access token shall have; all without it\n"
    "  --ttl SECONDS        how long an access token lives; 7200 without it\n"
    "  --refresh-ttl SECONDS  how long a refresh token lives; 2592000 without it\n"
    "  --now UNIX           the time, in UNIX seconds; without it, the clock's\n"
    "  -h, --help           this text\n"
    "\n"
    "exit status: 0 done, 1 some token was refused, 2 misuse, unreadable input or a token that the policy refuses\n"
    "See csn-token(1).\n";

/* NULL and -1 where an option was not given. */
typedef struct token_options {
  const char *policy, *store, *key_id, *subject, *client, *scopes;
  int64_t ttl, refresh_ttl;
} token_options;

/* What one run needs; static, because it is large and there is one run in a process. */
typedef struct token_run {
  const char *command;
  token_options options;
  csn_policy policy;
  csn_sqlite_refresh *store;
  csn_token_issuer issuer;
  csn_tokens tokens;
  csn_line_run lines;
} token_run;

/* ---- what issues ---- */

/* The key that is named, or the one that there is. Those of a jwks_file are for verifying. */
static int choose_key(token_run *run) {
  const char *id = run->options.key_id;
  size_t count = 0;
  for (size_t i = 0; i < run->policy.key_count; i++) {
    const csn_key *key = &run->policy.keys[i];
    if ((key->uses & CSN_USE_TOKEN) == 0) continue;
    if (id != NULL && !csn_span_equal(csn_key_id(key), csn_span_str(id))) continue;
    run->issuer.key = key;
    count++;
  }
  if (count == 1) return 0;
  if (id != NULL) return csn_fail(run->command, "--key-id: not one of the policy's keys for tokens has this id");
  if (count == 0) return csn_fail(run->command, "%s: none of its keys signs tokens", run->options.policy);
  return csn_fail(run->command, "%zu keys of the policy sign tokens: --key-id chooses one", count);
}

/* The one key with the use "api_key", which hashes refresh tokens. */
static int choose_pepper(token_run *run) {
  size_t count = 0;
  for (size_t i = 0; i < run->policy.key_count; i++) {
    const csn_key *key = &run->policy.keys[i];
    if (key->uses != CSN_USE_API_KEY) continue;
    run->issuer.pepper = key;
    count++;
  }
  if (count == 1) return 0;
  return csn_fail(run->command, "%s: exactly one key must have the use \"api_key\", and no other use, for --store",
                  run->options.policy);
}

/* The file's key is made of the pepper: no token's text is this one, so that it is no token's hash. */
static int open_store(token_run *run) {
  static const csn_span purpose = CSN_SPAN_LITERAL("the key of a store of refresh tokens");
  uint8_t key[CSN_SHA256_BYTES];
  char shown[CSN_PATH_SHOWN_MAX + 4];
  if (run->options.store == NULL) return 0;
  int status = choose_pepper(run);
  if (status != 0) return status;
  csn_hmac_sha256(run->issuer.pepper, purpose, key);
  csn_error error = csn_sqlite_refresh_open(&run->store, run->options.store, key);
  csn_wipe(key, sizeof key);
  if (error == CSN_OK) run->issuer.store = csn_sqlite_refresh_store(run->store);
  if (error == CSN_OK) return 0;
  return csn_fail(run->command, "%s: %s%s", csn_path_shown(run->options.store, shown), csn_error_sentence(error),
                  error == CSN_ERROR_STORE ? ", or was made with another key" : "");
}

static int load_policy(token_run *run) {
  csn_policy_error error;
  if (!csn_policy_load_keys(&run->policy, run->options.policy, NULL, NULL, &error)) {
    return csn_fail(run->command, "%s", error.text);
  }
  if (run->policy.config.scheme->has_token) return 0;
  return csn_fail(run->command, "%s: the preset %s has no token", run->options.policy, run->policy.config.scheme->name);
}

/* 0, or an exit status. */
static int make_issuer(token_run *run) {
  static const csn_token_issuer defaults = CSN_TOKEN_ISSUER_DEFAULT;
  const csn_jwt_policy *jwt = &run->policy.config.jwt;
  run->issuer = defaults;
  run->issuer.issuer = jwt->issuer;
  run->issuer.audience = jwt->audience;
  run->issuer.policy = jwt;
  run->issuer.keys = run->policy.keyring;
  if (jwt->typ.len > 0) run->issuer.typ = jwt->typ;
  if (run->options.ttl > 0) run->issuer.access_seconds = run->options.ttl;
  if (run->options.refresh_ttl > 0) run->issuer.refresh_seconds = run->options.refresh_ttl;
  int status = choose_key(run);
  return status == 0 ? open_store(run) : status;
}

/* ---- what is written ---- */

static void text_member(csn_json_out *out, const char *before, csn_span text) {
  if (text.len == 0) return;
  csn_json_out_text(out, before);
  csn_json_out_string(out, text);
}

/* RFC 6749 section 5.1. */
static void write_tokens(csn_json_out *out, const csn_tokens *tokens, int64_t now) {
  text_member(out, "{\"access_token\":", csn_span_of(tokens->access, tokens->access_len));
  csn_json_out_text(out, ",\"token_type\":\"Bearer\",\"expires_in\":");
  csn_json_out_int(out, tokens->access_expires - now);
  text_member(out, ",\"scope\":", csn_scopes_span(&tokens->grant.scopes));
  text_member(out, ",\"refresh_token\":", csn_span_of(tokens->refresh.bytes, tokens->refresh.len));
  csn_json_out_text(out, "}\n");
}

static const char *error_code(csn_refresh_answer answer) {
  if (answer == CSN_REFRESH_FULL || answer == CSN_REFRESH_UNAVAILABLE) return "temporarily_unavailable";
  return answer == CSN_REFRESH_SCOPE ? "invalid_scope" : "invalid_grant";
}

/* RFC 6749 section 5.2. The reason is the operator's, not the client's. */
static void write_refusal(csn_json_out *out, csn_refresh_answer answer) {
  text_member(out, "{\"error\":", csn_span_str(error_code(answer)));
  text_member(out, ",\"reason\":", csn_span_str(csn_refresh_label(answer)));
  csn_json_out_text(out, "}\n");
}

static void write_answer(token_run *run, csn_refresh_answer answer, int64_t now) {
  if (answer == CSN_REFRESH_ISSUED) {
    write_tokens(&run->lines.out, &run->tokens, now);
  } else {
    write_refusal(&run->lines.out, answer);
  }
}

static const char refused[] = "the policy refuses the token that this would be: %s";

/* ---- issue ---- */

static int read_grant(token_run *run, csn_grant *grant) {
  csn_span subject = csn_span_str(run->options.subject), client = csn_span_str(run->options.client);
  csn_span scopes = run->options.scopes != NULL ? csn_span_str(run->options.scopes) : run->policy.config.jwt.scopes;
  memset(grant, 0, sizeof *grant);
  if (subject.len > CSN_SUBJECT_MAX || client.len > CSN_SUBJECT_MAX) {
    return csn_fail(run->command, "--subject and --client take at most %d bytes", CSN_SUBJECT_MAX);
  }
  csn_name_set(&grant->subject, subject);
  csn_name_set(&grant->client_id, client);
  csn_scopes_set(&grant->scopes, scopes);
  return 0;
}

static int issue(token_run *run) {
  uint8_t random[CSN_TOKEN_RANDOM_BYTES];
  csn_refresh_answer answer = CSN_REFRESH_UNDECIDED;
  int64_t now = csn_line_run_now(&run->lines);
  csn_grant grant;
  int status = read_grant(run, &grant);
  if (status != 0) return status;
  if (!csn_random(random, sizeof random)) return csn_fail(run->command, "the system has no random bytes");
  csn_error error = csn_token_issue(&run->issuer, &grant, random, now, &run->tokens, &answer);
  csn_wipe(random, sizeof random);
  if (error != CSN_OK) return csn_fail(run->command, "%s", csn_error_sentence(error));
  if (answer == CSN_REFRESH_REFUSED) {
    return csn_fail(run->command, refused, csn_reason_sentence(run->tokens.refused));
  }
  csn_json_out_init(&run->lines.out, STDOUT_FILENO, run->lines.out_bytes, sizeof run->lines.out_bytes);
  write_answer(run, answer, now);
  if (!csn_json_out_flush(&run->lines.out)) {
    return csn_fail(run->command, "standard output: %s", strerror(run->lines.out.error));
  }
  return answer == CSN_REFRESH_ISSUED ? CSN_EXIT_ACCEPTED : CSN_EXIT_REJECTED;
}

/* ---- refresh and revoke ---- */

/* A refresh token's line: 0 or 1, or CSN_EXIT_FAILED after a message. */
typedef int line_handler(token_run *run, csn_span refresh);

static int refresh_line(token_run *run, csn_span refresh) {
  uint8_t random[CSN_TOKEN_RANDOM_BYTES];
  csn_refresh_answer answer = CSN_REFRESH_UNDECIDED;
  int64_t now = csn_line_run_now(&run->lines);
  if (!csn_random(random, sizeof random)) return csn_line_run_refuse(&run->lines, "the system has no random bytes");
  const csn_refresh_request request = {refresh, csn_span_str(run->options.client), csn_span_str(run->options.scopes)};
  csn_error error = csn_token_refresh(&run->issuer, &request, random, now, &run->tokens, &answer);
  csn_wipe(random, sizeof random);
  if (error != CSN_OK) return csn_line_run_refuse(&run->lines, "%s", csn_error_sentence(error));
  if (answer == CSN_REFRESH_REFUSED) {
    return csn_line_run_refuse(&run->lines, refused, csn_reason_sentence(run->tokens.refused));
  }
  write_answer(run, answer, now);
  return answer == CSN_REFRESH_ISSUED ? CSN_EXIT_ACCEPTED : CSN_EXIT_REJECTED;
}

static int revoke_line(token_run *run, csn_span refresh) {
  csn_refresh_answer answer = csn_token_revoke(&run->issuer, refresh, csn_line_run_now(&run->lines));
  csn_json_out_text(&run->lines.out, "{\"answer\":");
  csn_json_out_string(&run->lines.out, csn_span_str(csn_refresh_label(answer)));
  csn_json_out_text(&run->lines.out, "}\n");
  return answer == CSN_REFRESH_REVOKED ? CSN_EXIT_ACCEPTED : CSN_EXIT_REJECTED;
}

static int handle_lines(token_run *run, line_handler *handle, int argc, char **argv) {
  csn_line_status status;
  csn_span line;
  int worst = CSN_EXIT_ACCEPTED, done = CSN_EXIT_ACCEPTED;
  csn_line_run_start(&run->lines, argc, argv, CSN_API_KEY_MAX + 1);
  while ((status = csn_line_run_next(&run->lines, &line)) == CSN_LINE_READ || status == CSN_LINE_TOO_LONG) {
    done = handle(run, line);
    if (done == CSN_EXIT_FAILED) break;
    if (done > worst) worst = done;
  }
  int failed = done == CSN_EXIT_FAILED ? done : csn_line_run_finish(&run->lines, status);
  csn_line_run_free(&run->lines);
  return failed != 0 ? failed : worst;
}

/* ---- the commands ---- */

/* Which options a command takes: -1 to go on, or an exit status. An empty list is nothing to ask for. */
static int check_options(const token_run *run, line_handler *handle) {
  const token_options *options = &run->options;
  bool issues = handle == NULL, is_empty = options->scopes != NULL && options->scopes[0] == '\0';
  bool is_nobody = options->client != NULL && options->client[0] == '\0';
  if (!issues && options->store == NULL) return csn_misuse(run->command, "--store FILE is needed");
  if (!issues && options->subject != NULL) return csn_misuse(run->command, "--subject is for csn token issue");
  if (handle == revoke_line && (options->client != NULL || options->scopes != NULL)) {
    return csn_misuse(run->command, "--client and --scopes are for csn token issue and refresh");
  }
  if (!issues && is_nobody) return csn_misuse(run->command, "--client is empty");
  if ((!issues && is_empty) || !csn_scopes_valid(csn_span_str(options->scopes))) {
    return csn_misuse(run->command, "--scopes takes scope-tokens with one space between two");
  }
  return -1;
}

/* -1 to go on, or an exit status. */
static int read_options(token_run *run, line_handler *handle, int argc, char **argv) {
  token_options *options = &run->options;
  const csn_option known[] = {
      {"policy", .text = &options->policy},
      {"store", .text = &options->store},
      {"key-id", .text = &options->key_id},
      {"subject", .text = &options->subject},
      {"client", .text = &options->client},
      {"scopes", .text = &options->scopes},
      {"ttl", .number = &options->ttl, .high = CSN_TOKEN_SECONDS_MAX, .takes = "1 to 31622400 seconds"},
      {"refresh-ttl", .number = &options->refresh_ttl, .high = CSN_TOKEN_SECONDS_MAX, .takes = "1 to 31622400 seconds"},
      {"now", .number = &run->lines.now, .high = CSN_UNIX_SECONDS_MAX, .takes = "UNIX seconds"},
      {0},
  };
  int status = csn_read_options(run->command, help, known, argc, argv);
  if (status >= 0) return status;
  bool issues = handle == NULL;
  if (options->policy == NULL) return csn_misuse(run->command, "--policy FILE is needed");
  if (options->ttl == 0) return csn_misuse(run->command, "--ttl takes 1 to 31622400 seconds");
  if (options->refresh_ttl == 0) return csn_misuse(run->command, "--refresh-ttl takes 1 to 31622400 seconds");
  if (issues && options->subject == NULL) return csn_misuse(run->command, "--subject ID is needed");
  if (issues && argc > optind) return csn_misuse(run->command, "takes no file");
  return check_options(run, handle);
}

static token_run *new_run(const char *command) {
  static token_run run;
  run.command = run.lines.command = command;
  run.lines.now = run.options.ttl = run.options.refresh_ttl = -1;
  return &run;
}

static void end_run(token_run *run) {
  csn_sqlite_refresh_close(run->store);
  csn_policy_free(&run->policy);
  csn_wipe(&run->tokens, sizeof run->tokens);
  csn_wipe(run->lines.out_bytes, sizeof run->lines.out_bytes);
}

/* `handle` is NULL where tokens are issued. */
static int run_command(const char *command, line_handler *handle, int argc, char **argv) {
  token_run *run = new_run(command);
  int status = read_options(run, handle, argc, argv);
  if (status >= 0) return status;
  status = load_policy(run);
  if (status == 0) status = make_issuer(run);
  if (status == 0) status = handle == NULL ? issue(run) : handle_lines(run, handle, argc, argv);
  end_run(run);
  return status;
}

static int issue_main(int argc, char **argv) {
  return run_command("csn token issue", NULL, argc, argv);
}

static int refresh_main(int argc, char **argv) {
  return run_command("csn token refresh", refresh_line, argc, argv);
}

static int revoke_main(int argc, char **argv) {
  return run_command("csn token revoke", revoke_line, argc, argv);
}

static int inspect_main(int argc, char **argv) {
  static const char command[] = "csn token inspect";
  token_run *run = new_run(command);
  const csn_option known[] = {
      {"policy", .text = &run->options.policy},
      {"now", .number = &run->lines.now, .high = CSN_UNIX_SECONDS_MAX, .takes = "UNIX seconds"},
      {0},
  };
  int status = csn_read_options(command, help, known, argc, argv);
  if (status >= 0) return status;
  if (run->options.policy == NULL) return csn_misuse(command, "--policy FILE is needed");
  status = load_policy(run);
  if (status == 0) status = csn_token_inspect(&run->policy, &run->lines, argc, argv);
  end_run(run);
  return status;
}

int csn_token_main(int argc, char **argv) {
  static const csn_subcommand table[] = {
      {"issue", issue_main}, {"refresh", refresh_main}, {"revoke", revoke_main}, {"inspect", inspect_main}, {0}};
  return csn_run_subcommand("csn token", help, table, argc, argv);
}
