// SPDX-License-Identifier: MIT
#include "backend/setup/suggest.h"

#include <ctype.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>

enum { LONGEST = 64 };

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static bool same(char a, char b)
{
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

// Optimal string alignment distance: insert, delete, replace, swap neighbours.
static unsigned distance(const char *a, size_t an, const char *b, size_t bn)
{
    unsigned d[LONGEST + 1][LONGEST + 1];
    for (size_t i = 0; i <= an; i++)
        d[i][0] = (unsigned)i;
    for (size_t j = 0; j <= bn; j++)
        d[0][j] = (unsigned)j;
    for (size_t i = 1; i <= an; i++) {
        for (size_t j = 1; j <= bn; j++) {
            unsigned cost = same(a[i - 1], b[j - 1]) ? 0 : 1;
            d[i][j] = least(least(d[i - 1][j] + 1, d[i][j - 1] + 1), d[i - 1][j - 1] + cost);
            if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
                d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
        }
    }
    return d[an][bn];
}

const char *suggest(const char *word, const char *const *known, size_t count)
{
    size_t n = strlen(word);
    if (n == 0 || n > LONGEST)
        return NULL;
    const char *best = NULL;
    unsigned best_distance = UINT_MAX;
    for (size_t i = 0; i < count; i++) {
        size_t m = strlen(known[i]);
        if (m > LONGEST)
            continue;
        unsigned limit = m < 6 ? 1 : (unsigned)(m / 3);
        unsigned d = distance(word, n, known[i], m);
        if (d <= limit && d < best_distance) {
            best = known[i];
            best_distance = d;
        }
    }
    return best;
}
