/* How full the nonce table can be: the table itself in simulated time, with nonces that never repeat, in the steady
 * state. For each offered load it counts the claims that were refused because there was no room.
 *
 * The load is the most nonces that are live at any time, in parts of the capacity: `rate` claims a second that are each
 * remembered for 300 s are live for these, the second of the claim and the rest of a tick, so rate * 304 in all, as
 * csn_nonce_capacity() counts. With expiries spread evenly over 0 to 600 s it is the same sum. At load 1 the live
 * nonces swing between 99 % and 100 % of the capacity within each tick.
 *
 * A cold start is a table that is empty at the first claim of its design load, at full rate at once: counted from that
 * claim on for four lifetimes, one in which it fills and three in which what the filling has left shows; and again with
 * another secret, until there are enough claims.
 *
 * A FULL answer is a chance event of one claim, so that its share has Poisson's bound. Refused claims that share lines
 * come a little closer together than that; where they are seen (overload) the counts are large. */
#include <countersign/nonce_table.h>
#include <countersign/version.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
  RETENTION = 300, /* seconds */
  HELD = RETENTION + CSN_NONCE_TICK_SECONDS,
  BATCH = 256,
  LIFETIMES_BEFORE = 2, /* of the longest: claims that are not counted, until nothing is left of the start */
  LIFETIMES_COLD = 4,   /* of a cold start */
  ELSEWHERE = 16,       /* a part of the claims, for each other load */
  FULL_ENOUGH = 2000,   /* refused claims that fix a share to 4 %: a point ends there */
  THREADS_MAX = 64,
  COMMIT_MAX = 64,
};
#define START INT64_C(1790000000)

typedef enum expiry { FIXED, SPREAD, EXPIRIES } expiry;

static const struct {
  const char *name;
  int64_t longest;
} expiries[EXPIRIES] = {[FIXED] = {"fixed", RETENTION}, [SPREAD] = {"spread", 2 * RETENTION}};

/* One table, or one cold start after the other, and what was asked. */
typedef struct run {
  expiry expiry;
  bool cold;
  double load;
  uint64_t capacity, claims_wanted, seed;
  uint64_t claims, full, replayed, live, region_bytes; /* out; `live`: slots that are held in the end */
} run;

static _Noreturn void fatal(const char *sentence) {
  fprintf(stderr, "csn-capacity: %s\n", sentence);
  exit(1);
}

static uint64_t mix(uint64_t index) {
  uint64_t x = index * UINT64_C(0x9e3779b97f4a7c15) + UINT64_C(0x9e3779b97f4a7c15);
  x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
  return x ^ x >> 31;
}

/* ---- one table ---- */

static csn_nonce_table *table_of(const run *r) {
  csn_nonce_table_config config = {.capacity = r->capacity, .now = START, .fence = CSN_NONCE_NO_FENCE};
  csn_nonce_table *table;
  for (size_t i = 0; i < sizeof config.seed; i += 8) {
    uint64_t bits = mix(r->seed + i);
    memcpy(config.seed + i, &bits, 8);
  }
  if (csn_nonce_table_new(&table, &config) != CSN_OK) fatal("no memory for a table");
  return table;
}

/* Those that are there at the start expire evenly over a retention: a wave in them would come again for ever, as all
 * that follow stay equally long. */
static int64_t expires_of(const run *r, uint64_t number, int64_t now) {
  bool first = now == START && !r->cold;
  if (!first && r->expiry == FIXED) return now + RETENTION;
  uint64_t values = 1 + (uint64_t)(first ? RETENTION : expiries[r->expiry].longest);
  return now + (int64_t)((mix(r->seed ^ number) >> 32) * values >> 32);
}

static void count(run *r, const csn_nonce_claim *claims, size_t claimed) {
  for (size_t i = 0; i < claimed; i++) {
    csn_nonce_answer answer = claims[i].answer;
    r->full += answer == CSN_NONCE_FULL;
    r->replayed += answer == CSN_NONCE_REPLAYED;
    if (answer != CSN_NONCE_FRESH && answer != CSN_NONCE_FULL && answer != CSN_NONCE_REPLAYED)
      fatal("an answer that no claim of this study can have");
  }
  r->claims += claimed;
}

