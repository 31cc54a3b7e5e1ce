#include "subjects.h"

#include <string.h>

static const report_subject subjects[] = {
    {.name = "csn_verify",
     .title = "csn verify, from a file",
     .about = "The command reads signed requests from a file, one JSON object a line, verifies each on one core and "
              "writes its verdicts to a file.",
     .unit = "request",
     .baseline = "countersign",
     .goal = 100000,
     .goal_text = "100,000"},
    {.name = "verify_request",
     .title = "Whole requests",
     .about =
         "The path from a request in memory to a verdict: fields, time window, key, signature or token, nonce. Each "
         "request with a nonce is presented once, to a table of 8 million live nonces. Batches are of 64 requests; "
         "the blocks alone are those of all its hashes. "
         "Requests but those of bearer-jwt have a body of 256 bytes.",
     .unit = "request",
     .baseline = "countersign"},
    {.name = "verify_batch",
     .title = "Requests a call",
     .about = "The requests of hmac-nonce, so many in one call as the row says.",
     .unit = "request",
     .baseline = "countersign",
     .axis = "requests a call"},
    {.name = "stage",
     .title = "Steps of a request",
     .about =
         "Each step of verifying a request on its own, the same requests again and again, so that all but the nonce "
         "table is in the cache; whole is all of them in one call. The line of the audit log is no part of it. "
         "Instructions are counted by valgrind, "
         "which has neither the SHA extensions nor AVX-512: those of a MAC are of other code than its time.",
     .unit = "step",
     .baseline = "countersign"},
    {.name = "nonce_claim",
     .title = "Nonce claims in memory",
     .about = "A nonce is claimed while as many live ones are held as the row says, and as many expire as arrive.",
     .unit = "claim",
     .baseline = "countersign"},
    {.name = REPORT_SUBJECT_STORES,
     .title = "Nonce stores",
     .about = "The same claims through the interface that all stores share, one a call and 64 a call.",
     .unit = "claim",
     .baseline = "memory"},
    {.name = REPORT_SUBJECT_LOOKUPS,
     .title = "Credential look-ups",
     .about = "A client's key is looked up among as many as the row says.",
     .unit = "look-up",
     .baseline = "memory"},
    {.name = "jwt_verify",
     .title = "JSON Web Tokens",
     .about =
         "A token of 300 to 600 bytes is verified: signature, issuer, audience and times. Batches are of 64 tokens; "
         "the blocks alone are those of the MAC. cjose and OpenSSL verify "
         "the signature only, OpenSSL one that is decoded before, with a key and a context that are ready. "
         "jsonwebtoken, jose and fast-jwt run in Node.js, PyJWT in Python, each in a process of its own that is warm "
         "and measures itself. fast-jwt with a cache finds there what it answered for the same token before: "
         "it is shown, and not compared.",
     .unit = "token",
     .baseline = "countersign"},
    {.name = "hmac_sha256",
     .title = "HMAC-SHA256",
     .about =
         "The MAC of one message under a key that is known beforehand. EVP_MAC is fetched for each message, or has a "
         "context that is duplicated, or one that is used again; SHA256_Update() begins with the states after the "
         "key's two pads. Batches, and the bursts of libipsec-mb, are of 64 messages. The blocks alone are as "
         "many as a message takes, by the best interleaving of lanes.",
     .unit = "MAC",
     .baseline = "countersign"},
    {.name = "hmac_length",
     .title = "HMAC-SHA256 by length",
     .about = "The same of messages of more lengths, few enough to stay in the first caches.",
     .unit = "MAC",
     .baseline = "countersign",
     .axis = "bytes of the message"},
    {.name = "audit",
     .title = "Audit events",
     .about = "A verdict becomes one line of JSON, goes through the queue where there is one, and is written to "
              "/dev/null. The same line by fprintf() under a mutex is not escaped.",
     .unit = "line",
     .baseline = "countersign"},
    {.name = "redact",
     .title = "Redaction of log lines",
     .about =
         "Secrets are hidden in a log: Countersign looks for tokens and signatures as well, memmem() only for each "
         "form of each secret.",
     .unit = "byte",
     .baseline = "countersign"},
};

enum { SUBJECT_COUNT = sizeof subjects / sizeof *subjects };

const report_subject report_subject_unknown = {
    .name = "", .title = "", .about = "", .unit = "item", .baseline = "countersign"};

typedef struct label {
  const char *subject; /* NULL: any */
  const char *name;
  const char *text;
} label;

