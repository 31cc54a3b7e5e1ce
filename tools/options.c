/* The options of a command. */
#include "options.h"

#include <getopt.h>

#include "command.h"

enum { FIRST = 256 }; /* what getopt_long() gives for the first of the table: beyond every character */

static bool parse_number(const char *text, int64_t high, int64_t *out) {
  int64_t value = 0;
  if (*text == '\0') return false;
  for (; *text != '\0'; text++) {
    if (*text < '0' || *text > '9') return false;
    int64_t digit = *text - '0';
    if (value > (high - digit) / 10) return false;
    value = value * 10 + digit;
  }
  *out = value;
  return value <= high;
}

/* What getopt_long() refuses: `answer` is '?' or ':'. */
static int refuse(const char *command, int answer, char **argv) {
  const char *given = argv[optind - 1];
  int len = (int)strcspn(given, "="); /* what stands behind may be a secret */
  return csn_misuse(command, "option %.*s %s", len, given, answer == ':' ? "needs a value" : "is not understood");
}

/* -1, or an exit status. */
static int store(const char *command, const csn_option *option) {
  if (option->text != NULL) *option->text = optarg;
  if (option->flag != NULL) *option->flag = true;
  if (option->list != NULL) {
    if (option->list->count == CSN_OPTION_LIST_MAX) {
      return csn_misuse(command, "--%s is given more than %d times", option->name, CSN_OPTION_LIST_MAX);
    }
    option->list->values[option->list->count++] = optarg;
  }
  if (option->number == NULL || parse_number(optarg, option->high, option->number)) return -1;
  return csn_misuse(command, "--%s takes %s", option->name, option->takes);
}

int csn_read_options(const char *command, const char *help, const csn_option *options, int argc, char **argv) {
  struct option known[CSN_OPTIONS_MAX] = {{"help", no_argument, NULL, 'h'}};
  int answer, status = -1;
  for (int i = 0; options[i].name != NULL && i < CSN_OPTIONS_MAX - 2; i++) {
    known[i + 1] = (struct option){options[i].name, options[i].flag == NULL, NULL, FIRST + i};
  }
  opterr = 0;
  while (status < 0 && (answer = getopt_long(argc, argv, ":h", known, NULL)) != -1) {
    if (answer == 'h') return csn_help(command, help);
    if (answer < FIRST) return refuse(command, answer, argv);
    status = store(command, &options[answer - FIRST]);
  }
  return status;
}