/* Claims the nonces from `number` up to `end`, all at one second. */
static void claim_second(run *r, csn_nonce_table *table, uint64_t number, uint64_t end, int64_t now, bool counted) {
  uint64_t names[BATCH];
  csn_nonce_claim claims[BATCH];
  while (number < end) {
    size_t n = end - number < BATCH ? (size_t)(end - number) : BATCH;
    for (size_t i = 0; i < n; i++, number++) {
      names[i] = number;
      claims[i] =
          (csn_nonce_claim){.nonce = csn_span_of(&names[i], sizeof names[i]), .expires = expires_of(r, number, now)};
    }
    csn_nonce_table_claim_batch(table, claims, n, now);
    if (counted) count(r, claims, n);
  }
}

static double rate_of(const run *r) {
  return r->load * (double)r->capacity / HELD;
}

static void finish(run *r, csn_nonce_table *table) {
  csn_nonce_table_stats stats = csn_nonce_table_measure(table);
  r->live = stats.live;
  r->region_bytes = stats.region_bytes;
  csn_nonce_table_free(table);
}

static void simulate_steady(run *r) {
  csn_nonce_table *table = table_of(r);
  double rate = rate_of(r);
  int64_t warm = LIFETIMES_BEFORE * (expiries[r->expiry].longest + CSN_NONCE_TICK_SECONDS), second = 1;
  uint64_t number = (uint64_t)(rate * RETENTION), before = number;
  bool enough = false;
  claim_second(r, table, 0, number, START, false);
  while (!enough) {
    uint64_t last = before + (uint64_t)((double)second * rate);
    claim_second(r, table, number, last, START + second, second >= warm);
    number = last;
    second++;
    /* Whole ticks only, and a lifetime at least. */
    bool may_end = (START + second) % CSN_NONCE_TICK_SECONDS == 0 && second >= warm + warm / LIFETIMES_BEFORE;
    enough = may_end && (r->claims >= r->claims_wanted || r->full >= FULL_ENOUGH);
  }
  finish(r, table);
}

static void simulate_cold(run *r) {
  double rate = rate_of(r);
  while (r->claims < r->claims_wanted && r->full < FULL_ENOUGH) {
    csn_nonce_table *table = table_of(r);
    uint64_t number = 0;
    for (int64_t second = 0; second < LIFETIMES_COLD * HELD; second++) {
      uint64_t last = (uint64_t)((double)(second + 1) * rate);
      claim_second(r, table, number, last, START + second, true);
      number = last;
    }
    finish(r, table);
    r->seed = mix(r->seed);
  }
}

/* What the study is about must be what was simulated: up to the design load as many are live as were asked for, but for
 * those that were refused. Flags and nudges hold some slots longer than that, 1.1 % of them at the design load. */
static void check(const run *r) {
  double wanted = r->load * (double)r->capacity, held = (double)r->live;
  double chance = r->expiry == SPREAD ? 5 * sqrt(wanted) : 0;
  double least = wanted - (double)r->full - chance - 2, most = wanted * 1.02 + chance + 2;
  if (r->load <= 1 && (held < least || held > most)) fatal("the live nonces are not the load's");
}

/* ---- all of them ---- */

typedef struct plan {
  run *runs;
  size_t count;
  _Atomic size_t next;
} plan;

static void *work(void *arg) {
  plan *p = arg;
  for (size_t i; (i = atomic_fetch_add(&p->next, 1)) < p->count;) {
    (p->runs[i].cold ? simulate_cold : simulate_steady)(&p->runs[i]);
  }
  return NULL;
}

static void simulate_all(plan *p, unsigned threads) {
  pthread_t ids[THREADS_MAX];
  for (unsigned i = 1; i < threads; i++) {
    if (pthread_create(&ids[i], NULL, work, p) != 0) fatal("no thread");
  }
  (void)work(p);
  for (unsigned i = 1; i < threads; i++) pthread_join(ids[i], NULL);
  for (size_t i = 0; i < p->count; i++) check(&p->runs[i]);
}

/* ---- bounds ---- */

/* P(X <= k) of a Poisson variable; from the largest term down, as far as terms count. */
static double poisson_up_to(uint64_t k, double mean) {
  double sum = 0, term = exp((double)k * log(mean) - mean - lgamma((double)k + 1));
  for (uint64_t i = k;; i--) {
    sum += term;
    if (i == 0 || term < sum * 1e-12) return sum;
    term *= (double)i / mean;
  }
}

