/* The bars of token verification: what it takes beside the bare verification of the signature. */
#include "bar_tally.h"

#define OWN(variant) \
  { variant, "countersign", 1 }
#define BARE(variant) \
  { variant, "openssl", 1 }
#define BOUND 1.05

static const report_bar bars[] = {
    {"RS256: a token against its signature alone by OpenSSL", REPORT_AT_MOST, BOUND, OWN("rs256"), BARE("rs256")},
    {"PS256: a token against its signature alone by OpenSSL", REPORT_AT_MOST, BOUND, OWN("ps256"), BARE("ps256")},
    {"ES256: a token against its signature alone by OpenSSL", REPORT_AT_MOST, BOUND, OWN("es256"), BARE("es256")},
    {"ES384: a token against its signature alone by OpenSSL", REPORT_AT_MOST, BOUND, OWN("es384"), BARE("es384")},
    {"EdDSA: a token against its signature alone by OpenSSL", REPORT_AT_MOST, BOUND, OWN("eddsa"), BARE("eddsa")},
};
enum { BARS = sizeof bars / sizeof *bars };

/* False where no bare verification was run: nearly every run with a filter. */
static bool tell_all(report_tally *all, const report_evidence *evidence) {
  const report_section *section = report_analysis_section(evidence->analysis, "jwt_verify");
  report_summary ratios[BARS];
  const char *fastest = NULL;
  size_t measured = 0;
  for (size_t i = 0; section != NULL && i < BARS; i++) {
    ratios[i] = report_bar_ratio(section, &bars[i], &fastest);
    measured += ratios[i].count != 0;
  }
  bool one_by_one = report_results_one_by_one(evidence->analysis->results);
  report_bar_verdict met = one_by_one ? REPORT_MET_ONE_BY_ONE : REPORT_MET;
  for (size_t i = 0; measured > 0 && i < BARS; i++) report_tally_ratio(all, &bars[i], &ratios[i], NULL, met, NULL);
  return measured > 0;
}

void report_conclude_token_bars(report_sentences *out, const report_evidence *evidence) {
  report_tally all = {0};
  if (tell_all(&all, evidence)) report_tally_conclude(out, "Bars of token verification", &all);
  report_text_free(&all.missed);
}

void report_chapter_token_bars(report_chapter *out, const report_evidence *evidence) {
  report_tally all = {.table = &out->table};
  out->id = "token-bars";
  out->title = "Bars of token verification";
  report_tally_heads(&out->table);
  if (tell_all(&all, evidence)) {
    report_tally_conclude(&out->sentences, NULL, &all);
    report_sentence(
        &out->notes, NULL,
        "OpenSSL is given the signed bytes and a signature that is decoded before, with a key and a context "
        "that are ready. Countersign is given the token's text: it decodes, reads header and claims, and "
        "finds the key.");
  }
  report_text_free(&all.missed);
}
