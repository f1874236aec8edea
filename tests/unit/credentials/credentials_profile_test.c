// SPDX-License-Identifier: MIT
// The dialect of ~/.aws/config and ~/.aws/credentials.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "backend/base/fs.h"
#include "backend/base/mem.h"
#include "backend/credentials/profile.h"

static struct aws_config *parse(const char *config, const char *credentials)
{
    ERR_AUTO err = {0};
    struct aws_config *out = aws_config_parse(config, credentials, &err);
    if (!out)
        print_error("%s\n", err.message);
    assert_non_null(out);
    return out;
}

static const char *get(const struct aws_config *c, const char *profile, const char *key)
{
    const struct profile *p = profile_find(c, profile);
    return p ? profile_get(p, key) : "(no such profile)";
}

static void ordinary_files_are_read(void **state)
{
    // Sections, keys, comments, blanks, order and both delimiters.
    struct aws_config *c =
        parse("# first\n[default]\nregion = eu-west-3\n\n; second\n[profile dev]\n"
              "region=us-east-1\n  # indented comment\nROLE_ARN : arn:aws:iam::1:role/x = y\n",
              "[dev]\naws_access_key_id = AKIA#1 # why\ncredential_process = a # "
              "b\naws_secret_access_key = a=b:c\n");
    assert_int_equal(profile_count(c), 2);
    assert_string_equal(profile_name(profile_at(c, 0)), "default");
    assert_string_equal(profile_name(profile_at(c, 1)), "dev");
    assert_null(profile_at(c, 2));
    assert_string_equal(get(c, "default", "region"), "eu-west-3");
    assert_string_equal(get(c, "dev", "region"), "us-east-1");
    assert_string_equal(get(c, "dev", "role_arn"), "arn:aws:iam::1:role/x = y");
    assert_string_equal(get(c, "dev", "aws_access_key_id"), "AKIA#1");
    assert_string_equal(get(c, "dev", "credential_process"), "a # b");
    assert_string_equal(get(c, "dev", "aws_secret_access_key"), "a=b:c");
    assert_null(get(c, "dev", "absent"));
    assert_null(profile_find(c, "absent"));
    aws_config_free(c);
}

static void windows_files_are_read(void **state)
{
    // Byte order mark, CRLF, tabs and no line end at the end of the file.
    struct aws_config *c =
        parse("\xEF\xBB\xBF[default]\r\n\r\nregion\t=\teu-west-3\t\r\noutput = json", NULL);
    assert_string_equal(get(c, "default", "region"), "eu-west-3");
    assert_string_equal(get(c, "default", "output"), "json");
    aws_config_free(c);
}

static void names_may_be_quoted(void **state)
{
    // Names with spaces in quotes; the comment behind a header is none of ours.
    struct aws_config *c = parse(
        "[profile \"my team\"]\nregion = a\n[profile   'x'  ] ; why\nregion = b\n[ default ]\n"
        "region = c\n",
        "[my team]\naws_access_key_id = k\n");
    assert_string_equal(get(c, "my team", "region"), "a");
    assert_string_equal(get(c, "my team", "aws_access_key_id"), "k");
    assert_string_equal(get(c, "x", "region"), "b");
    assert_string_equal(get(c, "default", "region"), "c");
    aws_config_free(c);
}

static void duplicates_are_merged(void **state)
{
    // The same section twice is one, the later value wins; the credentials file wins over config.
    struct aws_config *c =
        parse("[profile a]\nregion = one\nx = 1\n[profile b]\n[profile a]\nregion = two\n"
              "aws_access_key_id = from-config\n",
              "[a]\naws_access_key_id = first\naws_access_key_id = from-credentials\n");
    assert_int_equal(profile_count(c), 2);
    assert_string_equal(get(c, "a", "region"), "two");
    assert_string_equal(get(c, "a", "x"), "1");
    assert_string_equal(get(c, "a", "aws_access_key_id"), "from-credentials");
    const struct profile *p = profile_find(c, "a");
    assert_string_equal(profile_get_in(p, "aws_access_key_id", true), "from-credentials");
    assert_string_equal(profile_get_in(p, "aws_access_key_id", false), "from-config");
    assert_null(profile_get_in(p, "region", true));
    aws_config_free(c);
}

