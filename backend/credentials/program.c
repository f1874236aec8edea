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
#include "backend/credentials/hand_over.h"

extern char **environ;

enum { STEP_MS = 50, REAP_MS = 2, SAID_MAX = 4096, SAID_SHOWN = 300 };

struct running {
    char *const *words;
    const char *name;
    pid_t pid;
    int out, said; // read ends; -1 when closed
    struct str *out_text, said_text;
    int status; // once `ended`
    bool ended;
    bool refused; // it wanted the terminal and could not have it
    int64_t until_ms;
    struct cancel *cancel;
    struct hand_over hand;
};

static void set_attributes(posix_spawnattr_t *attributes)
{
    static const int usual[] = {SIGPIPE, SIGXFSZ, SIGTTIN, SIGTTOU, SIGINT, SIGTSTP};
    sigset_t none, defaults;
    posix_spawnattr_init(attributes);
    sigemptyset(&none);
    sigemptyset(&defaults);
    for (size_t i = 0; i < ARRAY_LEN(usual); i++)
        sigaddset(&defaults, usual[i]);
    posix_spawnattr_setsigmask(attributes, &none);
    posix_spawnattr_setsigdefault(attributes, &defaults);
    posix_spawnattr_setpgroup(attributes, 0);
    posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                             POSIX_SPAWN_SETSIGDEF);
}

static int spawn(struct running *r, int out, int said)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&files);
    if (r->hand.tty >= 0)
        posix_spawn_file_actions_adddup2(&files, r->hand.tty, STDIN_FILENO);
    else
        posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&files, said, STDERR_FILENO);
    set_attributes(&attributes);
    int rc = posix_spawnp(&r->pid, r->words[0], &files, &attributes, r->words, environ);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    return rc;
}

static bool start(struct running *r, struct err *err)
{
    int out[2], said[2];
    r->ended = true; // until there is one
    if (pipe2(out, O_CLOEXEC) != 0)
        return err_errno(err, ERR_IO, errno, "pipe");
    if (pipe2(said, O_CLOEXEC) != 0) {
        int saved = errno;
        close(out[0]);
        close(out[1]);
        return err_errno(err, ERR_IO, saved, "pipe");
    }
    int rc = spawn(r, out[1], said[1]);
    close(out[1]);
    close(said[1]);
    r->out = out[0];
    r->said = said[0];
    r->ended = rc != 0;
    return rc == 0 || err_errno(err, rc == ENOENT ? ERR_NOT_FOUND : ERR_IO, rc, "%s", r->name);
}

static void stop(struct running *r, bool whole)
{
    if (!whole && !r->ended)
        kill(-r->pid, SIGKILL);
    fs_close(&r->out);
    fs_close(&r->said);
    while (!r->ended && waitpid(r->pid, &r->status, 0) < 0 && errno == EINTR)
        continue;
    r->ended = true;
}

static void drain(struct running *r, int *fd)
{
    char buffer[4096];
    ssize_t n = read(*fd, buffer, sizeof buffer);
    bool said = fd == &r->said;
    if (n > 0)
        str_addn(said ? &r->said_text : r->out_text, buffer, (size_t)n);
    else if (n == 0 || errno != EINTR)
        fs_close(fd);
    if (n > 0 && said)
        hand_over_show(&r->hand, buffer, (size_t)n);
    secret_wipe(buffer, sizeof buffer);
}

// It wants the terminal: it gets it, with what it has said so far, for the question may be among
// that.
static bool hand_over(struct running *r)
{
    if (!hand_over_take(&r->hand, r->cancel))
        return false;
    AUTO_FREE char *head = mem_printf("\nforest-setup: %s asks. Ctrl-C stops it.\n", r->name);
    hand_over_show(&r->hand, head, strlen(head));
    if (r->hand.anew) {
        stop(r, false);
        str_reset(&r->said_text);
        str_reset(r->out_text);
        if (!start(r, NULL))
            return false;
    }
    hand_over_show(&r->hand, r->said_text.data, r->said_text.len);
    r->until_ms = clock_ms() + PROGRAM_PERSON_MS;
    hand_over_give(&r->hand, r->pid);
    return true;
}

