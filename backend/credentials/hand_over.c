// SPDX-License-Identifier: MIT
#include "backend/credentials/hand_over.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/fs.h"
#include "backend/base/lend.h"
#include "backend/base/mem.h"
#include "backend/base/secret.h"

void hand_over_open(struct hand_over *h)
{
    *h = (struct hand_over){.tty = -1};
    if (lend_offered())
        h->tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
}

static bool same_modes(const struct termios *a, const struct termios *b)
{
    return a->c_iflag == b->c_iflag && a->c_oflag == b->c_oflag && a->c_lflag == b->c_lflag;
}

bool hand_over_take(struct hand_over *h, struct cancel *cancel)
{
    // A job in the background has no terminal to give.
    struct termios screen;
    if (h->tty < 0 || tcgetpgrp(h->tty) != getpgrp() || tcgetattr(h->tty, &screen) != 0 ||
        !lend_take(cancel))
        return false;
    // Who gives the terminal away is in the background until it has it again: what it does there
    // meanwhile must not stop it.
    sigset_t background;
    sigemptyset(&background);
    sigaddset(&background, SIGTTOU);
    pthread_sigmask(SIG_BLOCK, &background, &h->mask);
    h->taken = true;
    if (tcgetattr(h->tty, &h->before) != 0)
        h->before = screen;
    h->anew = !same_modes(&h->before, &screen);
    return true;
}

void hand_over_give(const struct hand_over *h, pid_t group)
{
    (void)tcsetpgrp(h->tty, group); // when the program is gone already it needs none
}

static bool may_show(unsigned char c)
{
    return c >= 0x20 ? c != 0x7f : c == '\n' || c == '\r' || c == '\t';
}

void hand_over_show(const struct hand_over *h, const char *text, size_t length)
{
    if (!h->taken || !length)
        return;
    AUTO_FREE char *copy = mem_strndup(text, length);
    AUTO_FREE char *clean = secret_scrub(copy);
    for (char *p = clean; *p; p++)
        if (!may_show((unsigned char)*p))
            *p = '?';
    size_t left = strlen(clean);
    for (const char *p = clean; left;) {
        ssize_t n = write(h->tty, p, left);
        if (n < 0 && errno != EINTR)
            return; // the terminal is gone: the program will notice, too
        p += n > 0 ? n : 0;
        left -= n > 0 ? (size_t)n : 0;
    }
}

void hand_over_end(struct hand_over *h)
{
    if (h->taken) {
        // It may have been ended with the echo off.
        (void)tcsetpgrp(h->tty, getpgrp());
        (void)tcsetattr(h->tty, TCSADRAIN, &h->before);
        pthread_sigmask(SIG_SETMASK, &h->mask, NULL);
        lend_return();
    }
    fs_close(&h->tty);
    h->taken = false;
}
