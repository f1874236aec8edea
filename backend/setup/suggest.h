// SPDX-License-Identifier: MIT
// "Did you mean": the known word nearest to one that is not known. Pure.
#ifndef FOREST_SETUP_SUGGEST_H
#define FOREST_SETUP_SUGGEST_H

#include <stddef.h>

// The word of `known` with the fewest edits (a swap of two neighbours counts as one), when those
// are at most a third of its length and one at least; NULL when none is that near. Case does not
// count. Words longer than 64 never match.
const char *suggest(const char *word, const char *const *known, size_t count);

#endif
