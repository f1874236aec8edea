// SPDX-License-Identifier: MIT
#include "backend/setup/problems.h"

#include <stdarg.h>
#include <stdlib.h>

#include "backend/base/mem.h"

bool problems_add(struct problems *problems, const char *path, unsigned line, const char *remedy,
                  const char *format, ...)
{
    if (problems->count >= PROBLEMS_MAX)
        return false;
    va_list args;
    va_start(args, format);
    char *reason = mem_vprintf(format, args);
    va_end(args);
    problems->items = mem_realloc(problems->items, problems->count + 1, sizeof *problems->items);
    problems->items[problems->count++] =
        (struct problem){.path = mem_strdup(path),
                         .line = line,
                         .reason = reason,
                         .remedy = remedy ? mem_strdup(remedy) : NULL};
    return false;
}

bool problems_add_err(struct problems *problems, const char *path, unsigned line, struct err *err)
{
    problems_add(problems, path, line, err->remedy, "%s",
                 err->message ? err->message : "is not accepted");
    err_clear(err);
    return false;
}

// Stable: problems of one line keep the order in which they were found.
void problems_sort(struct problems *problems)
{
    for (size_t i = 1; i < problems->count; i++) {
        struct problem moved = problems->items[i];
        size_t j = i;
        for (; j > 0 && problems->items[j - 1].line > moved.line; j--)
            problems->items[j] = problems->items[j - 1];
        problems->items[j] = moved;
    }
}

bool problems_to_err(const struct problems *problems, const char *file, struct err *err)
{
    if (problems->count == 0)
        return true;
    const struct problem *first = &problems->items[0];
    AUTO_FREE char *where = first->line ? mem_printf("%s:%u: ", file, first->line) : mem_strdup("");
    AUTO_FREE char *more =
        problems->count > 1 ? mem_printf(" (and %zu more)", problems->count - 1) : mem_strdup("");
    err_set(err, ERR_INPUT, "%s%s%s%s%s", where, first->path, *first->path ? " " : "",
            first->reason, more);
    if (first->remedy)
        err_remedy(err, "%s", first->remedy);
    return false;
}

void problems_clear(struct problems *problems)
{
    for (size_t i = 0; i < problems->count; i++) {
        mem_free(problems->items[i].path);
        mem_free(problems->items[i].reason);
        mem_free(problems->items[i].remedy);
    }
    mem_free(problems->items);
    *problems = (struct problems){0};
}
