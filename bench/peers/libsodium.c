#include <sodium.h>

#include "../workload.h"
#include "mac.h"

void *csn_peer_sodium_open(csn_span secret) {
  if (sodium_init() < 0) csn_workload_fatal("libsodium did not start");
  if (secret.len != crypto_auth_hmacsha256_KEYBYTES) csn_workload_fatal("a key of libsodium has 32 bytes");
  uint8_t *key = csn_workload_alloc(secret.len);
  memcpy(key, secret.ptr, secret.len);
  return key;
}

void csn_peer_sodium(void *self, csn_span message, uint8_t mac[CSN_PEER_MAC_BYTES]) {
  crypto_auth_hmacsha256(mac, message.ptr, message.len, self);
}

const char *csn_peer_sodium_version(void) {
  return sodium_version_string();
}
