// SPDX-License-Identifier: MIT
#include "tui/crash.h"

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/mem.h"

// Written while disarmed only; the handler may run on any thread at any time.
static struct {
    volatile sig_atomic_t armed;
    int fd;
    struct termios normal;
    char bytes[CRASH_BYTES];
    size_t length;
} crash;

static const int deadly[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL};
static struct sigaction before[ARRAY_LEN(deadly)];
static bool installed;

static void give_back(void)
{
    if (!crash.armed)
        return;
    crash.armed = 0;
    if (write(crash.fd, crash.bytes, crash.length) < 0) {
        // the terminal is gone: nothing to give back
    }
    tcsetattr(crash.fd, TCSANOW, &crash.normal);
}

static void on_deadly(int number, siginfo_t *info, void *context)
{
    (void)context;
    give_back();
    for (size_t i = 0; i < ARRAY_LEN(deadly); i++)
        if (deadly[i] == number)
            sigaction(number, &before[i], NULL);
    // A fault happens again when the instruction is tried again, and then with its true address; a
    // signal that was sent must be sent again, and arrives when this returns.
    if (info->si_code <= 0 || number == SIGABRT)
        raise(number);
}

static void install(void)
{
    // A stack overflow leaves no stack to handle it on.
    static char stack[64 * 1024];
    stack_t other = {.ss_sp = stack, .ss_size = sizeof(stack)};
    struct sigaction action = {.sa_sigaction = on_deadly, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    stack_t present = {0};

    if (sigaltstack(NULL, &present) == 0 && (present.ss_flags & SS_DISABLE))
        sigaltstack(&other, NULL); // a sanitizer has its own
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < ARRAY_LEN(deadly); i++)
        sigaction(deadly[i], &action, &before[i]);
    if (!installed)
        atexit(give_back);
    installed = true;
}

void crash_arm(int fd, const struct termios *normal, const char *bytes, size_t length)
{
    bool again = crash.armed;

    crash.armed = 0;
    crash.fd = fd;
    crash.normal = *normal;
    crash.length = length < sizeof(crash.bytes) ? length : sizeof(crash.bytes);
    memcpy(crash.bytes, bytes, crash.length);
    if (!again)
        install();
    crash.armed = 1;
}

void crash_disarm(void)
{
    if (!crash.armed)
        return;
    crash.armed = 0;
    for (size_t i = 0; i < ARRAY_LEN(deadly); i++)
        sigaction(deadly[i], &before[i], NULL);
}
