// SPDX-License-Identifier: MIT
// Secrets that came in the environment.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/setup/fields.h"
#include "screens/wizard_private.h"

struct usual {
    const char *variable;
    struct secret_answer *answer;
};

static void usual_ones(struct wizard *w, struct usual out[WIZARD_SECRETS])
{
    struct answers *a = &w->answers;
    out[0] = (struct usual){"FOREST_ENV_SECRET", &a->forest.env_secret};
    out[1] = (struct usual){"FOREST_AUTH_SECRET", &a->forest.auth_secret};
    out[2] = (struct usual){"POSTGRESQL_URL", &a->database.url};
}

static void take_value(struct secret *out, const char *variable)
{
    const char *value = getenv(variable);
    if (value && *value && !secret_set(out, value, strlen(value), NULL))
        secret_clear(out); // longer than any secret may be: as if it were not set
}

void secrets_take(struct wizard *w)
{
    struct usual usual[WIZARD_SECRETS];
    usual_ones(w, usual);
    for (size_t i = 0; i < WIZARD_SECRETS; i++) {
        take_value(&w->own->found[i], usual[i].variable);
        unsetenv(usual[i].variable);
        // Whoever made the answers may have taken them before.
        const struct secret_answer *answer = usual[i].answer;
        if (secret_empty(&w->own->found[i]) && answer->from == SECRET_ENV &&
            str_eq(answer->where, usual[i].variable))
            secret_copy(&w->own->found[i], &answer->value);
    }
}

// A fresh setup uses what is there; the screens say where it came from.
static void offer(struct secret_answer *answer, const char *variable, const struct secret *found)
{
    if (answer->from != SECRET_NONE || secret_empty(found))
        return;
    answer->from = SECRET_ENV;
    str_replace(&answer->where, variable);
    secret_copy(&answer->value, found);
}

void secrets_found(struct wizard *w)
{
    struct usual usual[WIZARD_SECRETS];
    usual_ones(w, usual);
    for (size_t i = 0; i < WIZARD_SECRETS; i++) {
        struct secret_answer *answer = usual[i].answer;
        if (answer->from == SECRET_ENV && secret_empty(&answer->value)) {
            take_value(&answer->value, answer->where);
            for (size_t k = 0; k < WIZARD_SECRETS; k++)
                if (str_eq(answer->where, usual[k].variable) && !secret_empty(&w->own->found[k]))
                    secret_copy(&answer->value, &w->own->found[k]);
        }
        str_replace(&w->own->unset[i], NULL);
        if (answer->from == SECRET_ENV && secret_empty(&answer->value)) {
            str_replace(&w->own->unset[i], answer->where);
            answer->from = SECRET_NONE;
            str_replace(&answer->where, NULL);
        }
        offer(answer, usual[i].variable, &w->own->found[i]);
    }
}

void secrets_forget(struct wizard *w)
{
    for (size_t i = 0; i < WIZARD_SECRETS; i++) {
        secret_clear(&w->own->found[i]);
        str_replace(&w->own->unset[i], NULL);
    }
}

bool wizard_unset(struct wizard *w, const struct secret_answer *answer, char *out, size_t bytes)
{
    struct usual usual[WIZARD_SECRETS];
    usual_ones(w, usual);
    for (size_t i = 0; i < WIZARD_SECRETS; i++) {
        if (usual[i].answer != answer || !w->own->unset[i] || answer->from != SECRET_NONE)
            continue;
        snprintf(out, bytes, "$%s, where the answers say it is, is not set here.",
                 w->own->unset[i]);
        return true;
    }
    return false;
}
