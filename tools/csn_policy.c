/* csn policy check: loads policies as csn verify does, and says what they mean. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../core/src/alg.h"
#include "../core/src/credential.h"
#include "command.h"
#include "input.h"
#include "policy.h"

static const char command[] = "csn policy check";

static const char help[] =
    "usage: csn policy check [--now UNIX] FILE...\n"
    "\n"
    "Loads each policy as csn verify does, with the files and variables that it names, and prints what it means: the\n"
    "preset, its limits and its keys, never a secret, and notes on what it leaves open. A policy that is refused has\n"
    "one line on standard error, which names the file, the line and the field.\n"
    "\n"
    "  --now UNIX  the time at which keys are past their end, in UNIX seconds; without it, the clock's\n"
    "  -h, --help  this text\n"
    "\n"
    "exit status: 0 all are good, 1 some are refused, 2 misuse, or output that fails\n"
    "See csn-policy(1), and csn-policy(5) for the fields.\n";

/* ---- lines of the answer ---- */

static void text(csn_json_out *out, const char *words) {
  csn_json_out_text(out, words);
}

static void name(csn_json_out *out, const char *before, csn_span bytes) {
  text(out, before);
  csn_json_out_string(out, bytes);
}

static void name_or(csn_json_out *out, const char *before, csn_span bytes, const char *without) {
  if (bytes.len > 0) {
    name(out, before, bytes);
  } else {
    text(out, without);
  }
}

static void number(csn_json_out *out, const char *before, int64_t value, const char *behind) {
  text(out, before);
  csn_json_out_int(out, value);
  text(out, behind);
}

static void date(csn_json_out *out, const char *before, int64_t second) {
  char shown[32];
  struct tm parts;
  time_t time = (time_t)second;
  gmtime_r(&time, &parts);
  strftime(shown, sizeof shown, "%Y-%m-%dT%H:%M:%SZ", &parts);
  text(out, before);
  text(out, shown);
}

/* The names of the bits that are set, with a comma between two. */
static void bits(csn_json_out *out, const char *before, unsigned set, const char *(*name_of)(unsigned bit)) {
  const char *between = before;
  for (unsigned bit = 0; bit < 32; bit++) {
    if ((set >> bit & 1) == 0) continue;
    text(out, between);
    text(out, name_of(bit));
    between = ", ";
  }
  if (set == 0) {
    text(out, before);
    text(out, "none");
  }
}

static const char *alg_of(unsigned bit) {
  return csn_alg_name((csn_alg)bit);
}

static const char *http_alg_of(unsigned bit) {
  return csn_alg_find((csn_alg)bit)->http_name;
}

static const char *parameter_of(unsigned bit) {
  static const char *const names[] = {"expires", "nonce", "alg"};
  return bit < sizeof names / sizeof names[0] ? names[bit] : "?";
}

static const char *claim_of(unsigned bit) {
  static const char *const names[] = {"exp", "nbf", "iat", "iss", "aud", "sub", "jti"};
  return bit < sizeof names / sizeof names[0] ? names[bit] : "?";
}

static const char *use_of(unsigned bit) {
  static const char *const names[] = {"token", "request", "api_key"};
  return bit < sizeof names / sizeof names[0] ? names[bit] : "?";
}

/* ---- what a policy means ---- */

static bool follows(const csn_policy *policy, csn_standard standard) {
  return policy->config.scheme->standard == standard;
}

static void print_place(csn_json_out *out, const csn_form *form, const csn_location *location) {
  text(out, "\n  ");
  text(out, csn_field_label(location->field));
  text(out, " in ");
  text(out, csn_policy_source_name(location->source));
  name(out, " ", csn_span_str(location->name));
  if (location->prefix != NULL) name(out, ", prefix ", csn_span_str(location->prefix));
  if (location->param == NULL) return;
  name(out, ", parameter ", csn_span_str(location->param));
  name(out, ", separator ", csn_span_of(&form->separator, 1));
}

static void print_form(csn_json_out *out, const csn_form *form) {
  for (size_t i = 0; i < CSN_FORM_LOCATIONS_MAX; i++) {
    if (form->locations[i].source != CSN_SOURCE_NONE) print_place(out, form, &form->locations[i]);
  }
}

