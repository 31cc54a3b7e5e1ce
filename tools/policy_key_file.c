/* A key of a policy out of a file of its own: PEM or JWK, public or private. */
#include <errno.h>
#include <stdlib.h>

#include "command.h"
#include "input.h"
#include "key_text.h"
#include "policy_reader.h"

enum { PEM_LINE_MIN = 16 /* characters of a line that is worth hiding */ };

/* Lines are what would stand in a log. */
static bool keep_pem(csn_policy_reader *r, csn_span text) {
  while (text.len > 0) {
    const uint8_t *feed = memchr(text.ptr, '\n', text.len);
    size_t len = feed == NULL ? text.len : (size_t)(feed - text.ptr), used = feed == NULL ? len : len + 1;
    csn_span line = csn_span_of(text.ptr, len);
    if (len > 0 && line.ptr[len - 1] == '\r') line.len--;
    if (line.len >= PEM_LINE_MIN && line.ptr[0] != '-' && !r->keep(r->keep_self, line)) return false;
    text = csn_span_of(text.ptr + used, text.len - used);
  }
  return true;
}

static bool keep(csn_policy_reader *r, csn_span text) {
  if (r->keep == NULL) return true;
  if (csn_key_text_is_jwk(text)) return csn_policy_keep_jwks(r, text);
  return !csn_key_text_is_private_pem(text) || keep_pem(r, text);
}

static bool make(csn_policy_reader *r, uint32_t node, uint32_t alg, const csn_key_config *config, csn_span text,
                 csn_key *key) {
  char why[256];
  size_t offset = 0;
  if (!keep(r, text)) return csn_policy_refuse(r, node, "key_file", "%s", strerror(ENOMEM));
  if (alg == 0 && !csn_key_text_is_jwk(text)) {
    return csn_policy_refuse(r, node, "alg", "is missing: a PEM file names none");
  }
  csn_error error = csn_key_text_read(key, config, text, &offset);
  if (error != CSN_OK) {
    csn_key_refusal(error, "allow_legacy_short", why, sizeof why);
    return csn_policy_refuse(r, node, "key_file", "line %zu of it: %s", csn_line_of_offset(text, offset), why);
  }
  if (alg == 0 || key->alg == config->alg) return true;
  const char *other = csn_alg_name(key->alg);
  csn_key_wipe(key);
  return csn_policy_refuse(r, alg, "alg", "is not that of the key_file, which is for %s", other);
}

/* The file's name is not shown: by mistake it may be the key itself. */
bool csn_policy_read_key_file(csn_policy_reader *r, uint32_t node, uint32_t alg, const csn_key_config *config,
                              csn_key *key) {
  uint8_t buffer[4096];
  csn_span name;
  csn_file file;
  if (!csn_policy_string(r, node, "key_file", buffer, sizeof buffer, &name)) return false;
  char *path = csn_policy_path(r, name);
  int failed = path == NULL ? ENOMEM : csn_file_read(&file, path, CSN_JWK_MAX);
  free(path);
  if (failed != 0) return csn_policy_refuse(r, node, "key_file", "%s", strerror(failed));
  bool good = make(r, node, alg, config, csn_file_span(&file), key);
  csn_file_free(&file);
  return good;
}
