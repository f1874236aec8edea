// SPDX-License-Identifier: MIT
#include "screens/cli/setups.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/clock.h"
#include "backend/base/fs.h"
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/engine/journal.h"

static char *copy(const char *text)
{
    return text ? mem_strdup(text) : NULL;
}

// The failure of the step that was written last says why it stopped.
static const char *last_error(const struct journal *journal)
{
    const struct journal_step *last = NULL;
    for (size_t i = 0; i < journal_step_count(journal); i++) {
        const struct journal_step *s = journal_step_at(journal, i);
        if (s->state == JOURNAL_FAILED && s->error && (!last || s->wall_ms >= last->wall_ms))
            last = s;
    }
    return last ? last->error : NULL;
}

static const char *public_url(const struct journal *journal)
{
    const char *url = json_str(journal_outcome(journal), "url");
    for (size_t i = 0; !url && i < journal_step_count(journal); i++)
        url = json_text(json_get(journal_step_at(journal, i)->facts, "url"));
    return url;
}

static char *last_time(const struct journal *journal)
{
    const char *at = json_str(journal_outcome(journal), "at");
    if (at)
        return mem_strdup(at);
    int64_t latest = 0;
    for (size_t i = 0; i < journal_step_count(journal); i++)
        if (journal_step_at(journal, i)->wall_ms > latest)
            latest = journal_step_at(journal, i)->wall_ms;
    return latest ? clock_format(latest) : NULL;
}

static bool succeeded(const struct json *outcome)
{
    const char *result = json_str(outcome, "result");
    return str_eq(result, "done") || str_eq(result, "ok");
}

static void describe(struct setup *out, const struct journal *journal)
{
    const struct json *outcome = journal_outcome(journal);
    out->account = copy(journal_account(journal));
    out->region = copy(journal_region(journal));
    out->url = copy(public_url(journal));
    out->at = last_time(journal);
    out->total = (unsigned)json_int(outcome, "total", 0);
    for (size_t i = 0; i < journal_step_count(journal); i++)
        out->ready += journal_step_at(journal, i)->ready ? 1u : 0u;
    bool destroyed = str_eq(json_str(outcome, "command"), "destroy");
    out->state = succeeded(outcome) && !destroyed ? SETUP_RUNNING : SETUP_STOPPED;
    if (out->state == SETUP_RUNNING)
        return;
    const char *why = json_str(outcome, "text");
    if (!why)
        why = last_error(journal);
    out->why = mem_strdup(why ? why : "it was interrupted");
}

static void load_one(struct setup *out, const char *state_dir, const char *name)
{
    *out = (struct setup){.name = mem_strdup(name)};
    ERR_AUTO err = {0};
    struct journal *journal = NULL;
    if (journal_look(&journal, state_dir, name, &err)) {
        describe(out, journal);
        journal_close(journal);
        return;
    }
    out->state = SETUP_DAMAGED;
    out->why = mem_strdup(err.message ? err.message : "its journal cannot be read");
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct setup *)a)->name, ((const struct setup *)b)->name);
}

bool setups_load(struct setups *out, struct err *err)
{
    *out = (struct setups){0};
    AUTO_FREE char *dir = fs_state_dir(err);
    char **names = NULL;
    size_t count = 0;
    if (!dir || !journal_list(dir, &names, &count, err))
        return false;
    out->items = mem_calloc(count + 1, sizeof *out->items);
    out->count = count;
    for (size_t i = 0; i < count; i++) {
        load_one(&out->items[i], dir, names[i]);
        mem_free(names[i]);
    }
    mem_free(names);
    qsort(out->items, count, sizeof *out->items, by_name);
    return true;
}

void setups_clear(struct setups *setups)
{
    for (size_t i = 0; i < setups->count; i++) {
        struct setup *s = &setups->items[i];
        char *texts[] = {s->name, s->account, s->region, s->url, s->why, s->at};
        for (size_t k = 0; k < ARRAY_LEN(texts); k++)
            mem_free(texts[k]);
    }
    mem_free(setups->items);
    *setups = (struct setups){0};
}

const char *setup_state_word(enum setup_state state)
{
    static const char *const words[] = {"running", "stopped", "damaged"};
    return words[state];
}

struct json *setup_json(const struct setup *setup)
{
    struct json *o =
        json_strings("type", "setup", "name", setup->name, "state", setup_state_word(setup->state),
                     "account", setup->account, "region", setup->region, "url", setup->url, "why",
                     setup->why, "at", setup->at, NULL);
    json_put_int(o, "ready", setup->ready);
    if (setup->total)
        json_put_int(o, "total", setup->total);
    return o;
}
