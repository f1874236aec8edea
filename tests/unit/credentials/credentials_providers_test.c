// SPDX-License-Identifier: MIT
// The kinds of credentials that come from a program, a container, an instance, a token file, a
// sign-in: each against a server or a program of the test, with the AWS CLI's own file formats.
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
#include "backend/base/str.h"
#include "backend/codec/hash.h"
#include "backend/credentials/chain.h"
#include "backend/credentials/program.h"
#include "backend/credentials/sso.h"
#include "backend/credentials/words.h"
#include "backend/net/http.h"
#include "tests/unit/support/http_server.h"

static struct http_client *http;
static char home[] = "/tmp/forest-credentials-XXXXXX";

static const char *const variables[] = {
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_STS",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_EC2_METADATA_DISABLED",
    "AWS_EC2_METADATA_V1_DISABLED",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT",
    "AWS_LOGIN_CACHE_DIRECTORY",
};

static int clean_environment(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(variables); i++)
        unsetenv(variables[i]);
    setenv("HOME", home, 1);
    AUTO_FREE char *aws = mem_printf("%s/.aws", home);
    ERR_AUTO e = {0};
    fs_remove_tree(aws, &e);
    return 0;
}

static bool fetch(const char *config, const char *profile, struct credentials *out, struct err *err)
{
    struct aws_config *c = aws_config_parse(config, "", err);
    assert_non_null(c);
    bool ok = chain_fetch(&(struct credentials_options){.config = c,
                                                        .profile = profile,
                                                        .profile_explicit = true,
                                                        .region = "eu-west-3",
                                                        .http = http},
                          out, err);
    aws_config_free(c);
    return ok;
}

static void gives(const char *config, const char *profile, const char *key, const char *provider)
{
    struct credentials c = {0};
    ERR_AUTO err = {0};
    if (!fetch(config, profile, &c, &err))
        fail_msg("%s", err.message);
    assert_string_equal(c.access_key_id, key);
    assert_string_equal(c.provider, provider);
    credentials_clear(&c);
}

static void fails(const char *config, const char *profile, const char *says)
{
    struct credentials c = {0};
    ERR_AUTO err = {0};
    assert_false(fetch(config, profile, &c, &err));
    if (!strstr(err.message, says))
        fail_msg("\"%s\" does not say \"%s\"", err.message, says);
    assert_null(c.access_key_id);
}

static char *write_file(const char *name, const char *text, unsigned mode)
{
    char *path = fs_join(home, name);
    ERR_AUTO e = {0};
    AUTO_FREE char *folder = fs_dirname(path);
    assert_true(fs_mkdirs(folder, &e) && fs_write(path, text, strlen(text), mode, &e));
    return path;
}

// ---- programs

static void command_lines_are_split_without_a_shell(void **state)
{
    char **words = NULL;
    ERR_AUTO err = {0};
    assert_true(words_split(" a  'b c' \"d \\\"e\" f\\ g $(touch x)", &words, &err));
    static const char *const want[] = {"a", "b c", "d \"e", "f g", "$(touch", "x)"};
    for (size_t i = 0; i < ARRAY_LEN(want); i++)
        assert_string_equal(words[i], want[i]);
    assert_null(words[ARRAY_LEN(want)]);
    words_free(words);
    assert_false(words_split("a 'b", &words, &err));
    assert_true(words_split("  ", &words, NULL));
    assert_null(words[0]);
    words_free(words);
    assert_false(words_split("a \\", &words, NULL));
}

