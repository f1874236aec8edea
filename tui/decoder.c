// SPDX-License-Identifier: MIT
// Bytes of a terminal -> keys. A state machine in the spirit of ECMA-48's parser: it always knows
// where a sequence ends, so that nothing of one is ever taken for text. What a complete sequence
// means is in sequence.c, what is kept meanwhile in intake.c.
#include "tui/key.h"

#include <string.h>
#include <wchar.h>

#include "backend/base/mem.h"
#include "backend/base/secret.h"
#include "tui/intake.h"
#include "tui/sequence.h"

enum state {
    GROUND,
    CHARACTER, // inside a character of several bytes
    ESCAPE,
    CSI,
    CSI_LINUX, // ESC [ [ A: a function key of the Linux console
    SS3,
    STRING,     // OSC, DCS, APC, PM, SOS: up to BEL or ST
    STRING_ESC, // its ESC: ST follows, or another sequence
    MOUSE,      // ESC [ M and three bytes
    PASTE
};

// How often KEY_ESC_MS of silence must pass before what has begun is given up.
enum { QUIET_ESC = 1, QUIET_CSI = 4, QUIET_STRING = 8, QUIET_PASTE = 80, STRING_MAX = 4096 };

enum { REPLACEMENT = 0xFFFD, DEL = 0x7f, ESC = 0x1b, GUESS_BYTES = 8 };

struct decoder {
    bool utf8, guess;
    enum state state;
    struct intake in;
    struct paste paste;
    bool alt;          // Esc came before what is being read
    uint32_t ch;       // CHARACTER
    unsigned more;     // CHARACTER, MOUSE: bytes that must still come
    uint32_t ch_least; // CHARACTER: a smaller one was written in too many bytes
    mbstate_t shift;   // the same for a locale that is not UTF-8
    struct sequence sequence;
    size_t string_bytes;
    unsigned quiets;
    unsigned owed_esc; // keys to give before anything else: silence told what they were
    uint32_t owed_alt;
};

struct decoder *decoder_new(bool utf8)
{
    struct decoder *d = mem_calloc(1, sizeof(*d));

    d->utf8 = utf8;
    return d;
}

void decoder_free(struct decoder *d)
{
    if (!d)
        return;
    intake_clear(&d->in);
    paste_clear(&d->paste);
    secret_wipe(d, sizeof(*d));
    mem_free(d);
}

void decoder_guess_paste(struct decoder *d, bool guess)
{
    d->guess = guess;
}

static bool give_paste(struct decoder *d, struct key *out)
{
    paste_give(&d->paste);
    d->state = GROUND;
    *out = (struct key){
        .code = K_PASTE, .text = d->paste.text, .length = d->paste.length, .cut = d->paste.cut};
    return true;
}

// Does this look like a paste that the terminal did not mark? Text that ends in a line end, more of
// it at once than anybody types.
static bool looks_pasted(const struct decoder *d, const char *bytes, size_t length)
{
    if (!d->guess || d->state != GROUND || !intake_empty(&d->in) || length <= GUESS_BYTES)
        return false;
    if (bytes[length - 1] != '\r' && bytes[length - 1] != '\n')
        return false;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)bytes[i];

        if ((c < ' ' && c != '\r' && c != '\n' && c != '\t') || c == DEL)
            return false;
    }
    return true;
}

void decoder_feed(struct decoder *d, const char *bytes, size_t length)
{
    bool pasted = looks_pasted(d, bytes, length);

    paste_wipe_given(&d->paste);
    d->quiets = 0;
    if (pasted) {
        paste_begin(&d->paste);
        d->state = PASTE;
    }
    intake_add(&d->in, bytes, length);
    if (pasted)
        intake_add(&d->in, PASTE_END, sizeof(PASTE_END) - 1);
}

static bool give(struct key *out, enum key_code code, uint32_t ch)
{
    *out = (struct key){.code = code, .ch = ch};
    return true;
}

// Shows a character, unless it is a control character in disguise (C1).
static bool give_char(struct decoder *d, uint32_t ch, struct key *out)
{
    bool alt = d->alt;

    d->state = GROUND;
    d->alt = false;
    if (ch < ' ' || (ch >= DEL && ch < 0xa0))
        return false;
    return give(out, alt ? K_ALT : K_CHAR, ch);
}

