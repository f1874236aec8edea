// SPDX-License-Identifier: MIT
#include "tests/unit/tui/key_words.h"

static const char *const names[] = {
    [K_NONE] = "None",
    [K_CHAR] = "",
    [K_CTRL] = "^",
    [K_ALT] = "M-",
    [K_PASTE] = "paste",
    [K_ENTER] = "Enter",
    [K_ESC] = "Esc",
    [K_TAB] = "Tab",
    [K_BACKTAB] = "BackTab",
    [K_BACKSPACE] = "Backspace",
    [K_DELETE] = "Delete",
    [K_UP] = "Up",
    [K_DOWN] = "Down",
    [K_LEFT] = "Left",
    [K_RIGHT] = "Right",
    [K_HOME] = "Home",
    [K_END] = "End",
    [K_PAGE_UP] = "PageUp",
    [K_PAGE_DOWN] = "PageDown",
    [K_INSERT] = "Insert",
    [K_FUNCTION] = "F",
};

static void character(struct str *out, uint32_t ch)
{
    if (ch > ' ' && ch < 0x7f)
        str_addc(out, (char)ch);
    else if (ch == ' ')
        str_add(out, "Space");
    else
        str_addf(out, "U+%04X", ch);
}

void key_word(struct str *out, const struct key *key)
{
    if (out->len > 0)
        str_addc(out, ' ');
    if (key->word)
        str_add(out, "word ");
    if (key->cut)
        str_add(out, "cut ");
    str_add(out, names[key->code]);
    if (key->code == K_PASTE) {
        str_addc(out, '[');
        str_addn(out, key->text, key->length);
        str_addc(out, ']');
    } else if (key->code == K_FUNCTION) {
        str_addf(out, "%u", key->ch);
    } else if (key->code == K_CHAR || key->code == K_CTRL || key->code == K_ALT) {
        character(out, key->ch);
    }
}

static void drain(struct decoder *decoder, struct str *out)
{
    struct key key;

    while (decoder_next(decoder, &key))
        key_word(out, &key);
}

char *words_of(struct decoder *decoder, const char *bytes, size_t length, size_t piece,
               unsigned quiets)
{
    struct str out;

    str_init(&out, STR_FILE);
    if (piece == 0)
        piece = length > 0 ? length : 1;
    for (size_t at = 0; at < length; at += piece) {
        decoder_feed(decoder, bytes + at, length - at < piece ? length - at : piece);
        drain(decoder, &out);
    }
    for (unsigned i = 0; i < quiets; i++) {
        decoder_quiet(decoder);
        drain(decoder, &out);
    }
    return str_take(&out);
}
