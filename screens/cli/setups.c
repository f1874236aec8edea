// SPDX-License-Identifier: MIT
#include "screens/cli/setups.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/fs.h"
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/engine/journal.h"

static char *copy(const char *text)
{
    return text ? mem_strdup(text) : NULL;
}

// As the last run counted: what was done when it started, and those of its steps that have ended
// since. What an apply takes away, because nobody asks for it any more, has ended when it is gone.
static void count_steps(struct setup *out, const struct journal *journal,
                        const struct json *outcome)
{
    bool destroy = str_eq(json_str(outcome, "command"), "destroy");
    int64_t since_ms = json_int(outcome, "since_ms", 0);
    out->done = out->total = (unsigned)json_int(outcome, "settled", 0);
    const struct json *steps = json_get(outcome, "steps");
    for (const struct json *id = json_first(steps); id; id = json_next(id)) {
        const struct journal_step *j = journal_step(journal, json_text(id));
        bool ended =
            j && j->wall_ms >= since_ms && (j->ready || (j->state == JOURNAL_GONE && !destroy));
        out->done += ended;
        out->total++;
    }
}

static void describe(struct setup *out, const struct journal *journal)
{
    const struct json *outcome = journal_outcome(journal);
    const struct journal_step *api = journal_step(journal, "api");
    const char *url = json_str(outcome, "url");
    bool done = str_eq(json_str(outcome, "result"), "done");
    out->account = copy(journal_account(journal));
    out->region = copy(journal_region(journal));
    out->url = copy(url ? url : json_str(api ? api->facts : NULL, "url"));
    out->at = copy(json_str(outcome, "at"));
    count_steps(out, journal, outcome);
    // A run that only reserved the address is done too, but the backend is not.
    bool all = out->done == out->total;
    const char *command = json_str(outcome, "command");
    bool whole = str_eq(command, "apply") || str_eq(command, "recover");
    out->state = done && all && whole ? SETUP_RUNNING : SETUP_STOPPED;
    out->going = str_eq(json_str(outcome, "command"), "destroy");
    const char *why = !out->total ? "nothing has been made yet"
                      : done      ? "only a part is made so far; the rest has not been asked for"
                                  : "it was interrupted";
    if (out->state == SETUP_STOPPED)
        out->why = mem_strdup(json_str_or(outcome, "text", why));
}

static void load_one(struct setup *out, const char *state_dir, const char *name)
{
    *out = (struct setup){.name = mem_strdup(name)};
    ERR_AUTO err = {0};
    struct journal *journal = NULL;
    if (journal_look(&journal, state_dir, name, &err)) {
        describe(out, journal);
    } else {
        out->state = err.kind == ERR_IO ? SETUP_DAMAGED : SETUP_STOPPED;
        out->why = mem_strdup(err.message ? err.message : "its journal cannot be read");
    }
    journal_close(journal);
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
    json_put_int(o, "done", setup->done);
    json_put_int(o, "total", setup->total);
    return o;
}
