// SPDX-License-Identifier: MIT
// Opening, with everything that makes a journal untrustworthy refused, and the questions one can
// ask of it.
#include "backend/engine/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/base/random.h"
#include "backend/engine/journal_private.h"

static const char JOURNAL_FILE[] = "journal";

static bool name_ok(const char *name)
{
    return !str_empty(name) &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz"
                        "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == strlen(name);
}

static struct journal *new_journal(const char *state_dir, const char *name)
{
    struct journal *j = mem_calloc(1, sizeof *j);
    j->lock.fd = -1;
    j->fd = -1;
    j->dir = fs_join(state_dir, name);
    j->path = fs_join(j->dir, JOURNAL_FILE);
    j->guard = mem_alloc(sizeof *j->guard);
    j->settled = mem_alloc(sizeof *j->settled);
    pthread_mutex_init(j->guard, NULL);
    pthread_cond_init(j->settled, NULL);
    return j;
}

void journal_close(struct journal *j)
{
    if (!j)
        return;
    fs_close(&j->fd);
    fs_lock_free(&j->lock);
    for (size_t i = 0; i < j->step_count; i++) {
        mem_free(j->steps[i]->id);
        mem_free(j->steps[i]->error);
        json_free(j->steps[i]->facts);
        mem_free(j->steps[i]);
    }
    mem_free(j->steps);
    char *texts[] = {j->dir,    j->path,  j->name, j->account,
                     j->region, j->stack, j->salt, j->warning};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        mem_free(texts[i]);
    json_free(j->answers);
    json_free(j->outcome);
    err_clear(&j->broken);
    pthread_cond_destroy(j->settled);
    pthread_mutex_destroy(j->guard);
    mem_free(j->settled);
    mem_free(j->guard);
    mem_free(j);
}

static bool unsafe(const char *path, const char *why, const char *remedy, struct err *err)
{
    err_set(err, ERR_IO, "the journal in %s %s: it is not used", path, why);
    return err_remedy(err, "%s", remedy);
}

// Whoever else can write these could make us adopt or delete the wrong things.
static bool private_to_us(const struct stat *st, const char *path, struct err *err)
{
    if (st->st_uid != geteuid())
        return unsafe(path, "belongs to another user", "Run as the user who made this setup.", err);
    if (st->st_mode & 077)
        return unsafe(path, "can be used by other users",
                      S_ISDIR(st->st_mode) ? "If nobody changed it: chmod 700 on it."
                                           : "If nobody changed it: chmod 600 on it.",
                      err);
    return true;
}

static bool open_dir(const struct journal *j, int *out, struct err *err)
{
    int fd = open(j->dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && (errno == ELOOP || errno == ENOTDIR))
        return unsafe(j->dir, "does not lie in a directory of its own", "Move it away.", err);
    if (fd < 0)
        return err_errno(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, errno, "cannot open %s",
                         j->dir);
    struct stat st;
    if (fstat(fd, &st) != 0 || !private_to_us(&st, j->dir, err)) {
        close(fd);
        return false;
    }
    *out = fd;
    return true;
}

static bool plain_file(const struct journal *j, int fd, struct err *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return err_errno(err, ERR_IO, errno, "cannot look at %s", j->path);
    if (!S_ISREG(st.st_mode))
        return unsafe(j->path, "is not a plain file", "Move it away.", err);
    if (!private_to_us(&st, j->path, err))
        return false;
    return st.st_nlink == 1 ||
           unsafe(j->path, "has a second name (hard link)", "Remove the other name.", err);
}

// *out stays -1 when there is no such file yet.
static bool open_file(const struct journal *j, int dir, int flags, int *out, struct err *err)
{
    // Not blocking, for the case that it is a pipe.
    int fd = openat(dir, JOURNAL_FILE, flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 && errno == ENOENT)
        return true;
    if (fd < 0 && (errno == ELOOP || errno == EISDIR))
        return unsafe(j->path, errno == ELOOP ? "is a symbolic link" : "is a directory",
                      "Move it away.", err);
    if (fd < 0)
        return err_errno(err, ERR_IO, errno, "cannot open %s", j->path);
    if (plain_file(j, fd, err)) {
        *out = fd;
        return true;
    }
    close(fd);
    return false;
}

