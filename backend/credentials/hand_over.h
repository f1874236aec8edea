// SPDX-License-Identifier: MIT
// The terminal in the hands of a program that asks its user something, as a shell gives it to a
// job. Private to the room.
//
// A program runs in a process group of its own, in the background: as soon as it reads from the
// terminal, turns its echo off or (where the terminal is set so) writes to it, the kernel stops it
// with SIGTTIN or SIGTTOU. That is the question whether it may have the terminal, and nothing is
// disturbed for one that does not ask. hand_over_open() -> start it with ->tty as stdin -> once it
// was stopped hand_over_take(), then SIGCONT, or where ->anew says so the program from its
// beginning -> hand_over_give() -> hand_over_end() always.
#ifndef FOREST_CREDENTIALS_HAND_OVER_H
#define FOREST_CREDENTIALS_HAND_OVER_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <termios.h>

#include "backend/base/clock.h"

struct hand_over {
    int tty; // -1: there is no terminal, or nobody lends it
    bool taken;
    // The terminal was in a screen's modes until now. What the program has read of them (to turn
    // the echo off, and all back on afterwards) would not do for a line that is typed.
    bool anew;
    struct termios before;
    sigset_t mask;
};

void hand_over_open(struct hand_over *h);
// Waits until the terminal is free. False: it is not to be had.
bool hand_over_take(struct hand_over *h, struct cancel *cancel);
void hand_over_give(const struct hand_over *h, pid_t group);
// Text for the user, without secrets and control characters; nothing unless it is taken.
void hand_over_show(const struct hand_over *h, const char *text, size_t length);
void hand_over_end(struct hand_over *h); // everything as it was

#endif
