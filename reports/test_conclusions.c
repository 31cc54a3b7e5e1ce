/* Each figure of a sentence is computed a second time here, from the file's own lines and by other means. */
#include <jansson.h>
#include <math.h>
#include <unistd.h>

#include "conclusions.h"
#include "test_support.h"
#include "text.h"

static char path[] = "/tmp/csn-report-conclusions-XXXXXX";

static int make_file(void **state) {
  (void)state;
  int descriptor = mkstemp(path);
  return descriptor < 0 ? -1 : close(descriptor);
}

static int remove_file(void **state) {
  (void)state;
  return unlink(path);
}

/* ---- the same figures by other means ---- */

enum { REPETITIONS = 9 };

typedef struct figures {
  double times[REPETITIONS];
} figures;

/* The times of one benchmark in the fixture, by its full name. */
static figures figures_of(const char *name) {
  figures out = {{0}};
  size_t found = 0;
  char line[2048];
  FILE *file = fopen(FIXTURE("normal.json"), "r");
  assert_non_null(file);
  while (fgets(line, sizeof line, file) != NULL) {
    json_t *entry = json_loads(line, JSON_DISABLE_EOF_CHECK, NULL);
    if (json_is_object(entry) && json_object_get(entry, "repetition_index") != NULL &&
        strcmp(json_string_value(json_object_get(entry, "name")), name) == 0) {
      json_int_t index = json_integer_value(json_object_get(entry, "repetition_index"));
      assert_in_range(index, 0, REPETITIONS - 1);
      out.times[index] = 1e9 / json_number_value(json_object_get(entry, "items_per_second"));
      found++;
    }
    json_decref(entry);
  }
  (void)fclose(file);
  assert_int_equal(found, REPETITIONS);
  return out;
}

/* The value that `rank` others are below. */
static double ranked(const figures *f, size_t rank) {
  for (size_t i = 0; i < REPETITIONS; i++) {
    size_t below = 0;
    for (size_t j = 0; j < REPETITIONS; j++)
      below += f->times[j] < f->times[i] || (f->times[j] == f->times[i] && j < i);
    if (below == rank) return f->times[i];
  }
  fail();
  return NAN;
}

static double median(const figures *f) {
  return ranked(f, 4);
}

/* Of all ratios the one that `rank` others are below. */
static double ratio_ranked(const figures *a, const figures *b, size_t rank) {
  enum { RATIOS = REPETITIONS * REPETITIONS };
  double ratios[RATIOS];
  for (size_t i = 0; i < RATIOS; i++) ratios[i] = a->times[i / REPETITIONS] / b->times[i % REPETITIONS];
  for (size_t i = 0; i < RATIOS; i++) {
    size_t below = 0;
    for (size_t j = 0; j < RATIOS; j++) below += ratios[j] < ratios[i] || (ratios[j] == ratios[i] && j < i);
    if (below == rank) return ratios[i];
  }
  fail();
  return NAN;
}

typedef char digits[64];

/* Three significant digits; for figures from 0.1 to 999. */
static const char *three(digits out, double value) {
  (void)snprintf(out, sizeof(digits), value < 1 ? "%.2f" : "%#.3g", value);
  size_t length = strlen(out);
  if (out[length - 1] == '.') out[length - 1] = '\0';
  return out;
}

/* "1.82 times as long (1.79–1.86)" has "1.82" and "1.79–1.86". */
static void spans(const figures *a, const figures *b, digits middle, digits bounds) {
  enum { MIDDLE = 40, LOW = 17, HIGH = 63 }; /* of 81; 17 is also the critical value of U for nine and nine */
  digits low, high;
  (void)three(middle, ratio_ranked(a, b, MIDDLE));
  (void)snprintf(bounds, sizeof(digits), "%s–%s", three(low, ratio_ranked(a, b, LOW)),
                 three(high, ratio_ranked(a, b, HIGH)));
}

