/* The bars of verification: MACs, tokens and whole requests beside peers, beside what they cannot do without, and in
 * batches. */
#include <stdio.h>

#include "bar_tally.h"
#include "number.h"

#define SINGLE "countersign"
#define BATCH "countersign_batch"

/* A ratio of two rows, or a counter of the row `ratio.under`, which is the ratio of what took turns in it. */
typedef struct verification_bar {
  const char *subject;
  report_bar ratio;
  const char *counter; /* NULL: of the rows */
  double enough;       /* items a second of the row `ratio.over` that do as well; 0: none */
} verification_bar;

#define MAC(what, want, bound, over, under) \
  { "hmac_sha256", {"HMAC of 256 bytes: " what, want, bound, {"256", over, 1}, {"256", under, 1}}, NULL, 0 }
#define TOKEN(what, want, bound, over, under) \
  { "jwt_verify", {"HS256: " what, want, bound, {"hs256", over, 1}, {"hs256", under, 1}}, NULL, 0 }
#define BESIDE(name, variant)                                                                                       \
  {                                                                                                                 \
    "jwt_verify",                                                                                                   \
        {name ": a token against its signature alone by OpenSSL", REPORT_AT_MOST, 1.05, {0}, {variant, SINGLE, 1}}, \
        "times_openssl", 0                                                                                          \
  }
#define REQUEST(what, want, bound, over, under, threads, enough)                                                   \
  {                                                                                                                \
    "verify_request", {"hmac-nonce: " what, want, bound, {"hmac-nonce", over, 1}, {"hmac-nonce", under, threads}}, \
        NULL, enough                                                                                               \
  }

static const verification_bar bars[] = {
    MAC("in batches against EVP_MAC with a kept context", REPORT_AT_LEAST, 6, "openssl_evp_mac_reused", BATCH),
    MAC("in batches against OpenSSL's low-level API", REPORT_AT_LEAST, 3.3, "openssl_lowlevel", BATCH),
    MAC("time in batches against that of the blocks alone", REPORT_AT_MOST, 1.25, BATCH, "limit"),
    MAC("single against OpenSSL's low-level API", REPORT_AT_LEAST, 1, "openssl_lowlevel", SINGLE),
    TOKEN("single against libjwt", REPORT_AT_LEAST, 20, "libjwt", SINGLE),
    TOKEN("in batches against libjwt", REPORT_AT_LEAST, 45, "libjwt", BATCH),
    TOKEN("in batches against fast-jwt with its cache", REPORT_AT_LEAST, 12, "fast_jwt_cache", BATCH),
    TOKEN("time in batches against that of the blocks alone", REPORT_AT_MOST, 3.5, BATCH, "limit"),
    BESIDE("RS256", "rs256"),
    BESIDE("PS256", "ps256"),
    BESIDE("ES256", "es256"),
    BESIDE("ES384", "es384"),
    BESIDE("EdDSA", "eddsa"),
    REQUEST("time of a request against the bare HMAC of its string", REPORT_AT_MOST, 1.3, SINGLE, "hmac", 1, 0),
    REQUEST("time in batches against that of the blocks alone", REPORT_AT_MOST, 2.5, BATCH, "limit", 1, 3e6),
    REQUEST("two threads against one", REPORT_AT_LEAST, 1.9, SINGLE, SINGLE, 2, 0),
    REQUEST("two threads against one, in batches", REPORT_AT_LEAST, 1.9, BATCH, BATCH, 2, 0),
};
enum { BARS = sizeof bars / sizeof *bars };

static report_summary ratio_of(const report_section *section, const verification_bar *b) {
  const char *fastest = NULL;
  report_summary ratio = {.count = 0};
  if (section == NULL) return ratio;
  if (b->counter == NULL) return report_bar_ratio(section, &b->ratio, &fastest);
  const report_series *turns = report_row_series(report_side_row(section, &b->ratio.under), b->counter);
  if (turns != NULL && !report_summarise(turns, &ratio)) ratio.count = 0;
  return ratio;
}

/* Whether it is as fast as is enough, which is then what is told. */
static bool tell_enough(report_tally *all, const report_section *section, const verification_bar *b,
                        report_bar_verdict met) {
  const report_row *row = b->enough > 0 && section != NULL ? report_side_row(section, &b->ratio.over) : NULL;
  report_number rate, slow, fast, enough;
  report_phrase wanted, interval;
  if (row == NULL || 1e9 / row->summary.median < b->enough) return false;
  bool few = row->summary.count < REPORT_REPETITIONS_FULL, whole = 1e9 / row->summary.high >= b->enough;
  (void)snprintf(wanted, sizeof wanted, "at most %g, or %s", b->ratio.bound, report_number_rate(enough, b->enough));
  (void)snprintf(interval, sizeof interval, "%s–%s", report_number_rate(slow, 1e9 / row->summary.high),
                 report_number_rate(fast, 1e9 / row->summary.low));
  report_tally_tell(all, b->ratio.what, wanted, report_number_rate(rate, 1e9 / row->summary.median), interval,
                    few     ? REPORT_MET_BY_FEW
                    : whole ? met
                            : REPORT_MET_BY_MEDIAN,
                    NULL);
  return true;
}

/* Nothing where none was run: nearly every run with a filter. */
static bool tell_all(report_tally *all, const report_evidence *evidence) {
  const report_section *sections[BARS];
  report_summary ratios[BARS];
  size_t measured = 0;
  for (size_t i = 0; i < BARS; i++) {
    sections[i] = report_analysis_section(evidence->analysis, bars[i].subject);
    ratios[i] = ratio_of(sections[i], &bars[i]);
    measured += ratios[i].count != 0;
  }
  bool in_order = report_results_one_by_one(evidence->analysis->results);
  for (size_t i = 0; measured > 0 && i < BARS; i++) {
    report_bar_verdict met = in_order && bars[i].counter == NULL ? REPORT_MET_ONE_BY_ONE : REPORT_MET;
    if (tell_enough(all, sections[i], &bars[i], met)) continue;
    report_tally_ratio(all, &bars[i].ratio, &ratios[i], NULL, met, NULL);
  }
  return measured > 0;
}

void report_conclude_verification_bars(report_sentences *out, const report_evidence *evidence) {
  report_tally all = {0};
  if (tell_all(&all, evidence)) report_tally_conclude(out, "Bars of verification", &all);
  report_text_free(&all.missed);
}

static void add_notes(report_sentences *out) {
  report_sentence(out, "The blocks alone",
                  "as many blocks of SHA-256 as the MAC takes, one after the other through the lanes that are fastest "
                  "here, with nothing to look for, to cut or to compare.");
  report_sentence(out, "Against a signature alone",
                  "OpenSSL is given the signed bytes and a signature that is decoded before, with a key and a context "
                  "that are ready. Countersign is given the token's text: it decodes, reads header and claims, and "
                  "finds the key. The two take turns, some tens of microseconds each, and the ratio is the median of "
                  "all such pairs of a repetition.");
}

void report_chapter_verification_bars(report_chapter *out, const report_evidence *evidence) {
  report_tally all = {.table = &out->table};
  out->id = "verification-bars";
  out->title = "Bars of verification";
  report_tally_heads(&out->table);
  if (tell_all(&all, evidence)) {
    report_tally_conclude(&out->sentences, NULL, &all);
    add_notes(&out->notes);
  }
  report_text_free(&all.missed);
}