static bool read_all(const struct journal *j, int fd, struct str *out, struct err *err)
{
    str_init(out, JOURNAL_MAX_BYTES);
    char buffer[65536];
    for (;;) {
        ssize_t n = read(fd, buffer, sizeof buffer);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_errno(err, ERR_IO, errno, "cannot read the journal %s", j->path);
        if (n == 0)
            return true;
        str_addn(out, buffer, (size_t)n);
        if (out->truncated)
            return err_set(err, ERR_IO, "the journal %s is larger than %d MiB", j->path,
                           JOURNAL_MAX_BYTES / (1024 * 1024));
    }
}

static bool same_as(const struct journal *j, const struct journal_identity *want, struct err *err)
{
    const struct {
        const char *what, *here, *wanted;
    } pins[] = {{"setup", j->name, want->name},
                {"account", j->account, want->account},
                {"region", j->region, want->region},
                {"stack id", j->stack, want->stack}};
    for (size_t i = 0; i < ARRAY_LEN(pins); i++) {
        if (!pins[i].wanted || str_eq(pins[i].here, pins[i].wanted))
            continue;
        err_set(err, ERR_CONFLICT, "the setup \"%s\" belongs to %s %s, not to %s", want->name,
                pins[i].what, pins[i].here, pins[i].wanted);
        return err_remedy(err, "Sign in to %s %s, or choose another name for a new setup.",
                          pins[i].what, pins[i].here);
    }
    return true;
}

static bool load(struct journal *j, int fd, size_t *good, size_t *length, struct err *err)
{
    STR_AUTO text = {0};
    if (!read_all(j, fd, &text, err))
        return false;
    *length = text.len;
    return journal_replay(j, text.data, text.len, good, err);
}

// The file gets its name only when its first record is on the disk, so a journal without a whole
// first line is a damaged one and never a young one.
static bool create(struct journal *j, const struct journal_identity *identity, int dir, int *out,
                   struct err *err)
{
    if (str_empty(identity->account) || str_empty(identity->region) || str_empty(identity->stack))
        return err_set(err, ERR_NOT_FOUND, "there is no setup \"%s\" on this machine",
                       identity->name);
    j->name = mem_strdup(identity->name);
    j->account = mem_strdup(identity->account);
    j->region = mem_strdup(identity->region);
    j->stack = mem_strdup(identity->stack);
    j->salt = random_hex(16);
    JSON_AUTO *header = journal_header(j);
    AUTO_FREE char *line = journal_line(header, 1);
    if (!fs_write(j->path, line, strlen(line), 0600, err))
        return false;
    j->seq = 1;
    return open_file(j, dir, O_RDWR | O_APPEND, out, err);
}

// Answers that were refused before the first step pin nothing: the next try may go elsewhere.
static bool start_over(struct journal *j, const struct journal_identity *identity, int dir,
                       struct err *err)
{
    char **const texts[] = {&j->name, &j->account, &j->region, &j->stack, &j->salt, &j->warning};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        str_replace(texts[i], NULL);
    json_free(j->answers);
    json_free(j->outcome);
    j->answers = j->outcome = NULL;
    close(j->fd);
    j->fd = -1;
    return create(j, identity, dir, &j->fd, err);
}

static bool open_or_create(struct journal *j, const struct journal_identity *identity, int dir,
                           struct err *err)
{
    if (!open_file(j, dir, O_RDWR | O_APPEND, &j->fd, err))
        return false;
    if (j->fd < 0)
        return create(j, identity, dir, &j->fd, err);
    size_t good = 0;
    size_t length = 0;
    if (!load(j, j->fd, &good, &length, err))
        return false;
    ERR_AUTO e = {0};
    if (!same_as(j, identity, &e)) {
        if (j->step_count == 0 && str_eq(j->name, identity->name) && !str_empty(identity->account))
            return start_over(j, identity, dir, err);
        err_move(err, &e);
        return false;
    }
    if (good < length && (ftruncate(j->fd, (off_t)good) != 0 || fsync(j->fd) != 0))
        return err_errno(err, ERR_IO, errno, "cannot repair the end of %s", j->path);
    return true;
}

// Between our opening the directory and getting its lock, a destroy may have moved it away.
static bool still_there(const struct journal *j, int dir, struct err *err)
{
    struct stat ours;
    struct stat now;
    if (fstat(dir, &ours) == 0 && lstat(j->dir, &now) == 0 && ours.st_ino == now.st_ino &&
        ours.st_dev == now.st_dev)
        return true;
    return err_set(err, ERR_CONFLICT, "another forest-setup has just destroyed this setup");
}