static void a_program_gives_keys(void **state)
{
    AUTO_FREE char *path = write_file("keys",
                                      "#!/bin/sh\nprintf '{\"Version\":1,\"AccessKeyId\":\"AKP%s\","
                                      "\"SecretAccessKey\":\"s\",\"SessionToken\":\"t\","
                                      "\"Expiration\":\"2096-01-02T03:04:05Z\"}' \"$1\"\n",
                                      0700);
    AUTO_FREE char *config = mem_printf("[profile p]\ncredential_process = %s '7 8'\n", path);
    struct credentials c = {0};
    ERR_AUTO err = {0};
    assert_false(fetch(config, "p", &c, &err)); // "7 8" came as one word: an id with a blank
    assert_true(err_says(&err, "characters that access key ids do not have"));
    AUTO_FREE char *good = mem_printf("[profile p]\ncredential_process = %s 78\n", path);
    assert_true(fetch(good, "p", &c, &err));
    assert_string_equal(c.access_key_id, "AKP78");
    assert_true(c.expires_wall_ms > clock_wall_ms());
    credentials_clear(&c);
}

static void a_program_that_fails_is_named_with_what_it_said(void **state)
{
    AUTO_FREE char *path = write_file("fails", "#!/bin/sh\necho no badge >&2\nexit 3\n", 0700);
    AUTO_FREE char *config = mem_printf("[profile p]\ncredential_process = %s\n", path);
    fails(config, "p", "status 3: no badge");
    fails("[profile p]\ncredential_process = /nowhere/at-all\n", "p", "/nowhere/at-all");
    AUTO_FREE char *text = write_file("text", "#!/bin/sh\necho hello\n", 0700);
    AUTO_FREE char *config2 = mem_printf("[profile p]\ncredential_process = %s\n", text);
    fails(config2, "p", "wrote no JSON");
    AUTO_FREE char *old = write_file("old", "#!/bin/sh\necho '{\"Version\":2}'\n", 0700);
    AUTO_FREE char *config3 = mem_printf("[profile p]\ncredential_process = %s\n", old);
    fails(config3, "p", "Version is not 1");
    AUTO_FREE char *flood = write_file("flood", "#!/bin/sh\nyes\n", 0700);
    AUTO_FREE char *config4 = mem_printf("[profile p]\ncredential_process = %s\n", flood);
    fails(config4, "p", "more than 65536 bytes");
}

static void a_program_that_hangs_is_ended(void **state)
{
    char *words[] = {(char[]){"sleep"}, (char[]){"60"}, NULL};
    STR_AUTO out = {0};
    str_init(&out, STR_LINE);
    ERR_AUTO err = {0};
    bool asked = false;
    int64_t began = clock_ms();
    assert_false(program_run(words, 200, NULL, &out, &asked, &err));
    assert_true(err_says(&err, "did not end"));
    assert_true(clock_ms() - began < 10000);
    struct cancel cancel;
    cancel_init(&cancel);
    cancel_request(&cancel);
    assert_false(program_run(words, 60000, &cancel, &out, &asked, &err));
    assert_int_equal(err.kind, ERR_CANCELLED);
    cancel_clear(&cancel);
}

// ---- one server for all

struct world {
    struct server *server;
    pthread_mutex_t lock;
    unsigned tokens; // CreateToken calls
    unsigned keys;   // keys given out
    bool version1;   // the metadata service knows no tokens
    bool token_ended;
    char *last_body, *last_header;
};

static void container(struct world *w, struct server_connection *c, const struct server_request *r)
{
    AUTO_FREE char *authorization = server_header(r, "Authorization");
    str_replace(&w->last_header, authorization);
    if (w->keys++ == 0) // the first time it is busy
        server_reply(c, 503, "", "busy");
    else
        server_reply(c, 200, "",
                     "{\"AccessKeyId\":\"AKC\",\"SecretAccessKey\":\"s\",\"Token\":\"t\","
                     "\"Expiration\":\"2096-01-02T03:04:05Z\"}");
}