static void profile_default_wins_over_default(void **state)
{
    // "[profile default]" makes "[default]" of the config file void, wherever it stands, but not
    // the credentials.
    struct aws_config *c =
        parse("[default]\nregion = loses\nx = loses\n[profile default]\nregion = wins\n",
              "[default]\naws_access_key_id = k\n");
    assert_int_equal(profile_count(c), 1);
    assert_string_equal(get(c, "default", "region"), "wins");
    assert_null(get(c, "default", "x"));
    assert_string_equal(get(c, "default", "aws_access_key_id"), "k");
    aws_config_free(c);
}

static void nested_blocks_and_other_sections(void **state)
{
    // Indented pairs below an empty key are nested; services and sso-session are found by kind and
    // name.
    struct aws_config *c =
        parse("[profile p]\ns3 =\n  max_queue = 5\n\taddressing = path\nregion = r\n"
              "[services local]\necs =\n  endpoint_url = http://localhost:1\nec2 =\n"
              "  endpoint_url = http://localhost:2\n[sso-session corp]\nsso_region = eu-west-1\n"
              "[plugins]\ncli_legacy = x\n",
              NULL);
    const struct profile *p = profile_find(c, "p");
    assert_string_equal(profile_get_nested(p, "s3", "max_queue"), "5");
    assert_string_equal(profile_get_nested(p, "s3", "addressing"), "path");
    assert_string_equal(profile_get(p, "region"), "r");
    assert_null(profile_get_nested(p, "s3", "absent"));
    assert_string_equal(aws_config_section_get(c, "services", "local", "ec2", "endpoint_url"),
                        "http://localhost:2");
    assert_string_equal(aws_config_section_get(c, "sso-session", "corp", "sso_region", NULL),
                        "eu-west-1");
    assert_true(aws_config_section_exists(c, "services", "local"));
    assert_false(aws_config_section_exists(c, "services", "p"));
    assert_int_equal(profile_count(c), 1);
    assert_null(profile_find(c, "corp"));
    aws_config_free(c);
}

static void bad_lines_are_named(void **state)
{
    // The message has file and line, and never the line itself, which may hold a key.
    static const struct {
        const char *config;
        const char *where;
    } table[] = {
        {"key = before any section\n", "config:1:"},
        {"[default]\n\nhunter2 without delimiter\n", "config:3:"},
        {"[default\nx = 1\n", "config:1:"},
        {"[]\n", "config:1:"},
        {"[default]\n = hunter2\n", "config:2:"},
        {"[default]\ns3 =\n  hunter2\n", "config:3:"},
    };
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        ERR_AUTO err = {0};
        assert_null(aws_config_parse(table[i].config, NULL, &err));
        assert_int_equal(err.kind, ERR_INPUT);
        assert_true(str_starts(err.message, table[i].where));
        assert_null(strstr(err.message, "hunter2"));
    }
    ERR_AUTO err = {0};
    assert_null(aws_config_parse("[default]\n", "nonsense\n", &err));
    assert_true(str_starts(err.message, "credentials:1:"));
}

static void kind_is_told_from_the_keys(void **state)
{
    // In the order in which the providers are tried.
    struct aws_config *c =
        parse("[profile role]\nrole_arn = a\nsource_profile = static\n[profile web]\nrole_arn = a\n"
              "web_identity_token_file = f\n[profile sso]\nsso_role_name = s\n[profile "
              "process]\ncredential_process = x\n"
              "aws_access_key_id = k\n[profile login]\nlogin_session = s\n[profile empty]\nregion "
              "= r\n[profile static]\n"
              "aws_access_key_id = k\n",
              "[both]\naws_access_key_id = k\n");
    static const char *const names[][2] = {{"role", "assume-role"}, {"web", "web-identity"},
                                           {"sso", "sso"},          {"process", "process"},
                                           {"login", "login"},      {"empty", "empty"},
                                           {"static", "static"},    {"both", "static"}};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        assert_string_equal(profile_kind(profile_find(c, names[i][0])), names[i][1]);
    aws_config_free(c);
}

