// SPDX-License-Identifier: MIT
// Running another program: its own process group, a clean environment, its output line by line, and
// an end.
//
// process_run() blocks until the program has ended or was stopped (cancel, stop flag, time); then
// nothing of its group is left. Nothing of our environment is passed on but PATH, HOME, TMPDIR, the
// language, proxies, CA files and what the caller names: no AWS_*, no FOREST_*, no secret. Errors:
// ERR_NOT_FOUND (no such program), ERR_IO (it failed; the message ends with the last lines it
// wrote), ERR_CANCELLED.
#ifndef FOREST_IMAGE_PROCESS_H
#define FOREST_IMAGE_PROCESS_H

#include <stdbool.h>

#include "backend/base/err.h"
#include "backend/base/str.h"
#include "backend/image/meter.h"

struct process {
    const char *const *argv; // argv[0] is looked for in PATH; ended by NULL
    const char *folder;      // to run in; NULL: ours
    const char *const *pass; // more names of variables to pass on, ended by NULL; may be NULL
    const char *const *set;  // "NAME=value", ended by NULL; may be NULL
    long timeout_ms;         // 0: 15 minutes
    struct meter *meter;     // log lines, cancel; may be NULL
    struct str *out;         // collects standard output (initialised); may be NULL
};

bool process_run(const struct process *process, struct err *err);
// The absolute path of a program in PATH; the caller's; NULL when there is none.
char *process_find(const char *program);

#endif
