// SPDX-License-Identifier: MIT
// Does Forest's login lead to our address?
//
// The backend registers with Forest once, at its first login after it started, and learns there
// which address Forest has for it (facts forest.md 2). When Forest is told the address afterwards,
// which is what most users do, the running backend keeps the old one and every login fails. So a
// backend that holds another address is started anew and asked again.
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/core/parts.h"
#include "backend/forest/forest.h"
#include "backend/steps/session.h"

enum { PAUSE_MS = 2000, RESTART_LIMIT_MS = 300000, SURE = 3 };

// *out_held: the address Forest has for the backend that answered; NULL when it did not answer.
static bool leads_here(const struct backend_check *check, char **out_held)
{
    ERR_AUTO ignored = {0};
    mem_free(*out_held);
    *out_held = NULL;
    return forest_redirect_url(check, out_held, &ignored) && *out_held &&
           str_starts(*out_held, check->url);
}

// While old and new containers take turns behind the balancer one good answer proves nothing, and a
// bad one nothing before the new ones have taken over. No answer is not a bad one: a backend that
// has just been started may be busy.
static bool wait_until_it_does(struct session *session, const struct backend_check *check,
                               char **out_held)
{
    int64_t end = clock_ms() + RESTART_LIMIT_MS;
    int good = 0;
    int bad = 0;
    while (good < SURE && bad < SURE && clock_ms() < end && cancel_sleep(check->cancel, PAUSE_MS)) {
        ERR_AUTO ignored = {0};
        bool all_new = false;
        session_restarted(session, &all_new, &ignored);
        bool leads = leads_here(check, out_held);
        good = leads ? good + 1 : 0;
        bad = !leads && *out_held && all_new ? bad + 1 : 0;
    }
    return good >= SURE;
}

static bool restart(const struct answers *answers, const struct backend_check *check,
                    bool *out_leads, char **out_held, struct err *err)
{
    struct session *session = NULL;
    struct session_options options = {
        .purpose = SESSION_LOOK, .name = answers->name, .cancel = check->cancel};
    bool ok = session_open(&session, &options, err) && session_restart(session, err);
    if (ok)
        *out_leads = wait_until_it_does(session, check, out_held);
    session_close(session);
    return ok;
}

bool core_forest_connect(const struct answers *answers, const char *url, struct cancel *cancel,
                         struct json **out, struct err *err)
{
    struct http_client *http = http_client_new(NULL);
    struct backend_check check = {.http = http, .url = url, .cancel = cancel};
    AUTO_FREE char *held = NULL;
    bool leads = leads_here(&check, &held);
    bool restarted = !leads && restart(answers, &check, &leads, &held, err);
    bool ok = leads || restarted;
    http_client_free(http);
    if (ok && cancel_requested(cancel))
        ok = err_set(err, ERR_CANCELLED, "stopped");
    if (!ok)
        return false;
    *out = json_strings("held", held, NULL);
    json_put_bool(*out, "redirect_ok", leads);
    json_put_bool(*out, "restarted", restarted);
    return true;
}
