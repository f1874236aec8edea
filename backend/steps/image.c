// SPDX-License-Identifier: MIT
// The repository and the image in it. The image's tag names its contents, so an image that is there
// need not be built.
#include "backend/image/image.h"

#include <string.h>

#include "backend/aws/ecr.h"
#include "backend/base/fs.h"
#include "backend/base/str.h"
#include "backend/steps/common.h"
#include "backend/steps/tables.h"

// Keep the last twenty images: enough to go back, and the bill stays small.
static const char lifecycle_policy[] =
    "{\"rules\":[{\"rulePriority\":1,\"description\":\"keep the last 20 "
    "images\",\"selection\":{\"tagStatus\":\"any\","
    "\"countType\":\"imageCountMoreThan\",\"countNumber\":20},\"action\":{\"type\":\"expire\"}}]}";

static enum probe probe_lifecycle(struct step_ctx *ctx, struct err *err)
{
    AUTO_FREE char *policy = NULL;
    ERR_AUTO e = {0};
    if (!ecr_get_lifecycle_policy(stack_of(ctx)->aws, stack_of(ctx)->names.base, &policy, &e)) {
        if (e.kind == ERR_NOT_FOUND)
            return PROBE_DIFFERS;
        err_move(err, &e);
        return PROBE_FAILED;
    }
    JSON_AUTO *parsed = json_parse(policy, strlen(policy), NULL, NULL);
    return json_int(parsed, "rules.0.selection.countNumber", 0) == 20 ? PROBE_SAME : PROBE_DIFFERS;
}

static enum probe probe_repository(struct step_ctx *ctx, struct err *err)
{
    const struct stack *s = stack_of(ctx);
    struct ecr_repository r = {0};
    step_note(ctx, "%s", s->names.base);
    if (!ecr_get_repository(s->aws, s->names.base, &r, err))
        return probe_missing(err);
    AUTO_FREE char *stack = NULL;
    enum probe result = PROBE_FAILED;
    if (ecr_tag(s->aws, r.arn, TAG_STACK, &stack, err)) {
        result = step_is_ours(ctx, stack) ? PROBE_SAME
                                          : probe_foreign(ctx, "repository", s->names.base, stack);
        if (result == PROBE_SAME) {
            step_set(ctx, "arn", r.arn);
            step_set(ctx, "uri", r.uri);
            if (ctx->mode != STEP_MODE_DESTROY)
                result = probe_lifecycle(ctx, err);
        }
    }
    ecr_repository_clear(&r);
    return result;
}

static bool apply_repository(struct step_ctx *ctx, struct err *err)
{
    const struct stack *s = stack_of(ctx);
    struct ecr_repository r = {0};
    struct step_tags tags;
    ERR_AUTO e = {0};
    if (!ctx->exists) {
        if (ecr_create_repository(s->aws, s->names.base, step_fact(ctx, "kms-key.arn"),
                                  step_tags_init(&tags, ctx, s->names.base), &r, &e)) {
            step_set(ctx, "arn", r.arn);
            step_set(ctx, "uri", r.uri);
            step_note(ctx, "%s", r.uri);
            ecr_repository_clear(&r);
        } else if (!already_exists(&e) || probe_repository(ctx, err) == PROBE_FOREIGN ||
                   !step_own(ctx, "arn")) {
            err_move(err, &e);
            return false;
        }
    }
    return ecr_put_lifecycle_policy(s->aws, s->names.base, lifecycle_policy, err);
}

static bool undo_repository(struct step_ctx *ctx, struct err *err)
{
    return gone_is_fine(ecr_delete_repository(stack_of(ctx)->aws, stack_of(ctx)->names.base, err),
                        err);
}

// ---- the image

static void show_source_progress(void *context, const char *text, int64_t done, int64_t total)
{
    step_note(context, "%s", text);
    step_bytes(context, done, total);
}

static const struct source *source_of(struct step_ctx *ctx, struct err *err)
{
    struct stack *s = stack_of(ctx);
    const struct answers *a = s->answers;
    pthread_mutex_lock(&s->source_lock);
    if (!s->source_open) {
        struct source_options options = {.kind = a->backend.source,
                                         .folder = a->backend.folder,
                                         .git_url = a->backend.git_url,
                                         .git_ref = a->backend.git_ref,
                                         .git_folder = a->backend.git_folder,
                                         .cache_dir = s->cache_dir,
                                         .cancel = ctx->cancel,
                                         .progress = show_source_progress,
                                         .context = ctx};
        s->source_open = source_open(&options, &s->source, err);
        if (!s->source_open && err && err->kind == ERR_NOT_FOUND) { // of the answers, not a setup
            err->kind = ERR_INPUT;
            if (!err->remedy)
                err_remedy(err, "Correct backend.source in the answers.");
        }
    }
    const struct source *found = s->source_open ? &s->source : NULL;
    pthread_mutex_unlock(&s->source_lock);
    return found;
}

static char *tag_of(const struct answers *a, const struct source *source, struct err *err)
{
    return image_tag(source->folder, a->backend.base_image, a->backend.arch, a->backend.builder,
                     err);
}

// Only a public base that we shall copy ourselves can be judged here: engines pull with logins of
// their own, and a private ECR wants a token that only the real run fetches.
static bool base_can_be_checked(const struct answers *a, const struct source *source)
{
    AUTO_FREE char *dockerfile = fs_join(source->folder, "Dockerfile");
    bool ours = a->backend.builder == BUILDER_BUILTIN ||
                (a->backend.builder == BUILDER_AUTO &&
                 (a->backend.source == SOURCE_BUILTIN || !fs_exists(dockerfile)));
    return ours && !strstr(a->backend.base_image, ".dkr.ecr.");
}

