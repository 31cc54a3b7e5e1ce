/* What the core's tests share. */
#ifndef CSN_TEST_SUPPORT_H
#define CSN_TEST_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <countersign/countersign.h>

#include "ring.h"

#define TEST_SECRET "a secret of more than thirty-two bytes"

/* Reasons are compared by label, so that a failure reads well. */
#define assert_reason(verdict, expected) \
  assert_string_equal(csn_reason_label((verdict)->reason), csn_reason_label(CSN_REASON_##expected))

#define assert_span(span, text) assert_true(csn_span_equal(span, csn_span_str(text)))

static inline csn_key_config test_key_config(const char *client_id, const char *key_id, unsigned uses) {
  csn_key_config config = CSN_KEY_CONFIG_DEFAULT;
  config.client_id = csn_span_str(client_id);
  config.key_id = csn_span_str(key_id);
  config.secret = csn_span_str(TEST_SECRET);
  config.uses = uses;
  return config;
}

static inline csn_keyring *test_keyring_new(void) {
  static const uint8_t seed[16] = {1, 2, 3};
  csn_keyring *ring = NULL;
  assert_int_equal(csn_keyring_new(&ring, seed), CSN_OK);
  return ring;
}

static inline csn_nonce_table *test_nonces_new(uint64_t capacity, int64_t now) {
  csn_nonce_table *table = NULL;
  csn_nonce_table_config config = {.capacity = capacity, .seed = {7}, .fence = CSN_NONCE_NO_FENCE, .now = now};
  assert_int_equal(csn_nonce_table_new(&table, &config), CSN_OK);
  return table;
}

#endif
