// SPDX-License-Identifier: MIT
// credential_process (facts 9.7).
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

bool credentials_run(struct chain *chain, char *const *words, const char *who, const char *provider,
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
