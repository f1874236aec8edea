// SPDX-License-Identifier: MIT
#include "screens/tell.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "backend/base/str.h"

enum { MS_A_SECOND = 1000, SECONDS_A_MINUTE = 60, MINUTES_AN_HOUR = 60 };

void tell_capital(char *text)
{
    // A command stays what is typed.
    if (str_starts(text, "aws ") || str_starts(text, "forest-setup "))
        return;
    // A word with a capital, a digit or a sign inside is a name or a value: it stays as it is.
    size_t word = strcspn(text, " ,.:");
    size_t plain = 0;
    while (plain < word && islower((unsigned char)text[plain]))
        plain++;
    if (plain == word)
        text[0] = (char)toupper((unsigned char)text[0]);
}

// Messages begin small, because others put a context before them; alone they are sentences.
static void sentence(char *out, size_t bytes, const char *text)
{
    size_t n = text ? strcspn(text, "\r\n") : 0;
    snprintf(out, bytes, "%.*s", (int)(n < bytes ? n : bytes - 1), text ? text : "");
    bool command = str_starts(out, "aws ") || str_starts(out, "forest-setup ");
    size_t used = strlen(out);
    while (used && out[used - 1] == ' ')
        out[--used] = '\0';
    if (!used || command)
        return;
    tell_capital(out);
    if (used + 1 < bytes && !strchr(".:?", out[used - 1])) {
        out[used] = '.';
        out[used + 1] = '\0';
    }
}

struct view_status tell_err(struct tell *tell, enum view_state state, const struct err *err)
{
    sentence(tell->text, sizeof tell->text, err ? err->message : NULL);
    sentence(tell->remedy, sizeof tell->remedy, err ? err->remedy : NULL);
    if (err && str_starts(tell->remedy, "aws ")) {
        sentence(tell->remedy + 5, sizeof tell->remedy - 5, err->remedy);
        memcpy(tell->remedy, "Run: ", 5);
    }
    return (struct view_status){
        .state = state, .text = tell->text, .remedy = tell->remedy[0] ? tell->remedy : NULL};
}

struct view_status tell(struct tell *tell, enum view_state state, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(tell->text, sizeof tell->text, format, args);
    va_end(args);
    tell->remedy[0] = '\0';
    return (struct view_status){.state = state, .text = tell->text};
}

void tell_span(char *out, size_t bytes, int64_t ms)
{
    long long s = (long long)(ms / MS_A_SECOND);
    long long m = s / SECONDS_A_MINUTE;
    long long h = m / MINUTES_AN_HOUR;
    if (h >= 48)
        snprintf(out, bytes, "%lld days", h / 24);
    else if (h)
        snprintf(out, bytes, "%lld h %lld min", h, m % MINUTES_AN_HOUR);
    else if (m)
        snprintf(out, bytes, "%lld min", m);
    else
        snprintf(out, bytes, "%lld s", s);
}

void tell_principal(char *out, size_t bytes, const char *arn)
{
    if (!arn) {
        *out = '\0';
        return;
    }
    const char *colon = strrchr(arn, ':');
    const char *tail = colon ? colon + 1 : arn;
    static const char role[] = "assumed-role/";
    static const char user[] = "user/";
    if (str_starts(tail, role)) {
        const char *name = tail + sizeof role - 1;
        size_t n = strcspn(name, "/");
        const char *session = name[n] ? name + n + 1 : "";
        snprintf(out, bytes, "role %.*s%s%s", (int)n, name, *session ? " as " : "", session);
    } else if (str_starts(tail, user)) {
        snprintf(out, bytes, "user %s", tail + sizeof user - 1);
    } else if (str_eq(tail, "root")) {
        snprintf(out, bytes, "the root user");
    } else {
        snprintf(out, bytes, "%s", tail);
    }
}

void tell_failure(struct view *view, const struct err *err, const char *again_id)
{
    struct tell t;
    struct view_status status = tell_err(&t, VIEW_BAD, err);
    view_note(view, &status);
    view_action(view, &(struct view_action){.id = again_id, .label = "try again"});
}
