// SPDX-License-Identifier: MIT
#include "screens/aws.h"

#include <stdio.h>
#include <string.h>

#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/setup/validate.h"

// ASK_AT_ONCE: the workers are shared with what the chosen profile needs.
enum { ASK_AT_ONCE = 3, EXPIRES_SOON_MS = 20 * 60 * 1000 };

static const char help[] =
    "The profiles are those of the AWS CLI on this machine (~/.aws/config and ~/.aws/credentials), "
    "and the keys of the environment when there are some. Beside each stands who it is, as AWS "
    "says it: the account, and the role or user.\n\n"
    "Everything is made in the account of the login that is chosen here, in the one region that is "
    "chosen here. An account that was never used from this machine asks once for its last digits; "
    "after that the setup refuses any other account.\n\n"
    "A login that has expired says so in its row. One of Identity Center, or one that wants a "
    "one-time code, is renewed with Enter. For others sign in again in another terminal, then "
    "press Ctrl-R here: nothing that was typed is lost.\n\n"
    "The region should be that of the database. Regions in grey are not enabled in the account.";

static const char *kind_word(const char *kind)
{
    static const struct {
        const char *kind, *word;
    } words[] = {{"static", "keys"},     {"assume-role", "role"},      {"sso", "SSO"},
                 {"process", "program"}, {"web-identity", "web role"}, {"environment", "keys"},
                 {"login", "console"},   {"container", "container"},   {"instance", "instance"},
                 {"empty", "empty"}};
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (str_eq(words[i].kind, kind))
            return words[i].word;
    return kind;
}

// ---- profiles

// Asks who the row is that was drawn, a few at a time. A program may want something of its user, an
// instance's keys are asked for by a call of its own: those only when they are meant.
static void ask_row(void *context, size_t index)
{
    struct aws_screen *s = context;
    const struct json *p = index < s->profile_count ? s->profile_rows[index] : NULL;
    const char *kind = json_str_or(p, "kind", "");
    if (!p || s->asking >= ASK_AT_ONCE || json_str(p, "error") || str_eq(kind, "process") ||
        str_eq(kind, "empty") || str_eq(kind, "instance"))
        return;
    s->asking +=
        lookup(s->wizard, CORE_IDENTITY, json_str_or(p, "name", "")).state == LOOKUP_ASKING;
}

// Their numbers are asked for row by row: walking the list each time would take the square of it.
static void number_profiles(struct aws_screen *s, const struct json *profiles)
{
    s->profile_count = json_count(profiles);
    s->profile_rows = mem_realloc(s->profile_rows, s->profile_count + 1, sizeof *s->profile_rows);
    size_t i = 0;
    for (const struct json *p = json_first(profiles); p; p = json_next(p))
        s->profile_rows[i++] = p;
}

// The one that is meant is asked for at once, unless it was only guessed and has nothing to ask
// with.
static void ask_meant(struct wizard *w, const struct json *profiles, const char *meant)
{
    if (!meant)
        return;
    const char *kind = NULL;
    for (const struct json *p = json_first(profiles); p && !kind; p = json_next(p))
        if (str_eq(json_str(p, "name"), meant))
            kind = json_str(p, "kind");
    if (w->answers.aws.profile || !str_eq(kind, "empty"))
        lookup(w, CORE_IDENTITY, meant);
}

static void who_row(struct aws_row_text *t, const struct json *who, struct view_status *status)
{
    char principal[120], span[40] = "";
    tell_principal(principal, sizeof principal, json_str(who, "principal"));
    const char *alias = json_str(who, "alias");
    snprintf(t->who, sizeof t->who, "%s", json_str_or(who, "account", ""));
    // The session's name only tells what made the login: the line below has it.
    char *session = strstr(principal, " as ");
    if (session)
        *session = '\0';
    int64_t expires_ms = json_int(who, "expires_ms", 0);
    int64_t left_ms = expires_ms ? expires_ms - clock_wall_ms() : EXPIRES_SOON_MS;
    tell_span(span, sizeof span, left_ms);
    status->state = left_ms < EXPIRES_SOON_MS ? VIEW_WARN : VIEW_GOOD;
    size_t n = (size_t)snprintf(t->status, sizeof t->status, "%s%s%s", alias ? alias : "",
                                alias ? ", " : "", principal);
    if (expires_ms && n < sizeof t->status)
        snprintf(t->status + n, sizeof t->status - n, ", %s%s", left_ms > 0 ? span : "expired",
                 left_ms > 0 ? " left" : "");
}

// The row names the profile, and the list is about signing in.
static const char *without_context(const char *text)
{
    static const char context[] = "signing in with profile \"";
    if (str_starts(text, context)) {
        const char *end = strstr(text + sizeof context - 1, "\": ");
        text = end ? end + 3 : text;
    }
    const char *call = str_starts(text, "sts.") ? strstr(text, ": ") : NULL;
    return call ? call + 2 : text;
}

