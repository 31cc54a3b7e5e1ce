/* csn jwt verify: one compact token a line in, one verdict a line out. */
#include <inttypes.h>
#include <stdio.h>

#include "../core/src/ct.h"
#include "command.h"
#include "key_text.h"
#include "line_run.h"
#include "secret.h"

static const char command[] = "csn jwt verify";

static const char help[] =
    "usage: csn jwt verify --jwks FILE | --key-file FILE | --secret-file FILE [option...] [FILE...]\n"
    "\n"
    "Reads one compact token a line from the files, or from standard input, and writes one JSON verdict a line. The "
    "id\n"
    "of a verdict is the number of its line.\n"
    "\n"
    "  --jwks FILE                the keys: a JWK Set, or one JWK\n"
    "  --key-file FILE            the key: PEM, for the one --alg, or one JWK, public or private\n"
    "  --secret-file FILE         the key: an HMAC secret; one line end behind it is dropped\n"
    "  --secret-encoding NAME     of the secret file: text (the default), hex, base64url, base64\n"
    "  --alg LIST                 algorithms to allow, separated by commas; HS256 without it\n"
    "  --now UNIX                 the time of every token, in UNIX seconds; without it, the clock's\n"
    "  --signature-only           only header and signature count; the payload may be any bytes\n"
    "  --issuer NAME              iss must be NAME\n"
    "  --audience NAME            aud must contain NAME; without it, a token with an aud is rejected\n"
    "  --leeway SECONDS           clock difference to allow for exp, nbf and iat: 0 to 3600\n"
    "  --require-exp              reject a token without exp\n"
    "  --allow-padded             take a token whose segments end in padding, for issuers that pad\n"
    "  --allow-legacy-short-keys  take an HMAC secret shorter than its hash\n"
    "  -h, --help                 this text\n"
    "\n"
    "exit status: 0 all accepted, 1 some rejected, 2 misuse or unreadable input\n"
    "See csn-jwt(1).\n";

/* The options as they are given, NULL and -1 where they are not, and what they come to. */
typedef struct jwt_options {
  const char *jwks, *key_file, *secret_file, *secret_encoding, *alg, *issuer, *audience;
  int64_t leeway;
  bool require_exp, allow_short;
  csn_secret_encoding encoding;
  csn_jwt_policy policy;
} jwt_options;

static int parse_options(jwt_options *options, int64_t *now, int argc, char **argv) {
  const csn_option known[] = {
      {"jwks", .text = &options->jwks},
      {"key-file", .text = &options->key_file},
      {"secret-file", .text = &options->secret_file},
      {"secret-encoding", .text = &options->secret_encoding},
      {"alg", .text = &options->alg},
      {"now", .number = now, .high = CSN_UNIX_SECONDS_MAX, .takes = "UNIX seconds"},
      {"signature-only", .flag = &options->policy.signature_only},
      {"issuer", .text = &options->issuer},
      {"audience", .text = &options->audience},
      {"leeway", .number = &options->leeway, .high = 3600, .takes = "0 to 3600 seconds"},
      {"require-exp", .flag = &options->require_exp},
      {"allow-padded", .flag = &options->policy.allow_padded},
      {"allow-legacy-short-keys", .flag = &options->allow_short},
      {0},
  };
  return csn_read_options(command, help, known, argc, argv);
}

static int read_algorithms(jwt_options *options) {
  if (options->alg == NULL) return -1;
  options->policy.algorithms = 0;
  for (const char *at = options->alg;; at++) {
    size_t len = strcspn(at, ",");
    csn_alg alg = csn_alg_from_name(csn_span_of(at, len));
    if (alg == CSN_ALG_NONE) return csn_misuse(command, "--alg: \"%.*s\" is not supported", (int)len, at);
    options->policy.algorithms |= 1u << alg;
    at += len;
    if (*at == '\0') return -1;
  }
}

static int read_key_options(jwt_options *options) {
  unsigned algorithms = options->policy.algorithms;
  if ((options->jwks != NULL) + (options->key_file != NULL) + (options->secret_file != NULL) != 1) {
    return csn_misuse(command, "exactly one of --jwks FILE, --key-file FILE and --secret-file FILE is needed");
  }
  if (options->secret_encoding != NULL && options->secret_file == NULL) {
    return csn_misuse(command, "--secret-encoding goes with --secret-file");
  }
  if (options->secret_encoding != NULL &&
      !csn_secret_encoding_named(csn_span_str(options->secret_encoding), &options->encoding)) {
    return csn_misuse(command, "--secret-encoding takes text, hex, base64url or base64");
  }
  if (options->secret_file != NULL && (algorithms & (algorithms - 1)) != 0) {
    return csn_misuse(command, "--secret-file takes one --alg: a key has exactly one algorithm");
  }
  return -1;
}

