// SPDX-License-Identifier: MIT
#include "tui/qr.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { CODEWORDS_MAX = 346, CORRECTION_MAX = 30, FINDER = 7, TIMING = 6 };
enum { MODE_BYTE = 4, PAD_FIRST = 0xEC, PAD_SECOND = 0x11 };

// Table 9 of the standard: how a version's codewords are split, for L and M.
static const struct {
    short codewords;             // data and correction
    unsigned char correction[2]; // of each block
    unsigned char blocks[2];     // the last ones have a data codeword more when it is uneven
    unsigned char alignment[3];  // centres; 0: none
} VERSION[QR_VERSIONS + 1] = {
    [1] = {26, {7, 10}, {1, 1}, {0}},           [2] = {44, {10, 16}, {1, 1}, {6, 18}},
    [3] = {70, {15, 26}, {1, 1}, {6, 22}},      [4] = {100, {20, 18}, {1, 2}, {6, 26}},
    [5] = {134, {26, 24}, {1, 2}, {6, 30}},     [6] = {172, {18, 16}, {2, 4}, {6, 34}},
    [7] = {196, {20, 18}, {2, 4}, {6, 22, 38}}, [8] = {242, {24, 22}, {2, 4}, {6, 24, 42}},
    [9] = {292, {30, 22}, {2, 5}, {6, 26, 46}}, [10] = {346, {18, 26}, {4, 5}, {6, 28, 50}},
};

// The modules that are no data, beside the code itself.
struct work {
    struct qr *qr;
    unsigned char fixed[QR_SIDE_MAX][QR_SIDE_MAX];
};

static int data_codewords(int version, bool medium)
{
    return VERSION[version].codewords -
           VERSION[version].correction[medium] * VERSION[version].blocks[medium];
}

static int count_bits(int version)
{
    return version < 10 ? 8 : 16;
}

static bool holds(int version, bool medium, size_t length)
{
    return 4 + (size_t)count_bits(version) + 8 * length <=
           8 * (size_t)data_codewords(version, medium);
}

// ---- codewords

static unsigned char multiply(unsigned a, unsigned b)
{
    unsigned product = 0;
    for (int i = 7; i >= 0; i--) {
        product = (product << 1) ^ ((product >> 7) * 0x11DU);
        product ^= ((b >> i) & 1U) * a;
    }
    return (unsigned char)product;
}

// Reed-Solomon: the remainder of the data by the generator of that degree.
static void correct(const unsigned char *data, int count, unsigned char *out, int degree)
{
    unsigned char generator[CORRECTION_MAX] = {0};
    unsigned char root = 1;
    generator[degree - 1] = 1;
    for (int i = 0; i < degree; i++) {
        for (int j = 0; j < degree; j++) {
            generator[j] = multiply(generator[j], root);
            if (j + 1 < degree)
                generator[j] ^= generator[j + 1];
        }
        root = multiply(root, 2);
    }
    memset(out, 0, (size_t)degree);
    for (int i = 0; i < count; i++) {
        unsigned char factor = data[i] ^ out[0];
        memmove(out, out + 1, (size_t)degree - 1);
        out[degree - 1] = 0;
        for (int j = 0; j < degree; j++)
            out[j] ^= multiply(generator[j], factor);
    }
}

static void add_bits(unsigned char *out, size_t *at, unsigned value, int bits)
{
    for (int i = bits - 1; i >= 0; i--, (*at)++)
        out[*at / 8] |= (unsigned char)(((value >> i) & 1U) << (7 - *at % 8));
}

static void data_of(const struct qr *qr, const char *text, size_t length, unsigned char *out)
{
    size_t at = 0, room = (size_t)data_codewords(qr->version, qr->medium);
    add_bits(out, &at, MODE_BYTE, 4);
    add_bits(out, &at, (unsigned)length, count_bits(qr->version));
    for (size_t i = 0; i < length; i++)
        add_bits(out, &at, (unsigned char)text[i], 8);
    // The terminator's zero bits, up to four and to the end of a byte, are there already: as the
    // head is 12 or 20 bits long, there are always four to that end.
    size_t used = at / 8 + 1;
    for (unsigned char pad = PAD_FIRST; used < room; pad ^= PAD_FIRST ^ PAD_SECOND)
        out[used++] = pad;
}

