// SPDX-License-Identifier: MIT
// One setup looked at: what its record says, and how it is now.
#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "screens/screens.h"
#include "screens/welcome_private.h"
#include "screens/when.h"

static const struct {
    const char *id, *text;
} checks[] = {
    {"check-address", "answers over HTTPS"},
    {"check-agent", "the agent is running"},
    {"check-cors", "Forest's browser may call it"},
    {"check-wall", "data needs a login"},
};

static const char *check_text(const char *id)
{
    for (size_t i = 0; i < ARRAY_LEN(checks); i++)
        if (str_eq(checks[i].id, id))
            return checks[i].text;
    return id ? id : "";
}

static void row(struct view *view, const char *label, const char *text)
{
    if (!str_empty(text))
        view_row(view, SIGNS, STYLE_TEXT, label, text, NULL);
}

static void build_record(struct view *view, const struct setup *setup)
{
    AUTO_FREE char *steps = mem_printf("%u of %u steps", setup->done, setup->total);
    time_t at = when_parse(setup->at);
    AUTO_FREE char *when = at < 0 ? NULL : when_text(at, (time_t)(clock_wall_ms() / 1000));
    row(view, "Account", setup->account);
    row(view, "Region", setup->region);
    row(view, "Done", setup->total ? steps : NULL);
    row(view, "Last worked on", when);
    row(view, "Why it stopped", setup->why);
}

static void build_live(struct view *view, const struct json *live)
{
    AUTO_FREE char *tasks =
        mem_printf("%lld of %lld running", (long long)json_int(live, "running", 0),
                   (long long)json_int(live, "desired", 0));
    if (json_get(live, "desired"))
        row(view, "Containers", tasks);
    for (const struct json *c = json_first(json_get(live, "checks")); c; c = json_next(c)) {
        bool ok = json_bool(c, "ok", false);
        const char *id = json_str(c, "id");
        view_row(view, ok ? SIGN_GOOD : SIGN_BAD, ok ? STYLE_GOOD : STYLE_BAD, check_text(id),
                 ok ? "" : json_str_or(c, "text", "no"), NULL);
    }
}

static void build_now(struct wizard *w, struct view *view, const char *name)
{
    struct lookup status = lookup(w, CORE_STATUS, name);
    view_head(view, "Now");
    if (status.state == LOOKUP_ASKING)
        view_busy(view, "asking AWS and the backend", status.since_ms);
    else if (status.state == LOOKUP_FAILED)
        view_note(view, &(struct view_status){.state = VIEW_BAD,
                                              .text = status.err->message,
                                              .remedy = status.err->remedy});
    else
        build_live(view, json_get(status.value, "live"));
}

void welcome_details(struct wizard *w, struct view *view, const char *name)
{
    struct welcome *s = wizard_state(w, SCREEN_WELCOME);
    const struct setup *setup = welcome_setup(s, name);
    AUTO_FREE char *title = mem_printf("%s%s", name, wizard_practice_word(w));
    view_title(view, title, NULL);
    if (!setup) {
        view_text(view, STYLE_TEXT, "There is nothing on this machine about %s any more.", name);
        view_action(view, &(struct view_action){.id = "back", .label = "back"});
        return;
    }
    if (setup->url)
        view_url(view, setup->url);
    build_record(view, setup);
    view_gap(view);
    if (setup->state == SETUP_RUNNING)
        build_now(w, view, name);
    view_gap(view);
    if (setup->state == SETUP_STOPPED)
        view_action(
            view, &(struct view_action){.id = "continue",
                                        .label = setup->going ? "take the rest away" : "continue"});
    if (setup->state == SETUP_RUNNING)
        view_action(view, &(struct view_action){.id = "change",
                                                .label = "change something",
                                                .help = "opens its plan; nothing changes before "
                                                        "you say so"});
    if (setup->url)
        view_action(view, &(struct view_action){.id = "copy", .label = "copy the URL"});
    if (setup->state == SETUP_RUNNING)
        view_action(view, &(struct view_action){.id = "again", .label = "ask again"});
    if (setup->state != SETUP_DAMAGED)
        view_action(view, &(struct view_action){.id = "remove",
                                                .label = "tear it down",
                                                .help = "first shows what goes and what stays"});
    view_action(view, &(struct view_action){.id = "back", .label = "back to the list"});
}
