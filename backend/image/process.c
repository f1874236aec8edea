// SPDX-License-Identifier: MIT
#include "backend/image/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/base/fs.h"
#include "backend/base/mem.h"
#include "backend/base/text.h"

enum {
    POLL_MS = 50,
    TERM_MS = 2000,
    LOG_MAX_BYTES = 256 * 1024,
    TAIL_LINES = 5,
    USUAL_TIMEOUT_MS = 15 * 60 * 1000
};

static const char *const passed_always[] = {
    "PATH",       "HOME",        "TMPDIR",        "LANG",         "LC_ALL",
    "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY",      "http_proxy",   "https_proxy",
    "no_proxy",   "ALL_PROXY",   "SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_EXTRA_CA_CERTS",
    NULL};

struct strings {
    char **items; // ended by NULL
    size_t count;
};

static void strings_push(struct strings *s, char *owned)
{
    s->items = mem_realloc(s->items, s->count + 2, sizeof *s->items);
    s->items[s->count++] = owned;
    s->items[s->count] = NULL;
}

static void strings_clear(struct strings *s)
{
    for (size_t i = 0; i < s->count; i++)
        mem_free(s->items[i]);
    mem_free(s->items);
    *s = (struct strings){0};
}

static void pass(struct strings *env, const char *const *names)
{
    for (; names && *names; names++) {
        const char *value = getenv(*names);
        if (value)
            strings_push(env, mem_printf("%s=%s", *names, value));
    }
}

char *process_find(const char *program)
{
    if (strchr(program, '/'))
        return access(program, X_OK) == 0 ? mem_strdup(program) : NULL;
    const char *path = getenv("PATH");
    for (const char *p = path ? path : "/usr/local/bin:/usr/bin:/bin"; *p;) {
        size_t n = strcspn(p, ":");
        // "." and nothing at all mean wherever one stands: a folder of somebody else's, perhaps.
        char *file = mem_printf("%.*s/%s", (int)n, p, program);
        if (*p == '/' && access(file, X_OK) == 0 && !fs_is_dir(file))
            return file;
        mem_free(file);
        p += n;
        p += *p == ':';
    }
    return NULL;
}

struct child {
    const struct process *process;
    pid_t pid;
    int out, error; // our ends of its pipes, -1 when ended
    struct str line[2];
    size_t logged;
    char *tail[TAIL_LINES]; // the last lines, oldest first
};

static void take_line(struct child *c, const char *raw)
{
    AUTO_FREE char *line = text_safe(raw, 1000);
    if (*line == '\0')
        return;
    mem_free(c->tail[0]);
    memmove(&c->tail[0], &c->tail[1], sizeof c->tail - sizeof c->tail[0]);
    c->tail[TAIL_LINES - 1] = mem_strdup(line);
    c->logged += strlen(line);
    if (c->process->meter && c->logged < LOG_MAX_BYTES)
        meter_log(c->process->meter, line);
}

static void take_bytes(struct child *c, int which, const char *bytes, size_t length)
{
    if (which == 0 && c->process->out)
        str_addn(c->process->out, bytes, length);
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] != '\n') {
            str_addc(&c->line[which], bytes[i]); // a line longer than the buffer loses its end
            continue;
        }
        take_line(c, c->line[which].data);
        str_reset(&c->line[which]);
    }
}

// Reads what is there now; closes at the end.
static void drain(struct child *c, int *fd, int which)
{
    char buffer[16384];
    while (*fd >= 0) {
        ssize_t n = read(*fd, buffer, sizeof buffer);
        if (n > 0) {
            take_bytes(c, which, buffer, (size_t)n);
            continue;
        }
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return;
        fs_close(fd);
    }
}

static bool pipe_pair(int fds[2])
{
    if (pipe(fds) != 0)
        return false;
    for (int i = 0; i < 2; i++)
        fcntl(fds[i], F_SETFD, FD_CLOEXEC);
    fcntl(fds[0], F_SETFL, O_NONBLOCK);
    return true;
}

// Signals as at the start of any program, a group of its own, nothing open but the three.
static int spawn(struct child *c, const char *file, char *const *env, int out, int error)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out, 1);
    posix_spawn_file_actions_adddup2(&actions, error, 2);
    if (c->process->folder)
        posix_spawn_file_actions_addchdir_np(&actions, c->process->folder);
#ifdef __GLIBC_PREREQ // in one line with the next, other C libraries would not parse it
#if __GLIBC_PREREQ(2, 34)
    posix_spawn_file_actions_addclosefrom_np(&actions, 3);
