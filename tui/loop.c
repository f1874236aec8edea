// SPDX-License-Identifier: MIT
#include "tui/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/base/secret.h"

enum { READ_BYTES = 4096, FRAME_MS = 80, FRAME_LEAST_MS = 10, ESC_MOST_MS = 1000 };

// What the loop takes over, and what arrived: set by the handler, cleared by the loop.
static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGCONT, SIGWINCH};
enum { AT_INT, AT_TERM, AT_HUP, AT_TSTP, AT_CONT, AT_WINCH, SIGNALS };
static volatile sig_atomic_t arrived[SIGNALS];
static volatile sig_atomic_t signal_pipe = -1;

struct loop {
    struct term *term;
    struct loop_handlers handlers;
    struct decoder *decoder;
    struct grid grid;
    int wake[2]; // a pipe: [0] is waited for
    atomic_bool woken;
    struct sigaction before[SIGNALS];
    int ended_by; // a signal's number
    bool leave, gone;
    bool paused;
    bool listens;         // the signals are ours
    bool in_wake;         // woken() is running
    bool dirty_now;       // a key: draw in this turn
    bool dirty;           // draw as soon as a frame is due
    int64_t drawn_ms;     // when the last frame was made
    int64_t next_draw_ms; // -1: nothing moves by itself
    int64_t quiet_ms;     // when silence has lasted KEY_ESC_MS
    int esc_ms;
};

static void on_signal(int number)
{
    int kept = errno;

    for (size_t i = 0; i < SIGNALS; i++)
        if (signals[i] == number)
            arrived[i] = 1;
    if (signal_pipe >= 0 && write((int)signal_pipe, "s", 1) < 0) {
        // the pipe is full: the loop wakes up anyhow
    }
    errno = kept;
}

static void catch_signals(struct loop *loop)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};

    sigemptyset(&action.sa_mask);
    signal_pipe = loop->wake[1];
    loop->listens = true;
    for (size_t i = 0; i < SIGNALS; i++) {
        arrived[i] = 0;
        sigaction(signals[i], &action, &loop->before[i]);
    }
    if (cancel_requested(cancel_of_process())) // before the screen was taken
        arrived[AT_TERM] = 1;
    term_release_signals(loop->term);
}

// How long a lone Esc waits for more: what the user set for curses programs, else ours.
static int esc_delay(void)
{
    const char *text = getenv("ESCDELAY");
    char *end = NULL;
    long value = text && *text ? strtol(text, &end, 10) : 0;

    if (!text || !*text || *end || value < 0)
        return KEY_ESC_MS;
    return value > ESC_MOST_MS ? ESC_MOST_MS : (int)value;
}

struct loop *loop_new(struct term *term, const struct loop_handlers *handlers)
{
    struct loop *loop = mem_calloc(1, sizeof(*loop));

    loop->term = term;
    loop->handlers = *handlers;
    loop->decoder = decoder_new(term_utf8(term));
    decoder_guess_paste(loop->decoder, !term_marks_pastes(term));
    loop->next_draw_ms = -1;
    loop->esc_ms = esc_delay();
    if (pipe(loop->wake) != 0)
        loop->wake[0] = loop->wake[1] = -1; // keys still work; loop_run() says what is wrong
    for (int i = 0; i < 2; i++) {
        fcntl(loop->wake[i], F_SETFD, FD_CLOEXEC);
        fcntl(loop->wake[i], F_SETFL, O_NONBLOCK);
    }
    catch_signals(loop);
    return loop;
}

// Signals wait again until term_close(), then the earlier handlers get them. One that came too late
// for a turn of its own ended the loop all the same.
static void leave_signals(struct loop *loop)
{
    static const int endings[] = {AT_HUP, AT_TERM, AT_INT};

    if (!loop->listens)
        return;
    loop->listens = false;
    term_hold_signals(loop->term);
    for (size_t i = 0; i < SIGNALS; i++)
        sigaction(signals[i], &loop->before[i], NULL);
    signal_pipe = -1;
    for (size_t i = 0; i < ARRAY_LEN(endings); i++)
        if (arrived[endings[i]] && !loop->ended_by)
            loop->ended_by = signals[endings[i]];
}

void loop_free(struct loop *loop)
{
    if (!loop)
        return;
    leave_signals(loop);
    close(loop->wake[0]);
    close(loop->wake[1]);
    decoder_free(loop->decoder);
    grid_free(&loop->grid);
    mem_free(loop);
}

void loop_wake(struct loop *loop)
{
    if (atomic_exchange(&loop->woken, true))
        return; // it has been told already
    if (write(loop->wake[1], "w", 1) < 0) {
        // full: it wakes up anyhow
    }
}

void loop_dirty(struct loop *loop)
{
    loop->dirty = true;
    if (!loop->in_wake)
        loop->dirty_now = true;
}

void loop_pause(struct loop *loop, bool paused)
{
    loop->paused = paused;
}

int loop_signal_number(const struct loop *loop)
{
    return loop->ended_by;
}

static bool take(int which)
{
    bool was = arrived[which] != 0;

    arrived[which] = 0;
    return was;
}

static void tell(struct loop *loop, enum loop_signal signal, int number)
{
    if (!loop->handlers.signalled(loop->handlers.context, signal) || signal == LOOP_HANGUP) {
        loop->leave = true;
        loop->ended_by = number;
    }
    loop->dirty = loop->dirty_now = true;
}

