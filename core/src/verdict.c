/* The names of verdicts, stages, fields and errors. */
#include <countersign/error.h>
#include <countersign/verdict.h>

#include "words.h"

typedef struct csn_reason_row {
  csn_stage stage;
  const char *label;
  const char *sentence;
} csn_reason_row;

static const csn_reason_row reasons[] = {
#define ROW(name, stage, label, sentence) {CSN_STAGE_##stage, label, sentence},
    CSN_REASON_LIST(ROW)
#undef ROW
};

static const char *const stages[] = {
#define ROW(name, label) label,
    CSN_STAGE_LIST(ROW)
#undef ROW
};

static const char *const fields[] = {
#define ROW(name, label) label,
    CSN_FIELD_LIST(ROW)
#undef ROW
};

static const char *const errors[] = {
#define ROW(name, sentence) sentence,
    CSN_ERROR_LIST(ROW)
#undef ROW
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const csn_reason_row *row(csn_reason reason) {
  return &reasons[(size_t)reason < COUNT(reasons) ? (size_t)reason : CSN_REASON_UNDECIDED];
}

const char *csn_reason_label(csn_reason reason) {
  return row(reason)->label;
}
const char *csn_reason_sentence(csn_reason reason) {
  return row(reason)->sentence;
}
csn_stage csn_reason_stage(csn_reason reason) {
  return row(reason)->stage;
}

const char *csn_stage_label(csn_stage stage) {
  return stages[(size_t)stage < COUNT(stages) ? (size_t)stage : 0];
}
const char *csn_field_label(csn_field field) {
  return fields[(size_t)field < COUNT(fields) ? (size_t)field : 0];
}

const char *csn_error_sentence(csn_error error) {
  return errors[(size_t)error < COUNT(errors) ? (size_t)error : CSN_ERROR_INVALID_ARGUMENT];
}

const char *csn_verdict_public_word(const csn_verdict *verdict) {
  switch (verdict->reason) {
    case CSN_REASON_ACCEPTED:
      return "accepted";
    case CSN_REASON_NONCE_STORE_FULL:
    case CSN_REASON_NONCE_STORE_UNAVAILABLE:
      return "unavailable";
    default:
      return "rejected";
  }
}

void csn_name_set(csn_name *name, csn_span span) {
  size_t len = span.len <= sizeof name->bytes ? span.len : 0;
  name->len = (uint8_t)len;
  csn_words_copy(name->bytes, span.ptr, len);
}