#endif
#endif
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF |
                                              POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setsigmask(&attributes, &none);
    struct strings argv = {0}; // exec wants pointers it may write to
    for (const char *const *a = c->process->argv; *a; a++)
        strings_push(&argv, mem_strdup(*a));
    int code = EINVAL; // without even the name of the program
    if (argv.items)
        code = posix_spawn(&c->pid, file, &actions, &attributes, argv.items, env);
    strings_clear(&argv);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return code;
}

static bool stopped(const struct child *c)
{
    return c->process->meter && meter_stopped(c->process->meter);
}

// Politely, then not; the whole group in both cases.
static void end_group(struct child *c, int *status)
{
    kill(-c->pid, SIGTERM);
    int64_t until = clock_ms() + TERM_MS;
    for (;;) {
        pid_t done = waitpid(c->pid, status, WNOHANG);
        if (done == c->pid || (done < 0 && errno != EINTR))
            break;
        if (clock_ms() >= until) {
            kill(-c->pid, SIGKILL);
            while (waitpid(c->pid, status, 0) < 0 && errno == EINTR)
                ;
            break;
        }
        cancel_sleep(NULL, 10);
    }
    kill(-c->pid, SIGKILL);
}

enum ending { ENDED, STOPPED, TOO_LONG };

static enum ending follow(struct child *c, int *status)
{
    int64_t until =
        clock_ms() + (c->process->timeout_ms ? c->process->timeout_ms : USUAL_TIMEOUT_MS);
    for (;;) {
        struct pollfd p[2] = {{.fd = c->out, .events = POLLIN}, {.fd = c->error, .events = POLLIN}};
        poll(p, 2, POLL_MS);
        drain(c, &c->out, 0);
        drain(c, &c->error, 1);
        if (waitpid(c->pid, status, WNOHANG) == c->pid) {
            drain(c, &c->out, 0); // what came between
            drain(c, &c->error, 1);
            kill(-c->pid, SIGKILL); // children it left behind
            return ENDED;
        }
        bool late = clock_ms() >= until;
        if (!late && !stopped(c))
            continue;
        end_group(c, status);
        return late ? TOO_LONG : STOPPED;
    }
}

static bool judge(struct child *c, enum ending ending, int status, struct err *err)
{
    const char *name = c->process->argv[0];
    if (ending == STOPPED)
        return err_set(err, ERR_CANCELLED, "%s was stopped", name);
    if (ending == TOO_LONG)
        return err_set(err, ERR_IO, "%s did not end in time and was stopped", name);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    STR_AUTO last;
    str_init(&last, STR_LINE);
    for (size_t i = 0; i < TAIL_LINES; i++)
        if (c->tail[i])
            str_addf(&last, "%s%s", last.len ? " | " : "", c->tail[i]);
    if (WIFSIGNALED(status))
        return err_set(err, ERR_IO, "%s was ended by signal %d: %s", name, WTERMSIG(status),
                       last.data);
    return err_set(err, ERR_IO, "%s failed with exit code %d: %s", name, WEXITSTATUS(status),
                   last.data);
}

static bool start(struct child *c, const char *file, struct err *err)
{
    int out[2], error[2];
    if (!pipe_pair(out))
        return err_errno(err, ERR_IO, errno, "cannot make a pipe");
    if (!pipe_pair(error)) {
        close(out[0]);
        close(out[1]);
        return err_errno(err, ERR_IO, errno, "cannot make a pipe");
    }
    struct strings env = {0};
    pass(&env, passed_always);
    pass(&env, c->process->pass);
    for (const char *const *s = c->process->set; s && *s; s++)
        strings_push(&env, mem_strdup(*s));
    strings_push(&env, mem_strdup("TERM=dumb"));
    int code = spawn(c, file, env.items, out[1], error[1]);
    strings_clear(&env);
    close(out[1]);
    close(error[1]);
    c->out = out[0];
    c->error = error[0];
    return code == 0 || err_errno(err, ERR_IO, code, "cannot start %s", file);
}

bool process_run(const struct process *process, struct err *err)
{
    AUTO_FREE char *file = process_find(process->argv[0]);
    if (!file)
        return err_set(err, ERR_NOT_FOUND, "%s is not installed", process->argv[0]);
    struct child c = {.process = process, .out = -1, .error = -1};
    str_init(&c.line[0], 4096);
    str_init(&c.line[1], 4096);
    bool ok = start(&c, file, err);
    if (ok) {
        int status = 0;
        enum ending ending = follow(&c, &status);
        take_line(&c, c.line[0].data);
        take_line(&c, c.line[1].data);
        ok = judge(&c, ending, status, err);
    }
    fs_close(&c.out);
    fs_close(&c.error);
    str_clear(&c.line[0]);
    str_clear(&c.line[1]);
    for (size_t i = 0; i < TAIL_LINES; i++)
        mem_free(c.tail[i]);
    return ok;
}
