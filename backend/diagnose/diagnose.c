// SPDX-License-Identifier: MIT
// The matching. The knowledge is in rows_*.c.
#include "backend/diagnose/diagnose.h"

#include <string.h>
#include <strings.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/base/text.h"
#include "backend/diagnose/table.h"

enum {
    TEXT_MAX = 4096,     // bytes of a signal that are looked at
    SENTENCE_MAX = 2048, // bytes of a filled template
    VALUE_CHARS = 300,   // characters of what fills a placeholder
    WORD_MAX = 40,
};

_Static_assert(FROM_EVENT == 1 << SIGNAL_SERVICE_EVENT &&
                   FROM_STOPPED == 1 << SIGNAL_STOPPED_TASK && FROM_LOG == 1 << SIGNAL_LOG &&
                   FROM_TARGET == 1 << SIGNAL_TARGET && FROM_BACKEND == 1 << SIGNAL_BACKEND &&
                   FROM_GATEWAY == 1 << SIGNAL_GATEWAY && FROM_AWS == 1 << SIGNAL_AWS,
               "the bits of table.h are those of enum signal_from");

// A piece of text that is not its own string.
struct span {
    const char *at;
    size_t len;
};

static struct span text_of(const struct signal *s)
{
    const char *text = s->text ? s->text : "";
    return (struct span){text, strnlen(text, TEXT_MAX)};
}

static const char *find(struct span text, struct span what)
{
    if (what.len == 0 || what.len > text.len)
        return NULL;
    for (size_t i = 0; i + what.len <= text.len; i++)
        if (strncasecmp(text.at + i, what.at, what.len) == 0)
            return text.at + i;
    return NULL;
}

// Does one of "this|or this" occur?
static bool occurs(struct span text, const char *alternatives)
{
    for (const char *p = alternatives; *p;) {
        size_t n = strcspn(p, "|");
        if (find(text, (struct span){p, n}))
            return true;
        p += n + (p[n] == '|');
    }
    return false;
}

const struct diagnose_row *diagnose_row(size_t index)
{
    const struct diagnose_section *const sections[] = {&diagnose_task, &diagnose_app, &diagnose_aws,
                                                       &diagnose_outside};
    for (size_t i = 0; i < ARRAY_LEN(sections); i++) {
        if (index < sections[i]->count)
            return &sections[i]->rows[index];
        index -= sections[i]->count;
    }
    return NULL;
}

// ---- the word that a signal names

static bool is_word(struct span span)
{
    for (size_t i = 0; i < span.len; i++)
        if (!((span.at[i] >= 'a' && span.at[i] <= 'z') ||
              (span.at[i] >= '0' && span.at[i] <= '9') || span.at[i] == '-'))
            return false;
    return span.len > 0 && span.len <= WORD_MAX;
}

static bool is_known(struct span word)
{
    const struct diagnose_row *row;
    for (size_t i = 0; (row = diagnose_row(i)); i++)
        if (row->word && strlen(row->word) == word.len &&
            strncmp(row->word, word.at, word.len) == 0)
            return true;
    return false;
}

// "word: text" from outside, "text [word]" in a log; len 0 when there is none, or none that the
// table knows.
static struct span word_of(const struct signal *s)
{
    struct span text = text_of(s);
    struct span word = {0};
    if (s->from == SIGNAL_BACKEND || s->from == SIGNAL_GATEWAY) {
        const char *colon = memchr(text.at, ':', text.len);
        word = (struct span){text.at, colon ? (size_t)(colon - text.at) : text.len};
    } else if (s->from == SIGNAL_LOG) {
        while (text.len && strchr(" \r\n", text.at[text.len - 1]))
            text.len--;
        if (text.len < 3 || text.at[text.len - 1] != ']')
            return word;
        size_t start = text.len - 1;
        while (start && text.at[start - 1] != '[')
            start--;
        word = (struct span){text.at + start, start ? text.len - 1 - start : 0};
    }
    if (!is_word(word) || !is_known(word))
        word.len = 0;
    return word;
}

// ---- which row

static bool fits(const struct diagnose_row *row, const struct signal *s, struct span word)
{
    struct span text = text_of(s);
    if (word.len)
        return row->word && strlen(row->word) == word.len &&
               strncmp(row->word, word.at, word.len) == 0 &&
               (!row->only || occurs(text, row->only));
    if (!(row->from & 1u << s->from) || !row->says[0])
        return false;
    for (size_t i = 0; i < DIAGNOSE_SAYS && row->says[i]; i++)
        if (!occurs(text, row->says[i]))
            return false;
    return true;
}

// The backend's log tells a story: what it said of an earlier attempt no longer counts once a later
// attempt said something else, or worked. Index of the line that counts; lines with a word before
// it are history.
static size_t last_word(const struct signal *signals, size_t count)
{
    for (size_t i = count; i > 0; i--)
        if (signals[i - 1].from == SIGNAL_LOG &&
            (word_of(&signals[i - 1]).len || occurs(text_of(&signals[i - 1]), "agent is running")))
            return i - 1;
    return 0;
}

struct match {
    const struct diagnose_row *row;
    size_t order;
    const struct signal *signal;
};

static void look_at(const struct signal *s, struct span word, struct match *best)
{
    const struct diagnose_row *row;
    for (size_t i = 0; (row = diagnose_row(i)); i++) {
        bool better = !best->row || row->rank < best->row->rank ||
                      (row->rank == best->row->rank && i < best->order);
        if (better && fits(row, s, word))
            *best = (struct match){row, i, s};
    }
}

// ---- the sentences

struct slots {
    char *text[DIAGNOSE_SLOTS + 1]; // [0] is not used
};