static const label variants[] = {
    {"hmac_sha256", "64", "64 bytes"},
    {"hmac_sha256", "256", "256 bytes"},
    {"hmac_sha256", "1024", "1,024 bytes"},
    {"hmac_length", "0", "0 bytes"},
    {"hmac_length", "64", "64 bytes"},
    {"hmac_length", "128", "128 bytes"},
    {"hmac_length", "256", "256 bytes"},
    {"hmac_length", "512", "512 bytes"},
    {"hmac_length", "1024", "1,024 bytes"},
    {"hmac_length", "2048", "2,048 bytes"},
    {"hmac_length", "4096", "4,096 bytes"},
    {"verify_batch", "1", "1 request a call"},
    {"verify_batch", "2", "2 requests a call"},
    {"verify_batch", "4", "4 requests a call"},
    {"verify_batch", "8", "8 requests a call"},
    {"verify_batch", "16", "16 requests a call"},
    {"verify_batch", "32", "32 requests a call"},
    {"verify_batch", "64", "64 requests a call"},
    {"jwt_verify", "hs256", "HS256"},
    {"jwt_verify", "rs256", "RS256, 2,048 bits"},
    {"jwt_verify", "ps256", "PS256, 2,048 bits"},
    {"jwt_verify", "es256", "ES256"},
    {"jwt_verify", "es384", "ES384"},
    {"jwt_verify", "eddsa", "EdDSA, Ed25519"},
    {"nonce_claim", "live_64k", "64 k live nonces"},
    {"nonce_claim", "live_1M", "1 M live nonces"},
    {"nonce_claim", "live_8M", "8 M live nonces"},
    {"nonce_claim", "live_128M", "128 M live nonces"},
    {"credential_lookup", "100k", "100 k clients"},
    {"credential_lookup", "1M", "1 M clients"},
    {REPORT_SUBJECT_STORES, REPORT_VARIANT_SINGLE, "one claim a call"},
    {REPORT_SUBJECT_STORES, REPORT_VARIANT_BATCH, "64 claims a call"},
    {"csn_verify", "file", "from a file"},
    {"audit", "event", "one verdict"},
    {"redact", "1_secrets", "1 secret"},
    {"redact", "100_secrets", "100 secrets"},
    {"redact", "1000_secrets", "1,000 secrets"},
};

static const label implementations[] = {
    {NULL, "countersign", "Countersign"},
    {NULL, "countersign_batch", "Countersign, batches"},
    {NULL, "countersign_batch_openssl", "Countersign, batches by OpenSSL"},
    {NULL, "countersign_batch_avx2", "Countersign, batches by AVX2"},
    {NULL, "countersign_batch_sha_ni", "Countersign, batches by SHA-NI"},
    {NULL, "countersign_batch_avx512", "Countersign, batches by AVX-512"},
    {NULL, "limit", "the blocks alone"},
    {NULL, "openssl_evp_mac_fetch", "OpenSSL EVP_MAC fetched"},
    {NULL, "openssl_evp_mac_dup", "OpenSSL EVP_MAC duplicated"},
    {NULL, "openssl_evp_mac_reused", "OpenSSL EVP_MAC reused"},
    {NULL, "openssl_lowlevel", "OpenSSL SHA256_Update()"},
    {NULL, "libipsec_mb", "libipsec-mb"},
    {NULL, "openssl_hmac", "OpenSSL HMAC()"},
    {NULL, "hmac", "its HMAC alone"},
    {NULL, "openssl", "OpenSSL, signature only"},
    {NULL, "cjose", "cjose, signature only"},
    {NULL, "fast_jwt", "fast-jwt"},
    {NULL, "fast_jwt_cache", "fast-jwt, tokens in its cache"},
    {NULL, "pyjwt", "PyJWT"},
    {NULL, "memmem", "memmem() for each"},
    {NULL, "mutex_global", "one mutex"},
    {NULL, "mutex_sharded", "sharded mutex"},
    {NULL, "urcu_lfht", "liburcu lfht"},
    {NULL, "libcuckoo", "libcuckoo"},
    {NULL, "tbb", "TBB"},
    {NULL, "memory", "memory"},
    {NULL, "mapped_file", "mapped file"},
    {NULL, "sqlite_aead", "encrypted SQLite"},
    {NULL, "redis", "Redis"},
    {NULL, "fprintf_mutex", "fprintf() under a mutex"},
    {NULL, "limit_load", "one dependent random load"},
    {NULL, "limit_cas", "CAS, one after the other"},
    {NULL, "limit_cas_batch", "CAS in batches of 16"},
};

static const char *label_of(const label *labels, size_t count, const char *subject, const char *name) {
  for (size_t i = 0; i < count; i++) {
    bool fits = labels[i].subject == NULL || strcmp(labels[i].subject, subject) == 0;
    if (fits && strcmp(labels[i].name, name) == 0) return labels[i].text;
  }
  return name;
}

const char *report_variant_label(const char *subject, const char *variant) {
  return label_of(variants, sizeof variants / sizeof *variants, subject, variant);
}

const char *report_implementation_label(const char *implementation) {
  return label_of(implementations, sizeof implementations / sizeof *implementations, "", implementation);
}

size_t report_subject_order(const char *name) {
  size_t i = 0;
  while (i < SUBJECT_COUNT && strcmp(subjects[i].name, name) != 0) i++;
  return i;
}

const report_subject *report_subject_at(size_t index) {
  return index < SUBJECT_COUNT ? &subjects[index] : NULL;
}

const report_subject *report_subject_find(const char *name) {
  return report_subject_at(report_subject_order(name));
}

bool report_is_own(const report_subject *subject, const char *implementation) {
  size_t length = strlen(subject->baseline);
  if (strncmp(implementation, subject->baseline, length) != 0) return false;
  return implementation[length] == '\0' || implementation[length] == '_';
}

bool report_is_limit(const char *implementation) {
  if (strcmp(implementation, "hmac") == 0 || strcmp(implementation, "fast_jwt_cache") == 0) return true;
  return strncmp(implementation, "limit", 5) == 0 && (implementation[5] == '\0' || implementation[5] == '_');
}