static void instance(struct world *w, struct server_connection *c, const struct server_request *r)
{
    AUTO_FREE char *token = server_header(r, "x-aws-ec2-metadata-token");
    bool asks = str_eq(r->target, "/latest/api/token");
    if (asks)
        server_reply(c, w->version1 || !str_eq(r->method, "PUT") ? 404 : 200, "", "IMDSTOKEN");
    else if (!w->version1 && !str_eq(token, "IMDSTOKEN"))
        server_reply(c, 401, "", "");
    else if (str_ends(r->target, "/security-credentials/"))
        server_reply(c, 200, "", "app-role\n");
    else
        server_reply(c, 200, "",
                     "{\"Code\":\"Success\",\"AccessKeyId\":\"AKI\",\"SecretAccessKey\":\"s\","
                     "\"Token\":\"t\",\"Expiration\":\"2096-01-02T03:04:05Z\"}");
}

static void oidc(struct world *w, struct server_connection *c, const struct server_request *r)
{
    str_replace(&w->last_body, r->body);
    if (str_eq(r->target, "/client/register")) {
        server_reply(c, 200, "",
                     "{\"clientId\":\"cid\",\"clientSecret\":\"csecret\","
                     "\"clientSecretExpiresAt\":4102444800}");
    } else if (str_eq(r->target, "/device_authorization")) {
        server_reply(c, 200, "",
                     "{\"deviceCode\":\"dev\",\"userCode\":\"ABCD-EFGH\",\"verificationUri\":"
                     "\"https://d/x\",\"verificationUriComplete\":\"https://d/x?user_code=ABCD\","
                     "\"expiresIn\":600,\"interval\":0}");
    } else if (++w->tokens == 1 && strstr(r->body, "device_code")) {
        server_reply(c, 400, "", "{\"error\":\"authorization_pending\"}");
    } else {
        server_reply(c, 200, "",
                     "{\"accessToken\":\"fresh\",\"expiresIn\":28800,\"refreshToken\":\"next\"}");
    }
}

static void portal(struct world *w, struct server_connection *c, const struct server_request *r)
{
    AUTO_FREE char *token = server_header(r, "x-amz-sso_bearer_token");
    str_replace(&w->last_header, token);
    if (w->token_ended)
        server_reply(c, 401, "", "{\"__type\":\"UnauthorizedException\"}");
    else if (strstr(r->target, "role_name=Nobody"))
        server_reply(c, 403, "", "{}");
    else
        server_reply(c, 200, "",
                     "{\"roleCredentials\":{\"accessKeyId\":\"AKS\",\"secretAccessKey\":\"s\","
                     "\"sessionToken\":\"t\",\"expiration\":3976000000000}}");
}

static void web(struct world *w, struct server_connection *c, const struct server_request *r)
{
    str_replace(&w->last_body, r->body);
    AUTO_FREE char *authorization = server_header(r, "Authorization");
    if (authorization)
        server_reply(c, 400, "", "signed");
    else if (strstr(r->body, "expired"))
        server_reply(c, 400, "",
                     "<ErrorResponse><Error><Code>ExpiredTokenException</Code><Message>Token "
                     "expired</Message></Error></ErrorResponse>");
    else
        server_reply(c, 200, "",
                     "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult>"
                     "<Credentials><AccessKeyId>AKW</AccessKeyId><SecretAccessKey>s"
                     "</SecretAccessKey><SessionToken>t</SessionToken><Expiration>"
                     "2096-01-02T03:04:05Z</Expiration></Credentials>"
                     "</AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>");
}

static void serve(struct server_connection *c, void *context)
{
    struct world *w = context;
    struct server_request r;
    while (server_read(c, &r)) {
        pthread_mutex_lock(&w->lock);
        if (str_starts(r.target, "/latest/"))
            instance(w, c, &r);
        else if (str_starts(r.target, "/container"))
            container(w, c, &r);
        else if (str_starts(r.target, "/federation/"))
            portal(w, c, &r);
        else if (str_eq(r.target, "/"))
            web(w, c, &r);
        else
            oidc(w, c, &r);
        pthread_mutex_unlock(&w->lock);
        server_request_clear(&r);
    }
    server_request_clear(&r);
}

