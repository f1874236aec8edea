// SPDX-License-Identifier: MIT
// What steps use: facts, tokens, polls and retries; and the history of usual times.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/fs.h"
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/engine/eta.h"
#include "backend/engine/step.h"

static const struct step vpc = {.id = "vpc", .title = "network", .limit_s = 1};
static const struct step vpc_link = {.id = "vpc-link", .title = "link"};

struct counter {
    int looks;
    int until;
};

static void facts_belong_to_their_step(void **state)
{
    // A fact is found by its key only, also when one step's id begins like another's; a value once
    // read stays valid after it was replaced or forgotten.
    struct facts *facts = facts_new();
    struct step_ctx ctx = {.step = &vpc, .facts = facts};
    struct step_ctx other = {.step = &vpc_link, .facts = facts};
    step_set(&ctx, "id", "vpc-1");
    step_set(&other, "id", "link-1");
    const char *old = step_own(&ctx, "id");
    step_set(&ctx, "id", "vpc-2");
    assert_string_equal(old, "vpc-1");
    assert_string_equal(step_fact(&other, "vpc.id"), "vpc-2");
    struct json *mine = facts_of_step(facts, "vpc");
    assert_int_equal(json_count(mine), 1);
    facts_forget_step(facts, "vpc");
    assert_null(step_own(&ctx, "id"));
    assert_string_equal(step_own(&other, "id"), "link-1");
    ERR_AUTO err = {0};
    assert_null(step_need(&other, "vpc.id", &err));
    assert_int_equal(err.kind, ERR_INTERNAL);
    facts_load_step(facts, "vpc", mine);
    assert_string_equal(step_need(&other, "vpc.id", &err), "vpc-2");
    json_free(mine);
    facts_free(facts);
}

static void tokens_are_stable(void **state)
{
    // The same step, generation and variant give the same 32 hex digits; anything else another.
    struct step_ctx ctx = {.step = &vpc};
    AUTO_FREE char *a = step_token(&ctx, NULL);
    AUTO_FREE char *b = step_token(&ctx, NULL);
    AUTO_FREE char *variant = step_token(&ctx, "v2");
    ctx.generation = 1;
    AUTO_FREE char *later = step_token(&ctx, NULL);
    ctx.step = &vpc_link;
    AUTO_FREE char *other = step_token(&ctx, NULL);
    assert_int_equal(strlen(a), 32);
    assert_int_equal(strspn(a, "0123456789abcdef"), 32);
    assert_string_equal(a, b);
    assert_string_not_equal(a, variant);
    assert_string_not_equal(a, later);
    assert_string_not_equal(later, other);
}

static enum poll look(struct step_ctx *ctx, struct err *err)
{
    struct counter *c = ctx->world;
    if (++c->looks < c->until)
        return POLL_AGAIN;
    if (c->until > 0)
        return POLL_DONE;
    return c->until == 0 ? POLL_AGAIN : (err_set(err, ERR_REMOTE, "FAILED"), POLL_FAILED);
}

static void polls_end(void **state)
{
    // At once when it is ready, with its reason when it failed, after the limit, and when stopped.
    struct cancel cancel;
    cancel_init(&cancel);
    struct counter c = {.until = 1};
    struct step_ctx ctx = {.step = &vpc, .world = &c, .cancel = &cancel};
    ERR_AUTO err = {0};
    assert_true(step_poll(&ctx, look, &err));
    assert_int_equal(c.looks, 1);
    c = (struct counter){.until = -1};
    assert_false(step_poll(&ctx, look, &err));
    assert_string_equal(err.message, "FAILED");
    c = (struct counter){.until = 0};
    assert_false(step_poll(&ctx, look, &err));
    assert_int_equal(err.kind, ERR_REMOTE);
    assert_non_null(strstr(err.message, "not ready after 1 seconds"));
    // A second in pauses of 0.2; a machine that stands still meanwhile makes them longer.
    assert_in_range(c.looks, 1, 8);
    cancel_request(&cancel);
    assert_false(step_poll(&ctx, look, &err));
    assert_int_equal(err.kind, ERR_CANCELLED);
    cancel_clear(&cancel);
}

static bool attempt(struct step_ctx *ctx, struct err *err)
{
    struct counter *c = ctx->world;
    if (++c->looks >= c->until)
        return true;
    err_set(err, c->until < 50 ? ERR_INPUT : ERR_DENIED, "not yet");
    if (c->until == 99)
        err->outcome_unknown = true;
    return false;
}

static bool passes(const struct err *err)
{
    return err->kind == ERR_INPUT || err->outcome_unknown;
}

static void retries_what_passes(void **state)
{
    // Only what passes by itself is tried again, and never a call whose outcome is not known.
    struct counter c = {.until = 2};
    struct step_ctx ctx = {.step = &vpc, .world = &c};
    ERR_AUTO err = {0};
    assert_true(step_retry(&ctx, 5, attempt, passes, &err));
    assert_int_equal(c.looks, 2);
    c = (struct counter){.until = 50};
    assert_false(step_retry(&ctx, 5, attempt, passes, &err));
    assert_int_equal(c.looks, 1);
    c = (struct counter){.until = 99};
    assert_false(step_retry(&ctx, 5, attempt, passes, &err));
    assert_int_equal(c.looks, 1);
    assert_true(err.outcome_unknown);
    c = (struct counter){.until = 9};
    assert_false(step_retry(&ctx, 0, attempt, passes, &err));
    assert_int_equal(c.looks, 1);
}

static void usual_times(void **state)
{
    // One slow run does not spoil the estimate, what is usual now counts more than long ago,
    // regions are apart, and a broken file is an empty history.
    char pattern[] = "/tmp/forest-eta-XXXXXX";
    assert_non_null(mkdtemp(pattern));
    AUTO_FREE char *path = fs_join(pattern, "history.json");
    struct eta *eta = eta_open(path, "eu-west-3");
    assert_int_equal(eta_usual_ms(eta, "alb", 7), 7);
    const int old[] = {100, 100, 100, 9000, 100};
    for (size_t i = 0; i < ARRAY_LEN(old); i++)
        eta_add(eta, "alb", old[i]);
    assert_int_equal(eta_usual_ms(eta, "alb", 7), 100);
    ERR_AUTO err = {0};
    assert_true(eta_save(eta, &err));
    eta_free(eta);
    eta = eta_open(path, "eu-west-3");
    assert_int_equal(eta_usual_ms(eta, "alb", 7), 100);
    for (int i = 0; i < 4; i++)
        eta_add(eta, "alb", 200);
    assert_int_equal(eta_usual_ms(eta, "alb", 7), 200);
    eta_free(eta);
    eta = eta_open(path, "us-east-1");
    assert_int_equal(eta_usual_ms(eta, "alb", 7), 7);
    eta_free(eta);
    assert_true(fs_write(path, "{\"version\":1", 12, 0600, &err));
    eta = eta_open(path, "eu-west-3");
    assert_int_equal(eta_usual_ms(eta, "alb", 7), 7);
    eta_free(eta);
    fs_remove_tree(pattern, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(facts_belong_to_their_step),
        cmocka_unit_test(tokens_are_stable),
        cmocka_unit_test(polls_end),
        cmocka_unit_test(retries_what_passes),
        cmocka_unit_test(usual_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
