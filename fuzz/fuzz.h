/* What the fuzz targets, the replay driver and the seeds share: constants, keys, and how an input is cut up.
 *
 * An input starts with control bytes, of each of which only the low four bits count, so that a seed can be written with
 * the characters '0' to '9' and ':' to '?'. Behind them stand parts that end at a record separator (0x1e). A target
 * reads no file, no clock and no randomness: the same bytes always do the same. */
#ifndef CSN_FUZZ_H
#define CSN_FUZZ_H

#include <countersign/countersign.h>
#include <stdio.h>
#include <stdlib.h>

enum {
  FUZZ_INPUT_MAX = 65536, /* longer inputs are cut: speed */
  FUZZ_TOKEN_MAX = 98304, /* what an input can become once it is encoded and signed */
  FUZZ_SEPARATOR = 0x1e,
};

#define FUZZ_NOW INT64_C(1700000000)

/* An invariant that every input must keep. Unlike assert() it is there in every build. */
#define FUZZ_CHECK(condition)                                                                  \
  do {                                                                                         \
    if (!(condition)) {                                                                        \
      fprintf(stderr, "%s:%d: invariant does not hold: %s\n", __FILE__, __LINE__, #condition); \
      abort();                                                                                 \
    }                                                                                          \
  } while (0)

/* The keys of every target. The last two are in no ring: a stranger, and an impostor who has another's key id. */
typedef struct fuzz_key {
  const char *key_id, *client_id, *secret;
  unsigned uses;
  int64_t accept_until;
} fuzz_key;

enum { FUZZ_KEY_COUNT = 7, FUZZ_RING_COUNT = 5, FUZZ_REQUEST_RING = 4 };

static const fuzz_key FUZZ_KEYS[FUZZ_KEY_COUNT] = {
    {"", "", "the only key, which has no key id", CSN_USE_TOKEN, 0},
    {"2026-a", "client-7", "0123456789abcdef0123456789abcdef", CSN_USE_TOKEN | CSN_USE_REQUEST, 0},
    {"2026-b", "client-7", "a rotated key, longer than the block of the hash: sixty-four bytes",
     CSN_USE_TOKEN | CSN_USE_REQUEST, FUZZ_NOW + 10},
    {"request-only", "client-8", "a key that never signs any token", CSN_USE_REQUEST, 0},
    {"legacy", "client-9", "puckwang", CSN_USE_TOKEN | CSN_USE_REQUEST, 0},
    {"stranger", "client-6", "nobody has ever registered this key", CSN_USE_TOKEN | CSN_USE_REQUEST, 0},
    {"2026-a", "client-7", "another secret under the same key id", CSN_USE_TOKEN | CSN_USE_REQUEST, 0},
};

/* The rings as bits of FUZZ_KEYS. */
static const unsigned FUZZ_RINGS[FUZZ_RING_COUNT] = {0x01, 0x16, 0x0c, 0x08, 0x1e};

static inline csn_key_config fuzz_key_config(size_t key) {
  csn_key_config config = CSN_KEY_CONFIG_DEFAULT;
  config.key_id = csn_span_str(FUZZ_KEYS[key].key_id);
  config.client_id = csn_span_str(FUZZ_KEYS[key].client_id);
  config.secret = csn_span_str(FUZZ_KEYS[key].secret);
  config.uses = FUZZ_KEYS[key].uses;
  config.accept_until = FUZZ_KEYS[key].accept_until;
  config.allow_legacy_short = true;
  return config;
}

/* A key for signing; made once, kept for the life of the process. */
static inline const csn_key *fuzz_signing_key(size_t key) {
  static csn_key keys[FUZZ_KEY_COUNT];
  static bool made[FUZZ_KEY_COUNT];
  if (!made[key]) {
    csn_key_config config = fuzz_key_config(key);
    FUZZ_CHECK(csn_key_init(&keys[key], &config) == CSN_OK);
    made[key] = true;
  }
  return &keys[key];
}

/* A ring; made once, kept for the life of the process. */
static inline const csn_keyring *fuzz_ring(size_t ring) {
  static csn_keyring *rings[FUZZ_RING_COUNT];
  static const uint8_t seed[16] = "a constant seed";
  if (rings[ring] == NULL) {
    FUZZ_CHECK(csn_keyring_new(&rings[ring], seed) == CSN_OK);
    for (size_t key = 0; key < FUZZ_KEY_COUNT; key++) {
      csn_key_config config = fuzz_key_config(key);
      if ((FUZZ_RINGS[ring] & 1u << key) != 0) FUZZ_CHECK(csn_keyring_add(rings[ring], &config) == CSN_OK);
    }
  }
  return rings[ring];
}

/* A reading of it that never ends. */
static inline const csn_keyring_reading *fuzz_keys(size_t ring) {
  static csn_keyring_reading readings[FUZZ_RING_COUNT];
  if (readings[ring].state == NULL) csn_keyring_read_begin(fuzz_ring(ring), &readings[ring]);
  return &readings[ring];
}

/* Whether a key of the ring may be used so at `now`. */
static inline bool fuzz_key_usable(unsigned ring, size_t key, unsigned use, int64_t now) {
  if ((ring & 1u << key) == 0 || (FUZZ_KEYS[key].uses & use) == 0) return false;
  return FUZZ_KEYS[key].accept_until == 0 || now <= FUZZ_KEYS[key].accept_until;
}

/* The next control byte's four bits; 0 where the input is at its end. */
static inline unsigned fuzz_take_control(csn_span *input) {
  if (input->len == 0) return 0;
  unsigned value = *input->ptr & 15u;
  *input = csn_span_of(input->ptr + 1, input->len - 1);
  return value;
}

/* Everything before the next separator, which is taken, too. */
static inline csn_span fuzz_take_until(csn_span *input, uint8_t separator) {
  const uint8_t *at = input->len == 0 ? NULL : memchr(input->ptr, separator, input->len);
  size_t len = at == NULL ? input->len : (size_t)(at - input->ptr);
  size_t taken = at == NULL ? len : len + 1;
  csn_span part = csn_span_of(input->ptr, len);
  *input = csn_span_of(len == 0 && taken == 0 ? input->ptr : input->ptr + taken, input->len - taken);
  return part;
}

/* A copy in a block of exactly its size, so that the address sanitizer sees a read behind its end. */
static inline csn_span fuzz_copy(csn_span bytes) {
  uint8_t *copy = malloc(bytes.len == 0 ? 1 : bytes.len);
  FUZZ_CHECK(copy != NULL);
  if (bytes.len > 0) memcpy(copy, bytes.ptr, bytes.len);
  return csn_span_of(bytes.len == 0 ? copy + 1 : copy, bytes.len);
}
static inline void fuzz_free_copy(csn_span copy) {
  union {
    const uint8_t *from;
    uint8_t *to;
  } pointer = {copy.len == 0 ? copy.ptr - 1 : copy.ptr};
  free(pointer.to);
}

/* Every member of two verdicts. */
static inline bool fuzz_same_verdict(const csn_verdict *a, const csn_verdict *b) {
  return a->reason == b->reason && a->field == b->field && a->offset == b->offset &&
         a->header_index == b->header_index &&
         csn_span_equal(csn_name_span(&a->client_id), csn_name_span(&b->client_id)) &&
         csn_span_equal(csn_name_span(&a->key_id), csn_name_span(&b->key_id)) &&
         csn_span_equal(csn_scopes_span(&a->scopes), csn_scopes_span(&b->scopes));
}

/* What libFuzzer calls, and what it offers to a custom mutator. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

#endif
