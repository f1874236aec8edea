// SPDX-License-Identifier: MIT
// Which backend is deployed: the built-in one or your own code, how large, on which processor, and
// what builds its image.
#include "screens/backend_screen.h"

#include <stdio.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/setup/fargate.h"
#include "backend/setup/validate.h"
#include "screens/ready.h"
#include "screens/screens.h"

// ---- what is offered

size_t backend_sizes(const struct answers *a, struct backend_size out[BACKEND_SIZES],
                     size_t *out_chosen)
{
    static const struct backend_size usual[] = {
        {256, 512}, {512, 1024}, {1024, 2048}, {2048, 4096}};
    size_t count = 0;
    *out_chosen = ARRAY_LEN(usual);
    for (size_t i = 0; i < ARRAY_LEN(usual); i++) {
        if (usual[i].cpu_units == a->backend.cpu_units &&
            usual[i].memory_mib == a->backend.memory_mib)
            *out_chosen = i;
        out[count++] = usual[i];
    }
    if (*out_chosen == count)
        out[count++] = (struct backend_size){a->backend.cpu_units, a->backend.memory_mib};
    return count;
}

size_t backend_task_counts(const struct answers *a, unsigned out[BACKEND_TASKS], size_t *out_chosen)
{
    size_t count = 0;
    *out_chosen = 3;
    for (unsigned n = 1; n <= 3; n++) {
        if (n == a->backend.tasks)
            *out_chosen = count;
        out[count++] = n;
    }
    if (*out_chosen == count)
        out[count++] = a->backend.tasks;
    return count;
}

const char *backend_builder_word(enum image_builder builder)
{
    switch (builder) {
    case BUILDER_AUTO: return "auto";
    case BUILDER_BUILTIN: return "builtin";
    case BUILDER_DOCKER: return "docker";
    case BUILDER_PODMAN: return "podman";
    case BUILDER_BUILDAH: return "buildah";
    }
    return "";
}

bool backend_builder_found(struct wizard *w, enum image_builder builder)
{
    const struct json *choices = json_get(lookup_peek(w, CORE_BUILDER, NULL).value, "choices");
    for (const struct json *c = json_first(choices); c; c = json_next(c))
        if (str_eq(json_str(c, "name"), backend_builder_word(builder)))
            return json_bool(c, "found", true);
    return true;
}

size_t backend_builders(struct wizard *w, enum image_builder out[BACKEND_BUILDERS],
                        size_t *out_chosen)
{
    size_t count = 0;
    bool known = lookup_peek(w, CORE_BUILDER, NULL).state == LOOKUP_KNOWN;
    for (enum image_builder b = BUILDER_AUTO; b <= BUILDER_BUILDAH; b++) {
        bool engine = b > BUILDER_BUILTIN;
        bool chosen = b == w->answers.backend.builder;
        if (engine && !chosen && (!known || !backend_builder_found(w, b)))
            continue;
        if (chosen)
            *out_chosen = count;
        out[count++] = b;
    }
    return count;
}

static bool good(const char *path, const char *text)
{
    return str_empty(text) || validate_text(path, text, NULL);
}

bool backend_source_complete(const struct answers *a)
{
    switch (a->backend.source) {
    case SOURCE_BUILTIN: return true;
    case SOURCE_FOLDER:
        return !str_empty(a->backend.folder) && good("backend.source.folder", a->backend.folder);
    case SOURCE_GIT:
        return !str_empty(a->backend.git_url) &&
               good("backend.source.git.url", a->backend.git_url) &&
               good("backend.source.git.ref", a->backend.git_ref) &&
               good("backend.source.git.folder", a->backend.git_folder);
    }
    return false;
}

// ---- what the user did

static struct backend_screen *state_of(struct wizard *w)
{
    return wizard_state(w, SCREEN_BACKEND);
}

static void take_text(char **slot, const struct edit *edit)
{
    str_replace(slot, *edit_text(edit) ? edit_text(edit) : NULL);
}

static void changed(struct wizard *w, const char *id)
{
    struct backend_screen *s = state_of(w);
    struct answers *a = &w->answers;
    if (str_eq(id, "git_url"))
        take_text(&a->backend.git_url, &s->git_url);
    else if (str_eq(id, "git_ref"))
        take_text(&a->backend.git_ref, &s->git_ref);
    else if (str_eq(id, "git_folder"))
        take_text(&a->backend.git_folder, &s->git_folder);
    else if (str_eq(id, "folder"))
        take_text(&a->backend.folder, &s->folder);
}

