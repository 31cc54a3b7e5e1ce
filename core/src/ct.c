#include "ct.h"

#include <openssl/crypto.h>

void csn_wipe(void *ptr, size_t len) {
  OPENSSL_cleanse(ptr, len);
}
