// SPDX-License-Identifier: MIT
#include "screens/sign_in.h"

#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "screens/tell.h"

enum { CODE_BYTES = 16 };

// What a job carries. The screen's state may be gone before it ends: sign_in_clear() then takes `s`
// away, on the same thread that reads it.
struct sign_in_work {
    struct wizard *wizard;
    struct sign_in *s; // NULL: nobody waits for it any more
    enum sign_in_kind kind;
    char *profile;
    struct secret code;
    bool ok;
    struct err err;
};

struct shown {
    struct wizard *wizard;
    const struct sign_in_work *work; // lives until its own end, which comes behind this
    char *code, *url;
    int64_t seconds;
};

enum sign_in_kind sign_in_for(const struct err *err)
{
    if (err && str_eq(err->code, "sso-login"))
        return SIGN_IN_SSO;
    return err && str_eq(err->code, "mfa-code") ? SIGN_IN_CODE : SIGN_IN_NONE;
}

static void forget(struct sign_in *s)
{
    s->kind = SIGN_IN_NONE;
    s->job = NULL;
    s->work = NULL;
    char **texts[] = {&s->profile, &s->code, &s->url, &s->problem};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        str_replace(texts[i], NULL);
    edit_clear(&s->edit);
}

void sign_in_clear(struct sign_in *s)
{
    if (s->job) {
        s->work->s = NULL;
        job_cancel(s->job);
    }
    forget(s);
}

// ---- the job

static void take_shown(void *arg, bool dropped)
{
    struct shown *shown = arg;
    struct sign_in *s = dropped ? NULL : shown->work->s;
    if (s && s->kind == SIGN_IN_SSO && s->job) {
        str_replace(&s->code, shown->code);
        str_replace(&s->url, shown->url);
        s->until_ms = shown->wizard->clock() + shown->seconds * 1000;
    }
    mem_free(shown->code);
    mem_free(shown->url);
    mem_free(shown);
}

static void show(void *context, const struct json *told)
{
    struct sign_in_work *work = context;
    struct shown *shown = mem_calloc(1, sizeof *shown);
    *shown = (struct shown){.wizard = work->wizard,
                            .work = work,
                            .code = mem_strdup(json_str_or(told, "code", "")),
                            .url = mem_strdup(json_str_or(told, "url", "")),
                            .seconds = json_int(told, "seconds", 0)};
    jobs_post(work->wizard->jobs, take_shown, shown);
}

static void run(void *arg, struct cancel *cancel)
{
    struct sign_in_work *work = arg;
    const struct core *core = core_get(&work->err);
    if (!core)
        return;
    work->ok = work->kind == SIGN_IN_SSO
                   ? core->sso_login(work->profile, show, work, cancel, &work->err)
                   : core->mfa(work->profile, &work->code, cancel, &work->err);
}

static void work_free(struct sign_in_work *work)
{
    mem_free(work->profile);
    secret_clear(&work->code);
    err_clear(&work->err);
    mem_free(work);
}

static void ended(void *arg, bool dropped)
{
    struct sign_in_work *work = arg;
    struct sign_in *s = work->s;
    if (s)
        s->work = NULL;
    if (dropped || !s) {
        if (s)
            s->job = NULL;
        work_free(work);
        return;
    }
    if (work->ok) {
        lookup_again(work->wizard, CORE_IDENTITY, work->profile);
        wizard_note(work->wizard, VIEW_GOOD, "%s is signed in", work->profile);
        forget(s);
    } else if (work->err.kind == ERR_CANCELLED) {
        forget(s);
    } else {
        struct tell tell;
        struct view_status said = tell_err(&tell, VIEW_BAD, &work->err);
        s->job = NULL;
        mem_free(s->problem);
        s->problem =
            said.remedy ? mem_printf("%s %s", said.text, said.remedy) : mem_strdup(said.text);
        edit_set(&s->edit, ""); // a code is good for once, right or wrong
    }
    work_free(work);
}