static void world_open(struct world *w)
{
    pthread_mutex_init(&w->lock, NULL);
    w->server = server_start(serve, w);
    setenv("AWS_ENDPOINT_URL", server_url(w->server), 1);
}

static void world_close(struct world *w)
{
    server_stop(w->server);
    mem_free(w->last_body);
    mem_free(w->last_header);
    pthread_mutex_destroy(&w->lock);
}

static void a_container_gives_keys(void **state)
{
    struct world w = {0};
    world_open(&w);
    AUTO_FREE char *url = mem_printf("%s/container", server_url(w.server));
    setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", url, 1);
    AUTO_FREE char *token = write_file("token", "proof\n", 0600);
    setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", token, 1);
    gives("[default]\nregion = eu-west-3\n", "default", "AKC", "container");
    assert_string_equal(w.last_header, "proof");
    assert_int_equal(w.keys, 2); // once busy, once given
    setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://example.com/keys", 1);
    fails("[default]\nregion = eu-west-3\n", "default", "plain http to example.com is refused");
    world_close(&w);
}

static void an_instance_gives_keys_by_either_version(void **state)
{
    static const char config[] = "[profile p]\nrole_arn = arn:aws:iam::1:role/r\n"
                                 "credential_source = Ec2InstanceMetadata\n";
    struct world w = {0};
    world_open(&w);
    setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", server_url(w.server), 1);
    struct aws_config *c = aws_config_parse(config, "", NULL);
    struct credentials_options options = {.config = c, .profile = "p", .http = http};
    for (int version = 2; version >= 1; version--) {
        w.version1 = version == 1;
        struct chain chain = {.options = &options, .name = "p", .profile = profile_at(c, 0)};
        struct credentials out = {0};
        ERR_AUTO err = {0};
        assert_true(imds_provider.fetch(&chain, &out, &err));
        assert_string_equal(out.access_key_id, "AKI");
        credentials_clear(&out);
    }
    struct chain chain = {.options = &options, .name = "p", .profile = profile_at(c, 0)};
    struct credentials out = {0};
    ERR_AUTO err = {0};
    setenv("AWS_EC2_METADATA_V1_DISABLED", "true", 1);
    assert_false(imds_provider.fetch(&chain, &out, &err));
    setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
    assert_false(imds_provider.fetch(&chain, &out, &err));
    assert_true(err_says(&err, "AWS_EC2_METADATA_DISABLED"));
    aws_config_free(c);
    world_close(&w);
}

static void a_web_identity_is_exchanged_unsigned(void **state)
{
    struct world w = {0};
    world_open(&w);
    AUTO_FREE char *token = write_file("jwt", "a.b+c/d=\n", 0600);
    AUTO_FREE char *config = mem_printf("[profile p]\nrole_arn = arn:aws:iam::1:role/r\n"
                                        "web_identity_token_file = %s\nrole_session_name = me\n",
                                        token);
    gives(config, "p", "AKW", "web-identity");
    assert_non_null(strstr(w.last_body, "WebIdentityToken=a.b%2Bc%2Fd%3D"));
    assert_non_null(strstr(w.last_body, "RoleSessionName=me"));
    AUTO_FREE char *ended = write_file("jwt", "expired", 0600);
    fails(config, "p", "ExpiredTokenException");
    unlink(ended);
    fails(config, "p", "web identity");
    world_close(&w);
}

// ---- Identity Center

static const char sso_config[] = "[profile p]\nsso_session = corp\nsso_account_id = 123456789012\n"
                                 "sso_role_name = Engineer\n"
                                 "[sso-session corp]\nsso_start_url = https://corp/start\n"
                                 "sso_region = eu-west-1\n";

// The file where the AWS CLI looks for it.
static char *token_name(const char *key)
{
    AUTO_FREE char *hash = sha1_hex(key, strlen(key));
    return mem_printf(".aws/sso/cache/%s.json", hash);
}

