// SPDX-License-Identifier: MIT
// Curses is used for what it knows: terminals, and how to get from one screen to the next with few
// bytes. Keys are not read through it (decoder.c), so the keypad mode stays off and an arrow is the
// same bytes here as everywhere.
#include "tui/term.h"

#include <curses.h>
#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "tui/capability.h"
#include "tui/clipboard.h"
#include "tui/crash.h"
#include "tui/present.h"

#define SYNC_BEGIN "\033[?2026h"
#define SYNC_END   "\033[?2026l"
#define PASTE_ON   "\033[?2004h"
#define PASTE_OFF  "\033[?2004l"
#define TITLE_PUSH "\033[22;2t"
#define TITLE_POP  "\033[23;2t"

struct term {
    SCREEN *screen;
    struct present *present;
    struct termios normal; // as it was found
    int flags;             // of the descriptor, as found; -1: unknown
    bool utf8, mono;
    bool modern; // takes the private modes that xterm brought: marked pastes, whole frames
    bool titled;
    bool lent; // the normal screen is up
    int width, height;
};

void term_locale(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    bool said = false;

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        said = said || !str_empty(getenv(names[i]));
    if (said && setlocale(LC_CTYPE, ""))
        return;
    if (!setlocale(LC_CTYPE, "C.UTF-8") && !setlocale(LC_CTYPE, "en_US.UTF-8"))
        setlocale(LC_CTYPE, "C");
}

static bool wants_accessible(void)
{
    const char *value = getenv("ACCESSIBLE");

    return !str_empty(value) && !str_eq(value, "0") && !str_eq(value, "false") &&
           !str_eq(value, "no");
}

const char *term_why_plain(void)
{
    static char text[120];
    const char *type = getenv("TERM");

    if (wants_accessible())
        return "ACCESSIBLE is set";
    if (!isatty(STDIN_FILENO))
        return "stdin is not a terminal";
    if (!isatty(STDOUT_FILENO))
        return "stdout is not a terminal";
    if (str_empty(type))
        return "TERM is not set";
    if (str_eq(type, "dumb"))
        return "TERM is dumb";
    // initscr() would end the program here
    if (!capability_load(STDOUT_FILENO)) {
        snprintf(text, sizeof(text), "the terminal type \"%.60s\" is not known", type);
        return text;
    }
    if (!capability("cup") || !capability("clear"))
        return "this terminal cannot place its cursor";
    return NULL;
}

// All of it, or the terminal is gone.
static bool put(const char *bytes)
{
    size_t length = strlen(bytes);

    while (length > 0) {
        ssize_t sent = write(STDOUT_FILENO, bytes, length);

        if (sent < 0 && errno != EINTR && errno != EAGAIN)
            return false;
        if (sent > 0) {
            bytes += sent;
            length -= (size_t)sent;
        }
    }
    return true;
}

// What undoes the full screen, made ready for a moment in which nothing can be computed.
static void arm(const struct term *term)
{
    struct str undo;

    str_init(&undo, CRASH_BYTES);
    if (term->modern)
        str_add(&undo, SYNC_END PASTE_OFF);
    if (term->titled)
        str_add(&undo, TITLE_POP);
    capability_add(&undo, "sgr0");
    capability_add(&undo, "cnorm");
    if (capability("rmcup"))
        capability_add(&undo, "rmcup");
    else
        str_add(&undo, "\r\n");
    crash_arm(STDOUT_FILENO, &term->normal, undo.data, undo.len);
    str_clear(&undo);
}

void term_resized(struct term *term)
{
    struct winsize size = {0};
    bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col && size.ws_row;
    int width = known ? size.ws_col : COLS;
    int height = known ? size.ws_row : LINES;

    if (width == term->width && height == term->height)
        return;
    term->width = width;
    term->height = height;
    resize_term(height, width);
    present_forget(term->present); // what the terminal made of the old lines is not known
}

// A program in the background that would write into the screen is stopped first (SIGTTOU), so that
// it can be given the terminal instead.
static void stop_others(void)
{
    struct termios now;

    if (tcgetattr(STDIN_FILENO, &now) != 0)
        return;
    now.c_lflag |= TOSTOP;
    if (tcsetattr(STDIN_FILENO, TCSANOW, &now) == 0)
        def_prog_mode();
}

// The modes of the full screen, on top of what curses sets.
static void enter(struct term *term)
{
    raw();
    noecho();
    nonl();
    stop_others();
    if (term->modern)
        put(PASTE_ON);
    term->lent = false;
}

static void leave(struct term *term)
{
    if (term->modern)
        put(PASTE_OFF);
    endwin();
    term->lent = true;
}

