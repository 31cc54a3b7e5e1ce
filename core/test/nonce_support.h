/* What the nonce table's tests share. */
#ifndef CSN_TEST_NONCE_SUPPORT_H
#define CSN_TEST_NONCE_SUPPORT_H

#include "../src/nonce_layout.h"
#include "../src/nonce_read.h"
#include "support.h"

#define START INT64_C(1700000000) /* a whole tick */
_Static_assert(START % CSN_NONCE_TICK_SECONDS == 0, "boundaries count from a tick's first second");

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const csn_span client = CSN_SPAN_LITERAL("client-7");

static inline csn_nonce_table_config config_of(uint64_t capacity) {
  csn_nonce_table_config config = {.capacity = capacity, .now = START, .fence = CSN_NONCE_NO_FENCE};
  for (size_t i = 0; i < sizeof config.seed; i++) config.seed[i] = (uint8_t)(i * 37 + 11);
  return config;
}

static inline csn_nonce_table *new_table(uint64_t capacity) {
  csn_nonce_table_config config = config_of(capacity);
  csn_nonce_table *table;
  assert_int_equal(csn_nonce_table_new(&table, &config), CSN_OK);
  return table;
}

static inline csn_nonce_answer claim(csn_nonce_table *table, const char *nonce, int64_t expires, int64_t now) {
  return csn_nonce_table_claim(table, client, csn_span_str(nonce), expires, now);
}

static inline csn_nonce_answer claim_number(csn_nonce_table *table, uint64_t number, int64_t expires, int64_t now) {
  return csn_nonce_table_claim(table, client, csn_span_of(&number, sizeof number), expires, now);
}

static inline uint64_t random_next(uint64_t *seed) {
  *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return *seed >> 33;
}

static inline csn_nonce_key key_of_number(const csn_nonce_table *table, uint64_t number) {
  csn_nonce_key key;
  assert_true(csn_nonce_key_of(table, client, csn_span_of(&number, sizeof number), &key));
  return key;
}

/* In a table of this capacity every nonce has the same 2 home lines and 2 pairs of back lines, with 48 slots. */
enum { TINY = 10, TINY_SLOTS = 48, HOME_SLOTS = CSN_NONCE_HOME_LINES * CSN_NONCE_LINE_SLOTS };

#endif
