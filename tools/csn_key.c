/* csn key: makes keys, and says what of them is public. */
#include <getopt.h>
#include <stdio.h>
#include <unistd.h>

#include "../core/src/ct.h"
#include "../core/src/encoding.h"
#include "../core/src/public_key.h"
#include "command.h"
#include "input.h"
#include "key_text.h"

static const char help[] =
    "usage: csn key new --alg NAME [--key-id ID] [--bits N] [--curve NAME]\n"
    "       csn key public [--alg NAME] FILE...\n"
    "       csn key thumbprint [--alg NAME] FILE...\n"
    "\n"
    "new         writes a new key as a JWK, its private part included\n"
    "public      writes a JWK Set with the public parts of the keys in the files, PEM or JWK; each has an id\n"
    "thumbprint  writes the thumbprint (RFC 7638, SHA-256, base64url) of each key, one on a line\n"
    "\n"
    "  --alg NAME    of the new key: HS256, RS256, PS256, ES256, EdDSA and so on; of a PEM file, which names none,\n"
    "                where it is not the first that fits the key\n"
    "  --key-id ID   of the new key; without it, the thumbprint is its id, and an HMAC key has none\n"
    "  --bits N      of a new RSA key: 2048 to 16384; 3072 without it\n"
    "  --curve NAME  of a new EdDSA key: Ed25519 (without it) or Ed448\n"
    "  -h, --help    this text\n"
    "\n"
    "exit status: 0 written, 2 misuse, a file that holds no such key, or output that fails\n"
    "See csn-key(1).\n";

enum { BITS_DEFAULT = 3072, TEXT_MAX = 1 << 17 };

typedef struct key_options {
  const char *command, *alg, *key_id, *curve;
  int64_t bits;
  csn_key_config config;
} key_options;

/* ---- writing ---- */

/* Writes `len` bytes and a line feed, and wipes them: an exit status. */
static int write_line(const char *command, char *text, size_t len) {
  uint8_t bytes[4096];
  csn_json_out out;
  csn_json_out_init(&out, STDOUT_FILENO, bytes, sizeof bytes);
  csn_json_out_raw(&out, csn_span_of(text, len));
  csn_json_out_text(&out, "\n");
  bool written = csn_json_out_flush(&out);
  csn_wipe(bytes, sizeof bytes);
  csn_wipe(text, len);
  return written ? CSN_EXIT_ACCEPTED : csn_fail(command, "standard output: %s", strerror(out.error));
}

/* The thumbprint in base64url. */
static bool write_thumbprint(const csn_key *key, char out[CSN_THUMBPRINT_BYTES * 2], size_t *len) {
  uint8_t thumbprint[CSN_THUMBPRINT_BYTES];
  if (csn_key_thumbprint(key, thumbprint) != CSN_OK) return false;
  csn_base64url_encode(csn_span_of(thumbprint, sizeof thumbprint), out);
  *len = csn_base64url_encoded_len(sizeof thumbprint);
  return true;
}

/* ---- new ---- */

static EVP_PKEY *generate(const csn_alg_row *alg, const key_options *options) {
  if (alg->kind == CSN_KIND_ECDSA) return EVP_PKEY_Q_keygen(NULL, NULL, "EC", alg->group);
  if (alg->kind == CSN_KIND_EDDSA) {
    return EVP_PKEY_Q_keygen(NULL, NULL, options->curve == NULL ? "Ed25519" : options->curve);
  }
  return EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)(options->bits < 0 ? BITS_DEFAULT : options->bits));
}

/* Gives a key without an id that of its thumbprint. */
static bool name_key(csn_key *key) {
  char text[CSN_THUMBPRINT_BYTES * 2];
  size_t len;
  if (key->key_id_len > 0) return true;
  if (!write_thumbprint(key, text, &len)) return false;
  memcpy(key->key_id, text, len);
  key->key_id_len = (uint8_t)len;
  return true;
}

static int new_asymmetric_key(const key_options *options) {
  static char text[TEXT_MAX];
  csn_key key;
  size_t len = 0;
  EVP_PKEY *pkey = generate(csn_alg_find(options->config.alg), options);
  if (pkey == NULL) return csn_fail(options->command, "the key cannot be made");
  csn_error error = csn_key_init_pkey(&key, &options->config, pkey, true);
  if (error != CSN_OK) return csn_fail(options->command, "%s", csn_error_sentence(error));
  bool named = name_key(&key);
  error = csn_jwk_write_private(&key, text, sizeof text, &len);
  csn_key_wipe(&key);
  if (!named || error != CSN_OK) return csn_fail(options->command, "%s", csn_error_sentence(CSN_ERROR_CRYPTO));
  return write_line(options->command, text, len);
}

