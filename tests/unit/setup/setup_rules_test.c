// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "backend/setup/rules.h"

#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

struct example {
    bool (*rule)(const char *text, struct err *err);
    const char *text;
    bool accepted;
};

static const struct example examples[] = {
    {rule_setup_name, "a", true},
    {rule_setup_name, "my-admin", true},
    {rule_setup_name, "abcdefghij0123456789", true},
    {rule_setup_name, "abcdefghij01234567890", false},
    {rule_setup_name, "", false},
    {rule_setup_name, "1a", false},
    {rule_setup_name, "a-", false},
    {rule_setup_name, "a--b", false}, // ECR refuses it
    {rule_setup_name, "A", false},
    {rule_setup_name, "a_b", false},
    {rule_setup_name, "a\nb", false},
    {rule_region, "eu-west-3", true},
    {rule_region, "us-gov-west-1", true},
    {rule_region, "eusc-de-east-1", true},
    {rule_region, "ap-southeast-7", true},
    {rule_region, "eu-west", false},
    {rule_region, "eu-west-", false},
    {rule_region, "EU-WEST-3", false},
    {rule_region, "eu-west-3a", false},
    {rule_region, "eu-west-3 ", false},
    {rule_account, "123456789012", true},
    {rule_account, "12345678901", false},
    {rule_account, "1234567890123", false},
    {rule_account, "1234-5678-901", false},
    {rule_server_url, "https://api.forestadmin.com", true},
    {rule_server_url, "http://127.0.0.1:4102", true},
    {rule_server_url, "http://localhost:4102", true},
    {rule_server_url, "http://[::1]:4102", true},
    {rule_server_url, "http://api.forestadmin.com", false}, // the secret would travel in clear
    {rule_server_url, "http://localhost.evil.example", false},
    {rule_server_url, "https://api.forestadmin.com/", false},
    {rule_server_url, "https://user@host", false},
    {rule_server_url, "https://host:port", false},
    {rule_server_url, "https://", false},
    {rule_server_url, "ftp://host", false},
    {rule_subnet, "subnet-0a1b2c3d", true},
    {rule_subnet, "subnet-0a1b2c3d4e5f67890", true},
    {rule_subnet, "subnet-0A1B2C3D", false},
    {rule_subnet, "subnet-31", false},
    {rule_security_group, "sg-0a1b2c3d", true},
    {rule_security_group, "default", false},
    {rule_cidr, "10.42.0.0/16", true},
    {rule_cidr, "172.31.0.0/24", true},
    {rule_cidr, "192.168.0.0/16", true},
    {rule_cidr, "172.32.0.0/16", false},
    {rule_cidr, "8.8.0.0/16", false},
    {rule_cidr, "10.42.0.0/15", false},
    {rule_cidr, "10.42.0.0/25", false},
    {rule_cidr, "10.42.1.0/16", false},
    {rule_cidr, "10.042.0.0/16", false},
    {rule_cidr, "10.42.0.0", false},
    {rule_cidr, "10.42.0.0/16 ", false},
    {rule_cidr, "10.256.0.0/16", false},
    {rule_git_url, "https://github.com/acme/admin.git", true},
    {rule_git_url, "git@github.com:acme/admin.git", true},
    {rule_git_url, "ssh://git@host/acme/admin", true},
    {rule_git_url, "file:///srv/admin.git", true},
    {rule_git_url, "https://user:token@github.com/acme/admin", false},
    {rule_git_url, "http://github.com/acme/admin", false},
    {rule_git_url, "ext::sh -c id", false}, // git's remote helpers run programs
    {rule_git_url, "admin", false},
    {rule_git_ref, "main", true},
    {rule_git_ref, "refs/tags/v1.0", true},
    {rule_git_ref, "--upload-pack=x", false},
    {rule_git_ref, "a..b", false},
    {rule_git_ref, "a b", false},
    {rule_git_folder, ".", true},
    {rule_git_folder, "apps/admin", true},
    {rule_git_folder, "../admin", false},
    {rule_git_folder, "a/../../b", false},
    {rule_git_folder, "/etc", false},
    {rule_base_image, "public.ecr.aws/docker/library/node:22-slim", true},
    {rule_base_image, "127.0.0.1:4104/docker/library/node:22-slim", true},
    {rule_base_image, "registry/x@sha256:" HEX64, true},
    {rule_base_image, "node:22", false},
    {rule_base_image, "registry/node", false},
    {rule_base_image, "registry/node@sha256:abc", false},
    {rule_base_image, "registry/node:22 --privileged", false},
    {rule_boundary, "arn:aws:iam::123456789012:policy/b", true},
    {rule_boundary, "arn:aws:iam::aws:policy/b", true},
    {rule_boundary, "arn:aws-cn:iam::123456789012:policy/p/b", true},
    {rule_boundary, "arn:aws:iam::123456789012:role/b", false},
    {rule_boundary, "arn:aws:iam::1234:policy/b", false},
    {rule_tag_key, "team", true},
    {rule_tag_key, "aws:team", false},
    {rule_tag_key, "AWS:team", false},
    {rule_tag_key, "forestadmin:stack", false},
    {rule_tag_key, "Name", false},
    {rule_tag_key, "name", false}, // IAM does not tell them apart
    {rule_tag_key, "", false},
    {rule_tag_key, "a*b", false},
    {rule_tag_value, "", true},
    {rule_tag_value, "ops@acme", true},
    {rule_tag_value, HEX64, false},
    {rule_env_name, "FOREST_ENV_SECRET", true},
    {rule_env_name, "9A", false},
    {rule_env_name, "A-B", false},
    {rule_env_name, "", false},
    {rule_env_name, "abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789", false},
    {rule_profile, "work", true},
    {rule_profile, "a b", true},
    {rule_profile, "a\tb", false},
    {rule_vpc, "postgres://u:pw@host/db", false},
    {rule_schema, "public", true},
};

