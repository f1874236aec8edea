// SPDX-License-Identifier: MIT
// Which provider wins, and assume-role chains against an STS in this process.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "backend/aws/call.h"
#include "backend/aws/endpoint.h"
#include "backend/base/encode.h"
#include "backend/base/fs.h"
#include "backend/base/mem.h"
#include "backend/credentials/chain.h"
#include "backend/credentials/role_cache.h"
#include "tests/unit/support/http_server.h"

static const char *const variables[] = {
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_STS",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
};

static int clean_environment(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(variables); i++)
        unsetenv(variables[i]);
    setenv("AWS_EC2_METADATA_DISABLED", "true", 1); // no test asks this machine's own
    return 0;
}

static struct http_client *http;

// STS that gives out ROLE1, ROLE2... and remembers who asked for what. A GetCallerIdentity signed
// with a key that is not the newest one is told that its token has expired.
struct sts {
    pthread_mutex_t lock;
    struct server *server;
    unsigned given;
    long life_s;     // what Expiration says
    bool refuse;     // AssumeRole is denied
    const char *why; // what it says then; NULL: that the caller may not
    char *asked_by;  // "AKIA1>ROLE1>": access keys of the AssumeRole calls in order
    char *last_body;
    char *last_head;
};

static void assume(struct sts *s, struct server_connection *c, const char *key)
{
    if (s->refuse) {
        AUTO_FREE char *body =
            mem_printf("<ErrorResponse><Error><Code>AccessDenied</Code><Message>%s</Message>"
                       "</Error></ErrorResponse>",
                       s->why ? s->why
                              : "User: arn:aws:iam::1:user/u is not authorized to perform: "
                                "sts:AssumeRole on resource: arn:aws:iam::2:role/r");
        server_reply(c, 403, "", body);
        return;
    }
    char *asked = mem_printf("%s%s>", s->asked_by ? s->asked_by : "", key);
    mem_free(s->asked_by);
    s->asked_by = asked;
    AUTO_FREE char *until = clock_format(clock_wall_ms() + s->life_s * 1000);
    AUTO_FREE char *body = mem_printf(
        "<AssumeRoleResponse "
        "xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult><Credentials>"
        "<AccessKeyId>ROLE%u</AccessKeyId><SecretAccessKey>secret%u</"
        "SecretAccessKey><SessionToken>token%u</SessionToken>"
        "<Expiration>%s</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>",
        s->given + 1, s->given + 1, s->given + 1, until);
    s->given++;
    server_reply(c, 200, "", body);
}

static void identify(struct sts *s, struct server_connection *c, const char *key)
{
    AUTO_FREE char *newest = mem_printf("ROLE%u", s->given);
    if (str_eq(key, newest))
        server_reply(c, 200, "",
                     "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>x</Arn></"
                     "GetCallerIdentityResult>"
                     "</GetCallerIdentityResponse>");
    else
        server_reply(c, 403, "",
                     "<ErrorResponse><Error><Code>ExpiredToken</Code></Error></ErrorResponse>");
}

static void serve_sts(struct server_connection *c, void *context)
{
    struct sts *s = context;
    struct server_request r;
    while (server_read(c, &r)) {
        AUTO_FREE char *authorization = server_header(&r, "Authorization");
        const char *from = strstr(authorization, "Credential=") + strlen("Credential=");
        AUTO_FREE char *key = mem_strndup(from, strcspn(from, "/"));
        pthread_mutex_lock(&s->lock);
        str_replace(&s->last_body, r.body);
        str_replace(&s->last_head, r.head);
        if (strstr(r.body, "Action=AssumeRole&"))
            assume(s, c, key);
        else
            identify(s, c, key);
        pthread_mutex_unlock(&s->lock);
        server_request_clear(&r);
    }
    server_request_clear(&r);
}

static void sts_open(struct sts *s)
{
    pthread_mutex_init(&s->lock, NULL);
    if (s->life_s == 0)
        s->life_s = 3600;
    s->server = server_start(serve_sts, s);
    setenv("AWS_ENDPOINT_URL_STS", server_url(s->server), 1);
}

