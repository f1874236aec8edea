// SPDX-License-Identifier: MIT
// The sequences of xterm, its many relatives (VTE, kitty, iTerm, Windows Terminal, tmux), rxvt, the
// Linux console and the VT220. Arrows count in each form that any of them sends, whatever mode the
// terminal is in.
#include "tui/sequence.h"

#include <string.h>

#include "backend/base/mem.h"

enum { SHIFT = 1, ALT = 2, CTRL = 4 };

static const struct {
    char final;
    enum key_code code;
    uint32_t ch;
} letters[] = {
    {'A', K_UP, 0},       {'B', K_DOWN, 0},     {'C', K_RIGHT, 0},    {'D', K_LEFT, 0},
    {'H', K_HOME, 0},     {'F', K_END, 0},      {'Z', K_BACKTAB, 0},  {'P', K_FUNCTION, 1},
    {'Q', K_FUNCTION, 2}, {'R', K_FUNCTION, 3}, {'S', K_FUNCTION, 4},
};

static const struct {
    unsigned number;
    enum key_code code;
    uint32_t ch;
} tildes[] = {
    {1, K_HOME, 0},      {7, K_HOME, 0},       {4, K_END, 0},        {8, K_END, 0},
    {2, K_INSERT, 0},    {3, K_DELETE, 0},     {5, K_PAGE_UP, 0},    {6, K_PAGE_DOWN, 0},
    {11, K_FUNCTION, 1}, {12, K_FUNCTION, 2},  {13, K_FUNCTION, 3},  {14, K_FUNCTION, 4},
    {15, K_FUNCTION, 5}, {17, K_FUNCTION, 6},  {18, K_FUNCTION, 7},  {19, K_FUNCTION, 8},
    {20, K_FUNCTION, 9}, {21, K_FUNCTION, 10}, {23, K_FUNCTION, 11}, {24, K_FUNCTION, 12},
};

// The numeric keypad, when it sends sequences: ESC O j is '*', and so on.
static const char keypad[] = "j*k+l,m-n.o/p0q1r2s3t4u5v6w7x8y9X=";

static bool is_private(const struct sequence *s)
{
    return s->length > 0 && s->bytes[0] >= '<' && s->bytes[0] <= '?';
}

bool sequence_add(struct sequence *s, unsigned char byte, bool ss3)
{
    bool parameter = byte >= '0' && byte <= '?';
    bool between = byte >= ' ' && byte <= '/';

    // rxvt ends a key with Shift in '$', which is not an end to anybody else.
    if (byte == '$' && !ss3 && s->length > 0 && !is_private(s))
        between = false;
    if (ss3)
        between = false; // ESC O takes one character, at most after a modifier
    if (parameter || between) {
        if (s->length < sizeof(s->bytes) - 1)
            s->bytes[s->length++] = (char)byte;
        else
            s->too_long = true;
        return false;
    }
    s->final = (char)byte;
    return true;
}

// "1;5" -> {1, 5}; sub-parameters after a colon are left out. Missing ones are 0.
static size_t numbers(const struct sequence *s, unsigned *out, size_t room)
{
    size_t count = 0;
    bool sub = false;

    for (size_t i = 0; i < room; i++)
        out[i] = 0;
    for (size_t i = 0; i < s->length; i++) {
        char c = s->bytes[i];

        if (c == ';') {
            sub = false;
            if (++count >= room)
                return room;
        } else if (c == ':') {
            sub = true;
        } else if (c >= '0' && c <= '9' && !sub && out[count] < 0x110000) {
            out[count] = out[count] * 10 + (unsigned)(c - '0');
        }
    }
    return s->length > 0 ? count + 1 : 0;
}

static enum sequence_meaning key(struct key *out, enum key_code code, uint32_t ch, unsigned mods)
{
    *out = (struct key){.code = code, .ch = ch, .word = (mods & (ALT | CTRL)) != 0};
    return SEQUENCE_KEY;
}

