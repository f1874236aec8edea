// SPDX-License-Identifier: MIT
// Every provider that asks somebody, at AWS's own addresses and in the year 2030, without a network
// and without waiting: HTTP, clock and files are the test's (http_client_fake(), options.now,
// HOME).
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
#include "backend/codec/hash.h"
#include "backend/credentials/chain.h"
#include "backend/credentials/imds.h"
#include "backend/credentials/sso.h"
#include "backend/net/http.h"

#define MINUTE_MS (60 * (int64_t)1000)
#define NOON      1904556600000 // 2030-05-09T11:30:00Z
#define IN_HOUR   "2030-05-09T12:30:00Z"

static char home[] = "/tmp/forest-hooks-XXXXXX";
static int64_t now_ms;

static int64_t now(void)
{
    return now_ms;
}

// What is answered to whom. The first row that fits counts; `times` 0: always.
struct row {
    const char *asks; // "METHOD URL", or its beginning
    int status;       // 0: nobody answers; -1: the question is heard, the answer is lost
    const char *body;
    unsigned times;
};

struct world {
    const struct row *rows;
    size_t count;
    unsigned used[8];
    struct str asked; // "METHOD URL" of each question, a line each
    char *body;       // of the last one
    char *header;     // name and value of its last header
};

static bool answer(void *context, const struct http_request *request, struct http_answer *out,
                   struct err *err)
{
    struct world *w = context;
    AUTO_FREE char *asks = mem_printf("%s %s", request->method, request->url);
    str_addf(&w->asked, "%s\n", asks);
    str_replace(&w->body, request->body);
    size_t last = request->headers->count - 1;
    mem_free(w->header);
    w->header = mem_printf("%s: %s", request->headers->items[last].name,
                           request->headers->items[last].value);
    str_init(&out->body, STR_BODY);
    for (size_t i = 0; i < w->count; i++) {
        const struct row *row = &w->rows[i];
        if (!str_starts(asks, row->asks) || (row->times && w->used[i] >= row->times))
            continue;
        w->used[i]++;
        if (row->status <= 0) {
            err_set(err, ERR_NET, "nobody answers");
            err->outcome_unknown = row->status < 0;
            return false;
        }
        out->status = row->status;
        str_add(&out->body, row->body);
        return true;
    }
    return err_set(err, ERR_NET, "nobody is there: %s", asks);
}

static void world_open(struct world *w, const struct row *rows, size_t count)
{
    *w = (struct world){.rows = rows, .count = count};
    str_init(&w->asked, STR_FILE);
}

static void world_close(struct world *w)
{
    str_clear(&w->asked);
    mem_free(w->body);
    mem_free(w->header);
}

static const char *const variables[] = {
    "AWS_ENDPOINT_URL",
    "AWS_PROFILE",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_EC2_METADATA_DISABLED",
    "AWS_EC2_METADATA_V1_DISABLED",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
    "AWS_METADATA_SERVICE_NUM_ATTEMPTS",
    "AWS_LOGIN_CACHE_DIRECTORY",
};

static int clean(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(variables); i++)
        unsetenv(variables[i]);
    AUTO_FREE char *aws = fs_join(home, ".aws");
    ERR_AUTO e = {0};
    fs_remove_tree(aws, &e);
    setenv("HOME", home, 1);
    now_ms = NOON;
    return 0;
}

// ---- asking a profile

struct asker {
    struct aws_config *config;
    struct http_client *http;
    struct credentials_options options;
};

static void asker_open(struct asker *a, struct world *w, const char *config)
{
    a->config = aws_config_parse(config, "", NULL);
    assert_non_null(a->config);
    a->http = http_client_fake(answer, w);
    a->options = (struct credentials_options){.config = a->config,
                                              .profile = "p",
                                              .profile_explicit = true,
                                              .region = "eu-west-3",
                                              .http = a->http,
                                              .now = now};
}

static void asker_close(struct asker *a)
{
    http_client_free(a->http);
    aws_config_free(a->config);
}

