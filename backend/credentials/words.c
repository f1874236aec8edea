// SPDX-License-Identifier: MIT
#include "backend/credentials/words.h"

#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"

// A backslash hides any character outside of quotes, in double quotes only a quote or itself.
static bool escapes(const char *p, char quote)
{
    return *p == '\\' && quote != '\'' && (!quote || p[1] == '"' || p[1] == '\\');
}

// One word from *at on; *at behind it. False: an open quote or a backslash that hides nothing.
static bool word(const char **at, struct str *out)
{
    const char *p = *at;
    char quote = 0;
    for (; *p; p++) {
        if (quote && *p == quote) {
            quote = 0;
        } else if (!quote && (*p == '\'' || *p == '"')) {
            quote = *p;
        } else if (escapes(p, quote)) {
            if (!p[1])
                return false;
            str_addc(out, *++p);
        } else if (!quote && strchr(" \t\r\n", *p)) {
            break;
        } else {
            str_addc(out, *p);
        }
    }
    *at = p;
    return !quote;
}

bool words_split(const char *line, char ***out_words, struct err *err)
{
    char **words = mem_calloc(WORDS_MAX + 1, sizeof *words);
    const char *why = NULL;
    const char *p = line + strspn(line, " \t\r\n");
    for (size_t n = 0; *p && !why; n++) {
        STR_AUTO text = {0};
        str_init(&text, STR_LINE);
        if (n == WORDS_MAX)
            why = "has too many words";
        else if (!word(&p, &text))
            why = "has a quote that is not closed, or ends with a backslash";
        else
            words[n] = str_take(&text);
        p += strspn(p, " \t\r\n");
    }
    if (!why) {
        *out_words = words;
        return true;
    }
    words_free(words);
    return err_set(err, ERR_AUTH, "the command %s", why);
}

void words_free(char **words)
{
    for (size_t i = 0; words && words[i]; i++)
        mem_free(words[i]);
    mem_free(words);
}
