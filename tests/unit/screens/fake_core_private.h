// SPDX-License-Identifier: MIT
// What the files of the fake core share. Private.
#ifndef FOREST_TESTS_FAKE_CORE_PRIVATE_H
#define FOREST_TESTS_FAKE_CORE_PRIVATE_H

#include "tests/unit/screens/fake_core.h"

extern const char *const fake_canned[CORE_LOOKS];
extern const char fake_canned_result[];

#endif
