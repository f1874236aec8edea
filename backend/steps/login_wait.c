// SPDX-License-Identifier: MIT
#include "backend/steps/login_wait.h"

#include "backend/aws/iam.h"
#include "backend/base/log.h"
#include "backend/base/mem.h"
#include "backend/base/str.h"

// A program that gives out credentials may open windows: it is asked less often.
enum { PAUSE_MS = 1000, PAUSE_MAX_MS = 3000, PAUSE_PROGRAM_MS = 30000 };

struct login_wait {
    struct event_sink sink;
    pthread_mutex_t sink_lock;
    struct stack *stack;      // borrowed
    pthread_mutex_t lock;     // held for the whole of a pause
    struct aws_config *files; // as they were when somebody signed in last; NULL: the stack's
    struct err ended;         // another account was signed in to: nothing goes on
};

enum found { FOUND_NONE, FOUND_SAME, FOUND_OTHER };

static void emit(void *context, const struct event *event)
{
    struct login_wait *w = context;
    pthread_mutex_lock(&w->sink_lock);
    if (w->sink.emit)
        w->sink.emit(w->sink.context, event);
    pthread_mutex_unlock(&w->sink_lock);
}

static void tell(struct login_wait *w, const char *word, const char *text, const struct err *why)
{
    emit(w, &(struct event){.type = EVENT_WARNING,
                            .wall_ms = clock_wall_ms(),
                            .word = word,
                            .text = text,
                            .err = why,
                            .profile = w->stack->profile});
}

static struct credentials_options options_of(const struct login_wait *w,
                                             const struct aws_config *files)
{
    const struct stack *s = w->stack;
    return (struct credentials_options){.config = files,
                                        .profile = s->profile,
                                        .profile_explicit = s->profile_explicit,
                                        .region = s->region,
                                        .http = s->http,
                                        .cancel = s->cancel};
}

static const char *kind_of(const struct login_wait *w)
{
    struct credentials_options options = options_of(w, w->files ? w->files : w->stack->aws_files);
    struct credentials_facts facts = {0};
    credentials_tell(&options, &facts);
    const char *kind = facts.kind;
    credentials_facts_clear(&facts);
    return kind;
}

// With the files as they are now: do credentials come, does AWS take them, and for whom? *err: why
// not.
static enum found look(struct login_wait *w, struct err *err)
{
    struct aws_config *files = aws_config_load(err);
    if (!files)
        return FOUND_NONE;
    struct credentials_options options = options_of(w, files);
    struct credentials_source *source = credentials_source_new(&options);
    struct aws_client_options aws = {.max_attempts = 1,
                                     .http = w->stack->http,
                                     .credentials = source,
                                     .endpoints = &w->stack->endpoints,
                                     .region = w->stack->region,
                                     .cancel = w->stack->cancel};
    struct aws_client *client = aws_client_new(&aws);
    AUTO_FREE char *account = NULL;
    AUTO_FREE char *caller = NULL;
    enum found found = FOUND_NONE;
    if (sts_get_caller_identity(client, &account, &caller, err))
        found = str_eq(account, w->stack->account) ? FOUND_SAME : FOUND_OTHER;
    if (found == FOUND_OTHER)
        stack_other_account(w->stack, account, err);
    aws_client_free(client);
    credentials_source_free(source);
    if (found == FOUND_SAME) {
        credentials_reload(w->stack->credentials, files);
        struct aws_config *before = w->files;
        w->files = files;
        files = before;
    }
    aws_config_free(files);
    return found;
}

static void tell_pause(struct login_wait *w, const struct err *why)
{
    AUTO_FREE char *text = mem_printf("paused: the AWS login of profile %s has expired; sign in "
                                      "again, then this goes on by itself",
                                      w->stack->profile);
    log_line("aws", "%s (%s)", text, why->message ? why->message : "");
    tell(w, EVENT_WORD_LOGIN, text, why);
}

// Until somebody has signed in. What the credentials say themselves ("run aws sso login") tells
// more than that AWS refused them.
static enum found wait_for_person(struct login_wait *w, struct err *err)
{
    ERR_AUTO first = {0};
    enum found found = look(w, &first);
    if (found != FOUND_NONE) { // they came by themselves, or in the pause of another thread
        if (found == FOUND_OTHER)
            err_move(err, &first);
        return found;
    }
    tell_pause(w, first.kind == ERR_AUTH ? &first : err);
    bool program = str_eq(kind_of(w), "process");
    int64_t pause_ms = program ? PAUSE_PROGRAM_MS : PAUSE_MS;
    while (found == FOUND_NONE && cancel_sleep(w->stack->cancel, pause_ms)) {
        ERR_AUTO e = {0};
        found = look(w, &e);
        if (found == FOUND_OTHER)
            err_move(err, &e);
        pause_ms += program || pause_ms >= PAUSE_MAX_MS ? 0 : PAUSE_MS / 2;
    }
    if (found == FOUND_SAME) {
        AUTO_FREE char *text =
            mem_printf("signed in again to account %s; going on", w->stack->account);
        tell(w, EVENT_WORD_SIGNED_IN, text, NULL);
    }
    if (found == FOUND_NONE)
        err_set(err, ERR_CANCELLED, "stopped while the AWS login of profile %s was waited for",
                w->stack->profile);
    return found;
}

static bool ask(void *context, const struct credentials *refused, struct err *err)
{
    struct login_wait *w = context;
    pthread_mutex_lock(&w->lock);
    enum found found = FOUND_OTHER;
    if (str_eq(refused->provider, "env") || str_eq(kind_of(w), "env")) {
        found = FOUND_NONE;
    } else if (w->ended.kind == ERR_NONE) {
        found = wait_for_person(w, err);
        if (found == FOUND_OTHER)
            err_copy(&w->ended, err);
    } else {
        err_copy(err, &w->ended);
    }
    pthread_mutex_unlock(&w->lock);
    return found == FOUND_SAME;
}

struct login_wait *login_wait_new(struct event_sink sink)
{
    struct login_wait *w = mem_calloc(1, sizeof *w);
    w->sink = sink;
    pthread_mutex_init(&w->sink_lock, NULL);
    pthread_mutex_init(&w->lock, NULL);
    return w;
}

struct event_sink login_wait_sink(struct login_wait *w)
{
    return (struct event_sink){emit, w};
}

void login_wait_begin(struct login_wait *w, struct stack *stack)
{
    w->stack = stack;
    aws_client_login(stack->aws, ask, w);
}

void login_wait_free(struct login_wait *w)
{
    if (!w)
        return;
    aws_config_free(w->files);
    err_clear(&w->ended);
    pthread_mutex_destroy(&w->lock);
    pthread_mutex_destroy(&w->sink_lock);
    mem_free(w);
}