/* In the place of the preset's summary, which may say otherwise. */
static void print_own_scheme(csn_json_out *out, const csn_scheme *scheme) {
  text(out, ", changed by the policy's own scheme");
  for (size_t i = 0; i < csn_scheme_form_count(scheme); i++) {
    if (i > 0) text(out, "\n  or");
    print_form(out, &scheme->forms[i]);
  }
  if (scheme->template_text == NULL) return;
  text(out, "\n  signature in ");
  text(out, csn_policy_encoding_name(scheme->signature_encoding));
  text(out, ", timestamp in ");
  text(out, csn_policy_time_unit_name(scheme->time_unit));
  if (scheme->client != NULL) name(out, ", all requests of client ", csn_span_str(scheme->client));
}

static void print_scheme(csn_json_out *out, const csn_policy *policy) {
  const csn_scheme *scheme = policy->config.scheme;
  text(out, "  preset ");
  text(out, scheme->name);
  if (policy->scheme_memory != NULL) {
    print_own_scheme(out, scheme);
  } else {
    text(out, ": ");
    text(out, scheme->summary);
  }
  if (scheme->template_text != NULL) name(out, "\n  signed ", csn_span_str(scheme->template_text));
  if (csn_policy_has(policy, CSN_FIELD_TIMESTAMP)) number(out, "\n  window ", policy->config.window, " seconds");
  if (policy->nonces != NULL) number(out, "\n  nonces ", policy->nonce_capacity, " at a time");
  text(out, "\n");
}

static void names(csn_json_out *out, const char *before, csn_span_list list) {
  for (size_t i = 0; i < list.count; i++) name(out, before, list.items[i]);
}

static void print_jwt(csn_json_out *out, const csn_jwt_policy *jwt) {
  name_or(out, "  token issuer ", jwt->issuer, "  token any issuer");
  names(out, " or ", jwt->other_issuers);
  name_or(out, ", audience ", jwt->audience, ", no audience");
  names(out, " or ", jwt->other_audiences);
  if (jwt->subject.len > 0) name(out, ", subject ", jwt->subject);
  if (jwt->typ.len > 0) name(out, ", typ ", jwt->typ);
  if (jwt->scopes.len > 0) name(out, ", scopes ", jwt->scopes);
  if (jwt->scope_claim.len > 0) name(out, ", scopes in the claim ", jwt->scope_claim);
  bits(out, ", requires ", jwt->required, claim_of);
  names(out, " and ", jwt->claims);
  if (jwt->max_age > 0) number(out, ", no older than ", jwt->max_age, " seconds");
  bits(out, ", signed with ", jwt->algorithms, alg_of);
  if (jwt->allow_padded) text(out, ", padded or not");
  number(out, ", leeway ", jwt->leeway, " seconds\n");
}

static void print_http_signature(csn_json_out *out, const csn_http_signature_policy *http) {
  name_or(out, "  signature label ", http->label,
          http->tag.len > 0 ? "  signature of any label" : "  signature the only one");
  if (http->tag.len > 0) name(out, ", tag ", http->tag);
  text(out, http->component_count > 0 ? ", covers" : ", covers nothing of the request");
  names(out, " ", (csn_span_list){http->components, http->component_count});
  bits(out, ", requires ", http->required, parameter_of);
  bits(out, ", signed with ", http->algorithms, http_alg_of);
  number(out, ", leeway ", http->leeway, " seconds");
  name(out, ", of scheme ", http->context.scheme);
  name_or(out, " and authority ", http->context.authority, " and the Host field's authority");
  text(out, "\n");
}

static void print_sigv4(csn_json_out *out, const csn_sigv4_policy *sigv4) {
  name(out, "  aws_sigv4 region ", sigv4->region);
  name(out, ", service ", sigv4->service);
  text(out, ", path ");
  text(out, csn_policy_sigv4_path_name(sigv4->path));
  number(out, ", window ", sigv4->window, " seconds");
  if (sigv4->expires_max > 0) {
    number(out, ", presigned for at most ", sigv4->expires_max, " seconds\n");
  } else {
    text(out, ", no presigned requests\n");
  }
}

