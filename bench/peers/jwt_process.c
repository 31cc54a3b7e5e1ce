#include "jwt_process.h"

#include <countersign/span.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../core/src/encoding.h"

enum { KEY_MAX = 4096, LINE_MAX_SENT = 8192 };

/* /usr/bin/python3: Debian's packages are of Debian's interpreter. */
const csn_jwt_peer csn_jwt_peers[CSN_JWT_PEERS] = {
    {"jsonwebtoken", "node", "jwt_peer.mjs", 1u << CSN_ALG_EdDSA, NULL},
    {"jose", "node", "jwt_peer.mjs", 0, NULL},
    {"fast_jwt", "node", "jwt_peer.mjs", 0, NULL},
    {"fast_jwt_cache", "node", "jwt_peer.mjs", 0, "every token is in its cache"},
    {"pyjwt", "/usr/bin/python3", "jwt_peer.py", 0, NULL},
};

/* ---- what is installed ---- */

bool csn_jwt_peer_folder(char out[CSN_JWT_FOLDER_MAX]) {
  char path[CSN_JWT_FOLDER_MAX];
  ssize_t len = readlink("/proc/self/exe", path, sizeof path - 1);
  if (len < 0) return false;
  path[len] = '\0';
  for (char *slash = strrchr(path, '/'); slash != NULL; slash = strrchr(path, '/')) {
    *slash = '\0';
    size_t written = (size_t)snprintf(out, CSN_JWT_FOLDER_MAX, "%s/peers", path);
    char script[CSN_JWT_FOLDER_MAX + 16];
    snprintf(script, sizeof script, "%s/%s", out, csn_jwt_peers[0].script);
    if (written < CSN_JWT_FOLDER_MAX && access(script, R_OK) == 0) return true;
  }
  return false;
}

void csn_jwt_peer_version(const char *folder, const char *package, char out[CSN_JWT_VERSION_MAX]) {
  char path[2 * CSN_JWT_FOLDER_MAX], line[256];
  snprintf(path, sizeof path, "%s/node_modules/%s/package.json", folder, package);
  snprintf(out, CSN_JWT_VERSION_MAX, "not installed");
  FILE *file = fopen(path, "re");
  if (file == NULL) return;
  while (fgets(line, sizeof line, file) != NULL) {
    if (sscanf(line, " \"version\": \"%63[^\"]\"", out) == 1) break; /* which is why it has so many bytes */
  }
  fclose(file);
}

/* ---- the process ---- */

static bool give_key(csn_process *self, csn_span key) {
  char line[KEY_MAX + 8];
  size_t len = csn_base64url_encoded_len(key.len);
  if (len > KEY_MAX) return false;
  memcpy(line, "key ", 4);
  csn_base64url_encode(key, line + 4);
  line[4 + len] = '\n';
  return csn_process_send(self, line, len + 5);
}

static const char absent[] = "absent ";

/* Says of what `self->why` says that it was at the start. */
static bool refuse_start(csn_process *self, const char *how, const char *why) {
  char text[CSN_PROCESS_WHY_MAX];
  snprintf(text, sizeof text, "%s: %.*s", how, (int)(sizeof text - 32), why);
  csn_process_end(self);
  memcpy(self->why, text, sizeof text);
  return false;
}

bool csn_jwt_process_open(csn_process *self, const csn_jwt_peer *peer, const char *folder, const csn_jwt_terms *terms) {
  char script[CSN_JWT_FOLDER_MAX + 16], now[24];
  snprintf(script, sizeof script, "%s/%s", folder, peer->script);
  snprintf(now, sizeof now, "%" PRId64, terms->now);
  char *const argv[] = {
      (char *)peer->program,   script, (char *)peer->name, (char *)csn_alg_name(terms->alg), now, (char *)terms->issuer,
      (char *)terms->audience, NULL};
  if (!csn_process_start(self, argv, CSN_JWT_PEER_TIMEOUT_MS))
    return refuse_start(self, "not installed", peer->program);
  const char *line = give_key(self, terms->key) ? csn_process_line(self) : NULL;
  if (line == NULL) return refuse_start(self, "does not start", self->why);
  if (strncmp(line, absent, sizeof absent - 1) == 0)
    return refuse_start(self, "not installed", line + sizeof absent - 1);
  return strcmp(line, "ready") == 0 || refuse_start(self, "does not start, but says", line);
}

static bool send_line(csn_process *self, const char *command, csn_span token) {
  char line[LINE_MAX_SENT];
  int len = snprintf(line, sizeof line, "%s %.*s\n", command, (int)token.len, (const char *)token.ptr);
  if (len < 0 || (size_t)len >= sizeof line) {
    snprintf(self->why, sizeof self->why, "a token of %zu bytes is too long", token.len);
    return false;
  }
  return csn_process_send(self, line, (size_t)len);
}

bool csn_jwt_process_add(csn_process *self, const csn_span *tokens, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (!send_line(self, "token", tokens[i])) return false;
  }
  return true;
}

/* What it said is none of what may be said. Copied first: it may stand in what is overwritten. */
static bool refuse_answer(csn_process *self, const char *line) {
  char text[CSN_PROCESS_WHY_MAX - 32];
  snprintf(text, sizeof text, "%.*s", (int)sizeof text - 1, line);
  snprintf(self->why, sizeof self->why, "answered '%s'", text);
  return false;
}

csn_jwt_answer csn_jwt_process_judge(csn_process *self, csn_span token, int64_t now) {
  static const char rejected[] = "rejected ";
  char command[40];
  snprintf(command, sizeof command, "judge %" PRId64, now);
  const char *line = send_line(self, command, token) ? csn_process_line(self) : NULL;
  if (line == NULL) return CSN_JWT_FAILED;
  if (strcmp(line, "accepted") == 0) return CSN_JWT_ACCEPTED;
  if (strncmp(line, rejected, sizeof rejected - 1) == 0) return CSN_JWT_REJECTED;
  refuse_answer(self, line);
  return CSN_JWT_FAILED;
}

/* "NANOSECONDS ACCEPTED", and nothing else. */
static bool read_result(const char *line, uint64_t *ns, uint64_t *accepted) {
  int end = 0;
  if (line[0] < '0' || line[0] > '9') return false;
  return sscanf(line, "%" SCNu64 " %" SCNu64 "%n", ns, accepted, &end) == 2 && line[end] == '\0' && *ns > 0;
}

bool csn_jwt_process_run(csn_process *self, size_t count, uint64_t *ns) {
  char command[40];
  int len = snprintf(command, sizeof command, "run %zu\n", count);
  const char *line = csn_process_send(self, command, (size_t)len) ? csn_process_line(self) : NULL;
  if (line == NULL) return false;
  uint64_t accepted;
  if (!read_result(line, ns, &accepted)) return refuse_answer(self, line);
  if (accepted == count) return true;
  snprintf(self->why, sizeof self->why, "accepted %" PRIu64 " of %zu valid tokens", accepted, count);
  return false;
}