static void gives(struct world *w, const char *config, const char *key)
{
    struct asker a = {0};
    struct credentials c = {0};
    ERR_AUTO err = {0};
    asker_open(&a, w, config);
    if (!chain_fetch(&a.options, &c, &err))
        fail_msg("%s\nasked:\n%s", err.message, w->asked.data);
    assert_string_equal(c.access_key_id, key);
    credentials_clear(&c);
    asker_close(&a);
}

static void refuses(struct world *w, const char *config, const char *says)
{
    struct asker a = {0};
    struct credentials c = {0};
    ERR_AUTO err = {0};
    asker_open(&a, w, config);
    assert_false(chain_fetch(&a.options, &c, &err));
    if (!err_says(&err, says))
        fail_msg("\"%s\" does not say \"%s\"", err.message, says);
    asker_close(&a);
}

static void write_file(const char *name, const char *text)
{
    AUTO_FREE char *path = fs_join(home, name);
    AUTO_FREE char *folder = fs_dirname(path);
    ERR_AUTO e = {0};
    assert_true(fs_mkdirs(folder, &e) && fs_write(path, text, strlen(text), 0600, &e));
}

// ---- Identity Center

static const char sso_config[] = "[profile p]\nsso_session = corp\nsso_account_id = 123456789012\n"
                                 "sso_role_name = Engineer\n[sso-session corp]\n"
                                 "sso_start_url = https://corp/start\nsso_region = eu-west-1\n";
#define SSO_KEYS                                                                                   \
    "{\"roleCredentials\":{\"accessKeyId\":\"SSO\",\"secretAccessKey\":\"s\","                     \
    "\"sessionToken\":\"t\",\"expiration\":1904563800000}}"

static void write_sso_token(const char *expires)
{
    AUTO_FREE char *hash = sha1_hex("corp", strlen("corp"));
    AUTO_FREE char *name = mem_printf(".aws/sso/cache/%s.json", hash);
    AUTO_FREE char *text =
        mem_printf("{\"accessToken\":\"old\",\"expiresAt\":\"%s\",\"clientId\":\"c\","
                   "\"clientSecret\":\"cs\",\"refreshToken\":\"r\","
                   "\"registrationExpiresAt\":\"2030-06-01T00:00:00Z\"}",
                   expires);
    write_file(name, text);
}

static void identity_center_refreshes_a_quarter_of_an_hour_before_the_end(void **state)
{
    static const struct row rows[] = {
        {"GET https://portal.sso.eu-west-1.amazonaws.com/federation/credentials", 200, SSO_KEYS, 0},
        {"POST https://oidc.eu-west-1.amazonaws.com/token", 200,
         "{\"accessToken\":\"new\",\"expiresIn\":28800}", 0}};
    struct world w;
    world_open(&w, rows, ARRAY_LEN(rows));
    write_sso_token("2030-05-09T11:46:00Z"); // in 16 minutes
    gives(&w, sso_config, "SSO");
    assert_null(strstr(w.asked.data, "POST"));
    assert_string_equal(w.header, "x-amz-sso_bearer_token: old");
    now_ms += 2 * MINUTE_MS; // 14 are left
    gives(&w, sso_config, "SSO");
    assert_non_null(strstr(w.asked.data, "POST"));
    assert_string_equal(w.header, "x-amz-sso_bearer_token: new");
    world_close(&w);
}

static void identity_center_that_has_ended_asks_for_a_person(void **state)
{
    static const struct row rows[] = {{"POST https://oidc.eu-west-1.amazonaws.com/token", 400,
                                       "{\"error\":\"invalid_grant\"}", 0}};
    struct world w;
    world_open(&w, rows, ARRAY_LEN(rows));
    write_sso_token("2030-05-09T11:29:00Z"); // a minute ago
    refuses(&w, sso_config, "has ended");
    world_close(&w);
}

// ---- STS

#define STS_KEYS(action)                                                                           \
    "<" action "Response><" action "Result><Credentials><AccessKeyId>STS</AccessKeyId>"            \
    "<SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>"                           \
    "<Expiration>" IN_HOUR "</Expiration></Credentials></" action "Result></" action "Response>"