// Has it ended, or been stopped? Whatever stopped it, only this program lets it go on.
static void look(struct running *r)
{
    int status = 0;
    if (r->ended || waitpid(r->pid, &status, WNOHANG | WUNTRACED) != r->pid)
        return;
    r->ended = !WIFSTOPPED(status);
    r->status = status;
    if (r->ended)
        return;
    bool asks = WSTOPSIG(status) == SIGTTIN || WSTOPSIG(status) == SIGTTOU;
    r->refused = asks && !r->hand.taken && !hand_over(r);
    if (!r->refused && !r->ended)
        kill(-r->pid, SIGCONT);
}

// Until it has ended and nobody writes any more. False: the time is over, cancelled or refused.
static bool collect(struct running *r)
{
    while (r->out >= 0 || r->said >= 0 || !r->ended) {
        look(r);
        if (cancel_requested(r->cancel) || clock_ms() > r->until_ms || r->out_text->truncated ||
            r->refused)
            return false;
        struct pollfd fds[2] = {{.fd = r->out, .events = POLLIN},
                                {.fd = r->said, .events = POLLIN}};
        bool open = r->out >= 0 || r->said >= 0;
        if (poll(fds, 2, open ? STEP_MS : REAP_MS) <= 0)
            continue;
        if (fds[0].revents)
            drain(r, &r->out);
        if (fds[1].revents)
            drain(r, &r->said);
    }
    return true;
}

static bool failed(const struct running *r, struct err *err)
{
    AUTO_FREE char *scrubbed = secret_scrub(r->said_text.data);
    AUTO_FREE char *text = text_safe(scrubbed, SAID_SHOWN);
    return err_set(err, ERR_AUTH, "%s ended with status %d%s%s", r->name,
                   WIFEXITED(r->status) ? WEXITSTATUS(r->status) : 128 + WTERMSIG(r->status),
                   *text ? ": " : "", text);
}

static bool not_whole(const struct running *r, int64_t began_ms, struct err *err)
{
    if (cancel_requested(r->cancel))
        return err_set(err, ERR_CANCELLED, "cancelled");
    if (r->out_text->truncated)
        return err_set(err, ERR_AUTH, "%s wrote more than %d bytes", r->name, PROGRAM_OUT_MAX);
    if (r->refused) {
        err_set(err, ERR_AUTH, "%s asks something on the terminal, and there is nobody to ask",
                r->name);
        return err_remedy(err, "start forest-setup in a terminal, in the foreground");
    }
    return err_set(err, ERR_AUTH, "%s did not end within %lld s", r->name,
                   (long long)(r->until_ms - began_ms + 500) / 1000);
}

bool program_run(char *const *words, long timeout_ms, struct cancel *cancel, struct str *out,
                 bool *out_asked, struct err *err)
{
    AUTO_FREE char *name = text_safe(words[0], 100);
    int64_t began_ms = clock_ms();
    struct running r = {.words = words,
                        .name = name,
                        .out = -1,
                        .said = -1,
                        .out_text = out,
                        .until_ms = began_ms + timeout_ms,
                        .cancel = cancel};
    str_init(&r.said_text, SAID_MAX);
    hand_over_open(&r.hand);
    bool ok = start(&r, err);
    if (ok) {
        bool whole = collect(&r);
        stop(&r, whole);
        ok = whole ? (WIFEXITED(r.status) && WEXITSTATUS(r.status) == 0) || failed(&r, err)
                   : not_whole(&r, began_ms, err);
    }
    stop(&r, true);
    *out_asked = r.hand.taken;
    hand_over_end(&r.hand);
    str_clear(&r.said_text);
    return ok;
}
