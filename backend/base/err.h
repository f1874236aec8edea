// SPDX-License-Identifier: MIT
// How a failure travels: every fallible function returns bool and takes a `struct err *` as its
// last parameter.
//
// Order of calls: `struct err e = {0};` at the caller; `return err_set(err, KIND, "...")` where it
// happens (the value of every err_* function that sets something is false, so it can be returned);
// err_wrap() on the way up to say what was being done; reported once, at the top; err_clear() by
// whoever declared it. On success an err is left untouched. The kind says what the caller may do,
// not where it came from. A NULL err is accepted everywhere: the caller does not care why.
#ifndef FOREST_BASE_ERR_H
#define FOREST_BASE_ERR_H

#include <stdarg.h>
#include <stdbool.h>

enum err_kind {
    ERR_NONE = 0,
    ERR_CANCELLED, // the user asked to stop
    ERR_INPUT,     // an answer, file or argument is wrong: ask for another
    ERR_AUTH,      // credentials are missing, wrong or expired: sign in again
    ERR_DENIED,    // signed in, but not allowed
    ERR_NOT_FOUND, // the thing is not there
    ERR_CONFLICT,  // something else holds the name, the lock or the state
    ERR_THROTTLED, // too many requests, also after the retries
    ERR_NET,       // the network failed, also after the retries
    ERR_REMOTE,    // the other side answered with a failure of its own
    ERR_IO,        // this machine failed: disk, permission, process
    ERR_INTERNAL,  // a mistake in this program
};

struct err {
    enum err_kind kind;
    bool outcome_unknown; // the request may have taken effect: look before doing it again
    int http_status;      // 0 when there was no answer
    char *message;        // owned; what happened, one sentence, no secret
    char *remedy;         // owned or NULL; what to do about it
    char *code;           // owned or NULL; the service's own error code
    char *request_id;     // owned or NULL
};

// Sets kind and message, replacing what was there. Returns false.
bool err_set(struct err *err, enum err_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool err_setv(struct err *err, enum err_kind kind, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));
// As err_set() with ": <strerror(errnum)>" behind it.
bool err_errno(struct err *err, enum err_kind kind, int errnum, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
// Puts "<context>: " before the message. Returns false.
bool err_wrap(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));
// Says what the user can do; replaces an earlier remedy. Returns false.
bool err_remedy(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));
// The service's code for this failure, copied.
void err_code(struct err *err, const char *code);
// Is this failure the service's `code`? False for a NULL err or no code.
bool err_is(const struct err *err, const char *code);
// Does the message contain `text`, without regard to case?
bool err_says(const struct err *err, const char *text);
// Moves src into dst (which is cleared first); src is empty afterwards.
void err_copy(struct err *dst,
              const struct err *src); // dst is overwritten, not cleared; NULL allowed
void err_move(struct err *dst, struct err *src);
void err_clear(struct err *err);
// A stable lower-case word, for logs and JSON: "input", "denied"...
const char *err_kind_name(enum err_kind kind);

#define ERR_AUTO __attribute__((cleanup(err_clear))) struct err

#endif