// A key that was sent by its character and modifiers: CSI 27;5;9~ of xterm, CSI 9;5u of others.
static enum sequence_meaning by_character(unsigned ch, unsigned mods, struct key *out)
{
    switch (ch) {
    case '\r':
    case '\n': return key(out, K_ENTER, 0, 0);
    case '\t': return key(out, mods & SHIFT ? K_BACKTAB : K_TAB, 0, 0);
    case 0x1b: return key(out, K_ESC, 0, 0);
    case '\b':
    case 0x7f: return key(out, K_BACKSPACE, 0, mods);
    default: break;
    }
    if (ch < ' ' || (ch > 0x7e && ch < 0xa0) || ch > 0x10ffff || (ch >= 0xd800 && ch <= 0xdfff) ||
        (ch >= 0xe000 && ch <= 0xf8ff)) // kitty's numbers for keys without a character
        return SEQUENCE_NONE;
    if ((mods & CTRL) && ch >= '@' && ch < 0x7f) {
        bool letter = (ch | 0x20) >= 'a' && (ch | 0x20) <= 'z';

        return key(out, K_CTRL, letter ? ch | 0x20 : ch, 0);
    }
    return key(out, mods & ALT ? K_ALT : K_CHAR, ch, 0);
}

static enum sequence_meaning tilde(const unsigned *n, unsigned mods, struct key *out)
{
    if (n[0] == 200)
        return SEQUENCE_PASTE;
    if (n[0] == 27)
        return by_character(n[2], mods, out);
    for (size_t i = 0; i < ARRAY_LEN(tildes); i++)
        if (tildes[i].number == n[0])
            return key(out, tildes[i].code, tildes[i].ch, mods);
    return SEQUENCE_NONE;
}

static enum sequence_meaning letter(char final, unsigned mods, struct key *out)
{
    for (size_t i = 0; i < ARRAY_LEN(letters); i++)
        if (letters[i].final == final)
            return key(out, letters[i].code, letters[i].ch, mods);
    return SEQUENCE_NONE;
}

static enum sequence_meaning from_ss3(const struct sequence *s, unsigned mods, struct key *out)
{
    const char *at;

    if (s->length == 0 && s->final != 'X' && s->final >= 'j' && s->final <= 'y') {
        for (at = keypad; *at; at += 2)
            if (*at == s->final)
                return key(out, K_CHAR, (uint32_t)at[1], 0);
    }
    if (s->final == 'M')
        return key(out, K_ENTER, 0, 0);
    if (s->final == 'I')
        return key(out, K_TAB, 0, 0);
    if (s->final == 'X')
        return key(out, K_CHAR, '=', 0);
    if (s->final >= 'a' && s->final <= 'd') // rxvt, with Ctrl
        return letter((char)(s->final - 0x20), CTRL, out);
    return letter(s->final, mods, out);
}

enum sequence_meaning sequence_key(const struct sequence *s, bool ss3, struct key *out)
{
    unsigned n[3];
    size_t count = numbers(s, n, ARRAY_LEN(n));
    unsigned mods = n[1] > 1 ? n[1] - 1 : 0;

    if (s->too_long || is_private(s))
        return SEQUENCE_NONE;
    if (s->alt)
        mods |= ALT;
    if (ss3)
        return from_ss3(s, count == 1 && n[0] > 1 ? mods | (n[0] - 1) : mods, out);
    if (s->length > 0 && s->bytes[s->length - 1] < '0') // with an intermediate: not a key
        return SEQUENCE_NONE;
    switch (s->final) {
    case '~': return tilde(n, mods, out);
    case '^': // rxvt: with Ctrl
    case '@': return tilde(n, mods | CTRL, out);
    case '$': return tilde(n, mods | SHIFT, out);
    case 'u': return count > 0 ? by_character(n[0], mods, out) : SEQUENCE_NONE;
    case 'M': return s->length == 0 ? SEQUENCE_MOUSE : SEQUENCE_NONE;
    case '[': return s->length == 0 ? SEQUENCE_LINUX : SEQUENCE_NONE;
    case 'a':
    case 'b':
    case 'c':
    case 'd': // rxvt: with Shift; an answer about the terminal also ends in 'c', with numbers
        return s->length == 0 ? letter((char)(s->final - 0x20), SHIFT, out) : SEQUENCE_NONE;
    default: // numbers other than "1;modifier" make it an answer: where the cursor is
        if (count > 1 && (n[0] > 1 || n[1] > 16))
            return SEQUENCE_NONE;
        return letter(s->final, mods, out);
    }
}
