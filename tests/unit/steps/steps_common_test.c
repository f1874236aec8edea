// SPDX-License-Identifier: MIT
// What every step uses: comma lists, tags, and the words of errors that pass by themselves.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "backend/steps/common.h"

static void lists_are_compared_as_sets_of_whole_items(void **state)
{
    (void)state;
    // Neither order nor a common beginning matters; NULL and "" are empty.
    assert_true(list_has("a,bb,c", "bb"));
    assert_false(list_has("a,bb,c", "b"));
    assert_false(list_has("a,bb,c", "bb,c"));
    assert_false(list_has("", "a"));
    assert_false(list_has(NULL, "a"));
    assert_int_equal(list_count(NULL), 0);
    assert_int_equal(list_count(""), 0);
    assert_int_equal(list_count("a"), 1);
    assert_int_equal(list_count("a,b,c"), 3);
    assert_true(list_same("a,b", "b,a"));
    assert_true(list_same("", NULL));
    assert_false(list_same("a,b", "a"));
    assert_false(list_same("a,b", "a,c"));
    AUTO_FREE char *first = list_first("x,y");
    AUTO_FREE char *only = list_first("x");
    assert_string_equal(first, "x");
    assert_string_equal(only, "x");
}

static const struct step row = {.id = "listener", .title = "listener"};

static void tags_are_ours_first_and_then_the_users(void **state)
{
    (void)state;
    // stack, setup, resource, Name, then the user's; never more than AWS takes.
    struct answers a;
    answers_init(&a);
    a.name = mem_strdup("shop");
    for (int i = 0; i < 60; i++) {
        AUTO_FREE char *key = mem_printf("Key%d", i);
        answers_add_tag(&a, key, "v");
    }
    struct stack s = {.answers = &a};
    names_init(&s.names, "shop", "123456789012", "eu-west-3");
    struct step_ctx ctx = {.step = &row, .world = &s};
    struct step_tags t;
    const struct aws_tags *tags = step_tags_init(&t, &ctx, "forestadmin-shop");
    static const char *const keys[] = {TAG_STACK, TAG_SETUP, TAG_RESOURCE, "Name", "Key0"};
    const char *const values[] = {s.names.stack, "shop", "listener", "forestadmin-shop", "v"};
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        assert_string_equal(tags->items[i].key, keys[i]);
        assert_string_equal(tags->items[i].value, values[i]);
    }
    assert_int_equal(tags->count, 50);
    assert_true(step_is_ours(&ctx, s.names.stack));
    assert_false(step_is_ours(&ctx, "another"));
    assert_false(step_is_ours(&ctx, NULL));
    names_clear(&s.names);
    answers_clear(&a);
}

static struct err error(enum err_kind kind, const char *code, const char *text)
{
    struct err e = {0};
    err_set(&e, kind, "%s", text);
    err_code(&e, code);
    return e;
}

static void what_is_not_visible_yet_is_not_a_failure(void **state)
{
    (void)state;
    // "Not found" and "does not exist" right after a create; a refusal or a quota is something
    // else.
    ERR_AUTO vpc = error(ERR_NOT_FOUND, "InvalidVpcID.NotFound", "The vpc ID 'x' does not exist");
    ERR_AUTO group = error(ERR_INPUT, "InvalidSecurityGroup", "not valid");
    ERR_AUTO words = error(ERR_INPUT, "ValidationError", "Subnet 'x' does not exist");
    ERR_AUTO denied = error(ERR_DENIED, "UnauthorizedOperation", "You may not");
    ERR_AUTO quota = error(ERR_REMOTE, "VpcLimitExceeded", "The maximum number of VPCs");
    assert_true(not_visible_yet(&vpc));
    assert_true(not_visible_yet(&group));
    assert_true(not_visible_yet(&words));
    assert_false(not_visible_yet(&denied));
    assert_false(not_visible_yet(&quota));
    assert_true(poll_fresh(&vpc, clock_wall_ms() - 1000));
    assert_false(poll_fresh(&vpc, clock_wall_ms() - (VISIBLE_S + 1) * 1000));
    assert_false(poll_fresh(&denied, clock_wall_ms()));
}

static void a_thing_that_is_gone_was_deleted(void **state)
{
    (void)state;
    // "Not found" is success for a delete and absence for a probe; every other error stays.
    ERR_AUTO gone = error(ERR_NOT_FOUND, "NoSuchEntity", "no role");
    assert_true(gone_is_fine(false, &gone));
    assert_int_equal(gone.kind, ERR_NONE);
    ERR_AUTO absent = error(ERR_NOT_FOUND, NULL, "no role");
    assert_int_equal(probe_missing(&absent), PROBE_ABSENT);
    assert_int_equal(absent.kind, ERR_NONE);
    ERR_AUTO busy = error(ERR_CONFLICT, "DependencyViolation", "in use");
    assert_false(gone_is_fine(false, &busy));
    assert_int_equal(probe_missing(&busy), PROBE_FAILED);
    assert_true(gone_is_fine(true, &busy));
    assert_int_equal(busy.kind, ERR_CONFLICT);
    ERR_AUTO duplicate = error(ERR_CONFLICT, "InvalidPermission.Duplicate", "there");
    assert_true(already_exists(&duplicate));
    assert_false(already_exists(&busy));
    assert_false(already_exists(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_are_compared_as_sets_of_whole_items),
        cmocka_unit_test(tags_are_ours_first_and_then_the_users),
        cmocka_unit_test(what_is_not_visible_yet_is_not_a_failure),
        cmocka_unit_test(a_thing_that_is_gone_was_deleted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
