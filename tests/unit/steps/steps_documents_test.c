// SPDX-License-Identifier: MIT
// What is sent to AWS as a whole document, member by member as in facts aws.md 2.2, 2.5, 2.11 and
// 10.1; and the id of the secret's version.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "backend/base/fs.h"
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/steps/documents.h"

#define SECRET_ARN                                                                                 \
    "arn:aws:secretsmanager:eu-west-3:123456789012:secret:forestadmin-shop/env-AbCdEf"
#define KEY_ARN "arn:aws:kms:eu-west-3:123456789012:key/k1"

struct world {
    struct answers answers;
    struct stack stack;
    struct facts *facts;
    struct step_ctx ctx;
};

static const struct step row = {.id = "row", .title = "row"};

static void fill(struct world *w, const char *region, const char *partition)
{
    *w = (struct world){0};
    answers_init(&w->answers);
    w->answers.name = mem_strdup("shop");
    w->stack = (struct stack){.answers = &w->answers};
    w->stack.account = mem_strdup("123456789012");
    w->stack.region = mem_strdup(region);
    w->stack.partition = mem_strdup(partition);
    names_init(&w->stack.names, "shop", "123456789012", region);
    w->facts = facts_new();
    facts_set(w->facts, "secret.arn", SECRET_ARN);
    facts_set(w->facts, "secret.version", "v-1");
    facts_set(w->facts, "repository.arn",
              "arn:aws:ecr:eu-west-3:123456789012:repository/forestadmin-shop");
    facts_set(w->facts, "repository.uri", "r/forestadmin-shop");
    facts_set(w->facts, "log-group.arn",
              "arn:aws:logs:eu-west-3:123456789012:log-group:/ecs/forestadmin-shop");
    facts_set(w->facts, "exec-role.arn", "arn:exec");
    facts_set(w->facts, "task-role.arn", "arn:task");
    facts_set(w->facts, "image.digest", "sha256:abc");
    w->ctx = (struct step_ctx){.step = &row, .world = &w->stack, .facts = w->facts};
}

static void empty(struct world *w)
{
    mem_free(w->stack.account);
    mem_free(w->stack.region);
    mem_free(w->stack.partition);
    mem_free(w->stack.records_dir);
    names_clear(&w->stack.names);
    facts_free(w->facts);
    answers_clear(&w->answers);
}
#define WORLD_AUTO __attribute__((cleanup(empty))) struct world

static void assert_same_json(const char *found, const char *wanted)
{
    JSON_AUTO *a = json_parse(found, strlen(found), NULL, NULL);
    JSON_AUTO *b = json_parse(wanted, strlen(wanted), NULL, NULL);
    assert_non_null(a);
    assert_non_null(b);
    AUTO_FREE char *text_a = json_print(a);
    AUTO_FREE char *text_b = json_print(b);
    assert_string_equal(text_a, text_b);
}

static void only_tasks_of_this_account_and_region_take_the_roles(void **state)
{
    (void)state;
    WORLD_AUTO w;
    fill(&w, "eu-west-3", "aws");
    AUTO_FREE char *trust = role_trust_policy(&w.stack);
    assert_same_json(
        trust, "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{"
               "\"Service\":\"ecs-tasks.amazonaws.com\"},\"Action\":\"sts:AssumeRole\","
               "\"Condition\":{\"StringEquals\":{\"aws:SourceAccount\":\"123456789012\"},"
               "\"ArnLike\":{\"aws:SourceArn\":\"arn:aws:ecs:eu-west-3:123456789012:*\"}}}]}");
}

#define BASE_STATEMENTS                                                                            \
    "{\"Version\":\"2012-10-17\",\"Statement\":["                                                  \
    "{\"Effect\":\"Allow\",\"Action\":\"ecr:GetAuthorizationToken\",\"Resource\":\"*\"},"          \
    "{\"Effect\":\"Allow\",\"Action\":[\"ecr:BatchCheckLayerAvailability\","                       \
    "\"ecr:GetDownloadUrlForLayer\",\"ecr:BatchGetImage\"],"                                       \
    "\"Resource\":\"arn:aws:ecr:eu-west-3:123456789012:repository/forestadmin-shop\"},"            \
    "{\"Effect\":\"Allow\",\"Action\":[\"logs:CreateLogStream\",\"logs:PutLogEvents\"],"           \
    "\"Resource\":\"arn:aws:logs:eu-west-3:123456789012:log-group:/ecs/forestadmin-shop:*\"},"     \
    "{\"Effect\":\"Allow\",\"Action\":\"secretsmanager:GetSecretValue\",\"Resource\":"             \
    "\"" SECRET_ARN "\"}"