static void print_api_keys(csn_json_out *out, const csn_policy *policy) {
  const csn_api_key_policy *api_key = &policy->config.api_key;
  number(out, "  api keys ", (int64_t)policy->api_key_count, "");
  name_or(out, ", prefix ", api_key->prefix, ", any prefix");
  name_or(out, ", required scopes ", api_key->scopes, ", no required scopes");
  text(out, "\n");
}

static void print_key(csn_json_out *out, const csn_key *key, int64_t now) {
  name_or(out, "  key ", csn_key_id(key), "  key without id");
  name_or(out, ", client ", csn_key_client_id(key), ", no client");
  text(out, ", ");
  text(out, csn_alg_name(key->alg));
  bits(out, ", use ", key->uses, use_of);
  if (key->accept_until != 0) date(out, ", until ", key->accept_until);
  text(out, csn_key_is_accepted(key, now) ? "\n" : ", past its end\n");
}

static void print_keys(csn_json_out *out, const csn_policy *policy, int64_t now) {
  for (size_t i = 0; i < policy->key_count; i++) print_key(out, &policy->keys[i], now);
  if (policy->jwks.added == 0) return;
  bool is_http = follows(policy, CSN_STANDARD_HTTP_SIGNATURES);
  number(out, "  jwks_file ", (int64_t)policy->jwks.added, is_http ? " keys, use request\n" : " keys, use token\n");
}

/* ---- what a policy leaves open ---- */

static void print_ambiguity(csn_json_out *out, const csn_policy *policy) {
  const csn_scheme *scheme = policy->config.scheme;
  if (!csn_verifier_is_ambiguous(policy->verifier)) return;
  text(out, "  note: the preset is ambiguous: two different requests can have one signature");
  if (scheme->delimited_form != NULL) {
    text(out, "; use ");
    text(out, scheme->delimited_form);
  }
  text(out, "\n");
}

static void print_replay(csn_json_out *out, const csn_policy *policy) {
  const csn_scheme *scheme = policy->config.scheme;
  if (csn_policy_has(policy, CSN_FIELD_NONCE)) {
    if (!follows(policy, CSN_STANDARD_HTTP_SIGNATURES)) return;
    if ((policy->config.http_signature.required & CSN_SIGNATURE_NONCE) != 0) return;
    text(out,
         "  note: no replay protection of a request without nonce: it is accepted again until its window is over\n");
  } else if (csn_policy_has(policy, CSN_FIELD_TIMESTAMP)) {
    text(out, "  note: no replay protection: a request is accepted again until its window is over\n");
  } else if (follows(policy, CSN_STANDARD_AWS_SIGV4)) {
    text(out, "  note: no replay protection: a request is accepted again until its window is over or it expires\n");
  } else if (scheme->replayable) {
    text(out, "  note: no replay protection: a request that was accepted once is accepted for ever\n");
  } else {
    text(out, "  note: no replay protection: whoever has the token or key may use it again and again\n");
  }
}

static void print_number_note(csn_json_out *out, size_t count, const char *what) {
  if (count > 0) number(out, "  note: ", (int64_t)count, what);
}

static void print_key_notes(csn_json_out *out, const csn_policy *policy, int64_t now) {
  bool is_http = follows(policy, CSN_STANDARD_HTTP_SIGNATURES);
  size_t past = 0, idle = 0, idle_http = 0, private = 0;
  for (size_t i = 0; i < policy->key_count; i++) {
    const csn_key *key = &policy->keys[i];
    past += !csn_key_is_accepted(key, now);
    idle += key->uses == CSN_USE_TOKEN && (policy->config.jwt.algorithms >> key->alg & 1) == 0;
    idle_http +=
        is_http && key->uses == CSN_USE_REQUEST && (policy->config.http_signature.algorithms >> key->alg & 1) == 0;
    private += key->public_key != NULL && csn_key_signs(key);
  }
  print_number_note(out, private, " of the keys private: who only verifies needs the public ones\n");
  print_number_note(out, past, " of the keys past their end: what they sign is rejected\n");
  print_number_note(out, idle, " of the keys for tokens with an alg that jwt.algorithms does not allow\n");
  print_number_note(out, idle_http, " of the keys with an alg that http_signature.algorithms does not allow\n");
  print_number_note(out, policy->jwks.ignored,
                    " keys of the jwks_file ignored: their type, use or algorithm is not supported\n");
  print_number_note(out, policy->short_count, " of the keys may be shorter than their hash: allow_legacy_short\n");
  print_number_note(out, policy->inline_count,
                    " of the secrets in the policy itself: secret_file and secret_env keep them out of it\n");
}