/* As many random bytes as the hash has (RFC 7518 section 3.2). */
static int new_secret_key(const key_options *options) {
  static char text[2048];
  uint8_t secret[CSN_MAC_MAX];
  csn_json_out out;
  char encoded[CSN_MAC_MAX * 2];
  size_t len = csn_alg_find(options->config.alg)->hash_bytes;
  if (!csn_random(secret, len)) return csn_fail(options->command, "the system has no random bytes");
  csn_base64url_encode(csn_span_of(secret, len), encoded);
  csn_json_out_init(&out, -1, (uint8_t *)text, sizeof text);
  csn_json_out_text(&out, "{\"kty\":\"oct\",\"k\":");
  csn_json_out_string(&out, csn_span_of(encoded, csn_base64url_encoded_len(len)));
  csn_json_out_text(&out, ",\"use\":\"sig\",\"alg\":");
  csn_json_out_string(&out, csn_span_str(csn_alg_name(options->config.alg)));
  if (options->config.key_id.len > 0) {
    csn_json_out_text(&out, ",\"kid\":");
    csn_json_out_string(&out, options->config.key_id);
  }
  csn_json_out_text(&out, "}");
  csn_wipe(secret, sizeof secret);
  csn_wipe(encoded, sizeof encoded);
  return write_line(options->command, text, out.len);
}

/* Options that say something about a thing which the algorithm does not have: -1 to go on. */
static int check_new(const key_options *options) {
  csn_alg_kind kind = csn_alg_find(options->config.alg)->kind;
  bool is_rsa = kind == CSN_KIND_RSA_PKCS1 || kind == CSN_KIND_RSA_PSS;
  if (options->bits >= 0 && !is_rsa) return csn_misuse(options->command, "--bits goes with an algorithm of RSA");
  if (options->bits >= 0 && options->bits < CSN_RSA_BITS_MIN) {
    return csn_misuse(options->command, "--bits takes %d to %d", CSN_RSA_BITS_MIN, CSN_RSA_BITS_MAX);
  }
  if (options->curve != NULL && kind != CSN_KIND_EDDSA) return csn_misuse(options->command, "--curve goes with EdDSA");
  if (options->curve != NULL && strcmp(options->curve, "Ed25519") != 0 && strcmp(options->curve, "Ed448") != 0) {
    return csn_misuse(options->command, "--curve takes Ed25519 or Ed448");
  }
  bool good = csn_json_out_fits_string(options->config.key_id) && options->config.key_id.len <= CSN_ID_MAX;
  return good ? -1 : csn_misuse(options->command, "--key-id takes at most %d bytes of UTF-8", CSN_ID_MAX);
}

static int read_options(key_options *options, const csn_option *known, int argc, char **argv) {
  int status = csn_read_options(options->command, help, known, argc, argv);
  if (status >= 0) return status;
  options->config = (csn_key_config){.uses = CSN_USE_TOKEN, .key_id = csn_span_str(options->key_id)};
  if (options->alg == NULL) return -1;
  options->config.alg = csn_alg_from_name(csn_span_str(options->alg));
  return options->config.alg != CSN_ALG_NONE ? -1
                                             : csn_misuse(options->command, "--alg: %s is not supported", options->alg);
}

static int key_new_main(int argc, char **argv) {
  key_options options = {.command = "csn key new", .bits = -1};
  const csn_option known[] = {
      {"alg", .text = &options.alg},
      {"key-id", .text = &options.key_id},
      {"curve", .text = &options.curve},
      {"bits", .number = &options.bits, .high = CSN_RSA_BITS_MAX, .takes = "2048 to 16384"},
      {0},
  };
  int status = read_options(&options, known, argc, argv);
  if (status >= 0) return status;
  if (argc > optind) return csn_misuse(options.command, "takes no file");
  if (options.alg == NULL) return csn_misuse(options.command, "--alg NAME is missing");
  status = check_new(&options);
  if (status >= 0) return status;
  bool is_secret = csn_alg_find(options.config.alg)->kind == CSN_KIND_HMAC;
  return is_secret ? new_secret_key(&options) : new_asymmetric_key(&options);
}

/* ---- keys of files ---- */