/* A count: "41,200" or "2.41 million". */
static const char *count(digits out, double value) {
  digits head;
  if (value >= 1e6) {
    (void)snprintf(out, sizeof(digits), "%s million", three(head, value / 1e6));
  } else {
    long rounded = strtol(three(head, value / 1000), NULL, 10) * 1000;
    const char *point = strchr(head, '.');
    for (long place = 100; point != NULL && *++point != '\0'; place /= 10) rounded += (*point - '0') * place;
    (void)snprintf(out, sizeof(digits), "%ld,%03ld", rounded / 1000, rounded % 1000);
  }
  return out;
}

/* ---- a run and all that is said about it ---- */

typedef struct run {
  report_results results;
  report_analysis analysis;
  report_storage storage;
  report_text said; /* a sentence a line, with its lead */
} run;

static void say(run *r, report_sentences *sentences) {
  assert_false(sentences->failed);
  for (size_t i = 0; i < sentences->count; i++) {
    const report_statement *item = &sentences->items[i];
    report_text_format(&r->said, "%s%s%s\n", item->lead == NULL ? "" : item->lead, item->lead == NULL ? "" : " ",
                       item->text);
  }
  report_sentences_free(sentences);
}

static void open_run(run *r, const char *file) {
  char error[512] = "";
  report_sentences sentences = {0};
  *r = (run){0};
  if (!report_results_read(&r->results, file, error, sizeof error)) fail_msg("%s", error);
  assert_true(report_analyse(&r->analysis, &r->results));
  assert_true(report_storage_gather(&r->storage, &r->analysis));
  report_conclude_summary(&sentences, &r->analysis);
  report_conclude_storage_summary(&sentences, &r->storage);
  report_conclude_storage(&sentences, &r->storage);
  report_conclude_caveats(&sentences, &r->analysis);
  say(r, &sentences);
  for (size_t i = 0; i < r->analysis.section_count; i++) {
    report_text_format(&r->said, "[%s]\n", r->analysis.sections[i].name);
    report_conclude_section(&sentences, &r->analysis, &r->analysis.sections[i]);
    say(r, &sentences);
  }
}

static void close_run(run *r) {
  report_text_free(&r->said);
  report_storage_free(&r->storage);
  report_analysis_free(&r->analysis);
  report_results_free(&r->results);
}

