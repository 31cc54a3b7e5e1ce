/* One job after the other. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "mac_many.h"

#include "ct.h"

static void hash(csn_mac_job *job) {
  SHA256_CTX sha;
  SHA256_Init(&sha);
  for (size_t i = 0; i < job->piece_count; i++) {
    if (job->pieces[i].len > 0) SHA256_Update(&sha, job->pieces[i].ptr, job->pieces[i].len);
  }
  SHA256_Final(job->mac, &sha);
  csn_wipe(&sha, sizeof sha);
}

static void mac(csn_mac_job *job) {
  csn_hmac hmac;
  csn_hmac_init(&hmac, job->key);
  for (size_t i = 0; i < job->piece_count; i++) csn_hmac_update(&hmac, job->pieces[i]);
  csn_hmac_final(&hmac, job->mac);
}

void csn_mac_many(csn_mac_job *jobs, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (jobs[i].key == NULL) {
      hash(&jobs[i]);
    } else {
      mac(&jobs[i]);
    }
  }
}