static bool control(unsigned char byte, struct key *out)
{
    static const char marks[] = "@\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\\]^_";

    switch (byte) {
    case '\r':
    case '\n': return give(out, K_ENTER, 0);
    case '\t': return give(out, K_TAB, 0);
    case '\b':
    case DEL: return give(out, K_BACKSPACE, 0);
    default:
        return give(out, K_CTRL, marks[byte] ? (uint32_t)marks[byte] : (uint32_t)('a' + byte - 1));
    }
}

// The first byte of a character in UTF-8.
static bool lead(struct decoder *d, unsigned char byte, struct key *out)
{
    d->state = CHARACTER;
    if (byte >= 0xc2 && byte <= 0xdf) {
        d->ch = byte & 0x1f;
        d->more = 1;
        d->ch_least = 0x80;
    } else if (byte >= 0xe0 && byte <= 0xef) {
        d->ch = byte & 0x0f;
        d->more = 2;
        d->ch_least = 0x800;
    } else if (byte >= 0xf0 && byte <= 0xf4) {
        d->ch = byte & 0x07;
        d->more = 3;
        d->ch_least = 0x10000;
    } else {
        return give_char(d, REPLACEMENT, out);
    }
    return false;
}

static bool other_locale(struct decoder *d, unsigned char byte, struct key *out)
{
    char c = (char)byte;
    wchar_t wide = 0;
    size_t used = mbrtowc(&wide, &c, 1, &d->shift);

    if (used == (size_t)-2)
        return false; // its next byte comes with the next one
    if (used == (size_t)-1) {
        memset(&d->shift, 0, sizeof(d->shift));
        return give_char(d, REPLACEMENT, out);
    }
    return give_char(d, (uint32_t)wide, out);
}

static bool continuation(struct decoder *d, unsigned char byte, struct key *out)
{
    if ((byte & 0xc0) != 0x80) {
        intake_back(&d->in); // this byte begins something else
        return give_char(d, REPLACEMENT, out);
    }
    d->ch = d->ch << 6 | (byte & 0x3f);
    if (--d->more > 0)
        return false;
    if (d->ch < d->ch_least || d->ch > 0x10ffff || (d->ch >= 0xd800 && d->ch <= 0xdfff))
        d->ch = REPLACEMENT;
    return give_char(d, d->ch, out);
}

static bool ground(struct decoder *d, unsigned char byte, struct key *out)
{
    if (byte == ESC) {
        d->state = ESCAPE;
        return false;
    }
    if (byte < ' ' || byte == DEL)
        return control(byte, out);
    if (byte < 0x80)
        return give_char(d, byte, out);
    return d->utf8 ? lead(d, byte, out) : other_locale(d, byte, out);
}

static void begin_sequence(struct decoder *d, enum state state)
{
    d->state = state;
    memset(&d->sequence, 0, sizeof(d->sequence));
    d->sequence.alt = d->alt;
    d->alt = false;
}

// After an Esc. d->alt: there was one more before it, as some terminals send Alt with an arrow.
static bool escape(struct decoder *d, unsigned char byte, struct key *out)
{
    bool second = d->alt;

    if (byte == ESC) {
        d->alt = true;
        return second && give(out, K_ESC, 0);
    }
    if (byte == '[' || byte == 'O') {
        begin_sequence(d, byte == '[' ? CSI : SS3);
        return false;
    }
    if (second) {
        d->alt = false;
        intake_back(&d->in);
        return give(out, K_ESC, 0);
    }
    if (byte == ']' || byte == 'P' || byte == '_' || byte == '^' || byte == 'X') {
        d->state = STRING;
        d->ch = byte;
        d->string_bytes = 0;
        return false;
    }
    if (byte == DEL || byte == '\b') {
        d->state = GROUND;
        give(out, K_BACKSPACE, 0);
        return out->word = true;
    }
    d->state = GROUND;
    if (byte < ' ') { // Esc and Enter, typed quickly
        intake_back(&d->in);
        return give(out, K_ESC, 0);
    }
    d->alt = true;
    return ground(d, byte, out);
}

