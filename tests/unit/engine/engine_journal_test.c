// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "backend/base/encode.h"
#include "backend/base/fs.h"
#include "backend/base/mem.h"
#include "backend/base/secret.h"
#include "backend/base/str.h"
#include "backend/engine/journal.h"

static const struct journal_identity IDENTITY = {
    .name = "demo", .account = "123456789012", .region = "eu-west-3", .stack = "stack-1"};

struct place {
    char *dir;  // the state dir
    char *file; // the journal
};

static int setup(void **state)
{
    struct place *p = mem_calloc(1, sizeof *p);
    char pattern[] = "/tmp/forest-journal-XXXXXX";
    p->dir = mem_strdup(mkdtemp(pattern));
    p->file = mem_printf("%s/demo/journal", p->dir);
    *state = p;
    return 0;
}

static int teardown(void **state)
{
    struct place *p = *state;
    fs_remove_tree(p->dir, NULL);
    mem_free(p->dir);
    mem_free(p->file);
    mem_free(p);
    return 0;
}

static struct journal *open_ok(const struct place *p)
{
    struct journal *j = NULL;
    ERR_AUTO err = {0};
    if (!journal_open(&j, p->dir, &IDENTITY, &err))
        fail_msg("%s", err.message);
    return j;
}

static enum err_kind open_fails(const struct place *p, const struct journal_identity *identity,
                                const char *says)
{
    struct journal *j = NULL;
    ERR_AUTO err = {0};
    assert_false(journal_open(&j, p->dir, identity, &err));
    assert_null(j);
    if (!err_says(&err, says))
        fail_msg("\"%s\" does not say \"%s\"", err.message, says);
    return err.kind;
}

// A journal with one record of each type.
static void fill(const struct place *p)
{
    struct journal *j = open_ok(p);
    ERR_AUTO err = {0};
    ERR_AUTO why = {0};
    struct json *facts = json_strings("id", "vpc-1", "note", "a \"quoted\"\nline", NULL);
    struct json *answers = json_strings("name", "demo", NULL);
    err_set(&why, ERR_DENIED, "not allowed");
    assert_true(journal_write_answers(j, answers, &err));
    assert_true(journal_write_intent(j, "vpc", "create", &err));
    assert_true(journal_write_done(j, "vpc", facts, &err));
    assert_true(journal_write_ready(j, "vpc", facts, 1234, &err));
    assert_true(journal_write_intent(j, "alb", "create", &err));
    assert_true(journal_write_failed(j, "alb", NULL, &why, &err));
    assert_true(journal_write_undo(j, "vpc", &err));
    assert_true(journal_write_gone(j, "vpc", &err));
    assert_true(journal_write_outcome(j, answers, &err));
    assert_true(journal_write_intent(j, "link", "create", &err));
    json_free(facts);
    json_free(answers);
    journal_close(j);
}

static char *bytes_of(const struct place *p, size_t *length)
{
    struct str text;
    str_init(&text, STR_FILE);
    assert_true(fs_read(p->file, &text, NULL));
    *length = text.len;
    return str_take(&text);
}

static void overwrite(const struct place *p, const char *bytes, size_t length)
{
    int fd = open(p->file, O_WRONLY | O_TRUNC);
    assert_true(fd >= 0 && write(fd, bytes, length) == (ssize_t)length);
    close(fd);
}

