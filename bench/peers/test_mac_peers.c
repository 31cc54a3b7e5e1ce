/* The peers of MACs make HMAC-SHA-256: the answers of RFC 4231, and each other's for every length of some blocks. */
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "mac.h"

enum { MAC = CSN_PEER_MAC_BYTES, KEY = 32, LENGTHS = 300 };

typedef struct peer {
  const char *name;
  csn_peer_mac_open *open;
  csn_peer_mac *mac; /* NULL: bursts */
} peer;

static const peer peers[] = {
    {"HMAC()", csn_peer_hmac_open, csn_peer_hmac},
    {"EVP_MAC, fetched", csn_peer_evp_mac_fetch_open, csn_peer_evp_mac_fetch},
    {"EVP_MAC, duplicated", csn_peer_evp_mac_open, csn_peer_evp_mac_dup},
    {"EVP_MAC, reused", csn_peer_evp_mac_open, csn_peer_evp_mac_reused},
    {"SHA256_Update()", csn_peer_lowlevel_open, csn_peer_lowlevel},
    {"libsodium", csn_peer_sodium_open, csn_peer_sodium},
    {"libipsec-mb", csn_peer_ipsec_mb_open, NULL},
};
enum { PEERS = sizeof peers / sizeof peers[0] };

/* Keys live as long as the program. */
static void *open_key(csn_peer_mac_open *open, csn_span key) {
  enum { KEPT = 64 };
  static void *kept[KEPT];
  static size_t count;
  assert_in_range(count, 0, KEPT - 1);
  return kept[count++] = open(key);
}

static csn_span test_key(uint8_t key[KEY]) {
  for (size_t i = 0; i < KEY; i++) key[i] = (uint8_t)(3 * i + 1);
  return csn_span_of(key, KEY);
}

static void mac_of(const peer *p, void *self, csn_span message, uint8_t mac[MAC]) {
  if (p->mac != NULL) {
    p->mac(self, message, mac);
    return;
  }
  csn_peer_ipsec_mb(self, &message, 1);
  memcpy(mac, csn_peer_ipsec_mb_mac(self, 0), MAC);
}

/* A length more or less, another message or another key is another MAC, so that equal ones are no accident. */
static void each_makes_the_mac_of_every_length(void **state) {
  (void)state;
  uint8_t bytes[LENGTHS + 1], key_bytes[KEY], before[MAC] = {0};
  csn_span key = test_key(key_bytes);
  for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (uint8_t)(7 * i + i / 256);
  for (size_t k = 0; k < PEERS; k++) {
    void *self = open_key(peers[k].open, key);
    if (self == NULL) continue;
    for (size_t len = 1; len <= LENGTHS; len++) {
      uint8_t mac[MAC], wanted[MAC];
      unsigned size = 0;
      assert_non_null(HMAC(EVP_sha256(), key.ptr, (int)key.len, bytes, len, wanted, &size));
      mac_of(&peers[k], self, csn_span_of(bytes, len), mac);
      if (memcmp(mac, wanted, MAC) != 0) fail_msg("%s: %zu bytes", peers[k].name, len);
      assert_memory_not_equal(mac, before, MAC);
      memcpy(before, mac, MAC);
    }
  }
}

/* RFC 4231 section 4.3, test case 2, whose key is not 32 bytes: not for libsodium. */
static void each_makes_the_mac_of_rfc_4231(void **state) {
  (void)state;
  static const uint8_t wanted[MAC] = {0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60, 0x75, 0x4e, 0x6a, 0x04, 0x24,
                                      0x26, 0x08, 0x95, 0x75, 0xc7, 0x5a, 0x00, 0x3f, 0x08, 0x9d, 0x27,
                                      0x39, 0x83, 0x9d, 0xec, 0x58, 0xb9, 0x64, 0xec, 0x38, 0x43};
  size_t made = 0;
  for (size_t k = 0; k < PEERS; k++) {
    uint8_t mac[MAC];
    if (peers[k].open == csn_peer_sodium_open) continue;
    void *self = open_key(peers[k].open, csn_span_str("Jefe"));
    if (self == NULL) continue;
    mac_of(&peers[k], self, csn_span_str("what do ya want for nothing?"), mac);
    if (memcmp(mac, wanted, MAC) != 0) fail_msg("%s", peers[k].name);
    made++;
  }
  assert_in_range(made, PEERS - 2, PEERS - 1);
}

/* A context that is used again has nothing left of the message before, and keeps its key. */
static void a_message_does_not_depend_on_the_one_before(void **state) {
  (void)state;
  uint8_t key_bytes[KEY];
  csn_span key = test_key(key_bytes), longer = csn_span_str("a message that is longer than the other one by some");
  for (size_t k = 0; k < PEERS; k++) {
    uint8_t first[MAC], again[MAC], other[MAC];
    void *self = open_key(peers[k].open, key);
    if (self == NULL) continue;
    mac_of(&peers[k], self, csn_span_str("a message"), first);
    mac_of(&peers[k], self, longer, other);
    mac_of(&peers[k], self, csn_span_str("a message"), again);
    assert_memory_equal(first, again, MAC);
    assert_memory_not_equal(first, other, MAC);
  }
}

/* Unequal lengths in one burst, of every size: each MAC stands where its message does. */
static void a_burst_has_its_macs_in_order(void **state) {
  (void)state;
  uint8_t bytes[8 * CSN_PEER_BURST], key_bytes[KEY];
  csn_span messages[CSN_PEER_BURST], key = test_key(key_bytes);
  void *self = open_key(csn_peer_ipsec_mb_open, key);
  if (self == NULL) skip(); /* not installed */
  for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (uint8_t)(5 * i + i / 256);
  for (size_t count = 1; count <= CSN_PEER_BURST; count++) {
    for (size_t i = 0; i < count; i++) messages[i] = csn_span_of(bytes + i, 1 + 37 * i % (7 * CSN_PEER_BURST));
    csn_peer_ipsec_mb(self, messages, count);
    for (size_t i = 0; i < count; i++) {
      uint8_t wanted[MAC];
      assert_non_null(HMAC(EVP_sha256(), key.ptr, (int)key.len, messages[i].ptr, messages[i].len, wanted, NULL));
      if (memcmp(csn_peer_ipsec_mb_mac(self, i), wanted, MAC) != 0) fail_msg("message %zu of %zu", i, count);
    }
  }
}

static void versions_are_told(void **state) {
  (void)state;
  uint8_t key_bytes[KEY];
  assert_true(strchr("0123456789", csn_peer_sodium_version()[0]) != NULL);
  bool installed = open_key(csn_peer_ipsec_mb_open, test_key(key_bytes)) != NULL;
  assert_int_equal(installed, strcmp(csn_peer_ipsec_mb_version(), "not installed") != 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_makes_the_mac_of_every_length),
      cmocka_unit_test(each_makes_the_mac_of_rfc_4231),
      cmocka_unit_test(a_message_does_not_depend_on_the_one_before),
      cmocka_unit_test(a_burst_has_its_macs_in_order),
      cmocka_unit_test(versions_are_told),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
