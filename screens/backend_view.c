// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/setup/fargate.h"
#include "backend/setup/validate.h"
#include "screens/backend_screen.h"
#include "screens/prices.h"

enum { CPU_UNITS_A_CORE = 1024, MIB_A_GB = 1024 };

static const char help[] =
    "The built-in backend announces every table of the schema to Forest and needs no code of "
    "yours. It is the right start; you can change to your own repository later and keep the "
    "URL.\n\n"
    "Your own backend comes from git: the commit that is shown is the one that is deployed, with "
    "its lock file. It is read with this machine's own git credentials, which stay here.\n\n"
    "The smallest size serves a team. Size, processor and number of containers can be changed "
    "later without a pause.\n\n"
    "No Docker is needed: the image is built here from the base image, your code and its "
    "packages, and pushed to a repository in your account. A folder with a Dockerfile of its own "
    "is built with docker, podman or buildah when one of them is on this machine.\n\n"
    "More can be set in an answer file: the base image, autoscaling, an own encryption key, "
    "how long logs are kept, tags. Review can export one.";

// ---- where the code comes from

static void build_field(struct view *view, struct view_field *field, const char *text)
{
    struct tell t;
    ERR_AUTO e = {0};
    if (!str_empty(text) && !validate_text(field->path, text, &e))
        field->status = tell_err(&t, VIEW_BAD, &e);
    view_field(view, field);
}

static void build_git(struct wizard *w, struct backend_screen *s, struct view *view)
{
    const struct answers *a = &w->answers;
    build_field(view,
                &(struct view_field){.id = "git_url",
                                     .label = "Repository",
                                     .edit = &s->git_url,
                                     .path = "backend.source.git.url",
                                     .hint = "https://github.com/acme/forest-backend.git",
                                     .help = "Over https or ssh, without a password in it."},
                a->backend.git_url);
    build_field(view,
                &(struct view_field){.id = "git_ref",
                                     .label = "Branch or tag",
                                     .edit = &s->git_ref,
                                     .path = "backend.source.git.ref",
                                     .help = "Empty: the default branch.",
                                     .optional = true},
                a->backend.git_ref);
    build_field(view,
                &(struct view_field){.id = "git_folder",
                                     .label = "Folder in it",
                                     .edit = &s->git_folder,
                                     .path = "backend.source.git.folder",
                                     .help = "Empty: the top of the repository.",
                                     .optional = true},
                a->backend.git_folder);
}

static void build_folder(struct wizard *w, struct backend_screen *s, struct view *view)
{
    build_field(view,
                &(struct view_field){.id = "folder",
                                     .label = "Folder",
                                     .edit = &s->folder,
                                     .path = "backend.source.folder",
                                     .hint = "/home/ann/forest-backend",
                                     .help = "With a package.json, or a Dockerfile of its own."},
                w->answers.backend.folder);
}

// What would go up; the built-in one needs no looking.
static void build_commit(struct wizard *w, struct view *view)
{
    if (!backend_source_complete(&w->answers))
        return;
    struct lookup found = lookup(w, CORE_SOURCE, NULL);
    struct tell t;
    struct view_status status;
    if (found.state == LOOKUP_ASKING) {
        view_busy(view, "Looking at the code", found.since_ms);
        return;
    }
    if (found.state == LOOKUP_FAILED) {
        status = tell_err(&t, VIEW_BAD, found.err);
        view_keys(view, "again", K_CTRL, 'r', "Ctrl-R", "look again");
    } else {
        const char *commit = json_str(found.value, "commit");
        status = tell(&t, VIEW_GOOD, "%s%s%.12s will be deployed",
                      json_str_or(found.value, "description", ""),
                      str_empty(commit) ? "" : ", commit ", commit ? commit : "");
    }
    view_note(view, &status);
}

static void build_source(struct wizard *w, struct backend_screen *s, struct view *view)
{
    static const char *const options[] = {"built in", "my git repository", "a folder here"};
    static const char *const means[] = {
        "Every table of your schema, ready to use; no code to write.",
        "Your own backend. The commit that is found here is the one that is deployed.",
        "Your own backend as it stands on this machine.",
    };
    static const size_t at[] = {[SOURCE_BUILTIN] = 0, [SOURCE_GIT] = 1, [SOURCE_FOLDER] = 2};
    size_t chosen = at[w->answers.backend.source];
    view_choice(view, &(struct view_choice){.id = "source",
                                            .label = "Backend",
                                            .options = options,
                                            .count = ARRAY_LEN(options),
                                            .chosen = chosen,
                                            .path = "backend.source",
                                            .help = means[chosen]});
    if (w->answers.backend.source == SOURCE_GIT)
        build_git(w, s, view);
    else if (w->answers.backend.source == SOURCE_FOLDER)
        build_folder(w, s, view);
    if (w->answers.backend.source != SOURCE_BUILTIN)
        build_commit(w, view);
}

// ---- how large

static char *size_text(const struct answers *a, struct backend_size size)
{
    double month = prices_tasks_month(size.cpu_units, size.memory_mib, a->backend.arch, 1);
    AUTO_FREE char *price = prices_text(month);
    return mem_printf("%g vCPU, %g GB: %s a month", (double)size.cpu_units / CPU_UNITS_A_CORE,
                      (double)size.memory_mib / MIB_A_GB, price);
}