static void failed_row(struct aws_row_text *t, const char *text, const char *remedy,
                       struct view_list_row *out)
{
    struct tell told;
    const struct err e = {.kind = ERR_AUTH,
                          .message = mem_strdup(without_context(text ? text : "")),
                          .remedy = remedy ? mem_strdup(remedy) : NULL};
    struct view_status s = tell_err(&told, VIEW_BAD, &e);
    snprintf(t->status, sizeof t->status, "%s", s.text);
    snprintf(t->remedy, sizeof t->remedy, "%s", s.remedy ? s.remedy : "");
    mem_free(e.message);
    mem_free(e.remedy);
    out->status.state = VIEW_BAD;
    out->below_chosen = t->remedy[0] ? t->remedy : NULL;
}

// Nothing has failed: somebody is only to be asked.
static void code_row(struct aws_row_text *t, struct view_list_row *out)
{
    snprintf(t->status, sizeof t->status, "wants a one-time code");
    out->status.state = VIEW_WARN;
    out->below_chosen = "Enter signs it in.";
}

static void profile_row(void *context, size_t index, struct view_list_row *out)
{
    struct aws_screen *s = context;
    struct aws_row_text *t = &s->row;
    *t = (struct aws_row_text){0};
    *out = (struct view_list_row){.sign = SIGNS};
    const struct json *p = s->profile_rows[index];
    const char *name = json_str_or(p, "name", "");
    out->key = *name ? name : AWS_ENVIRONMENT_KEY;
    out->columns[0] = *name ? name : "environment";
    out->columns[1] = kind_word(json_str_or(p, "kind", ""));
    struct lookup who = lookup_peek(s->wizard, CORE_IDENTITY, name);
    if (json_str(p, "error")) {
        failed_row(t, json_str(p, "error"), json_str(p, "remedy"), out);
    } else if (who.state == LOOKUP_KNOWN) {
        who_row(t, who.value, &out->status);
        out->columns[2] = t->who;
        if (strstr(json_str_or(who.value, "principal", ""), ":assumed-role/"))
            out->below_chosen = json_str(who.value, "principal");
    } else if (who.state == LOOKUP_FAILED && sign_in_for(who.err) == SIGN_IN_CODE) {
        code_row(t, out);
    } else if (who.state == LOOKUP_FAILED) {
        bool here = sign_in_for(who.err) != SIGN_IN_NONE;
        failed_row(t, who.err->message, here ? "Enter signs it in." : who.err->remedy, out);
    } else if (who.since_ms) {
        out->status.state = VIEW_BUSY;
        snprintf(t->status, sizeof t->status, "asking AWS");
    } else if (str_eq(json_str(p, "kind"), "process")) {
        snprintf(t->status, sizeof t->status, "asked when it is chosen");
    }
    out->status.text = t->status[0] ? t->status : NULL;
}

static void build_no_profile(struct view *view)
{
    view_text(view, STYLE_TEXT,
              "There is no AWS login on this machine yet. In another terminal, run one of these, "
              "then press Ctrl-R here:");
    view_row(view, SIGNS, STYLE_KEY, "aws configure sso", "your company signs in with a browser",
             NULL);
    view_row(view, SIGNS, STYLE_KEY, "aws configure", "you have an access key", NULL);
}

static const char *build_profiles(struct wizard *w, struct aws_screen *s, struct view *view)
{
    struct lookup found = lookup(w, CORE_PROFILES, NULL);
    if (found.state == LOOKUP_ASKING) {
        view_busy(view, "Reading the AWS profiles of this machine", found.since_ms);
        return NULL;
    }
    if (found.state == LOOKUP_FAILED) {
        tell_failure(view, found.err, "again");
        return NULL;
    }
    const char *meant = aws_profile(w, found.value);
    number_profiles(s, found.value);
    s->asking = 0;
    ask_meant(w, found.value, meant);
    size_t count = s->profile_count;
    if (!count)
        build_no_profile(view);
    const char *key = meant && !*meant ? AWS_ENVIRONMENT_KEY : meant;
    if (count)
        view_list(view, &(struct view_list){.id = "profile",
                                            .label = "Which login shall own the backend?",
                                            .count = count,
                                            .row = profile_row,
                                            .seen = ask_row,
                                            .context = s,
                                            .chosen = key,
                                            .path = "aws.profile",
                                            .filter = true});
    return meant;
}

// ---- regions

static int rank(const struct json *row, const char *usual)
{
    if (str_eq(json_str(row, "name"), usual))
        return 0;
    return json_bool(row, "enabled", true) ? 1 : 2;
}

// The profile's own first, then those that can be chosen.
static void order_regions(struct aws_screen *s, const struct json *list, const char *usual)
{
    size_t count = json_count(list);
    s->order = mem_realloc(s->order, count ? count : 1, sizeof *s->order);
    s->order_count = 0;
    for (int want = 0; want <= 2; want++)
        for (const struct json *r = json_first(list); r; r = json_next(r))
            if (rank(r, usual) == want)
                s->order[s->order_count++] = r;
}

