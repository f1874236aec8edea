// SPDX-License-Identifier: MIT
// Which AWS login owns the backend, and in which region. Every profile of this machine is shown
// with who it is, as AWS answers one after the other; the regions are those of the chosen one.
#include "screens/aws.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/setup/validate.h"
#include "screens/ready.h"
#include "screens/screens.h"

enum { REGION_BYTES = 64, DIGITS_BYTES = 16, DIGITS_ASKED = 4 };

// ---- what is meant when nobody chose yet

static const struct json *row_named(const struct json *list, const char *name)
{
    for (const struct json *p = json_first(list); p; p = json_next(p))
        if (str_eq(json_str(p, "name"), name))
            return p;
    return NULL;
}

const char *aws_profile(const struct wizard *w, const struct json *profiles)
{
    if (w->answers.aws.profile)
        return w->answers.aws.profile;
    if (row_named(profiles, ""))
        return "";
    const char *wanted = getenv("AWS_PROFILE");
    if (!str_empty(wanted) && row_named(profiles, wanted))
        return wanted;
    if (row_named(profiles, "default"))
        return "default";
    return json_count(profiles) == 1 ? json_str(json_first(profiles), "name") : NULL;
}

static struct lookup profiles_of(struct wizard *w)
{
    return lookup_peek(w, CORE_PROFILES, NULL);
}

// As the AWS CLI would: the variables, then the profile.
const char *aws_usual_region(struct wizard *w, const char *profile)
{
    static const char *const variables[] = {"AWS_REGION", "AWS_DEFAULT_REGION"};
    for (size_t i = 0; i < ARRAY_LEN(variables); i++)
        if (!str_empty(getenv(variables[i])))
            return getenv(variables[i]);
    const char *own = json_str(row_named(profiles_of(w).value, profile), "region");
    return own ? own : json_str(lookup_peek(w, CORE_IDENTITY, profile).value, "region");
}

const char *aws_region(struct wizard *w)
{
    if (!str_empty(w->answers.aws.region))
        return w->answers.aws.region;
    const char *profile = aws_profile(w, profiles_of(w).value);
    return profile ? aws_usual_region(w, profile) : NULL;
}

// ---- may the user go on

static bool region_enabled(struct wizard *w, const char *region)
{
    struct lookup regions = lookup_peek(w, CORE_REGIONS, NULL);
    const struct json *row = row_named(regions.value, region);
    return !row || json_bool(row, "enabled", true);
}

static bool ready_region(struct wizard *w, struct ready *out)
{
    // Line by line the list can only be asked for when it is there; a page shows it when it comes.
    if (w->plain && w->at == SCREEN_AWS && lookup(w, CORE_REGIONS, NULL).state == LOOKUP_ASKING)
        return ready_no(out, "profile", "The regions of this account are being listed. A moment.");
    const char *region = aws_region(w);
    if (!region)
        return ready_no(out, "region", "Choose the region where the backend shall run.");
    ERR_AUTO e = {0};
    if (!validate_text("aws.region", region, &e))
        return ready_err(out, "region", &e);
    if (!region_enabled(w, region))
        return ready_no(out, "region",
                        "This region is not enabled in the account. Choose another.");
    return true;
}

static bool ready(struct wizard *w, struct ready *out)
{
    bool here = w->at == SCREEN_AWS;
    struct lookup profiles = profiles_of(w);
    const char *profile = aws_profile(w, profiles.value);
    if (!profile) {
        // Answers that came from a file: who is meant is found out when the screen is come to.
        if (!here && profiles.state == LOOKUP_ASKING && !str_empty(w->answers.aws.region))
            return true;
        if (here && profiles.state == LOOKUP_ASKING)
            return ready_no(out, "profile", "The profiles of this machine are still being read.");
        return ready_no(out, "profile", "Choose the login that shall own the backend.");
    }
    struct lookup identity = lookup_peek(w, CORE_IDENTITY, profile);
    if (identity.state == LOOKUP_FAILED)
        return ready_err(out, "profile", identity.err);
    if (here && identity.state == LOOKUP_ASKING)
        return ready_no(out, "profile", "AWS has not said yet who this is. A moment.");
    return ready_region(w, out);
}