static void build_size(struct wizard *w, struct view *view)
{
    const struct answers *a = &w->answers;
    struct backend_size sizes[BACKEND_SIZES];
    char *options[BACKEND_SIZES] = {0};
    size_t chosen = 0, count = backend_sizes(a, sizes, &chosen);
    for (size_t i = 0; i < count; i++)
        options[i] = size_text(a, sizes[i]);
    struct tell t;
    ERR_AUTO e = {0};
    struct view_status status = {0};
    if (!fargate_check(a->backend.cpu_units, a->backend.memory_mib, &e))
        status = tell_err(&t, VIEW_BAD, &e);
    AUTO_FREE char *basis = prices_basis(a->aws.region);
    view_choice(view, &(struct view_choice){.id = "size",
                                            .label = "Size",
                                            .options = (const char *const *)options,
                                            .count = count,
                                            .chosen = chosen,
                                            .path = "backend.cpu",
                                            .help = basis,
                                            .status = status});
    for (size_t i = 0; i < count; i++)
        mem_free(options[i]);
}

static void build_arch(struct wizard *w, struct view *view)
{
    const struct answers *a = &w->answers;
    double x86 = prices_tasks_month(a->backend.cpu_units, a->backend.memory_mib, ARCH_X86_64, 1);
    double arm = prices_tasks_month(a->backend.cpu_units, a->backend.memory_mib, ARCH_ARM64, 1);
    AUTO_FREE char *less = mem_printf("ARM, %.0f%% less", x86 > 0 ? (1 - arm / x86) * 100 : 0);
    const char *const options[] = {"x86", less};
    view_choice(view, &(struct view_choice){.id = "arch",
                                            .label = "Processor",
                                            .options = options,
                                            .count = ARRAY_LEN(options),
                                            .chosen = a->backend.arch == ARCH_ARM64 ? 1 : 0,
                                            .path = "backend.architecture",
                                            .help = "The built-in backend runs on both. Your own "
                                                    "may have packages for one of them only."});
}

static void build_tasks(struct wizard *w, struct view *view)
{
    unsigned counts[BACKEND_TASKS];
    char texts[BACKEND_TASKS][16];
    const char *options[BACKEND_TASKS];
    size_t chosen = 0, count = backend_task_counts(&w->answers, counts, &chosen);
    for (size_t i = 0; i < count; i++) {
        snprintf(texts[i], sizeof texts[i], "%u", counts[i]);
        options[i] = texts[i];
    }
    view_choice(view, &(struct view_choice){.id = "tasks",
                                            .label = "Containers",
                                            .options = options,
                                            .count = count,
                                            .chosen = chosen,
                                            .path = "backend.tasks",
                                            .help = "With two, one answers while the other is "
                                                    "replaced by AWS. Each costs the same."});
}

// ---- what builds it

static const char *builder_label(enum image_builder builder)
{
    if (builder == BUILDER_AUTO)
        return "automatic";
    return builder == BUILDER_BUILTIN ? "built in" : backend_builder_word(builder);
}

static struct view_status builder_status(struct wizard *w, struct lookup found, struct tell *t)
{
    if (found.state == LOOKUP_FAILED)
        return tell_err(t, VIEW_BAD, found.err);
    if (found.state == LOOKUP_ASKING)
        return (struct view_status){0};
    enum image_builder wanted = w->answers.backend.builder;
    if (!backend_builder_found(w, wanted))
        return tell(t, VIEW_BAD, "%s does not answer on this machine.",
                    backend_builder_word(wanted));
    if (wanted != BUILDER_AUTO)
        return (struct view_status){0};
    if (str_eq(json_str(found.value, "builder"), "builtin"))
        return tell(t, VIEW_GOOD, "It will be built here, without Docker.");
    return tell(t, VIEW_GOOD, "%s", json_str_or(found.value, "why", ""));
}

static void build_builder(struct wizard *w, struct view *view)
{
    if (!backend_source_complete(&w->answers) ||
        lookup_peek(w, CORE_SOURCE, NULL).state == LOOKUP_FAILED)
        return;
    struct lookup found = lookup(w, CORE_BUILDER, NULL);
    enum image_builder builders[BACKEND_BUILDERS];
    const char *options[BACKEND_BUILDERS];
    size_t chosen = 0, count = backend_builders(w, builders, &chosen);
    for (size_t i = 0; i < count; i++)
        options[i] = builder_label(builders[i]);
    struct tell t;
    view_choice(view, &(struct view_choice){.id = "builder",
                                            .label = "Built with",
                                            .options = options,
                                            .count = count,
                                            .chosen = chosen,
                                            .path = "backend.builder",
                                            .help = "Automatic builds without Docker, unless the "
                                                    "code has a Dockerfile of its own.",
                                            .status = builder_status(w, found, &t)});
    if (found.state == LOOKUP_ASKING)
        view_busy(view, "Looking for builders on this machine", found.since_ms);
}

void backend_build(struct wizard *w, struct view *view)
{
    struct backend_screen *s = wizard_state(w, SCREEN_BACKEND);
    view_help(view, help);
    build_source(w, s, view);
    view_gap(view);
    build_size(w, view);
    build_arch(w, view);
    build_tasks(w, view);
    build_builder(w, view);
}
