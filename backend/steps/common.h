// SPDX-License-Identifier: MIT
// What every file of steps uses: the stack behind a context, tags, ownership, one-line probe
// endings.
#ifndef FOREST_STEPS_COMMON_H
#define FOREST_STEPS_COMMON_H

#include "backend/aws/tags.h"
#include "backend/base/mem.h"
#include "backend/steps/stack.h"

#define TAG_STACK    "forestadmin:stack"
#define TAG_RESOURCE "forestadmin:resource"
#define TAG_SETUP    "forestadmin:setup"
#define TAG_SPEC     "forestadmin:spec"
// On the task definition: where its image came from, so that a machine without the records knows
// (recover_answers.c). What AWS does not take as a tag's value is left out.
#define TAG_SOURCE        "forestadmin:source" // "builtin", "folder", "git"
#define TAG_SOURCE_AT     "forestadmin:source-at"
#define TAG_SOURCE_REF    "forestadmin:source-ref"
#define TAG_SOURCE_FOLDER "forestadmin:source-folder"
#define TAG_BASE_IMAGE    "forestadmin:base-image"
// The folder of rebuilt answers when nobody wrote the source down.
#define SOURCE_NOT_KNOWN "/the-source-is-not-known"
// On a role that an administrator made for us (export --as policy): used, never changed or deleted.
#define TAG_OWNER "forestadmin:owner"

static inline struct stack *stack_of(const struct step_ctx *ctx)
{
    return ctx->world;
}

enum { STEP_TAGS_MAX = 50 }; // what AWS takes for one resource

struct step_tags {
    struct aws_tag items[STEP_TAGS_MAX];
    struct aws_tags tags;
};
// stack, setup, resource (the step's id), Name and the user's own. Borrowed from stack and step.
const struct aws_tags *step_tags_init(struct step_tags *t, const struct step_ctx *ctx,
                                      const char *name);
void step_tags_add(struct step_tags *t, const char *key, const char *value);

bool step_is_ours(const struct step_ctx *ctx, const char *stack_tag); // NULL tag: no
// PROBE_FOREIGN with the note "<what> <name> exists and belongs to ...".
enum probe probe_foreign(struct step_ctx *ctx, const char *what, const char *name,
                         const char *stack_tag);
// For the end of a probe whose look-up failed: ABSENT when the error is NOT_FOUND (which is
// cleared), else FAILED.
enum probe probe_missing(struct err *err);
// Deletes: true also when the thing is not there any more.
bool gone_is_fine(bool ok, struct err *err);
// The error of a create says that it already exists (a repeat after a lost answer): look it up
// instead.
bool already_exists(const struct err *err);

// Repeats a delete while interfaces, or other things in the network, forbid it, and tells by
// step_note() which, whose and since when. `filter` is DescribeNetworkInterfaces' for this step's
// "id". What AWS's own services have made goes by itself, within limit_s; what somebody has made
// does not, and ends the waiting after two minutes. The error names it. Uses ctx->scratch.
bool delete_unblocked(struct step_ctx *ctx, const char *filter, unsigned limit_s,
                      bool (*try_delete)(struct step_ctx *ctx, struct err *err), struct err *err);
// Other deletes that something of somebody else may forbid for good are repeated so long: no longer
// than that, and not longer than their own time.
unsigned blocked_limit_s(unsigned usual_s);

// Look-ups in the engine's facts that cannot be missing when the table is right.
bool step_needs(const struct step_ctx *ctx, struct err *err, ...) __attribute__((sentinel));

// Takes these own facts (names, NULL at the end) from the records where they are not known yet.
void step_recall(struct step_ctx *ctx, ...) __attribute__((sentinel));
// AWS does not know yet what it has just made: the answer is "not found" or says so in words. For
// step_retry() around creates; VISIBLE_S is how long that may last (facts aws.md 2.8).
enum { VISIBLE_S = 90 };
bool not_visible_yet(const struct err *err);

// For polls that began at `since_ms` (wall clock): the thing was made a moment ago and may not be
// visible yet.
bool poll_fresh(const struct err *err, int64_t since_ms);

// Comma lists.
bool list_has(const char *list, const char *item);
bool list_same(const char *a, const char *b); // as sets
size_t list_count(const char *list);
char *list_first(const char *list); // the caller's

#endif