static char *capture(struct span text, const struct diagnose_capture *c)
{
    const char *hit = find(text, (struct span){c->after, strlen(c->after)});
    if (!hit)
        return NULL;
    const char *start = hit + strlen(c->after);
    size_t rest = (size_t)(text.at + text.len - start);
    size_t n = 0;
    while (n < rest && !strchr(c->until, start[n]))
        n++;
    while (n && strchr(" .,;:)]", start[n - 1])) // the end of a sentence is not part of a name
        n--;
    if (n == 0)
        return NULL;
    return c->keep ? mem_strndup(hit, n + strlen(c->after)) : mem_strndup(start, n);
}

static const char *port_of(const char *address)
{
    const char *colon = strrchr(address, ':');
    size_t digits = colon ? strspn(colon + 1, "0123456789") : 0;
    return colon && digits > 0 && digits <= 5 && colon[1 + digits] == '\0' ? colon + 1 : NULL;
}

static void fill_slots(const struct diagnose_row *row, const struct signal *s, struct slots *out)
{
    for (size_t i = 0; i < DIAGNOSE_CAPTURES && row->captures[i].slot; i++) {
        const struct diagnose_capture *c = &row->captures[i];
        if (!out->text[c->slot])
            out->text[c->slot] = capture(text_of(s), c);
    }
    const char *port = out->text[1] ? port_of(out->text[1]) : NULL;
    if (port && !out->text[2])
        out->text[2] = mem_strdup(port);
}

static const char *fact(const struct diagnose_facts *f, const struct slots *slots, struct span name)
{
    const struct {
        const char *name, *value;
    } known[] = {
        {"1", slots->text[1]},
        {"2", slots->text[2]},
        {"3", slots->text[3]},
        {"subnets", f->subnets},
        {"task_group", f->task_group},
        {"database_group", f->database_group},
        {"repository", f->repository},
        {"digest", f->digest},
        {"architecture", f->architecture},
        {"secret_name", f->secret_name},
        {"log_group", f->log_group},
        {"role", f->role},
        {"port", f->port},
        {"memory_mib", f->memory_mib},
        {"next_memory_mib", f->next_memory_mib},
        {"url", f->url},
        {"region", f->region},
        {"setup", f->setup},
    };
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (strlen(known[i].name) == name.len && strncmp(known[i].name, name.at, name.len) == 0)
            return known[i].value;
    return NULL;
}

// Facts that are lists come as "a,b,c"; people read "a, b, c".
static void add_list(struct str *out, const char *value)
{
    for (const char *p = value; *p; p++) {
        str_addc(out, *p);
        if (*p == ',' && p[1] != ' ')
            str_addc(out, ' ');
    }
}

static char *fill(const char *template, const struct diagnose_facts *facts,
                  const struct slots *slots)
{
    struct str out;
    str_init(&out, SENTENCE_MAX);
    for (const char *p = template; *p;) {
        size_t plain = strcspn(p, "{");
        str_addn(&out, p, plain);
        p += plain;
        const char *end = strchr(p, '}');
        if (!end)
            break;
        struct span name = {p + 1, strcspn(p + 1, "|}")};
        const char *value = fact(facts, slots, name);
        const char *otherwise = name.at + name.len + 1;
        if (!str_empty(value)) {
            AUTO_FREE char *safe = text_safe(value, VALUE_CHARS);
            add_list(&out, safe);
        } else if (otherwise < end) {
            str_addn(&out, otherwise, (size_t)(end - otherwise));
        }
        p = end + 1;
    }
    return str_take(&out);
}

// ---- the whole

bool diagnose(const struct signal *signals, size_t count, const struct diagnose_facts *facts,
              struct diagnosis *out)
{
    static const struct diagnose_facts nothing;
    *out = (struct diagnosis){0};
    struct match best = {0};
    size_t counts = last_word(signals, count);
    for (size_t i = 0; i < count; i++) {
        struct span word = word_of(&signals[i]);
        if (signals[i].from == SIGNAL_LOG && word.len && i < counts)
            continue;
        look_at(&signals[i], word, &best);
    }
    if (!best.row)
        return false;
    struct slots slots = {0};
    fill_slots(best.row, best.signal, &slots);
    out->id = best.row->id;
    out->cause = fill(best.row->cause, facts ? facts : &nothing, &slots);
    out->remedy = fill(best.row->remedy, facts ? facts : &nothing, &slots);
    out->fix = best.row->fix;
    out->certain = best.row->certain;
    for (size_t i = 1; i <= DIAGNOSE_SLOTS; i++)
        mem_free(slots.text[i]);
    return true;
}

void diagnosis_clear(struct diagnosis *diagnosis)
{
    if (!diagnosis)
        return;
    mem_free(diagnosis->cause);
    mem_free(diagnosis->remedy);
    *diagnosis = (struct diagnosis){0};
}

// The kind stays what the caller saw: a diagnosis says why, not what may be done with the call.
bool diagnosis_to_err(const struct diagnosis *diagnosis, struct err *err)
{
    if (!err)
        return false;
    enum err_kind kind = err->kind == ERR_NONE ? ERR_REMOTE : err->kind;
    err_set(err, kind, "%s", diagnosis->cause);
    err_remedy(err, "%s", diagnosis->remedy);
    err_code(err, diagnosis->id);
    return false;
}

const char *diagnosis_fix(const char *id)
{
    const struct diagnose_row *row = NULL;
    for (size_t i = 0; id && (row = diagnose_row(i)); i++)
        if (str_eq(row->id, id))
            return row->fix;
    return NULL;
}