static void assert_said(const run *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void assert_said(const run *r, const char *format, ...) {
  report_text sentence = {0};
  va_list arguments;
  va_start(arguments, format);
  report_text_format_list(&sentence, format, arguments);
  va_end(arguments);
  report_text_add(&sentence, "\n");
  assert_contains(r->said.data, sentence.data);
  report_text_free(&sentence);
}

/* ---- the fixture ---- */

static void comparisons_are_those_of_the_data(void **state) {
  (void)state;
  run r;
  digits d[8];
  figures own = figures_of("hmac_sha256/256/countersign/real_time");
  figures evp = figures_of("hmac_sha256/256/openssl_evp_mac_reused/real_time");
  figures hmac = figures_of("hmac_sha256/256/openssl_hmac/real_time");
  figures own64 = figures_of("hmac_sha256/64/countersign/real_time");
  figures evp64 = figures_of("hmac_sha256/64/openssl_evp_mac_reused/real_time");
  open_run(&r, FIXTURE("normal.json"));
  spans(&evp, &own, d[0], d[1]);
  spans(&hmac, &own, d[2], d[3]);
  assert_said(
      &r,
      "256 bytes: Countersign is the fastest at %s ns a MAC; OpenSSL EVP_MAC reused takes %s times as long (%s), "
      "OpenSSL HMAC() %s (%s).",
      three(d[4], median(&own)), d[0], d[1], d[2], d[3]);
  spans(&evp64, &own64, d[2], d[3]);
  assert_true(median(&own64) < median(&evp64)); /* else the sentence names them the other way round */
  assert_said(&r, "64 bytes: Countersign (%s ns) cannot be told apart from OpenSSL EVP_MAC reused (%s ns; ratio %s).",
              three(d[4], median(&own64)), three(d[5], median(&evp64)), d[3]);
  assert_said(
      &r,
      "HMAC-SHA256: of 2 comparisons, Countersign is the fastest in 1, slower in 0 and not to be told apart in 1; "
      "OpenSSL EVP_MAC reused takes %s–%s times as long.",
      d[2], d[0]);
  close_run(&r);
}

static void thread_sentences_are_those_of_the_data(void **state) {
  (void)state;
  run r;
  digits d[4];
  figures own1 = figures_of("nonce_claim/live_1M/countersign/real_time/threads:1");
  figures own2 = figures_of("nonce_claim/live_1M/countersign/real_time/threads:2");
  figures mutex1 = figures_of("nonce_claim/live_1M/mutex_global/real_time/threads:1");
  figures mutex2 = figures_of("nonce_claim/live_1M/mutex_global/real_time/threads:2");
  open_run(&r, FIXTURE("normal.json"));
  spans(&own1, &own2, d[0], d[1]);
  spans(&mutex1, &mutex2, d[2], d[3]);
  assert_said(&r,
              "1 M live nonces, 1 to 2 threads: Countersign makes %s times the claims (%s), one mutex %s (%s). This "
              "machine has 2 cores, so nothing is said about more threads.",
              d[0], d[1], d[2], d[3]);
  spans(&mutex1, &own1, d[0], d[1]);
  spans(&mutex2, &own2, d[2], d[3]);
  assert_said(
      &r,
      "Nonce claims in memory: Countersign is the fastest in both comparisons; one mutex takes %s–%s times as long.",
      d[0], d[2]);
  close_run(&r);
}

static void store_picks_are_those_of_the_data(void **state) {
  (void)state;
  run r;
  digits d[8];
  figures memory1 = figures_of("nonce_store/depth_1/memory/real_time");
  figures memory64 = figures_of("nonce_store/depth_64/memory/real_time");
  figures sqlite1 = figures_of("nonce_store/depth_1/sqlite_aead/real_time");
  figures sqlite64 = figures_of("nonce_store/depth_64/sqlite_aead/real_time");
  figures redis1 = figures_of("nonce_store/depth_1/redis/real_time");
  figures redis64 = figures_of("nonce_store/depth_64/redis/real_time");
  open_run(&r, FIXTURE("normal.json"));
  (void)count(d[0], 1e9 / median(&memory1));
  (void)count(d[1], 1e9 / median(&memory64));
  assert_said(
      &r,
      "One process: memory (private table), the fastest store: %s claims a second one at a time, %s in batches of 64.",
      d[0], d[1]);
  assert_said(
      &r,
      "Several processes on one host: memory (private table), the fastest store shared between processes: %s claims a "
      "second one "
      "at a time, %s in batches of 64. It is shared when it lies in a shared region; the rate is that of private "
      "memory.",
      d[0], d[1]);
  (void)count(d[2], 1e9 / median(&redis1));
  (void)count(d[3], 1e9 / median(&redis64));
  spans(&redis1, &memory1, d[4], d[5]);
  spans(&redis64, &memory64, d[6], d[7]);
  assert_said(&r,
              "Several hosts: Redis (no persistence: save \"\", appendonly no), the only measured store shared "
              "between hosts: %s claims a second one at a time, %s in "
              "batches of 64. A claim takes %s times as long as in memory (%s), in batches %s times as long (%s).",
              d[2], d[3], d[4], d[5], d[6], d[7]);
  (void)count(d[1], 1e9 / median(&sqlite1));
  (void)count(d[3], 1e9 / median(&sqlite64));
  spans(&sqlite1, &memory1, d[4], d[5]);
  spans(&sqlite64, &memory64, d[6], d[7]);
  assert_said(
      &r,
      "Surviving a restart: encrypted SQLite (WAL, synchronous=NORMAL), the only measured store that survives a "
      "restart: %s claims a second "
      "one at a time, %s in batches of 64. A claim takes %s times as long as in memory (%s), in batches %s times "
      "as long (%s). These forget, as they were set up: memory (private table), Redis (no persistence: save \"\", "
      "appendonly no).",
      d[1], d[3], d[4], d[5], d[6], d[7]);
  assert_said(&r,
              "Nonce stores: memory (private table) is the fastest with %s claims a second, one at a time; of those "
              "that hosts share, Redis (no persistence: save \"\", appendonly no) with %s; of those that survive a "
              "restart, encrypted SQLite (WAL, synchronous=NORMAL) with %s.",
              d[0], d[2], d[1]);
  close_run(&r);
}

static void store_figures_are_those_of_the_data(void **state) {
  (void)state;
  run r;
  digits d[6];
  figures memory1 = figures_of("nonce_store/depth_1/memory/real_time");
  figures memory64 = figures_of("nonce_store/depth_64/memory/real_time");
  figures sqlite1 = figures_of("nonce_store/depth_1/sqlite_aead/real_time");
  figures sqlite64 = figures_of("nonce_store/depth_64/sqlite_aead/real_time");
  figures redis1 = figures_of("nonce_store/depth_1/redis/real_time");
  figures redis64 = figures_of("nonce_store/depth_64/redis/real_time");
  figures found_memory = figures_of("credential_lookup/100k/memory/real_time");
  figures found_sqlite = figures_of("credential_lookup/100k/sqlite_aead/real_time");
  open_run(&r, FIXTURE("normal.json"));
  spans(&memory1, &memory64, d[0], d[1]);
  spans(&redis1, &redis64, d[2], d[3]);
  spans(&sqlite1, &sqlite64, d[4], d[5]);
  assert_said(&r,
              "Batches of 64: memory %s times as many claims a second (%s), Redis %s (%s), encrypted SQLite %s (%s).",
              d[0], d[1], d[2], d[3], d[4], d[5]);
  assert_said(&r,
              "99 of 100 single claims are answered within: 310 ns in memory, 49.0 µs in Redis, 61.0 µs in encrypted "
              "SQLite.");
  assert_said(&r, "A live nonce takes: 13.1 bytes in memory, 138 bytes in Redis, 214 bytes in encrypted SQLite.");
  assert_said(&r, "Credential look-ups a second: %s in memory, %s in encrypted SQLite.",
              count(d[0], 1e9 / median(&found_memory)), count(d[1], 1e9 / median(&found_sqlite)));
  close_run(&r);
}

static void the_goal_is_judged_by_the_data(void **state) {
  (void)state;
  run r;
  digits d[3];
  figures file = figures_of("csn_verify/file/countersign/iterations:1/manual_time");
  open_run(&r, FIXTURE("normal.json"));
  assert_said(&r, "csn verify, from a file: %s requests a second (%s–%s); the goal of 100,000 is reached.",
              count(d[0], 1e9 / median(&file)), count(d[1], 1e9 / ranked(&file, 7)),
              count(d[2], 1e9 / ranked(&file, 1)));
  assert_said(&r, "The goal of 100,000 requests a second is reached.");
  close_run(&r);
}

static void what_was_not_run_is_named(void **state) {
  (void)state;
  run r;
  open_run(&r, FIXTURE("normal.json"));
  assert_said(&r,
              "Not in this run, so nothing is said about it: Whole requests, Requests a call, Steps of a request, JSON "
              "Web Tokens, HMAC-SHA256 by "
              "length, Audit events, Redaction of log lines.");
  assert_lacks(r.said.data, "quick run");
  assert_lacks(r.said.data, "load average");
  assert_lacks(r.said.data, "one after the other");
  assert_lacks(r.said.data, "vary by more");
  close_run(&r);
}

static void missing_data_is_said_to_be_missing(void **state) {
  (void)state;
  run r;
  open_run(&r, FIXTURE("skipped.json"));
  assert_said(
      &r,
      "csn verify, from a file: not measured (not installed: csn is not built beside the benchmarks), so whether "
      "the goal of 100,000 requests a second is reached is not known.");
  assert_said(&r,
              "Several processes on one host: no measured store is known to be shared between processes, so none can "
              "be named.");
  assert_said(&r, "Several hosts: no measured store is known to be shared between hosts, so none can be named.");
  assert_said(&r, "Surviving a restart: no measured store is known to do so, and its price is not known.");
  assert_said(&r, "99 of 100 single claims are answered within: not measured.");
  assert_said(&r, "A live nonce takes: not measured.");
  assert_said(&r, "Credential look-ups a second: not measured.");
  assert_said(&r, "Redis was not measured (not installed), so nothing is said about it.");
  assert_said(&r, "one claim a call: Redis was not measured (not installed), so nothing is said about it.");
  assert_said(&r, "The load average was 3.25 at the start: other work may have run beside the benchmarks.");
  assert_contains(r.said.data, "A quick run: 3 repetitions instead of at least 9.");
  assert_contains(r.said.data, "frequency scaling is on");
  assert_contains(r.said.data, "The rows ran one after the other");
  assert_lacks(r.said.data, "The goal of 100,000 requests a second is");
  close_run(&r);
}

/* ---- boundaries, with runs made for them ---- */

typedef struct made_row {
  const char *name;
  double times[REPETITIONS]; /* up to the first 0 */
} made_row;

static void make_run(run *r, const char *context, const made_row *rows, size_t row_count) {
  FILE *file = fopen(path, "wb");
  assert_non_null(file);
  (void)fprintf(file, "{\"context\":{%s},\"benchmarks\":[", context);
  const char *comma = "";
  for (size_t i = 0; i < row_count; i++) {
    for (int n = 0; n < REPETITIONS && rows[i].times[n] != 0; n++) {
      (void)fprintf(file, "%s{\"name\":\"%s\",\"repetition_index\":%d,\"items_per_second\":%.17g}", comma, rows[i].name,
                    n, 1e9 / rows[i].times[n]);
      comma = ",";
    }
  }
  (void)fprintf(file, "]}");
  assert_int_equal(fclose(file), 0);
  open_run(r, path);
}

static void the_goal_is_reached_from_its_own_value_on(void **state) {
  (void)state;
  static const struct {
    double times[REPETITIONS];
    const char *verdict;
  } cases[] = {
      {{10000, 10000, 10000, 10000, 10000, 10000}, "reached."},
      {{10001, 10001, 10001, 10001, 10001, 10001}, "not reached."},
      {{9000, 9000, 9000, 9000, 9000, 12000}, "reached by the median, but not by the whole interval."},
      {{12000, 12000, 12000, 12000, 12000, 9000}, "not reached by the median, though it is within the interval."},
  };
  for (size_t i = 0; i < COUNT_OF(cases); i++) {
    run r;
    made_row row = {.name = "csn_verify/file/countersign"};
    memcpy(row.times, cases[i].times, sizeof row.times);
    make_run(&r, "", &row, 1);
    assert_said(&r, "The goal of 100,000 requests a second is %s", cases[i].verdict);
    close_run(&r);
  }
}

#define MEASURED(name) "{\"name\":\"jwt_verify/" name "\",\"items_per_second\":1e6}"
#define MISSING(name, why) ",{\"name\":\"jwt_verify/" name "\",\"error_occurred\":true,\"error_message\":\"" why "\"}"

/* One sentence of a group for each reason. */
static void rows_missing_for_one_reason_are_named_together(void **state) {
  (void)state;
  static const char text[] =
      "{\"context\":{},\"benchmarks\":[" MEASURED("hs256/countersign") MISSING("hs256/jose", "not installed")
          MISSING("hs256/fast_jwt", "not installed") MISSING("hs256/pyjwt", "too old")
              MISSING("hs256/jsonwebtoken", "not installed") "," MEASURED("rs256/countersign")
                  MISSING("rs256/jose", "not installed") MISSING("rs256/pyjwt", "not installed") "]}";
  FILE *file = fopen(path, "wb");
  assert_non_null(file);
  assert_true(fputs(text, file) >= 0);
  assert_int_equal(fclose(file), 0);
  run r;
  open_run(&r, path);
  assert_said(&r,
              "HS256: fast-jwt, jose and jsonwebtoken were not measured (not installed), so nothing is said about "
              "them.");
  assert_said(&r, "HS256: PyJWT was not measured (too old), so nothing is said about it.");
  assert_said(&r,
              "RS256, 2,048 bits: jose and PyJWT were not measured (not installed), so nothing is said about them.");
  assert_lacks(r.said.data, "HS256: jose");
  assert_lacks(r.said.data, "HS256: jsonwebtoken");
  assert_lacks(r.said.data, "2,048 bits: PyJWT");
  close_run(&r);
}

static void a_slower_baseline_is_called_slower(void **state) {
  (void)state;
  static const made_row rows[] = {{"jwt_verify/hs256/countersign", {30, 30, 30, 30, 30, 30}},
                                  {"jwt_verify/hs256/libjwt", {20, 20, 20, 20, 20, 20}}};
  run r;
  make_run(&r, "", rows, COUNT_OF(rows));
  assert_said(&r, "JSON Web Tokens: Countersign is slower than the fastest other; libjwt takes 0.67 times as long.");
  assert_contains(r.said.data,
                  "libjwt is the fastest at 20.0 ns a token; Countersign takes 1.50 times as long (1.50–1.50).");
  close_run(&r);
}

/* Told apart only where no end of the interval reaches 1. */
static void an_interval_that_touches_one_tells_nothing_apart(void **state) {
  (void)state;
  static const made_row touching[] = {{"jwt_verify/hs256/countersign", {20, 20, 20, 20, 20, 20}},
                                      {"jwt_verify/hs256/libjwt", {20, 22, 22, 22, 22, 22}}};
  static const made_row apart[] = {{"jwt_verify/hs256/countersign", {20, 20, 20, 20, 20, 20}},
                                   {"jwt_verify/hs256/libjwt", {21, 22, 22, 22, 22, 22}}};
  static const made_row once[] = {{"jwt_verify/hs256/countersign", {20}}, {"jwt_verify/hs256/libjwt", {99}}};
  run r;
  make_run(&r, "", touching, 2);
  assert_said(&r, "JSON Web Tokens: Countersign and libjwt cannot be told apart.");
  close_run(&r);
  make_run(&r, "", apart, 2);
  assert_said(&r, "JSON Web Tokens: Countersign is the fastest; libjwt takes 1.10 times as long.");
  close_run(&r);
  make_run(&r, "", once, 2);
  assert_contains(r.said.data, "Countersign (20.0 ns) cannot be told apart from libjwt (99.0 ns; one repetition).");
  close_run(&r);
}

/* A row is a rival wherever it stands: the second may be told apart and the third not. */
static void the_fastest_is_told_apart_from_every_other(void **state) {
  (void)state;
  made_row rows[] = {{"nonce_claim/live_1M/countersign", {100, 100, 100, 100, 100, 100, 100, 100, 100}},
                     {"nonce_claim/live_1M/mutex_global", {110, 110, 110, 110, 110, 110, 110, 110, 110}},
                     {"nonce_claim/live_1M/mutex_sharded", {89, 89, 113, 113, 113, 113, 113, 120, 120}}};
  run r;
  make_run(&r, "", rows, COUNT_OF(rows));
  assert_said(&r,
              "Countersign (100 ns) cannot be told apart from sharded mutex (113 ns; ratio 0.89–1.20); one mutex takes "
              "1.10 times as long (1.10–1.10).");
  assert_said(&r, "Nonce claims in memory: Countersign and sharded mutex cannot be told apart.");
  close_run(&r);
  rows[1].times[0] = rows[1].times[1] = 99;
  make_run(&r, "", rows, COUNT_OF(rows));
  assert_said(&r,
              "Countersign (100 ns) cannot be told apart from one mutex (110 ns; ratio 0.99–1.10) or sharded mutex "
              "(113 ns; ratio 0.89–1.20).");
  assert_said(&r, "Nonce claims in memory: Countersign and at least one other cannot be told apart.");
  close_run(&r);
  rows[1].times[0] = rows[2].times[0] = 101;
  rows[1].times[1] = rows[2].times[1] = 101;
  make_run(&r, "", rows, COUNT_OF(rows));
  assert_said(&r,
              "Countersign is the fastest at 100 ns a claim; one mutex takes 1.10 times as long (1.01–1.10), sharded "
              "mutex 1.13 (1.01–1.20).");
  assert_said(&r, "Nonce claims in memory: Countersign is the fastest; one mutex takes 1.10 times as long.");
  close_run(&r);
}

static void a_limit_is_no_competitor(void **state) {
  (void)state;
  static const made_row rows[] = {{"hmac_sha256/64/limit", {1, 1, 1}},
                                  {"hmac_sha256/64/countersign", {30, 30, 30}},
                                  {"hmac_sha256/64/countersign_batch", {10, 10, 10}},
                                  {"hmac_sha256/64/openssl_hmac", {40, 40, 40}}};
  run r;
  make_run(&r, "", rows, COUNT_OF(rows));
  assert_contains(r.said.data, "Countersign, batches is the fastest at 10.0 ns a MAC");
  assert_lacks(r.said.data, "limit is");
  assert_said(&r, "HMAC-SHA256: Countersign is the fastest; OpenSSL HMAC() takes 4.00 times as long.");
  close_run(&r);
}

static void threads_beyond_the_cores_say_nothing(void **state) {
  (void)state;
  static const made_row rows[] = {{"nonce_claim/live_1M/countersign/threads:1", {30, 30, 30}},
                                  {"nonce_claim/live_1M/countersign/threads:2", {20, 20, 20}},
                                  {"nonce_claim/live_1M/countersign/threads:4", {10, 10, 10}}};
  run r;
  make_run(&r, "\"num_cpus\":2", rows, COUNT_OF(rows));
  assert_contains(r.said.data, "1 to 2 threads: Countersign makes 1.50 times the claims (1.50–1.50).");
  assert_lacks(r.said.data, "1 to 4 threads");
  assert_said(&r, "4 threads are more than this machine's cores and say nothing about scaling.");
  close_run(&r);
  make_run(&r, "", rows, COUNT_OF(rows));
  assert_lacks(r.said.data, "1 to 2 threads");
  assert_said(&r, "The number of cores is not recorded, so 2 threads say nothing about scaling.");
  close_run(&r);
}

static void a_run_is_quick_below_nine_repetitions(void **state) {
  (void)state;
  run r;
  made_row row = {"jwt_verify/hs256/countersign", {5, 5, 5, 5, 5, 5, 5, 5, 5}};
  make_run(&r, "", &row, 1);
  assert_lacks(r.said.data, "quick run");
  close_run(&r);
  row.times[8] = 0;
  make_run(&r, "", &row, 1);
  assert_said(&r, "A quick run: 8 repetitions instead of at least 9. Read the figures as a first look.");
  close_run(&r);
  row.times[5] = 0;
  make_run(&r, "", &row, 1);
  assert_said(
      &r,
      "A quick run: 5 repetitions instead of at least 9. Read the figures as a first look. Ranges are the least "
      "and the greatest value, not confidence intervals.");
  close_run(&r);
}

static void wide_rows_are_named_above_a_fifth(void **state) {
  (void)state;
  run r;
  made_row rows[] = {{"a/b/c", {100, 119, 100}}, {"a/b/d", {100, 120, 100}}};
  rows[1].times[1] = 119.9;
  make_run(&r, "", rows, COUNT_OF(rows));
  assert_lacks(r.said.data, "vary by more");
  close_run(&r);
  rows[1].times[1] = 121;
  make_run(&r, "", rows, COUNT_OF(rows));
  assert_said(
      &r, "1 of 2 rows vary by more than 20 %% of their median between repetitions; the widest is a/b/d with 21 %%.");
  close_run(&r);
}

static void stores_that_cannot_be_told_apart_are_said_to_be(void **state) {
  (void)state;
  made_row rows[] = {{"nonce_store/depth_1/memory", {10, 12, 11}}, {"nonce_store/depth_1/redis", {12, 10, 12}}};
  run r;
  make_run(&r, "", rows, COUNT_OF(rows));
  assert_contains(r.said.data, "One process: memory, the store with the highest median: ");
  assert_contains(r.said.data, "It cannot be told apart from Redis (ratio 0.83–1.20).");
  assert_contains(r.said.data, "Nonce stores: memory has the highest median with ");
  assert_contains(r.said.data, " one at a time, not to be told apart from Redis (ratio 0.83–1.20); ");
  close_run(&r);
  rows[1].times[0] = rows[1].times[1] = rows[1].times[2] = 13;
  make_run(&r, "", rows, COUNT_OF(rows));
  assert_contains(r.said.data, "One process: memory, the fastest store: ");
  assert_contains(r.said.data, "Nonce stores: memory is the fastest with ");
  assert_lacks(r.said.data, "told apart");
  close_run(&r);
}

/* A store is a rival wherever it stands: the second may be told apart and the third not. */
static void the_fastest_store_is_told_apart_from_every_other(void **state) {
  (void)state;
  static const made_row rows[] = {{"nonce_store/depth_1/memory", {10, 10, 10}},
                                  {"nonce_store/depth_1/redis", {11, 11, 11}},
                                  {"nonce_store/depth_1/sqlite_aead", {9, 12, 12}}};
  run r;
  make_run(&r, "", rows, COUNT_OF(rows));
  assert_contains(r.said.data, "One process: memory, the store with the highest median: ");
  assert_contains(r.said.data, "It cannot be told apart from encrypted SQLite (ratio 0.90–1.20).");
  assert_lacks(r.said.data, "the fastest");
  close_run(&r);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(comparisons_are_those_of_the_data),
      cmocka_unit_test(thread_sentences_are_those_of_the_data),
      cmocka_unit_test(store_picks_are_those_of_the_data),
      cmocka_unit_test(store_figures_are_those_of_the_data),
      cmocka_unit_test(the_goal_is_judged_by_the_data),
      cmocka_unit_test(what_was_not_run_is_named),
      cmocka_unit_test(missing_data_is_said_to_be_missing),
      cmocka_unit_test(the_goal_is_reached_from_its_own_value_on),
      cmocka_unit_test(rows_missing_for_one_reason_are_named_together),
      cmocka_unit_test(a_slower_baseline_is_called_slower),
      cmocka_unit_test(an_interval_that_touches_one_tells_nothing_apart),
      cmocka_unit_test(the_fastest_is_told_apart_from_every_other),
      cmocka_unit_test(a_limit_is_no_competitor),
      cmocka_unit_test(threads_beyond_the_cores_say_nothing),
      cmocka_unit_test(a_run_is_quick_below_nine_repetitions),
      cmocka_unit_test(wide_rows_are_named_above_a_fifth),
      cmocka_unit_test(stores_that_cannot_be_told_apart_are_said_to_be),
      cmocka_unit_test(the_fastest_store_is_told_apart_from_every_other),
  };
  return cmocka_run_group_tests(tests, make_file, remove_file);
}