static void the_start_up_role_reads_this_secret_and_no_other(void **state)
{
    (void)state;
    // The strict variant of 10.1; the key's statement only with a key of one's own.
    WORLD_AUTO w;
    fill(&w, "eu-west-3", "aws");
    AUTO_FREE char *plain = exec_role_policy(&w.ctx);
    assert_same_json(plain, BASE_STATEMENTS "]}");
    facts_set(w.facts, "kms-key.arn", KEY_ARN);
    AUTO_FREE char *keyed = exec_role_policy(&w.ctx);
    assert_same_json(keyed, BASE_STATEMENTS
                     ",{\"Effect\":\"Allow\",\"Action\":\"kms:Decrypt\",\"Resource\":\"" KEY_ARN
                     "\",\"Condition\":{\"StringEquals\":{\"kms:ViaService\":"
                     "\"secretsmanager.eu-west-3.amazonaws.com\",\"kms:EncryptionContext:"
                     "SecretARN\":\"" SECRET_ARN "\"}}}]}");
}

static void the_key_serves_the_account_and_our_log_group(void **state)
{
    (void)state;
    WORLD_AUTO w;
    fill(&w, "eu-west-3", "aws");
    AUTO_FREE char *policy = key_policy(&w.stack);
    assert_same_json(
        policy,
        "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"Account\",\"Effect\":"
        "\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::123456789012:root\"},\"Action\":"
        "\"kms:*\",\"Resource\":\"*\"},{\"Sid\":\"Logs\",\"Effect\":\"Allow\",\"Principal\":"
        "{\"Service\":\"logs.eu-west-3.amazonaws.com\"},\"Action\":[\"kms:Encrypt*\","
        "\"kms:Decrypt*\",\"kms:ReEncrypt*\",\"kms:GenerateDataKey*\",\"kms:Describe*\"],"
        "\"Resource\":\"*\",\"Condition\":{\"ArnEquals\":{\"kms:EncryptionContext:aws:logs:"
        "arn\":\"arn:aws:logs:eu-west-3:123456789012:log-group:/ecs/forestadmin-shop\"}}}]}");
}

static void other_partitions_have_their_own_names(void **state)
{
    (void)state;
    // China: another ARN prefix and another suffix of Logs and Secrets Manager; ECS keeps its own.
    WORLD_AUTO w;
    fill(&w, "cn-north-1", "aws-cn");
    facts_set(w.facts, "kms-key.arn", "arn:aws-cn:kms:cn-north-1:123456789012:key/k1");
    AUTO_FREE char *trust = role_trust_policy(&w.stack);
    AUTO_FREE char *policy = exec_role_policy(&w.ctx);
    AUTO_FREE char *key = key_policy(&w.stack);
    assert_non_null(strstr(trust, "\"arn:aws-cn:ecs:cn-north-1:123456789012:*\""));
    assert_non_null(strstr(trust, "\"ecs-tasks.amazonaws.com\""));
    assert_non_null(strstr(policy, "\"secretsmanager.cn-north-1.amazonaws.com.cn\""));
    assert_non_null(strstr(key, "\"logs.cn-north-1.amazonaws.com.cn\""));
    assert_non_null(strstr(key, "\"arn:aws-cn:iam::123456789012:root\""));
}

