/* Intel's library is for x86-64; elsewhere, and where it is not installed, this is empty. */
#include "../workload.h"
#include "mac.h"

#if defined __x86_64__ && __has_include(<intel-ipsec-mb.h>)
#include <intel-ipsec-mb.h>
#include <stdlib.h>

typedef struct burst {
  IMB_MGR *manager;
  _Alignas(16) uint8_t inner[IMB_SHA256_DIGEST_SIZE_IN_BYTES], outer[IMB_SHA256_DIGEST_SIZE_IN_BYTES];
  uint8_t macs[CSN_PEER_BURST][CSN_PEER_MAC_BYTES];
  IMB_JOB jobs[CSN_PEER_BURST];
} burst;

static void hash_pad(IMB_MGR *manager, csn_span secret, uint8_t pad, uint8_t *out) {
  uint8_t block[64];
  if (secret.len > sizeof block) csn_workload_fatal("a key longer than a block");
  for (size_t i = 0; i < sizeof block; i++) block[i] = (uint8_t)((i < secret.len ? secret.ptr[i] : 0) ^ pad);
  IMB_SHA256_ONE_BLOCK(manager, block, out);
}

void *csn_peer_ipsec_mb_open(csn_span secret) {
  burst *b = aligned_alloc(64, (sizeof *b + 63) / 64 * 64);
  IMB_MGR *manager = alloc_mb_mgr(0);
  IMB_ARCH arch = IMB_ARCH_NONE;
  if (b == NULL || manager == NULL) csn_workload_fatal("no memory for libipsec-mb");
  memset(b, 0, sizeof *b);
  init_mb_mgr_auto(manager, &arch);
  if (arch == IMB_ARCH_NONE) csn_workload_fatal("libipsec-mb does not know this processor");
  b->manager = manager;
  hash_pad(manager, secret, 0x36, b->inner);
  hash_pad(manager, secret, 0x5c, b->outer);
  for (size_t i = 0; i < CSN_PEER_BURST; i++) {
    b->jobs[i].auth_tag_output = b->macs[i];
    b->jobs[i].auth_tag_output_len_in_bytes = CSN_PEER_MAC_BYTES;
    b->jobs[i].u.HMAC._hashed_auth_key_xor_ipad = b->inner;
    b->jobs[i].u.HMAC._hashed_auth_key_xor_opad = b->outer;
  }
  return b;
}

void csn_peer_ipsec_mb(void *self, const csn_span *messages, size_t count) {
  burst *b = self;
  for (size_t i = 0; i < count; i++) {
    b->jobs[i].src = messages[i].ptr;
    b->jobs[i].msg_len_to_hash_in_bytes = messages[i].len;
  }
  if (IMB_SUBMIT_HASH_BURST(b->manager, b->jobs, (uint32_t)count, IMB_AUTH_HMAC_SHA_256) != count)
    csn_workload_fatal("libipsec-mb: %s", imb_get_strerror(imb_get_errno(b->manager)));
}

const uint8_t *csn_peer_ipsec_mb_mac(const void *self, size_t index) {
  return ((const burst *)self)->macs[index];
}

const char *csn_peer_ipsec_mb_version(void) {
  return imb_get_version_str();
}

#else

void *csn_peer_ipsec_mb_open(csn_span secret) {
  (void)secret;
  return NULL;
}

void csn_peer_ipsec_mb(void *self, const csn_span *messages, size_t count) {
  (void)self, (void)messages, (void)count;
}

const uint8_t *csn_peer_ipsec_mb_mac(const void *self, size_t index) {
  (void)self, (void)index;
  return NULL;
}

const char *csn_peer_ipsec_mb_version(void) {
  return "not installed";
}

#endif