static void sts_close(struct sts *s)
{
    server_stop(s->server);
    mem_free(s->asked_by);
    mem_free(s->last_body);
    mem_free(s->last_head);
    pthread_mutex_destroy(&s->lock);
}

// Fetches once from the given texts. The caller clears `out`.
static bool fetch(const char *config, const char *credentials, const char *profile, bool explicit,
                  struct credentials *out, struct err *err)
{
    struct aws_config *c = aws_config_parse(config, credentials, err);
    assert_non_null(c);
    struct credentials_source *source =
        credentials_source_new(&(struct credentials_options){.config = c,
                                                             .profile = profile,
                                                             .profile_explicit = explicit,
                                                             .region = "eu-west-3",
                                                             .http = http});
    bool ok = credentials_get(source, out, err);
    credentials_source_free(source);
    aws_config_free(c);
    return ok;
}

static void gives(const char *config, const char *credentials, const char *profile, bool explicit,
                  const char *key, const char *provider)
{
    struct credentials c = {0};
    ERR_AUTO err = {0};
    if (!fetch(config, credentials, profile, explicit, &c, &err))
        fail_msg("%s", err.message);
    assert_string_equal(c.access_key_id, key);
    assert_string_equal(c.provider, provider);
    credentials_clear(&c);
}

static void fails(const char *config, const char *profile, const char *says)
{
    struct credentials c = {0};
    ERR_AUTO err = {0};
    assert_false(fetch(config, "", profile, true, &c, &err));
    assert_int_equal(err.kind, ERR_AUTH);
    if (!err_says(&err, says))
        fail_msg("\"%s\" does not say \"%s\"", err.message, says);
    assert_null(c.access_key_id);
}

static const char keys[] =
    "[default]\naws_access_key_id = FILE\naws_secret_access_key = s\n"
    "[other]\naws_access_key_id = OTHER\naws_secret_access_key = s\naws_session_token = t\n";

static void environment_and_files_have_their_order(void **state)
{
    // Environment keys win over AWS_PROFILE and lose against a profile that was asked for by name.
    gives("", keys, NULL, false, "FILE", "static");
    gives("", keys, "other", true, "OTHER", "static");
    setenv("AWS_PROFILE", "other", 1);
    gives("", keys, NULL, false, "OTHER", "static");
    setenv("AWS_ACCESS_KEY_ID", "ENV", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "s", 1);
    gives("", keys, NULL, false, "ENV", "env");
    gives("", keys, "other", true, "OTHER", "static");
    gives("[profile c]\naws_access_key_id = CONFIG\naws_secret_access_key = s\n", "", "c", true,
          "CONFIG", "static");
}

static void session_token_comes_along(void **state)
{
    // Static keys with a token, from the file and from both names of the variable: the older one is
    // looked at first, as by the CLI.
    struct credentials c = {0};
    assert_true(fetch("", keys, "other", true, &c, NULL));
    assert_string_equal(secret_reveal(&c.session_token), "t");
    credentials_clear(&c);
    setenv("AWS_ACCESS_KEY_ID", "ENV", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "s", 1);
    setenv("AWS_SESSION_TOKEN", "new", 1);
    assert_true(fetch("", keys, NULL, false, &c, NULL));
    assert_string_equal(secret_reveal(&c.session_token), "new");
    setenv("AWS_SECURITY_TOKEN", "old", 1);
    assert_true(fetch("", keys, NULL, false, &c, NULL));
    assert_string_equal(secret_reveal(&c.session_token), "old");
    credentials_clear(&c);
}

static void keys_of_one_file_stay_together(void **state)
{
    // Id, secret and token come from the same file: what stands in the other is of another login.
    static const char config[] = "[profile p]\naws_access_key_id = CONFIG\n"
                                 "aws_secret_access_key = s\naws_session_token = stale\n";
    static const char file[] = "[p]\naws_access_key_id = FILE\naws_secret_access_key = s\n";
    struct credentials c = {0};
    assert_true(fetch(config, file, "p", true, &c, NULL));
    assert_string_equal(c.access_key_id, "FILE");
    assert_true(secret_empty(&c.session_token));
    credentials_clear(&c);
    ERR_AUTO err = {0};
    assert_false(fetch("[profile p]\naws_access_key_id = A\n", "[p]\naws_secret_access_key = s\n",
                       "p", true, &c, &err));
    assert_true(err_says(&err, "aws_secret_access_key is not"));
}

