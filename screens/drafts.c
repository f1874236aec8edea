// SPDX-License-Identifier: MIT
#include "screens/drafts.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "backend/base/fs.h"
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/engine/journal.h"
#include "backend/setup/config.h"
#include "backend/setup/fields.h"
#include "backend/setup/rules.h"

// "<state dir>/<name>/<file>"; NULL when there is no state directory.
static char *path_of(const char *name, const char *file, struct err *err)
{
    AUTO_FREE char *state = fs_state_dir(err);
    if (!state)
        return NULL;
    AUTO_FREE char *dir = fs_join(state, name);
    return file ? fs_join(dir, file) : mem_steal(dir);
}

static bool has(const char *name, const char *file, time_t *out_changed)
{
    AUTO_FREE char *path = path_of(name, file, NULL);
    struct stat st;
    if (!path || stat(path, &st) != 0)
        return false;
    if (out_changed)
        *out_changed = st.st_mtime;
    return true;
}

bool draft_secrets_stored(const char *name)
{
    AUTO_FREE char *state = fs_state_dir(NULL);
    struct journal *journal = NULL;
    if (!state || !name || !journal_look(&journal, state, name, NULL))
        return false;
    const struct journal_step *secret = journal_step(journal, "secret");
    bool stored = secret && secret->state == JOURNAL_DONE;
    journal_close(journal);
    return stored;
}

bool draft_name_taken(const char *name)
{
    return has(name, "journal", NULL) || has(name, "draft.json", NULL);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct draft *)a)->name, ((const struct draft *)b)->name);
}

void drafts_load(struct drafts *out)
{
    *out = (struct drafts){0};
    AUTO_FREE char *state = fs_state_dir(NULL);
    DIR *dir = state ? opendir(state) : NULL;
    struct dirent *e;
    // readdir() is safe when, as here, no other thread has the same DIR.
    while (dir && (e = readdir(dir))) { // NOLINT(concurrency-mt-unsafe)
        struct draft draft = {0};
        if (!rule_setup_name(e->d_name, NULL) || has(e->d_name, "journal", NULL) ||
            !has(e->d_name, "draft.json", &draft.changed))
            continue;
        draft.name = mem_strdup(e->d_name);
        out->items = mem_realloc(out->items, out->count + 1, sizeof *out->items);
        out->items[out->count++] = draft;
    }
    if (dir)
        closedir(dir);
    if (out->count)
        qsort(out->items, out->count, sizeof *out->items, by_name);
}

void drafts_clear(struct drafts *drafts)
{
    for (size_t i = 0; i < drafts->count; i++)
        mem_free(drafts->items[i].name);
    mem_free(drafts->items);
    *drafts = (struct drafts){0};
}

static struct secret_answer *secret_at(struct answers *a, size_t offset)
{
    return (struct secret_answer *)(void *)((char *)a + offset);
}

// What was typed cannot be kept, not even as a reference: config_write() would name a variable that
// is not set.
static void drop_typed(struct answers *a)
{
    size_t count;
    const struct field *all = fields(&count);
    for (size_t i = 0; i < count; i++) {
        struct secret_answer *s = all[i].kind == FIELD_SECRET ? secret_at(a, all[i].offset) : NULL;
        if (s && s->from == SECRET_TYPED)
            s->from = SECRET_NONE;
    }
}

char *draft_text(const struct answers *answers)
{
    struct answers kept = {0};
    answers_copy(&kept, answers);
    drop_typed(&kept);
    JSON_AUTO *json = config_write(&kept);
    answers_clear(&kept);
    return json_print_pretty(json);
}

bool draft_save(const char *name, const char *text, struct err *err)
{
    AUTO_FREE char *dir = path_of(name, NULL, err);
    if (!dir || !rule_setup_name(name, err) || !fs_mkdirs(dir, err))
        return false;
    AUTO_FREE char *path = fs_join(dir, "draft.json");
    return fs_write(path, text, strlen(text), 0600, err);
}

bool draft_remove(const char *name, struct err *err)
{
    if (has(name, "journal", NULL))
        return err_set(err, ERR_CONFLICT, "%s has been worked on: tear it down instead", name);
    AUTO_FREE char *dir = path_of(name, NULL, err);
    return dir && rule_setup_name(name, err) && fs_remove_tree(dir, err);
}

static bool from_draft(const char *name, struct answers *out, struct err *err)
{
    AUTO_FREE char *path = path_of(name, "draft.json", err);
    struct str text;
    str_init(&text, CONFIG_MAX_BYTES);
    JSON_AUTO *json = NULL;
    if (path && fs_read(path, &text, err))
        json = json_parse(text.data, text.len, NULL, err);
    str_clear(&text);
    return json && (config_read(json, out, err) || err_wrap(err, "the saved answers of %s", name));
}

static bool from_journal(const char *name, struct answers *out, bool *out_stored, struct err *err)
{
    AUTO_FREE char *state = fs_state_dir(err);
    struct journal *journal = NULL;
    if (!state || !journal_look(&journal, state, name, err))
        return false;
    const struct journal_step *secret = journal_step(journal, "secret");
    *out_stored = secret && secret->state == JOURNAL_DONE;
    bool ok = journal_answers(journal)
                  ? config_read(journal_answers(journal), out, err) ||
                        err_wrap(err, "the recorded answers of %s", name)
                  : err_set(err, ERR_NOT_FOUND, "%s has no recorded answers", name);
    if (ok) { // what was recorded wins, as in a resume
        str_replace(&out->aws.region, journal_region(journal));
        if (journal_account(journal))
            str_replace(&out->aws.account, journal_account(journal));
    }
    journal_close(journal);
    return ok;
}

// Do they ask for the same? Secrets cannot be compared, and the account is found out later.
static bool same(const struct answers *a, const struct answers *b)
{
    const struct answers *both[] = {a, b};
    char *texts[2];
    for (size_t i = 0; i < 2; i++) {
        struct answers bare = {0};
        answers_copy(&bare, both[i]);
        bare.forest.env_secret.from = bare.forest.auth_secret.from = bare.database.url.from =
            SECRET_NONE;
        str_replace(&bare.aws.account, NULL);
        texts[i] = draft_text(&bare);
        answers_clear(&bare);
    }
    bool equal = str_eq(texts[0], texts[1]);
    mem_free(texts[0]);
    mem_free(texts[1]);
    return equal;
}

// Answers that were changed after the last run, and not tried yet, win over the recorded ones.
static void prefer_draft(const char *name, struct answers *out, bool *out_stored)
{
    struct answers draft = {0};
    if (from_draft(name, &draft, NULL) && !same(&draft, out)) {
        answers_clear(out);
        *out = draft;
        *out_stored = false;
        return;
    }
    answers_clear(&draft);
}

bool draft_open(const char *name, struct answers *out, bool *out_stored, struct err *err)
{
    time_t draft = 0, journal = 0;
    bool has_draft = has(name, "draft.json", &draft), has_journal = has(name, "journal", &journal);
    *out_stored = false;
    if (!has_journal && !has_draft)
        return err_set(err, ERR_NOT_FOUND, "there is no setup called %s", name);
    if (!has_journal)
        return from_draft(name, out, err);
    if (!from_journal(name, out, out_stored, err))
        return false;
    if (has_draft && draft > journal)
        prefer_draft(name, out, out_stored);
    return true;
}
