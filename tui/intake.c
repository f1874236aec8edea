// SPDX-License-Identifier: MIT
#include "tui/intake.h"

#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/secret.h"
#include "tui/key.h"

enum { ROOM_STEP = 4096, ESC = 0x1b };

static void grow(struct intake *in, size_t left, size_t length)
{
    size_t room = left + length + ROOM_STEP;
    char *bigger = mem_calloc(1, room); // never realloc(): it would leave a copy behind

    if (left > 0)
        memcpy(bigger, in->bytes + in->at, left);
    intake_clear(in);
    in->bytes = bigger;
    in->room = room;
    in->fill = left;
}

void intake_add(struct intake *in, const char *bytes, size_t length)
{
    size_t left = in->fill - in->at;

    if (length == 0)
        return;
    if (left + length > in->room) {
        grow(in, left, length);
    } else if (in->room - in->fill < length) {
        memmove(in->bytes, in->bytes + in->at, left);
        secret_wipe(in->bytes + left, in->room - left);
        in->at = 0;
        in->fill = left;
    }
    memcpy(in->bytes + in->fill, bytes, length);
    in->fill += length;
}

bool intake_next(struct intake *in, unsigned char *out)
{
    if (in->at < in->fill) {
        *out = (unsigned char)in->bytes[in->at++];
        return true;
    }
    if (in->fill > 0)
        secret_wipe(in->bytes, in->fill);
    in->at = in->fill = 0;
    return false;
}

void intake_back(struct intake *in)
{
    in->at--;
}

bool intake_empty(const struct intake *in)
{
    return in->at >= in->fill;
}

void intake_clear(struct intake *in)
{
    if (in->bytes)
        secret_wipe(in->bytes, in->room);
    mem_free(in->bytes);
    memset(in, 0, sizeof(*in));
}

void paste_begin(struct paste *paste)
{
    if (!paste->text)
        paste->text = mem_calloc(1, KEY_PASTE_MAX + 1);
    paste->length = paste->end_matched = 0;
    paste->cut = paste->given = false;
}

static void add(struct paste *paste, const char *bytes, size_t length)
{
    size_t fits = KEY_PASTE_MAX - paste->length;

    if (length > fits) {
        length = fits;
        paste->cut = true;
    }
    memcpy(paste->text + paste->length, bytes, length);
    paste->length += length;
}

// Esc occurs in the end mark only at its start, so that a false start is over at once.
bool paste_byte(struct paste *paste, unsigned char byte)
{
    char c = (char)byte;

    if (c == PASTE_END[paste->end_matched])
        return PASTE_END[++paste->end_matched] == '\0';
    add(paste, PASTE_END, paste->end_matched);
    paste->end_matched = byte == ESC ? 1 : 0;
    if (byte != ESC)
        add(paste, &c, 1);
    return false;
}

void paste_give(struct paste *paste)
{
    paste->text[paste->length] = '\0';
    paste->given = true;
}

void paste_wipe_given(struct paste *paste)
{
    if (!paste->given)
        return;
    secret_wipe(paste->text, paste->length);
    paste->length = 0;
    paste->given = false;
}

void paste_clear(struct paste *paste)
{
    if (paste->text)
        secret_wipe(paste->text, KEY_PASTE_MAX + 1);
    mem_free(paste->text);
    memset(paste, 0, sizeof(*paste));
}
