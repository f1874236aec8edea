// SPDX-License-Identifier: MIT
// What has to happen before anything else: no core dumps, the locale, the way a signal stops the
// work.
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "backend/base/clock.h"
#include "backend/base/log.h"
#include "backend/base/secret.h"
#include "screens/cli/cli.h"
#include "screens/cli/exit_codes.h"
#include "tui/term.h"

static struct cancel stop;

// Once: finish and record what is running, then stop. Twice: leave now, the journal is valid at
// every moment.
static void on_stop(int signal_number)
{
    (void)signal_number;
    if (cancel_requested(&stop))
        _exit(EXIT_INTERRUPTED);
    cancel_signal_safe(&stop);
    static const char text[] =
        "\nStopping after what is running now. Ctrl-C again to leave at once.\n";
    if (signal_number == SIGINT && isatty(STDERR_FILENO) &&
        write(STDERR_FILENO, text, sizeof text - 1) < 0)
        return; // the terminal is gone: nobody is there to read it
}

static void catch_signals(void)
{
    // Without SA_RESTART, so that a read from the terminal wakes up.
    struct sigaction action = {.sa_handler = on_stop};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    // A reader that went away (`| head`) must not kill a setup in the middle of a create.
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigemptyset(&ignore.sa_mask);
    sigaction(SIGPIPE, &ignore, NULL);
    // Nor may a file size limit: the write fails with EFBIG and the journal says so.
    sigaction(SIGXFSZ, &ignore, NULL);
}

int main(int argc, char **argv)
{
    secret_protect_process();
    term_locale();
    cancel_init(&stop);
    cancel_set_process(&stop);
    catch_signals();
    int code = cli_main(argc, argv, &stop);
    log_close();
    return code;
}
