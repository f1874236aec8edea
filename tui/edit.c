// SPDX-License-Identifier: MIT
#include "tui/edit.h"

#include <string.h>
#include <sys/mman.h>

#include "backend/base/mem.h"
#include "backend/base/secret.h"
#include "tui/width.h"

static const char SEVERAL_LINES[] = "The pasted text has several lines: nothing was taken.";
static const char CONTROLS[] = "The pasted text has control characters: nothing was taken.";
static const char TOO_LONG[] = "Longer than this may be: nothing was taken.";
static const char FULL[] = "It cannot be longer than this.";
static const char NOTHING[] = "The pasted text is empty.";

void edit_init(struct edit *e, size_t max_bytes, bool secret)
{
    *e = (struct edit){.capacity = max_bytes + 1, .secret = secret};
    e->text = mem_calloc(e->capacity, 1);
    // Without the right to lock it works all the same: wiping does not depend on it.
    if (secret)
        mlock(e->text, e->capacity);
}

void edit_clear(struct edit *e)
{
    if (e->text != NULL) {
        secret_wipe(e->text, e->capacity);
        if (e->secret)
            munlock(e->text, e->capacity);
        mem_free(e->text);
    }
    *e = (struct edit){0};
}

const char *edit_text(const struct edit *e)
{
    return e->text != NULL ? e->text : "";
}

size_t edit_chars(const struct edit *e)
{
    size_t chars = 0;
    for (size_t at = 0, step; (step = text_step(edit_text(e), at)) > 0; at += step)
        chars++;
    return chars;
}

// Takes out [from, to) and wipes what the text no longer reaches.
static void cut(struct edit *e, size_t from, size_t to)
{
    if (from >= to)
        return;
    memmove(e->text + from, e->text + to, e->length - to);
    secret_wipe(e->text + e->length - (to - from), to - from);
    e->length -= to - from;
    e->cursor = from;
    e->changed = true;
}

static bool insert(struct edit *e, const char *bytes, size_t count, const char *problem)
{
    if (e->text == NULL || count > e->capacity - 1 - e->length) {
        e->problem = problem;
        return false;
    }
    memmove(e->text + e->cursor + count, e->text + e->cursor, e->length - e->cursor);
    memcpy(e->text + e->cursor, bytes, count);
    e->length += count;
    e->cursor += count;
    e->changed = true;
    return true;
}

void edit_set(struct edit *e, const char *text)
{
    size_t length = text != NULL ? strlen(text) : 0;
    e->problem = NULL;
    if (e->text == NULL || length >= e->capacity) {
        e->problem = TOO_LONG;
        return;
    }
    if (text != NULL && text != e->text && strcmp(text, e->text) == 0)
        return;
    if (length > 0)
        memmove(e->text, text, length);
    secret_wipe(e->text + length, e->capacity - length);
    e->length = e->cursor = length;
    e->scroll = 0;
    e->changed = true;
}

