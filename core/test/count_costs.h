/* What a function costs besides its own work: blocks of memory, locks and system calls. Allocator and locks of this
 * program stand before the C library's, and count; the sanitizers have done the same before them, and do not go with
 * it. System calls are counted by the kernel: the function runs in a child where none is permitted, and each is
 * trapped. To be included by one file of a program. */
#ifndef CSN_TEST_COUNT_COSTS_H
#define CSN_TEST_COUNT_COSTS_H

#include <dlfcn.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct costs {
  size_t allocations, frees, locks, calls;
  int first_call; /* number of the first system call; 0: none, or read() */
} costs;

static costs *counted; /* shared with the child */

/* ---- memory ---- */

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *ptr);

static void count_allocation(void) {
  if (counted != NULL) counted->allocations++;
}

void *malloc(size_t size) {
  count_allocation();
  return __libc_malloc(size);
}
void *calloc(size_t count, size_t size) {
  count_allocation();
  return __libc_calloc(count, size);
}
void *realloc(void *old, size_t size) {
  count_allocation();
  if (counted != NULL && old != NULL) counted->frees++;
  return __libc_realloc(old, size);
}
void *aligned_alloc(size_t alignment, size_t size) {
  count_allocation();
  return __libc_memalign(alignment, size);
}
void *memalign(size_t alignment, size_t size) {
  count_allocation();
  return __libc_memalign(alignment, size);
}
int posix_memalign(void **out, size_t alignment, size_t size) {
  count_allocation();
  *out = __libc_memalign(alignment, size);
  return *out == NULL ? ENOMEM : 0;
}
void free(void *ptr) {
  if (counted != NULL && ptr != NULL) counted->frees++;
  __libc_free(ptr);
}
void *mmap(void *where, size_t size, int protection, int flags, int fd, off_t offset) {
  count_allocation();
  return (void *)syscall(SYS_mmap, where, size, protection, flags, fd, offset);
}

/* ---- locks, and what else one thread may wait in for another ---- */

#define COUNTED_LOCK(name, type)                                 \
  int name(type *lock) {                                         \
    static int (*real)(type *);                                  \
    if (real == NULL) *(void **)&real = dlsym(RTLD_NEXT, #name); \
    if (counted != NULL) counted->locks++;                       \
    return real(lock);                                           \
  }
COUNTED_LOCK(pthread_mutex_lock, pthread_mutex_t)
COUNTED_LOCK(pthread_mutex_trylock, pthread_mutex_t)
COUNTED_LOCK(pthread_rwlock_rdlock, pthread_rwlock_t)
COUNTED_LOCK(pthread_rwlock_tryrdlock, pthread_rwlock_t)
COUNTED_LOCK(pthread_rwlock_wrlock, pthread_rwlock_t)
COUNTED_LOCK(pthread_rwlock_trywrlock, pthread_rwlock_t)
COUNTED_LOCK(pthread_spin_lock, pthread_spinlock_t)
COUNTED_LOCK(pthread_spin_trylock, pthread_spinlock_t)
COUNTED_LOCK(sem_wait, sem_t)
COUNTED_LOCK(sem_trywait, sem_t)
#undef COUNTED_LOCK

int pthread_once(pthread_once_t *once, void (*start)(void)) {
  static int (*real)(pthread_once_t *, void (*)(void));
  if (real == NULL) *(void **)&real = dlsym(RTLD_NEXT, "pthread_once");
  if (counted != NULL) counted->locks++;
  return real(once, start);
}

/* ---- system calls ---- */

static void note_call(int signal_number, siginfo_t *info, void *context) {
  (void)signal_number, (void)context;
  if (counted->calls++ == 0) counted->first_call = info->si_syscall;
}

/* From now on all but the return from the handler and the end is trapped. */
static bool lock_up(void) {
  struct sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_rt_sigreturn, 1, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
  };
  struct sock_fprog program = {.len = sizeof filter / sizeof filter[0], .filter = filter};
  struct sigaction action = {.sa_sigaction = note_call, .sa_flags = SA_SIGINFO};
  return sigaction(SIGSYS, &action, NULL) == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

/* ---- the count ---- */

enum {
  COSTS_JAILED = 1,     /* every system call is trapped; else none is counted */
  COSTS_NEW_THREAD = 2, /* in a thread that has done nothing before */
};

enum { COSTS_NO_JAIL = 3, COSTS_DONE = 4 };

typedef struct costs_work {
  void (*work)(void *);
  void *context;
  unsigned mode;
} costs_work;

static void *costs_child(void *argument) {
  const costs_work *w = argument;
  if ((w->mode & COSTS_JAILED) != 0 && !lock_up()) _exit(COSTS_NO_JAIL);
  memset(counted, 0, sizeof *counted);
  w->work(w->context);
  _exit(COSTS_DONE);
}

/* Runs `work` in a child, of which nothing comes back but what it writes to memory of costs_shared(). False where the
 * machine lets nobody filter system calls, or the child came to no good end. */
static bool costs_of(unsigned mode, void (*work)(void *), void *context, costs *out) {
  costs_work w = {work, context, mode};
  int status = 0;
  pthread_t thread;
  pid_t child = fork();
  if (child == 0 && (mode & COSTS_NEW_THREAD) == 0) (void)costs_child(&w);
  if (child == 0 && pthread_create(&thread, NULL, costs_child, &w) == 0) (void)pthread_join(thread, NULL);
  if (child == 0) _exit(1);
  bool ended = child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status);
  *out = *counted;
  if (ended && WEXITSTATUS(status) == COSTS_DONE) return true;
  bool no_jail = ended && WEXITSTATUS(status) == COSTS_NO_JAIL;
  (void)fprintf(stderr, "%s (status 0x%x)\n",
                no_jail ? "no filter of system calls is permitted here: none can be counted" : "the child failed",
                (unsigned)status);
  return false;
}

static void *costs_shared(size_t size) {
  void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) abort();
  return memory;
}

/* To be called once, first. */
static void costs_begin(void) {
  counted = costs_shared(sizeof *counted);
}

#endif