static void choose(struct wizard *w, const char *id, size_t row)
{
    struct answers *a = &w->answers;
    struct backend_size sizes[BACKEND_SIZES];
    unsigned tasks[BACKEND_TASKS];
    enum image_builder builders[BACKEND_BUILDERS];
    size_t ignored = 0;
    if (str_eq(id, "source") && row <= SOURCE_GIT) {
        static const enum backend_source order[] = {SOURCE_BUILTIN, SOURCE_GIT, SOURCE_FOLDER};
        a->backend.source = order[row];
    } else if (str_eq(id, "size") && row < backend_sizes(a, sizes, &ignored)) {
        a->backend.cpu_units = sizes[row].cpu_units;
        a->backend.memory_mib = sizes[row].memory_mib;
    } else if (str_eq(id, "arch")) {
        a->backend.arch = row == 0 ? ARCH_X86_64 : ARCH_ARM64;
    } else if (str_eq(id, "tasks") && row < backend_task_counts(a, tasks, &ignored)) {
        a->backend.tasks = tasks[row];
    } else if (str_eq(id, "builder") && row < backend_builders(w, builders, &ignored)) {
        a->backend.builder = builders[row];
    }
}

static void act(struct wizard *w, const struct view_act *act)
{
    if (act->kind == ACT_CHANGED) {
        changed(w, act->id);
    } else if (str_eq(act->id, "again")) {
        lookup_again(w, CORE_SOURCE, NULL);
        lookup_again(w, CORE_BUILDER, NULL);
    } else if (act->kind == ACT_CHOSEN) {
        choose(w, act->id, act->row);
    }
}

// ---- may the user go on

static bool ready_source(const struct answers *a, struct ready *out)
{
    if (a->backend.source == SOURCE_FOLDER)
        return ready_needed(a->backend.folder, "folder", "Type the folder of your backend.", out) &&
               ready_text("backend.source.folder", a->backend.folder, "folder", out);
    if (a->backend.source == SOURCE_GIT)
        return ready_needed(a->backend.git_url, "git_url", "Type the address of your repository.",
                            out) &&
               ready_text("backend.source.git.url", a->backend.git_url, "git_url", out) &&
               ready_text("backend.source.git.ref", a->backend.git_ref, "git_ref", out) &&
               ready_text("backend.source.git.folder", a->backend.git_folder, "git_folder", out);
    return true;
}

static bool ready(struct wizard *w, struct ready *out)
{
    const struct answers *a = &w->answers;
    ERR_AUTO e = {0};
    if (!ready_source(a, out))
        return false;
    if (!fargate_check(a->backend.cpu_units, a->backend.memory_mib, &e))
        return ready_err(out, "size", &e);
    struct lookup source = lookup_peek(w, CORE_SOURCE, NULL);
    if (source.state == LOOKUP_FAILED)
        return ready_err(out, a->backend.source == SOURCE_FOLDER ? "folder" : "git_url",
                         source.err);
    struct lookup builder = lookup_peek(w, CORE_BUILDER, NULL);
    if (builder.state == LOOKUP_FAILED)
        return ready_err(out, "builder", builder.err);
    return true;
}

// ---- come and go

static void set(struct edit *edit, const char *text)
{
    edit_init(edit, BACKEND_TEXT_BYTES, false);
    edit_set(edit, text ? text : "");
}

static void enter(struct wizard *w)
{
    struct backend_screen *s = state_of(w);
    const struct answers *a = &w->answers;
    if (s->entered)
        return;
    s->entered = true;
    set(&s->git_url, a->backend.git_url);
    set(&s->git_ref, a->backend.git_ref);
    set(&s->git_folder, a->backend.git_folder);
    set(&s->folder, a->backend.folder);
}

static void clear(void *state)
{
    struct backend_screen *s = state;
    edit_clear(&s->git_url);
    edit_clear(&s->git_ref);
    edit_clear(&s->git_folder);
    edit_clear(&s->folder);
}

const struct screen screen_backend = {.id = SCREEN_BACKEND,
                                      .name = "backend",
                                      .title = "Backend",
                                      .step = 5,
                                      .state_size = sizeof(struct backend_screen),
                                      .enter = enter,
                                      .build = backend_build,
                                      .act = act,
                                      .ready = ready,
                                      .clear = clear};
