# sr3-cdm: the front door. `make help` lists what there is.
BUILD ?= build
JOBS ?= $(shell nproc)
TORCH ?=

all: $(BUILD)/CMakeCache.txt
	cmake --build $(BUILD) -j $(JOBS)

$(BUILD)/CMakeCache.txt: CMakeLists.txt
	cmake -S . -B $(BUILD) -G "Unix Makefiles" -DTORCH=$(TORCH)

.PHONY: all
