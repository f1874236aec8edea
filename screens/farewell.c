// SPDX-License-Identifier: MIT
#include "screens/farewell.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "backend/base/clock.h"
#include "backend/base/log.h"
#include "backend/base/mem.h"
#include "screens/run.h"
#include "screens/wizard_private.h"

// The practice cloud's script takes this process over: nothing of the wizard is left then.
static void become(const char *script)
{
    static const int usual[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGXFSZ};
    for (size_t i = 0; i < ARRAY_LEN(usual); i++)
        signal(usual[i], SIG_DFL); // from here on they end this process, and the script
    if (cancel_requested(cancel_of_process()))
        return; // one came while the wizard was leaving
    execl("/bin/sh", "sh", script, (char *)NULL);
    fprintf(stderr, "%s cannot be started\n", script);
}

int wizard_farewell(struct wizard *w, int signal_number)
{
    bool gone = signal_number == SIGHUP; // nobody reads any more
    int code = signal_number ? 128 + signal_number : w->exit_code;
    if (run_active(w) && !gone)
        fprintf(stderr, "Stopping after what is running now. What has been made is recorded.\n");
    AUTO_FREE char *words = mem_steal(w->last_words);
    AUTO_FREE char *script = mem_steal(w->own->become);
    wizard_clear(w);
    if (words && !gone) {
        fputs(words, stdout);
        fflush(stdout);
    }
    if (script && !signal_number)
        become(script);
    return code;
}
