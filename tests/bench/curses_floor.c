// SPDX-License-Identifier: MIT
// The least a curses program can do, to measure beside the wizard: a title, a list, a footer. q or
// Esc leaves.
#include <curses.h>
#include <locale.h>

enum { ROWS = 15 };

static void paint(int at)
{
    erase();
    mvaddstr(0, 1, "a bare curses program");
    mvhline(1, 1, ACS_HLINE, COLS - 2);
    for (int i = 0; i < ROWS; i++) {
        attrset(i == at ? A_REVERSE : A_NORMAL);
        mvprintw(3 + i, 3, "row %d of a list with something to read", i);
    }
    attrset(A_NORMAL);
    mvaddstr(LINES - 1, 1, "Enter continue   Esc back   q quit");
    refresh();
}

int main(void)
{
    int at = 0, key = 0;

    setlocale(LC_ALL, "");
    initscr();
    set_escdelay(25);
    raw();
    noecho();
    keypad(stdscr, TRUE);
    curs_set(0);
    while (key != 'q' && key != 27) {
        paint(at);
        key = getch();
        if (key == KEY_DOWN && at < ROWS - 1)
            at++;
        if (key == KEY_UP && at > 0)
            at--;
    }
    endwin();
    return 0;
}