// An image that has to be built: a base that is not there would be found out after twenty creates.
static enum probe absent_image(struct step_ctx *ctx, const struct source *source, struct err *err)
{
    const struct stack *s = stack_of(ctx);
    const struct answers *a = s->answers;
    if (ctx->mode != STEP_MODE_PLAN || !base_can_be_checked(a, source) ||
        image_base_check(s->http, a->backend.base_image, a->backend.arch, ctx->cancel, err))
        return PROBE_ABSENT;
    return PROBE_FAILED;
}

// A folder of another machine, or one that was moved away: what runs was built from it and stays.
static enum probe keep_image(struct step_ctx *ctx, struct err *err)
{
    const struct stack *s = stack_of(ctx);
    const char *digest = step_recorded(ctx, "digest");
    bool away = s->answers->backend.source == SOURCE_FOLDER && digest && err->kind == ERR_INPUT &&
                !fs_exists(s->answers->backend.folder) && step_fact(ctx, "repository.uri");
    ERR_AUTO e = {0};
    if (!away || !ecr_has_image(s->aws, s->names.base, digest, &e)) {
        if (str_eq(s->answers->backend.folder, SOURCE_NOT_KNOWN)) {
            err_set(err, ERR_INPUT, "what the backend of %s is built from is not known here",
                    s->answers->name);
            err_remedy(err, "Say it in backend.source: forest-setup apply -c FILE");
        }
        return PROBE_FAILED;
    }
    err_clear(err);
    step_recall(ctx, "digest", "tag", "source", "commit", NULL);
    if (str_eq(s->answers->backend.folder, SOURCE_NOT_KNOWN))
        step_note(ctx, "what it was built from is not known here: it stays");
    else
        step_note(ctx, "%s is not on this machine: the image that was built from it stays",
                  s->answers->backend.folder);
    return PROBE_SAME;
}

static enum probe probe_image(struct step_ctx *ctx, struct err *err)
{
    const struct stack *s = stack_of(ctx);
    const struct answers *a = s->answers;
    if (ctx->mode == STEP_MODE_DESTROY)
        return PROBE_ABSENT; // goes with the repository
    const struct source *source = source_of(ctx, err);
    if (!source)
        return keep_image(ctx, err);
    AUTO_FREE char *tag = tag_of(a, source, err);
    if (!tag)
        return PROBE_FAILED;
    step_set(ctx, "digest", NULL); // known again when that very image is there
    step_set(ctx, "tag", tag);
    step_set(ctx, "source", source->description);
    step_set(ctx, "commit", source->commit);
    step_note(ctx, "%s as %s", source->description, tag);
    if (!step_fact(ctx, "repository.uri"))
        return absent_image(ctx, source, err);
    AUTO_FREE char *digest = NULL;
    if (!ecr_image_digest(s->aws, s->names.base, tag, &digest, err))
        return probe_missing(err) == PROBE_ABSENT ? absent_image(ctx, source, err) : PROBE_FAILED;
    step_set(ctx, "digest", digest);
    step_note(ctx, "%s, %.19s", source->description, digest);
    return PROBE_SAME;
}

static void show_note(void *context, const char *text)
{
    step_note(context, "%s", text);
}

static void show_bytes(void *context, int64_t done, int64_t total)
{
    step_bytes(context, done, total);
}

static void show_log(void *context, const char *line)
{
    step_log(context, line);
}

static bool apply_image(struct step_ctx *ctx, struct err *err)
{
    const struct stack *s = stack_of(ctx);
    const struct answers *a = s->answers;
    const struct source *source = source_of(ctx, err);
    AUTO_FREE char *tag = source ? tag_of(a, source, err) : NULL;
    if (!tag || !step_need(ctx, "repository.uri", err))
        return false;
    SECRET_AUTO token = {0};
    AUTO_FREE char *endpoint = NULL;
    if (!ecr_authorization(s->aws, &token, &endpoint, err))
        return false;
    struct image_request request = {
        .folder = source->folder,
        .base_image = a->backend.base_image,
        .arch = a->backend.arch,
        .builder = a->backend.builder,
        .cache_dir = s->cache_dir,
        .target = {.registry_url = endpoint,
                   .repository = s->names.base,
                   .tag = tag,
                   .basic = &token},
        .http = s->http,
        .cancel = ctx->cancel,
        .progress = {.note = show_note, .bytes = show_bytes, .log = show_log, .context = ctx}};
    struct image_result result = {0};
    bool ok = image_publish(&request, &result, err);
    if (ok) {
        step_set(ctx, "tag", tag);
        step_set(ctx, "source", source->description);
        step_set(ctx, "commit", source->commit);
        step_set(ctx, "digest", result.digest);
        step_set(ctx, "base_digest", result.base_digest);
        step_note(ctx, "%.19s, %.1f MB sent, %s%s", result.digest, (double)result.sent_bytes / 1e6,
                  result.builder, result.base_present ? ", base already there" : "");
    }
    image_result_clear(&result);
    return ok;
}

const struct step image_steps[] = {
    {.id = "repository",
     .title = "image repository",
     .group = "container",
     .kind = "ecr.repository",
     .flags = STEP_REPEATABLE,
     .usual_s = 2,
     .needs = {"kms-key"},
     .probe = probe_repository,
     .apply = apply_repository,
     .undo = undo_repository},
    {.id = "image",
     .title = "image",
     .group = "container",
     .kind = "ecr.image",
     .flags = STEP_REPEATABLE,
     .usual_s = 30,
     .limit_s = 1800,
     .needs = {"repository"},
     .probe = probe_image,
     .apply = apply_image},
};
const size_t image_step_count = ARRAY_LEN(image_steps);