// Claim: each rule accepts and refuses these; a refusal has a reason and a remedy.
static void examples_hold(void **state)
{
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        struct err err = {0};
        bool accepted = examples[i].rule(examples[i].text, &err);
        if (accepted != examples[i].accepted)
            fail_msg("example %zu: %s", i, examples[i].text);
        if (!accepted) {
            assert_int_equal(err.kind, ERR_INPUT);
            assert_non_null(err.message);
            assert_non_null(err.remedy);
        }
        err_clear(&err);
    }
}

// Claim: no rule repeats a text that may be a secret.
static void secrets_are_not_repeated(void **state)
{
    static const char *const secrets[] = {HEX64, "postgres://app:hunter2secret@db/x",
                                          "https://me:hunter2secret@github.com/x"};
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        for (size_t k = 0; k < sizeof secrets / sizeof *secrets; k++) {
            struct err err = {0};
            if (!examples[i].rule(secrets[k], &err)) {
                assert_null(strstr(err.message, "hunter2"));
                assert_null(strstr(err.message, "0123456789abcdef"));
            }
            err_clear(&err);
        }
    }
}

// Claim: the lists of days are CloudWatch's and Secrets Manager's.
static void days_are_those_of_aws(void **state)
{
    assert_true(rule_log_days(1, NULL) && rule_log_days(30, NULL) && rule_log_days(3653, NULL));
    assert_false(rule_log_days(0, NULL) || rule_log_days(2, NULL) || rule_log_days(3654, NULL));
    assert_true(rule_recovery_days(0, NULL) && rule_recovery_days(7, NULL) &&
                rule_recovery_days(30, NULL));
    assert_false(rule_recovery_days(1, NULL) || rule_recovery_days(6, NULL) ||
                 rule_recovery_days(31, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(examples_hold),
                                       cmocka_unit_test(secrets_are_not_repeated),
                                       cmocka_unit_test(days_are_those_of_aws)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
