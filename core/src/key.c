/* One key: what it is made of, and what is refused as a secret. */
#include "alg.h"
#include "credential.h"
#include "ct.h"
#include "encoding.h"
#include "hmac.h"
#include "public_key.h"

static bool contains(csn_span bytes, const char *text) {
  return bytes.len > 0 && memmem(bytes.ptr, bytes.len, text, strlen(text)) != NULL;
}

static bool starts_with(csn_span bytes, const char *text) {
  size_t len = strlen(text);
  return bytes.len >= len && memcmp(bytes.ptr, text, len) == 0;
}

enum {
  DER_KEY_MIN = 40, /* bytes; the shortest is an Ed25519 public key, 44 (RFC 8410) */
  DER_LOST_MAX = 2, /* a line end that somebody took off the end of a file may have been the key's last bytes */
};

/* A DER SEQUENCE that spans all the bytes and begins with a SEQUENCE or an INTEGER: every public or private key. White
 * space may follow. */
static bool is_der_key(csn_span bytes) {
  if (bytes.len < DER_KEY_MIN || bytes.ptr[0] != 0x30) return false;
  size_t len = bytes.ptr[1], head = 2;
  if (len >= 0x80) {
    size_t octets = len & 0x7f;
    if (octets < 1 || octets > 3) return false;
    len = 0;
    for (size_t i = 0; i < octets; i++) len = len << 8 | bytes.ptr[2 + i];
    head += octets;
  }
  size_t whole = head + len;
  while (bytes.len > whole && bytes.ptr[bytes.len - 1] <= ' ') bytes.len--;
  if (whole < DER_KEY_MIN || bytes.len > whole || bytes.len + DER_LOST_MAX < whole) return false;
  return bytes.ptr[head] == 0x30 || bytes.ptr[head] == 0x02;
}

/* The base64 of such a key: the body of a PEM file without its first and last line. */
static bool is_base64_of_der_key(csn_span text) {
  uint8_t url[CSN_SECRET_MAX], der[CSN_SECRET_MAX];
  size_t len = 0, offset = 0;
  for (size_t i = 0; i < text.len; i++) {
    uint8_t c = text.ptr[i];
    if (c > ' ' && c != '=') url[len++] = c == '+' ? '-' : c == '/' ? '_' : c;
  }
  bool decoded = csn_base64url_decode(csn_span_of(url, len), der, &offset);
  bool found = decoded && is_der_key(csn_span_of(der, csn_base64url_decoded_len(len)));
  csn_wipe(url, sizeof url);
  csn_wipe(der, sizeof der);
  return found;
}

static csn_span skip_space(csn_span text) {
  while (text.len > 0 && text.ptr[0] <= ' ') text = csn_span_of(text.ptr + 1, text.len - 1);
  return text;
}

/* A verifier that takes a public key's text as an HMAC secret lets everybody sign (CVE-2022-29217). At most
 * CSN_SECRET_MAX bytes. */
static bool is_asymmetric_key(csn_span secret) {
  static const char *const ssh[] = {"ssh-rsa ",         "ssh-dss ",       "ssh-ed25519 ",       "ssh-ed448 ",
                                    "ecdsa-sha2-nistp", "sk-ssh-ed25519", "sk-ecdsa-sha2-nistp"};
  csn_span text = skip_space(secret);
  if (starts_with(text, "\xef\xbb\xbf")) text = skip_space(csn_span_of(text.ptr + 3, text.len - 3));
  for (size_t i = 0; i < sizeof ssh / sizeof ssh[0]; i++) {
    if (starts_with(text, ssh[i])) return true;
  }
  bool is_json = starts_with(text, "{") || starts_with(text, "[");
  return contains(secret, "-----BEGIN") || contains(secret, "---- BEGIN") || (is_json && contains(text, "\"kty\"")) ||
         is_der_key(secret) || is_der_key(text) || is_base64_of_der_key(text);
}

static csn_error check_secret(const csn_key_config *config, const csn_alg_row *alg) {
  if (config->secret.len == 0) return CSN_ERROR_KEY_TOO_SHORT;
  if (config->secret.len > CSN_SECRET_MAX) return CSN_ERROR_KEY_TOO_LONG;
  if (is_asymmetric_key(config->secret)) return CSN_ERROR_KEY_IS_ASYMMETRIC;
  if (config->secret.len < alg->hash_bytes && !config->allow_legacy_short) return CSN_ERROR_KEY_TOO_SHORT;
  return CSN_OK;
}