// Data and correction of all blocks, a codeword of each in turn.
static void interleave(const struct qr *qr, const unsigned char *data, unsigned char *out)
{
    int blocks = VERSION[qr->version].blocks[qr->medium];
    int degree = VERSION[qr->version].correction[qr->medium];
    int all = data_codewords(qr->version, qr->medium), least = all / blocks;
    int longer_from = blocks - all % blocks;
    for (int b = 0, from = 0; b < blocks; b++) {
        unsigned char correction[CORRECTION_MAX];
        int count = least + (b >= longer_from);
        correct(data + from, count, correction, degree);
        for (int i = 0; i < least; i++)
            out[i * blocks + b] = data[from + i];
        if (count > least)
            out[least * blocks + b - longer_from] = data[from + least];
        for (int i = 0; i < degree; i++)
            out[all + i * blocks + b] = correction[i];
        from += count;
    }
}

// ---- modules

static void fix(struct work *w, int x, int y, bool dark)
{
    if (x < 0 || y < 0 || x >= w->qr->side || y >= w->qr->side)
        return;
    w->qr->dark[y][x] = dark;
    w->fixed[y][x] = 1;
}

static int larger(int a, int b)
{
    return a > b ? a : b;
}

// Rings around a centre: a finder with its light border (radius 4), an alignment pattern (2).
static void rings(struct work *w, int x, int y, int radius)
{
    for (int dy = -radius; dy <= radius; dy++)
        for (int dx = -radius; dx <= radius; dx++) {
            int ring = larger(abs(dx), abs(dy));
            fix(w, x + dx, y + dy, radius == 4 ? ring != 2 && ring != 4 : ring != 1);
        }
}

static void align(struct work *w)
{
    const unsigned char *at = VERSION[w->qr->version].alignment;
    int count = at[0] == 0 ? 0 : at[2] == 0 ? 2 : 3;
    for (int i = 0; i < count; i++)
        for (int j = 0; j < count; j++) {
            bool finder =
                (i == 0 && j == 0) || (i == 0 && j == count - 1) || (i == count - 1 && j == 0);
            if (!finder)
                rings(w, at[i], at[j], 2);
        }
}

static unsigned remainder_of(unsigned value, unsigned generator, int degree)
{
    unsigned rest = value;
    for (int i = 0; i < degree; i++)
        rest = (rest << 1) ^ ((rest >> (degree - 1)) * generator);
    return rest;
}

// The level and the mask, twice.
static void format(struct work *w, int mask)
{
    int side = w->qr->side;
    unsigned value = (w->qr->medium ? 0U : 1U) << 3 | (unsigned)mask;
    unsigned bits = (value << 10 | remainder_of(value, 0x537, 10)) ^ 0x5412;
    for (int i = 0; i < 15; i++) {
        bool dark = (bits >> i) & 1U;
        fix(w, i < 8 ? side - 1 - i : i == 8 ? 7 : 14 - i, 8, dark);
        fix(w, 8, i < 6 ? i : i < 8 ? i + 1 : side - 15 + i, dark);
    }
    fix(w, 8, side - 8, true);
}

static void version_bits(struct work *w)
{
    int side = w->qr->side;
    unsigned value = (unsigned)w->qr->version;
    unsigned bits = value << 12 | remainder_of(value, 0x1F25, 12);
    for (int i = 0; i < 18 && value >= 7; i++) {
        fix(w, side - 11 + i % 3, i / 3, (bits >> i) & 1U);
        fix(w, i / 3, side - 11 + i % 3, (bits >> i) & 1U);
    }
}

static void patterns(struct work *w)
{
    int side = w->qr->side;
    for (int i = 0; i < side; i++) {
        fix(w, TIMING, i, i % 2 == 0);
        fix(w, i, TIMING, i % 2 == 0);
    }
    rings(w, FINDER / 2, FINDER / 2, 4);
    rings(w, side - 1 - FINDER / 2, FINDER / 2, 4);
    rings(w, FINDER / 2, side - 1 - FINDER / 2, 4);
    align(w);
    format(w, 0);
    version_bits(w);
}