static void halves_and_nothing_are_errors(void **state)
{
    // One key without the other, an unknown profile, no credentials, expired ones: ERR_AUTH that
    // says which.
    fails("[profile h]\naws_access_key_id = x\n", "h", "aws_secret_access_key is not");
    fails("[profile h]\naws_secret_access_key = x\n", "h", "aws_access_key_id is not");
    fails("", "ghost", "no AWS profile named ghost");
    fails("[profile e]\nregion = r\n", "e", "no AWS credentials");
    fails("[profile i]\naws_access_key_id = a/b\naws_secret_access_key = x\n", "i", "characters");
    struct credentials c = {0};
    ERR_AUTO err = {0};
    setenv("AWS_ACCESS_KEY_ID", "ENV", 1);
    assert_false(fetch("", keys, NULL, false, &c, &err));
    assert_true(err_says(&err, "AWS_SECRET_ACCESS_KEY is not"));
    setenv("AWS_SECRET_ACCESS_KEY", "s", 1);
    setenv("AWS_CREDENTIAL_EXPIRATION", "2020-01-01T00:00:00Z", 1);
    err_clear(&err);
    assert_false(fetch("", keys, NULL, false, &c, &err));
    assert_true(err_says(&err, "expired at 2020-01-01T00:00:00"));
    setenv("AWS_CREDENTIAL_EXPIRATION", "tomorrow", 1);
    assert_false(fetch("", keys, NULL, false, &c, NULL));
    setenv("AWS_CREDENTIAL_EXPIRATION", "2099-01-01T00:00:00+00:00", 1);
    assert_true(fetch("", keys, NULL, false, &c, NULL));
    credentials_clear(&c);
}

static void a_one_time_code_is_asked_for_once(void **state)
{
    // Without a code the role says that it needs one; with it the CLI's cache holds the session,
    // and nobody is asked again. The file's name is what botocore 1.x makes of these arguments.
    static const char config[] =
        "[profile m]\nrole_arn = arn:aws:iam::2:role/r\nsource_profile = base\n"
        "mfa_serial = arn:aws:iam::1:mfa/me\nexternal_id = e\"x\nduration_seconds = 3600\n"
        "[profile base]\naws_access_key_id = BASE\naws_secret_access_key = s\n";
    char home[] = "/tmp/forest-mfa-XXXXXX";
    assert_non_null(mkdtemp(home));
    setenv("HOME", home, 1);
    struct sts s = {.life_s = 3600};
    sts_open(&s);
    struct credentials c = {0};
    ERR_AUTO err = {0};
    assert_false(fetch(config, "", "m", true, &c, &err));
    assert_string_equal(err.code, "mfa-code");
    struct aws_config *parsed = aws_config_parse(config, "", NULL);
    struct credentials_options options = {
        .config = parsed, .profile = "m", .region = "eu-west-3", .http = http};
    SECRET_AUTO code = {0};
    assert_true(secret_set(&code, "12345", 5, &err));
    assert_false(credentials_mfa(&options, &code, &err));
    assert_int_equal(err.kind, ERR_INPUT);
    assert_true(secret_set(&code, "123456", 6, &err));
    // Refused in the words of STS, told in those of whoever typed it; a code is needed still.
    s.refuse = true;
    s.why = "MultiFactorAuthentication failed with invalid MFA one time pass code. ";
    assert_false(credentials_mfa(&options, &code, &err));
    assert_string_equal(err.message, "AWS does not accept this code for the profile m");
    assert_string_equal(err.code, "mfa-code");
    s.why = "MultiFactorAuthentication failed, unable to validate MFA code.";
    assert_false(credentials_mfa(&options, &code, &err));
    assert_string_equal(err.remedy, "correct mfa_serial in the profile");
    s.refuse = false;
    assert_true(credentials_mfa(&options, &code, &err));
    assert_non_null(strstr(s.last_body, "SerialNumber=arn%3Aaws%3Aiam%3A%3A1%3Amfa%2Fme"));
    assert_non_null(strstr(s.last_body, "TokenCode=123456"));
    assert_true(fetch(config, "", "m", true, &c, &err));
    assert_string_equal(c.access_key_id, "ROLE1");
    assert_int_equal(s.given, 1);
    credentials_clear(&c);
    struct role role = {.arn = "arn:aws:iam::2:role/r",
                        .mfa_serial = "arn:aws:iam::1:mfa/me",
                        .external_id = "e\"x",
                        .duration_s = 3600};
    AUTO_FREE char *text = role_cache_text(&role);
    assert_string_equal(text,
                        "{\"DurationSeconds\": 3600, \"ExternalId\": \"e\\\"x\", \"RoleArn\": "
                        "\"arn:aws:iam::2:role/r\", \"SerialNumber\": "
                        "\"arn:aws:iam::1:mfa/me\"}");
    aws_config_free(parsed);
    sts_close(&s);
    assert_true(fs_remove_tree(home, &err));
}