static int read_name(const char *given, csn_span *out, const char *option) {
  *out = csn_span_str(given);
  return given == NULL || out->len > 0 ? -1 : csn_misuse(command, "%s takes a name that is not empty", option);
}

static int read_claim_options(jwt_options *options) {
  csn_jwt_policy *policy = &options->policy;
  bool has_any = options->issuer != NULL || options->audience != NULL || options->leeway >= 0 || options->require_exp;
  if (policy->signature_only && has_any) {
    return csn_misuse(command,
                      "--signature-only reads no claims: it excludes --issuer, --audience, --leeway and --require-exp");
  }
  policy->required = options->require_exp ? CSN_CLAIM_EXP : 0;
  if (options->leeway >= 0) policy->leeway = options->leeway;
  int status = read_name(options->issuer, &policy->issuer, "--issuer");
  return status < 0 ? read_name(options->audience, &policy->audience, "--audience") : status;
}

/* Returns -1 to go on, or an exit status. */
static int read_options(jwt_options *options, int64_t *now, int argc, char **argv) {
  int status = parse_options(options, now, argc, argv);
  if (status < 0) status = read_algorithms(options);
  if (status < 0) status = read_key_options(options);
  return status < 0 ? read_claim_options(options) : status;
}

/* ---- keys ---- */

static csn_alg lowest_algorithm(unsigned bits) {
  unsigned alg = 0;
  while ((bits >> alg & 1) == 0) alg++;
  return (csn_alg)alg;
}

static int add_secret(csn_keyring *ring, const jwt_options *options, csn_key_config *config) {
  csn_secret secret;
  char text[256];
  const char *refusal = csn_secret_read(&secret, options->secret_file, options->encoding);
  if (refusal != NULL) return csn_fail(command, "%s: %s", options->secret_file, refusal);
  config->secret = csn_secret_span(&secret);
  csn_error error = csn_keyring_add(ring, config);
  csn_secret_wipe(&secret);
  if (error == CSN_OK) return 0;
  return csn_fail(command, "%s: %s", options->secret_file,
                  csn_key_refusal(error, "--allow-legacy-short-keys", text, sizeof text));
}

/* PEM is a key of the one algorithm that is allowed; a JWK may name its own. */
static int add_key_text(csn_keyring *ring, const jwt_options *options, const csn_key_config *config, csn_span text) {
  unsigned algorithms = options->policy.algorithms;
  char why[256];
  csn_key key;
  size_t offset = 0;
  if (!csn_key_text_is_jwk(text) && (algorithms & (algorithms - 1)) != 0) {
    return csn_misuse(command, "a --key-file of PEM takes one --alg: a key has exactly one algorithm");
  }
  csn_error error = csn_key_text_read(&key, config, text, &offset);
  if (error == CSN_OK) {
    error = csn_keyring_add_key(ring, &key);
    csn_key_wipe(&key);
  }
  if (error == CSN_OK) return 0;
  csn_key_refusal(error, "--allow-legacy-short-keys", why, sizeof why);
  return csn_fail(command, "%s:%zu: %s", options->key_file, csn_line_of_offset(text, offset), why);
}

static int add_key_file(csn_keyring *ring, const jwt_options *options, const csn_key_config *config) {
  csn_file file;
  int failed = csn_file_read(&file, options->key_file, CSN_JWK_MAX);
  if (failed != 0) return csn_fail(command, "%s: %s", options->key_file, strerror(failed));
  int status = add_key_text(ring, options, config, csn_file_span(&file));
  csn_file_free(&file);
  return status;
}

static int report_jwks(csn_line_run *lines, const char *path, csn_span text, csn_error error,
                       const csn_jwks_result *result) {
  char why[256], shown[CSN_PATH_SHOWN_MAX + 4];
  if (error != CSN_OK) {
    csn_key_refusal(error, "--allow-legacy-short-keys", why, sizeof why);
    return csn_fail(command, "%s:%zu: %s (byte %zu)", path, csn_line_of_offset(text, result->offset), why,
                    result->offset);
  }
  if (result->added == 0) return csn_fail(command, "%s: holds no key that can be used", path);
  if (result->ignored > 0) {
    csn_line_run_note(lines, "note: %s: %zu of %zu keys ignored: their type, use or algorithm is not supported",
                      csn_path_shown(path, shown), result->ignored, result->ignored + result->added);
  }
  return 0;
}

