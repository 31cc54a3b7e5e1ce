/* The bars of token verification: what it takes beside the bare verification of the signature. */
#include "bar_tally.h"

#define BAR(name, variant)                                                                \
  {                                                                                       \
    name ": a token against its signature alone by OpenSSL", REPORT_AT_MOST, 1.05, {0}, { \
      variant, "countersign", 1                                                           \
    }                                                                                     \
  }

static const report_bar bars[] = {
    BAR("RS256", "rs256"), BAR("PS256", "ps256"), BAR("ES256", "es256"), BAR("ES384", "es384"), BAR("EdDSA", "eddsa"),
};
enum { BARS = sizeof bars / sizeof *bars };

/* The ratio is the row's own, of Countersign and OpenSSL in turns. False where none was run: nearly every run with a
 * filter. */
static bool tell_all(report_tally *all, const report_evidence *evidence) {
  const report_section *section = report_analysis_section(evidence->analysis, "jwt_verify");
  report_summary ratios[BARS] = {0};
  size_t measured = 0;
  for (size_t i = 0; section != NULL && i < BARS; i++) {
    const report_series *ratio = report_row_series(report_side_row(section, &bars[i].under), "times_openssl");
    if (ratio != NULL && !report_summarise(ratio, &ratios[i])) return false;
    measured += ratios[i].count != 0;
  }
  for (size_t i = 0; measured > 0 && i < BARS; i++)
    report_tally_ratio(all, &bars[i], &ratios[i], NULL, REPORT_MET, NULL);
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
        "finds the key. The two take turns, some tens of microseconds each, and the ratio is the median of all such "
        "pairs of a repetition.");
  }
  report_text_free(&all.missed);
}