static void roles_are_assumed_in_the_region_or_at_the_old_global_place(void **state)
{
    static const struct row rows[] = {
        {"POST https://sts.eu-west-3.amazonaws.com/", 200, STS_KEYS("AssumeRole"), 0},
        {"POST https://sts.amazonaws.com/", 200, STS_KEYS("AssumeRole"), 0}};
    static const char config[] = "[profile p]\nrole_arn = arn:aws:iam::1:role/r\n"
                                 "source_profile = base\n[profile base]\n"
                                 "aws_access_key_id = B\naws_secret_access_key = s\n";
    struct world w;
    world_open(&w, rows, ARRAY_LEN(rows));
    gives(&w, config, "STS");
    assert_string_equal(w.asked.data, "POST https://sts.eu-west-3.amazonaws.com/\n");
    world_close(&w);
    world_open(&w, rows, ARRAY_LEN(rows));
    AUTO_FREE char *legacy = mem_printf("%ssts_regional_endpoints = x\n"
                                        "[profile p]\nsts_regional_endpoints = legacy\n",
                                        config);
    gives(&w, legacy, "STS");
    assert_string_equal(w.asked.data, "POST https://sts.amazonaws.com/\n");
    world_close(&w);
}

static void web_identities_are_exchanged(void **state)
{
    static const struct row rows[] = {
        {"POST ", 400,
         "<ErrorResponse><Error><Code>IDPCommunicationError</Code></Error></ErrorResponse>", 1},
        {"POST https://sts.eu-west-3.amazonaws.com/", 200, STS_KEYS("AssumeRoleWithWebIdentity"),
         0}};
    struct world w;
    world_open(&w, rows, ARRAY_LEN(rows));
    write_file("jwt", "a.b.c");
    AUTO_FREE char *config = mem_printf("[profile p]\nrole_arn = arn:aws:iam::1:role/r\n"
                                        "web_identity_token_file = %s/jwt\n",
                                        home);
    gives(&w, config, "STS");
    assert_non_null(strstr(w.body, "WebIdentityToken=a.b.c"));
    world_close(&w);
}

// ---- the refresh of a long run

static void a_long_run_is_refreshed_ten_minutes_before_the_end(void **state)
{
    static const struct row rows[] = {
        {"POST https://sts.", 200, STS_KEYS("AssumeRole"), 1},
        {"POST https://sts.", 0, NULL, 0}}; // then nobody answers any more
    struct world w;
    world_open(&w, rows, ARRAY_LEN(rows));
    struct asker a = {0};
    asker_open(&a, &w,
               "[profile p]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = base\n"
               "[profile base]\naws_access_key_id = B\naws_secret_access_key = s\n");
    struct cancel cancel;
    cancel_init(&cancel);
    cancel_request(&cancel); // no waiting between tries
    struct credentials_source *source = credentials_source_new(&a.options);
    struct credentials c = {0};
    ERR_AUTO err = {0};
    assert_true(credentials_get(source, &c, &err));
    now_ms += 49 * MINUTE_MS;
    assert_true(credentials_get(source, &c, &err)); // 11 minutes are left: as they are
    assert_string_equal(w.asked.data, "POST https://sts.eu-west-3.amazonaws.com/\n");
    now_ms += 12 * MINUTE_MS; // a minute too late, and nobody renews them
    assert_false(credentials_get(source, &c, &err));
    assert_true(strlen(w.asked.data) > strlen("POST https://sts.eu-west-3.amazonaws.com/\n"));
    credentials_clear(&c);
    credentials_source_free(source);
    cancel_clear(&cancel);
    asker_close(&a);
    world_close(&w);
}

static bool of_another_account(void *context, const struct credentials *fresh, struct err *err)
{
    unsigned *asked = context;
    ++*asked;
    assert_string_equal(fresh->access_key_id, "SECOND");
    return err_set(err, ERR_CONFLICT, "another account");
}

