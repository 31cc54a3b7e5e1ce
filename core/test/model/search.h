/* An exhaustive scheduler for Relacy that leaves out what cannot make a difference.
 *
 * Relacy's own full search may switch threads before every access: too many orders for two claims, most of them alike.
 * This search switches threads only after a write (a compare-and-swap, done or not): a thread goes on from one write to
 * its next. Every execution that Relacy knows is like one of these. For a load changes nothing that other threads see,
 * and what it may return depends on that word's writes so far and on what its thread has seen; so it can be put off
 * until just before its thread's next write, and there may still return the value that it did, as an old one. For that
 * Relacy must remember old values: all of an execution, which model.cc checks (MODEL_HISTORY). */
#ifndef CSN_MODEL_SEARCH_H
#define CSN_MODEL_SEARCH_H

#include <relacy/relacy.hpp>

const unsigned MODEL_THREADS_MAX = 3;
const unsigned MODEL_HISTORY = 16; /* model.mk has it written into a copy of Relacy's headers */
static_assert(rl::atomic_history_size == MODEL_HISTORY, "old values are remembered");

/* Whether the access that each thread is about to make may write. */
extern bool model_writes[MODEL_THREADS_MAX];

template <rl::thread_id_t thread_count>
class write_search : public rl::scheduler<write_search<thread_count>, rl::scheduler_thread_info, thread_count> {
 public:
  typedef rl::scheduler<write_search<thread_count>, rl::scheduler_thread_info, thread_count> base;
  typedef typename base::shared_context_t shared_context_t;
  struct task_t {};

  write_search(rl::test_params &params, shared_context_t &context, rl::thread_id_t dynamic_threads)
      : base(params, context, dynamic_threads), depth_(0) {}

  rl::thread_id_t iteration_begin_impl() {
    depth_ = 0;
    for (rl::thread_id_t i = 0; i < thread_count; i++) at_choice_[i] = true;
    started_ = 1;
    return 0;
  }

  /* True where there is nothing left. */
  bool iteration_end_impl() {
    RL_VERIFY(depth_ == choices_.size());
    while (!choices_.empty() && choices_.back().taken + 1 == choices_.back().count) choices_.pop_back();
    if (choices_.empty()) return true;
    choices_.back().taken++;
    return false;
  }

  /* Before every access, and after a thread's last. */
  rl::thread_id_t schedule_impl(rl::unpark_reason &reason, unsigned) {
    reason = rl::unpark_reason_normal;
    if (started_ < thread_count) return started_++; /* up to its first access, which does nothing yet */
    rl::thread_id_t next = this->thread_->index_;
    if (!running(next) || at_choice_[next]) next = choose_thread();
    at_choice_[next] = model_writes[next];
    return next;
  }

  unsigned rand_impl(unsigned limit, rl::sched_type) { return choose(limit); }

  /* Relacy plays an execution that failed once more, to record it. */
  void get_state_impl(std::ostream &out) {
    out << choices_.size() << " ";
    for (size_t i = 0; i < choices_.size(); i++) out << choices_[i].taken << " " << choices_[i].count << " ";
  }
  void set_state_impl(std::istream &in) {
    size_t size = 0;
    in >> size;
    for (size_t i = 0; i < size; i++) {
      choice c = {0, 0};
      in >> c.taken >> c.count;
      choices_.push_back(c);
    }
  }

  rl::iteration_t iteration_count_impl() { return this->iter_ + 1; }
  void thread_finished_impl() {}
  void purge_blocked_threads() {}
  void on_thread_block(rl::thread_id_t, bool) {}

 private:
  struct choice {
    unsigned taken, count;
  };
  typename rl::vector<choice>::type choices_; /* of this execution */
  size_t depth_;                              /* made so far */
  bool at_choice_[thread_count];              /* the thread has made a write, or nothing yet */
  rl::thread_id_t started_;

  bool running(rl::thread_id_t i) const { return this->threads_[i].state_ == rl::thread_state_running; }

  rl::thread_id_t choose_thread() {
    rl::thread_id_t threads[thread_count];
    unsigned count = 0;
    for (rl::thread_id_t i = 0; i < thread_count; i++) {
      if (running(i)) threads[count++] = i;
    }
    return threads[choose(count)];
  }

  unsigned choose(unsigned count) {
    if (count == 1) return 0;
    if (depth_ == choices_.size()) {
      choice c = {0, count};
      choices_.push_back(c);
    }
    RL_VERIFY(choices_[depth_].count == count);
    return choices_[depth_++].taken;
  }

  RL_NOCOPY(write_search);
};

#endif