static void start(struct wizard *w, struct sign_in *s)
{
    struct sign_in_work *work = mem_calloc(1, sizeof *work);
    *work = (struct sign_in_work){
        .wizard = w, .s = s, .kind = s->kind, .profile = mem_strdup(s->profile)};
    ERR_AUTO e = {0};
    const char *typed = edit_text(&s->edit);
    (void)secret_set(&work->code, typed, strlen(typed), &e); // an empty one is refused by the core
    str_replace(&s->problem, NULL);
    s->work = work;
    s->job = job_start(w->jobs, run, ended, work);
}

void sign_in_begin(struct wizard *w, struct sign_in *s, enum sign_in_kind kind, const char *profile)
{
    forget(s);
    s->kind = kind;
    s->profile = mem_strdup(profile);
    edit_init(&s->edit, CODE_BYTES, false);
    if (kind == SIGN_IN_SSO)
        start(w, s);
}

// ---- the question

static char *sso_text(const struct wizard *w, const struct sign_in *s)
{
    if (s->problem)
        return mem_strdup(s->problem);
    if (!s->url)
        return mem_strdup("Asking Identity Center for a code.");
    int64_t left_s = (s->until_ms - w->clock()) / 1000;
    return mem_printf("Open this page in a browser, on any machine:\n\n%s\n\nIt shows the code %s. "
                      "Confirm it there only if it is the same. Waiting for you, %lld minutes "
                      "left.",
                      s->url, s->code, (long long)(left_s > 0 ? left_s / 60 + 1 : 0));
}

static void build_sso(struct wizard *w, struct sign_in *s, struct view *view)
{
    static const char *const waiting[] = {"Copy the URL", "Stop"};
    static const char *const failed[] = {"Begin again", "Stop"};
    AUTO_FREE char *title = mem_printf("Sign in: %s", s->profile);
    AUTO_FREE char *text = sso_text(w, s);
    view_question(view, &(struct view_question){.id = "sign_in",
                                                .title = title,
                                                .text = text,
                                                .options = s->problem ? failed : waiting,
                                                .count = 2,
                                                .scan = s->problem ? NULL : s->url});
}

static void build_code(struct sign_in *s, struct view *view)
{
    static const char *const options[] = {"Sign in", "Stop"};
    AUTO_FREE char *title = mem_printf("One-time code for %s", s->profile);
    view_question(view, &(struct view_question){
                            .id = "sign_in",
                            .title = title,
                            .text = s->problem ? s->problem
                                    : s->job   ? "Asking AWS."
                                             : "The 6 digits that the authenticator of this login "
                                               "shows now. The session is kept where the AWS CLI "
                                               "keeps its own, so that neither asks again while it "
                                               "lasts.",
                            .options = options,
                            .count = ARRAY_LEN(options),
                            .edit = &s->edit});
}

void sign_in_build(struct wizard *w, struct sign_in *s, struct view *view)
{
    if (s->kind == SIGN_IN_SSO)
        build_sso(w, s, view);
    else if (s->kind == SIGN_IN_CODE)
        build_code(s, view);
}

static void stop(struct sign_in *s)
{
    if (s->job)
        job_cancel(s->job); // ended() forgets
    else
        forget(s);
}

bool sign_in_act(struct wizard *w, struct sign_in *s, const struct view_act *act)
{
    if (s->kind == SIGN_IN_NONE || act->kind == ACT_INTERRUPT)
        return false;
    bool chosen = act->kind == ACT_CHOSEN;
    if (act->kind == ACT_BACK || (chosen && act->row == 1))
        stop(s);
    else if (s->job && s->kind == SIGN_IN_SSO && chosen && s->url && w->copy) {
        w->copy(w->outside, w, s->url);
        wizard_note(w, VIEW_GOOD, "%s", w->copied ? w->copied : "copied");
    } else if (!s->job && (chosen || act->kind == ACT_SUBMIT))
        start(w, s);
    return true;
}
