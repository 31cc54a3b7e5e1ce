/* The nonces of a policy: a table of their own, or that of the policy before. */
#include "../core/src/ct.h"
#include "command.h"
#include "policy_reader.h"

static const csn_policy_field nonces_fields[] = {{"capacity", CSN_POLICY_WHOLE}};

static bool make_table(csn_policy_reader *r, uint32_t node, int64_t capacity) {
  csn_nonce_table_config config = {.capacity = (uint64_t)capacity, .now = r->now, .fence = CSN_NONCE_NO_FENCE};
  csn_error error = csn_random(config.seed, sizeof config.seed) ? CSN_OK : CSN_ERROR_CRYPTO;
  if (error == CSN_OK) error = csn_nonce_table_new(&r->out->nonces, &config);
  csn_wipe(&config, sizeof config);
  if (error != CSN_OK) return csn_policy_refuse(r, node, "capacity", "%s", csn_error_sentence(error));
  r->out->config.nonces = csn_nonce_table_store(r->out->nonces);
  return true;
}

/* ---- clients ----
 *
 * Nonces are remembered under the client. Where the request does not say whose it is, the same bytes would pass once
 * more for another client; where it does, the name is what its keys are found by. */

static bool names_key_alone(const csn_policy_reader *r) {
  return r->before != NULL && r->out->config.scheme->standard == CSN_STANDARD_HTTP_SIGNATURES;
}

/* Whether the ring has the id of `key` for another client. */
static bool has_moved(const csn_keyring *ring, const csn_key *key) {
  csn_keyring_reading keys;
  bool shared;
  csn_keyring_read_begin(ring, &keys);
  const csn_key *other = csn_keyring_find_request_key(&keys, csn_key_id(key), &shared);
  bool moved = other != NULL && !csn_span_equal(csn_key_client_id(other), csn_key_client_id(key));
  csn_keyring_read_end(&keys);
  return moved;
}

static bool refuse_client(csn_policy_reader *r, uint32_t node, const char *field) {
  return csn_policy_refuse(r, node, field, "must stay while the command runs: nonces are remembered under it");
}

bool csn_policy_key_stays(csn_policy_reader *r, uint32_t node, const csn_key *key) {
  if (!names_key_alone(r) || (key->uses & CSN_USE_REQUEST) == 0 || !has_moved(r->before->keyring, key)) return true;
  return refuse_client(r, node, "client_id");
}

bool csn_policy_jwks_stays(csn_policy_reader *r, uint32_t node) {
  const csn_policy *before = r->before;
  if (!names_key_alone(r)) return true;
  csn_span client_id = csn_name_span(&before->jwks_client_id);
  bool moved = client_id.len > 0 && !csn_span_equal(client_id, csn_name_span(&r->out->jwks_client_id));
  for (size_t i = 0; i < before->key_count && !moved; i++) {
    moved = (before->keys[i].uses & CSN_USE_REQUEST) != 0 && has_moved(r->out->keyring, &before->keys[i]);
  }
  return !moved || refuse_client(r, node, "jwks_client_id");
}

/* ---- the table ---- */

/* The table is the other policy's until csn_policy_reload() moves it. */
static bool take_table(csn_policy_reader *r, uint32_t node, uint32_t window, int64_t capacity) {
  const csn_policy *before = r->before;
  if (capacity != before->nonce_capacity) {
    return csn_policy_refuse(r, node, "capacity", "must stay %lld while the command runs",
                             (long long)before->nonce_capacity);
  }
  r->section = "";
  if (r->out->config.window > before->config.window) {
    return csn_policy_refuse(r, window, "window_seconds",
                             "must not grow while the command runs: nonces are remembered for %lld seconds",
                             (long long)before->config.window);
  }
  if (!csn_span_equal(csn_span_str(r->out->config.scheme->client), csn_span_str(before->config.scheme->client))) {
    r->section = "scheme";
    return refuse_client(r, 0, "client_id");
  }
  r->out->config.nonces = before->config.nonces;
  return true;
}

bool csn_policy_read_nonces(csn_policy_reader *r, uint32_t node, uint32_t window) {
  int64_t capacity = CSN_POLICY_NONCES_DEFAULT;
  uint32_t at = 0;
  bool has_nonce = csn_policy_has(r->out, CSN_FIELD_NONCE);
  if (r->before != NULL && has_nonce != csn_policy_has(r->before, CSN_FIELD_NONCE)) {
    return csn_policy_refuse(r, 0, "preset", "must go on with a nonce, or without one, while the command runs");
  }
  if (!has_nonce) return true;
  r->section = "nonces";
  if (node != 0 && (!csn_policy_fields(r, node, nonces_fields, 1, &at) ||
                    !csn_policy_whole(r, at, "capacity", 1, INT64_C(1) << 36, &capacity))) {
    return false;
  }
  r->out->nonce_capacity = capacity;
  bool good = r->keys_only || (r->before == NULL ? make_table(r, at, capacity) : take_table(r, at, window, capacity));
  r->section = "";
  return good;
}