// ---- what the user did

static struct aws_screen *state_of(struct wizard *w)
{
    return wizard_state(w, SCREEN_AWS);
}

// What was only suggested becomes the answer, so that everything after this speaks of the same
// account and region.
static void take(struct wizard *w)
{
    struct aws_screen *s = state_of(w);
    const char *profile = aws_profile(w, profiles_of(w).value);
    if (profile && *profile && !w->answers.aws.profile)
        str_replace(&w->answers.aws.profile, profile);
    if (!str_empty(w->answers.aws.region) || !profile)
        return;
    const char *region = aws_usual_region(w, profile);
    if (region) {
        str_replace(&w->answers.aws.region, region);
        s->region_is_usual = true;
    }
}

enum sign_in_kind aws_sign_in(struct wizard *w, const char *profile)
{
    if (str_empty(profile))
        return SIGN_IN_NONE;
    struct lookup who = lookup_peek(w, CORE_IDENTITY, profile);
    return who.state == LOOKUP_FAILED ? sign_in_for(who.err) : SIGN_IN_NONE;
}

// Enter on a login that only has to be renewed renews it.
static bool sign_in(struct wizard *w)
{
    struct aws_screen *s = state_of(w);
    const char *profile = aws_profile(w, profiles_of(w).value);
    enum sign_in_kind kind = aws_sign_in(w, profile);
    if (kind == SIGN_IN_NONE)
        return false;
    sign_in_begin(w, &s->sign_in, kind, profile);
    w->handled = true;
    return true;
}

static void choose_profile(struct wizard *w, const char *key)
{
    struct aws_screen *s = state_of(w);
    const char *name = str_eq(key, AWS_ENVIRONMENT_KEY) ? NULL : key;
    const char *before = aws_profile(w, profiles_of(w).value);
    if (!str_eq(before, name ? name : "")) {
        // The region followed the old profile; one that was chosen stays.
        if (s->region_is_usual)
            str_replace(&w->answers.aws.region, NULL);
        str_replace(&w->answers.aws.account, NULL);
    }
    str_replace(&w->answers.aws.profile, name);
    lookup(w, CORE_IDENTITY, name ? name : "");
    s->to_regions = !sign_in(w);
}

static void choose_region(struct wizard *w, const char *name)
{
    struct aws_screen *s = state_of(w);
    str_replace(&w->answers.aws.region, name);
    s->region_is_usual = false;
}

static bool account_known(const struct aws_screen *s, const char *account)
{
    for (size_t i = 0; i < s->used.count; i++)
        if (str_eq(s->used.items[i].account, account))
            return true;
    return false;
}

const char *aws_account(struct wizard *w)
{
    const char *profile = aws_profile(w, profiles_of(w).value);
    return profile ? json_str(lookup_peek(w, CORE_IDENTITY, profile).value, "account") : NULL;
}

static void load_used(struct aws_screen *s)
{
    ERR_AUTO e = {0}; // without the records every account is new: one question more
    if (!s->used.items)
        setups_load(&s->used, &e);
}

static bool sure_of(struct wizard *w, const char *account)
{
    const struct aws_screen *s = state_of(w);
    return !account || str_eq(account, w->answers.aws.account) ||
           (!w->answers.aws.account && account_known(s, account));
}

static void ask_account(struct wizard *w)
{
    struct aws_screen *s = state_of(w);
    edit_clear(&s->digits);
    edit_init(&s->digits, DIGITS_BYTES, false);
    s->mistyped = 0;
    s->confirming = true;
    w->handled = true;
}

bool aws_asks_account(struct wizard *w, const char *account)
{
    struct aws_screen *s = state_of(w);
    load_used(s);
    if (w->answers.aws.account || sure_of(w, account))
        return false; // another account than the pinned one is refused by the run
    w->to_review = true;
    wizard_go(w, SCREEN_AWS);
    s->to_confirm = true;
    return true;
}

