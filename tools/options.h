/* The options of a command, as a table. */
#ifndef CSN_TOOLS_OPTIONS_H
#define CSN_TOOLS_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CSN_UNIX_SECONDS_MAX INT64_C(253402300799) /* the end of the year 9999 */

enum { CSN_OPTION_LIST_MAX = 64 };

/* The values of an option that may be given more than once, in their order. */
typedef struct csn_option_list {
  const char *values[CSN_OPTION_LIST_MAX];
  size_t count;
} csn_option_list;

/* One option, and where its value goes: exactly one of `text`, `list`, `number` and `flag`. Given twice, the last one
 * counts, but for a list. */
typedef struct csn_option {
  const char *name; /* without its two hyphens; NULL ends the table */
  const char **text;
  csn_option_list *list;
  int64_t *number; /* a whole number, digits only, from 0 to `high` */
  bool *flag;      /* set by an option that takes no value */
  int64_t high;
  const char *takes; /* of a number: what the complaint asks for, such as "UNIX seconds" */
} csn_option;

enum { CSN_OPTIONS_MAX = 16 }; /* of a command, with --help and the table's end */

/* Reads the options of `argv`; --help and -h print `help`. Returns -1 to go on, and then the words that are no options
 * start at `optind`; or an exit status, after the help or a complaint. */
int csn_read_options(const char *command, const char *help, const csn_option *options, int argc, char **argv);

#endif
