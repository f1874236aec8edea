// SPDX-License-Identifier: MIT
// Claims: image names are read by Docker's rules; the image of an index that fits is chosen, or the
// choice is listed; redirects and challenges of registries are understood.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/mem.h"
#include "backend/image/challenge.h"
#include "backend/image/index.h"
#include "backend/image/reference.h"
#include "backend/image/registry.h"

#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void names_are_split_as_docker_splits_them(void **state)
{
    // registry, URL, repository, tag and digest of each form
    static const struct {
        const char *text, *url, *repository, *tag, *digest;
    } cases[] = {
        {"node:22-slim", "https://registry-1.docker.io", "library/node", "22-slim", NULL},
        {"node", "https://registry-1.docker.io", "library/node", "latest", NULL},
        {"acme/admin", "https://registry-1.docker.io", "acme/admin", "latest", NULL},
        {"docker.io/node:20", "https://registry-1.docker.io", "library/node", "20", NULL},
        {"public.ecr.aws/docker/library/node:22-slim", "https://public.ecr.aws",
         "docker/library/node", "22-slim", NULL},
        {"127.0.0.1:5000/node:1", "http://127.0.0.1:5000", "node", "1", NULL},
        {"localhost/node", "http://localhost", "node", "latest", NULL},
        {"gcr.io/distroless/nodejs22@sha256:" HEX64, "https://gcr.io", "distroless/nodejs22", NULL,
         "sha256:" HEX64},
        {"r.io/a:t@sha256:" HEX64, "https://r.io", "a", "t", "sha256:" HEX64},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        REFERENCE_AUTO ref = {0};
        ERR_AUTO e = {0};
        assert_true(reference_parse(cases[i].text, &ref, &e));
        assert_string_equal(ref.url, cases[i].url);
        assert_string_equal(ref.repository, cases[i].repository);
        assert_true(str_eq(ref.tag, cases[i].tag));
        assert_true(str_eq(ref.digest, cases[i].digest));
        assert_string_equal(reference_version(&ref),
                            cases[i].digest ? cases[i].digest : cases[i].tag);
    }
}

static void names_that_are_none_are_refused(void **state)
{
    // an error of the kind INPUT, not a guess
    static const char *const bad[] = {
        "",           "Node",           "a//b", "a/../b",      "node:",         "node:.x",
        "node@md5:1", "node@sha256:12", "x y",  "r.io:port/a", "r.io:123456/a", "-a",
        "a..b",       "a___b",          "/a",   "r.io/"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        REFERENCE_AUTO ref = {0};
        ERR_AUTO e = {0};
        assert_false(reference_parse(bad[i], &ref, &e));
        assert_int_equal(e.kind, ERR_INPUT);
    }
}

#define ENTRY(os, arch, more, digit)                                                               \
    "{\"digest\":\"sha256:" digit HEX63 "\",\"platform\":{\"os\":\"" os                            \
    "\",\"architecture\":\"" arch "\"" more "}}"
#define HEX63 "123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static char *choose(const char *json, enum cpu_arch arch, struct err *e)
{
    STR_AUTO body;
    str_init(&body, 10000);
    str_add(&body, json);
    return index_choose(&body, arch, e);
}

static void the_fitting_platform_is_chosen(void **state)
{
    // attestations and other variants are passed over
    static const char index[] = "{\"manifests\":[" ENTRY("unknown", "unknown", "", "a") "," ENTRY(
        "linux", "arm", ",\"variant\":\"v7\"",
        "b") ","
             "{\"digest\":\"sha256:c" HEX63
             "\",\"annotations\":{\"vnd.docker.reference.type\":\"attestation-manifest\"},"
             "\"platform\":{\"os\":\"linux\",\"architecture\":\"amd64\"}}," ENTRY(
                 "linux", "amd64", "", "d") "," ENTRY("linux", "arm64", ",\"variant\":\"v8\"",
                                                      "e") "]}";
    ERR_AUTO e = {0};
    char *amd = choose(index, ARCH_X86_64, &e), *arm = choose(index, ARCH_ARM64, &e);
    assert_string_equal(amd, "sha256:d" HEX63);
    assert_string_equal(arm, "sha256:e" HEX63);
    mem_free(amd);
    mem_free(arm);
}