static void write_token(const char *key, int64_t lasts_ms, const char *more)
{
    AUTO_FREE char *until = clock_format(clock_wall_ms() + lasts_ms);
    AUTO_FREE char *text = mem_printf("{\"accessToken\":\"old\",\"expiresAt\":\"%.19sZ\","
                                      "\"region\":\"eu-west-1\",\"kept\":\"yes\"%s}",
                                      until, more);
    AUTO_FREE char *name = token_name(key);
    mem_free(write_file(name, text, 0600));
}

static void a_sign_in_of_the_cli_serves(void **state)
{
    struct world w = {0};
    world_open(&w);
    write_token("corp", 3600000, "");
    gives(sso_config, "p", "AKS", "sso");
    assert_string_equal(w.last_header, "old");
    write_token("https://legacy/start", 3600000, "");
    gives("[profile q]\nsso_start_url = https://legacy/start\nsso_region = eu-west-1\n"
          "sso_account_id = 123456789012\nsso_role_name = Engineer\n",
          "q", "AKS", "sso");
    w.token_ended = true;
    fails(sso_config, "p", "sign-in of the profile p has ended");
    world_close(&w);
}

static void a_token_about_to_end_is_refreshed_in_the_same_file(void **state)
{
    struct world w = {.tokens = 1};
    world_open(&w);
    write_token("corp", 60000,
                ",\"refreshToken\":\"r\",\"clientId\":\"cid\",\"clientSecret\":\"c\","
                "\"registrationExpiresAt\":\"2096-01-01T00:00:00Z\"");
    gives(sso_config, "p", "AKS", "sso");
    assert_string_equal(w.last_header, "fresh");
    assert_non_null(strstr(w.last_body, "\"refresh_token\""));
    AUTO_FREE char *name = token_name("corp");
    AUTO_FREE char *path = fs_join(home, name);
    STR_AUTO text = {0};
    str_init(&text, STR_FILE);
    ERR_AUTO err = {0};
    assert_true(fs_read(path, &text, &err));
    assert_non_null(strstr(text.data, "\"fresh\""));
    assert_non_null(strstr(text.data, "\"next\""));
    assert_non_null(strstr(text.data, "\"kept\"")); // what we do not know stays
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    world_close(&w);
}

static void without_a_token_signing_in_is_the_remedy(void **state)
{
    struct world w = {0};
    world_open(&w);
    struct credentials c = {0};
    ERR_AUTO err = {0};
    assert_false(fetch(sso_config, "p", &c, &err));
    assert_string_equal(err.code, SSO_LOGIN_NEEDED);
    assert_non_null(strstr(err.remedy, "aws sso login --profile 'p'"));
    write_token("corp", -60000, "");
    assert_false(fetch(sso_config, "p", &c, &err));
    assert_string_equal(err.code, SSO_LOGIN_NEEDED);
    fails("[profile p]\nsso_session = none\n", "p", "sso_role_name are missing");
    fails("[profile p]\nsso_session = none\nsso_role_name = r\n", "p",
          "no section [sso-session none]");
    fails("[profile p]\nsso_session = corp\nsso_role_name = r\nsso_region = "
          "us-east-1\n[sso-session corp]\n"
          "sso_start_url = https://corp/start\nsso_region = eu-west-1\n",
          "p", "different values for sso_region");
    world_close(&w);
}

static void signing_in_leaves_what_the_cli_reads(void **state)
{
    struct world w = {0};
    world_open(&w);
    struct aws_config *c = aws_config_parse(sso_config, "", NULL);
    struct credentials_options options = {.config = c, .profile = "p", .http = http};
    struct sso_login login;
    ERR_AUTO err = {0};
    assert_true(sso_login_begin(&login, &options, &err));
    assert_string_equal(login.code, "ABCD-EFGH");
    assert_string_equal(login.url, "https://d/x?user_code=ABCD");
    assert_true(sso_login_wait(&login, &err)); // pending once, then there
    assert_int_equal(w.tokens, 2);
    sso_login_clear(&login);
    aws_config_free(c);
    gives(sso_config, "p", "AKS", "sso");
    assert_string_equal(w.last_header, "fresh");
    world_close(&w);
}

