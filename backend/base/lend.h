// SPDX-License-Identifier: MIT
// The terminal, lent to a program that asks its user something (credential_process).
//
// Whoever has the terminal says so once, before the first thread: lend_offer(). A worker that needs
// it calls lend_take(), which waits until nothing else is shown or read there, and lend_return();
// one at a time. Process-wide, as cancel_set_process() is; without an offer nobody can be asked.
#ifndef FOREST_BASE_LEND_H
#define FOREST_BASE_LEND_H

#include <stdbool.h>

#include "backend/base/clock.h"

struct lender {
    // Called on the worker's thread; blocks until the terminal is free. False: it is not to be had
    // (cancelled, or the owner ends). NULL: it is always free.
    bool (*take)(void *context, struct cancel *cancel);
    void (*give_back)(void *context); // may be NULL
    void *context;
};

void lend_offer(const struct lender *lender); // copied; NULL: no more
bool lend_offered(void);
bool lend_take(struct cancel *cancel);
void lend_return(void);

#endif
