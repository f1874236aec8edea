// SPDX-License-Identifier: MIT
// Setups that AWS knows and this machine does not: which login and region to ask, what was found,
// and the records of one of them rebuilt. Nothing on AWS is changed here.
#include <stdio.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/setup/rules.h"
#include "screens/aws.h"
#include "screens/screens.h"
#include "screens/wizard.h"

enum { REGION_BYTES = 64 };

struct recover {
    struct wizard *wizard;
    struct edit region;
    bool ready;        // `region` is initialised
    bool asked;        // the user said: look
    bool to_list;      // the focus follows as soon as something was found
    char *at_work;     // the setup whose records are being rebuilt; owned
    int64_t since_ms;  // when that began
    char *text, *more; // of the row that is described just now; owned
};

static const char help[] =
    "A setup leaves its tags on everything it makes on AWS. When the records of this machine are "
    "gone, or were never here because somebody else made the setup on another machine, they are "
    "rebuilt from what is there: network, sizes, rules, how far it came. Then it can be continued, "
    "looked at or taken away as if nothing had been lost. The secrets stay on AWS; they are not "
    "needed for that.\n\n"
    "What only looks like a setup (the same name, but another tag) is not taken.";

static struct recover *state_of(struct wizard *w)
{
    struct recover *s = wizard_state(w, SCREEN_RECOVER);
    s->wizard = w;
    if (!s->ready) {
        edit_init(&s->region, REGION_BYTES, false);
        s->ready = true;
    }
    return s;
}

static void clear(void *state)
{
    struct recover *s = state;
    edit_clear(&s->region);
    mem_free(s->at_work);
    mem_free(s->text);
    mem_free(s->more);
    *s = (struct recover){0};
}

// ---- rows

static void profile_row(void *context, size_t index, struct view_list_row *out)
{
    struct recover *s = context;
    const struct json *p = json_at(lookup_peek(s->wizard, CORE_PROFILES, NULL).value, index);
    const char *name = json_str_or(p, "name", "");
    *out = (struct view_list_row){.key = *name ? name : AWS_ENVIRONMENT_KEY, .sign = SIGN_DOT};
    out->columns[0] = *name ? name : "environment";
    out->columns[1] = json_str_or(p, "kind", "");
    out->disabled = json_str(p, "error");
}

static char *progress_of(const struct json *setup)
{
    const char *url = json_str_or(setup, "url", "");
    if (str_eq(json_str(setup, "state"), "running"))
        return mem_printf("running %s", url);
    if (!json_int(setup, "done", 0))
        return mem_strdup("nothing of it is ours");
    return mem_printf("%d of %d are there", (int)json_int(setup, "done", 0),
                      (int)json_int(setup, "total", 0));
}

static void set(char **slot, char *text)
{
    mem_free(*slot);
    *slot = text;
}

static void setup_row(void *context, size_t index, struct view_list_row *out)
{
    struct recover *s = context;
    const struct json *found = lookup_peek(s->wizard, CORE_FOUND, NULL).value;
    const struct json *setup = json_at(json_get(found, "setups"), index);
    const char *created = json_str(setup, "created");
    const char *owner = json_str(setup, "owner");
    set(&s->text, progress_of(setup));
    set(&s->more,
        created ? mem_printf("begun %.10s%s%s", created, owner ? " by " : "", owner ? owner : "")
                : NULL);
    *out = (struct view_list_row){.key = json_str_or(setup, "name", "?"), .sign = SIGN_CURRENT};
    out->columns[0] = out->key;
    out->columns[1] = s->text;
    out->below = s->more;
    if (str_eq(json_str(setup, "state"), "running"))
        out->sign = SIGN_DONE;
    if (json_bool(setup, "known", false))
        out->disabled = "this machine knows it already";
    else if (!json_int(setup, "done", 0))
        out->disabled = "it belongs to somebody else";
}

// ---- build

static void build_where(struct wizard *w, struct view *view, struct recover *s)
{
    struct lookup profiles = lookup(w, CORE_PROFILES, NULL);
    const char *profile = aws_profile(w, profiles.value);
    if (profiles.state == LOOKUP_ASKING)
        view_busy(view, "reading the profiles of this machine", profiles.since_ms);
    if (profiles.state == LOOKUP_FAILED)
        view_note(view,
                  &(struct view_status){VIEW_BAD, profiles.err->message, profiles.err->remedy});
    if (str_empty(edit_text(&s->region)) && profile && aws_usual_region(w, profile))
        edit_set(&s->region, aws_usual_region(w, profile));
    view_list(view,
              &(struct view_list){.id = "profiles",
                                  .label = "Whose account?",
                                  .count = json_count(profiles.value),
                                  .row = profile_row,
                                  .context = s,
                                  .chosen = profile && !*profile ? AWS_ENVIRONMENT_KEY : profile,
                                  .empty = "There is no AWS profile on this machine.",
                                  .rows = 6});
    view_field(view, &(struct view_field){.id = "region",
                                          .label = "Region",
                                          .edit = &s->region,
                                          .path = "aws.region",
                                          .hint = "eu-west-3"});
    view_action(view, &(struct view_action){.id = "look", .label = "look for setups"});
}

