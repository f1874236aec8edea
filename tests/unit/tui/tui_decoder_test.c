// SPDX-License-Identifier: MIT
// The decoder: every form of a key that terminals send is that key, nothing else is text, and how
// the bytes are cut into reads makes no difference.
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/mem.h"
#include "tests/unit/tui/key_words.h"

struct expectation {
    const char *bytes, *words;
};

static void expect_in(size_t piece, const struct expectation *e, unsigned quiets)
{
    struct decoder *decoder = decoder_new(true);
    char *words = words_of(decoder, e->bytes, strlen(e->bytes), piece, quiets);

    assert_string_equal(words, e->words);
    mem_free(words);
    decoder_free(decoder);
}

// Each row at once, byte by byte and in twos.
static void expect_all(const struct expectation *rows, size_t count, unsigned quiets)
{
    for (size_t i = 0; i < count; i++)
        for (size_t piece = 0; piece < 3; piece++)
            expect_in(piece, &rows[i], quiets);
}

static void arrows_count_in_every_form(void **state)
{
    // Whatever mode the terminal is in: CSI, SS3, with modifiers, rxvt's, after a second Esc.
    static const struct expectation rows[] = {
        {"\033[A\033[B\033[C\033[D", "Up Down Right Left"},
        {"\033OA\033OB\033OC\033OD", "Up Down Right Left"},
        {"\033[1;5A\033[1;3D\033[1;2C", "word Up word Left Right"},
        {"\033[a\033Oc", "Up word Right"},
        {"\033\033[D", "word Left"},
        {"\033O5C", "word Right"},
    };
    expect_all(rows, ARRAY_LEN(rows), 0);
}

static void editing_keys_count_in_every_form(void **state)
{
    // xterm, VT220, rxvt, the Linux console, PuTTY.
    static const struct expectation rows[] = {
        {"\033[H\033[1~\033[7~\033OH", "Home Home Home Home"},
        {"\033[F\033[4~\033[8~\033OF", "End End End End"},
        {"\033[2~\033[3~\033[5~\033[6~", "Insert Delete PageUp PageDown"},
        {"\033[3;5~\033[3^\033[3@", "word Delete word Delete word Delete"},
        {"\033[3$\033[Z\033[27;2;9~\033[9;2u", "Delete BackTab BackTab BackTab"},
        {"\177\b\033\177", "Backspace Backspace word Backspace"},
        {"\033OP\033[11~\033[[A\033[P\033[1;5P", "F1 F1 F1 F1 word F1"},
        {"\033[15~\033[17~\033[24~\033[[E", "F5 F6 F12 F5"},
        {"\033OM\033Oj\033Op\033OX", "Enter * 0 ="},
        {"\r\n\t", "Enter Enter Tab"},
    };
    expect_all(rows, ARRAY_LEN(rows), 0);
}

static void characters_and_controls_are_told_apart(void **state)
{
    // Ctrl with a letter, Alt with a character, characters of one to four bytes.
    static const struct expectation rows[] = {
        {"aZ~ ", "a Z ~ Space"},
        {"\001\003\032\034\037", "^a ^c ^z ^\\ ^_"},
        {"\033x\033\303\251", "M-x M-U+00E9"},
        {"\303\251\346\235\261\360\237\230\200", "U+00E9 U+6771 U+1F600"},
        {"\033[97u\033[97;5u\033[27;5;97~\033[27u\033[13u\033[13;2u", "a ^a ^a Esc Enter Enter"},
        {"\033[57358u", ""}, // kitty: Caps Lock
    };
    expect_all(rows, ARRAY_LEN(rows), 0);
}

static void broken_utf8_is_a_replacement_and_eats_nothing(void **state)
{
    // Overlong, surrogate, too large, lone continuation, broken off by a letter or by a key.
    static const struct expectation rows[] = {
        {"\377\376a", "U+FFFD U+FFFD a"},
        {"\300\200b", "U+FFFD U+FFFD b"},
        {"\340\200\200c", "U+FFFD c"},
        {"\355\240\200d", "U+FFFD d"},
        {"\364\220\200\200e", "U+FFFD e"},
        {"\346\235f", "U+FFFD f"},
        {"\346\235\033[A", "U+FFFD Up"},
        {"\302\233A", "A"}, // C1 CSI as a character: no character
    };
    expect_all(rows, ARRAY_LEN(rows), 0);
}

static void answers_of_the_terminal_are_never_text(void **state)
{
    // Colours, device attributes, cursor position, focus, mouse, DCS, APC: swallowed to their end.
    static const struct expectation rows[] = {
        {"a\033]11;rgb:0000/0000/0000\033\\b", "a b"},
        {"a\033]11;rgb:ffff/ffff/ffff\ab", "a b"},
        {"a\033[?1;2cb", "a b"},
        {"a\033[>41;354;0cb", "a b"},
        {"a\033[24;80Rb", "a b"},
        {"a\033[?2026;2$yb", "a b"},
        {"a\033[I\033[Ob", "a b"},
        {"a\033[<0;99;99Mb\033[<0;99;99mc", "a b c"},
        {"a\033[M !!b", "a b"},
        {"a\033P1+r436f=323536\033\\b", "a b"},
        {"a\033_Gi=1;OK\033\\b", "a b"},
        {"a\033[1;2;3;4;5;6;7;8;9;10;11;12;13;14;15;16;17mb", "a b"},
        {"a\033[200\030b", "a b"},      // cancelled by CAN
        {"a\033[1;5\033[Ab", "a Up b"}, // broken off by another
        {"a\033[1;5\rb", "a Enter b"},
        {"a\033]0;x\033[Bb", "a Down b"},
        {"a\033[201~b", "a b"}, // the end of a paste that never began
    };
    expect_all(rows, ARRAY_LEN(rows), 0);
}

