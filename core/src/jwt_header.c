/* The JOSE header (RFC 7515 section 4). What a token says about keys (jwk, jku, x5u, x5c) is not looked at. */
#include "json_plain.h"
#include "jwt_parts.h"
#include "words.h"

#define OK CSN_REASON_ACCEPTED

typedef enum member { CRIT, B64, ALG, TYP, KID, MEMBERS } member;

static const csn_span names[MEMBERS] = {
    [CRIT] = CSN_SPAN_LITERAL("crit"), [B64] = CSN_SPAN_LITERAL("b64"), [ALG] = CSN_SPAN_LITERAL("alg"),
    [TYP] = CSN_SPAN_LITERAL("typ"),   [KID] = CSN_SPAN_LITERAL("kid"),
};

typedef struct reading {
  csn_json json;
  const csn_jwt_policy *policy;
  csn_verdict *verdict;
  uint32_t node[MEMBERS]; /* the members' values, or 0 */
} reading;

static csn_reason reject(reading *r, csn_reason reason, uint32_t node) {
  return csn_refuse(r->verdict, reason, CSN_FIELD_JOSE_HEADER, csn_jwt_member_offset(&r->json, node));
}

csn_reason csn_jwt_read_object(csn_span text, csn_field field, csn_json_node *nodes, size_t room, csn_json *out,
                               csn_verdict *verdict) {
  size_t offset;
  csn_reason reason = csn_json_read(text, nodes, room, out, &offset);
  if (reason != OK) return csn_refuse(verdict, reason, field, offset);
  if (csn_json_type_of(out, 0) == CSN_JSON_OBJECT) return OK;
  return csn_refuse(verdict, CSN_REASON_JSON_NOT_OBJECT, field, csn_jwt_offset_of(out, 0));
}

/* No extension is understood, so crit is wrong whatever it holds (RFC 7515 section 4.1.11); b64 changes what is signed
 * even without it (RFC 7797). */
static csn_reason check_extensions(reading *r) {
  uint32_t crit = r->node[CRIT], b64 = r->node[B64];
  if (crit != 0) return reject(r, CSN_REASON_CRIT_UNSUPPORTED, crit);
  if (b64 != 0 && csn_json_type_of(&r->json, b64) != CSN_JSON_TRUE) return reject(r, CSN_REASON_B64_UNSUPPORTED, b64);
  return OK;
}

static csn_reason read_alg(reading *r, csn_alg *out) {
  uint32_t alg = r->node[ALG];
  uint8_t name[16]; /* a longer name is none of CSN_ALG_LIST */
  size_t len;
  *out = CSN_ALG_NONE;
  if (alg == 0 || csn_json_type_of(&r->json, alg) != CSN_JSON_STRING) return reject(r, CSN_REASON_ALG_MISSING, alg);
  if (csn_json_string_copy(&r->json, alg, name, sizeof name, &len)) *out = csn_alg_from_name(csn_span_of(name, len));
  if (*out != CSN_ALG_NONE && (r->policy->algorithms >> *out & 1) != 0) return OK;
  return reject(r, CSN_REASON_ALG_NOT_ALLOWED, alg);
}

/* A media type may stand there without its "application/" (RFC 7515 section 4.1.9). */
static csn_span short_type(csn_span typ) {
  static const csn_span prefix = CSN_SPAN_LITERAL("application/");
  if (typ.len <= prefix.len || !csn_span_equal_nocase(csn_span_of(typ.ptr, prefix.len), prefix)) return typ;
  return csn_span_of(typ.ptr + prefix.len, typ.len - prefix.len);
}

/* The policy's type; without one JWT or at+jwt, an access token (RFC 9068 section 2.1). What else ends in +jwt, such as
 * a logout token, is made to be no access token (RFC 8725 section 3.11). */
static bool is_expected_type(csn_span typ, csn_span expected) {
  static const csn_span jwt = CSN_SPAN_LITERAL("JWT"), access = CSN_SPAN_LITERAL("at+jwt");
  if (expected.len == 0 && csn_span_equal(typ, jwt)) return true; /* as most say it */
  typ = short_type(typ);
  if (expected.len > 0) return csn_span_equal_nocase(typ, short_type(expected));
  return csn_span_equal_nocase(typ, jwt) || csn_span_equal_nocase(typ, access);
}