/* The mean for which so few events have a probability of 5 %; 3.0 where there was none. */
static double upper95(uint64_t events) {
  double low = (double)events, high = (double)events + 5 + 4 * sqrt((double)events);
  for (int i = 0; i < 60; i++) {
    double middle = (low + high) / 2;
    if (poisson_up_to(events, middle) > 0.05) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return high;
}

/* ---- options and output ---- */

typedef struct settings {
  uint64_t capacity, claims; /* `claims`: at the design load, for each kind of expiry, and of cold starts */
  unsigned threads;
  bool quick;
} settings;

static const double loads[] = {0.90, 0.95, 1.02, 1.04, 1.06, 1.07, 1.08, 1.09, 1.10,
                               1.11, 1.12, 1.14, 1.16, 1.20, 1.25, 1.30, 1.35};
static const uint64_t small_capacities[] = {1, 10, 100, 1000, 10000};
enum {
  LOADS = sizeof loads / sizeof *loads,
  SMALLS = sizeof small_capacities / sizeof *small_capacities,
};

/* What is simulated at the design load. */
static const struct {
  expiry expiry;
  bool cold;
} designs[] = {{FIXED, false}, {SPREAD, false}, {FIXED, true}};
enum {
  DESIGNS = sizeof designs / sizeof *designs,
  RUNS_MAX = DESIGNS * (THREADS_MAX + SMALLS) + EXPIRIES * LOADS,
};

static run run_of(expiry kind, bool cold, double load, uint64_t capacity, uint64_t claims, uint64_t *seed) {
  return (run){kind, cold, load, capacity, claims, mix((*seed)++), 0, 0, 0, 0, 0};
}

/* The design load comes first, a run for each thread, as it takes longest; then the other loads; then small tables. */
static size_t plan_runs(run *runs, const settings *s) {
  size_t n = 0;
  uint64_t seed = 1;
  for (size_t d = 0; d < DESIGNS; d++) {
    for (unsigned t = 0; t < s->threads; t++)
      runs[n++] = run_of(designs[d].expiry, designs[d].cold, 1, s->capacity, s->claims / s->threads, &seed);
  }
  for (expiry e = FIXED; e < EXPIRIES; e++) {
    for (size_t i = 0; i < LOADS; i++)
      runs[n++] = run_of(e, false, loads[i], s->capacity, s->claims / ELSEWHERE, &seed);
  }
  for (size_t d = 0; d < DESIGNS; d++) {
    for (size_t i = 0; i < SMALLS; i++) {
      uint64_t capacity = small_capacities[i];
      runs[n++] = run_of(designs[d].expiry, designs[d].cold, 1, capacity, capacity * 100 + 10000, &seed);
    }
  }
  return n;
}

static void print_run(const run *r, const char *before) {
  printf(
      "%s    {\"expiry\": \"%s\", \"start\": \"%s\", \"capacity\": %llu, \"load\": %.3f, \"held\": %llu, "
      "\"region_bytes\": %llu,\n"
      "     \"bytes_per_nonce\": %.4f, \"claims\": %llu, \"full\": %llu, \"share\": %.4g, \"upper95\": %.4g,\n"
      "     \"replayed\": %llu}",
      before, expiries[r->expiry].name, r->cold ? "cold" : "steady", (unsigned long long)r->capacity, r->load,
      (unsigned long long)r->live, (unsigned long long)r->region_bytes,
      (double)r->region_bytes / (r->load * (double)r->capacity), (unsigned long long)r->claims,
      (unsigned long long)r->full, (double)r->full / (double)r->claims, upper95(r->full) / (double)r->claims,
      (unsigned long long)r->replayed);
}

/* The runs of the threads at the design load are one point. */
static void print_design(run *runs, const settings *s, size_t design, const char *before) {
  run *first = &runs[design * s->threads];
  for (unsigned t = 1; t < s->threads; t++) {
    first->claims += first[t].claims;
    first->full += first[t].full;
    first->replayed += first[t].replayed;
  }
  print_run(first, before);
}

/* The steady state at all loads; a cold start at the design load. */
static void print_points(run *runs, const settings *s) {
  for (expiry e = FIXED; e < EXPIRIES; e++) {
    print_design(runs, s, e, e == FIXED ? "" : ",\n");
    for (size_t i = 0; i < LOADS; i++) print_run(&runs[DESIGNS * s->threads + e * LOADS + i], ",\n");
  }
  printf("\n  ],\n  \"cold\": [\n");
  for (size_t d = EXPIRIES; d < DESIGNS; d++) print_design(runs, s, d, d == EXPIRIES ? "" : ",\n");
}

/* In the project's own root only, as csn-bench's. Read at the start: the code may change while this runs. */
static void find_commit(char out[COMMIT_MAX]) {
  FILE *pipe = popen(
      "test -f core/include/countersign/version.h && "
      "git describe --always --dirty --abbrev=40 --exclude='*' 2>/dev/null",
      "r");
  if (pipe == NULL || fgets(out, COMMIT_MAX, pipe) == NULL) out[0] = '\0';
  out[strcspn(out, "\n")] = '\0';
  if (out[0] == '\0') snprintf(out, COMMIT_MAX, "unknown");
  if (pipe != NULL) pclose(pipe);
}

static void print_origin(const char *commit, time_t started) {
  char date[32] = "unknown";
  struct tm utc;
  if (gmtime_r(&started, &utc) != NULL) strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", &utc);
  printf("{\n  \"study\": \"capacity\",\n  \"version\": \"%s\",\n  \"commit\": \"%s\",\n  \"date\": \"%s\",\n",
         CSN_VERSION, commit, date);
}

static void print_all(run *runs, size_t count, const settings *s, double seconds) {
  printf(
      "  \"quick\": %s,\n  \"capacity\": %llu,\n  \"threads\": %u,\n"
      "  \"seconds\": %.1f,\n  \"points\": [\n",
      s->quick ? "true" : "false", (unsigned long long)s->capacity, s->threads, seconds);
  print_points(runs, s);
  printf("\n  ],\n  \"small\": [\n");
  for (size_t i = count - DESIGNS * SMALLS; i < count; i++)
    print_run(&runs[i], i == count - DESIGNS * SMALLS ? "" : ",\n");
  printf("\n  ]\n}\n");
}

static const char usage[] =
    "usage: csn-capacity [--quick] [--claims N] [--capacity N] [--threads N]\n"
    "\n"
    "Simulates the nonce table under loads around its capacity and prints, as JSON, how many claims found it full:\n"
    "\n"
    "  points        the steady state, with two kinds of expiry: each nonce held for 300 s, or for 0 to 600 s\n"
    "  cold          cold starts: an empty table that gets its design load at once, for four lifetimes of 304 s\n"
    "  small         both, at the design load of small tables\n"
    "\n"
    "  --quick       a table for 65,536 nonces and few claims: seconds\n"
    "  --claims N    at the design load, for each of the two kinds of expiry and for cold starts;\n"
    "                250,000,000 without it\n"
    "  --capacity N  of the large table; 1,048,576 without it: shards as small as those of any large table\n"
    "  --threads N   2 without it, with a table each\n";

static _Noreturn void misuse(void) {
  fputs(usage, stderr);
  exit(2);
}

static uint64_t number_of(const char *text, uint64_t least, uint64_t most) {
  char *end = NULL;
  unsigned long long value = text == NULL || text[0] == '-' ? 0 : strtoull(text, &end, 10);
  if (end == NULL || end == text || *end != '\0' || value < least || value > most) misuse();
  return value;
}

static settings settings_of(int argc, char **argv) {
  settings s = {.capacity = 1 << 20, .claims = 250000000, .threads = 2};
  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i], "--quick") == 0) {
      s = (settings){.capacity = 1 << 16, .claims = 6000000, .threads = 2, .quick = true};
    } else if (strcmp(argv[i], "--claims") == 0) {
      s.claims = number_of(argv[++i], 1, UINT64_C(1) << 50);
    } else if (strcmp(argv[i], "--capacity") == 0) {
      s.capacity = number_of(argv[++i], 10000, UINT64_C(1) << 32);
    } else if (strcmp(argv[i], "--threads") == 0) {
      s.threads = (unsigned)number_of(argv[++i], 1, THREADS_MAX);
    } else {
      misuse();
    }
  }
  return s;
}

int main(int argc, char **argv) {
  static run runs[RUNS_MAX];
  settings s = settings_of(argc, argv);
  char commit[COMMIT_MAX];
  struct timespec start, end;
  time_t started = time(NULL);
  find_commit(commit);
  clock_gettime(CLOCK_MONOTONIC, &start);
  plan all = {.runs = runs, .count = plan_runs(runs, &s)};
  simulate_all(&all, s.threads);
  clock_gettime(CLOCK_MONOTONIC, &end);
  print_origin(commit, started);
  print_all(runs, all.count, &s, (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9);
  return fflush(stdout) == 0 ? 0 : 1;
}
