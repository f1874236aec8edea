// SPDX-License-Identifier: MIT
// answers_resolve_secrets(): from references to values. Buffers that held a secret are wiped before
// they are freed.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/base/clock.h"
#include "backend/base/fs.h"
#include "backend/base/log.h"
#include "backend/base/mem.h"
#include "backend/base/random.h"
#include "backend/base/str.h"
#include "backend/codec/json.h"
#include "backend/setup/answers.h"
#include "backend/setup/postgres_url.h"

// A JSON object with three secrets of the largest size, every byte escaped as \u00XX, still fits.
enum { STDIN_MAX_BYTES = 4 * SECRET_MAX_BYTES, FIFO_WAIT_MS = 10000, AUTH_SECRET_BYTES = 32 };

struct named { // an answer and how it is called in messages and in the JSON object of stdin
    const char *field;
    const char *variable; // the name that examples use
    struct secret_answer *answer;
};
enum { SECRETS = 3 };

struct bytes {
    char *data;
    size_t n, max;
};

static void bytes_clear(struct bytes *b)
{
    secret_wipe(b->data, b->max + 1);
    mem_free(b->data);
    *b = (struct bytes){0};
}
#define BYTES_AUTO __attribute__((cleanup(bytes_clear))) struct bytes

// A fixed buffer: one that grows would leave copies of the secret behind.
static bool read_all(int fd, struct bytes *out, size_t max, int wait_ms, struct err *err)
{
    *out = (struct bytes){.data = mem_calloc(max + 2, 1), .max = max + 1};
    int64_t end = clock_ms() + wait_ms;
    for (;;) {
        // In slices: a signal that comes just before poll() does not wake it.
        struct pollfd p = {.fd = fd, .events = POLLIN};
        int ready = poll(&p, 1, 50);
        if (cancel_requested(cancel_of_process()))
            return err_set(err, ERR_CANCELLED, "stopped while reading a secret");
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready == 0 && (wait_ms < 0 || clock_ms() < end))
            continue;
        if (ready == 0)
            return err_set(err, ERR_INPUT, "nothing came for %d seconds", wait_ms / 1000);
        ssize_t n = read(fd, out->data + out->n, out->max - out->n);
        if (n < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (n < 0)
            return err_errno(err, ERR_IO, errno, "cannot be read");
        if (n == 0)
            return true;
        out->n += (size_t)n;
        if (out->n == out->max)
            return err_set(err, ERR_INPUT, "is longer than %zu bytes", max);
    }
}

// Only the line end that an editor or echo adds; anything else may belong to the secret.
static bool take(struct secret_answer *answer, const char *text, size_t n, struct err *err)
{
    if (n && text[n - 1] == '\n')
        n--;
    if (n && text[n - 1] == '\r')
        n--;
    if (n == 0)
        return err_set(err, ERR_INPUT, "is empty");
    return secret_set(&answer->value, text, n, err);
}

static bool from_env(const struct named *s, struct err *err)
{
    const char *name = s->answer->where;
    const char *value = getenv(name);
    if (!value || !*value) {
        err_set(err, ERR_INPUT, "%s: the environment variable %s is %s", s->field, name,
                value ? "empty" : "not set");
        return err_remedy(err, "set %s, or refer to a file with \"file:PATH\"", name);
    }
    return take(s->answer, value, strlen(value), err) ||
           err_wrap(err, "%s: the variable %s", s->field, name);
}

static bool open_kind(int fd, const char *path, struct err *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return err_errno(err, ERR_IO, errno, "cannot look at it");
    if (!S_ISREG(st.st_mode) && !S_ISFIFO(st.st_mode))
        return err_set(err, ERR_INPUT, "is not a file but a %s",
                       S_ISDIR(st.st_mode) ? "directory" : "device");
    if (S_ISREG(st.st_mode) && (st.st_mode & S_IWOTH)) {
        err_set(err, ERR_INPUT, "can be changed by every user of this machine");
        return err_remedy(err, "run chmod 600 %s", path);
    }
    if (S_ISREG(st.st_mode) && (st.st_mode & (S_IRGRP | S_IROTH)))
        log_line("secret", "%s can be read by other users (mode %o)", path,
                 (unsigned)(st.st_mode & 0777));
    return true;
}

static bool from_file(const struct named *s, struct err *err)
{
    const char *path = s->answer->where;
    AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        err_errno(err, ERR_INPUT, errno, "%s: cannot open %s", s->field, path);
        return err_remedy(err, "check the path and who may read it");
    }
    BYTES_AUTO bytes = {0};
    if (open_kind(fd, path, err) && read_all(fd, &bytes, SECRET_MAX_BYTES + 2, FIFO_WAIT_MS, err) &&
        take(s->answer, bytes.data, bytes.n, err))
        return true;
    if (err && err->kind == ERR_IO)
        err->kind = ERR_INPUT; // another file is the answer
    return err_wrap(err, "%s: %s", s->field, path);
}