// What is no plain file there was not put there by us. A journal without its lock is not used.
static bool take_lock(struct journal *j, struct err *err)
{
    AUTO_FREE char *path = fs_join(j->dir, "lock");
    ERR_AUTO e = {0};
    if (fs_lock_take(&j->lock, path, &e))
        return true;
    struct stat st;
    if (e.kind == ERR_IO && lstat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
        err_wrap(&e, "the journal in %s is not used", j->dir);
        err_remedy(&e, "Move %s away: a lock is a plain file.", path);
    }
    err_move(err, &e);
    return false;
}

static bool open_locked(struct journal *j, const struct journal_identity *identity, struct err *err)
{
    AUTO_CLOSE int dir = -1;
    if (!open_dir(j, &dir, err))
        return false;
    return take_lock(j, err) && still_there(j, dir, err) && open_or_create(j, identity, dir, err);
}

bool journal_open(struct journal **out, const char *state_dir,
                  const struct journal_identity *identity, struct err *err)
{
    *out = NULL;
    if (!name_ok(identity->name))
        return err_set(err, ERR_INPUT, "\"%s\" cannot be the name of a setup",
                       identity->name ? identity->name : "");
    struct journal *j = new_journal(state_dir, identity->name);
    bool ok = true;
    if (!fs_exists(j->path) && str_empty(identity->account))
        ok =
            err_set(err, ERR_NOT_FOUND, "there is no setup \"%s\" on this machine", identity->name);
    else if (!fs_exists(j->dir))
        ok = fs_mkdirs(j->dir, err) && fs_sync_dir(state_dir, err);
    if (!ok || !open_locked(j, identity, err)) {
        journal_close(j);
        return false;
    }
    j->opened_ms = clock_ms();
    *out = j;
    return true;
}

bool journal_look(struct journal **out, const char *state_dir, const char *name, struct err *err)
{
    *out = NULL;
    if (!name_ok(name))
        return err_set(err, ERR_INPUT, "\"%s\" cannot be the name of a setup", name ? name : "");
    struct journal *j = new_journal(state_dir, name);
    AUTO_CLOSE int dir = -1;
    AUTO_CLOSE int fd = -1;
    size_t good = 0;
    size_t length = 0;
    struct err why = {0};
    bool ok = open_dir(j, &dir, &why) && open_file(j, dir, O_RDONLY, &fd, &why);
    if ((ok && fd < 0) || why.kind == ERR_NOT_FOUND)
        ok = err_set(&why, ERR_NOT_FOUND, "there is no setup \"%s\" on this machine", name);
    if (!ok || !load(j, fd, &good, &length, &why)) {
        err_move(err, &why);
        journal_close(j);
        return false;
    }
    str_replace(&j->warning, NULL); // a writer may be in the middle of its last line
    *out = j;
    return true;
}

const char *journal_name(const struct journal *j)
{
    return j->name;
}

const char *journal_account(const struct journal *j)
{
    return j->account;
}

const char *journal_region(const struct journal *j)
{
    return j->region;
}

const char *journal_stack(const struct journal *j)
{
    return j->stack;
}

const char *journal_salt(const struct journal *j)
{
    return j->salt;
}

const char *journal_dir(const struct journal *j)
{
    return j->dir;
}

const struct json *journal_answers(const struct journal *j)
{
    return j->answers;
}

const struct json *journal_outcome(const struct journal *j)
{
    return j->outcome;
}

int64_t journal_opened_ms(const struct journal *j)
{
    return j->opened_ms;
}

const char *journal_warning(const struct journal *j)
{
    return j->warning;
}

size_t journal_step_count(const struct journal *j)
{
    pthread_mutex_lock(j->guard);
    size_t count = j->step_count;
    pthread_mutex_unlock(j->guard);
    return count;
}

const struct journal_step *journal_step_at(const struct journal *j, size_t index)
{
    pthread_mutex_lock(j->guard);
    const struct journal_step *step = index < j->step_count ? j->steps[index] : NULL;
    pthread_mutex_unlock(j->guard);
    return step;
}

const struct journal_step *journal_step(const struct journal *j, const char *id)
{
    const struct journal_step *found = NULL;
    pthread_mutex_lock(j->guard);
    for (size_t i = 0; i < j->step_count && !found; i++)
        if (str_eq(j->steps[i]->id, id))
            found = j->steps[i];
    pthread_mutex_unlock(j->guard);
    return found;
}