static void profile_and_region_have_their_order(void **state)
{
    // AWS_PROFILE > AWS_DEFAULT_PROFILE > default; argument > AWS_REGION > AWS_DEFAULT_REGION >
    // profile.
    static const char *const variables[] = {"AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_REGION",
                                            "AWS_DEFAULT_REGION"};
    for (size_t i = 0; i < ARRAY_LEN(variables); i++)
        unsetenv(variables[i]);
    struct aws_config *c = parse("[default]\nregion = from-profile\n[profile none]\n", NULL);
    const struct profile *p = profile_find(c, "default");
    assert_string_equal(profile_default_name(), "default");
    assert_string_equal(profile_region(p, NULL), "from-profile");
    assert_null(profile_region(profile_find(c, "none"), NULL));
    assert_null(profile_region(NULL, NULL));
    setenv("AWS_DEFAULT_PROFILE", "second", 1);
    setenv("AWS_DEFAULT_REGION", "second", 1);
    assert_string_equal(profile_default_name(), "second");
    assert_string_equal(profile_region(p, ""), "second");
    setenv("AWS_PROFILE", "first", 1);
    setenv("AWS_REGION", "first", 1);
    assert_string_equal(profile_default_name(), "first");
    assert_string_equal(profile_region(p, NULL), "first");
    assert_string_equal(profile_region(p, "given"), "given");
    for (size_t i = 0; i < ARRAY_LEN(variables); i++)
        unsetenv(variables[i]);
    aws_config_free(c);
}

static void files_are_bounded(void **state)
{
    // Missing files are empty; a directory and more than 1 MiB are refused with their path.
    char dir[] = "/tmp/forest-profile-XXXXXX";
    assert_non_null(mkdtemp(dir));
    AUTO_FREE char *config = fs_join(dir, "config");
    AUTO_FREE char *missing = fs_join(dir, "missing");
    setenv("AWS_CONFIG_FILE", missing, 1);
    setenv("AWS_SHARED_CREDENTIALS_FILE", missing, 1);
    struct aws_config *c = aws_config_load(NULL);
    assert_non_null(c);
    assert_int_equal(profile_count(c), 0);
    aws_config_free(c);

    ERR_AUTO err = {0};
    setenv("AWS_CONFIG_FILE", dir, 1);
    assert_null(aws_config_load(&err));
    assert_int_equal(err.kind, ERR_INPUT);
    err_clear(&err);

    size_t size = 1024 * 1024 + 1;
    char *big = mem_alloc(size);
    memset(big, '#', size);
    assert_true(fs_write(config, big, size, 0600, NULL));
    mem_free(big);
    setenv("AWS_CONFIG_FILE", config, 1);
    assert_null(aws_config_load(&err));
    assert_int_equal(err.kind, ERR_INPUT);
    assert_non_null(strstr(err.message, config));
    err_clear(&err);

    assert_true(fs_write(config, "[default]\nx = 1\0y\n", 18, 0600, NULL));
    assert_null(aws_config_load(&err));
    assert_non_null(strstr(err.message, ":2:"));
    unsetenv("AWS_CONFIG_FILE");
    unsetenv("AWS_SHARED_CREDENTIALS_FILE");
    assert_true(fs_remove_tree(dir, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ordinary_files_are_read),
        cmocka_unit_test(windows_files_are_read),
        cmocka_unit_test(names_may_be_quoted),
        cmocka_unit_test(duplicates_are_merged),
        cmocka_unit_test(profile_default_wins_over_default),
        cmocka_unit_test(nested_blocks_and_other_sections),
        cmocka_unit_test(bad_lines_are_named),
        cmocka_unit_test(kind_is_told_from_the_keys),
        cmocka_unit_test(profile_and_region_have_their_order),
        cmocka_unit_test(files_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