static void role_is_assumed_with_the_source_keys(void **state)
{
    // AssumeRole is signed by the source profile, in the resolved region, with every option of the
    // profile.
    struct sts s = {0};
    sts_open(&s);
    struct credentials c = {0};
    static const char config[] =
        "[profile r]\nrole_arn = arn:aws:iam::2:role/r\nsource_profile = base\nexternal_id = e x\n"
        "role_session_name = me\nduration_seconds = 900\n"
        "[profile base]\naws_access_key_id = BASE\naws_secret_access_key = s\n";
    ERR_AUTO err = {0};
    if (!fetch(config, "", "r", true, &c, &err))
        fail_msg("%s", err.message);
    assert_string_equal(c.access_key_id, "ROLE1");
    assert_string_equal(secret_reveal(&c.secret_access_key), "secret1");
    assert_string_equal(secret_reveal(&c.session_token), "token1");
    assert_string_equal(c.provider, "assume-role");
    assert_in_range(c.expires_wall_ms - clock_wall_ms(), 3590000, 3600000);
    assert_string_equal(s.asked_by, "BASE>");
    assert_string_equal(
        s.last_body,
        "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A2%3Arole%2Fr&"
        "RoleSessionName=me&ExternalId=e%20x&DurationSeconds=900");
    assert_non_null(strstr(s.last_head, "/eu-west-3/sts/aws4_request"));
    credentials_clear(&c);
    sts_close(&s);
}

static void chains_are_followed(void **state)
{
    // role <- role <- keys: each is assumed with the one before; a source with keys gives its keys.
    struct sts s = {0};
    sts_open(&s);
    static const char config[] =
        "[profile a]\nrole_arn = a\nsource_profile = b\n[profile b]\nrole_arn = b\n"
        "source_profile = c\n[profile c]\nrole_arn = c\nsource_profile = nowhere\n"
        "aws_access_key_id = BASE\naws_secret_access_key = s\n";
    gives(config, "", "a", true, "ROLE2", "assume-role");
    assert_string_equal(s.asked_by, "BASE>ROLE1>");
    sts_close(&s);
}

static void self_reference_needs_keys(void **state)
{
    // A profile may be its own source when it has keys.
    struct sts s = {0};
    sts_open(&s);
    gives("[profile a]\nrole_arn = a\nsource_profile = a\naws_access_key_id = "
          "SELF\naws_secret_access_key = s\n",
          "", "a", true, "ROLE1", "assume-role");
    assert_string_equal(s.asked_by, "SELF>");
    fails("[profile a]\nrole_arn = a\nsource_profile = a\n", "a", "a -> a");
    sts_close(&s);
}

static void environment_can_be_the_source(void **state)
{
    // credential_source = Environment, also for a profile that was asked for by name.
    struct sts s = {0};
    sts_open(&s);
    setenv("AWS_ACCESS_KEY_ID", "ENV", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "s", 1);
    gives("[profile a]\nrole_arn = a\ncredential_source = Environment\n", "", "a", true, "ROLE1",
          "assume-role");
    assert_string_equal(s.asked_by, "ENV>");
    sts_close(&s);
}

