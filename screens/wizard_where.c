// SPDX-License-Identifier: MIT
// The line that says which setup, whose account and which region this is about.
#include <stdlib.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "screens/wizard.h"

// "work (123456789012 Acme-prod)", as far as it is known.
static char *profile_text(struct wizard *w)
{
    const char *profile = w->answers.aws.profile ? w->answers.aws.profile : "";
    struct lookup identity = lookup_peek(w, CORE_IDENTITY, profile);
    const char *account = json_str(identity.value, "account");
    const char *alias = json_str(identity.value, "alias");
    bool keys = !*profile && !str_empty(getenv("AWS_ACCESS_KEY_ID"));
    const char *name = *profile ? profile : keys ? "environment" : "default";
    if (!w->visited[SCREEN_AWS] && !w->answers.aws.profile)
        return NULL;
    if (!account)
        return mem_strdup(name);
    // Keys of the environment have no name to tell them by, so the account stands for them.
    if (keys)
        return mem_printf("%s%s%s", account, alias ? " " : "", alias ? alias : "");
    return mem_printf("%s (%s%s%s)", name, account, alias ? " " : "", alias ? alias : "");
}

const char *wizard_practice_word(const struct wizard *w)
{
    return w->practice ? " (practice)" : "";
}

char *wizard_where(struct wizard *w)
{
    AUTO_FREE char *profile = w->at == SCREEN_WELCOME ? NULL : profile_text(w);
    struct str text;
    str_init(&text, STR_LINE);
    bool named = w->answers.name && w->at != SCREEN_WELCOME;
    str_add(&text, named ? w->answers.name : "forest-setup " FOREST_VERSION);
    // With the name, which stays also where there is no room for more.
    str_add(&text, wizard_practice_word(w));
    if (profile)
        str_addf(&text, " \xc2\xb7 %s", profile);
    if (profile && w->answers.aws.region)
        str_addf(&text, " \xc2\xb7 %s", w->answers.aws.region);
    return str_take(&text);
}