static int add_jwks(csn_keyring *ring, const jwt_options *options, const csn_key_config *config, csn_line_run *lines) {
  csn_file file;
  csn_jwks_result result = {0};
  int failed = csn_file_read(&file, options->jwks, CSN_JWKS_FILE_MAX);
  if (failed != 0) return csn_fail(command, "%s: %s", options->jwks, strerror(failed));
  csn_error error = csn_keyring_add_jwks(ring, csn_file_span(&file), config, &result);
  int status = report_jwks(lines, options->jwks, csn_file_span(&file), error, &result);
  csn_file_free(&file);
  return status;
}

/* 0 and a ring, or an exit status and no ring. What is to be said of the keys is a note of the run's. */
static int load_keys(csn_keyring **ring, const jwt_options *options, csn_line_run *lines) {
  csn_key_config config = CSN_KEY_CONFIG_DEFAULT;
  uint8_t seed[16];
  config.uses = CSN_USE_TOKEN;
  config.allow_legacy_short = options->allow_short;
  config.alg = lowest_algorithm(options->policy.algorithms);
  if (!csn_random(seed, sizeof seed) || csn_keyring_new(ring, seed) != CSN_OK) {
    return csn_fail(command, "%s", csn_error_sentence(CSN_ERROR_NO_MEMORY));
  }
  int status = options->jwks != NULL       ? add_jwks(*ring, options, &config, lines)
               : options->key_file != NULL ? add_key_file(*ring, options, &config)
                                           : add_secret(*ring, options, &config);
  if (status != 0) csn_keyring_free(*ring);
  return status;
}

/* ---- tokens ---- */

/* What one run needs; static, because it is large and there is one run in a process. */
typedef struct jwt_run {
  jwt_options options;
  csn_keyring *ring;
  csn_line_run lines;
  csn_jwt jwt;
} jwt_run;

static bool verify_line(jwt_run *run, csn_span line) {
  char id[24];
  csn_verdict verdict;
  csn_keyring_reading keys;
  int id_len = snprintf(id, sizeof id, "%" PRIu64, run->lines.lines.total);
  csn_keyring_read_begin(run->ring, &keys);
  csn_jwt_verify(&keys, &run->options.policy, line, csn_line_run_now(&run->lines), &run->jwt, &verdict);
  csn_keyring_read_end(&keys);
  csn_verdict_line(&run->lines.out, csn_span_of(id, (size_t)id_len), &verdict);
  return csn_accepted(&verdict);
}

static int verify_lines(jwt_run *run) {
  csn_line_status status;
  csn_span line;
  bool rejected = false;
  /* Of a line that is too long enough is there for the core to say so. */
  while ((status = csn_line_run_next(&run->lines, &line)) == CSN_LINE_READ || status == CSN_LINE_TOO_LONG) {
    rejected |= !verify_line(run, line);
  }
  int failed = csn_line_run_finish(&run->lines, status);
  if (failed != 0) return failed;
  return rejected ? CSN_EXIT_REJECTED : CSN_EXIT_ACCEPTED;
}

static int jwt_verify_main(int argc, char **argv) {
  static jwt_run run;
  run.options = (jwt_options){.leeway = -1, .policy = CSN_JWT_POLICY_DEFAULT};
  run.lines.command = command;
  run.lines.now = -1;
  int status = read_options(&run.options, &run.lines.now, argc, argv);
  if (status >= 0) return status;
  status = load_keys(&run.ring, &run.options, &run.lines);
  if (status != 0) return status;

  csn_line_run_start(&run.lines, argc, argv, (run.options.policy.signature_only ? CSN_JWS_MAX : CSN_TOKEN_MAX) + 1);
  status = verify_lines(&run);
  csn_line_run_free(&run.lines);
  csn_keyring_free(run.ring);
  csn_wipe(&run.jwt, sizeof run.jwt);
  return status;
}

int csn_jwt_main(int argc, char **argv) {
  static const csn_subcommand table[] = {{"verify", jwt_verify_main}, {0}};
  return csn_run_subcommand("csn jwt", help, table, argc, argv);
}
