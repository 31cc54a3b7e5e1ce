/* csn jwt verify: one compact token a line in, one verdict a line out. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "../core/src/ct.h"
#include "../core/src/json.h"
#include "command.h"
#include "secret.h"

static const char command[] = "csn jwt verify";

static const char help[] =
    "usage: csn jwt verify --jwks FILE | --secret-file FILE [option...] [FILE...]\n"
    "\n"
    "Reads one compact token a line from the files, or from standard input, and writes one JSON verdict a line. The "
    "id\n"
    "of a verdict is the number of its line.\n"
    "\n"
    "  --jwks FILE                the keys: a JWK Set, or one JWK\n"
    "  --secret-file FILE         the key: an HMAC secret; one line end behind it is dropped\n"
    "  --secret-encoding NAME     of the secret file: text (the default), hex or base64url\n"
    "  --alg LIST                 algorithms to allow, separated by commas; HS256 without it\n"
    "  --now UNIX                 the time of every token, in UNIX seconds; without it, the clock's\n"
    "  --signature-only           only header and signature count; the payload may be any bytes\n"
    "  --issuer NAME              iss must be NAME\n"
    "  --audience NAME            aud must contain NAME; without it, a token with an aud is rejected\n"
    "  --leeway SECONDS           clock difference to allow for exp, nbf and iat: 0 to 3600\n"
    "  --require-exp              reject a token without exp\n"
    "  --allow-legacy-short-keys  take an HMAC secret shorter than its hash\n"
    "  -h, --help                 this text\n"
    "\n"
    "exit status: 0 all accepted, 1 some rejected, 2 misuse or unreadable input\n"
    "See csn-jwt(1).\n";

typedef struct jwt_options {
  const char *jwks, *secret_file;
  csn_secret_encoding encoding;
  bool has_encoding, allow_short, has_claim_option;
  csn_jwt_policy policy;
  int64_t now; /* -1: the clock's */
  char **files;
  size_t file_count;
} jwt_options;

enum {
  OPT_JWKS = 256,
  OPT_SECRET_FILE,
  OPT_ENCODING,
  OPT_ALG,
  OPT_NOW,
  OPT_SIGNATURE_ONLY,
  OPT_ISSUER,
  OPT_AUDIENCE,
  OPT_LEEWAY,
  OPT_REQUIRE_EXP,
  OPT_ALLOW_SHORT
};

static const struct option known_options[] = {
    {"jwks", required_argument, NULL, OPT_JWKS},
    {"secret-file", required_argument, NULL, OPT_SECRET_FILE},
    {"secret-encoding", required_argument, NULL, OPT_ENCODING},
    {"alg", required_argument, NULL, OPT_ALG},
    {"now", required_argument, NULL, OPT_NOW},
    {"signature-only", no_argument, NULL, OPT_SIGNATURE_ONLY},
    {"issuer", required_argument, NULL, OPT_ISSUER},
    {"audience", required_argument, NULL, OPT_AUDIENCE},
    {"leeway", required_argument, NULL, OPT_LEEWAY},
    {"require-exp", no_argument, NULL, OPT_REQUIRE_EXP},
    {"allow-legacy-short-keys", no_argument, NULL, OPT_ALLOW_SHORT},
    {"help", no_argument, NULL, 'h'},
    {0},
};

static int read_algorithms(jwt_options *options, const char *list) {
  options->policy.algorithms = 0;
  for (const char *at = list;; at++) {
    size_t len = strcspn(at, ",");
    csn_alg alg = csn_alg_from_name(csn_span_of(at, len));
    if (alg == CSN_ALG_NONE) return csn_misuse(command, "--alg: \"%.*s\" is not supported", (int)len, at);
    options->policy.algorithms |= 1u << alg;
    at += len;
    if (*at == '\0') return -1;
  }
}

static int read_key_option(jwt_options *options, int option) {
  switch (option) {
    case OPT_JWKS:
      options->jwks = optarg;
      return -1;
    case OPT_SECRET_FILE:
      options->secret_file = optarg;
      return -1;
    case OPT_ENCODING:
      options->has_encoding = true;
      if (csn_secret_encoding_named(csn_span_str(optarg), &options->encoding)) return -1;
      return csn_misuse(command, "--secret-encoding takes text, hex or base64url");
    case OPT_ALG:
      return read_algorithms(options, optarg);
    default:
      options->allow_short = true;
      return -1;
  }
}