static void a_missing_platform_lists_what_there_is(void **state)
{
    // the message says what the image has, so that the user can choose
    ERR_AUTO e = {0};
    static const char index[] = "{\"manifests\":[" ENTRY("linux", "s390x", "", "a") "," ENTRY(
        "windows", "amd64", "", "b") "]}";
    assert_null(choose(index, ARCH_X86_64, &e));
    assert_int_equal(e.kind, ERR_NOT_FOUND);
    assert_true(err_says(&e, "linux/s390x, windows/amd64"));
}

static void broken_manifests_are_refused(void **state)
{
    // old formats, layers that may not be copied, parts without digest
    static const struct {
        const char *type, *body;
    } cases[] = {
        {"application/vnd.docker.distribution.manifest.v1+prettyjws", "{}"},
        {"application/vnd.oci.image.manifest.v1+json", "{\"config\":{}}"},
        {"application/vnd.oci.image.manifest.v1+json",
         "{\"layers\":[],\"config\":{\"digest\":\"sha256:zz\",\"size\":1}}"},
        {"application/vnd.docker.distribution.manifest.v2+json",
         "{\"config\":{\"digest\":\"sha256:" HEX64
         "\",\"size\":1},\"layers\":[{\"digest\":\"sha256:" HEX64
         "\",\"size\":1,\"mediaType\":\"application/"
         "vnd.docker.image.rootfs.foreign.diff.tar.gzip\"}]}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        MANIFEST_AUTO m = {.type = mem_strdup(cases[i].type)};
        struct image_parts parts = {0};
        ERR_AUTO e = {0};
        str_init(&m.body, 10000);
        str_add(&m.body, cases[i].body);
        assert_false(index_read_manifest(&m, &parts, &e));
        assert_int_equal(e.kind, ERR_REMOTE);
        image_parts_clear(&parts);
    }
}

static void challenges_are_read_with_their_quotes(void **state)
{
    // commas inside quotes, other schemes, missing realm
    struct challenge c;
    assert_true(challenge_parse(
        "Bearer realm=\"https://a/t?x=1\",service=\"r.io\",scope=\"repository:a/b:pull,push\"",
        &c));
    assert_string_equal(c.realm, "https://a/t?x=1");
    assert_string_equal(c.service, "r.io");
    assert_string_equal(c.scope, "repository:a/b:pull,push");
    challenge_clear(&c);
    assert_true(challenge_parse("bearer realm=https://a/t , service=\"q\\\"q\"", &c));
    assert_string_equal(c.realm, "https://a/t");
    assert_string_equal(c.service, "q\"q");
    challenge_clear(&c);
    assert_false(challenge_parse("Basic realm=\"ecr\"", &c));
    assert_false(challenge_parse("Bearer service=\"x\"", &c));
    assert_false(challenge_parse(NULL, &c));
}

static void locations_and_origins(void **state)
{
    // what a Location header means, and when credentials may go there
    static const struct {
        const char *base, *location, *result;
    } cases[] = {{"https://r.io/v2/a?b", "/x?y=1", "https://r.io/x?y=1"},
                 {"http://127.0.0.1:5/v2/", "https://s3/x", "https://s3/x"},
                 {"https://r.io/v2", "//s3/x", "https://s3/x"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *out = registry_resolve(cases[i].base, cases[i].location);
        assert_string_equal(out, cases[i].result);
        mem_free(out);
    }
    assert_null(registry_resolve("https://r.io/v2", "relative"));
    assert_true(registry_same_origin("https://r.io/a", "https://R.io:443/b"));
    assert_false(registry_same_origin("https://r.io/a", "http://r.io/a"));
    assert_false(registry_same_origin("https://r.io/a", "https://r.io:444/a"));
    assert_false(registry_same_origin("https://r.io/a", "https://r.io.evil/a"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_split_as_docker_splits_them),
        cmocka_unit_test(names_that_are_none_are_refused),
        cmocka_unit_test(the_fitting_platform_is_chosen),
        cmocka_unit_test(a_missing_platform_lists_what_there_is),
        cmocka_unit_test(broken_manifests_are_refused),
        cmocka_unit_test(challenges_are_read_with_their_quotes),
        cmocka_unit_test(locations_and_origins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
