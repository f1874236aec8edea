// SPDX-License-Identifier: MIT
// The wizard as numbered prompts, over the same model. Nothing is redrawn: what is new is said,
// then the next thing is asked.
#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "backend/base/log.h"
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "screens/cli/exit_codes.h"
#include "screens/farewell.h"
#include "screens/lending.h"
#include "screens/router.h"
#include "screens/wizard_private.h"
#include "tui/prompts.h"

// Ctrl-C is a key here too: it asks, twice it leaves. TERM and HUP end the wizard in order.
static volatile sig_atomic_t interrupted, ended_by;
static int wake_writer = -1;

static void on_signal(int number)
{
    int kept = errno;
    if (number == SIGINT)
        interrupted = 1;
    else
        ended_by = number;
    if (write(wake_writer, "", 1) < 0)
        errno = kept; // full: it wakes already
    errno = kept;
}

static const int caught[] = {SIGINT, SIGTERM, SIGHUP};
enum { CAUGHT = 3 };

static void catch_signals(int writer, struct sigaction before[CAUGHT])
{
    struct sigaction action = {.sa_handler = on_signal};
    sigemptyset(&action.sa_mask);
    wake_writer = writer;
    for (int i = 0; i < CAUGHT; i++)
        sigaction(caught[i], &action, &before[i]);
}

static void release_signals(const struct sigaction before[CAUGHT])
{
    for (int i = 0; i < CAUGHT; i++)
        sigaction(caught[i], &before[i], NULL);
}

enum { SETTLE_MS = 250, SETTLE_MAX_MS = 2000, LENT_MS = 100 };

struct plain_front {
    struct wizard wizard;
    struct prompts *prompts;
    struct lending *lending;
    int wake[2]; // a pipe: workers write, prompts_ask() waits for it
};

static void wake(void *context)
{
    struct plain_front *p = context;
    // A full pipe already wakes.
    while (write(p->wake[1], "", 1) < 0 && errno == EINTR)
        ;
}

static void quiet(const struct plain_front *p)
{
    char bytes[64];
    ssize_t n;
    do
        n = read(p->wake[0], bytes, sizeof bytes);
    while (n > 0 || (n < 0 && errno == EINTR));
}

// Answers often come several at once: they are told together, when nothing came for a moment, so
// that a listener is not read the same question again after each. A line that is typed ends that.
static void settle(const struct plain_front *p)
{
    struct pollfd fds[2] = {{.fd = p->wake[0], .events = POLLIN},
                            {.fd = STDIN_FILENO, .events = POLLIN}};
    for (int64_t end = clock_ms() + SETTLE_MAX_MS; clock_ms() < end;) {
        quiet(p);
        if (poll(fds, 2, SETTLE_MS) <= 0 || fds[1].revents)
            return;
    }
}

static bool open_pipe(struct plain_front *p)
{
    if (pipe(p->wake) != 0)
        return false;
    for (int i = 0; i < 2; i++) {
        fcntl(p->wake[i], F_SETFD, FD_CLOEXEC);
        fcntl(p->wake[i], F_SETFL, O_NONBLOCK);
    }
    return true;
}

static void copy(void *context, struct wizard *wizard, const char *text)
{
    (void)context;
    (void)text;
    wizard->copied = "this terminal has no clipboard; select the line above";
}

static void interrupt(struct plain_front *p)
{
    struct view_act act = {.kind = ACT_INTERRUPT};
    wizard_act(&p->wizard, &act);
}

// "q": as Ctrl-C, but an orderly end.
static void ask_to_leave(struct plain_front *p)
{
    interrupt(p);
    if (p->wizard.leave_now)
        p->wizard.exit_code = 0;
}

// True when the user, or whoever ends this process, wants to stop.
static bool stopped(struct plain_front *p)
{
    if (ended_by)
        wizard_leave(&p->wizard, 0);
    else if (interrupted)
        interrupt(p);
    bool any = ended_by || interrupted;
    interrupted = 0;
    return any;
}

// A program asks the user something: until it has, nothing is read or said here.
static void lend_if_wanted(struct plain_front *p)
{
    if (lending_turn(p->lending) != LENDING_GO)
        return;
    lending_grant(p->lending);
    while (!ended_by && lending_turn(p->lending) != LENDING_BACK) {
        struct pollfd woken = {.fd = p->wake[0], .events = POLLIN};
        poll(&woken, 1, LENT_MS);
        quiet(p);
    }
}

// One question, or what happened meanwhile. True: the next one is of another screen.
static bool turn(struct plain_front *p, bool restart)
{
    struct view_act act = {0};
    enum screen_id before = p->wizard.at;
    lend_if_wanted(p);
    wizard_build(&p->wizard);
    prompts_show(p->prompts, p->wizard.view);
    enum prompts_got got = prompts_ask(p->prompts, p->wizard.view, restart, &act);
    if (got == PROMPTS_WOKEN)
        settle(p);
    if (stopped(p))
        return p->wizard.at != before;
    switch (got) {
    case PROMPTS_ACT: wizard_act(&p->wizard, &act); break;
    case PROMPTS_WOKEN: break;
    case PROMPTS_LEAVE: ask_to_leave(p); break;
    case PROMPTS_END: wizard_leave(&p->wizard, EXIT_ANSWERS); break; // nobody can be asked
    }
    wizard_woken(&p->wizard);
    return p->wizard.at != before;
}

int wizard_plain(const struct wizard_options *options)
{
    struct plain_front p = {0};
    if (!open_pipe(&p)) {
        perror("forest-setup: pipe");
        return 1;
    }
    struct wizard_options own = *options;
    own.wake = wake;
    own.wake_context = &p;
    p.lending = lending_new(wake, &p);
    wizard_init(&p.wizard, &own);
    p.wizard.plain = true;
    p.wizard.copy = copy;
    p.wizard.outside = &p;
    p.prompts = prompts_new(STDIN_FILENO, stdout, str_eq(nl_langinfo(CODESET), "UTF-8"), p.wake[0]);
    struct sigaction before[CAUGHT];
    catch_signals(p.wake[1], before);
    bool restart = true;
    while (!p.wizard.leave_now)
        restart = turn(&p, restart);
    release_signals(before);
    if (p.wizard.exit_code == EXIT_INTERRUPTED || ended_by)
        putchar('\n'); // the question that was open has no line end
    prompts_free(p.prompts);
    int code = wizard_farewell(&p.wizard, ended_by);
    lending_free(p.lending);
    close(p.wake[0]);
    close(p.wake[1]);
    return code;
}
