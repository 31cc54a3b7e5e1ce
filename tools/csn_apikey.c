/* csn apikey new: API keys, and the records that stand for them. */
#include <getopt.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "../core/src/ct.h"
#include "../core/src/encoding.h"
#include "command.h"
#include "policy.h"

static const char command[] = "csn apikey new";

static const char help[] =
    "usage: csn apikey new --policy FILE --key-id ID [option...]\n"
    "\n"
    "Issues an API key under the pepper of a policy, and writes one line of JSON: the key, which is shown this once, "
    "and\n"
    "the record that goes into the policy's api_keys.records. Nothing is stored.\n"
    "\n"
    "  --policy FILE   a policy whose preset has an API key; its prefix is the key's\n"
    "  --key-id ID     the name by which the key is known in verdicts, and revoked\n"
    "  --client ID     the client that the key is of; without it, any\n"
    "  --scopes LIST   the key's scopes, with one space between two (RFC 6749 section 3.3)\n"
    "  --prefix TEXT   1 to 16 of a-z 0-9, where the policy names none\n"
    "  --expires UNIX  the last second at which the key is accepted\n"
    "  --now UNIX      the time that is written down as the key's creation; without it, the clock's\n"
    "  -h, --help      this text\n"
    "\n"
    "exit status: 0 issued, 2 misuse or a policy that cannot be read\n"
    "See csn-apikey(1).\n";

typedef struct apikey_options {
  const char *policy, *key_id, *client, *scopes, *prefix;
  int64_t expires, now;
} apikey_options;

static int parse_options(apikey_options *options, int argc, char **argv) {
  const csn_option known[] = {
      {"policy", .text = &options->policy},
      {"key-id", .text = &options->key_id},
      {"client", .text = &options->client},
      {"scopes", .text = &options->scopes},
      {"prefix", .text = &options->prefix},
      {"expires", .number = &options->expires, .high = CSN_UNIX_SECONDS_MAX, .takes = "UNIX seconds"},
      {"now", .number = &options->now, .high = CSN_UNIX_SECONDS_MAX, .takes = "UNIX seconds"},
      {0},
  };
  int status = csn_read_options(command, help, known, argc, argv);
  if (status >= 0) return status;
  if (argc > optind) return csn_misuse(command, "takes no file");
  if (options->policy == NULL) return csn_misuse(command, "--policy FILE is needed");
  return options->key_id == NULL ? csn_misuse(command, "--key-id ID is needed") : -1;
}

/* The key's text; `why` is what is wrong, or NULL. */
static const char *make_text(csn_span prefix, csn_api_key_text *text) {
  uint8_t random[CSN_API_KEY_RANDOM_BYTES];
  if (!csn_random(random, sizeof random)) return "the system has no random bytes";
  csn_error error = csn_api_key_make(prefix, random, text);
  csn_wipe(random, sizeof random);
  return error == CSN_OK ? NULL : "the prefix must be 1 to 16 of a-z 0-9: --prefix, where the policy names none";
}

/* What the store refuses, no policy takes. */
static const char *make_record(const apikey_options *options, const csn_policy *policy, const csn_api_key_text *text,
                               csn_api_key_record *record) {
  csn_span whole = csn_span_of(text->bytes, text->len), scopes = csn_span_str(options->scopes);
  csn_api_key parts;
  size_t offset = 0;
  memset(record, 0, sizeof *record);
  if (csn_api_key_parse(whole, &parts, &offset) != CSN_REASON_ACCEPTED) return "the key cannot be read";
  if (!csn_api_key_scopes_valid(scopes)) return "--scopes takes scope-tokens with one space between two";
  csn_api_key_hash(policy->config.api_key.pepper, whole, record->hash);
  csn_name_set(&record->key_id, csn_span_str(options->key_id));
  csn_name_set(&record->client_id, csn_span_str(options->client));
  csn_name_set(&record->display, parts.display);
  if (scopes.len > 0) memcpy(record->scopes, scopes.ptr, scopes.len);
  record->scopes_len = (uint16_t)scopes.len;
  record->created = options->now >= 0 ? options->now : (int64_t)time(NULL);
  record->expires = options->expires > 0 ? options->expires : 0;
  csn_error error = csn_api_key_store_add(policy->api_keys, record);
  return error == CSN_OK ? NULL : csn_error_sentence(error);
}

static void name_member(csn_json_out *out, const char *before, csn_span name) {
  if (name.len == 0) return;
  csn_json_out_text(out, before);
  csn_json_out_string(out, name);
}

static void write_line(csn_json_out *out, const csn_api_key_text *text, const csn_api_key_record *record) {
  char hex[2 * CSN_API_KEY_HASH_BYTES];
  csn_hex_encode(csn_span_of(record->hash, sizeof record->hash), hex);
  name_member(out, "{\"api_key\":", csn_span_of(text->bytes, text->len));
  name_member(out, ",\"record\":{\"key_id\":", csn_name_span(&record->key_id));
  name_member(out, ",\"client_id\":", csn_name_span(&record->client_id));
  name_member(out, ",\"hash\":", csn_span_of(hex, sizeof hex));
  name_member(out, ",\"display\":", csn_name_span(&record->display));
  csn_json_out_text(out, ",\"created\":");
  csn_json_out_int(out, record->created);
  if (record->expires > 0) {
    csn_json_out_text(out, ",\"expires\":");
    csn_json_out_int(out, record->expires);
  }
  name_member(out, ",\"scopes\":", csn_api_key_record_scopes(record));
  csn_json_out_text(out, "}}\n");
}

static int issue(const apikey_options *options, const csn_policy *policy) {
  csn_span wanted = policy->config.api_key.prefix, given = csn_span_str(options->prefix);
  csn_api_key_text text = {0};
  csn_api_key_record record;
  uint8_t bytes[2048];
  csn_json_out out;
  if (given.len > 0 && wanted.len > 0 && !csn_span_equal(given, wanted)) {
    return csn_fail(command, "--prefix is not the one that the policy names");
  }
  if (strlen(options->key_id) > CSN_ID_MAX || (options->client != NULL && strlen(options->client) > CSN_ID_MAX)) {
    return csn_fail(command, "an id has at most %d bytes", CSN_ID_MAX);
  }
  const char *why = make_text(wanted.len > 0 ? wanted : given, &text);
  if (why == NULL) why = make_record(options, policy, &text, &record);
  csn_json_out_init(&out, STDOUT_FILENO, bytes, sizeof bytes);
  if (why == NULL) write_line(&out, &text, &record);
  bool written = csn_json_out_flush(&out);
  csn_wipe(&text, sizeof text);
  csn_wipe(bytes, sizeof bytes);
  if (why != NULL) return csn_fail(command, "%s", why);
  return written ? CSN_EXIT_ACCEPTED : csn_fail(command, "standard output: %s", strerror(out.error));
}

static int apikey_new_main(int argc, char **argv) {
  apikey_options options = {.expires = -1, .now = -1};
  csn_policy_error error;
  csn_policy policy;
  int status = parse_options(&options, argc, argv);
  if (status >= 0) return status;
  if (!csn_policy_load_keys(&policy, options.policy, NULL, NULL, &error)) return csn_fail(command, "%s", error.text);
  status = policy.config.scheme->has_api_key
               ? issue(&options, &policy)
               : csn_fail(command, "%s: the preset %s has no API key", options.policy, policy.config.scheme->name);
  csn_policy_free(&policy);
  return status;
}

int csn_apikey_main(int argc, char **argv) {
  static const csn_subcommand table[] = {{"new", apikey_new_main}, {0}};
  return csn_run_subcommand("csn apikey", help, table, argc, argv);
}