static bool from_stdin_object(struct named *secrets, const struct bytes *bytes, struct err *err)
{
    JSON_AUTO *object =
        json_parse(bytes->data, bytes->n, NULL, NULL); // its messages quote the text
    bool ok = json_type(object) == JSON_OBJECT;
    if (!ok) {
        err_set(err, ERR_INPUT, "several secrets come from stdin, but it holds no JSON object");
        err_remedy(err, "pipe in {\"forest.env_secret\": \"...\", \"database.url\": \"...\"}");
    }
    for (size_t i = 0; ok && i < SECRETS; i++) {
        if (secrets[i].answer->from != SECRET_STDIN)
            continue;
        const char *text = json_text(json_get(object, secrets[i].field));
        ok = text ? take(secrets[i].answer, text, strlen(text), err) ||
                        err_wrap(err, "%s: stdin", secrets[i].field)
                  : err_set(err, ERR_INPUT, "%s: the JSON object on stdin has no such text",
                            secrets[i].field);
    }
    for (const struct json *c = json_first(object); c; c = json_next(c))
        if (json_text(
                c)) // ours alone, about to be freed: the only way to wipe what the parser copied
            secret_wipe((void *)(uintptr_t)json_text(c), strlen(json_text(c)));
    return ok;
}

static bool from_stdin(struct named *secrets, struct err *err)
{
    size_t wanted = 0;
    struct named *only = NULL;
    for (size_t i = 0; i < SECRETS; i++) {
        if (secrets[i].answer->from != SECRET_STDIN || !secret_empty(&secrets[i].answer->value))
            continue;
        wanted++;
        only = &secrets[i];
    }
    if (wanted == 0)
        return true;
    if (isatty(STDIN_FILENO)) {
        err_set(err, ERR_INPUT, "%s: comes from stdin, but nothing is piped in", only->field);
        return err_remedy(err, "pipe the secret in, or refer to it with \"env:%s\"",
                          only->variable);
    }
    BYTES_AUTO bytes = {0};
    if (!read_all(STDIN_FILENO, &bytes, STDIN_MAX_BYTES, -1, err))
        return err_wrap(err, "stdin");
    if (wanted > 1)
        return from_stdin_object(secrets, &bytes, err);
    return take(only->answer, bytes.data, bytes.n, err) || err_wrap(err, "%s: stdin", only->field);
}

static bool generate(struct secret_answer *answer, struct err *err)
{
    char *hex = random_hex(AUTH_SECRET_BYTES);
    bool ok = secret_set(&answer->value, hex, strlen(hex), err);
    secret_free(hex);
    return ok;
}

static bool resolve(const struct named *s, struct err *err)
{
    if (!secret_empty(&s->answer->value))
        return true;
    switch (s->answer->from) {
    case SECRET_ENV: return from_env(s, err);
    case SECRET_FILE: return from_file(s, err);
    case SECRET_GENERATE: return generate(s->answer, err);
    case SECRET_STDIN: return true;  // from_stdin() has it
    case SECRET_STORED: return true; // read when AWS is known: stored_secrets()
    case SECRET_NONE:
    case SECRET_TYPED: break;
    }
    err_set(err, ERR_INPUT, "%s is missing", s->field);
    return err_remedy(err, "set it, for example to \"env:%s\"", s->variable);
}

static bool check_url(const struct secret *url, struct err *err)
{
    struct postgres_url parts = {0};
    bool ok = postgres_url_parse(secret_reveal(url), &parts, err);
    postgres_url_clear(&parts);
    return ok || err_wrap(err, "database.url");
}

#define NAMED_SECRETS(a)                                                                           \
    {                                                                                              \
        {"forest.env_secret", "FOREST_ENV_SECRET", &(a)->forest.env_secret},                       \
            {"forest.auth_secret", "FOREST_AUTH_SECRET", &(a)->forest.auth_secret},                \
            {"database.url", "POSTGRESQL_URL", &(a)->database.url},                                \
    }

// The kernel shows the memory that a process began with as its environment for as long as it runs,
// so taking a variable out of the list is not enough.
static void take_away(const char *variable)
{
    char *value = getenv(variable);
    if (value)
        secret_wipe(value, strlen(value));
    unsetenv(variable);
}

void answers_resolve_given(struct answers *a)
{
    struct named secrets[SECRETS] = NAMED_SECRETS(a);
    ERR_AUTO e = {0};
    (void)from_stdin(secrets, &e);
    for (size_t i = 0; i < SECRETS; i++) {
        struct secret_answer *answer = secrets[i].answer;
        const char *variable = secrets[i].variable;
        if (answer->from == SECRET_NONE && !str_empty(getenv(variable))) {
            answer->from = SECRET_ENV;
            str_replace(&answer->where, variable);
        }
        err_clear(&e);
        if (answer->from != SECRET_NONE && answer->from != SECRET_TYPED)
            (void)resolve(&secrets[i], &e);
    }
    for (size_t i = 0; i < SECRETS; i++)
        if (secrets[i].answer->from == SECRET_ENV)
            take_away(secrets[i].answer->where);
}

bool answers_resolve_secrets(struct answers *a, struct err *err)
{
    struct named secrets[SECRETS] = NAMED_SECRETS(a);
    bool ok = from_stdin(secrets, err);
    for (size_t i = 0; ok && i < SECRETS; i++)
        ok = resolve(&secrets[i], err);
    if (!ok || (a->database.url.from != SECRET_STORED && !check_url(&a->database.url.value, err)))
        return false;
    for (size_t i = 0; i < SECRETS; i++)
        if (secrets[i].answer->from == SECRET_ENV)
            take_away(secrets[i].answer->where); // two answers may name one variable, so only now
    return true;
}
