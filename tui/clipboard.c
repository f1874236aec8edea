// SPDX-License-Identifier: MIT
#include "tui/clipboard.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/base/clock.h"
#include "backend/base/encode.h"
#include "backend/base/mem.h"
#include "backend/base/str.h"

extern char **environ;

enum { TOOL_WAIT_MS = 1000 };

static const struct {
    const char *needs; // a variable that tells that its desktop is here; NULL: try
    const char *argv[6];
} tools[] = {
    // -w also hands it on to the terminal that tmux runs in
    {"TMUX", {"tmux", "load-buffer", "-w", "-", NULL}},
    {"WAYLAND_DISPLAY", {"wl-copy", NULL}},
    {"DISPLAY", {"xclip", "-selection", "clipboard", NULL}},
    {"DISPLAY", {"xsel", "--clipboard", "--input", NULL}},
#ifdef __APPLE__
    {NULL, {"pbcopy", NULL}},
#endif
};

// Starts a tool with a pipe to its stdin and nothing else of ours. -1 when it cannot be started.
static pid_t start(const char *const *argv, int *out_stdin)
{
    posix_spawn_file_actions_t actions;
    int ends[2];
    pid_t pid = -1;

    if (pipe(ends) != 0)
        return -1;
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addclose(&actions, ends[0]);
    if (posix_spawnp(&pid, argv[0], &actions, NULL, (char *const *)(uintptr_t)argv, environ) != 0)
        pid = -1;
    posix_spawn_file_actions_destroy(&actions);
    close(ends[0]);
    if (pid < 0)
        close(ends[1]);
    else
        *out_stdin = ends[1];
    return pid;
}

// True when it ended well in time. A tool that stays to serve the clipboard has detached itself.
static bool ended_well(pid_t pid)
{
    int64_t until = clock_ms() + TOOL_WAIT_MS;
    int status = 0;

    for (;;) {
        pid_t ended = waitpid(pid, &status, WNOHANG);

        if (ended == pid)
            return WIFEXITED(status) && WEXITSTATUS(status) == 0;
        if (ended < 0 && errno != EINTR)
            return false;
        if (clock_ms() >= until)
            break;
        poll(NULL, 0, 5);
    }
    kill(pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
        // it is being killed: this ends
    }
    return false;
}

static bool use_tool(const char *const *argv, const char *text)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
    int to = -1;
    pid_t pid = start(argv, &to);
    size_t length = strlen(text);
    bool written;

    if (pid < 0)
        return false;
    sigemptyset(&ignore.sa_mask);
    sigaction(SIGPIPE, &ignore, &before);                 // a tool that does not read
    written = write(to, text, length) == (ssize_t)length; // a URL: less than a pipe holds
    sigaction(SIGPIPE, &before, NULL);
    close(to);
    return ended_well(pid) && written;
}

static void by_terminal(const char *text, bool (*put)(const char *bytes))
{
    char *encoded = encode_base64(text, strlen(text));
    char *sequence = mem_printf("\033]52;c;%s\a", encoded);

    put(sequence);
    mem_free(sequence);
    mem_free(encoded);
}

const char *clipboard_copy(const char *text, bool (*put)(const char *bytes))
{
    bool sure = false, tmux = false;

    if (put)
        by_terminal(text, put);
    for (size_t i = 0; i < ARRAY_LEN(tools); i++) {
        bool local = i > 0;

        if (tools[i].needs && str_empty(getenv(tools[i].needs)))
            continue;
        if (local && sure)
            break;
        if (!use_tool(tools[i].argv, text))
            continue;
        if (local)
            sure = true;
        else
            tmux = true;
    }
    if (sure)
        return "copied";
    if (tmux)
        return "copied to tmux's buffer, and to the clipboard if your terminal allows it";
    return put ? "copied, if your terminal allows it" : "cannot copy here: select it instead";
}
