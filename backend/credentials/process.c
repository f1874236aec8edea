// SPDX-License-Identifier: MIT
// credential_process (facts 9.7).
#include <pthread.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/base/text.h"
#include "backend/credentials/ask.h"
#include "backend/credentials/program.h"
#include "backend/credentials/words.h"

enum { PROCESS_MS = 60000 };

static bool read_answer(const struct str *text, const char *who, const char *provider,
                        struct credentials *out, struct err *err)
{
    JSON_AUTO *answer = json_parse(text->data, text->len, NULL, NULL);
    if (!answer)
        return err_set(err, ERR_AUTH, "%s wrote no JSON", who);
    if (json_int(answer, "Version", 0) != 1)
        return err_set(err, ERR_AUTH, "%s wrote JSON whose Version is not 1", who);
    return credentials_of_json(answer, "SessionToken", provider, who, out, err);
}

// ---- what somebody was asked for

struct kept {
    char *command;
    struct credentials keys;
    struct kept *next;
};
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; // held while a program runs
static struct kept *kept;

static void forget(struct kept **at)
{
    struct kept *gone = *at;
    *at = gone->next;
    credentials_clear(&gone->keys);
    mem_free(gone->command);
    mem_free(gone);
}

void credentials_forget_asked(void)
{
    pthread_mutex_lock(&lock);
    while (kept)
        forget(&kept);
    pthread_mutex_unlock(&lock);
}

static bool recall(const char *command, int64_t now_ms, struct credentials *out)
{
    struct kept **at = &kept;
    while (*at && !str_eq((*at)->command, command))
        at = &(*at)->next;
    if (!*at)
        return false;
    int64_t until = (*at)->keys.expires_wall_ms;
    if (until && until - now_ms < CREDENTIALS_REFRESH_MS) {
        forget(at);
        return false;
    }
    credentials_copy(out, &(*at)->keys);
    return true;
}

static void keep(const char *command, const struct credentials *keys)
{
    struct kept *k = mem_calloc(1, sizeof *k);
    k->command = mem_strdup(command);
    credentials_copy(&k->keys, keys);
    k->next = kept;
    kept = k;
}

static char *joined(char *const *words)
{
    STR_AUTO text;
    str_init(&text, STR_FILE);
    for (; *words; words++)
        str_addf(&text, "%s\n", *words);
    return str_take(&text);
}

bool credentials_run(struct chain *chain, char *const *words, const char *who, const char *provider,
                     struct credentials *out, struct err *err)
{
    AUTO_FREE char *command = joined(words);
    STR_AUTO text;
    str_init(&text, PROGRAM_OUT_MAX);
    bool asked = false;
    pthread_mutex_lock(&lock);
    bool ok = recall(command, chain_now(chain), out);
    if (!ok) {
        ok = program_run(words, PROCESS_MS, chain->options->cancel, &text, &asked, err) &&
             read_answer(&text, who, provider, out, err);
        if (ok && asked)
            keep(command, out);
    }
    pthread_mutex_unlock(&lock);
    return ok;
}

static bool process_applies(const struct chain *chain)
{
    return chain_get(chain, "credential_process") != NULL;
}

static bool process_fetch(struct chain *chain, struct credentials *out, struct err *err)
{
    char **words = NULL;
    AUTO_FREE char *name = text_safe(chain->name, 100);
    bool ok = words_split(profile_get(chain->profile, "credential_process"), &words, err) &&
              credentials_run(chain, words, "the credential_process", "process", out, err);
    words_free(words);
    return ok || err_wrap(err, "credential_process of the profile %s", name);
}

const struct provider process_provider = {"process", process_applies, NULL, process_fetch};
