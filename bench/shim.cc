/* The only C++ of the project: Google Benchmark behind the functions of shim.h. */
#include "shim.h"

#include <benchmark/benchmark.h>

#include <unistd.h>

#include <algorithm>
#include <chrono>
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

/* Google Benchmark's random interleaving prints nothing before everything has run. With CSN_BENCH_PROGRESS=ROWS in the
 * environment, the number of rows to run, standard error says how far it is: on a terminal in one line that names the
 * row, elsewhere in a line for each tenth. */
class Progress {
 public:
  void start(int argc, char **argv) {
    const char *rows = std::getenv("CSN_BENCH_PROGRESS");
    long repetitions = 1;
    for (int i = 1; i < argc; i++) std::sscanf(argv[i], "--benchmark_repetitions=%ld", &repetitions);
    total_ = rows == nullptr ? 0 : std::strtol(rows, nullptr, 10) * repetitions;
    terminal_ = isatty(STDERR_FILENO) != 0;
    started_ = std::chrono::steady_clock::now();
  }

  bool enabled() const { return total_ > 0; }

  /* The first repetition of a row is run with more and more iterations; the others once each, with as many. */
  void step(const std::string &name, const benchmark::State &state) {
    if (!enabled()) return;
    auto [at, is_new] = iterations_.try_emplace({name, state.threads()}, 0);
    bool still_growing = !is_new && state.max_iterations > at->second;
    at->second = state.max_iterations;
    if (still_growing) return;
    std::string threads = state.threads() == 1 ? "" : "/threads:" + std::to_string(state.threads());
    print(std::min(done_++, total_) * 100 / total_, (name + threads).c_str());
  }

  void end() const {
    if (enabled() && terminal_) std::fputs("\033[K", stderr);
  }

 private:
  /* The cursor goes back to the line's start, so that a message which ends the program stands there. */
  void print(long percent, const char *name) {
    if (!terminal_ && percent / 10 == shown_) return;
    shown_ = percent / 10;
    long elapsed =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - started_).count();
    std::fprintf(stderr, "%s%3ld %%  %ld:%02ld", terminal_ ? "\033[K" : "", percent, elapsed / 60, elapsed % 60);
    if (terminal_) std::fprintf(stderr, "  %.60s", name);
    std::fputs(terminal_ ? "\r" : "\n", stderr);
    std::fflush(stderr);
  }

  bool terminal_ = false;
  long done_ = 0, total_ = 0, shown_ = -1;
  std::chrono::steady_clock::time_point started_;
  std::map<std::pair<std::string, int>, benchmark::IterationCount> iterations_;
};

Progress progress;

/* Instead of the table, where somebody watches the progress. */
class SilentReporter : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context &) override { return true; }
  void ReportRuns(const std::vector<Run> &) override {}
};

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
  if (options == nullptr) return;
  if (options->iterations != 0) row->Iterations(options->iterations);
  if (options->seconds > 0) row->MinTime(options->seconds);
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
  SilentReporter silent;
  bool to_json = writes_json(argc, argv);
  progress.start(argc, argv);
  benchmark::Initialize(&argc, argv, print_help);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  std::size_t matched =
      benchmark::RunSpecifiedBenchmarks(progress.enabled() ? &silent : nullptr, to_json ? &json : nullptr);
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