// Between the taking of the screen and the loop, which hears them, signals wait.
static void hold_signals(bool hold)
{
    static const int held[] = {SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGWINCH};
    sigset_t set;

    sigemptyset(&set);
    for (size_t i = 0; i < ARRAY_LEN(held); i++)
        sigaddset(&set, held[i]);
    pthread_sigmask(hold ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
}

void term_hold_signals(struct term *term)
{
    (void)term;
    hold_signals(true);
}

void term_release_signals(struct term *term)
{
    (void)term;
    hold_signals(false);
}

bool term_open(struct term **out, const struct term_options *options, struct err *err)
{
    const char *why = term_why_plain();
    struct term *term;

    if (why)
        return err_set(err, ERR_IO, "no full screen here: %s", why);
    term = mem_calloc(1, sizeof(*term));
    term->flags = fcntl(STDIN_FILENO, F_GETFL);
    if (tcgetattr(STDIN_FILENO, &term->normal) != 0) {
        mem_free(term);
        return err_errno(err, ERR_IO, errno, "cannot read the terminal's state");
    }
    // Another program may have left it so; a full terminal would then be an error, not a wait.
    if (term->flags >= 0 && (term->flags & O_NONBLOCK))
        fcntl(STDIN_FILENO, F_SETFL, term->flags & ~O_NONBLOCK);
    hold_signals(true);
    use_env(FALSE);   // LINES and COLUMNS of a shell grow old
    use_tioctl(TRUE); // the kernel knows; some types (linux) do not tell a size at all
    capability_unload();
    term->screen = newterm(NULL, stdout, stdin);
    if (!term->screen) {
        hold_signals(false);
        mem_free(term);
        return err_set(err, ERR_IO, "the terminal cannot be used for a full screen");
    }
    typeahead(-1); // a frame is written whole, also while keys are waiting
    term->utf8 = !options->ascii && str_eq(nl_langinfo(CODESET), "UTF-8");
    term->modern = capability("smcup") && strstr(capability("smcup"), "\033[?");
    term->mono = options->mono || !has_colors();
    term->present = present_new(term->mono);
    arm(term);
    enter(term);
    term->width = COLS;
    term->height = LINES;
    term_resized(term);
    *out = term;
    return true;
}

void term_close(struct term *term)
{
    if (!term)
        return;
    if (!term->lent)
        leave(term);
    if (term->titled)
        put(TITLE_POP);
    tcsetattr(STDIN_FILENO, TCSADRAIN, &term->normal);
    if (term->flags >= 0)
        fcntl(STDIN_FILENO, F_SETFL, term->flags);
    crash_disarm();
    hold_signals(false);
    present_free(term->present);
    delscreen(term->screen);
    mem_free(term);
}

void term_size(const struct term *term, int *out_width, int *out_height)
{
    *out_width = term->width;
    *out_height = term->height;
}

bool term_utf8(const struct term *term)
{
    return term->utf8;
}

bool term_mono(const struct term *term)
{
    return term->mono;
}

bool term_marks_pastes(const struct term *term)
{
    return term->modern;
}

int term_fd(const struct term *term)
{
    (void)term;
    return STDIN_FILENO;
}

bool term_present(struct term *term, const struct grid *grid, struct err *err)
{
    struct pollfd tty = {.fd = STDOUT_FILENO};

    // Curses does not say when it could not write.
    if (poll(&tty, 1, 0) > 0 && (tty.revents & (POLLHUP | POLLERR | POLLNVAL)))
        return err_set(err, ERR_IO, "the terminal is gone");
    if (term->lent || !present_grid(term->present, grid))
        return true;
    if (term->modern)
        put(SYNC_BEGIN); // not putp(), which has a buffer of its own
    doupdate();
    if (term->modern && !put(SYNC_END))
        return err_set(err, ERR_IO, "the terminal is gone");
    return true;
}

void term_redraw(struct term *term)
{
    present_forget(term->present);
}

void term_lend(struct term *term)
{
    if (!term->lent)
        leave(term);
}

void term_take_back(struct term *term)
{
    reset_prog_mode();
    enter(term);
    term->width = 0; // it may have been resized meanwhile
    term_resized(term);
    present_forget(term->present);
}

void term_suspend(struct term *term)
{
    struct sigaction stop = {.sa_handler = SIG_DFL}, ignore = {.sa_handler = SIG_IGN}, before;

    sigemptyset(&stop.sa_mask);
    sigemptyset(&ignore.sa_mask);
    term_lend(term);
    // First everybody else of the job (a script that started this program, a builder), then, for
    // certain before the next line, this process.
    sigaction(SIGTSTP, &ignore, &before);
    kill(0, SIGTSTP);
    sigaction(SIGTSTP, &stop, NULL);
    raise(SIGTSTP);
    sigaction(SIGTSTP, &before, NULL);
    term_take_back(term);
}

void term_bell(struct term *term)
{
    if (!term->lent)
        beep();
}

void term_title(struct term *term, const char *text)
{
    if (!term->modern || term->lent)
        return;
    if (!term->titled) {
        put(TITLE_PUSH);
        term->titled = true;
        arm(term);
    }
    char *sequence = mem_printf("\033]2;%s\a", text);
    put(sequence);
    mem_free(sequence);
}

const char *term_copy(struct term *term, const char *text)
{
    return clipboard_copy(text, term->modern && !term->lent ? put : NULL);
}
