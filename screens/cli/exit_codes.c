// SPDX-License-Identifier: MIT
#include "screens/cli/exit_codes.h"

#include "backend/base/mem.h"
#include "backend/engine/engine.h"

static const struct exit_meaning meanings[] = {
    {EXIT_DONE, "done", "done"},
    {EXIT_CAN_RESUME, "can_resume", "failed; what was made is kept, and resume goes on from there"},
    {EXIT_USAGE, "usage", "the command line is wrong"},
    {EXIT_ANSWERS, "answers", "the answer file or an answer is wrong or missing"},
    {EXIT_CREDENTIALS, "credentials", "no valid AWS credentials"},
    {EXIT_DENIED, "denied", "AWS refused: not allowed, or over a quota"},
    {EXIT_LOCKED, "locked",
     "another forest-setup works on this setup, or it belongs to another account or region"},
    {EXIT_JOURNAL, "journal", "the journal of this setup is damaged, or cannot be written"},
    {EXIT_NOTHING, "nothing", "there is no such setup"},
    {EXIT_WOULD_CHANGE, "would_change", "plan --exit-code: something would be created or changed"},
    {EXIT_INTERRUPTED, "interrupted", "stopped by Ctrl-C or a signal"},
};

const struct exit_meaning *exit_meanings(size_t *out_count)
{
    *out_count = ARRAY_LEN(meanings);
    return meanings;
}

const char *exit_word(int code)
{
    for (size_t i = 0; i < ARRAY_LEN(meanings); i++)
        if ((int)meanings[i].code == code)
            return meanings[i].word;
    return "can_resume";
}

int exit_for(const struct err *err)
{
    switch (err->kind) {
    case ERR_CANCELLED: return EXIT_INTERRUPTED;
    case ERR_INPUT: return EXIT_ANSWERS;
    case ERR_AUTH: return EXIT_CREDENTIALS;
    case ERR_DENIED: return EXIT_DENIED;
    case ERR_CONFLICT: return err_is(err, ENGINE_NAME_TAKEN) ? EXIT_ANSWERS : EXIT_LOCKED;
    case ERR_NOT_FOUND: return EXIT_NOTHING;
    case ERR_IO: return err_says(err, "journal") ? EXIT_JOURNAL : EXIT_CAN_RESUME;
    case ERR_NONE:
    case ERR_THROTTLED:
    case ERR_NET:
    case ERR_REMOTE:
    case ERR_INTERNAL: break;
    }
    return EXIT_CAN_RESUME;
}

int exit_for_run(const struct err *err)
{
    int code = exit_for(err);
    if (err_is(err, "locked") || err_is(err, "lease-lost"))
        return EXIT_LOCKED;
    bool keeps = code == EXIT_CREDENTIALS || code == EXIT_DENIED || code == EXIT_INTERRUPTED ||
                 code == EXIT_JOURNAL;
    return keeps ? code : EXIT_CAN_RESUME;
}