// Keys that came anew are looked at once more before they are used.
static void a_refresh_that_leads_to_another_account_is_not_taken(void **state)
{
    static const struct row rows[] = {
        {"GET http://localhost:1/c", 200,
         "{\"AccessKeyId\":\"FIRST\",\"SecretAccessKey\":\"s\",\"Token\":\"t\","
         "\"Expiration\":\"" IN_HOUR "\"}",
         2},
        {"GET http://localhost:1/c", 200,
         "{\"AccessKeyId\":\"SECOND\",\"SecretAccessKey\":\"s\",\"Token\":\"t\","
         "\"Expiration\":\"2030-05-09T14:30:00Z\"}",
         0}};
    struct world w;
    struct asker a = {0};
    struct credentials c = {0};
    ERR_AUTO err = {0};
    unsigned asked = 0;
    world_open(&w, rows, ARRAY_LEN(rows));
    setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://localhost:1/c", 1);
    asker_open(&a, &w, "[profile p]\nx = y\n");
    struct credentials_source *source = credentials_source_new(&a.options);
    assert_true(credentials_get(source, &c, &err));
    credentials_source_check(source, of_another_account, &asked);
    now_ms += 51 * MINUTE_MS;
    assert_true(credentials_get(source, &c, &err)); // the same keys again: nobody is asked
    assert_int_equal(asked, 0);
    assert_false(credentials_get(source, &c, &err));
    assert_int_equal(err.kind, ERR_CONFLICT);
    assert_int_equal(asked, 1);
    credentials_clear(&c);
    credentials_source_free(source);
    asker_close(&a);
    world_close(&w);
}

// ---- container

#define MACHINE_KEYS                                                                               \
    "{\"Code\":\"Success\",\"AccessKeyId\":\"M\",\"SecretAccessKey\":\"s\",\"Token\":\"t\","       \
    "\"Expiration\":\"" IN_HOUR "\"}"

// Which variables lead where, and where plain http is refused (the SDKs' shared cases for it).
static void containers_are_asked_where_the_variables_say(void **state)
{
    static const struct {
        const char *relative, *full, *url, *says;
    } cases[] = {
        {"/credentials", NULL, "http://169.254.170.2/credentials", NULL},
        {"/credentials?a=1", NULL, "http://169.254.170.2/credentials?a=1", NULL},
        {"/credentials", "http://localhost:8080/x", "http://169.254.170.2/credentials", NULL},
        {NULL, "https://mypersonalsite/credentials", "https://mypersonalsite/credentials", NULL},
        {NULL, "https://mypersonalsite:8080/c", "https://mypersonalsite:8080/c", NULL},
        {NULL, "http://localhost:8080/c", "http://localhost:8080/c", NULL},
        {NULL, "http://127.1.2.3/c", "http://127.1.2.3/c", NULL},
        {NULL, "http://169.254.170.2/c", "http://169.254.170.2/c", NULL},
        {NULL, "http://169.254.170.23/v1/c", "http://169.254.170.23/v1/c", NULL},
        {NULL, "http://[fd00:ec2::23]/v1/c", "http://[fd00:ec2::23]/v1/c", NULL},
        {NULL, "/credentials", NULL, "FULL_URI: not a usable URL"},
        {NULL, "http://192.168.1.1/c", NULL, "plain http"},
        {NULL, "http://169.254.170.24/c", NULL, "plain http"},
        {NULL, "ftp://localhost/c", NULL, "not a usable URL"},
    };
    static const struct row rows[] = {{"GET ", 200, MACHINE_KEYS, 0}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct world w;
        world_open(&w, rows, ARRAY_LEN(rows));
        clean(state);
        if (cases[i].relative)
            setenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", cases[i].relative, 1);
        if (cases[i].full)
            setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", cases[i].full, 1);
        if (cases[i].says) {
            refuses(&w, "[profile p]\nx = y\n", cases[i].says);
            assert_int_equal(w.asked.len, 0);
        } else {
            AUTO_FREE char *asked = mem_printf("GET %s\n", cases[i].url);
            gives(&w, "[profile p]\nx = y\n", "M");
            assert_string_equal(w.asked.data, asked);
        }
        world_close(&w);
    }
}

