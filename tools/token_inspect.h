/* What is in a token, for people: its header and claims, without its signature, and the verdict on it. */
#ifndef CSN_TOOLS_TOKEN_INSPECT_H
#define CSN_TOOLS_TOKEN_INSPECT_H

#include "line_run.h"
#include "policy.h"

/* Inspects one token a line of the run's files: 0, 1 where one was rejected, or CSN_EXIT_FAILED after a message. */
int csn_token_inspect(const csn_policy *policy, csn_line_run *lines, int argc, char **argv) CSN_WARN_UNUSED;

#endif
