/* Claims that are built from a few choices, and the answer that a token with them must get. This is the one place where
 * a target knows beforehand both what must be accepted and what must not. */
#ifndef CSN_FUZZ_JWT_MODEL_H
#define CSN_FUZZ_JWT_MODEL_H

#include "fuzz.h"

#define MODEL_ISSUER "https://issuer.example"
#define MODEL_AUDIENCE "api"

/* A set of reasons. */
typedef struct reason_set {
  bool has[CSN_REASON_COUNT];
} reason_set;

#define MODEL_ADD(set, reason) ((set)->has[CSN_REASON_##reason] = true)

static inline bool reason_set_empty(const reason_set *set) {
  for (size_t i = 0; i < CSN_REASON_COUNT; i++) {
    if (set->has[i]) return false;
  }
  return true;
}

/* `must` holds a reason for everything that is surely wrong: empty means that the token must be accepted, unless a
 * reason of `may` is given. */
typedef struct jwt_model {
  reason_set must, may;
  char text[512];
  size_t len;
} jwt_model;

static inline void model_member(jwt_model *model, const char *name, const char *value) {
  int len = snprintf(model->text + model->len, sizeof model->text - model->len, "%s\"%s\":%s",
                     model->len == 0 ? "{" : ",", name, value);
  model->len += (size_t)len;
}

/* How a NumericDate may be written. The whole part is not negative. */
typedef enum model_date { DATE_ABSENT, DATE_WHOLE, DATE_ZEROS, DATE_HALF, DATE_EXPONENT, DATE_BAD } model_date;

/* Writes a date and returns its form; `*whole` is rounded up. */
static inline model_date model_put_date(jwt_model *model, const char *name, unsigned choice, int64_t *whole) {
  static const char *const formats[] = {"%lld",  "%lld.000", "%lld.5", "%llde0", "%lld0E-1",
                                        "-%lld", "\"%lld\"", "1e400",  "[%lld]", "%llde9"};
  static const model_date kinds[] = {DATE_WHOLE, DATE_ZEROS, DATE_HALF, DATE_EXPONENT, DATE_EXPONENT,
                                     DATE_BAD,   DATE_BAD,   DATE_BAD,  DATE_BAD,      DATE_BAD};
  char text[64];
  if (choice == 0 || choice > sizeof kinds / sizeof kinds[0]) return DATE_ABSENT;
  snprintf(text, sizeof text, formats[choice - 1], (long long)*whole);
  model_member(model, name, text);
  if (kinds[choice - 1] == DATE_HALF) (*whole)++;
  if (kinds[choice - 1] == DATE_BAD) {
    MODEL_ADD(&model->must, DATE_INVALID);
    MODEL_ADD(&model->must, CLAIM_INVALID);
  }
  return kinds[choice - 1];
}

/* exp, nbf or iat: `whole` is the date, `bad` the reason where `is_bad` would hold. */
static inline model_date model_date_claim(jwt_model *model, const csn_jwt_policy *policy, const char *name,
                                          unsigned bit, unsigned choice, int64_t *whole) {
  model_date kind = model_put_date(model, name, choice, whole);
  if (kind == DATE_ABSENT && (policy->required & bit) != 0) MODEL_ADD(&model->must, CLAIM_MISSING);
  return kind;
}

static inline void model_dates(jwt_model *model, const csn_jwt_policy *policy, int64_t now, csn_span *choices) {
  static const char *const names[] = {"exp", "nbf", "iat"};
  static const unsigned bits[] = {CSN_CLAIM_EXP, CSN_CLAIM_NBF, CSN_CLAIM_IAT};
  for (size_t i = 0; i < 3; i++) {
    unsigned choice = fuzz_take_control(choices);
    int64_t distance = (int64_t)fuzz_take_control(choices) - 7;
    int64_t date = now + distance + (i == 0 ? -policy->leeway : policy->leeway);
    model_date kind = model_date_claim(model, policy, names[i], bits[i], choice, &date);
    if (kind == DATE_ABSENT || kind == DATE_BAD) continue;
    if (i == 0 && now - policy->leeway >= date) MODEL_ADD(&model->must, TOKEN_EXPIRED);
    if (i == 1 && now + policy->leeway < date) MODEL_ADD(&model->must, TOKEN_NOT_YET_VALID);
    if (i == 2 && now + policy->leeway < date) MODEL_ADD(&model->must, TOKEN_ISSUED_IN_FUTURE);
  }
}

