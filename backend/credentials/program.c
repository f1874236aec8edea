// SPDX-License-Identifier: MIT
#include "backend/credentials/program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/base/fs.h"
#include "backend/base/mem.h"
#include "backend/base/secret.h"
#include "backend/base/text.h"

extern char **environ;

enum { STEP_MS = 50, SAID_MAX = 4096, SAID_SHOWN = 300 };

struct running {
    pid_t pid;
    int out, said; // read ends; -1 when closed
};

static bool start(char *const *words, struct running *r, struct err *err)
{
    int out[2], said[2];
    if (pipe2(out, O_CLOEXEC) != 0)
        return err_errno(err, ERR_IO, errno, "pipe");
    if (pipe2(said, O_CLOEXEC) != 0) {
        int saved = errno;
        close(out[0]);
        close(out[1]);
        return err_errno(err, ERR_IO, saved, "pipe");
    }
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t none, usual;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, out[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&files, said[1], STDERR_FILENO);
    posix_spawnattr_init(&attributes);
    sigemptyset(&none);
    sigemptyset(&usual);
    sigaddset(&usual, SIGPIPE);
    sigaddset(&usual, SIGXFSZ);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &usual);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                              POSIX_SPAWN_SETSIGDEF);
    int rc = posix_spawnp(&r->pid, words[0], &files, &attributes, words, environ);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    close(out[1]);
    close(said[1]);
    r->out = out[0];
    r->said = said[0];
    if (rc == 0)
        return true;
    close(r->out);
    close(r->said);
    AUTO_FREE char *name = text_safe(words[0], 100);
    return err_errno(err, rc == ENOENT ? ERR_NOT_FOUND : ERR_IO, rc, "%s", name);
}

static void drain(int *fd, struct str *into)
{
    char buffer[4096];
    ssize_t n = read(*fd, buffer, sizeof buffer);
    if (n > 0)
        str_addn(into, buffer, (size_t)n);
    else if (n == 0 || errno != EINTR) {
        close(*fd);
        *fd = -1;
    }
    secret_wipe(buffer, sizeof buffer);
}

// Until both ends are closed. False: the time is over or cancelled.
static bool collect(struct running *r, int64_t until_ms, struct cancel *cancel, struct str *out,
                    struct str *said)
{
    while (r->out >= 0 || r->said >= 0) {
        if (cancel_requested(cancel) || clock_ms() > until_ms || out->truncated)
            return false;
        struct pollfd fds[2] = {{.fd = r->out, .events = POLLIN},
                                {.fd = r->said, .events = POLLIN}};
        if (poll(fds, 2, STEP_MS) <= 0)
            continue;
        if (fds[0].revents)
            drain(&r->out, out);
        if (fds[1].revents)
            drain(&r->said, said);
    }
    return true;
}

static bool failed(const char *name, int status, const struct str *said, struct err *err)
{
    AUTO_FREE char *scrubbed = secret_scrub(said->data);
    AUTO_FREE char *text = text_safe(scrubbed, SAID_SHOWN);
    return err_set(err, ERR_AUTH, "%s ended with status %d%s%s", name,
                   WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
                   *text ? ": " : "", text);
}

bool program_run(char *const *words, long timeout_ms, struct cancel *cancel, struct str *out,
                 struct err *err)
{
    struct running r = {.out = -1, .said = -1};
    AUTO_FREE char *name = text_safe(words[0], 100);
    if (!start(words, &r, err))
        return false;
    STR_AUTO said = {0};
    str_init(&said, SAID_MAX);
    bool whole = collect(&r, clock_ms() + timeout_ms, cancel, out, &said);
    if (!whole)
        kill(-r.pid, SIGKILL);
    fs_close(&r.out);
    fs_close(&r.said);
    int status = 0;
    while (waitpid(r.pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (cancel_requested(cancel))
        return err_set(err, ERR_CANCELLED, "cancelled");
    if (!whole && out->truncated)
        return err_set(err, ERR_AUTH, "%s wrote more than %d bytes", name, PROGRAM_OUT_MAX);
    if (!whole)
        return err_set(err, ERR_AUTH, "%s did not end within %ld s", name, timeout_ms / 1000);
    return (WIFEXITED(status) && WEXITSTATUS(status) == 0) || failed(name, status, &said, err);
}
