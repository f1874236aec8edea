// SPDX-License-Identifier: MIT
// The table of rights, as policies: the general one, and those of one plan.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "backend/base/fs.h"
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/steps/rights_table.h"

struct plan {
    struct answers answers;
    struct names names;
    struct rights_for who;
};

static int begin(void **state)
{
    struct plan *p = mem_calloc(1, sizeof *p);
    answers_init(&p->answers);
    p->answers.name = mem_strdup("shop");
    names_init(&p->names, "shop", "123456789012", "eu-west-3");
    p->who = (struct rights_for){.answers = &p->answers,
                                 .names = &p->names,
                                 .partition = "aws",
                                 .account = "123456789012",
                                 .region = "eu-west-3"};
    *state = p;
    return 0;
}

static int end(void **state)
{
    struct plan *p = *state;
    answers_clear(&p->answers);
    names_clear(&p->names);
    mem_free(p);
    return 0;
}

static bool names_action(const struct json *statement, const char *action)
{
    const struct json *actions = json_get(statement, "Action");
    if (json_text(actions))
        return str_eq(json_text(actions), action);
    for (const struct json *a = json_first(actions); a; a = json_next(a))
        if (str_eq(json_text(a), action))
            return true;
    return false;
}

static bool allows(const struct plan *p, const char *action)
{
    JSON_AUTO *statements = rights_statements(&p->who);
    for (const struct json *s = json_first(statements); s; s = json_next(s))
        if (names_action(s, action))
            return true;
    return false;
}

static char *printed(const struct plan *p)
{
    JSON_AUTO *statements = rights_statements(&p->who);
    return json_print(statements);
}

// Claim: assets/policies/operator.json is what the table says, byte for byte.
static void the_general_policy_is_the_table(void **state)
{
    struct rights_for anybody = {0};
    JSON_AUTO *document = json_strings("Version", "2012-10-17", NULL);
    json_put(document, "Statement", rights_statements(&anybody));
    AUTO_FREE char *wanted = json_print_pretty(document);
    struct str found;
    str_init(&found, STR_FILE);
    assert_true(fs_read(FOREST_TEST_DATA "/../../assets/policies/operator.json", &found, NULL));
    if (!str_eq(found.data, wanted)) // too long for a message of cmocka
        fprintf(stderr, "operator.json should be:\n%s", wanted);
    assert_true(str_eq(found.data, wanted));
    str_clear(&found);
}

// Claim: a plan's policy has only what the plan makes: no network, key, scaling or boundary rights
// for a plan without them.
static void only_what_is_wanted(void **state)
{
    struct plan *p = *state;
    static const char *const never[] = {
        "ec2:CreateVpc",        "ec2:DescribeAddresses",
        "kms:CreateKey",        "application-autoscaling:PutScalingPolicy",
        "logs:AssociateKmsKey", "iam:PutRolePermissionsBoundary"};
    for (size_t i = 0; i < ARRAY_LEN(never); i++)
        assert_false(allows(p, never[i]));
    p->answers.network.new_vpc = p->answers.options.kms_key = p->answers.options.autoscaling = true;
    str_replace(&p->answers.options.permissions_boundary, "arn:aws:iam::aws:policy/x");
    for (size_t i = 0; i < ARRAY_LEN(never); i++)
        assert_true(allows(p, never[i]));
}

// Claim: everything is filled in, and the rule on the database's group names that group alone.
static void names_are_filled_in(void **state)
{
    struct plan *p = *state;
    str_replace(&p->answers.database.ingress_security_group, "sg-0a1b2c3d");
    p->answers.options.kms_key = p->answers.network.new_vpc = true;
    AUTO_FREE char *text = printed(p);
    assert_null(strstr(text, "${"));
    assert_non_null(strstr(text, "role/forestadmin-shop-exec-eu-west-3"));
    assert_non_null(strstr(text, "secret:forestadmin-shop/env-??????"));
    assert_non_null(strstr(text, "security-group/sg-0a1b2c3d"));
    assert_non_null(strstr(text, p->names.stack));
}

// Claim: who gets the roles from an administrator may read and pass them, and write nothing in IAM.
static void handed_over_writes_no_iam(void **state)
{
    struct plan *p = *state;
    p->who.handed_over = true;
    static const char *const kept[] = {"iam:GetRole", "iam:GetRolePolicy", "iam:PassRole",
                                       "iam:ListAccountAliases"};
    AUTO_FREE char *text = printed(p);
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, "\"iam:")); at++)
        count += strncmp(at, "\"iam:PassedToService", 20) != 0;
    for (size_t i = 0; i < ARRAY_LEN(kept); i++)
        assert_true(allows(p, kept[i]));
    assert_int_equal(count, ARRAY_LEN(kept));
}

// Claim: a pipeline that deploys deletes nothing but what it replaces.
static void a_pipeline_does_not_destroy(void **state)
{
    struct plan *p = *state;
    p->who.deploys_only = true;
    assert_false(allows(p, "secretsmanager:DeleteSecret"));
    assert_false(allows(p, "ecr:DeleteRepository"));
    assert_false(allows(p, "ecs:DeleteCluster"));
    assert_false(allows(p, "iam:CreateRole"));
    assert_true(allows(p, "ecs:UpdateService"));
    assert_true(allows(p, "ecs:DeregisterTaskDefinition"));
}

// Claim: no document is larger than a managed policy may be, and none is lost by splitting.
static void documents_fit(void **state)
{
    struct plan *p = *state;
    p->answers.network.new_vpc = p->answers.options.kms_key = p->answers.options.autoscaling = true;
    JSON_AUTO *documents = rights_documents(&p->who);
    JSON_AUTO *statements = rights_statements(&p->who);
    size_t sum = 0;
    for (const struct json *d = json_first(documents); d; d = json_next(d)) {
        AUTO_FREE char *text = json_print(d);
        assert_true(strlen(text) <= RIGHTS_POLICY_MAX);
        sum += json_count(json_get(d, "Statement"));
    }
    assert_true(json_count(documents) > 1);
    assert_int_equal(sum, json_count(statements));
}

// Claim: before a run IAM is asked about filled-in resources, each action of the plan once.
static void questions_are_about_real_resources(void **state)
{
    struct plan *p = *state;
    struct right_question *all = NULL;
    size_t count = rights_questions(&p->who, &all);
    assert_true(count > 60);
    for (size_t i = 0; i < count; i++) {
        assert_null(strstr(all[i].resource, "${"));
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(all[i].action, all[k].action);
    }
    rights_questions_clear(all, count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_general_policy_is_the_table),
        cmocka_unit_test_setup_teardown(only_what_is_wanted, begin, end),
        cmocka_unit_test_setup_teardown(names_are_filled_in, begin, end),
        cmocka_unit_test_setup_teardown(handed_over_writes_no_iam, begin, end),
        cmocka_unit_test_setup_teardown(a_pipeline_does_not_destroy, begin, end),
        cmocka_unit_test_setup_teardown(documents_fit, begin, end),
        cmocka_unit_test_setup_teardown(questions_are_about_real_resources, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
