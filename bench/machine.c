#include "machine.h"

#include <countersign/sha256_backend.h>
#include <countersign/version.h>
#include <hiredis/hiredis.h>
#include <openssl/crypto.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xxhash.h>

#include "../core/store/redis_server.h"
#include "peers/jwt_process.h"
#include "peers/mac.h"
#include "scratch.h"
#include "shim.h"

enum { TEXT_MAX = 256, FLAGS_MAX = 8192 };

/* The first line of a file, or of what a command prints; `otherwise` where there is none. */
static void first_line(FILE *file, char out[TEXT_MAX], const char *otherwise) {
  if (file == NULL || fgets(out, TEXT_MAX, file) == NULL) snprintf(out, TEXT_MAX, "%s", otherwise);
  out[strcspn(out, "\n")] = '\0';
  if (out[0] == '\0') snprintf(out, TEXT_MAX, "%s", otherwise);
}

static void add_command(const char *key, const char *command, const char *otherwise) {
  char text[TEXT_MAX];
  FILE *pipe = popen(command, "r");
  first_line(pipe, text, otherwise);
  if (pipe != NULL) pclose(pipe);
  csn_bench_add_context(key, text);
}

static void add_file(const char *key, const char *path) {
  char text[TEXT_MAX];
  FILE *file = fopen(path, "r");
  first_line(file, text, "unknown");
  if (file != NULL) fclose(file);
  csn_bench_add_context(key, text);
}

/* The value of a line "name : value" of /proc/cpuinfo, of the first processor. */
static bool cpu_line(const char *name, char *out, size_t size) {
  FILE *file = fopen("/proc/cpuinfo", "r");
  if (file == NULL) return false;
  bool found = false;
  while (!found && fgets(out, (int)size, file) != NULL) {
    char *colon = strchr(out, ':');
    if (colon == NULL || strncmp(out, name, strlen(name)) != 0) continue;
    found = true;
    memmove(out, colon + 1, strlen(colon + 1) + 1);
    out[strcspn(out, "\n")] = '\0';
    memmove(out, out + strspn(out, " "), strlen(out + strspn(out, " ")) + 1);
  }
  fclose(file);
  return found;
}

/* Those of the processor's features that hashing, encryption and vector scans can use. */
static void add_cpu_features(void) {
  static const char *const wanted[] = {"sha_ni", "avx2", "avx512f", "avx512ifma", "vaes",    "aes",      "rdtscp",
                                       "sha1",   "sha2", "sha512",  "asimd",      "atomics", "pclmulqdq"};
  static char flags[FLAGS_MAX];
  char text[TEXT_MAX] = "";
  if (!cpu_line("flags", flags, sizeof flags) && !cpu_line("Features", flags, sizeof flags)) flags[0] = '\0';
  char *state;
  for (char *flag = strtok_r(flags, " ", &state); flag != NULL; flag = strtok_r(NULL, " ", &state)) {
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
      if (strcmp(flag, wanted[i]) != 0) continue;
      snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", text[0] == '\0' ? "" : " ", flag);
    }
  }
  csn_bench_add_context("features", text[0] == '\0' ? "none of interest" : text);
}

static void add_hardware(void) {
  char text[TEXT_MAX];
  struct utsname name;
  if (uname(&name) == 0) {
    snprintf(text, sizeof text, "%s %s %s", name.sysname, name.release, name.machine);
    csn_bench_add_context("kernel", text);
  }
  csn_bench_add_context("processor", cpu_line("model name", text, sizeof text) ? text : "unknown");
  add_cpu_features();
  snprintf(text, sizeof text, "%ld", sysconf(_SC_NPROCESSORS_ONLN));
  csn_bench_add_context("cores", text);
  add_file("huge_pages", "/sys/kernel/mm/transparent_hugepage/enabled");
  csn_bench_add_context("scratch_file_system", csn_scratch_file_system());
}

/* The program may have another name: the one in its first argument decides what it does. */
static void add_redis(void) {
  const char *program = csn_redis_server_program();
  char text[TEXT_MAX] = "";
  int ends[2];
  if (program != NULL && pipe(ends) == 0) {
    pid_t child = fork();
    if (child == 0) {
      dup2(ends[1], STDOUT_FILENO);
      execl(program, "redis-server", "--version", (char *)NULL);
      _exit(127);
    }
    close(ends[1]);
    FILE *output = fdopen(ends[0], "r");
    first_line(output, text, "");
    if (output != NULL) fclose(output);
    if (child > 0) waitpid(child, NULL, 0);
  }
  char *version = strstr(text, "v=");
  if (version != NULL) version[strcspn(version, " ")] = '\0';
  csn_bench_add_context("redis", version != NULL ? version + 2 : program != NULL ? "unknown" : "not installed");
}

/* What the assembly of OpenSSL's SHA-256 selects on x86-64, the best first, by the words that CPUID filled, after the
 * mask of the environment variable OPENSSL_ia32cap: the low half of `first` is EDX of leaf 1, the high half ECX; the
 * low half of `second` is EBX of leaf 7. It takes AVX only where OpenSSL has noted in EDX that the processor is
 * Intel's. */
