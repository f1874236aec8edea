// SPDX-License-Identifier: MIT
// Export: the setup as files, in the forms and the folder that are chosen here; from the review, a
// failure and the end. The work is backend/export's, on a worker.
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "screens/wizard.h"

enum { FORMS_MAX = 16, FOLDER_MAX_BYTES = 1024, SHORT_ID = 10 };

struct export
{
    struct edit folder;
    bool ready;          // the edit is initialised
    bool off[FORMS_MAX]; // by the row of CORE_FORMS; all are on at first
    bool git, force;
    bool busy;
    int64_t since_ms;
    struct json *told; // of the last export
    char *wrong, *remedy;
};

static struct export *state_of(struct wizard *wizard)
{
    struct export *s = wizard_state(wizard, SCREEN_EXPORT);
    if (!s->ready) {
        edit_init(&s->folder, FOLDER_MAX_BYTES, false);
        s->ready = true;
    }
    return s;
}

static void forget(struct export *s)
{
    json_free(s->told);
    mem_free(s->wrong);
    mem_free(s->remedy);
    s->told = NULL;
    s->wrong = s->remedy = NULL;
}

// ---- the work

struct work {
    struct wizard *wizard;
    struct answers answers;
    char *formats, *dir;
    bool git, force, ok;
    struct json *told;
    struct err err;
};

static void run(void *arg, struct cancel *cancel)
{
    struct work *work = arg;
    const struct core *core = core_get(&work->err);
    const struct core_export what = {.formats = work->formats,
                                     .dir = work->dir,
                                     .git = work->git,
                                     .force = work->force,
                                     .cancel = cancel};
    work->ok = core && core->export_files(&work->answers, &what, &work->told, &work->err);
}

static void done(void *arg, bool dropped)
{
    struct work *work = arg;
    if (!dropped) {
        struct export *s = state_of(work->wizard);
        forget(s);
        s->busy = false;
        s->told = work->ok ? mem_steal(work->told) : NULL;
        s->wrong = work->ok ? NULL
                            : mem_strdup(work->err.message ? work->err.message
                                                           : "The files could not be written.");
        s->remedy = work->err.remedy ? mem_strdup(work->err.remedy) : NULL;
    }
    answers_clear(&work->answers);
    json_free(work->told);
    mem_free(work->formats);
    mem_free(work->dir);
    err_clear(&work->err);
    mem_free(work);
}

// "json,policy"; NULL when none is on.
static char *chosen_forms(const struct export *s, const struct json *forms)
{
    STR_AUTO list = {0};
    str_init(&list, STR_LINE);
    for (size_t i = 0; i < json_count(forms) && i < FORMS_MAX; i++)
        if (!s->off[i])
            str_addf(&list, "%s%s", list.len ? "," : "", json_str(json_at(forms, i), "name"));
    return list.len ? str_take(&list) : NULL;
}

static void start(struct wizard *wizard, struct export *s)
{
    struct lookup forms = lookup(wizard, CORE_FORMS, NULL);
    AUTO_FREE char *formats = forms.state == LOOKUP_KNOWN ? chosen_forms(s, forms.value) : NULL;
    if (s->busy || forms.state != LOOKUP_KNOWN)
        return;
    if (!formats || str_empty(edit_text(&s->folder))) {
        view_focus(wizard->view, formats ? "folder" : "forms");
        wizard_note(wizard, VIEW_WARN, formats ? "Name a folder." : "Choose one form at least.");
        return;
    }
    struct work *work = mem_calloc(1, sizeof *work);
    work->wizard = wizard;
    work->formats = mem_steal(formats);
    work->dir = mem_strdup(edit_text(&s->folder));
    work->git = s->git;
    work->force = s->force;
    answers_copy(&work->answers, &wizard->answers);
    forget(s);
    s->busy = true;
    s->since_ms = wizard->clock();
    job_start(wizard->jobs, run, done, work);
}

// ---- build

struct rows {
    const struct json *forms;
    const struct export *s;
};

static void form_row(void *context, size_t index, struct view_list_row *out)
{
    const struct rows *rows = context;
    const struct json *form = json_at(rows->forms, index);
    *out = (struct view_list_row){.key = json_str(form, "name"),
                                  .columns = {json_str(form, "name"), json_str(form, "text")}};
    bool on = index < FORMS_MAX && !rows->s->off[index];
    out->status.state = on ? VIEW_GOOD : VIEW_QUIET;
}