bool edit_settle(struct edit *e)
{
    bool changed = e->changed;
    e->changed = false;
    return changed;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

// Why this cannot be in one line; NULL when it can.
static const char *objection(const char *text, size_t length)
{
    if (length == 0)
        return NOTHING;
    for (size_t i = 0; i < length;) {
        uint32_t ch = 0;
        bool ok = false;
        if (text[i] == '\n' || text[i] == '\r')
            return SEVERAL_LINES;
        size_t bytes = utf8_decode(text + i, &ch, &ok);
        if (!ok || bytes == 0 || ch < ' ' || (ch >= 0x7F && ch < 0xA0))
            return CONTROLS;
        i += bytes;
    }
    return NULL;
}

static void paste(struct edit *e, const struct key *key)
{
    const char *text = key->text != NULL ? key->text : "";
    size_t length = key->text != NULL ? key->length : 0;
    while (length > 0 && is_blank(*text)) {
        text++;
        length--;
    }
    while (length > 0 && is_blank(text[length - 1]))
        length--;
    e->problem = key->cut ? TOO_LONG : objection(text, length);
    if (e->problem != NULL)
        return;
    bool over = e->secret && !e->shown;
    if (length > e->capacity - 1 - (over ? 0 : e->length)) {
        e->problem = TOO_LONG;
        return;
    }
    // Nobody can see where in dots they paste: a new value takes the place of the old one.
    if (over)
        cut(e, 0, e->length);
    insert(e, text, length, TOO_LONG);
}

static bool is_word(char c)
{
    return c != ' ' && c != '/' && c != ':' && c != '@' && c != '.' && c != '-';
}

// Where the word before the cursor begins; all of it when dots hide where words are.
static size_t word_back(const struct edit *e)
{
    size_t at = e->cursor;
    if (e->secret && !e->shown)
        return 0;
    while (at > 0 && !is_word(e->text[at - 1]))
        at--;
    while (at > 0 && is_word(e->text[at - 1]))
        at--;
    return at;
}

static size_t word_on(const struct edit *e)
{
    size_t at = e->cursor;
    if (e->secret && !e->shown)
        return e->length;
    while (at < e->length && !is_word(e->text[at]))
        at++;
    while (at < e->length && is_word(e->text[at]))
        at++;
    return at;
}

static size_t left_of(const struct edit *e, bool word)
{
    return word ? word_back(e) : e->cursor - text_step_back(edit_text(e), e->cursor);
}

static size_t right_of(const struct edit *e, bool word)
{
    return word ? word_on(e) : e->cursor + text_step(edit_text(e), e->cursor);
}

static bool control(struct edit *e, uint32_t ch)
{
    switch (ch) {
    case 'a': e->cursor = 0; return true;
    case 'e': e->cursor = e->length; return true;
    case 'u': cut(e, 0, e->cursor); return true;
    case 'k': cut(e, e->cursor, e->length); return true;
    case 'w': cut(e, word_back(e), e->cursor); return true;
    case 'h': cut(e, left_of(e, false), e->cursor); return true;
    case 'r': e->shown = e->secret && !e->shown; return e->secret;
    default: return false;
    }
}

static bool alt(struct edit *e, uint32_t ch)
{
    switch (ch) {
    case 'b': e->cursor = word_back(e); return true;
    case 'f': e->cursor = word_on(e); return true;
    case 'd': cut(e, e->cursor, word_on(e)); return true;
    default: return false;
    }
}

static bool type(struct edit *e, uint32_t ch)
{
    char bytes[4];
    if (ch < ' ' || (ch >= 0x7F && ch < 0xA0) || ch > 0x10FFFF)
        return false;
    return insert(e, bytes, utf8_encode(ch, bytes), FULL) || e->problem != NULL;
}

static bool edit_moved(struct edit *e, const struct key *key)
{
    switch ((unsigned)key->code) {
    case K_LEFT: e->cursor = left_of(e, key->word); return true;
    case K_RIGHT: e->cursor = right_of(e, key->word); return true;
    case K_HOME: e->cursor = 0; return true;
    case K_END: e->cursor = e->length; return true;
    case K_BACKSPACE: cut(e, left_of(e, key->word), e->cursor); return true;
    case K_DELETE: cut(e, e->cursor, right_of(e, key->word)); return true;
    default: return false;
    }
}

bool edit_key(struct edit *e, const struct key *key)
{
    const char *before = e->problem;
    e->problem = NULL;
    bool taken = false;
    if (e->text == NULL)
        taken = false;
    else if (key->code == K_CHAR)
        taken = type(e, key->ch);
    else if (key->code == K_CTRL)
        taken = control(e, key->ch);
    else if (key->code == K_ALT)
        taken = alt(e, key->ch);
    else if (key->code == K_PASTE) {
        paste(e, key);
        taken = true;
    } else
        taken = edit_moved(e, key);
    if (!taken)
        e->problem = before;
    return taken;
}