static csn_error check_ids(const csn_key_config *config) {
  if (config->key_id.len > CSN_ID_MAX || config->client_id.len > CSN_ID_MAX) return CSN_ERROR_ID_INVALID;
  if ((config->uses & CSN_USE_REQUEST) != 0 && config->client_id.len == 0) return CSN_ERROR_ID_INVALID;
  for (size_t i = 0; i < config->client_id.len; i++) {
    if (!csn_is_client_id_byte(config->client_id.ptr[i])) return CSN_ERROR_ID_INVALID;
  }
  return CSN_OK;
}

static csn_error check_config(const csn_key_config *config, const csn_alg_row *alg) {
  const unsigned all_uses = CSN_USE_TOKEN | CSN_USE_REQUEST | CSN_USE_API_KEY;
  if (alg == NULL) return CSN_ERROR_ALGORITHM_UNSUPPORTED;
  if (config->uses == 0 || (config->uses & ~all_uses) != 0 || config->accept_until < 0) {
    return CSN_ERROR_INVALID_ARGUMENT;
  }
  if (!csn_alg_fits_uses(alg->alg, config->uses)) return CSN_ERROR_ALGORITHM_UNSUPPORTED;
  return check_ids(config);
}

/* Everything but the secret. */
static void set_names(csn_key *key, const csn_key_config *config) {
  key->accept_until = config->accept_until;
  key->alg = config->alg;
  key->uses = (uint8_t)config->uses;
  key->key_id_len = (uint8_t)config->key_id.len;
  key->client_id_len = (uint8_t)config->client_id.len;
  if (config->key_id.len > 0) memcpy(key->key_id, config->key_id.ptr, config->key_id.len);
  if (config->client_id.len > 0) memcpy(key->client_id, config->client_id.ptr, config->client_id.len);
}

csn_error csn_key_init(csn_key *key, const csn_key_config *config) {
  const csn_alg_row *alg = csn_alg_find(config->alg);
  csn_error error = CSN_OK;
  csn_wipe(key, sizeof *key);
  if ((error = check_config(config, alg)) != CSN_OK) return error;
  if (alg->kind != CSN_KIND_HMAC) return CSN_ERROR_ALGORITHM_UNSUPPORTED;
  if ((error = check_secret(config, alg)) != CSN_OK) return error;
  csn_hmac_set_key_of(key, config->alg, config->secret);
  set_names(key, config);
  return CSN_OK;
}

csn_error csn_key_init_pkey(csn_key *key, const csn_key_config *config, EVP_PKEY *pkey, bool private) {
  const csn_alg_row *alg = csn_alg_find(config->alg);
  csn_wipe(key, sizeof *key);
  csn_error error = check_config(config, alg);
  if (error == CSN_OK && alg->kind == CSN_KIND_HMAC) error = CSN_ERROR_ALGORITHM_UNSUPPORTED;
  if (error == CSN_OK && pkey == NULL) error = CSN_ERROR_KEY_INVALID;
  if (error != CSN_OK) {
    EVP_PKEY_free(pkey);
    return error;
  }
  error = csn_public_key_new(&key->public_key, pkey, alg, private);
  if (error == CSN_OK) set_names(key, config);
  return error;
}

static csn_error init_pem(csn_key *key, const csn_key_config *config, csn_span pem, bool private) {
  csn_error error = csn_key_init_pkey(key, config, csn_pkey_from_pem(pem, private), private);
  return error == CSN_ERROR_KEY_INVALID && pem.len > CSN_PEM_MAX ? CSN_ERROR_KEY_TOO_LONG : error;
}

csn_error csn_key_init_pem(csn_key *key, const csn_key_config *config, csn_span pem) {
  return init_pem(key, config, pem, false);
}

csn_error csn_key_init_private_pem(csn_key *key, const csn_key_config *config, csn_span pem) {
  return init_pem(key, config, pem, true);
}

bool csn_key_signs(const csn_key *key) {
  const csn_public_key *asymmetric = key->public_key;
  if (asymmetric == NULL) return key->alg != CSN_ALG_NONE;
  return asymmetric->digest_signer != NULL || asymmetric->message_signer != NULL;
}

void csn_key_copy(csn_key *out, const csn_key *key) {
  *out = *key;
  out->public_key = csn_public_key_share(key->public_key);
}

void csn_key_wipe(csn_key *key) {
  csn_public_key_release(key->public_key);
  csn_wipe(key, sizeof *key);
}