static void region_row(void *context, size_t index, struct view_list_row *out)
{
    struct aws_screen *s = context;
    const struct json *r = s->order[index];
    *out = (struct view_list_row){.sign = SIGNS};
    out->key = json_str_or(r, "name", "");
    out->columns[0] = out->key;
    out->columns[1] = json_str(r, "text");
    if (!json_bool(r, "enabled", true)) {
        out->disabled = "not enabled in this account";
        out->below_chosen = "An administrator of the account can enable it in the AWS console: "
                            "Account, AWS Regions.";
        return;
    }
    const char *meant = aws_profile(s->wizard, lookup_peek(s->wizard, CORE_PROFILES, NULL).value);
    if (index == 0 && meant && str_eq(out->key, aws_usual_region(s->wizard, meant)))
        out->status = (struct view_status){.state = VIEW_QUIET, .text = "the profile's own"};
}

static void build_region_field(struct wizard *w, struct aws_screen *s, struct view *view,
                               const struct err *why)
{
    struct tell t;
    struct view_status status = tell_err(&t, VIEW_WARN, why);
    ERR_AUTO e = {0};
    const char *region = aws_region(w);
    struct tell wrong;
    if (region && !validate_text("aws.region", region, &e))
        status = tell_err(&wrong, VIEW_BAD, &e);
    if (!s->region_shown && region)
        edit_set(&s->region, region);
    s->region_shown = true;
    view_field(view, &(struct view_field){.id = "region_text",
                                          .label = "Region",
                                          .edit = &s->region,
                                          .path = "aws.region",
                                          .hint = "eu-west-3",
                                          .help = "The regions cannot be listed; type it.",
                                          .status = status});
}

static void build_regions(struct wizard *w, struct aws_screen *s, struct view *view,
                          const char *profile)
{
    struct lookup who = lookup_peek(w, CORE_IDENTITY, profile);
    enum sign_in_kind kind = aws_sign_in(w, profile);
    if (kind != SIGN_IN_NONE) {
        AUTO_FREE char *label = mem_printf("sign in as %s", profile);
        view_action(view, &(struct view_action){.id = "sign_in_now",
                                                .label = label,
                                                .help = kind == SIGN_IN_SSO
                                                            ? "in a browser, on any machine"
                                                            : "with the code of its device"});
    }
    if (who.state != LOOKUP_KNOWN) {
        if (who.state == LOOKUP_ASKING)
            view_busy(view, "Asking AWS who this is", who.since_ms);
        view_text(view, STYLE_DIM, "The regions are listed as soon as this login works.");
        return;
    }
    struct lookup found = lookup(w, CORE_REGIONS, NULL);
    if (found.state == LOOKUP_ASKING) {
        view_busy(view, "Asking for the regions of this account", found.since_ms);
    } else if (found.state == LOOKUP_FAILED) {
        build_region_field(w, s, view, found.err);
    } else {
        if (s->to_regions)
            view_focus(view, "region"); // now that they are there
        s->to_regions = false;
        order_regions(s, found.value, aws_usual_region(w, profile));
        view_list(view, &(struct view_list){.id = "region",
                                            .label = "In which region?",
                                            .count = s->order_count,
                                            .row = region_row,
                                            .context = s,
                                            .chosen = aws_region(w),
                                            .path = "aws.region",
                                            .empty = "This account has no region.",
                                            .filter = true});
    }
}

static void build_question(struct wizard *w, struct aws_screen *s, struct view *view)
{
    static const char *const options[] = {"Use this account", "Choose another login"};
    sign_in_build(w, &s->sign_in, view);
    if (!s->confirming || s->sign_in.kind != SIGN_IN_NONE)
        return;
    const char *profile = aws_profile(w, lookup_peek(w, CORE_PROFILES, NULL).value);
    const struct json *who = lookup_peek(w, CORE_IDENTITY, profile ? profile : "").value;
    const char *account = json_str_or(who, "account", "");
    const char *pinned = w->answers.aws.account;
    AUTO_FREE char *title = mem_printf("Account %s %s", account, json_str_or(who, "alias", ""));
    char principal[120];
    tell_principal(principal, sizeof principal, json_str(who, "principal"));
    AUTO_FREE char *text =
        pinned ? mem_printf("The answers so far are for account %s. This login is another one: "
                            "%s. Nothing is moved; a new backend would be made here.",
                            pinned, principal)
               : mem_printf("No backend was made in this account from this machine yet. You are "
                            "%s there. Is it the right one? %s last 4 digits of the account to "
                            "go on.",
                            principal, s->mistyped ? "That was not it: type the" : "Type the");
    // Another id asks anew, line by line, too.
    view_question(view, &(struct view_question){.id = s->mistyped % 2 ? "account_again" : "account",
                                                .title = title,
                                                .text = text,
                                                .options = options,
                                                .count = ARRAY_LEN(options),
                                                .first = pinned ? 1 : 0,
                                                .edit = pinned ? NULL : &s->digits});
}

void aws_build(struct wizard *w, struct view *view)
{
    struct aws_screen *s = wizard_state(w, SCREEN_AWS);
    s->wizard = w;
    aws_may_confirm(w);
    const char *profile = build_profiles(w, s, view);
    if (profile) {
        view_gap(view);
        build_regions(w, s, view, profile);
    }
    build_question(w, s, view);
    view_keys(view, "again", K_CTRL, 'r', "Ctrl-R", "ask again");
    view_help(view, help);
}
