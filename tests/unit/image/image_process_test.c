// SPDX-License-Identifier: MIT
// Claims: a child sees no variable of ours that it need not, its output is passed on, its failure
// is told, and stopping it leaves nothing of its group. Which command starts an application, and
// which builder is chosen, follow the folder.
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
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
#include "backend/image/image.h"
#include "backend/image/process.h"
#include "backend/image/recipe.h"

static char root[] = "/tmp/forest-process-XXXXXX";

static int setup(void **state)
{
    return mkdtemp(root) ? 0 : -1;
}

static int teardown(void **state)
{
    return fs_remove_tree(root, NULL) ? 0 : -1;
}

static bool run(const char *script, struct meter *meter, long timeout_ms, struct str *out,
                struct err *e)
{
    const char *const argv[] = {"sh", "-c", script, NULL};
    struct process p = {
        .argv = argv, .folder = root, .meter = meter, .timeout_ms = timeout_ms, .out = out};
    return process_run(&p, e);
}

static void the_environment_is_clean(void **state)
{
    // canaries of the kinds that matter are not there; PATH and HOME are
    setenv("AWS_SECRET_ACCESS_KEY", "canary-aws", 1);
    setenv("FOREST_ENV_SECRET", "canary-forest", 1);
    setenv("PGPASSWORD", "canary-pg", 1);
    STR_AUTO out;
    str_init(&out, STR_FILE);
    ERR_AUTO e = {0};
    assert_true(run("env; pwd; ls /proc/self/fd 2>/dev/null | wc -l", NULL, 0, &out, &e));
    assert_null(strstr(out.data, "canary"));
    assert_non_null(strstr(out.data, "PATH="));
    assert_non_null(strstr(out.data, root));
}

struct lines {
    struct str text;
};

static void on_line(void *context, const char *line)
{
    struct lines *l = context;
    str_addf(&l->text, "%s\n", line);
}

static void lines_and_failures_are_told(void **state)
{
    // standard output and error line by line, made safe; the last ones in the message
    struct lines l;
    str_init(&l.text, STR_FILE);
    struct image_progress progress = {.log = on_line, .context = &l};
    struct meter meter;
    meter_init(&meter, &progress, NULL);
    ERR_AUTO e = {0};
    assert_false(run("echo one; printf 'no end'; printf '\\033[31mred\\n' >&2; exit 3", &meter, 0,
                     NULL, &e));
    assert_int_equal(e.kind, ERR_IO);
    assert_true(err_says(&e, "exit code 3"));
    assert_non_null(strstr(l.text.data, "one\n"));
    assert_non_null(strstr(l.text.data, "no end\n"));
    assert_non_null(strstr(l.text.data, "\\x1b[31mred\n"));
    meter_clear(&meter);
    str_clear(&l.text);
    const char *const argv[] = {"no-such-program-at-all", NULL};
    struct process p = {.argv = argv};
    assert_false(process_run(&p, &e));
    assert_int_equal(e.kind, ERR_NOT_FOUND);
}

static void *cancel_when_started(void *context)
{
    struct cancel *cancel = context;
    char *file = fs_join(root, "pid");
    for (int64_t until = clock_ms() + 20000; clock_ms() < until && !fs_exists(file);)
        cancel_sleep(NULL, 5);
    mem_free(file);
    cancel_request(cancel);
    return NULL;
}

static void stopping_ends_the_whole_group(void **state)
{
    // a grandchild that ignores SIGTERM is gone too
    struct cancel cancel;
    cancel_init(&cancel);
    struct image_progress progress = {0};
    struct meter meter;
    meter_init(&meter, &progress, &cancel);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, cancel_when_started, &cancel), 0);
    ERR_AUTO e = {0};
    int64_t start = clock_ms();
    assert_false(run("sh -c 'trap \"\" TERM; echo $$ >pid.new; mv pid.new pid; while :; do sleep "
                     "1; done' & wait",
                     &meter, 0, NULL, &e));
    assert_int_equal(e.kind, ERR_CANCELLED);
    assert_true(clock_ms() - start < 15000);
    pthread_join(thread, NULL);
    STR_AUTO text;
    str_init(&text, STR_LINE);
    char *file = fs_join(root, "pid");
    assert_true(fs_read(file, &text, NULL));
    mem_free(file);
    pid_t pid = (pid_t)strtol(text.data, NULL, 10);
    assert_true(pid > 1);
    int64_t until = clock_ms() + 5000; // it is reaped by init, not by us
    while (kill(pid, 0) == 0 && clock_ms() < until)
        cancel_sleep(NULL, 10);
    assert_int_equal(kill(pid, 0), -1);
    assert_int_equal(errno, ESRCH);
    meter_clear(&meter);
    cancel_clear(&cancel);
}

static void time_is_limited(void **state)
{
    // what does not end by itself is ended
    ERR_AUTO e = {0};
    assert_false(run("sleep 60", NULL, 100, NULL, &e));
    assert_int_equal(e.kind, ERR_IO);
    assert_true(err_says(&e, "in time"));
}

static void write_file(const char *name, const char *text)
{
    char *path = fs_join(root, name);
    assert_true(fs_write(path, text, strlen(text), 0644, NULL));
    mem_free(path);
}