void aws_may_confirm(struct wizard *w)
{
    struct aws_screen *s = state_of(w);
    if (!s->to_confirm || !aws_account(w))
        return;
    s->to_confirm = false;
    if (!sure_of(w, aws_account(w)))
        ask_account(w);
}

static void go_on(struct wizard *w)
{
    struct ready ignored = {0};
    const char *account = aws_account(w);
    take(w);
    if (sign_in(w))
        return;
    if (!sure_of(w, account) && ready(w, &ignored))
        ask_account(w);
    else
        wizard_next(w);
}

// The last digits, or all of them: read off what is shown, so that nobody goes on by habit.
static bool typed_account(const char *typed, const char *account)
{
    return strlen(typed) >= DIGITS_ASKED && str_ends(account, typed);
}

static void act_account(struct wizard *w, const struct view_act *act)
{
    struct aws_screen *s = state_of(w);
    const char *account = aws_account(w);
    w->handled = true;
    if (act->kind == ACT_CHANGED || act->kind == ACT_NONE || act->kind == ACT_FOCUS)
        return;
    bool yes = act->kind == ACT_SUBMIT || (act->kind == ACT_CHOSEN && act->row == 0);
    bool pinned = w->answers.aws.account != NULL; // of another account: nothing is typed
    if (yes && !pinned && account && !typed_account(edit_text(&s->digits), account)) {
        s->mistyped++;
        return;
    }
    s->confirming = false;
    if (!yes) {
        view_focus(w->view, "profile");
        return;
    }
    // From here on a run refuses any other account.
    str_replace(&w->answers.aws.account, aws_account(w));
    wizard_next(w);
}

static void ask_again(struct wizard *w)
{
    const char *profile = aws_profile(w, profiles_of(w).value);
    if (profile)
        lookup_again(w, CORE_IDENTITY, profile);
    lookup_again(w, CORE_REGIONS, NULL);
    lookup_again(w, CORE_PROFILES, NULL);
}

static void act(struct wizard *w, const struct view_act *act)
{
    struct aws_screen *s = state_of(w);
    if (sign_in_act(w, &s->sign_in, act)) {
        w->handled = true;
    } else if (s->confirming) {
        act_account(w, act);
    } else if (act->kind == ACT_CHOSEN && str_eq(act->id, "profile")) {
        choose_profile(w, act->key);
    } else if (act->kind == ACT_CHOSEN && str_eq(act->id, "region")) {
        choose_region(w, act->key);
        go_on(w);
    } else if (act->kind == ACT_CHANGED && str_eq(act->id, "region_text")) {
        choose_region(w, edit_text(&s->region));
    } else if (act->kind == ACT_SUBMIT) {
        go_on(w);
    } else if (act->kind == ACT_CHOSEN && str_eq(act->id, "sign_in_now")) {
        sign_in(w);
    } else if ((act->kind == ACT_KEY || act->kind == ACT_CHOSEN) && str_eq(act->id, "again")) {
        ask_again(w);
    }
}

static void enter(struct wizard *w)
{
    struct aws_screen *s = state_of(w);
    if (!s->entered) {
        load_used(s);
        edit_init(&s->region, REGION_BYTES, false);
        edit_set(&s->region, w->answers.aws.region ? w->answers.aws.region : "");
        s->entered = true;
    }
    s->confirming = false;
    s->to_confirm = false;
}

static void leave(struct wizard *w)
{
    take(w);
}

static void clear(void *state)
{
    struct aws_screen *s = state;
    sign_in_clear(&s->sign_in);
    setups_clear(&s->used);
    edit_clear(&s->region);
    edit_clear(&s->digits);
    mem_free(s->order);
    mem_free(s->profile_rows);
}

const struct screen screen_aws = {.id = SCREEN_AWS,
                                  .name = "aws",
                                  .title = "AWS",
                                  .step = 2,
                                  .state_size = sizeof(struct aws_screen),
                                  .enter = enter,
                                  .build = aws_build,
                                  .act = act,
                                  .ready = ready,
                                  .leave = leave,
                                  .clear = clear};