static void wrong_chains_are_named(void **state)
{
    // Loops show their way; both or no source, bad durations, missing sources and endless chains
    // are told apart.
    fails("[profile a]\nrole_arn = a\nsource_profile = b\n[profile b]\nrole_arn = "
          "b\nsource_profile = a\n",
          "a", "a -> b -> a");
    fails("[profile a]\nrole_arn = a\nsource_profile = b\ncredential_source = Environment\n", "a",
          "both");
    fails("[profile a]\nrole_arn = a\n", "a", "neither");
    fails("[profile a]\nrole_arn = a\nsource_profile = gone\n", "a", "no AWS profile named gone");
    fails("[profile a]\nrole_arn = a\nsource_profile = b\n[profile b]\nregion = x\n", "a",
          "has no credentials");
    fails("[profile a]\nrole_arn = a\ncredential_source = Moon\n", "a", "credential_source");
    fails("[profile a]\nrole_arn = a\nsource_profile = a\nduration_seconds = 899\n", "a",
          "duration_seconds");
    STR_AUTO deep;
    str_init(&deep, STR_FILE);
    for (int i = 0; i < 50; i++)
        str_addf(&deep, "[profile p%d]\nrole_arn = x\nsource_profile = p%d\n", i, i + 1);
    fails(deep.data, "p0", "too many");
}

static void denied_role_says_what_is_missing(void **state)
{
    // The remedy names sts:AssumeRole and the role.
    struct sts s = {.refuse = true};
    sts_open(&s);
    struct credentials c = {0};
    ERR_AUTO err = {0};
    assert_false(fetch("[profile r]\nrole_arn = r\nsource_profile = base\n",
                       "[base]\naws_access_key_id = B\n"
                       "aws_secret_access_key = s\n",
                       "r", true, &c, &err));
    assert_int_equal(err.kind, ERR_DENIED);
    assert_true(err_says(&err, "the profile r"));
    assert_non_null(strstr(err.remedy, "sts:AssumeRole on arn:aws:iam::2:role/r"));
    sts_close(&s);
}

static const char role_config[] =
    "[profile r]\nrole_arn = r\nsource_profile = base\n[profile base]\n"
    "aws_access_key_id = BASE\naws_secret_access_key = s\n";

static struct credentials_source *role_source(struct aws_config **config)
{
    *config = aws_config_parse(role_config, NULL, NULL);
    assert_non_null(*config);
    return credentials_source_new(&(struct credentials_options){.config = *config,
                                                                .profile = "r",
                                                                .profile_explicit = true,
                                                                .region = "eu-west-3",
                                                                .http = http});
}

static void credentials_are_cached_and_renewed(void **state)
{
    // Fetched once while they last; anew when less than ten minutes are left or when AWS said
    // expired.
    struct sts s = {0};
    sts_open(&s);
    struct aws_config *config = NULL;
    struct credentials_source *source = role_source(&config);
    struct credentials c = {0};
    for (int i = 0; i < 5; i++)
        assert_true(credentials_get(source, &c, NULL));
    assert_string_equal(c.access_key_id, "ROLE1");
    credentials_expired(source);
    assert_true(credentials_get(source, &c, NULL));
    assert_string_equal(c.access_key_id, "ROLE2");
    pthread_mutex_lock(&s.lock);
    s.life_s = 500; // under ten minutes: each get asks again
    pthread_mutex_unlock(&s.lock);
    credentials_expired(source);
    assert_true(credentials_get(source, &c, NULL));
    assert_true(credentials_get(source, &c, NULL));
    assert_string_equal(c.access_key_id, "ROLE4");
    pthread_mutex_lock(&s.lock);
    s.refuse = true; // a failed renewal leaves what still serves
    pthread_mutex_unlock(&s.lock);
    assert_true(credentials_get(source, &c, NULL));
    assert_string_equal(c.access_key_id, "ROLE4");
    credentials_expired(source);
    assert_false(credentials_get(source, &c, NULL));
    credentials_clear(&c);
    credentials_source_free(source);
    aws_config_free(config);
    sts_close(&s);
}

