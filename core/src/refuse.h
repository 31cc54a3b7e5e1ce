/* Filling in a verdict, for every step of the path. */
#ifndef CSN_REFUSE_H
#define CSN_REFUSE_H

#include <countersign/verdict.h>

/* Nothing decided, nobody named. Of the names only the lengths are set. */
static inline void csn_verdict_start(csn_verdict *verdict) {
  verdict->reason = CSN_REASON_UNDECIDED;
  verdict->field = CSN_FIELD_NONE;
  verdict->offset = verdict->header_index = 0;
  verdict->client_id.len = verdict->key_id.len = 0;
  verdict->scopes.len = 0;
}

/* Says where it is wrong, and gives the reason back. */
static inline csn_reason csn_refuse(csn_verdict *verdict, csn_reason reason, csn_field field, size_t offset) {
  verdict->field = field;
  verdict->offset = offset;
  return reason;
}

#endif
