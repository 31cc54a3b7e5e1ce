# The model of the nonce table: the sources of its claim and its clock under Relacy, with lines of one slot and of two;
# and that of the keyring's epoch.
# Relacy remembers three values of a word; search.h needs more.

MODEL := $(B)/model
MODEL_HISTORY := 16
MODEL_FLAGS = -D_GNU_SOURCE -DCSN_NONCE_LINE_SLOTS=$* -DCSN_NONCE_BACK_PAIRS=1 -DCSN_NONCE_PAIR_LINES=1 \
	-include core/test/model/atomics.h -Icore/test/model -Icore/src -Icore/include $(WARNINGS) -MMD -MP

$(MODEL)/include/relacy/relacy.hpp: core/test/model/model.mk | $(B)/.setup-model
	@rm -rf $(MODEL)/include && mkdir -p $(MODEL)/include
	@cp -r /usr/include/relacy $(MODEL)/include
	@sed -i 's/atomic_history_size = 3;/atomic_history_size = $(MODEL_HISTORY);/' $(MODEL)/include/relacy/defs.hpp
	@touch $@

# As C, but so that a thread's death can be thrown through it.
$(MODEL)/nonce_claim-%.o: core/src/nonce_claim.c | $(B)/.setup-model
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC_release) -std=c11 -O2 -fexceptions $(MODEL_FLAGS) -c $< -o $@
$(MODEL)/nonce_read-%.o: core/src/nonce_read.c | $(B)/.setup-model
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC_release) -std=c11 -O2 -fexceptions $(MODEL_FLAGS) -c $< -o $@
$(MODEL)/nonce_clock-%.o: core/src/nonce_clock.c | $(B)/.setup-model
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC_release) -std=c11 -O2 -fexceptions $(MODEL_FLAGS) -c $< -o $@
$(MODEL)/model-%.o: core/test/model/model.cc $(MODEL)/include/relacy/relacy.hpp
	$(call say,CXX,$@)
	$(Q)$(CXX) -std=c++11 -O2 $(MODEL_FLAGS) -isystem $(MODEL)/include -c $< -o $@
$(MODEL)/scenarios-%.o: core/test/model/scenarios.cc $(MODEL)/include/relacy/relacy.hpp
	$(call say,CXX,$@)
	$(Q)$(CXX) -std=c++11 -O1 $(MODEL_FLAGS) -c $< -o $@
$(MODEL)/scenarios_time-%.o: core/test/model/scenarios_time.cc $(MODEL)/include/relacy/relacy.hpp
	$(call say,CXX,$@)
	$(Q)$(CXX) -std=c++11 -O1 $(MODEL_FLAGS) -c $< -o $@
$(MODEL)/model-1 $(MODEL)/model-2: $(MODEL)/model-%: \
		$(MODEL)/nonce_claim-%.o $(MODEL)/nonce_read-%.o $(MODEL)/nonce_clock-%.o $(MODEL)/model-%.o $(MODEL)/scenarios-%.o \
		$(MODEL)/scenarios_time-%.o
	$(call say,LINK,$@)
	$(Q)$(CXX) $^ -o $@

# The epoch of the keyring has a model of its own.
EPOCH_FLAGS = -D_GNU_SOURCE -Icore/test/model -Icore/src -Icore/include $(WARNINGS) -MMD -MP
$(MODEL)/epoch.o: core/src/epoch.c | $(B)/.setup-model
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC_release) -std=c11 -O2 -fexceptions -include core/test/model/epoch_atomics.h $(EPOCH_FLAGS) -c $< -o $@
$(MODEL)/epoch_model.o: core/test/model/epoch.cc $(MODEL)/include/relacy/relacy.hpp
	$(call say,CXX,$@)
	$(Q)$(CXX) -std=c++11 -O2 $(EPOCH_FLAGS) -isystem $(MODEL)/include -c $< -o $@
$(MODEL)/model-epoch: $(MODEL)/epoch.o $(MODEL)/epoch_model.o
	$(call say,LINK,$@)
	$(Q)$(CXX) $^ -o $@
-include $(wildcard $(MODEL)/*.d)

.PHONY: model
model: $(MODEL)/model-1 $(MODEL)/model-2 $(MODEL)/model-epoch ## Plays the models of nonce table and epoch under Relacy
	@sh core/test/model/run $(MODEL)