static const char *sha256_of_x86(unsigned long long first, unsigned long long second) {
  enum { BMI1_AVX2_BMI2 = 1 << 3 | 1 << 5 | 1 << 8 };
  const unsigned long long intel_avx_ssse3 = 1ULL << 30 | 1ULL << (32 + 28) | 1ULL << (32 + 9);
  if (second >> 29 & 1) return "SHA-NI, OpenSSL's choice";
  if ((second & BMI1_AVX2_BMI2) == BMI1_AVX2_BMI2) return "AVX2 and BMI, OpenSSL's choice";
  if ((first & intel_avx_ssse3) == intel_avx_ssse3) return "AVX, OpenSSL's choice";
  if (first >> (32 + 9) & 1) return "SSSE3, OpenSSL's choice";
  return "no vector instructions, OpenSSL's choice";
}

/* OpenSSL chooses how it hashes by what it lets itself see of the processor; Countersign chooses for itself. */
static void add_openssl(void) {
  enum { ARMV8_SHA256 = 1 << 4 };
  csn_bench_add_context("openssl", OpenSSL_version(OPENSSL_FULL_VERSION_STRING));
  const char *settings = OPENSSL_info(OPENSSL_INFO_CPU_SETTINGS), *sha256 = "unknown";
  unsigned long long first, second;
  if (settings != NULL && sscanf(settings, "OPENSSL_ia32cap=0x%llx:0x%llx", &first, &second) == 2) {
    sha256 = sha256_of_x86(first, second);
  } else if (settings != NULL && sscanf(settings, "OPENSSL_armcap=0x%llx", &first) == 1) {
    sha256 = first & ARMV8_SHA256 ? "ARMv8 SHA-256, OpenSSL's choice" : "no SHA-256 instructions, OpenSSL's choice";
  }
  csn_bench_add_context("openssl_cpu", settings == NULL ? "unknown" : settings);
  csn_bench_add_context("sha256_implementation", sha256);
  csn_bench_add_context("sha256_backend", csn_sha256_backend_name(csn_sha256_backend_get()));
}

/* What the peers are that run in processes of their own. */
static void add_process_peers(void) {
  static const char *const packages[] = {"jsonwebtoken", "jose", "fast-jwt"};
  static const char not_there[] = "not installed";
  char folder[CSN_JWT_FOLDER_MAX], version[CSN_JWT_VERSION_MAX];
  bool found = csn_jwt_peer_folder(folder);
  for (size_t i = 0; i < sizeof packages / sizeof packages[0]; i++) {
    if (found) csn_jwt_peer_version(folder, packages[i], version);
    csn_bench_add_context(packages[i], found ? version : not_there);
  }
  add_command("node", "node --version 2>/dev/null", not_there);
  add_command("pyjwt", "dpkg-query -W -f '${Version}' python3-jwt 2>/dev/null", not_there);
  add_command("python", "/usr/bin/python3 --version 2>/dev/null | cut -d ' ' -f 2", not_there);
}

static void add_libraries(void) {
  char text[TEXT_MAX];
  add_openssl();
  unsigned xxhash = XXH_versionNumber();
  snprintf(text, sizeof text, "%u.%u.%u", xxhash / 10000, xxhash / 100 % 100, xxhash % 100);
  csn_bench_add_context("xxhash", text);
  csn_bench_add_context("libsodium", csn_peer_sodium_version());
  csn_bench_add_context("libipsec_mb", csn_peer_ipsec_mb_version());
  csn_bench_add_context("sqlite", sqlite3_libversion());
  snprintf(text, sizeof text, "%d.%d.%d", HIREDIS_MAJOR, HIREDIS_MINOR, HIREDIS_PATCH);
  csn_bench_add_context("hiredis", text);
  /* Neither library has a function that names its version: the package does. */
  add_command("libjwt", "dpkg-query -W -f '${Version}' libjwt-dev 2>/dev/null", "unknown");
  add_command("google_benchmark", "dpkg-query -W -f '${Version}' libbenchmark-dev 2>/dev/null", "unknown");
  add_redis();
  add_process_peers();
}

void csn_machine_describe(void) {
  csn_bench_add_context("version", CSN_VERSION);
  /* In the project's own root only: elsewhere the commit would be that of another project. */
  add_command("commit",
              "test -f core/include/countersign/version.h && "
              "git describe --always --dirty --abbrev=40 --exclude='*' 2>/dev/null",
              "unknown");
#ifdef __clang__
  csn_bench_add_context("compiler", "clang " __clang_version__);
#else
  csn_bench_add_context("compiler", "gcc " __VERSION__);
#endif
  add_libraries();
  add_hardware();
}

/* The figure behind `name` in a file of lines such as "Anonymous:  1234 kB", in bytes. */
static double kilobytes_in(const char *path, const char *name) {
  char line[256];
  double sum = 0;
  FILE *file = fopen(path, "re");
  if (file == NULL) return 0;
  while (fgets(line, sizeof line, file) != NULL) {
    if (strncmp(line, name, strlen(name)) == 0) sum += strtod(line + strlen(name), NULL) * 1024;
  }
  fclose(file);
  return sum;
}

csn_memory_use csn_machine_memory(void) {
  csn_memory_use use = {
      .anonymous = kilobytes_in("/proc/self/smaps_rollup", "Anonymous:"),
      .huge = kilobytes_in("/proc/self/smaps_rollup", "AnonHugePages:"),
      .available = kilobytes_in("/proc/meminfo", "MemAvailable:"),
  };
  return use;
}
