/* csn: one binary, a file for each subcommand. */
#include <openssl/crypto.h>
#include <stdio.h>
#include <xxhash.h>

#include "command.h"

static const struct {
  const char *name;
  csn_command *run;
  const char *about;
} commands[] = {
    {"verify", csn_verify_main, "verify requests: one JSON request a line"},
    {"jwt", csn_jwt_main, "verify JSON Web Tokens: csn jwt verify, one token a line"},
    {"sign", csn_sign_main, "sign requests, for csn verify or for a client's tests"},
    {"apikey", csn_apikey_main, "issue API keys: csn apikey new"},
    {"key", csn_key_main, "make keys, and say what of them is public: csn key new"},
    {"policy", csn_policy_main, "say what policies mean: csn policy check"},
    {"token", csn_token_main, "issue, refresh, revoke and inspect tokens"},
    {"redact", csn_redact_main, "hide secrets, tokens and signatures in log lines"},
    {"report", csn_report_main, "make a report out of benchmark results"},
};

enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

static int print_help(void) {
  char text[1024];
  size_t used = (size_t)snprintf(text, sizeof text, "usage: csn COMMAND [option...] [FILE...]\n\n");
  for (size_t i = 0; i < COMMAND_COUNT; i++) {
    used += (size_t)snprintf(text + used, sizeof text - used, "  %-8s %s\n", commands[i].name, commands[i].about);
  }
  snprintf(text + used, sizeof text - used,
           "\ncsn COMMAND --help, or csn help COMMAND, says more about a command; so do the manual pages.\n"
           "csn --version prints the versions of csn and of its libraries.\n");
  return csn_help("csn", text);
}

static int print_version(void) {
  char text[256];
  unsigned xxhash = XXH_versionNumber();
  snprintf(text, sizeof text, "csn %s\n%s\nxxHash %u.%u.%u\n", CSN_VERSION, OpenSSL_version(OPENSSL_VERSION),
           xxhash / 10000, xxhash / 100 % 100, xxhash % 100);
  return csn_help("csn", text);
}

static csn_command *find_command(const char *name) {
  for (size_t i = 0; i < COMMAND_COUNT; i++) {
    if (strcmp(name, commands[i].name) == 0) return commands[i].run;
  }
  return NULL;
}

/* csn help COMMAND is csn COMMAND --help. */
static int help_on(int argc, char **argv) {
  static char option[] = "--help";
  char *arguments[] = {argc > 2 ? argv[2] : NULL, option, NULL};
  if (argc == 2) return print_help();
  if (argc > 3) return csn_misuse("csn", "help takes one command");
  csn_command *run = find_command(argv[2]);
  return run != NULL ? run(2, arguments) : csn_misuse("csn", "there is no command %s", argv[2]);
}

int main(int argc, char **argv) {
  if (argc < 2) return csn_misuse("csn", "a command is missing");
  bool wants_help = strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0;
  bool wants_version = strcmp(argv[1], "--version") == 0;
  if ((wants_help || wants_version) && argc > 2) return csn_misuse("csn", "%s stands alone", argv[1]);
  if (wants_help) return print_help();
  if (wants_version) return print_version();
  if (strcmp(argv[1], "help") == 0) return help_on(argc, argv);
  csn_command *run = find_command(argv[1]);
  return run != NULL ? run(argc - 1, argv + 1) : csn_misuse("csn", "there is no command %s", argv[1]);
}