static void a_role_not_assigned_is_told_as_such(void **state)
{
    struct world w = {0};
    world_open(&w);
    write_token("corp", 3600000, "");
    fails("[profile p]\nsso_session = corp\nsso_account_id = 1\nsso_role_name = Nobody\n"
          "[sso-session corp]\nsso_start_url = https://corp/start\nsso_region = eu-west-1\n",
          "p", "not assigned the role Nobody");
    world_close(&w);
}

// ---- aws login

static void keys_of_aws_login_serve_while_they_last(void **state)
{
    static const char session[] = "arn:aws:sts::1:assumed-role/A/me";
    AUTO_FREE char *hash = sha256_hex(session, strlen(session));
    AUTO_FREE char *name = mem_printf(".aws/login/cache/%s.json", hash);
    AUTO_FREE char *until = clock_format(clock_wall_ms() + 600000);
    AUTO_FREE char *text =
        mem_printf("{\"accessToken\":{\"accessKeyId\":\"AKL\",\"secretAccessKey\":"
                   "\"s\",\"sessionToken\":\"t\",\"expiresAt\":\"%.19sZ\"}}",
                   until);
    AUTO_FREE char *path = write_file(name, text, 0600);
    AUTO_FREE char *config = mem_printf("[profile p]\nlogin_session = %s\n", session);
    gives(config, "p", "AKL", "login");
    unlink(path);
    AUTO_FREE char *paths = mem_strdup(getenv("PATH"));
    setenv("PATH", home, 1); // no AWS CLI there
    struct credentials c = {0};
    ERR_AUTO err = {0};
    assert_false(fetch(config, "p", &c, &err));
    assert_string_equal(err.code, "login-ended");
    assert_non_null(strstr(err.remedy, "aws login --profile 'p'"));
    AUTO_FREE char *aws = write_file("aws",
                                     "#!/bin/sh\necho '{\"Version\":1,\"AccessKeyId\":\"AKX\","
                                     "\"SecretAccessKey\":\"s\"}'\n",
                                     0700);
    gives(config, "p", "AKX", "login");
    unlink(aws);
    setenv("PATH", paths, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(command_lines_are_split_without_a_shell, clean_environment),
        cmocka_unit_test_setup(a_program_gives_keys, clean_environment),
        cmocka_unit_test_setup(a_program_that_fails_is_named_with_what_it_said, clean_environment),
        cmocka_unit_test_setup(a_program_that_hangs_is_ended, clean_environment),
        cmocka_unit_test_setup(a_container_gives_keys, clean_environment),
        cmocka_unit_test_setup(an_instance_gives_keys_by_either_version, clean_environment),
        cmocka_unit_test_setup(a_web_identity_is_exchanged_unsigned, clean_environment),
        cmocka_unit_test_setup(a_sign_in_of_the_cli_serves, clean_environment),
        cmocka_unit_test_setup(a_token_about_to_end_is_refreshed_in_the_same_file,
                               clean_environment),
        cmocka_unit_test_setup(without_a_token_signing_in_is_the_remedy, clean_environment),
        cmocka_unit_test_setup(signing_in_leaves_what_the_cli_reads, clean_environment),
        cmocka_unit_test_setup(a_role_not_assigned_is_told_as_such, clean_environment),
        cmocka_unit_test_setup(keys_of_aws_login_serve_while_they_last, clean_environment),
    };
    if (!mkdtemp(home))
        return 1;
    ERR_AUTO err = {0};
    if (!http_global_init(&err))
        return 1;
    http = http_client_new(NULL);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    http_client_free(http);
    fs_remove_tree(home, &err);
    return failed;
}