static void the_start_command_is_found(void **state)
{
    // package.json, words of the command
    static const struct {
        const char *package, *command;
    } cases[] = {
        {"{\"scripts\":{\"start\":\"node  --enable-source-maps lib/a.js\"}}",
         "node --enable-source-maps lib/a.js"},
        {"{\"scripts\":{\"start\":\"node a.js && rm x\"},\"main\":\"main.js\"}", "node main.js"},
        {"{\"scripts\":{\"start\":\"nest start\"},\"main\":\"main\"}", "node main.js"},
        {"{\"scripts\":{\"start\":\"node $X\"}}", "node server.js"},
        {"{\"main\":\"../../etc/passwd\"}", "node server.js"}};
    write_file("main.js", "");
    write_file("server.js", "");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        write_file("package.json", cases[i].package);
        struct recipe r;
        ERR_AUTO e = {0};
        assert_true(recipe_read(root, &r, &e));
        STR_AUTO joined;
        str_init(&joined, STR_LINE);
        for (size_t k = 0; k < r.count; k++)
            str_addf(&joined, "%s%s", k ? " " : "", r.command[k]);
        assert_string_equal(joined.data, cases[i].command);
        recipe_clear(&r);
    }
}

static void the_builder_follows_the_dockerfile(void **state)
{
    // none, or one with our mark: built in. One of their own: an engine, when one answers. The tag
    // knows the difference.
    ERR_AUTO e = {0};
    char *why = NULL, *path = fs_join(root, "Dockerfile"), *old_path = mem_strdup(getenv("PATH"));
    assert_int_equal(image_choose_builder(root, BUILDER_AUTO, &why, &e), BUILDER_BUILTIN);
    assert_string_equal(why, "built in");
    mem_free(why);
    write_file("Dockerfile", "# hello\n# forest-setup: built in\nFROM x\n");
    assert_false(recipe_own_dockerfile(root));
    write_file("Dockerfile", "FROM x\nRUN echo '# forest-setup: built in'\n");
    assert_true(recipe_own_dockerfile(root));
    char *engine_tag = image_tag(root, "node:22", ARCH_X86_64, BUILDER_AUTO, &e);
    char *builtin_tag = image_tag(root, "node:22", ARCH_X86_64, BUILDER_BUILTIN, &e);
    assert_string_not_equal(engine_tag, builtin_tag);
    assert_true(str_starts(engine_tag, "src-") && strlen(engine_tag) == 16);
    setenv("PATH", root, 1); // with no engine at all
    assert_int_equal(image_choose_builder(root, BUILDER_AUTO, &why, &e), BUILDER_BUILTIN);
    assert_non_null(strstr(why, "not used"));
    mem_free(why);
    assert_int_equal(image_choose_builder(root, BUILDER_DOCKER, &why, &e), BUILDER_AUTO);
    assert_true(err_says(&e, "docker does not answer"));
    // An engine that answers: a script in its place.
    write_file("podman", "#!/bin/sh\necho 4.3.1\n");
    char *script = fs_join(root, "podman"), *both = mem_printf("%s:%s", root, "/bin:/usr/bin");
    assert_int_equal(setenv("PATH", both, 1), 0);
    char *docker = process_find("docker");
    const char *const mode[] = {"chmod", "755", script, NULL};
    struct process p = {.argv = mode};
    assert_true(process_run(&p, &e));
    if (!docker) {
        assert_int_equal(image_choose_builder(root, BUILDER_AUTO, &why, &e), BUILDER_PODMAN);
        assert_string_equal(why, "podman 4.3.1: the folder has its own Dockerfile");
        mem_free(why);
    }
    setenv("PATH", old_path, 1);
    mem_free(docker);
    mem_free(both);
    mem_free(script);
    mem_free(engine_tag);
    mem_free(builtin_tag);
    mem_free(old_path);
    mem_free(path);
}

static void programs_are_not_taken_from_where_one_stands(void **state)
{
    // Claim: "." or nothing in the PATH, or another relative folder, finds no program.
    char *old_path = mem_strdup(getenv("PATH"));
    char before[4096];
    assert_non_null(getcwd(before, sizeof before));
    write_file("docker-of-a-stranger", "#!/bin/sh\n");
    char *script = fs_join(root, "docker-of-a-stranger");
    assert_int_equal(chmod(script, 0755), 0);
    assert_int_equal(chdir(root), 0);
    static const char *const paths[] = {".", "", ":", "/nonexistent:", ".:/nonexistent", "../."};
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        setenv("PATH", paths[i], 1);
        assert_null(process_find("docker-of-a-stranger"));
    }
    setenv("PATH", root, 1);
    char *found = process_find("docker-of-a-stranger");
    assert_string_equal(found, script);
    assert_int_equal(chdir(before), 0);
    setenv("PATH", old_path, 1);
    mem_free(found);
    mem_free(script);
    mem_free(old_path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(programs_are_not_taken_from_where_one_stands),
        cmocka_unit_test(the_environment_is_clean),
        cmocka_unit_test(lines_and_failures_are_told),
        cmocka_unit_test(stopping_ends_the_whole_group),
        cmocka_unit_test(time_is_limited),
        cmocka_unit_test(the_start_command_is_found),
        cmocka_unit_test(the_builder_follows_the_dockerfile),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
