// SPDX-License-Identifier: MIT
// What libFuzzer and replay.c call.
#ifndef FOREST_TESTS_FUZZ_FUZZ_H
#define FOREST_TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