static void a_lone_esc_is_a_key_when_it_stays_alone(void **state)
{
    // Only silence tells; what could have begun a sequence is Alt with that character.
    static const struct expectation rows[] = {
        {"\033", "Esc"},        {"\033\033", "Esc Esc"},    {"\033\033\033", "Esc Esc Esc"},
        {"\033[", "M-["},       {"\033O", "M-O"},           {"\033]", "M-]"},
        {"a\033[1;5", "a"},     {"\033\rx", "Esc Enter x"}, {"\033\033x", "Esc M-x"},
        {"\033]11;rgb:00", ""},
    };
    expect_all(rows, ARRAY_LEN(rows), 10);
    struct decoder *decoder = decoder_new(true);
    char *words = words_of(decoder, "\033", 1, 0, 0);
    assert_string_equal(words, "");
    assert_true(decoder_pending(decoder));
    mem_free(words);
    words = words_of(decoder, "[A", 2, 0, 0); // it was not alone
    assert_string_equal(words, "Up");
    assert_false(decoder_pending(decoder));
    mem_free(words);
    decoder_free(decoder);
}

static void a_paste_is_one_key_with_its_bytes_untouched(void **state)
{
    // Line ends, escapes, controls and broken UTF-8 inside are data; what follows is keys again.
    static const struct expectation rows[] = {
        {"\033[200~one\rtwo\n\033[201~\r", "paste[one\rtwo\n] Enter"},
        {"\033[200~a\033[Ab\003\377\033[201~x", "paste[a\033[Ab\003\377] x"},
        {"\033[200~a\033[201\033[20\033\033[201~", "paste[a\033[201\033[20\033]"},
        {"\033[200~\033[201~\033[200~2\033[201~", "paste[] paste[2]"},
        {"\033[200~\033[200~x\033[201~", "paste[\033[200~x]"},
    };
    expect_all(rows, ARRAY_LEN(rows), 0);
}

static void a_paste_that_is_too_long_is_cut_and_says_so(void **state)
{
    // One byte more than fits; and one without an end is given up after two seconds of silence.
    size_t length = KEY_PASTE_MAX + 1;
    char *bytes = mem_alloc(length + 13);
    struct decoder *decoder = decoder_new(true);
    struct key key;

    memcpy(bytes, "\033[200~", 6);
    memset(bytes + 6, 'x', length);
    memcpy(bytes + 6 + length, "\033[201~", 7);
    decoder_feed(decoder, bytes, length + 12);
    assert_true(decoder_next(decoder, &key));
    assert_int_equal(key.code, K_PASTE);
    assert_int_equal(key.length, KEY_PASTE_MAX);
    assert_true(key.cut);
    assert_int_equal(strlen(key.text), KEY_PASTE_MAX);
    const char *text = key.text;
    assert_false(decoder_next(decoder, &key));
    for (size_t i = 0; i < KEY_PASTE_MAX; i++)
        assert_int_equal(text[i], 0); // wiped as soon as it was used

    mem_free(bytes);
    bytes = words_of(decoder, "\033[200~half", 10, 0, 79);
    assert_string_equal(bytes, "");
    mem_free(bytes);
    bytes = words_of(decoder, "", 0, 0, 1);
    assert_string_equal(bytes, "cut paste[half]");
    mem_free(bytes);
    decoder_free(decoder);
}

static void an_unmarked_paste_is_recognised_when_asked_for(void **state)
{
    // On a terminal that marks none: much text at once with a line end behind it, and only that.
    static const struct expectation rows[] = {
        {"0123456789\r", "paste[0123456789\r]"},
        {"01234\r", "0 1 2 3 4 Enter"},
        {"\033[A\033[A\033[A\r", "Up Up Up Enter"},
        {"abcdefghijk", "a b c d e f g h i j k"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct decoder *decoder = decoder_new(true);
        decoder_guess_paste(decoder, true);
        char *words = words_of(decoder, rows[i].bytes, strlen(rows[i].bytes), 0, 0);
        assert_string_equal(words, rows[i].words);
        mem_free(words);
        decoder_free(decoder);
    }
    expect_in(0, &(struct expectation){"01234567\r", "0 1 2 3 4 5 6 7 Enter"}, 0);
}

static void another_locale_reads_its_own_bytes(void **state)
{
    // In the C locale a byte beyond ASCII is no character.
    setlocale(LC_CTYPE, "C");
    struct decoder *decoder = decoder_new(false);
    char *words = words_of(decoder, "a\351b\033[A", 6, 0, 0);
    assert_string_equal(words, "a U+FFFD b Up");
    mem_free(words);
    decoder_free(decoder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arrows_count_in_every_form),
        cmocka_unit_test(editing_keys_count_in_every_form),
        cmocka_unit_test(characters_and_controls_are_told_apart),
        cmocka_unit_test(broken_utf8_is_a_replacement_and_eats_nothing),
        cmocka_unit_test(answers_of_the_terminal_are_never_text),
        cmocka_unit_test(a_lone_esc_is_a_key_when_it_stays_alone),
        cmocka_unit_test(a_paste_is_one_key_with_its_bytes_untouched),
        cmocka_unit_test(a_paste_that_is_too_long_is_cut_and_says_so),
        cmocka_unit_test(an_unmarked_paste_is_recognised_when_asked_for),
        cmocka_unit_test(another_locale_reads_its_own_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