static void print_notes(csn_json_out *out, const csn_policy *policy, const char *path, int64_t now) {
  const csn_verifier_config *config = &policy->config;
  struct stat info;
  print_ambiguity(out, policy);
  print_replay(out, policy);
  if (config->allow_unsigned_body) text(out, "  note: a body passes that nobody has signed: allow_unsigned_body\n");
  if (follows(policy, CSN_STANDARD_AWS_SIGV4) && config->sigv4.unsigned_payload) {
    text(out, "  note: a body passes whose hash nobody has signed: aws_sigv4.allow_unsigned_payload\n");
  }
  if (config->scheme->has_token && (config->jwt.required & CSN_CLAIM_EXP) == 0) {
    text(out, "  note: a token without exp is accepted and never ends\n");
  }
  print_key_notes(out, policy, now);
  if (policy->inline_count > 0 && stat(path, &info) == 0 && (info.st_mode & (S_IRGRP | S_IROTH)) != 0) {
    text(out, "  note: others than the owner may read the file, and secrets stand in it\n");
  }
}

static void print_policy(csn_json_out *out, const csn_policy *policy, const char *path, int64_t now) {
  name(out, "policy ", csn_span_str(path));
  text(out, "\n");
  print_scheme(out, policy);
  if (policy->config.scheme->has_token) print_jwt(out, &policy->config.jwt);
  if (follows(policy, CSN_STANDARD_HTTP_SIGNATURES)) {
    print_http_signature(out, &policy->config.http_signature);
  }
  if (follows(policy, CSN_STANDARD_AWS_SIGV4)) print_sigv4(out, &policy->config.sigv4);
  if (policy->api_keys != NULL) print_api_keys(out, policy);
  print_keys(out, policy, now);
  print_notes(out, policy, path, now);
}

/* ---- the command ---- */

static bool check(csn_json_out *out, const char *path, int64_t now) {
  csn_policy policy;
  csn_policy_error error;
  if (!csn_policy_load(&policy, path, now, &error)) {
    csn_json_out_flush(out); /* in the order of the files, where both go to one place */
    csn_note(command, "%s", error.text);
    return false;
  }
  print_policy(out, &policy, path, now);
  csn_policy_free(&policy);
  return true;
}

static int policy_check_main(int argc, char **argv) {
  uint8_t bytes[4096];
  csn_json_out out;
  int64_t now = -1;
  bool good = true;
  const csn_option options[] = {
      {"now", .number = &now, .high = CSN_UNIX_SECONDS_MAX, .takes = "UNIX seconds"},
      {0},
  };
  int status = csn_read_options(command, help, options, argc, argv);
  if (status >= 0) return status;
  if (optind == argc) return csn_misuse(command, "a file is missing");
  csn_json_out_init(&out, STDOUT_FILENO, bytes, sizeof bytes);
  for (int i = optind; i < argc; i++) good = check(&out, argv[i], now >= 0 ? now : (int64_t)time(NULL)) && good;
  if (!csn_json_out_flush(&out)) return csn_fail(command, "standard output: %s", strerror(out.error));
  return good ? CSN_EXIT_ACCEPTED : CSN_EXIT_REJECTED;
}

int csn_policy_main(int argc, char **argv) {
  static const csn_subcommand table[] = {{"check", policy_check_main}, {0}};
  return csn_run_subcommand("csn policy", help, table, argc, argv);
}
