// SPDX-License-Identifier: MIT
// The answers as rows of the review: what each is, where it came from, whether it can be changed
// later, what is still missing. Of AWS it asks only who the profile is.
#ifndef FOREST_SCREENS_REVIEW_ROWS_H
#define FOREST_SCREENS_REVIEW_ROWS_H

#include "screens/wizard.h"

enum { REVIEW_ROWS = 8 };

struct review_row {  // texts owned unless static is said
    const char *key; // static
    const char *label;
    enum screen_id screen; // where it is changed
    char *text;
    const char *from;  // static: "you", "suggested", "default"
    char *from_own;    // instead of `from`
    const char *later; // static
    char *problem;     // what is missing or wrong; NULL when nothing
};

struct review_rows { // zero-initialise
    struct review_row items[REVIEW_ROWS];
    size_t count;
    const char *first_problem; // key of the first row with a problem, NULL when all is answered
};

// `stored`: secrets that are not given lie on AWS already.
void review_rows_build(struct review_rows *rows, struct wizard *wizard, bool stored);
void review_rows_clear(struct review_rows *rows);
void review_rows_get(void *context, size_t index, struct view_list_row *out);
const struct review_row *review_row_find(const struct review_rows *rows, const char *key);

#endif
