// SPDX-License-Identifier: MIT
// Gives the terminal back when the program dies: SEGV, BUS, ABRT, FPE, ILL, and exit() from
// anywhere.
//
// crash_arm() with the bytes that undo the full screen, once the screen is taken -> crash_disarm()
// when it has been given back in the proper way. In the handler nothing is used but write() and
// tcsetattr(); then the handler that was there before (a sanitizer's, or none) gets the signal as
// if nothing had been between. Private to term.c.
#ifndef FOREST_TUI_CRASH_H
#define FOREST_TUI_CRASH_H

#include <stddef.h>
#include <termios.h>

enum { CRASH_BYTES = 256 };

void crash_arm(int fd, const struct termios *normal, const char *bytes, size_t length);
void crash_disarm(void);

#endif
