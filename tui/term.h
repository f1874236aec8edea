// SPDX-License-Identifier: MIT
// The terminal: taken, given back whatever happens, and written to.
//
// term_why_plain() (NULL: full screen is possible) -> term_open() -> term_present() for each frame
// -> term_close(). One terminal a process, one thread: the UI's. While it is open:
// TERM, HUP, INT, TSTP and WINCH arrive through loop.h; SEGV, BUS, ABRT, FPE and ILL give the
// terminal back by nothing but write() and tcsetattr() and then happen as before. Only term.c,
// present.c and capability.c know curses.
#ifndef FOREST_TUI_TERM_H
#define FOREST_TUI_TERM_H

#include <stdbool.h>

#include "backend/base/err.h"
#include "tui/grid.h"

struct term_options {
    bool mono;  // NO_COLOR or --no-color
    bool ascii; // ASCII borders and glyphs in any locale
    bool mouse; // reserved: no key comes of it yet, and text stays selectable without it
};

// Takes the character set of the user's locale, before anything is shown and before threads. Where
// nothing is set at all, UTF-8 is taken: terminals of today have it. Only LC_CTYPE: numbers stay as
// JSON wants them.
void term_locale(void);

// Why no full screen can be had here: "stdout is not a terminal", "TERM is dumb", "the terminal
// type
// \"x\" is not known"; NULL when it can. Looks at ACCESSIBLE too. Static or valid until the next
// call.
const char *term_why_plain(void);

struct term;
bool term_open(struct term **out, const struct term_options *options, struct err *err);
// For loop.h: from term_open() until it listens, and from its end to term_close(), signals wait.
void term_release_signals(struct term *term);
void term_hold_signals(struct term *term);
void term_close(struct term *term); // accepts NULL; the normal screen is back, cursor shown
void term_size(const struct term *term, int *out_width, int *out_height);
void term_resized(struct term *term); // asks the kernel for the size anew
bool term_utf8(const struct term *term);
bool term_mono(const struct term *term);
// Does it mark pastes? If not, decoder_guess_paste().
bool term_marks_pastes(const struct term *term);
int term_fd(const struct term *term); // to poll and read keys from
// Shows the grid: writes only what differs from what is shown, inside a synchronized update;
// nothing at all when nothing differs. ERR_IO when the terminal is gone.
bool term_present(struct term *term, const struct grid *grid, struct err *err);
void term_redraw(struct term *term); // forget what is shown: ^L, after a stop
// Stops the process as Ctrl-Z does, with the normal screen back; returns when it goes on.
void term_suspend(struct term *term);
// For a program that needs the terminal for itself (a password prompt of credential_process).
void term_lend(struct term *term);
void term_take_back(struct term *term);
void term_bell(struct term *term);
// The window's title; own text only, never a remote one. Given back by term_close().
void term_title(struct term *term, const char *text);

// Puts text (never a secret) into the clipboard: OSC 52, tmux's buffer, and the tool of a local
// desktop. Returns what to say: "copied", "copied, if your terminal allows it". Static.
const char *term_copy(struct term *term, const char *text);

#endif