static void build_found(struct wizard *w, struct view *view, struct recover *s)
{
    struct lookup found = lookup(w, CORE_FOUND, NULL);
    view_keys(view, "again", K_CHAR, 'r', "r", "look again");
    if (found.state == LOOKUP_ASKING)
        view_busy(view, "looking for setups by their tags and names", found.since_ms);
    if (found.state == LOOKUP_FAILED)
        view_note(view, &(struct view_status){VIEW_BAD, found.err->message, found.err->remedy});
    if (found.state == LOOKUP_KNOWN && s->to_list) {
        s->to_list = false;
        view_focus(view, "setups");
    }
    if (found.state == LOOKUP_KNOWN)
        view_list(view, &(struct view_list){.id = "setups",
                                            .label = "Found on AWS; Enter rebuilds its records",
                                            .count = json_count(json_get(found.value, "setups")),
                                            .row = setup_row,
                                            .context = s,
                                            .empty = "AWS knows no setup here."});
    const struct json *foreign = json_get(found.value, "foreign");
    for (const struct json *f = json_first(foreign); f; f = json_next(f))
        view_row(view, SIGN_WARN, STYLE_WARN, "not ours", json_text(f), NULL);
    const struct json *warnings = json_get(found.value, "warnings");
    for (const struct json *f = json_first(warnings); f; f = json_next(f))
        view_row(view, SIGN_WARN, STYLE_DIM, "not asked", json_text(f), NULL);
    view_action(view,
                &(struct view_action){.id = "elsewhere", .label = "another account or region"});
}

static void build(struct wizard *w, struct view *view)
{
    struct recover *s = state_of(w);
    view_help(view, help);
    view_text(view, STYLE_TEXT,
              "Finds the setups of an account and region that this machine does not know. It only "
              "looks.");
    if (s->at_work) {
        AUTO_FREE char *text = mem_printf("rebuilding the records of %s", s->at_work);
        view_busy(view, text, s->since_ms);
    } else if (s->asked) {
        build_found(w, view, s);
    } else {
        build_where(w, view, s);
    }
    view_esc_does(view, "back");
}

// ---- the work

struct work {
    struct wizard *wizard;
    struct answers where;
    char *name;
    struct json *result;
    bool ok;
    struct err err;
};

static void run(void *arg, struct cancel *cancel)
{
    struct work *work = arg;
    const struct core *core = core_get(&work->err);
    work->ok = core && core->recover(&work->where, work->name, cancel, &work->result, &work->err);
}

static void done(void *arg, bool dropped)
{
    struct work *work = arg;
    struct wizard *w = work->wizard;
    if (!dropped) {
        str_replace(&state_of(w)->at_work, NULL);
        lookup_again(w, CORE_FOUND, NULL);
        if (work->ok) {
            state_of(w)->asked = false;
            wizard_go(w, SCREEN_WELCOME);
            view_focus_row(w->view, "setups", work->name);
            wizard_note(w, VIEW_GOOD, "%s is on this machine again.", work->name);
        } else {
            wizard_note(w, VIEW_BAD, "%s %s", work->err.message,
                        work->err.remedy ? work->err.remedy : "");
        }
    }
    answers_clear(&work->where);
    json_free(work->result);
    err_clear(&work->err);
    mem_free(work->name);
    mem_free(work);
}

static void rebuild(struct wizard *w, struct recover *s, const char *name)
{
    struct work *work = mem_calloc(1, sizeof *work);
    work->wizard = w;
    work->name = mem_strdup(name);
    answers_copy(&work->where, &w->answers);
    str_replace(&s->at_work, name);
    s->since_ms = w->clock();
    job_start(w->jobs, run, done, work);
}

// ---- act

static void look(struct wizard *w, struct recover *s)
{
    ERR_AUTO e = {0};
    bool asking = lookup_peek(w, CORE_PROFILES, NULL).state == LOOKUP_ASKING;
    if (asking && str_empty(edit_text(&s->region))) {
        wizard_note(w, VIEW_BAD, "The profiles of this machine are being read. A moment.");
        return;
    }
    if (!rule_region(edit_text(&s->region), &e)) {
        wizard_note(w, VIEW_BAD, "Region: %s %s", e.message, e.remedy ? e.remedy : "");
        return;
    }
    str_replace(&w->answers.aws.region, edit_text(&s->region));
    if (lookup_peek(w, CORE_FOUND, NULL).state == LOOKUP_FAILED)
        lookup_again(w, CORE_FOUND, NULL);
    s->asked = s->to_list = true;
}

static void choose_profile(struct wizard *w, struct recover *s, const char *key)
{
    const char *profile = str_eq(key, AWS_ENVIRONMENT_KEY) ? "" : key;
    str_replace(&w->answers.aws.profile, profile);
    edit_set(&s->region, aws_usual_region(w, profile) ? aws_usual_region(w, profile) : "");
    view_focus(w->view, "region");
}

static void act(struct wizard *w, const struct view_act *act)
{
    struct recover *s = state_of(w);
    bool chosen = act->kind == ACT_CHOSEN;
    if (act->kind == ACT_BACK && s->asked && !s->at_work) {
        s->asked = false;
        w->handled = true;
    } else if (act->kind == ACT_SUBMIT || (chosen && str_eq(act->id, "look"))) {
        look(w, s);
        w->handled = true;
    } else if (chosen && str_eq(act->id, "profiles")) {
        choose_profile(w, s, act->key);
    } else if (chosen && str_eq(act->id, "elsewhere")) {
        s->asked = false;
    } else if (chosen && str_eq(act->id, "setups") && !s->at_work) {
        rebuild(w, s, act->key);
    } else if (act->kind == ACT_KEY && str_eq(act->id, "again")) {
        lookup_again(w, CORE_FOUND, NULL);
    }
}

static void enter(struct wizard *w)
{
    state_of(w)->asked = false;
}

const struct screen screen_recover = {
    .id = SCREEN_RECOVER,
    .name = "recover",
    .title = "Setups on AWS",
    .state_size = sizeof(struct recover),
    .enter = enter,
    .build = build,
    .act = act,
    .clear = clear,
};