static void build_forms(struct wizard *wizard, struct view *view, struct export *s)
{
    // Read by the list until the next frame.
    static struct rows rows;
    struct lookup forms = lookup(wizard, CORE_FORMS, NULL);
    rows = (struct rows){forms.value, s};
    if (forms.state != LOOKUP_KNOWN) {
        view_busy(view, "looking what there is", forms.since_ms);
        return;
    }
    view_list(view, &(struct view_list){.id = "forms",
                                        .label = "As what?",
                                        .count = json_count(forms.value),
                                        .row = form_row,
                                        .context = &rows,
                                        .rows = (int)json_count(forms.value) + 1,
                                        .tick = true});
}

static void build_told(struct view *view, const struct export *s)
{
    if (s->wrong)
        view_note(view, &(struct view_status){VIEW_BAD, s->wrong, s->remedy});
    if (!s->told)
        return;
    long long changed = json_int(s->told, "changed", 0), same = json_int(s->told, "same", 0);
    const char *commit = json_str(s->told, "commit");
    AUTO_FREE char *text = mem_printf("Written to %s: %lld new or changed, %lld as before%s%.*s.",
                                      json_str(s->told, "dir"), changed, same,
                                      commit ? ", commit " : "", SHORT_ID, commit ? commit : "");
    view_note(view, &(struct view_status){VIEW_GOOD, text, NULL});
}

static void build(struct wizard *wizard, struct view *view)
{
    struct export *s = state_of(wizard);
    AUTO_FREE char *left =
        mem_printf("Export · %s", wizard->answers.name ? wizard->answers.name : "my-admin");
    view_title(view, left, NULL);
    view_help(view,
              "The setup as files: for a pipeline, for another engineer, for the team that writes "
              "Terraform. Planned, half made or running: the files say what is there now, and can "
              "be written again later.\n\n"
              "No secret is in them, only where each comes from. forest-setup writes no file over "
              "one of yours: it says which are in the way and writes nothing.\n\n"
              "forest-setup export does the same as a command.");
    build_forms(wizard, view, s);
    view_gap(view);
    view_field(view, &(struct view_field){.id = "folder",
                                          .label = "Folder",
                                          .edit = &s->folder,
                                          .help = "Made when it is not there. In a git "
                                                  "repository, its top for a workflow."});
    view_switch(view, &(struct view_switch){.id = "git",
                                            .label = "commit it to git",
                                            .on = s->git,
                                            .help = "Only these files; a repository is made when "
                                                    "there is none."});
    if (s->wrong || s->force)
        view_switch(view, &(struct view_switch){.id = "force",
                                                .label = "overwrite what is in the way",
                                                .on = s->force});
    view_gap(view);
    if (s->busy)
        view_busy(view, "writing", s->since_ms);
    build_told(view, s);
    view_action(view,
                &(struct view_action){.id = "write", .label = "write the files", .first = true});
    view_action(view, &(struct view_action){.id = "back", .label = "back"});
    view_enter_does(view, "choose");
}

// ---- act

static void toggle(struct wizard *wizard, struct export *s, const struct view_act *act)
{
    struct lookup forms = lookup(wizard, CORE_FORMS, NULL);
    if (str_eq(act->id, "git"))
        s->git = !s->git;
    else if (str_eq(act->id, "force"))
        s->force = !s->force;
    for (size_t i = 0; str_eq(act->id, "forms") && i < json_count(forms.value) && i < FORMS_MAX;
         i++)
        if (str_eq(json_str(json_at(forms.value, i), "name"), act->key))
            s->off[i] = !s->off[i];
}

static void act(struct wizard *wizard, const struct view_act *what)
{
    struct export *s = state_of(wizard);
    wizard->handled |= what->kind == ACT_SUBMIT;
    if (what->kind == ACT_TOGGLED)
        toggle(wizard, s, what);
    else if (what->kind == ACT_SUBMIT || (what->kind == ACT_CHOSEN && str_eq(what->id, "write")))
        start(wizard, s);
    else if (what->kind == ACT_CHOSEN && str_eq(what->id, "back"))
        wizard_back(wizard);
}

static void enter(struct wizard *wizard)
{
    struct export *s = state_of(wizard);
    forget(s);
    s->force = false;
    if (str_empty(edit_text(&s->folder)))
        edit_set(&s->folder, wizard->answers.name ? wizard->answers.name : "my-admin");
    view_focus(wizard->view, "write");
}

static void clear(void *state)
{
    struct export *s = state;
    edit_clear(&s->folder);
    forget(s);
}

const struct screen screen_export = {
    .id = SCREEN_EXPORT,
    .name = "export",
    .title = "Export",
    .state_size = sizeof(struct export),
    .enter = enter,
    .build = build,
    .act = act,
    .clear = clear,
};