static bool finish(struct decoder *d, struct key *out)
{
    switch (sequence_key(&d->sequence, d->state == SS3, out)) {
    case SEQUENCE_KEY: d->state = GROUND; return true;
    case SEQUENCE_PASTE:
        paste_begin(&d->paste);
        d->state = PASTE;
        return false;
    case SEQUENCE_MOUSE:
        d->state = MOUSE;
        d->more = 3;
        return false;
    case SEQUENCE_LINUX: d->state = CSI_LINUX; return false;
    case SEQUENCE_NONE:
    default: d->state = GROUND; return false;
    }
}

static bool sequence_byte(struct decoder *d, unsigned char byte, struct key *out)
{
    if (byte < ' ' || byte >= DEL) { // broken off: what comes is something else
        d->state = GROUND;
        if (byte != 0x18 && byte != 0x1a)
            intake_back(&d->in);
        return false;
    }
    if (!sequence_add(&d->sequence, byte, d->state == SS3))
        return false;
    return finish(d, out);
}

static bool linux_function(struct decoder *d, unsigned char byte, struct key *out)
{
    d->state = GROUND;
    if (byte >= 'A' && byte <= 'E')
        return give(out, K_FUNCTION, (uint32_t)(byte - 'A' + 1));
    return false;
}

static void string_byte(struct decoder *d, unsigned char byte)
{
    d->string_bytes++;
    if (byte == ESC)
        d->state = STRING_ESC;
    else if (byte == '\a' || byte == 0x18 || byte == 0x1a || d->string_bytes > STRING_MAX)
        d->state = GROUND;
}

static bool string_escape(struct decoder *d, unsigned char byte)
{
    d->state = GROUND;
    if (byte != '\\') { // another sequence begins
        d->state = ESCAPE;
        intake_back(&d->in);
    }
    return false;
}

static bool step(struct decoder *d, unsigned char byte, struct key *out)
{
    switch (d->state) {
    case CHARACTER: return continuation(d, byte, out);
    case ESCAPE: return escape(d, byte, out);
    case CSI:
    case SS3: return sequence_byte(d, byte, out);
    case CSI_LINUX: return linux_function(d, byte, out);
    case STRING: string_byte(d, byte); return false;
    case STRING_ESC: return string_escape(d, byte);
    case MOUSE:
        if (--d->more == 0)
            d->state = GROUND;
        return false;
    case PASTE: return paste_byte(&d->paste, byte) && give_paste(d, out);
    case GROUND:
    default: return ground(d, byte, out);
    }
}

bool decoder_next(struct decoder *d, struct key *out)
{
    unsigned char byte;

    paste_wipe_given(&d->paste);
    if (d->owed_esc > 0) {
        d->owed_esc--;
        return give(out, K_ESC, 0);
    }
    if (d->owed_alt) {
        give(out, K_ALT, d->owed_alt);
        d->owed_alt = 0;
        return true;
    }
    if (d->state == PASTE && d->quiets >= QUIET_PASTE) {
        d->paste.cut = true;
        d->quiets = 0;
        return give_paste(d, out);
    }
    while (intake_next(&d->in, &byte))
        if (step(d, byte, out))
            return true;
    return false;
}

bool decoder_pending(const struct decoder *d)
{
    return d->state != GROUND && d->state != CHARACTER;
}

// How often it must be quiet before what was begun is given up.
static unsigned patience(const struct decoder *d)
{
    switch (d->state) {
    case PASTE: return QUIET_PASTE;
    case STRING: return d->string_bytes > 0 ? QUIET_STRING : QUIET_ESC;
    case CSI:
    case SS3: return d->sequence.length > 0 ? QUIET_CSI : QUIET_ESC;
    case STRING_ESC:
    case CSI_LINUX:
    case MOUSE: return QUIET_CSI;
    case GROUND:
    case CHARACTER:
    case ESCAPE:
    default: return QUIET_ESC;
    }
}

void decoder_quiet(struct decoder *d)
{
    if (!decoder_pending(d) || !intake_empty(&d->in) || ++d->quiets < patience(d))
        return;
    if (d->state == PASTE)
        return; // decoder_next() gives it
    d->quiets = 0;
    if (d->state == ESCAPE)
        d->owed_esc += d->alt ? 2 : 1;
    else if ((d->state == CSI || d->state == SS3) && d->sequence.length == 0)
        d->owed_alt = d->state == CSI ? '[' : 'O';
    else if (d->state == STRING && d->string_bytes == 0)
        d->owed_alt = d->ch;
    d->alt = false;
    d->state = GROUND;
}
