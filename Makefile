# Countersign. `make help` lists the targets; every flavour of the build has its own directory under $(B).

B ?= build
CC_DEFAULT := gcc
TIME ?= 60
QUICK ?= 0
WERROR ?= 0
V ?= 0
PREFIX ?= /usr/local
# csn redact needs Hyperscan (x86) or Vectorscan, which is the same for others; HYPERSCAN=0 builds without it.
HYPERSCAN ?= $(if $(filter x86_64 i%86 aarch64,$(shell uname -m)),1,0)
export HYPERSCAN

.DEFAULT_GOAL := all
MAKEFLAGS += --no-builtin-rules -j$(shell nproc)
.SUFFIXES:
.SECONDARY:
.DELETE_ON_ERROR:

# One short line for each step, or the whole command with V=1.
Q := $(if $(filter 1,$(V)),,@)
say = $(if $(filter 1,$(V)),,@printf '  %-5s %s\n' $(1) $(2))

# ---- flavours: what a directory under $(B) is built with -------------------------------------------------------------
CT_FLAVOURS := ct-gcc-O2 ct-gcc-O3 ct-clang-O2 ct-clang-O3
FLAVOURS := release asan tsan fuzz $(CT_FLAVOURS)

WARNINGS := -Wall -Wextra -Wconversion -Wshadow $(if $(filter 1,$(WERROR)),-Werror)
HARDENING := -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIC
# The first call of a function that is bound lazily leaves the registers on the stack, and some may hold of a key.
LDFLAGS_NOW := -Wl,-z,relro,-z,now
CPPFLAGS_ALL := -D_GNU_SOURCE -Icore/include

CC_release := $(CC_DEFAULT)
CFLAGS_release := -O2 -g $(HARDENING)
CC_asan := $(CC_DEFAULT)
CFLAGS_asan := -O1 -g -fPIC -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
CC_tsan := $(CC_DEFAULT)
CFLAGS_tsan := -O1 -g -fsanitize=thread
CC_fuzz := clang
CFLAGS_fuzz := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=all
# valgrind reads no later format of debugging information from clang.
define ct_flavour
CC_ct-$(1)-$(2) := $(1)
CFLAGS_ct-$(1)-$(2) := -$(2) -gdwarf-4 $(HARDENING) -DCSN_CT_VALGRIND
endef
$(foreach c,gcc clang,$(foreach o,O2 O3,$(eval $(call ct_flavour,$(c),$(o)))))