static int read_name(csn_span *out, const char *option) {
  *out = csn_span_str(optarg);
  return out->len > 0 ? -1 : csn_misuse(command, "%s takes a name that is not empty", option);
}

static int read_claim_option(jwt_options *options, int option) {
  options->has_claim_option = true;
  switch (option) {
    case OPT_ISSUER:
      return read_name(&options->policy.issuer, "--issuer");
    case OPT_AUDIENCE:
      return read_name(&options->policy.audience, "--audience");
    case OPT_LEEWAY:
      if (csn_parse_number(optarg, 3600, &options->policy.leeway)) return -1;
      return csn_misuse(command, "--leeway takes 0 to 3600 seconds");
    default:
      options->policy.required = CSN_CLAIM_EXP;
      return -1;
  }
}

static int read_option(jwt_options *options, int option, char **argv) {
  switch (option) {
    case 'h':
      return csn_help(command, help);
    case '?':
    case ':':
      return csn_bad_option(command, option, argv);
    case OPT_NOW:
      if (csn_parse_number(optarg, CSN_UNIX_SECONDS_MAX, &options->now)) return -1;
      return csn_misuse(command, "--now takes UNIX seconds");
    case OPT_SIGNATURE_ONLY:
      options->policy.signature_only = true;
      return -1;
    case OPT_ISSUER:
    case OPT_AUDIENCE:
    case OPT_LEEWAY:
    case OPT_REQUIRE_EXP:
      return read_claim_option(options, option);
    default:
      return read_key_option(options, option);
  }
}

static int check_options(const jwt_options *options) {
  unsigned algorithms = options->policy.algorithms;
  if ((options->jwks == NULL) == (options->secret_file == NULL)) {
    return csn_misuse(command, "exactly one of --jwks FILE and --secret-file FILE is needed");
  }
  if (options->has_encoding && options->secret_file == NULL) {
    return csn_misuse(command, "--secret-encoding goes with --secret-file");
  }
  if (options->secret_file != NULL && (algorithms & (algorithms - 1)) != 0) {
    return csn_misuse(command, "--secret-file takes one --alg: a key has exactly one algorithm");
  }
  if (options->policy.signature_only && options->has_claim_option) {
    return csn_misuse(command,
                      "--signature-only reads no claims: it excludes --issuer, --audience, --leeway and --require-exp");
  }
  return -1;
}