static void handle_signals(struct loop *loop)
{
    if (take(AT_HUP))
        tell(loop, LOOP_HANGUP, SIGHUP);
    else if (take(AT_TERM))
        tell(loop, LOOP_TERMINATE, SIGTERM);
    else if (take(AT_INT))
        tell(loop, LOOP_INTERRUPT, SIGINT);
    if (loop->leave)
        return;
    if (loop->paused) {
        take(AT_TSTP);
        take(AT_CONT);
    }
    if (take(AT_TSTP)) {
        term_suspend(loop->term);
        take(AT_CONT);
        loop_dirty(loop);
    } else if (take(AT_CONT)) { // stopped by SIGSTOP, which tells nobody before
        term_take_back(loop->term);
        loop_dirty(loop);
    }
    if (take(AT_WINCH)) {
        term_resized(loop->term);
        loop_dirty(loop);
    }
}

static void handle_keys(struct loop *loop)
{
    struct key key;

    while (!loop->leave && decoder_next(loop->decoder, &key)) {
        loop_dirty(loop);
        if (!loop->handlers.key(loop->handlers.context, &key))
            loop->leave = true;
        secret_wipe(&key, sizeof(key));
    }
}

static void hang_up(struct loop *loop)
{
    if (loop->gone)
        return;
    loop->gone = true;
    tell(loop, LOOP_HANGUP, SIGHUP);
}

static void read_keys(struct loop *loop)
{
    char bytes[READ_BYTES];
    ssize_t got = read(term_fd(loop->term), bytes, sizeof(bytes));

    if (got < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (got <= 0) { // EIO or the end: the terminal went away
        hang_up(loop);
        return;
    }
    decoder_feed(loop->decoder, bytes, (size_t)got);
    secret_wipe(bytes, (size_t)got);
    loop->quiet_ms = clock_ms() + loop->esc_ms;
    handle_keys(loop);
}

static void handle_silence(struct loop *loop)
{
    if (!decoder_pending(loop->decoder) || clock_ms() < loop->quiet_ms)
        return;
    decoder_quiet(loop->decoder);
    loop->quiet_ms = clock_ms() + loop->esc_ms;
    handle_keys(loop);
}

// Before anything is looked at: what comes afterwards leaves a byte again, and nothing is missed.
static void empty_pipe(struct loop *loop)
{
    char bytes[64];

    while (read(loop->wake[0], bytes, sizeof(bytes)) > 0) {
        // only that something came is of interest
    }
}

static void handle_wake(struct loop *loop)
{
    if (!atomic_exchange(&loop->woken, false) || loop->leave)
        return;
    loop->in_wake = true;
    if (!loop->handlers.woken(loop->handlers.context))
        loop->leave = true;
    loop->in_wake = false;
    loop->dirty = true;
}

static int64_t draw_due(const struct loop *loop)
{
    int64_t due = loop->next_draw_ms;

    if (loop->paused)
        return -1;
    if (loop->dirty && (due < 0 || loop->drawn_ms + FRAME_MS < due))
        due = loop->drawn_ms + FRAME_MS;
    return due;
}

static bool draw(struct loop *loop, struct err *err)
{
    int64_t next = -1;
    int width, height;

    term_size(loop->term, &width, &height);
    if (width != loop->grid.width || height != loop->grid.height) {
        grid_free(&loop->grid);
        grid_init(&loop->grid, width, height, term_utf8(loop->term));
    }
    grid_clear(&loop->grid);
    loop->dirty = loop->dirty_now = false; // before: drawing may find out that more is to be drawn
    loop->handlers.draw(loop->handlers.context, &loop->grid, &next);
    loop->drawn_ms = clock_ms();
    if (next >= 0 && next < FRAME_LEAST_MS)
        next = FRAME_LEAST_MS;
    loop->next_draw_ms = next < 0 ? -1 : loop->drawn_ms + next;
    if (term_present(loop->term, &loop->grid, err))
        return true;
    hang_up(loop);
    return false;
}

static int wait_ms(const struct loop *loop)
{
    int64_t until = draw_due(loop), now = clock_ms();

    if (decoder_pending(loop->decoder) && (until < 0 || loop->quiet_ms < until))
        until = loop->quiet_ms;
    if (until < 0)
        return -1;
    if (until <= now)
        return 0;
    return until - now > 60000 ? 60000 : (int)(until - now);
}

static bool turn(struct loop *loop, struct err *err)
{
    struct pollfd fds[] = {{.fd = loop->paused ? -1 : term_fd(loop->term), .events = POLLIN},
                           {.fd = loop->wake[0], .events = POLLIN}};
    int64_t due;

    if (poll(fds, ARRAY_LEN(fds), wait_ms(loop)) < 0 && errno != EINTR)
        return err_errno(err, ERR_IO, errno, "cannot wait for the terminal");
    empty_pipe(loop);
    handle_signals(loop);
    if (!loop->leave && fds[0].revents)
        read_keys(loop);
    if (!loop->leave)
        handle_silence(loop);
    handle_wake(loop);
    due = draw_due(loop);
    if (loop->leave || loop->paused || (!loop->dirty_now && (due < 0 || clock_ms() < due)))
        return true;
    return draw(loop, err);
}

bool loop_run(struct loop *loop, struct err *err)
{
    bool ok;

    if (loop->wake[0] < 0)
        return err_set(err, ERR_IO, "no pipe for waking up the screen");
    ok = draw(loop, err);
    handle_signals(loop); // of the time before
    while (ok && !loop->leave)
        ok = turn(loop, err);
    leave_signals(loop);
    if (ok && loop->gone)
        return err_set(err, ERR_IO, "the terminal is gone");
    return ok;
}