# ---- sources --------------------------------------------------------------------------------------------------------
CORE_SRC := $(wildcard core/src/*.c) core/store/nonce_file.c core/store/nonce_memory.c
SQLITE_SRC := core/store/sqlite_aead.c core/store/sqlite_refresh.c core/store/sqlite_file.c core/store/sqlite_purge.c \
	core/store/seal.c core/store/record.c
REDIS_SRC := core/store/redis.c core/store/redis_link.c core/store/seal.c core/store/record.c
REDIS_SERVER_SRC := core/store/redis_server.c
REPORT_SRC := $(filter-out reports/test_%,$(wildcard reports/*.c))
REDACT_SRC := tools/redact_config.c $(if $(filter 1,$(HYPERSCAN)),tools/redact.c tools/redact_rules.c tools/redact_forms.c,tools/redact_none.c)
TOOL_SRC := $(filter-out tools/test_% tools/redact%,$(wildcard tools/*.c)) $(REDACT_SRC)
BENCH_SRC := $(filter-out bench/peers/test_%,$(wildcard bench/*.c bench/peers/*.c))
BENCH_CXX := bench/shim.cc $(wildcard bench/peers/*.cc)
STUDY_SRC := $(wildcard bench/studies/*.c)
STUDY_SHARED := bench/workload.c bench/steps.c bench/live_nonces.c bench/request_pool.c
STUDY_NAMES := $(STUDY_SRC:bench/studies/%.c=csn-%)
PEER_SCRIPTS := $(addprefix $(B)/peers/,jwt_peer.mjs jwt_peer.py)
PEER_SRC := bench/peers/mutex_map.c bench/peers/nonce_peers.c bench/peers/urcu_lfht.c
PEER_CXX := $(wildcard bench/peers/*.cc)
MAC_PEER_SRC := bench/peers/openssl_mac.c bench/peers/libsodium.c bench/peers/libipsec_mb.c
FUZZ_SRC := $(wildcard fuzz/fuzz_*.c)
FUZZ_NAMES := $(FUZZ_SRC:fuzz/%.c=%)
TEST_SRC := $(wildcard core/test/test_*.c core/store/test_*.c tools/test_*.c reports/test_*.c bench/peers/test_*.c)
TEST_SRC := $(if $(filter 1,$(HYPERSCAN)),$(TEST_SRC),$(filter-out tools/test_redact% tools/test_cli_redact.c,$(TEST_SRC)))

LIBS_CORE := -lcrypto -lxxhash -lpthread
LIBS_REDACT := $(if $(filter 1,$(HYPERSCAN)),-lhs)
LIBS_TOOL := -ljansson -lsqlite3 $(LIBS_REDACT) $(LIBS_CORE) -lm
LIBS_PEERS := -lurcu-qsbr -lurcu-cds
# libipsec-mb is for x86-64. Asked for when it is linked, as tools/setup may have installed it by then.
LIBS_MAC_PEERS = -lsodium $(if $(filter x86_64,$(shell uname -m)),$(if $(wildcard /usr/include/intel-ipsec-mb.h),-lIPSec_MB))
LIBS_BENCH = -lbenchmark -ljwt -lcjose $(LIBS_MAC_PEERS) -lsqlite3 -lhiredis $(LIBS_REDACT) $(LIBS_PEERS) $(LIBS_CORE) -lstdc++ -lm
LIBS_TEST := -lcmocka -lhiredis $(LIBS_TOOL)

# What `make install` installs, and tools/check-headers compiles.
PUBLIC_HEADERS := $(wildcard core/include/countersign/*.h) core/store/nonce_file.h core/store/sqlite_aead.h \
	core/store/sqlite_refresh.h core/store/redis.h tools/redact.h
export PUBLIC_HEADERS
SOURCES := $(wildcard $(foreach d,core/include/countersign core/src core/store core/test core/test/ct core/test/model core/test/differential bench bench/peers \
	bench/studies fuzz tools reports,$(d)/*.c $(d)/*.h $(d)/*.cc))

# ---- what each target needs on a Debian machine; tools/setup installs what is missing --------------------------------
# All that the goal needs is asked for at once, so that it is one installation, or one command to run by hand.
SETUP_GROUPS := lib $(if $(filter all csn redact install,$(or $(MAKECMDGOALS),all)),csn sqlite) $(if $(filter stores install,$(MAKECMDGOALS)),stores) \
	$(if $(filter test test-build tsan,$(MAKECMDGOALS)),csn stores test) $(if $(filter test test-build,$(MAKECMDGOALS)),bench) \
	$(if $(filter report bench,$(MAKECMDGOALS)),csn stores bench) $(if $(filter fuzz,$(MAKECMDGOALS)),fuzz) \
	$(if $(filter ct,$(MAKECMDGOALS)),csn sqlite ct) $(if $(filter peers,$(MAKECMDGOALS)),peers) $(if $(filter model,$(MAKECMDGOALS)),model) $(if $(filter differential,$(MAKECMDGOALS)),csn differential) $(if $(filter warnings everything,$(MAKECMDGOALS)),csn stores bench test model fuzz)

define setup
$(B)/.setup-$(1): tools/setup
	@sh tools/setup $(1) $(SETUP_GROUPS)
	@mkdir -p $$(@D) && touch $$@
endef
$(foreach group,lib csn sqlite stores test ct bench peers model differential fuzz check corpus,$(eval $(call setup,$(group))))

# -DMACRO="VERSION" of an installed package, or nothing.
VERSION_FLAG :=
version_flag = $(patsubst %,-D$(1)='"%"',$(shell dpkg-query -W -f '$${source:Upstream-Version}' $(2) 2>/dev/null))

# ---- rules for each flavour ------------------------------------------------------------------------------------------
define flavour
$(B)/$(1)/%.o: %.c | $(B)/.setup-lib
	@mkdir -p $$(@D)
	$$(call say,CC,$$@)
	$$(Q)$$(CC_$(1)) -std=c11 $$(CPPFLAGS_ALL) $$(VERSION_FLAG) $$(WARNINGS) $$(CFLAGS_$(1)) $$(CFLAGS) -MMD -MP -c $$< -o $$@

$(B)/$(1)/libcountersign.a: $$(CORE_SRC:%.c=$(B)/$(1)/%.o)
	@rm -f $$@
	$$(call say,AR,$$@)
	$$(Q)$$(AR) rcs $$@ $$^
$(B)/$(1)/libcountersign-sqlite.a: $$(SQLITE_SRC:%.c=$(B)/$(1)/%.o)
	@rm -f $$@
	$$(call say,AR,$$@)
	$$(Q)$$(AR) rcs $$@ $$^
$(B)/$(1)/libcountersign-redis.a: $$(REDIS_SRC:%.c=$(B)/$(1)/%.o)
	@rm -f $$@
	$$(call say,AR,$$@)
	$$(Q)$$(AR) rcs $$@ $$^

$(B)/$(1)/libcountersign-redact.a: $$(REDACT_SRC:%.c=$(B)/$(1)/%.o)
	@rm -f $$@
	$$(call say,AR,$$@)
	$$(Q)$$(AR) rcs $$@ $$^

$(B)/$(1)/csn: $$(TOOL_SRC:%.c=$(B)/$(1)/%.o) $$(REPORT_SRC:%.c=$(B)/$(1)/%.o) $(B)/$(1)/libcountersign-sqlite.a \
		$(B)/$(1)/libcountersign.a
	$$(call say,LINK,$$@)
	$$(Q)$$(CC_$(1)) $$(CFLAGS_$(1)) $$(CFLAGS) $$(LDFLAGS_NOW) $$(LDFLAGS) $$^ $$(LIBS_TOOL) -o $$@

# A test is linked with everything but the tool's main(): it may call any internal function.
$(B)/$(1)/tests/%: $(B)/$(1)/%.o $(B)/$(1)/core/test/backend_argument.o $$(REDIS_SERVER_SRC:%.c=$(B)/$(1)/%.o) $$(filter-out %/csn.o,$$(TOOL_SRC:%.c=$(B)/$(1)/%.o)) $$(REPORT_SRC:%.c=$(B)/$(1)/%.o) \
		$(B)/$(1)/libcountersign-sqlite.a $(B)/$(1)/libcountersign-redis.a $(B)/$(1)/libcountersign.a
	@mkdir -p $$(@D)
	$$(call say,LINK,$$@)
	$$(Q)$$(CC_$(1)) $$(CFLAGS_$(1)) $$(CFLAGS) $$(LDFLAGS) $$^ $$(LIBS_TEST) -o $$@

# What this test loads and unloads: an object that contains the library.
$(B)/$(1)/tests/core/test/test_nonce_unload: | $(B)/$(1)/tests/core/test/test_nonce_unload.so
$(B)/$(1)/tests/core/test/test_nonce_unload.so: $(B)/$(1)/libcountersign.a
	@mkdir -p $$(@D)
	$$(call say,LINK,$$@)
	$$(Q)$$(CC_$(1)) $$(CFLAGS_$(1)) $$(CFLAGS) $$(LDFLAGS) -shared -Wl,--whole-archive $$^ -Wl,--no-whole-archive $$(LIBS_CORE) -o $$@

# The test of the benchmarks' peers is linked with these, and with nothing of ours.
$(B)/$(1)/tests/bench/peers/test_peers: $(B)/$(1)/bench/peers/test_peers.o $$(PEER_SRC:%.c=$(B)/$(1)/%.o) $$(PEER_CXX:%.cc=$(B)/$(1)/%.o)
	@mkdir -p $$(@D)
	$$(call say,LINK,$$@)
	$$(Q)$(CXX) $$(CFLAGS_$(1)) $$(CFLAGS) $$(LDFLAGS) $$^ -lcmocka $$(LIBS_PEERS) -lpthread -o $$@

# So are the tests of those in processes, with what they verify.
PROCESS_TESTS_$(1) := $(B)/$(1)/tests/bench/peers/test_process $(B)/$(1)/tests/bench/peers/test_jwt_process
$$(PROCESS_TESTS_$(1)): $(B)/$(1)/tests/%: $(B)/$(1)/%.o $$(patsubst %,$(B)/$(1)/bench/%.o,peers/process peers/jwt_process token_key workload) \
		$(B)/$(1)/libcountersign.a | $(PEER_SCRIPTS)
	@mkdir -p $$(@D)
	$$(call say,LINK,$$@)
	$$(Q)$$(CC_$(1)) $$(CFLAGS_$(1)) $$(CFLAGS) $$(LDFLAGS) $$^ -lcmocka $$(LIBS_CORE) -o $$@

# That of the peers of MACs as well, but for what says that one of them failed.
$(B)/$(1)/tests/bench/peers/test_mac_peers: $(B)/$(1)/bench/peers/test_mac_peers.o $$(MAC_PEER_SRC:%.c=$(B)/$(1)/%.o) \
		$(B)/$(1)/bench/workload.o $(B)/$(1)/libcountersign.a
	@mkdir -p $$(@D)
	$$(call say,LINK,$$@)
	$$(Q)$$(CC_$(1)) $$(CFLAGS_$(1)) $$(CFLAGS) $$(LDFLAGS) $$^ -lcmocka $$(LIBS_MAC_PEERS) $$(LIBS_CORE) -o $$@

# The replay driver: a fuzz target without libFuzzer, run over a corpus.
$(B)/$(1)/replay/%: $(B)/$(1)/fuzz/%.o $(B)/$(1)/fuzz/replay.o $(B)/$(1)/libcountersign.a
	@mkdir -p $$(@D)
	$$(call say,LINK,$$@)
	$$(Q)$$(CC_$(1)) $$(CFLAGS_$(1)) $$(CFLAGS) $$(LDFLAGS) $$^ $$(LIBS_CORE) -o $$@

# The benchmarks: C, but for the shim and the adapters to peers that are C++ themselves.
$(B)/$(1)/bench/%.o: bench/%.cc | $(B)/.setup-bench
	@mkdir -p $$(@D)
	$$(call say,CXX,$$@)
	$$(Q)$(CXX) -std=c++17 $$(CPPFLAGS_ALL) $$(VERSION_FLAG) -Wall -Wextra -Wshadow $$(if $$(filter 1,$$(WERROR)),-Werror) -O2 -g \
		$$(filter -fsanitize% -fno-sanitize%,$$(CFLAGS_$(1))) -MMD -MP -c $$< -o $$@
$(B)/$(1)/bench/csn-bench: $$(BENCH_SRC:%.c=$(B)/$(1)/%.o) $$(BENCH_CXX:%.cc=$(B)/$(1)/%.o) $$(REDIS_SERVER_SRC:%.c=$(B)/$(1)/%.o) \
		$$(REDACT_SRC:%.c=$(B)/$(1)/%.o) \
		$(B)/$(1)/libcountersign-sqlite.a $(B)/$(1)/libcountersign-redis.a $(B)/$(1)/libcountersign.a | $(PEER_SCRIPTS)
	$$(call say,LINK,$$@)
	$$(Q)$(CXX) $$(CFLAGS_$(1)) $$(CFLAGS) $$(LDFLAGS) $$^ $$(LIBS_BENCH) -o $$@

# Studies: programs whose results are no times.
$(B)/$(1)/bench/csn-%: $(B)/$(1)/bench/studies/%.o $$(STUDY_SHARED:%.c=$(B)/$(1)/%.o) $$(PEER_SRC:%.c=$(B)/$(1)/%.o) $$(PEER_CXX:%.cc=$(B)/$(1)/%.o) \
		$(B)/$(1)/libcountersign.a
	$$(call say,LINK,$$@)
	$$(Q)$(CXX) $$(CFLAGS_$(1)) $$(CFLAGS) $$(LDFLAGS) $$^ $$(LIBS_PEERS) $$(LIBS_CORE) -lstdc++ -lm -o $$@

# Versions that the libraries' headers do not tell; where they are not Debian's, the sources say "as installed".
$(B)/$(1)/bench/peers/urcu_lfht.o: VERSION_FLAG = $$(call version_flag,CSN_LIBURCU_VERSION,liburcu-dev)
$(B)/$(1)/bench/peers/libcuckoo.o: VERSION_FLAG = $$(call version_flag,CSN_LIBCUCKOO_VERSION,libcuckoo-dev)

# What the sources of each part include must be there before they are compiled.
$$(TOOL_SRC:%.c=$(B)/$(1)/%.o) $$(REPORT_SRC:%.c=$(B)/$(1)/%.o): | $(B)/.setup-csn
$$(SQLITE_SRC:%.c=$(B)/$(1)/%.o): | $(B)/.setup-sqlite
$$(TEST_SRC:%.c=$(B)/$(1)/%.o) $$(REDIS_SRC:%.c=$(B)/$(1)/%.o): | $(B)/.setup-stores
$$(TEST_SRC:%.c=$(B)/$(1)/%.o): | $(B)/.setup-test
$$(BENCH_SRC:%.c=$(B)/$(1)/%.o) $$(STUDY_SRC:%.c=$(B)/$(1)/%.o) $(B)/$(1)/bench/peers/test_mac_peers.o: | $(B)/.setup-bench $(B)/.setup-stores

TESTS_$(1) := $$(TEST_SRC:%.c=$(B)/$(1)/tests/%)
REPLAYS_$(1) := $$(FUZZ_NAMES:%=$(B)/$(1)/replay/%)
endef
$(foreach f,$(FLAVOURS),$(eval $(call flavour,$(f))))
-include $(foreach f,$(FLAVOURS),$(shell test -d $(B)/$(f) && find $(B)/$(f) -name '*.d'))

# libFuzzer and clang's own runtime, for the fuzz targets only.
$(FUZZ_SRC:%.c=$(B)/fuzz/%.o) $(CORE_SRC:%.c=$(B)/fuzz/%.o): | $(B)/.setup-fuzz
$(FUZZ_NAMES:%=$(B)/fuzz/bin/%): $(B)/fuzz/bin/%: $(B)/fuzz/fuzz/%.o $(B)/fuzz/libcountersign.a
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)clang $(CFLAGS_fuzz) -fsanitize=fuzzer $^ $(LIBS_CORE) -o $@

# Scripts of the benchmarks' peers stand where `make peers` installs what they import.
$(PEER_SCRIPTS): $(B)/peers/%: bench/peers/%
	@mkdir -p $(@D)
	@cp $< $@

include core/test/model/model.mk
include core/test/ct/ct.mk

# ---- targets --------------------------------------------------------------------------------------------------------
.PHONY: seeds all help lib csn bench peers stores redact test test-build tsan fuzz differential report corpus format format-check warnings warnings-clang everything \
	install clean

all: lib csn ## The library and the command line tool

help: ## This list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' Makefile core/test/model/model.mk core/test/ct/ct.mk
	@echo
	@echo "  B=DIR          build there instead of in build/"
	@echo "  QUICK=1        make report: a minute or two instead of ten"
	@echo "  TIME=SECONDS   make fuzz: how long each target runs (default 60)"
	@echo "  COUNT=N        make differential: tokens (default 100000); SEED=N: other ones"
	@echo "  WERROR=1       warnings are errors"
	@echo "  V=1            shows the commands"

lib: $(B)/release/libcountersign.a ## The core: build/release/libcountersign.a

csn: $(B)/release/csn ## The command line tool: build/release/csn

stores: $(B)/release/libcountersign-sqlite.a $(B)/release/libcountersign-redis.a ## The stores that need a client library

redact: $(B)/release/libcountersign-redact.a ## The redactor of log lines as a library, which needs Hyperscan

bench: $(B)/release/bench/csn-bench $(STUDY_NAMES:%=$(B)/release/bench/%) ## The benchmarks: build/release/bench/csn-bench

peers: $(PEER_SCRIPTS) | $(B)/.setup-peers ## What the benchmarks compare with in other languages, from npm and Debian
	sh tools/fetch-npm $(B)/peers

# Everything runs under the address and undefined-behaviour sanitizers and as it is shipped; what threads share runs
# under the thread sanitizer, too. The fuzz targets replay their corpora without libFuzzer.
TSAN_TESTS := $(filter %nonce_table %nonce_stress %nonce_history %nonce_brink %nonce_stats %nonce_lanes %audit_queue %key_threads %sigv4_cache %header_cache %audit_writer %api_key_store %refresh_memory %rotation %epoch %sha256_backend %verify_threads,$(TESTS_tsan))
# These replace the allocator, which the sanitizers have done before them, or look at frames, which they lay out.
ASAN_TESTS := $(filter-out %/test_allocation %/test_verify_costs %/test_wiping %/test_stack,$(TESTS_asan))
# What hashes runs on each back-end of SHA-256 that this machine has; but not what counts digests, which it does on
# OpenSSL's code, what spends its time on asymmetric keys, and test_mac_many, which runs on all of them by itself.
CPU_FLAGS := $(shell sed -n '/^flags/{p;q}' /proc/cpuinfo)
has_flags = $(if $(filter-out $(CPU_FLAGS),$(1)),,1)
BACKENDS := openssl $(if $(call has_flags,avx2),avx2) $(if $(call has_flags,sha_ni),sha_ni) \
	$(if $(call has_flags,sha_ni avx512f avx512bw avx512vl),avx512)
HASHING := $(addprefix test_,hmac stack verify% vectors vectors_http_signature vectors_sigv4 jwt% jwks sign keyring http_sign% sigv4% \
	presets api_key token content_digest body_field refresh_memory rfc8725 behaviour equality seal)
COUNTS_DIGESTS := $(patsubst core/test/%.c,\%/%,$(shell grep -l 'include "count_digests.h"' core/test/test_*.c))
BACKEND_TESTS := $(foreach t,$(filter-out $(COUNTS_DIGESTS) %/bench/peers/test_jwt_process,$(TESTS_release)),$(if $(filter $(HASHING),$(notdir $(t))),$(t)))
TEST_RUNS = $(TESTS_release) $(ASAN_TESTS) $(TSAN_TESTS) \
	$(foreach backend,$(BACKENDS),$(BACKEND_TESTS:%=%:--backend=$(backend))) \
	sh:fuzz/check-seeds:$(B)/release/fuzz/make_seeds \
	python3:tools/check-policy-schema:$(B)/release/csn \
	python3:tools/check-vectors-schema \
	sh:tools/check-headers:$(CC_release):$(CXX) \
	$(foreach n,$(FUZZ_NAMES),$(B)/asan/replay/$(n):corpus/seeds/$(n):corpus/regressions/$(n))

test-build: $(TESTS_release) $(ASAN_TESTS) $(TSAN_TESTS) $(REPLAYS_asan) $(B)/release/csn $(B)/asan/csn $(B)/release/fuzz/make_seeds

test: test-build ## Builds and runs every test, sanitizers included
	@sh tools/run-tests $(TEST_RUNS)

tsan: $(TSAN_TESTS) ## Only the thread sanitizer's part of the tests
	@sh tools/run-tests $(TSAN_TESTS)

fuzz: $(FUZZ_NAMES:%=$(B)/fuzz/bin/%) ## Fuzzes each target for TIME seconds, with libFuzzer (clang)
	@sh fuzz/run $(B)/fuzz/bin $(TIME)

$(B)/release/fuzz/make_seeds: $(B)/release/fuzz/make_seeds.o
	$(call say,LINK,$@)
	$(Q)$(CC_release) $(CFLAGS_release) $(CFLAGS) $(LDFLAGS) $^ -lcrypto -o $@
seeds: $(B)/release/fuzz/make_seeds ## Makes the seeds in corpus/seeds anew
	$< corpus/seeds

# Tokens judged by other libraries, too: see core/test/differential/README.md.
COUNT ?= 100000
SEED ?= 1
$(B)/release/core/test/differential/libjwt.o: | $(B)/.setup-differential
$(B)/release/differential/libjwt: $(B)/release/core/test/differential/libjwt.o
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC_release) $(CFLAGS_release) $(CFLAGS) $(LDFLAGS) $^ -ljwt -ljansson -o $@
differential: $(B)/release/csn $(B)/release/differential/libjwt ## Compares verdicts on COUNT tokens with PyJWT, jose and libjwt
	@sh core/test/differential/run $(B)/release/csn $(B)/release/differential/libjwt $(B)/differential $(COUNT) $(SEED)

report: bench csn ## Runs the benchmarks, writes reports/out/report.html, .md and results.json (QUICK=1: short)
	@QUICK=$(QUICK) sh reports/run $(B)/release/bench/csn-bench $(B)/release/csn reports/out

corpus: | $(B)/.setup-corpus ## Makes the vectors in corpus/vectors anew, with other people's signers
	B=$(B) sh corpus/generate/all.sh

warnings: warnings-clang ## Compiles everything with gcc and clang, warnings as errors
	$(MAKE) B=$(B)/warnings-gcc WERROR=1 everything
warnings-clang: | $(B)/.setup-fuzz
	$(MAKE) B=$(B)/warnings-clang WERROR=1 CC_DEFAULT=clang CXX=clang++ everything
everything: lib csn stores redact bench $(TESTS_release) $(REPLAYS_release) $(MODEL)/model-1 $(MODEL)/model-2 $(MODEL)/model-epoch

format: | $(B)/.setup-check ## Formats the sources
	clang-format -i $(SOURCES)
format-check: | $(B)/.setup-check ## Fails where a source is not formatted
	clang-format --dry-run --Werror $(SOURCES)

install: lib csn stores redact ## Installs under PREFIX (default /usr/local), below DESTDIR
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib $(DESTDIR)$(PREFIX)/include/countersign \
		$(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(PREFIX)/share/man/man5 $(DESTDIR)$(PREFIX)/share/countersign
	install $(B)/release/csn $(DESTDIR)$(PREFIX)/bin
	install -m 644 $(B)/release/libcountersign*.a $(DESTDIR)$(PREFIX)/lib
	install -m 644 $(PUBLIC_HEADERS) \
		$(DESTDIR)$(PREFIX)/include/countersign
	install -m 644 tools/man/*.1 $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 644 tools/man/*.5 $(DESTDIR)$(PREFIX)/share/man/man5
	install -m 644 tools/policy.schema.json $(DESTDIR)$(PREFIX)/share/countersign

clean: ## Removes what was built
	rm -rf $(B) reports/out fuzz/out
