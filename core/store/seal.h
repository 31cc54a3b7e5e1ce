/* Sealing: what the stores outside of memory write. Every value is AES-256-GCM (NIST SP 800-38D) through OpenSSL, every
 * row id a keyed hash of what it names; who holds the data without the key learns how many rows there are, how long
 * their values are and which of them change, and no more.
 *
 * A sealed value is salt (16 bytes) | counter (8) | ciphertext | tag (16). The salt is random for each sealer, the
 * subkey is HMAC-SHA-256 of it, and the IV is four zero bytes and the counter: no IV can repeat under a subkey (the
 * deterministic construction of section 8.2.1), however many processes seal with one master key. The row and its table
 * are the additional data, so that a value which is moved to another row does not unseal.
 *
 * Not detected: a row that is deleted, or put back as it was at an earlier time, by who can write to the data. */
#ifndef CSN_SEAL_H
#define CSN_SEAL_H

#include <countersign/keyring.h>
#include <openssl/evp.h>
#include <sys/types.h>

enum {
  CSN_STORE_KEY_BYTES = 32,
  CSN_ROW_HASH_BYTES = 16,
  CSN_SEAL_SALT_BYTES = 16,
  CSN_SEAL_COUNTER_BYTES = 8,
  CSN_SEAL_TAG_BYTES = 16,
  CSN_SEAL_OVERHEAD = CSN_SEAL_SALT_BYTES + CSN_SEAL_COUNTER_BYTES + CSN_SEAL_TAG_BYTES,
  CSN_SEAL_SUBKEYS = 16, /* subkeys kept: one for each process that wrote lately */
};

typedef enum csn_table {
  CSN_TABLE_META = 'm',
  CSN_TABLE_NONCES = 'n',
  CSN_TABLE_CREDENTIALS = 'c',
  CSN_TABLE_REFRESH = 'r'
} csn_table;

/* A row: its table, and the keyed hash of what it is called. The bytes of this struct are the additional data. */
typedef struct csn_row {
  uint8_t table;
  uint8_t hash[CSN_ROW_HASH_BYTES];
} csn_row;
_Static_assert(sizeof(csn_row) == 1 + CSN_ROW_HASH_BYTES, "no padding: the struct is authenticated as it is");

typedef struct csn_subkey {
  EVP_CIPHER_CTX *context; /* NULL: free */
  uint64_t last_used;
  uint8_t salt[CSN_SEAL_SALT_BYTES];
} csn_subkey;

/* One thread at a time. Holds OpenSSL contexts that are used again, so that no operation allocates once each subkey has
 * been seen. */
typedef struct csn_sealer {
  csn_key id_key, subkey_key; /* of these only the pad states are used */
  EVP_CIPHER *cipher;
  EVP_CIPHER_CTX *sealing;
  uint64_t counter; /* the next to be used under `salt` */
  uint64_t uses;
  pid_t owner;
  uint8_t salt[CSN_SEAL_SALT_BYTES];
  csn_subkey subkeys[CSN_SEAL_SUBKEYS];
} csn_sealer;

/* Takes the master key, which is not kept. On an error the sealer is wiped. Errors: NO_MEMORY, CRYPTO. */
csn_error csn_sealer_init(csn_sealer *sealer, const uint8_t key[CSN_STORE_KEY_BYTES]) CSN_WARN_UNUSED CSN_NONNULL_ALL;
void csn_sealer_wipe(csn_sealer *sealer) CSN_NONNULL_ALL; /* a zeroed sealer may be wiped, too */

/* The row called (first, second). Different pairs give different input to the hash. */
csn_row csn_sealer_row(const csn_sealer *sealer, csn_table table, csn_span first, csn_span second) CSN_NONNULL(1);

/* Writes plain.len + CSN_SEAL_OVERHEAD bytes. False where OpenSSL refuses, or in a child process that has the sealer
 * from its parent: both would count from the same number. */
bool csn_seal(csn_sealer *sealer, const csn_row *row, csn_span plain, uint8_t *out) CSN_WARN_UNUSED CSN_NONNULL_ALL;

/* Writes sealed.len - CSN_SEAL_OVERHEAD bytes. False, and nothing but zeros in `out`, where the value is not whole, not
 * of this row or not sealed with this key. */
bool csn_unseal(csn_sealer *sealer, const csn_row *row, csn_span sealed, uint8_t *out) CSN_WARN_UNUSED CSN_NONNULL_ALL;

static inline void csn_put_be64(uint8_t out[8], uint64_t value) {
  for (int i = 0; i < 8; i++) out[i] = (uint8_t)(value >> (56 - 8 * i));
}
static inline uint64_t csn_get_be64(const uint8_t in[8]) {
  uint64_t value = 0;
  for (int i = 0; i < 8; i++) value = value << 8 | in[i];
  return value;
}

#endif
