// SPDX-License-Identifier: MIT
// The wizard as numbered prompts, over the same model. Nothing is redrawn: what is new is said,
// then the next thing is asked.
#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "backend/base/log.h"
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "screens/farewell.h"
#include "screens/router.h"
#include "screens/wizard_private.h"
#include "tui/prompts.h"

struct plain_front {
    struct wizard wizard;
    struct prompts *prompts;
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

static void leave(struct plain_front *p, int exit_code)
{
    struct view_act interrupt = {.kind = ACT_INTERRUPT};
    wizard_act(&p->wizard, &interrupt);
    if (exit_code) // nobody can be asked
        wizard_leave(&p->wizard, exit_code);
}

// One question, or what happened meanwhile. True: the next one is of another screen.
static bool turn(struct plain_front *p, bool restart)
{
    struct view_act act = {0};
    enum screen_id before = p->wizard.at;
    wizard_build(&p->wizard);
    prompts_show(p->prompts, p->wizard.view);
    enum prompts_got got = prompts_ask(p->prompts, p->wizard.view, restart, &act);
    if (cancel_requested(cancel_of_process())) {
        wizard_leave(&p->wizard, 128 + SIGINT);
        return false;
    }
    switch (got) {
    case PROMPTS_ACT: wizard_act(&p->wizard, &act); break;
    case PROMPTS_WOKEN: quiet(p); break;
    case PROMPTS_LEAVE: leave(p, 0); break;
    case PROMPTS_END: leave(p, 2); break;
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
    wizard_init(&p.wizard, &own);
    p.wizard.plain = true;
    p.wizard.copy = copy;
    p.wizard.outside = &p;
    p.prompts = prompts_new(STDIN_FILENO, stdout, str_eq(nl_langinfo(CODESET), "UTF-8"), p.wake[0]);
    bool restart = true;
    while (!p.wizard.leave_now)
        restart = turn(&p, restart);
    prompts_free(p.prompts);
    int code = wizard_farewell(&p.wizard, 0);
    close(p.wake[0]);
    close(p.wake[1]);
    return code;
}