static inline void model_issuer(jwt_model *model, const csn_jwt_policy *policy, unsigned choice) {
  static const char *const values[] = {"\"" MODEL_ISSUER "\"", "\"https:\\/\\/issuer.ex\\u0061mple\"",
                                       "\"https://issuer.exampl\"", "\"" MODEL_ISSUER "/\"", "7"};
  bool present = choice >= 1 && choice <= 5, wanted = policy->issuer.len > 0;
  if (present) model_member(model, "iss", values[choice - 1]);
  if (!present && (wanted || (policy->required & CSN_CLAIM_ISS) != 0)) MODEL_ADD(&model->must, CLAIM_MISSING);
  if (wanted && (choice == 3 || choice == 4)) MODEL_ADD(&model->must, ISSUER_MISMATCH);
  if (choice == 5) MODEL_ADD(wanted ? &model->must : &model->may, CLAIM_INVALID);
}

static inline void model_audience(jwt_model *model, const csn_jwt_policy *policy, unsigned choice) {
  static const char *const values[] = {"\"api\"", "\"\\u0061pi\"", "[\"other\",\"api\"]", "\"ap\"", "[\"other\"]",
                                       "[]",      "[7,\"api\"]",   "{\"api\":1}"};
  bool present = choice >= 1 && choice <= 8, wanted = policy->audience.len > 0;
  if (present) model_member(model, "aud", values[choice - 1]);
  if (!present && (wanted || (policy->required & CSN_CLAIM_AUD) != 0)) MODEL_ADD(&model->must, CLAIM_MISSING);
  if (present && !wanted) MODEL_ADD(&model->must, AUDIENCE_UNEXPECTED);
  if (wanted && choice >= 4 && choice <= 6) MODEL_ADD(&model->must, AUDIENCE_MISMATCH);
  if (choice == 8) MODEL_ADD(&model->must, CLAIM_INVALID);
  if (choice >= 6) MODEL_ADD(&model->may, CLAIM_INVALID);
}

/* `owner` is the client that the key belongs to, or empty. */
static inline void model_subject(jwt_model *model, const csn_jwt_policy *policy, const char *owner, unsigned choice) {
  static const char *const values[] = {"\"client-7\"", "\"client\\u002d7\"", "\"\"", "7", "null"};
  bool present = choice >= 1 && choice <= 5;
  if (present) model_member(model, "sub", values[choice - 1]);
  if (!present && (policy->required & CSN_CLAIM_SUB) != 0) MODEL_ADD(&model->must, CLAIM_MISSING);
  if (choice >= 4 && present) MODEL_ADD(&model->must, CLAIM_INVALID);
  if (choice == 3 && (policy->required & CSN_CLAIM_SUB) != 0) MODEL_ADD(&model->must, CLAIM_MISSING);
  if (owner[0] == 0) return;
  bool is_other = choice == 3 || (choice >= 1 && choice <= 2 && strcmp(owner, "client-7") != 0);
  if (is_other) MODEL_ADD(&model->must, SUBJECT_MISMATCH);
}

/* Builds the claims from the control bytes of `choices`, for a key of `owner`. `now` is far from both ends of what a
 * date can be. */
static inline void jwt_model_build(jwt_model *model, const csn_jwt_policy *policy, const char *owner, int64_t now,
                                   csn_span *choices) {
  memset(&model->must, 0, sizeof model->must);
  memset(&model->may, 0, sizeof model->may);
  model->len = 0;
  model_member(model, "jti", "\"made by the model\"");
  model_dates(model, policy, now, choices);
  model_issuer(model, policy, fuzz_take_control(choices));
  model_audience(model, policy, fuzz_take_control(choices));
  model_subject(model, policy, owner, fuzz_take_control(choices));
  model->text[model->len++] = '}';
}

#endif
