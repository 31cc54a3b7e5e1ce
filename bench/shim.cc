/* The only C++ of the project: Google Benchmark behind the functions of shim.h. */
#include "shim.h"

#include <benchmark/benchmark.h>

#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace {

const char *usage_text = "";

/* Google Benchmark's random interleaving prints nothing before everything has run. With CSN_BENCH_PROGRESS in the
 * environment, standard error says how far it is: on a terminal in one line, elsewhere in a line every twentieth. */
class Progress {
 public:
  void add_rows(int count) { rows_ += count; }

  void start(int argc, char **argv) {
    enabled_ = std::getenv("CSN_BENCH_PROGRESS") != nullptr;
    terminal_ = isatty(STDERR_FILENO) != 0;
    long repetitions = 1;
    for (int i = 1; i < argc; i++) {
      std::sscanf(argv[i], "--benchmark_repetitions=%ld", &repetitions);
      /* How many rows a filter leaves is not known here. */
      if (std::strncmp(argv[i], "--benchmark_filter", 18) == 0) rows_ = 0;
    }
    total_ = rows_ * repetitions;
  }

  /* The first repetition of a row is run with more and more iterations; the others once each, with as many. */
  void step(const std::string &name, const benchmark::State &state) {
    if (!enabled_) return;
    auto [at, is_new] = iterations_.try_emplace({name, state.threads()}, 0);
    bool still_growing = !is_new && state.max_iterations > at->second;
    at->second = state.max_iterations;
    if (!still_growing) print(name.c_str(), state.threads());
  }

  void end() {
    if (enabled_ && terminal_) std::fputs("\r\033[K", stderr);
  }

 private:
  void print(const char *name, int threads) {
    done_++;
    bool last = done_ == total_;
    if (!terminal_ && total_ != 0 && !last && done_ * 20 / total_ == (done_ - 1) * 20 / total_) return;
    std::fprintf(stderr, terminal_ ? "\r\033[K[%ld" : "[%ld", done_);
    if (total_ != 0) std::fprintf(stderr, "/%ld", total_);
    std::fprintf(stderr, "] %s", name);
    if (threads > 1) std::fprintf(stderr, ", %d threads", threads);
    if (!terminal_) std::fputc('\n', stderr);
    std::fflush(stderr);
  }

  bool enabled_ = false, terminal_ = false;
  long rows_ = 0, done_ = 0, total_ = 0;
  std::map<std::pair<std::string, int>, benchmark::IterationCount> iterations_;
};

Progress progress;

benchmark::State *state_of(csn_bench *bench) {
  return reinterpret_cast<benchmark::State *>(bench);
}

const benchmark::State *state_of(const csn_bench *bench) {
  return reinterpret_cast<const benchmark::State *>(bench);
}

/* RFC 8259 has no NaN, but Google Benchmark writes one as the coefficient of variation of a counter that is always 0.
 * Such members are left out. */
class StrictJSONReporter : public benchmark::JSONReporter {
 public:
  void ReportRuns(const std::vector<Run> &runs) override {
    std::vector<Run> finite = runs;
    for (Run &run : finite) {
      for (auto at = run.counters.begin(); at != run.counters.end();)
        at = std::isfinite(at->second.value) ? std::next(at) : run.counters.erase(at);
    }
    benchmark::JSONReporter::ReportRuns(finite);
  }
};

/* Whether --benchmark_out names a file, to be written as JSON. */
bool writes_json(int argc, char **argv) {
  bool file = false, json = true;
  for (int i = 1; i < argc; i++) {
    file = file || std::strncmp(argv[i], "--benchmark_out=", 16) == 0;
    if (std::strncmp(argv[i], "--benchmark_out_format=", 23) == 0) json = std::strcmp(argv[i] + 23, "json") == 0;
  }
  return file && json;
}

void print_help() {
  std::fputs(usage_text, stdout);
  benchmark::PrintDefaultHelp();
}

}  // namespace

void csn_bench_register(const char *name, csn_bench_fn fn, const void *arg, const csn_bench_options *options) {
  auto *row = benchmark::RegisterBenchmark(name, [fn, arg, label = std::string(name)](benchmark::State &state) {
    if (state.thread_index() == 0) progress.step(label, state);
    fn(reinterpret_cast<csn_bench *>(&state), arg);
  });
  if (options != nullptr && options->manual_time) {
    row->UseManualTime();
  } else {
    row->UseRealTime();
  }
  int rows = 0;
  for (int i = 0; options != nullptr && i < CSN_BENCH_THREADS_MAX; i++) rows += options->threads[i] != 0;
  progress.add_rows(rows == 0 ? 1 : rows);
  if (options == nullptr) return;
  if (options->iterations != 0) row->Iterations(options->iterations);
  for (int threads : options->threads) {
    if (threads != 0) row->Threads(threads);
  }
}

void csn_bench_add_context(const char *key, const char *value) {
  benchmark::AddCustomContext(key, value);
}

int csn_bench_run(int argc, char **argv, const char *usage) {
  usage_text = usage;
  StrictJSONReporter json;
  bool to_json = writes_json(argc, argv);
  progress.start(argc, argv);
  benchmark::Initialize(&argc, argv, print_help);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  std::size_t matched = benchmark::RunSpecifiedBenchmarks(nullptr, to_json ? &json : nullptr);
  progress.end();
  benchmark::Shutdown();
  return matched == 0 ? 1 : 0;
}

bool csn_bench_next(csn_bench *bench, int64_t count) {
  return state_of(bench)->KeepRunningBatch(count);
}

void csn_bench_pause(csn_bench *bench) {
  state_of(bench)->PauseTiming();
}

void csn_bench_resume(csn_bench *bench) {
  state_of(bench)->ResumeTiming();
}

void csn_bench_iteration_time(csn_bench *bench, double seconds) {
  state_of(bench)->SetIterationTime(seconds);
}

int csn_bench_thread(const csn_bench *bench) {
  return state_of(bench)->thread_index();
}

int csn_bench_threads(const csn_bench *bench) {
  return state_of(bench)->threads();
}

int64_t csn_bench_iterations(const csn_bench *bench) {
  return state_of(bench)->iterations();
}

void csn_bench_set_items(csn_bench *bench, int64_t items) {
  state_of(bench)->SetItemsProcessed(items);
}

void csn_bench_counter(csn_bench *bench, const char *name, double value) {
  state_of(bench)->counters[name] = benchmark::Counter(value);
}

void csn_bench_label(csn_bench *bench, const char *text) {
  state_of(bench)->SetLabel(text);
}

void csn_bench_skip(csn_bench *bench, const char *reason) {
  state_of(bench)->SkipWithError(reason);
}