/* A key of PEM, of which nobody said the algorithm, is tried as one of each kind. */
static csn_error read_text(csn_key *key, const key_options *options, csn_span text, size_t *offset) {
  static const csn_alg first[] = {CSN_ALG_RS256, CSN_ALG_ES256, CSN_ALG_ES384, CSN_ALG_ES512, CSN_ALG_EdDSA};
  csn_key_config config = options->config;
  if (config.alg != CSN_ALG_NONE) return csn_key_text_read(key, &config, text, offset);
  csn_error error = CSN_ERROR_KEY_INVALID;
  for (size_t i = 0; i < sizeof first / sizeof first[0] && error == CSN_ERROR_KEY_INVALID; i++) {
    config.alg = first[i];
    error = csn_key_text_read(key, &config, text, offset);
    if (csn_key_text_is_jwk(text)) break; /* which has its own */
  }
  return error;
}

/* 0, or an exit status after a message. */
static int read_file(csn_key *key, const key_options *options, const char *path) {
  csn_file file;
  size_t offset = 0;
  char shown[CSN_PATH_SHOWN_MAX + 4], why[256];
  int failed = csn_file_read(&file, path, CSN_JWK_MAX);
  if (failed != 0) return csn_fail(options->command, "%s: %s", csn_path_shown(path, shown), strerror(failed));
  csn_error error = read_text(key, options, csn_file_span(&file), &offset);
  size_t line = csn_line_of_offset(csn_file_span(&file), offset);
  csn_file_free(&file);
  if (error == CSN_OK && key->public_key != NULL) return 0;
  if (error != CSN_OK) {
    csn_key_refusal(error, "for which there is none here", why, sizeof why);
    return csn_fail(options->command, "%s:%zu: %s", csn_path_shown(path, shown), line, why);
  }
  csn_key_wipe(key);
  return csn_fail(options->command, "%s: an HMAC key has no public part", csn_path_shown(path, shown));
}

static int read_file_options(key_options *options, int argc, char **argv) {
  const csn_option known[] = {{"alg", .text = &options->alg}, {0}};
  int status = read_options(options, known, argc, argv);
  if (status >= 0) return status;
  return optind < argc ? -1 : csn_misuse(options->command, "a file is missing");
}

static int write_set(const key_options *options, const csn_key *const *list, size_t count) {
  static char text[TEXT_MAX];
  size_t len = 0;
  csn_error error = csn_jwks_write(list, count, text, sizeof text, &len);
  return error == CSN_OK ? write_line(options->command, text, len)
                         : csn_fail(options->command, "%s", csn_error_sentence(error));
}

static int key_public_main(int argc, char **argv) {
  enum { KEYS_MAX = 64 };
  static csn_key keys[KEYS_MAX];
  const csn_key *list[KEYS_MAX];
  size_t count = 0;
  key_options options = {.command = "csn key public"};
  int status = read_file_options(&options, argc, argv);
  if (status >= 0) return status;
  if (argc - optind > KEYS_MAX) return csn_misuse(options.command, "takes at most %d files", KEYS_MAX);
  for (status = 0; status == 0 && optind < argc; optind++) {
    status = read_file(&keys[count], &options, argv[optind]);
    if (status != 0) break;
    list[count] = &keys[count];
    if (!name_key(&keys[count++])) status = csn_fail(options.command, "%s", csn_error_sentence(CSN_ERROR_CRYPTO));
  }
  if (status == 0) status = write_set(&options, list, count);
  while (count > 0) csn_key_wipe(&keys[--count]);
  return status;
}

static int key_thumbprint_main(int argc, char **argv) {
  key_options options = {.command = "csn key thumbprint"};
  int status = read_file_options(&options, argc, argv);
  if (status >= 0) return status;
  for (status = 0; status == 0 && optind < argc; optind++) {
    csn_key key;
    char text[CSN_THUMBPRINT_BYTES * 2];
    size_t len = 0;
    status = read_file(&key, &options, argv[optind]);
    if (status != 0) break;
    bool good = write_thumbprint(&key, text, &len);
    csn_key_wipe(&key);
    status = good ? write_line(options.command, text, len)
                  : csn_fail(options.command, "%s", csn_error_sentence(CSN_ERROR_CRYPTO));
  }
  return status;
}

int csn_key_main(int argc, char **argv) {
  static const csn_subcommand table[] = {
      {"new", key_new_main}, {"public", key_public_main}, {"thumbprint", key_thumbprint_main}, {0}};
  return csn_run_subcommand("csn key", help, table, argc, argv);
}