/* Returns -1 to go on, or an exit status. */
static int read_options(jwt_options *options, int argc, char **argv) {
  int option, status = -1;
  opterr = 0;
  while (status < 0 && (option = getopt_long(argc, argv, ":h", known_options, NULL)) != -1) {
    status = read_option(options, option, argv);
  }
  options->files = argv + optind;
  options->file_count = (size_t)(argc - optind);
  return status < 0 ? check_options(options) : status;
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

static int report_jwks(const char *path, csn_span text, csn_error error, const csn_jwks_result *result) {
  char why[256];
  if (error != CSN_OK) {
    csn_key_refusal(error, "--allow-legacy-short-keys", why, sizeof why);
    return csn_fail(command, "%s:%zu: %s (byte %zu)", path, csn_line_of_offset(text, result->offset), why,
                    result->offset);
  }
  if (result->added == 0) return csn_fail(command, "%s: holds no key that can be used", path);
  if (result->ignored > 0) {
    csn_note(command, "note: %s: %zu of %zu keys ignored: their type, use or algorithm is not supported", path,
             result->ignored, result->ignored + result->added);
  }
  return 0;
}

static int add_jwks(csn_keyring *ring, const jwt_options *options, const csn_key_config *config) {
  csn_file file;
  csn_jwks_result result = {0};
  int failed = csn_file_read(&file, options->jwks, CSN_JWKS_FILE_MAX);
  if (failed != 0) return csn_fail(command, "%s: %s", options->jwks, strerror(failed));
  csn_error error = csn_keyring_add_jwks(ring, csn_file_span(&file), config, &result);
  int status = report_jwks(options->jwks, csn_file_span(&file), error, &result);
  csn_file_free(&file);
  return status;
}

/* 0 and a frozen ring, or an exit status and no ring. */
static int load_keys(csn_keyring **ring, const jwt_options *options) {
  csn_key_config config = CSN_KEY_CONFIG_DEFAULT;
  uint8_t seed[16];
  config.uses = CSN_USE_TOKEN;
  config.allow_legacy_short = options->allow_short;
  config.alg = lowest_algorithm(options->policy.algorithms);
  if (!csn_random(seed, sizeof seed) || csn_keyring_new(ring, seed) != CSN_OK) {
    return csn_fail(command, "%s", csn_error_sentence(CSN_ERROR_NO_MEMORY));
  }
  int status = options->jwks != NULL ? add_jwks(*ring, options, &config) : add_secret(*ring, options, &config);
  if (status == 0) {
    csn_keyring_freeze(*ring);
  } else {
    csn_keyring_free(*ring);
  }
  return status;
}

/* ---- tokens ---- */

/* What one run needs; static, because it is large and there is one run in a process. */
typedef struct jwt_run {
  const jwt_options *options;
  const csn_keyring *ring;
  csn_lines lines;
  csn_json_out out;
  bool rejected;
  csn_jwt jwt;
  uint8_t out_bytes[64 * 1024];
} jwt_run;

static void verify_line(jwt_run *run, csn_span line) {
  char id[24];
  csn_verdict verdict;
  int64_t now = run->options->now >= 0 ? run->options->now : (int64_t)time(NULL);
  int id_len = snprintf(id, sizeof id, "%" PRIu64, run->lines.total);
  csn_jwt_verify(run->ring, &run->options->policy, line, now, &run->jwt, &verdict);
  csn_verdict_line(&run->out, csn_span_of(id, (size_t)id_len), &verdict);
  run->rejected |= !csn_accepted(&verdict);
}

static int verify_lines(jwt_run *run) {
  csn_line_status status;
  csn_span line;
  for (;;) {
    status = csn_lines_next(&run->lines, &line);
    /* Of a line that is too long enough is there for the core to say so. */
    if ((status != CSN_LINE_READ && status != CSN_LINE_TOO_LONG) || run->out.error != 0) break;
    verify_line(run, line);
  }
  int failed = csn_finish_lines(command, &run->lines, status, &run->out);
  if (failed != 0) return failed;
  return run->rejected ? CSN_EXIT_REJECTED : CSN_EXIT_ACCEPTED;
}

static int jwt_verify_main(int argc, char **argv) {
  static jwt_run run;
  jwt_options options = {.now = -1, .policy = CSN_JWT_POLICY_DEFAULT};
  csn_keyring *ring = NULL;
  options.policy.required = 0;
  int status = read_options(&options, argc, argv);
  if (status >= 0) return status;
  status = load_keys(&ring, &options);
  if (status != 0) return status;

  run.options = &options;
  run.ring = ring;
  csn_json_out_init(&run.out, 1, run.out_bytes, sizeof run.out_bytes);
  csn_lines_init(&run.lines, options.files, options.file_count,
                 (options.policy.signature_only ? CSN_JWS_MAX : CSN_TOKEN_MAX) + 1);
  run.lines.before_wait = csn_flush_before_wait;
  run.lines.before_wait_self = &run.out;
  status = verify_lines(&run);
  csn_lines_free(&run.lines);
  csn_keyring_free(ring);
  csn_wipe(&run.jwt, sizeof run.jwt);
  return status;
}

int csn_jwt_main(int argc, char **argv) {
  if (argc > 1 && strcmp(argv[1], "verify") == 0) return jwt_verify_main(argc - 1, argv + 1);
  if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) return csn_help("csn jwt", help);
  if (argc > 1) return csn_misuse("csn jwt", "%s is not one of its commands; there is csn jwt verify", argv[1]);
  return csn_misuse("csn jwt", "a command is missing; there is csn jwt verify");
}