// Two columns at a time from the right, up and down in turn.
static void place(struct work *w, const unsigned char *codewords)
{
    int side = w->qr->side, bits = VERSION[w->qr->version].codewords * 8, at = 0;
    for (int right = side - 1; right >= 1; right -= 2) {
        if (right == TIMING)
            right--;
        bool up = ((right + 1) & 2) == 0;
        for (int i = 0; i < 2 * side; i++) {
            int x = right - i % 2, y = up ? side - 1 - i / 2 : i / 2;
            if (w->fixed[y][x] || at >= bits)
                continue;
            w->qr->dark[y][x] = (codewords[at / 8] >> (7 - at % 8)) & 1;
            at++;
        }
    }
}

// ---- the mask

static bool masks(int mask, int x, int y)
{
    switch (mask) {
    case 0: return (x + y) % 2 == 0;
    case 1: return y % 2 == 0;
    case 2: return x % 3 == 0;
    case 3: return (x + y) % 3 == 0;
    case 4: return (x / 3 + y / 2) % 2 == 0;
    case 5: return x * y % 2 + x * y % 3 == 0;
    case 6: return (x * y % 2 + x * y % 3) % 2 == 0;
    default: return ((x + y) % 2 + x * y % 3) % 2 == 0;
    }
}

// Twice is not at all.
static void apply(struct work *w, int mask)
{
    for (int y = 0; y < w->qr->side; y++)
        for (int x = 0; x < w->qr->side; x++)
            w->qr->dark[y][x] ^= !w->fixed[y][x] && masks(mask, x, y);
}

// What looks like a finder, with four light modules at one side; outside all is light.
static int like_finder(const unsigned char *line, int side, int at)
{
    static const unsigned char finder[FINDER] = {1, 0, 1, 1, 1, 0, 1};
    if (at + FINDER > side || memcmp(line + at, finder, FINDER) != 0)
        return 0;
    bool before = true, after = true;
    for (int i = 1; i <= 4; i++) {
        before &= at - i < 0 || !line[at - i];
        after &= at + FINDER - 1 + i >= side || !line[at + FINDER - 1 + i];
    }
    return before || after ? 40 : 0;
}

static int line_penalty(const unsigned char *line, int side)
{
    int penalty = 0, run = 0;
    for (int i = 0; i < side; i++) {
        run = i > 0 && line[i] == line[i - 1] ? run + 1 : 1;
        penalty += run == 5 ? 3 : run > 5;
        penalty += like_finder(line, side, i);
    }
    return penalty;
}

static int penalty_of(const struct qr *qr)
{
    int penalty = 0, dark = 0, side = qr->side;
    for (int y = 0; y < side; y++) {
        unsigned char column[QR_SIDE_MAX];
        for (int x = 0; x < side; x++) {
            column[x] = qr->dark[x][y];
            dark += qr->dark[y][x];
            bool square = x > 0 && y > 0 && qr->dark[y][x] == qr->dark[y][x - 1] &&
                          qr->dark[y][x] == qr->dark[y - 1][x] &&
                          qr->dark[y][x] == qr->dark[y - 1][x - 1];
            penalty += square ? 3 : 0;
        }
        penalty += line_penalty(qr->dark[y], side) + line_penalty(column, side);
    }
    int off = abs(200 * dark - 100 * side * side) / (2 * side * side); // in percent, from a half
    return penalty + off / 5 * 10;
}

static int best_mask(struct work *w)
{
    int best = 0, least = INT32_MAX;
    for (int mask = 0; mask < 8; mask++) {
        apply(w, mask);
        format(w, mask);
        int penalty = penalty_of(w->qr);
        apply(w, mask);
        if (penalty < least) {
            least = penalty;
            best = mask;
        }
    }
    return best;
}

bool qr_make(struct qr *out, const char *text, size_t length, int mask)
{
    int version = 1;
    while (version <= QR_VERSIONS && !holds(version, false, length))
        version++;
    if (length == 0 || version > QR_VERSIONS)
        return false;
    *out = (struct qr){.version = version, .side = 17 + 4 * version};
    out->medium = holds(version, true, length);
    unsigned char data[CODEWORDS_MAX] = {0}, codewords[CODEWORDS_MAX] = {0};
    data_of(out, text, length, data);
    interleave(out, data, codewords);
    struct work work = {.qr = out};
    patterns(&work);
    place(&work, codewords);
    out->mask = mask == QR_BEST_MASK ? best_mask(&work) : mask;
    apply(&work, out->mask);
    format(&work, out->mask);
    return true;
}
