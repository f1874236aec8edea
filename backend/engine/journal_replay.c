// SPDX-License-Identifier: MIT
// From bytes to state. Nothing is guessed: a line is a whole record with its own checksum and the
// number that follows the one before, or the journal is damaged.
#include <string.h>

#include "backend/base/encode.h"
#include "backend/base/mem.h"
#include "backend/engine/journal_private.h"

// ,"crc":"01234567"}
static const char CRC_HEAD[] = ",\"crc\":\"";
enum { CRC_DIGITS = 8, CRC_TAIL = sizeof CRC_HEAD - 1 + CRC_DIGITS + 2 };

char *journal_line(struct json *record, int64_t seq)
{
    AUTO_FREE char *rest = json_print(record);
    json_put_int(record, "seq", seq);
    AUTO_FREE char *body = mem_printf("{\"seq\":%lld,%s", (long long)seq, rest + 1);
    size_t n = strlen(body);
    uint32_t crc = encode_crc32(0, body, n);
    return mem_printf("%.*s%s%08x\"}\n", (int)(n - 1), body, CRC_HEAD, crc);
}

// The record in a line without its newline, or NULL.
static struct json *read_line(const char *line, size_t length)
{
    if (length <= CRC_TAIL || length > JOURNAL_RECORD_MAX || memchr(line, '\0', length))
        return NULL;
    size_t body = length - CRC_TAIL;
    uint32_t crc = encode_crc32(encode_crc32(0, line, body), "}", 1);
    AUTO_FREE char *tail = mem_printf("%s%08x\"}", CRC_HEAD, crc);
    if (memcmp(line + body, tail, CRC_TAIL) != 0)
        return NULL;
    return json_parse(line, length, NULL, NULL);
}

struct journal_step *journal_entry(struct journal *journal, const char *id)
{
    for (size_t i = 0; i < journal->step_count; i++)
        if (str_eq(journal->steps[i]->id, id))
            return journal->steps[i];
    journal->steps = mem_realloc(journal->steps, journal->step_count + 1, sizeof(void *));
    struct journal_step *step = mem_calloc(1, sizeof *step);
    step->id = mem_strdup(id);
    journal->steps[journal->step_count++] = step;
    return step;
}

static void take_facts(struct journal_step *step, const struct json *record)
{
    const struct json *facts = json_get(record, "facts");
    if (!facts)
        return;
    json_free(step->facts);
    step->facts = json_copy(facts);
}

static void take_failed(struct journal_step *step, const struct json *record)
{
    step->state = JOURNAL_FAILED;
    step->open = !step->made && json_bool(record, "open", true);
    str_replace(&step->error, json_str_or(record, "error", "unknown"));
    take_facts(step, record);
}

static void take_gone(struct journal_step *step)
{
    step->state = JOURNAL_GONE;
    step->made = step->ready = step->open = false;
    step->generation++;
    json_free(step->facts);
    step->facts = NULL;
}

static bool take_step(struct journal *journal, const char *type, const struct json *record)
{
    static const char *const TYPES[] = {"intent", "done", "ready", "failed", "undo", "gone"};
    size_t t = 0;
    while (t < ARRAY_LEN(TYPES) && !str_eq(TYPES[t], type))
        t++;
    const char *id = json_str(record, "step");
    if (t == ARRAY_LEN(TYPES) || str_empty(id))
        return false;
    struct journal_step *step = journal_entry(journal, id);
    step->wall_ms = json_int(record, "at", 0);
    switch (t) {
    case 0:
        step->state = JOURNAL_INTENT;
        step->open = !step->made;
        step->ready = false;
        break;
    case 2:
        step->ready = true;
        step->duration_ms = json_int(record, "duration_ms", 0);
        // fall through: what is ready is also made
        __attribute__((fallthrough));
    case 1:
        step->state = JOURNAL_DONE;
        step->made = true;
        step->open = false;
        take_facts(step, record);
        str_replace(&step->error, NULL);
        break;
    case 3: take_failed(step, record); break;
    case 4:
        step->state = JOURNAL_UNDO_INTENT;
        step->ready = false;
        break;
    default: take_gone(step); break;
    }
    return true;
}

static bool take_header(struct journal *journal, const struct json *record)
{
    str_replace(&journal->name, json_str(record, "name"));
    str_replace(&journal->account, json_str(record, "account"));
    str_replace(&journal->region, json_str(record, "region"));
    str_replace(&journal->stack, json_str(record, "stack"));
    str_replace(&journal->salt, json_str(record, "salt"));
    // There has been no format before the first; a number that is missing is not ours either.
    return json_int(record, "version", 0) >= 1 && journal->name && journal->account &&
           journal->region && journal->stack && journal->salt;
}

bool journal_take(struct journal *journal, const struct json *record)
{
    int64_t seq = json_int(record, "seq", -1);
    const char *type = json_str(record, "type");
    if (seq != journal->seq + 1 || !type || str_eq(type, "setup") != (seq == 1))
        return false;
    journal->seq = seq;
    if (seq == 1)
        return take_header(journal, record);
    struct json **slot = str_eq(type, "answers")   ? &journal->answers
                         : str_eq(type, "outcome") ? &journal->outcome
                                                   : NULL;
    if (!slot)
        return take_step(journal, type, record);
    if (!json_get(record, type))
        return false;
    json_free(*slot);
    *slot = json_copy(json_get(record, type));
    return true;
}

static bool damaged(const struct journal *journal, size_t line, struct err *err)
{
    err_set(err, ERR_IO, "the journal %s is damaged at line %zu", journal->path, line);
    return err_remedy(
        err, "Nothing was changed on AWS. Restore the file from a backup, or move it away: "
             "what exists is then found again by its tags and names.");
}

static bool newer(const struct journal *journal, const struct json *record, struct err *err)
{
    int64_t version = json_int(record, "version", -1);
    if (version <= JOURNAL_VERSION)
        return false;
    err_set(err, ERR_IO,
            "the journal %s was written by a newer forest-setup (format %lld, this one knows %d)",
            journal->path, (long long)version, JOURNAL_VERSION);
    err_remedy(err, "Update forest-setup on this machine.");
    return true;
}

bool journal_replay(struct journal *journal, const char *text, size_t length, size_t *good,
                    struct err *err)
{
    size_t at = 0;
    for (size_t line = 1; at < length; line++) {
        const char *end = memchr(text + at, '\n', length - at);
        // The first line is written whole before the file gets its name: it is never torn.
        if (!end && line == 1)
            return damaged(journal, line, err);
        if (!end) {
            journal->warning = mem_printf("the last record of %s was cut off by a crash and has "
                                          "been dropped; what it told is looked up again",
                                          journal->path);
            break;
        }
        JSON_AUTO *record = read_line(text + at, (size_t)(end - text) - at);
        if (record && line == 1 && newer(journal, record, err))
            return false;
        if (!record || !journal_take(journal, record))
            return damaged(journal, line, err);
        at = (size_t)(end - text) + 1;
    }
    *good = at;
    return journal->seq ? true : damaged(journal, 1, err);
}