static csn_reason check_typ(reading *r) {
  uint32_t typ = r->node[TYP];
  csn_span expected = r->policy->typ;
  uint8_t name[CSN_TYP_MAX];
  size_t len;
  if (typ == 0) return expected.len == 0 ? OK : reject(r, CSN_REASON_TYP_NOT_ALLOWED, typ);
  if (csn_json_type_of(&r->json, typ) != CSN_JSON_STRING) return reject(r, CSN_REASON_TYP_NOT_ALLOWED, typ);
  if (r->policy->signature_only && expected.len == 0) return OK;
  bool fits = csn_json_string_copy(&r->json, typ, name, sizeof name, &len);
  if (fits && is_expected_type(csn_span_of(name, len), expected)) return OK;
  return reject(r, CSN_REASON_TYP_NOT_ALLOWED, typ);
}

static csn_reason read_kid(reading *r, csn_jose_header *out) {
  uint32_t kid = r->node[KID];
  if (kid == 0) return OK;
  bool fits = csn_json_string_copy(&r->json, kid, out->kid, sizeof out->kid, &out->kid_len);
  if (!fits || out->kid_len == 0) return reject(r, CSN_REASON_KID_INVALID, kid);
  out->has_kid = true;
  out->kid_offset = csn_jwt_offset_of(&r->json, kid);
  return OK;
}

/* ---- the usual header: a plain object (json_plain.h) of alg, typ and kid, with which all is right ---- */

typedef struct plain_header {
  csn_span alg, typ, kid; /* absent: NULL */
} plain_header;

static bool read_plain(csn_span text, plain_header *out) {
  const csn_span none = {NULL, 0};
  csn_plain plain;
  csn_plain_quotes quotes;
  out->alg = none; /* one by one: in a row, gcc reads back what it has just written in halves */
  out->typ = none;
  out->kid = none;
  if (!csn_plain_begin(&plain, text, quotes)) return false;
  do {
    uint32_t name = csn_plain_letters(&plain);
    csn_span *value = name == CSN_PLAIN_LETTERS('a', 'l', 'g')   ? &out->alg
                      : name == CSN_PLAIN_LETTERS('t', 'y', 'p') ? &out->typ
                      : name == CSN_PLAIN_LETTERS('k', 'i', 'd') ? &out->kid
                                                                 : NULL;
    if (value == NULL || value->ptr != NULL) return false;
    size_t behind = csn_plain_string(text, quotes, csn_plain_value(&plain), value);
    if (behind == 0 || !csn_plain_step(&plain, behind)) return false;
  } while (!csn_plain_done(&plain));
  return true;
}

/* Does what read_nodes() does with a header that it accepts. False where it would not, or where that is not known. */
static bool accept_plain(csn_span text, const csn_jwt_policy *policy, csn_jose_header *out) {
  plain_header h;
  if (!read_plain(text, &h)) return false;
  out->alg = csn_alg_from_name(h.alg);
  if (out->alg == CSN_ALG_NONE || (policy->algorithms >> out->alg & 1) == 0) return false;
  if (h.typ.ptr == NULL ? policy->typ.len > 0 : !is_expected_type(h.typ, policy->typ)) return false;
  if (h.typ.len > CSN_TYP_MAX || h.kid.len > CSN_ID_MAX || (h.kid.ptr != NULL && h.kid.len == 0)) return false;
  out->has_kid = h.kid.ptr != NULL;
  out->kid_len = h.kid.len;
  out->kid_offset = out->has_kid ? (size_t)(h.kid.ptr - 1 - text.ptr) : 0;
  csn_words_copy(out->kid, h.kid.ptr, h.kid.len);
  return true;
}

static csn_reason read_nodes(csn_span text, const csn_jwt_policy *policy, csn_jose_header *out, csn_verdict *verdict) {
  csn_json_node nodes[CSN_JOSE_HEADER_NODES];
  reading r = {.policy = policy, .verdict = verdict};
  csn_reason reason = OK;
  out->has_kid = false;
  out->kid_len = out->kid_offset = 0;
  reason = csn_jwt_read_object(text, CSN_FIELD_JOSE_HEADER, nodes, CSN_JOSE_HEADER_NODES, &r.json, verdict);
  if (reason != OK) return reason;
  csn_json_members(&r.json, 0, names, MEMBERS, r.node);
  if ((reason = check_extensions(&r)) != OK) return reason;
  if ((reason = read_alg(&r, &out->alg)) != OK) return reason;
  if ((reason = check_typ(&r)) != OK) return reason;
  return read_kid(&r, out);
}

csn_reason csn_jose_header_read(csn_span text, const csn_jwt_policy *policy, csn_jose_header *out,
                                csn_verdict *verdict) {
  return accept_plain(text, policy, out) ? OK : read_nodes(text, policy, out, verdict);
}
