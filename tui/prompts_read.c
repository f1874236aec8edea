// SPDX-License-Identifier: MIT
// One line from people or from a pipe, byte by byte so that nothing is taken that belongs to the
// next reader.
#include "tui/prompts_private.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/mem.h"
#include "backend/base/secret.h"

void prompts_wipe_line(struct prompts *prompts)
{
    secret_wipe(prompts->line, prompts->length);
    prompts->length = 0;
}

// Waits for a byte; false when woken instead, or interrupted by a signal: the caller looks.
static bool wait_for_input(const struct prompts *prompts)
{
    struct pollfd fds[2] = {
        {.fd = prompts->in, .events = POLLIN},
        {.fd = prompts->wake_fd, .events = POLLIN},
    };
    nfds_t count = prompts->wake_fd >= 0 ? 2 : 1;
    if (poll(fds, count, -1) < 0)
        return errno != EINTR;
    return count == 1 || fds[1].revents == 0;
}

static enum prompt_read take_line(struct prompts *prompts)
{
    for (;;) {
        char byte = 0;
        if (!wait_for_input(prompts))
            return READ_WOKEN;
        ssize_t got = read(prompts->in, &byte, 1);
        if (got < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (got <= 0) {
            prompts->ended = true;
            return prompts->length > 0 ? READ_LINE : READ_END;
        }
        if (byte == '\n')
            return READ_LINE;
        // What does not fit is not cut: such a line is as long as the buffer and is refused later.
        if (prompts->length < PROMPT_LINE_MAX)
            prompts->line[prompts->length++] = byte;
    }
}

// Stays off while the caller is woken in the middle of a line.
static void echo_off(struct prompts *prompts)
{
    struct termios quiet;
    if (prompts->quiet || !isatty(prompts->in) || tcgetattr(prompts->in, &prompts->saved) != 0)
        return;
    quiet = prompts->saved;
    quiet.c_lflag &= ~(tcflag_t)ECHO;
    quiet.c_lflag |= ECHONL;
    prompts->quiet = tcsetattr(prompts->in, TCSANOW, &quiet) == 0;
}

void prompts_echo_on(struct prompts *prompts)
{
    if (prompts->quiet)
        tcsetattr(prompts->in, TCSANOW, &prompts->saved);
    prompts->quiet = false;
}

enum prompt_read prompts_read(struct prompts *prompts, bool secret)
{
    if (secret)
        echo_off(prompts);
    else
        prompts_echo_on(prompts);
    fflush(prompts->out);
    enum prompt_read got = prompts->ended ? READ_END : take_line(prompts);
    if (got == READ_WOKEN)
        return got;
    prompts_echo_on(prompts);
    while (prompts->length > 0 && prompts->line[prompts->length - 1] == '\r')
        prompts->length--;
    prompts->line[prompts->length] = '\0';
    return got;
}