// ---- instance

#define IMDS  "http://169.254.169.254"
#define ROLES "/latest/meta-data/iam/security-credentials/"

static const char instance_config[] = "[profile p]\nregion = eu-west-3\n";

// Where the service is (the SDKs' shared cases for it).
static void the_instance_is_asked_where_the_settings_say(void **state)
{
    static const struct {
        const char *endpoint, *mode, *config, *url;
    } cases[] = {
        {NULL, NULL, "", IMDS},
        {"http://localhost:456", NULL, "", "http://localhost:456"},
        {"http://localhost:456/", NULL, "", "http://localhost:456"},
        {NULL, NULL, "ec2_metadata_service_endpoint = http://localhost:456\n",
         "http://localhost:456"},
        {"http://localhost:456", NULL, "ec2_metadata_service_endpoint = http://wrong:456\n",
         "http://localhost:456"},
        {NULL, "IPv4", "", IMDS},
        {NULL, "IPv6", "", "http://[fd00:ec2::254]"},
        {NULL, "ipV6", "", "http://[fd00:ec2::254]"},
        {NULL, NULL, "ec2_metadata_service_endpoint_mode = IPv6\n", "http://[fd00:ec2::254]"},
        {NULL, "IPv6", "ec2_metadata_service_endpoint_mode = IPv4\n", "http://[fd00:ec2::254]"},
        {"http://localhost:1", "IPv6", "", "http://localhost:1"},
        {NULL, "error", "", NULL},
        {NULL, NULL, "ec2_metadata_service_endpoint_mode = IPv7\n", NULL},
    };
    static const struct row rows[] = {{"PUT ", 404, "", 0}, {"GET ", 200, "eu-west-9", 0}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct world w;
        struct asker a = {0};
        world_open(&w, rows, ARRAY_LEN(rows));
        clean(state);
        if (cases[i].endpoint)
            setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", cases[i].endpoint, 1);
        if (cases[i].mode)
            setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", cases[i].mode, 1);
        AUTO_FREE char *config = mem_printf("[profile p]\n%s", cases[i].config);
        asker_open(&a, &w, config);
        struct chain chain;
        struct credentials c = {0};
        ERR_AUTO err = {0};
        assert_true(chain_begin(&chain, &a.options, &err));
        assert_false(imds_provider.fetch(&chain, &c, &err) && !cases[i].url);
        AUTO_FREE char *first =
            cases[i].url ? mem_printf("PUT %s/latest/api/token\n", cases[i].url) : mem_strdup("");
        if (!str_starts(w.asked.data, first) || (!cases[i].url && w.asked.len))
            fail_msg("case %zu asked:\n%s", i, w.asked.data);
        credentials_clear(&c);
        asker_close(&a);
        world_close(&w);
    }
}

static void an_instance_by_version_2_then_1(void **state)
{
    static const struct row second[] = {{"PUT " IMDS "/latest/api/token", 200, "TOKEN", 0},
                                        {"GET " IMDS ROLES "app", 200, MACHINE_KEYS, 0},
                                        {"GET " IMDS ROLES, 200, "app\n", 0}};
    // The answer to the token is lost, as in a container behind a hop limit of 1.
    static const struct row first[] = {{"PUT " IMDS "/latest/api/token", -1, NULL, 0},
                                       {"GET " IMDS ROLES "app", 200, MACHINE_KEYS, 0},
                                       {"GET " IMDS ROLES, 200, "app", 0}};
    static const struct row nobody[] = {{"PUT ", 0, NULL, 0}};
    struct world w;
    world_open(&w, second, ARRAY_LEN(second));
    gives(&w, instance_config, "M");
    assert_string_equal(w.header, "x-aws-ec2-metadata-token: TOKEN");
    world_close(&w);
    world_open(&w, first, ARRAY_LEN(first));
    gives(&w, instance_config, "M");
    assert_string_equal(w.header, "Accept: application/json");
    refuses(&w, "[profile p]\nec2_metadata_v1_disabled = true\n", "no AWS credentials");
    world_close(&w);
    world_open(&w, nobody, ARRAY_LEN(nobody));
    refuses(&w, instance_config, "no AWS credentials");
    assert_string_equal(w.asked.data, "PUT " IMDS "/latest/api/token\n"); // and that is all
    world_close(&w);
}

