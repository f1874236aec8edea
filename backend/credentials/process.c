// SPDX-License-Identifier: MIT
// credential_process, and the AWS CLI for what this program does not do itself (facts 9.6, 9.7).
#include <stdlib.h>
#include <string.h>

#include "backend/base/fs.h"
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/base/text.h"
#include "backend/codec/hash.h"
#include "backend/credentials/ask.h"
#include "backend/credentials/program.h"

enum { PROCESS_MS = 60000, LOGIN_FILE_MAX = 65536 };

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

static bool run(struct chain *chain, char *const *words, const char *who, const char *provider,
                struct credentials *out, struct err *err)
{
    struct str text;
    str_init(&text, PROGRAM_OUT_MAX);
    bool ok = program_run(words, PROCESS_MS, chain->options->cancel, &text, err) &&
              read_answer(&text, who, provider, out, err);
    secret_wipe(text.data, text.len);
    str_clear(&text);
    return ok;
}

bool process_fetch(struct chain *chain, struct credentials *out, struct err *err)
{
    char **words = NULL;
    AUTO_FREE char *name = text_safe(chain->name, 100);
    bool ok = program_split(profile_get(chain->profile, "credential_process"), &words, err) &&
              run(chain, words, "the credential_process", "process", out, err);
    program_words_free(words);
    return ok || err_wrap(err, "credential_process of the profile %s", name);
}

// ---- aws login

static char *login_path(const char *session)
{
    const char *folder = getenv("AWS_LOGIN_CACHE_DIRECTORY");
    const char *home = getenv("HOME");
    AUTO_FREE char *hash = sha256_hex(session, strlen(session));
    if (!str_empty(folder))
        return mem_printf("%s/%s.json", folder, hash);
    return mem_printf("%s/.aws/login/cache/%s.json", home ? home : "", hash);
}

// The keys that `aws login` left, while they last: a quarter of an hour.
static bool login_cached(const char *path, struct credentials *out)
{
    struct str text;
    str_init(&text, LOGIN_FILE_MAX);
    ERR_AUTO e = {0};
    JSON_AUTO *file = fs_read(path, &text, &e) ? json_parse(text.data, text.len, NULL, NULL) : NULL;
    secret_wipe(text.data, text.len);
    str_clear(&text);
    const struct json *t = json_get(file, "accessToken");
    const char *id = json_str(t, "accessKeyId");
    const char *secret = json_str(t, "secretAccessKey");
    int64_t until = credentials_time(json_str(t, "expiresAt"));
    if (!id || !secret || until < clock_wall_ms() + 60000 ||
        !credentials_fill(out, "login", id, secret, json_str(t, "sessionToken"), &e))
        return false;
    out->expires_wall_ms = until;
    return true;
}

bool login_fetch(struct chain *chain, struct credentials *out, struct err *err)
{
    AUTO_FREE char *path = login_path(profile_get(chain->profile, "login_session"));
    if (login_cached(path, out))
        return true;
    AUTO_FREE char *safe = text_safe(chain->name, 100);
    AUTO_FREE char *name = mem_strdup(chain->name);
    // The CLI refreshes them and keeps its own files.
    char *words[] = {(char[]){"aws"},
                     (char[]){"configure"},
                     (char[]){"export-credentials"},
                     (char[]){"--profile"},
                     name,
                     (char[]){"--format"},
                     (char[]){"process"},
                     NULL};
    if (run(chain, words, "aws configure export-credentials", "login", out, err))
        return true;
    if (err && err->kind == ERR_CANCELLED)
        return false;
    err_wrap(err, "the sign-in of the profile %s has ended", safe);
    err_code(err, "login-ended");
    return err_remedy(err, "aws login --profile '%s'", safe);
}
