#include "request_pass.h"

#include "charset_wide.h"

/* ---- sixteen bytes at a time ---- */

/* All ones in a lane where every byte of the header is usual. */
static inline csn_bytes16 pass_header(const csn_header *header, const csn_header_names *names, csn_headers_found *found,
                                      csn_header_sets *sets) {
  csn_bytes16 first = csn_header_name_first(header->name);
  csn_bytes16 members = csn_wide_plain(first) & csn_wide_members(header->value, csn_wide_printable);
  if (header->name.len > CSN_LANES) members &= csn_wide_members(header->name, csn_wide_plain);
  if (csn_header_names_of_length(names, header->name.len) == 0) return members;
  size_t match = csn_header_names_match(names, header->name, csn_bytes16_lower(first));
  if (match > 0) csn_headers_found_put(found, sets, match - 1, header);
  return members;
}

bool csn_request_pass_wide(const csn_request *request, const csn_header_names *names, csn_headers_found *found) {
  if (csn_request_part_is_out(request->method, CSN_METHOD_MAX)) return false;
  if (csn_request_part_is_out(request->target, CSN_TARGET_MAX)) return false;
  if (request->header_count > CSN_HEADERS_MAX) return false;
  csn_bytes16 members = csn_wide_members(request->method, csn_wide_plain);
  members &= csn_wide_members(request->target, csn_wide_visible);
  csn_header_sets sets = {0, 0};
  const csn_header *header = request->headers;
  for (size_t left = request->header_count; left > 0; left--, header++) {
    if (csn_request_part_is_out(header->name, CSN_HEADER_NAME_MAX)) return false;
    if (header->value.len > CSN_HEADER_VALUE_MAX) return false;
    members &= pass_header(header, names, found, &sets);
  }
  csn_headers_found_end(found, &sets);
  return csn_bytes16_any(~members) == 0;
}

/* ---- AVX-512 VBMI ---- */

#if defined(__x86_64__)
#include <immintrin.h>

#define VBMI __attribute__((target("bmi2,avx512bw,avx512vbmi")))

/* The bytes of a token (RFC 9110 section 5.6.2) in lower case; 128 for all others. */
static const uint8_t token_lower[128] = {
    128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128,  128, 128, 128, 128,
    128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, '!', 128, '#', '$', '%', '&', '\'', 128, 128, '*', '+',
    128, '-', '.', 128, '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 128, 128, 128, 128,  128, 128, 128, 'a',
    'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p', 'q', 'r', 's',  't', 'u', 'v', 'w',
    'x', 'y', 'z', 128, 128, 128, '^', '_', '`', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i',  'j', 'k', 'l', 'm',
    'n', 'o', 'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z', 128, '|', 128, '~', 128};

/* What has been seen of the bytes of all parts: of names and the method a high bit where one is of no token; of others
 * how far below '~' it is, at most. */
typedef struct seen {
  __m512i tokens, texts;
} seen;

VBMI static inline __m512i load(const void *p) {
  return _mm512_loadu_si512(p);
}
VBMI static inline __mmask64 first_lanes(size_t count) {
  return _bzhi_u64(~UINT64_C(0), (unsigned)count);
}

/* Of at most 64 bytes; in lower case, and zeros behind it. */
VBMI static inline __m512i see_token(csn_span token, seen *s) {
  __mmask64 lanes = first_lanes(token.len);
  __m512i x = _mm512_maskz_loadu_epi8(lanes, token.ptr);
  __m512i low = _mm512_maskz_permutex2var_epi8(lanes, load(token_lower), x, load(token_lower + 64));
  s->tokens = _mm512_ternarylogic_epi64(s->tokens, x, low, 0xfe); /* all three or-ed */
  return low;
}

VBMI static inline void see_text(csn_span text, seen *s) {
  const uint8_t *p = text.ptr;
  const __m512i top = _mm512_set1_epi8('~');
  size_t left = text.len;
  for (; left > 64; left -= 64, p += 64) s->texts = _mm512_max_epu8(s->texts, _mm512_sub_epi8(top, load(p)));
  __mmask64 lanes = first_lanes(left);
  __m512i below = _mm512_maskz_sub_epi8(lanes, top, _mm512_maskz_loadu_epi8(lanes, p));
  s->texts = _mm512_max_epu8(s->texts, below);
}

/* Whether all of the texts is from `lowest` to '~'. */
VBMI static inline bool texts_are_from(const seen *s, char lowest) {
  return _mm512_cmpgt_epu8_mask(s->texts, _mm512_set1_epi8((char)('~' - lowest))) == 0;
}

VBMI static inline void find_name(const csn_header_names *names, const csn_header *header, __m512i low,
                                  csn_headers_found *found, csn_header_sets *sets) {
  size_t match = csn_header_names_of_length(names, header->name.len);
  for (; match > 0; match = names->names[match - 1].next) {
    const csn_header_name *name = &names->names[match - 1];
    if (name->text.len != header->name.len || _mm512_cmpneq_epi8_mask(low, load(name->lower)) != 0) continue;
    csn_headers_found_put(found, sets, match - 1, header);
    return;
  }
}

VBMI bool csn_request_pass_vbmi(const csn_request *request, const csn_header_names *names, csn_headers_found *found) {
  seen s = {_mm512_setzero_si512(), _mm512_setzero_si512()};
  if (csn_request_part_is_out(request->method, CSN_METHOD_MAX)) return false;
  if (csn_request_part_is_out(request->target, CSN_TARGET_MAX)) return false;
  if (request->header_count > CSN_HEADERS_MAX) return false;
  (void)see_token(request->method, &s);
  see_text(request->target, &s);
  if (!texts_are_from(&s, '!')) return false;
  csn_header_sets sets = {0, 0};
  const csn_header *header = request->headers;
  for (size_t left = request->header_count; left > 0; left--, header++) {
    if (csn_request_part_is_out(header->name, CSN_HEADER_NAME_WIDE)) return false;
    if (header->value.len > CSN_HEADER_VALUE_MAX) return false;
    find_name(names, header, see_token(header->name, &s), found, &sets);
    see_text(header->value, &s);
  }
  csn_headers_found_end(found, &sets);
  return _mm512_movepi8_mask(s.tokens) == 0 && texts_are_from(&s, ' ');
}

bool csn_request_pass_has_vbmi(void) {
  return __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vbmi");
}

#else

bool csn_request_pass_vbmi(const csn_request *request, const csn_header_names *names, csn_headers_found *found) {
  return csn_request_pass_wide(request, names, found);
}
bool csn_request_pass_has_vbmi(void) {
  return false;
}

#endif