static void an_instance_that_is_busy_is_asked_as_often_as_set(void **state)
{
    static const struct row rows[] = {{"PUT ", 200, "TOKEN", 0},
                                      {"GET " IMDS ROLES "app", 200, MACHINE_KEYS, 0},
                                      {"GET " IMDS ROLES, 500, "", 2},
                                      {"GET " IMDS ROLES, 200, "app", 0}};
    struct world w;
    world_open(&w, rows, ARRAY_LEN(rows));
    refuses(&w, instance_config, "no AWS credentials"); // once, as the CLI does
    world_close(&w);
    world_open(&w, rows, ARRAY_LEN(rows));
    gives(&w, "[profile p]\nmetadata_service_num_attempts = 3\n", "M");
    world_close(&w);
}

static void an_instance_knows_its_region(void **state)
{
    static const struct row newer[] = {
        {"PUT ", 200, "TOKEN", 0},
        {"GET " IMDS "/latest/meta-data/placement/region", 200, "eu-west-9", 0}};
    static const struct row older[] = {
        {"PUT ", 200, "TOKEN", 0},
        {"GET " IMDS "/latest/meta-data/placement/region", 404, "", 0},
        {"GET " IMDS "/latest/meta-data/placement/availability-zone", 200, "eu-west-9a", 0}};
    static const struct {
        const struct row *rows;
        size_t count;
    } services[] = {{newer, ARRAY_LEN(newer)}, {older, ARRAY_LEN(older)}};
    for (size_t i = 0; i < ARRAY_LEN(services); i++) {
        struct world w;
        struct asker a = {0};
        world_open(&w, services[i].rows, services[i].count);
        asker_open(&a, &w, "[profile p]\nec2_metadata_service_endpoint = " IMDS "\n");
        AUTO_FREE char *region = imds_region(&a.options, profile_find(a.config, "p"));
        assert_string_equal(region, "eu-west-9");
        asker_close(&a);
        world_close(&w);
    }
    struct world w;
    struct asker a = {0};
    world_open(&w, newer, ARRAY_LEN(newer));
    asker_open(&a, &w, instance_config);
    setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
    assert_null(imds_region(&a.options, profile_find(a.config, "p")));
    assert_int_equal(w.asked.len, 0);
    asker_close(&a);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(identity_center_refreshes_a_quarter_of_an_hour_before_the_end,
                               clean),
        cmocka_unit_test_setup(identity_center_that_has_ended_asks_for_a_person, clean),
        cmocka_unit_test_setup(roles_are_assumed_in_the_region_or_at_the_old_global_place, clean),
        cmocka_unit_test_setup(web_identities_are_exchanged, clean),
        cmocka_unit_test_setup(a_long_run_is_refreshed_ten_minutes_before_the_end, clean),
        cmocka_unit_test_setup(a_refresh_that_leads_to_another_account_is_not_taken, clean),
        cmocka_unit_test_setup(containers_are_asked_where_the_variables_say, clean),
        cmocka_unit_test_setup(the_instance_is_asked_where_the_settings_say, clean),
        cmocka_unit_test_setup(an_instance_by_version_2_then_1, clean),
        cmocka_unit_test_setup(an_instance_that_is_busy_is_asked_as_often_as_set, clean),
        cmocka_unit_test_setup(an_instance_knows_its_region, clean),
    };
    if (!mkdtemp(home))
        return 1;
    ERR_AUTO err = {0};
    if (!http_global_init(&err))
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    fs_remove_tree(home, &err);
    return failed;
}
