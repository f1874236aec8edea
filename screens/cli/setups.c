// SPDX-License-Identifier: MIT
#include "screens/cli/setups.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/fs.h"
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/engine/journal.h"
#include "backend/steps/session.h"

static char *copy(const char *text)
{
    return text ? mem_strdup(text) : NULL;
}

static void describe(struct setup *out, const struct json *status)
{
    out->account = copy(json_str(status, "account"));
    out->region = copy(json_str(status, "region"));
    out->url = copy(json_str(status, "url"));
    out->at = copy(json_str(status, "at"));
    out->done = (unsigned)json_int(status, "done", 0);
    out->total = (unsigned)json_int(status, "total", 0);
    out->state = str_eq(json_str(status, "state"), "running") ? SETUP_RUNNING : SETUP_STOPPED;
    if (out->state == SETUP_STOPPED)
        out->why = mem_strdup(json_str_or(status, "text", "it was interrupted"));
}

static void load_one(struct setup *out, const char *name)
{
    *out = (struct setup){.name = mem_strdup(name)};
    ERR_AUTO err = {0};
    struct session *session = NULL;
    struct json *found = NULL;
    struct session_options options = {.purpose = SESSION_LOOK, .name = name};
    bool ok =
        session_open(&session, &options, &err) && session_status(session, false, &found, &err);
    JSON_AUTO *status = found;
    if (ok) {
        describe(out, status);
    } else {
        out->state = err.kind == ERR_IO ? SETUP_DAMAGED : SETUP_STOPPED;
        out->why = mem_strdup(err.message ? err.message : "its journal cannot be read");
    }
    session_close(session);
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
        load_one(&out->items[i], names[i]);
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
