/* Verdicts of libjwt: libjwt ALGORITHM KEY NOW ISSUER AUDIENCE <tokens >verdicts. The library verifies the signature;
 * this version leaves the claims to its caller, who reads them through its getters as its documentation has it. */
#include <errno.h>
#include <jansson.h>
#include <jwt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_MAX = 16384 };

typedef struct expected {
  const char *alg, *issuer, *audience;
  long now;
  unsigned char key[KEY_MAX];
  int key_len;
} expected;

static bool text_is(const char *text, const char *wanted) {
  return text != NULL && strcmp(text, wanted) == 0;
}

/* A string, or an array that holds it. */
static bool audience_fits(jwt_t *jwt, const char *wanted) {
  if (text_is(jwt_get_grant(jwt, "aud"), wanted)) return true;
  char *text = jwt_get_grants_json(jwt, "aud");
  json_t *list = text == NULL ? NULL : json_loads(text, 0, NULL), *item;
  size_t i;
  bool found = false;
  json_array_foreach(list, i, item) found = found || text_is(json_string_value(item), wanted);
  json_decref(list);
  free(text);
  return found;
}

/* NULL where all is well. */
static const char *wrong_with(jwt_t *jwt, const expected *e) {
  if (!text_is(jwt_alg_str(jwt_get_alg(jwt)), e->alg)) return "alg";
  if (!text_is(jwt_get_grant(jwt, "iss"), e->issuer)) return "iss";
  if (!audience_fits(jwt, e->audience)) return "aud";
  errno = 0;
  long expires = jwt_get_grant_int(jwt, "exp");
  if (errno != 0) return "exp is no integer";
  if (expires <= e->now) return "expired";
  static const char *const others[] = {"nbf", "iat"};
  for (size_t i = 0; i < 2; i++) {
    errno = 0;
    long date = jwt_get_grant_int(jwt, others[i]);
    if (errno == ENOENT) continue;
    if (errno != 0) return i == 0 ? "nbf is no integer" : "iat is no integer";
    if (date > e->now) return others[i];
  }
  return NULL;
}

static void judge(const char *token, const expected *e) {
  jwt_t *jwt = NULL;
  int error = jwt_decode(&jwt, token, e->key, e->key_len);
  const char *wrong = error != 0 ? "jwt_decode" : wrong_with(jwt, e);
  if (wrong != NULL) {
    printf("rejected\t%s\n", wrong);
  } else {
    char *sub = jwt_get_grants_json(jwt, "sub");
    printf("accepted\t%s\n", sub == NULL ? "null" : sub);
    free(sub);
  }
  jwt_free(jwt);
}

int main(int argc, char **argv) {
  static expected e;
  char *line = NULL;
  size_t size = 0;
  if (argc != 6) return 2;
  FILE *file = fopen(argv[2], "rb");
  if (file == NULL) return 2;
  e.key_len = (int)fread(e.key, 1, sizeof e.key, file);
  fclose(file);
  e.alg = argv[1];
  e.now = atol(argv[3]);
  e.issuer = argv[4];
  e.audience = argv[5];
  for (ssize_t len; (len = getline(&line, &size, stdin)) > 0;) {
    if (line[len - 1] == '\n') line[len - 1] = '\0';
    judge(line, &e);
  }
  free(line);
  return 0;
}
