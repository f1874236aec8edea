// SPDX-License-Identifier: MIT
// Appending. A record is on the disk before the call that writes it returns. Records of several
// workers share an fsync when they come while another one is under way: each still waits for one
// that began after its own write.
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/base/secret.h"
#include "backend/engine/internal.h"
#include "backend/engine/journal_private.h"

static bool break_for_good(struct journal *j, int errnum, struct err *err)
{
    // After a failed fsync the kernel may have dropped the pages: trying again would lie.
    err_errno(&j->broken, ERR_IO, errnum, "cannot write the journal %s", j->path);
    err_remedy(&j->broken, "Make room or repair the disk, then run resume. "
                           "Nothing more was created after this.");
    err_copy(err, &j->broken);
    return false;
}

// With the guard held; gives it up while the disk works.
static bool sync_records(struct journal *j, uint64_t mine, struct err *err)
{
    while (j->synced < mine && j->broken.kind == ERR_NONE) {
        if (j->syncing) {
            pthread_cond_wait(j->settled, j->guard);
            continue;
        }
        j->syncing = true;
        uint64_t covers = j->written;
        pthread_mutex_unlock(j->guard);
        int failed = fsync(j->fd) == 0 ? 0 : errno;
        pthread_mutex_lock(j->guard);
        j->syncing = false;
        if (failed)
            break_for_good(j, failed, NULL);
        else
            j->synced = covers;
        pthread_cond_broadcast(j->settled);
    }
    if (j->synced >= mine)
        return true;
    err_copy(err, &j->broken);
    return false;
}

static bool append(struct journal *j, struct json *record, struct err *err)
{
    AUTO_FREE char *line = journal_line(record, j->seq + 1);
    size_t length = strlen(line);
    if (length > JOURNAL_RECORD_MAX)
        return err_set(err, ERR_INTERNAL, "a journal record of %zu bytes is too large", length);
    ssize_t n;
    do
        n = write(j->fd, line, length);
    while (n < 0 && errno == EINTR);
    if (n < 0 || (size_t)n != length)
        return break_for_good(j, n < 0 ? errno : ENOSPC, err);
    uint64_t mine = ++j->written;
    // The state follows at once, so that sequence numbers are right for the next writer; if the
    // fsync fails nobody acts on it any more.
    if (!journal_take(j, record))
        return err_set(err, ERR_INTERNAL, "a journal record that cannot be read back");
    return sync_records(j, mine, err);
}

// Takes the record.
static bool write_record(struct journal *j, struct json *record, struct err *err)
{
    bool ok = false;
    pthread_mutex_lock(j->guard);
    if (j->fd < 0)
        err_set(err, ERR_INTERNAL, "the journal is open to look only");
    else if (j->broken.kind != ERR_NONE)
        err_copy(err, &j->broken);
    else
        ok = append(j, record, err);
    pthread_mutex_unlock(j->guard);
    json_free(record);
    return ok;
}

static struct json *new_record(const char *type, const char *step)
{
    struct json *record = json_object();
    json_put_int(record, "at", clock_wall_ms());
    json_put_str(record, "type", type);
    json_put_str(record, "step", step);
    return record;
}

struct json *journal_header(struct journal *j)
{
    struct json *record = new_record("setup", NULL);
    json_put_int(record, "version", JOURNAL_VERSION);
    json_put_str(record, "name", j->name);
    json_put_str(record, "account", j->account);
    json_put_str(record, "region", j->region);
    json_put_str(record, "stack", j->stack);
    json_put_str(record, "salt", j->salt);
    return record;
}

bool journal_write_answers(struct journal *j, const struct json *answers, struct err *err)
{
    struct json *record = new_record("answers", NULL);
    json_put(record, "answers", json_copy(answers));
    return write_record(j, record, err);
}

bool journal_write_intent(struct journal *j, const char *step, const char *what, struct err *err)
{
    struct json *record = new_record("intent", step);
    json_put_str(record, "what", what);
    const struct journal_step *known = journal_step(j, step);
    json_put_int(record, "generation", known ? known->generation : 0);
    return write_record(j, record, err);
}

static void put_facts(struct json *record, const struct json *facts)
{
    if (json_count(facts))
        json_put(record, "facts", json_copy(facts));
}

bool journal_write_done(struct journal *j, const char *step, const struct json *facts,
                        struct err *err)
{
    struct json *record = new_record("done", step);
    put_facts(record, facts);
    return write_record(j, record, err);
}

bool journal_write_ready(struct journal *j, const char *step, const struct json *facts,
                         int64_t duration_ms, struct err *err)
{
    struct json *record = new_record("ready", step);
    put_facts(record, facts);
    json_put_int(record, "duration_ms", duration_ms);
    return write_record(j, record, err);
}

bool journal_write_failed(struct journal *j, const char *step, const struct json *facts,
                          const struct err *why, struct err *err)
{
    AUTO_FREE char *text = secret_scrub(why && why->message ? why->message : "unknown");
    struct json *record = new_record("failed", step);
    json_put_str(record, "kind", err_kind_name(why ? why->kind : ERR_INTERNAL));
    json_put_str(record, "error", text);
    json_put_str(record, "code", why ? why->code : NULL);
    // Half-made things leave facts: then too it may exist.
    json_put_bool(record, "open", (why && why->outcome_unknown) || json_count(facts) > 0);
    put_facts(record, facts);
    return write_record(j, record, err);
}

bool journal_write_undo(struct journal *j, const char *step, struct err *err)
{
    return write_record(j, new_record("undo", step), err);
}

bool journal_write_gone(struct journal *j, const char *step, struct err *err)
{
    return write_record(j, new_record("gone", step), err);
}

bool journal_write_outcome(struct journal *j, const struct json *outcome, struct err *err)
{
    struct json *record = new_record("outcome", NULL);
    json_put(record, "outcome", json_copy(outcome));
    return write_record(j, record, err);
}