static void the_task_pins_its_image_and_its_secrets(void **state)
{
    (void)state;
    // Digest, version, log, size, and no secret's value anywhere.
    WORLD_AUTO w;
    fill(&w, "eu-west-3", "aws");
    w.answers.backend.cpu_units = 512;
    w.answers.backend.memory_mib = 1024;
    JSON_AUTO *body = task_definition_body(&w.ctx);
    AUTO_FREE char *text = json_print(body);
    assert_same_json(
        text,
        "{\"family\":\"forestadmin-shop\",\"networkMode\":\"awsvpc\",\"cpu\":\"512\",\"memory\":"
        "\"1024\",\"executionRoleArn\":\"arn:exec\",\"taskRoleArn\":\"arn:task\","
        "\"requiresCompatibilities\":[\"FARGATE\"],\"runtimePlatform\":{\"cpuArchitecture\":"
        "\"X86_64\",\"operatingSystemFamily\":\"LINUX\"},\"containerDefinitions\":[{\"name\":"
        "\"backend\",\"image\":\"r/forestadmin-shop@sha256:abc\",\"essential\":true,"
        "\"portMappings\":[{\"protocol\":\"tcp\",\"containerPort\":3000}],\"environment\":["
        "{\"name\":\"NODE_ENV\",\"value\":\"production\"},{\"name\":\"PORT\",\"value\":\"3000\"},"
        "{\"name\":\"DATABASE_SSL_MODE\",\"value\":\"preferred\"}],\"secrets\":["
        "{\"name\":\"FOREST_ENV_SECRET\",\"valueFrom\":\"" SECRET_ARN ":FOREST_ENV_SECRET::v-1\"},"
        "{\"name\":\"FOREST_AUTH_SECRET\",\"valueFrom\":\"" SECRET_ARN
        ":FOREST_AUTH_SECRET::v-1\"},"
        "{\"name\":\"POSTGRESQL_URL\",\"valueFrom\":\"" SECRET_ARN ":POSTGRESQL_URL::v-1\"}],"
        "\"logConfiguration\":{\"logDriver\":\"awslogs\",\"options\":{\"awslogs-group\":"
        "\"/ecs/forestadmin-shop\",\"awslogs-region\":\"eu-west-3\",\"awslogs-stream-prefix\":"
        "\"forest\"}},\"stopTimeout\":20,\"linuxParameters\":{\"initProcessEnabled\":true}}]"
        "}");
}

static char *version(struct world *w)
{
    char *id = NULL;
    ERR_AUTO e = {0};
    if (!secret_version_id(&w->stack, true, &id, &e))
        fail_msg("%s", e.message);
    return id;
}

static void set(struct secret_answer *answer, const char *value)
{
    assert_true(secret_set(&answer->value, value, strlen(value), NULL));
}

static void the_same_answers_are_the_same_version(void **state)
{
    (void)state;
    // On this machine, in a form that Secrets Manager takes; each secret counts, a generated one
    // only as such; without the key nothing can be said.
    WORLD_AUTO w;
    fill(&w, "eu-west-3", "aws");
    char dir[] = "/tmp/forest-version-XXXXXX";
    assert_non_null(mkdtemp(dir));
    w.stack.records_dir = mem_strdup(dir);
    set(&w.answers.forest.env_secret, "env");
    set(&w.answers.forest.auth_secret, "auth-1");
    set(&w.answers.database.url, "postgres://u:p@h/d");
    w.answers.forest.auth_secret.from = SECRET_GENERATE;
    char *none = NULL;
    ERR_AUTO e = {0};
    assert_false(secret_version_id(&w.stack, false, &none, &e));
    assert_int_equal(e.kind, ERR_NOT_FOUND);
    AUTO_FREE char *first = version(&w);
    AUTO_FREE char *again = version(&w);
    assert_string_equal(first, again);
    assert_in_range(strlen(first), 32, 64);
    set(&w.answers.forest.auth_secret, "auth-2");
    AUTO_FREE char *generated = version(&w);
    assert_string_equal(first, generated);
    w.answers.forest.auth_secret.from = SECRET_ENV;
    AUTO_FREE char *given = version(&w);
    assert_string_not_equal(first, given);
    set(&w.answers.database.url, "postgres://u:q@h/d");
    AUTO_FREE char *other_url = version(&w);
    assert_string_not_equal(given, other_url);
    AUTO_FREE char *path = fs_join(dir, "version-key");
    assert_int_equal(unlink(path), 0);
    AUTO_FREE char *other_machine = version(&w);
    assert_string_not_equal(other_url, other_machine);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_tasks_of_this_account_and_region_take_the_roles),
        cmocka_unit_test(the_start_up_role_reads_this_secret_and_no_other),
        cmocka_unit_test(the_key_serves_the_account_and_our_log_group),
        cmocka_unit_test(other_partitions_have_their_own_names),
        cmocka_unit_test(the_task_pins_its_image_and_its_secrets),
        cmocka_unit_test(the_same_answers_are_the_same_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
