# Constant time: the core as it is shipped but for the marks of ct.h, and a driver that valgrind runs.

CT_SRC := $(wildcard core/test/ct/*.c)

# The tool's part reads the vectors; it is not looked at, and the same for all.
define ct_driver
$(CORE_SRC:%.c=$(B)/$(1)/%.o) $(CT_SRC:%.c=$(B)/$(1)/%.o): | $(B)/.setup-ct
$(CT_SRC:%.c=$(B)/$(1)/%.o): | $(B)/.setup-csn
$(B)/$(1)/constant_time: $(CT_SRC:%.c=$(B)/$(1)/%.o) $(filter-out %/csn.o,$(TOOL_SRC:%.c=$(B)/release/%.o)) \
		$(REPORT_SRC:%.c=$(B)/release/%.o) $(B)/release/libcountersign-sqlite.a $(B)/$(1)/libcountersign.a
	$$(call say,LINK,$$@)
	$$(Q)$$(CC_$(1)) $$(CFLAGS_$(1)) $$(CFLAGS) $$(LDFLAGS_NOW) $$(LDFLAGS) $$^ -lcmocka $$(LIBS_TOOL) -o $$@
endef
$(foreach f,$(CT_FLAVOURS),$(eval $(call ct_driver,$(f))))

.PHONY: ct
ct: $(CT_FLAVOURS:%=$(B)/%/constant_time) ## Looks for secrets that time could tell: gcc and clang, -O2 and -O3, valgrind
	@sh tools/run-tests $(foreach f,$(CT_FLAVOURS),valgrind:--quiet:--error-limit=no:$(B)/$(f)/constant_time $(B)/$(f)/constant_time)