static void expired_token_is_renewed_once(void **state)
{
    // A call refused with ExpiredToken fetches new credentials and succeeds with them, also for a
    // create.
    struct sts s = {0};
    sts_open(&s);
    struct aws_config *config = NULL;
    struct credentials_source *source = role_source(&config);
    struct aws_endpoints endpoints = {0};
    assert_true(aws_endpoints_load(&endpoints, NULL, NULL));
    struct aws_client *client = aws_client_new(
        &(struct aws_client_options){http, source, &endpoints, "eu-west-3", NULL, NULL, 0});
    assert_true(aws_query(client, AWS_STS, "GetCallerIdentity", NULL, AWS_WRITE, NULL, NULL));
    pthread_mutex_lock(&s.lock);
    s.given++; // the server now wants a newer key than ours
    pthread_mutex_unlock(&s.lock);
    assert_true(aws_query(client, AWS_STS, "GetCallerIdentity", NULL, AWS_WRITE, NULL, NULL));
    struct aws_counts counts;
    aws_client_counts(client, &counts);
    assert_int_equal(counts.items[0].calls, 2);
    assert_int_equal(counts.items[0].attempts, 3);
    aws_counts_clear(&counts);
    aws_client_free(client);
    aws_endpoints_clear(&endpoints);
    credentials_source_free(source);
    aws_config_free(config);
    sts_close(&s);
}

static void *get_many(void *argument)
{
    size_t good = 0;
    for (int i = 0; i < 50; i++) {
        struct credentials c = {0};
        good += credentials_get(argument, &c, NULL);
        credentials_clear(&c);
    }
    return (void *)good;
}

static void eight_threads_fetch_once(void **state)
{
    // 8 threads that ask at the same time cause one AssumeRole.
    struct sts s = {0};
    sts_open(&s);
    struct aws_config *config = NULL;
    struct credentials_source *source = role_source(&config);
    pthread_t threads[8];
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        pthread_create(&threads[i], NULL, get_many, source);
    size_t good = 0;
    for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
        void *result = NULL;
        pthread_join(threads[i], &result);
        good += (size_t)result;
    }
    assert_int_equal(good, 400);
    assert_int_equal(server_requests(s.server), 1);
    credentials_source_free(source);
    aws_config_free(config);
    sts_close(&s);
}

static void times_are_read(void **state)
{
    // ISO 8601 as STS and the CLI write it; anything else is no time.
    assert_int_equal(credentials_time("2015-08-30T12:36:00Z"), 1440938160000);
    assert_int_equal(credentials_time("2015-08-30T12:36:00.123456Z"), 1440938160000);
    assert_int_equal(credentials_time("2015-08-30T14:36:00+02:00"), 1440938160000);
    assert_int_equal(credentials_time("2015-08-30T10:06:00-0230"), 1440938160000);
    assert_int_equal(credentials_time("2015-08-30T12:36:00UTC"), 1440938160000);
    static const char *const bad[] = {"",
                                      "2015-08-30",
                                      "2015-08-30T12:36:00",
                                      "2015-13-30T12:36:00Z",
                                      "2015-08-30T12:36:00+2",
                                      "yesterday at noon, more or less"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_int_equal(credentials_time(bad[i]), 0);
}

static int setup(void **state)
{
    http = http_global_init(NULL) ? http_client_new(NULL) : NULL;
    return http ? 0 : -1;
}

static int teardown(void **state)
{
    http_client_free(http);
    http_global_clear();
    return 0;
}

#define TEST(name) cmocka_unit_test_setup(name, clean_environment)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(environment_and_files_have_their_order),
        TEST(session_token_comes_along),
        TEST(keys_of_one_file_stay_together),
        TEST(halves_and_nothing_are_errors),
        TEST(a_one_time_code_is_asked_for_once),
        TEST(role_is_assumed_with_the_source_keys),
        TEST(chains_are_followed),
        TEST(self_reference_needs_keys),
        TEST(environment_can_be_the_source),
        TEST(wrong_chains_are_named),
        TEST(denied_role_says_what_is_missing),
        TEST(credentials_are_cached_and_renewed),
        TEST(expired_token_is_renewed_once),
        TEST(eight_threads_fetch_once),
        TEST(times_are_read),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