static void comes_back(void **state)
{
    // What was written is there again in the next life.
    const struct place *p = *state;
    fill(p);
    struct journal *j = open_ok(p);
    assert_string_equal(journal_account(j), "123456789012");
    assert_string_equal(journal_stack(j), "stack-1");
    assert_int_equal(strlen(journal_salt(j)), 32);
    assert_string_equal(json_str(journal_answers(j), "name"), "demo");
    assert_non_null(journal_outcome(j));
    assert_null(journal_warning(j));
    assert_int_equal(journal_step_count(j), 3);
    assert_int_equal(journal_step(j, "vpc")->state, JOURNAL_GONE);
    assert_int_equal(journal_step(j, "vpc")->generation, 1);
    assert_false(journal_step(j, "vpc")->made);
    assert_int_equal(journal_step(j, "alb")->state, JOURNAL_FAILED);
    assert_string_equal(journal_step(j, "alb")->error, "not allowed");
    assert_false(journal_step(j, "alb")->open);
    assert_true(journal_step(j, "link")->open);
    assert_null(journal_step(j, "never"));
    journal_close(j);
    struct stat st;
    assert_int_equal(stat(p->file, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
}

static void cut_anywhere(void **state)
{
    // Cut at every byte: the torn last record is dropped and said, the rest is right, and it can be
    // written to again; cut into its first line it is refused.
    const struct place *p = *state;
    fill(p);
    size_t length = 0;
    AUTO_FREE char *bytes = bytes_of(p, &length);
    size_t first = (size_t)(strchr(bytes, '\n') - bytes) + 1;
    for (size_t n = 0; n < length; n++) {
        overwrite(p, bytes, n);
        if (n < first) {
            assert_int_equal(open_fails(p, &IDENTITY, "damaged at line 1"), ERR_IO);
            continue;
        }
        struct journal *j = open_ok(p);
        assert_int_equal(journal_warning(j) != NULL, bytes[n - 1] != '\n');
        ERR_AUTO err = {0};
        assert_true(journal_write_intent(j, "more", "create", &err));
        journal_close(j);
        j = open_ok(p);
        assert_null(journal_warning(j));
        assert_true(journal_step(j, "more")->open);
        journal_close(j);
    }
    print_message("%zu places, 0 wrong\n", length);
}

static void flipped_anywhere(void **state)
{
    // Any bit flipped: refused with the line; only the last newline's flip is a torn end, and said.
    const struct place *p = *state;
    fill(p);
    size_t length = 0;
    AUTO_FREE char *bytes = bytes_of(p, &length);
    size_t line = 1;
    for (size_t n = 0; n < length; n++) {
        for (int bit = 0; bit < 8; bit++) {
            bytes[n] = (char)(bytes[n] ^ (1 << bit));
            overwrite(p, bytes, length);
            bytes[n] = (char)(bytes[n] ^ (1 << bit));
            if (n == length - 1) {
                struct journal *j = open_ok(p);
                assert_non_null(journal_warning(j));
                journal_close(j);
                continue;
            }
            AUTO_FREE char *says = mem_printf("damaged at line %zu", line);
            assert_int_equal(open_fails(p, &IDENTITY, says), ERR_IO);
        }
        line += bytes[n] == '\n';
    }
    print_message("%zu flips, 0 wrong\n", length * 8);
}

static void whole_lines_matter(void **state)
{
    // A line that is missing, doubled or out of order is seen, though each is whole.
    const struct place *p = *state;
    fill(p);
    size_t length = 0;
    AUTO_FREE char *bytes = bytes_of(p, &length);
    const char *second = strchr(bytes, '\n') + 1;
    const char *third = strchr(second, '\n') + 1;
    AUTO_FREE char *missing = mem_printf("%.*s%s", (int)(second - bytes), bytes, third);
    AUTO_FREE char *doubled = mem_printf("%.*s%s", (int)(third - bytes), bytes, second);
    overwrite(p, missing, strlen(missing));
    open_fails(p, &IDENTITY, "damaged at line 2");
    overwrite(p, doubled, strlen(doubled));
    open_fails(p, &IDENTITY, "damaged at line 3");
    overwrite(p, "", 0);
    open_fails(p, &IDENTITY, "damaged at line 1");
}

static void begin_with(const struct place *p, const char *version)
{
    AUTO_FREE char *body = mem_printf(
        "{\"seq\":1,\"at\":1,\"type\":\"setup\",%s\"name\":\"demo\",\"account\":\"123456789012\","
        "\"region\":\"eu-west-3\",\"stack\":\"stack-1\",\"salt\":\"0123456789abcdef\"}",
        version);
    uint32_t crc = encode_crc32(0, body, strlen(body));
    AUTO_FREE char *line = mem_printf("%.*s,\"crc\":\"%08x\"}\n", (int)strlen(body) - 1, body, crc);
    overwrite(p, line, strlen(line));
}

static void of_another_version(void **state)
{
    // A journal of a later format is refused, not read as far as it goes; one without a format, or
    // of one before the first, was not written by us.
    const struct place *p = *state;
    journal_close(open_ok(p));
    begin_with(p, "\"version\":1,");
    journal_close(open_ok(p));
    begin_with(p, "\"version\":2,");
    assert_int_equal(open_fails(p, &IDENTITY, "newer"), ERR_IO);
    static const char *const odd[] = {"\"version\":0,", "\"version\":-1,", "\"version\":\"1\",",
                                      ""};
    for (size_t i = 0; i < ARRAY_LEN(odd); i++) {
        begin_with(p, odd[i]);
        assert_int_equal(open_fails(p, &IDENTITY, "damaged at line 1"), ERR_IO);
    }
}

static void of_somebody_else(void **state)
{
    // Another account, region or stack is refused; without an account the name is enough.
    const struct place *p = *state;
    struct journal_identity other = IDENTITY;
    other.account = NULL;
    assert_int_equal(open_fails(p, &other, "no setup"), ERR_NOT_FOUND);
    fill(p);
    other.account = "999999999999";
    assert_int_equal(open_fails(p, &other, "123456789012"), ERR_CONFLICT);
    other = IDENTITY;
    other.region = "us-east-1";
    assert_int_equal(open_fails(p, &other, "eu-west-3"), ERR_CONFLICT);
    other = (struct journal_identity){.name = "demo"};
    struct journal *j = NULL;
    assert_true(journal_open(&j, p->dir, &other, NULL));
    journal_close(j);
    other.name = "../demo";
    assert_int_equal(open_fails(p, &other, "name"), ERR_INPUT);
}

static void unsafe_files(void **state)
{
    // A link, a second name, open modes, a directory, a pipe and a foreign owner are refused.
    const struct place *p = *state;
    fill(p);
    AUTO_FREE char *aside = mem_printf("%s/aside", p->dir);
    AUTO_FREE char *dir = mem_printf("%s/demo", p->dir);
    assert_int_equal(chmod(p->file, 0666), 0);
    assert_int_equal(open_fails(p, &IDENTITY, "other users"), ERR_IO);
    assert_int_equal(chmod(p->file, 0600), 0);
    assert_int_equal(chmod(dir, 0755), 0);
    assert_int_equal(open_fails(p, &IDENTITY, "other users"), ERR_IO);
    assert_int_equal(chmod(dir, 0700), 0);
    assert_int_equal(link(p->file, aside), 0);
    assert_int_equal(open_fails(p, &IDENTITY, "hard link"), ERR_IO);
    assert_int_equal(unlink(p->file), 0);
    assert_int_equal(symlink(aside, p->file), 0);
    assert_int_equal(open_fails(p, &IDENTITY, "symbolic link"), ERR_IO);
    assert_int_equal(unlink(p->file), 0);
    assert_int_equal(mkdir(p->file, 0700), 0);
    assert_int_equal(open_fails(p, &IDENTITY, "directory"), ERR_IO);
    assert_int_equal(rmdir(p->file), 0);
    assert_int_equal(mkfifo(p->file, 0600), 0);
    assert_int_equal(open_fails(p, &IDENTITY, "plain file"), ERR_IO);
    assert_int_equal(unlink(p->file), 0);
    assert_int_equal(rename(aside, p->file), 0);
    if (geteuid() == 0) {
        assert_int_equal(chown(p->file, 65534, 65534), 0);
        assert_int_equal(open_fails(p, &IDENTITY, "another user"), ERR_IO);
        assert_int_equal(chown(p->file, 0, 0), 0);
    } else {
        print_message("foreign owner not tried: only root can give files away\n");
    }
    journal_close(open_ok(p));
    AUTO_FREE char *real = mem_printf("%s/real", p->dir);
    assert_int_equal(rename(dir, real), 0);
    assert_int_equal(symlink(real, dir), 0);
    assert_int_equal(open_fails(p, &IDENTITY, "not lie in a directory of its own"), ERR_IO);
    assert_int_equal(unlink(dir), 0);
}

static void nothing_made_pins_nothing(void **state)
{
    // Answers that were refused before the first step may go to another region; then that one
    // counts.
    const struct place *p = *state;
    struct journal *j = open_ok(p);
    JSON_AUTO *answers = json_strings("name", "demo", NULL);
    assert_true(journal_write_answers(j, answers, NULL));
    AUTO_FREE char *salt = mem_strdup(journal_salt(j));
    journal_close(j);
    struct journal_identity other = IDENTITY;
    other.region = "us-east-1";
    ERR_AUTO err = {0};
    assert_true(journal_open(&j, p->dir, &other, &err));
    assert_string_equal(journal_region(j), "us-east-1");
    assert_null(journal_answers(j));
    assert_string_not_equal(journal_salt(j), salt);
    assert_true(journal_write_intent(j, "vpc", "create", NULL));
    journal_close(j);
    assert_int_equal(open_fails(p, &IDENTITY, "us-east-1"), ERR_CONFLICT);
}

static void one_at_a_time(void **state)
{
    // The second one is told who holds the lock; a holder that is killed holds it no more; looking
    // needs no lock.
    const struct place *p = *state;
    int ready[2];
    assert_int_equal(pipe(ready), 0);
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        struct journal *j = NULL;
        bool ok = journal_open(&j, p->dir, &IDENTITY, NULL);
        if (ok && write(ready[1], "x", 1) == 1)
            pause();
        _exit(1);
    }
    char c;
    assert_int_equal(read(ready[0], &c, 1), 1);
    AUTO_FREE char *holder = mem_printf("pid %ld on ", (long)pid);
    assert_int_equal(open_fails(p, &IDENTITY, holder), ERR_CONFLICT);
    struct journal *j = NULL;
    assert_true(journal_look(&j, p->dir, "demo", NULL));
    ERR_AUTO err = {0};
    assert_false(journal_write_undo(j, "vpc", &err));
    journal_close(j);
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    journal_close(open_ok(p));
    close(ready[0]);
    close(ready[1]);
}

static void simultaneous_starts(void **state)
{
    // Four processes at the same moment, 25 times, also when there is no journal yet: one proceeds.
    const struct place *p = *state;
    for (int round = 0; round < 25; round++) {
        AUTO_FREE char *dir = mem_printf("%s/demo", p->dir);
        if (round % 2)
            fs_remove_tree(dir, NULL);
        int go[2];
        int result[2];
        int leave[2];
        assert_true(pipe(go) == 0 && pipe(result) == 0 && pipe(leave) == 0);
        fflush(NULL);
        pid_t pids[4];
        for (int i = 0; i < 4; i++) {
            pids[i] = fork();
            if (pids[i])
                continue;
            close(go[1]);
            close(leave[1]);
            char c;
            (void)!read(go[0], &c, 1); // all wake when the parent closes its end
            struct journal *j = NULL;
            struct err err = {0};
            bool ok = journal_open(&j, p->dir, &IDENTITY, &err);
            (void)!write(result[1], ok ? "1" : err.kind == ERR_CONFLICT ? "0" : "?", 1);
            (void)!read(leave[0], &c, 1);
            _exit(0);
        }
        close(go[0]);
        close(go[1]);
        char answers[5] = "";
        for (int i = 0; i < 4; i++)
            assert_int_equal(read(result[0], &answers[i], 1), 1);
        close(leave[0]);
        close(leave[1]);
        int won = 0;
        for (int i = 0; i < 4; i++) {
            assert_int_equal(waitpid(pids[i], NULL, 0), pids[i]);
            assert_true(answers[i] == '0' || answers[i] == '1');
            won += answers[i] == '1';
        }
        assert_int_equal(won, 1);
        close(result[0]);
        close(result[1]);
        journal_close(open_ok(p));
    }
}

static void no_secret_in_errors(void **state)
{
    // A secret that came into an error message does not come into the journal.
    const struct place *p = *state;
    struct journal *j = open_ok(p);
    SECRET_AUTO secret = {0};
    ERR_AUTO why = {0};
    const char *value = "canary-4711-password";
    assert_true(secret_set(&secret, value, strlen(value), NULL));
    err_set(&why, ERR_REMOTE, "cannot connect with %s", value);
    assert_true(journal_write_failed(j, "vpc", NULL, &why, NULL));
    journal_close(j);
    size_t length = 0;
    AUTO_FREE char *bytes = bytes_of(p, &length);
    assert_null(strstr(bytes, value));
    assert_non_null(strstr(bytes, "cannot connect with ***"));
}

static void retired(void **state)
{
    // A destroyed setup leaves the list, keeps its record under another name, and frees its name.
    const struct place *p = *state;
    fill(p);
    char **names = NULL;
    size_t count = 0;
    assert_true(journal_list(p->dir, &names, &count, NULL));
    assert_int_equal(count, 1);
    assert_string_equal(names[0], "demo");
    mem_free(names[0]);
    mem_free(names);
    struct journal *j = open_ok(p);
    assert_true(journal_retire(j, NULL));
    journal_close(j);
    assert_true(journal_list(p->dir, &names, &count, NULL));
    assert_int_equal(count, 0);
    struct journal *look = NULL;
    ERR_AUTO err = {0};
    assert_false(journal_look(&look, p->dir, "demo", &err));
    assert_int_equal(err.kind, ERR_NOT_FOUND);
    j = open_ok(p);
    assert_int_equal(journal_step_count(j), 0);
    journal_close(j);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(comes_back),
        TEST(cut_anywhere),
        TEST(flipped_anywhere),
        TEST(whole_lines_matter),
        TEST(of_another_version),
        TEST(of_somebody_else),
        TEST(nothing_made_pins_nothing),
        TEST(unsafe_files),
        TEST(one_at_a_time),
        TEST(simultaneous_starts),
        TEST(no_secret_in_errors),
        TEST(retired),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
