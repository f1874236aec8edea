// SPDX-License-Identifier: MIT
// Small things that several formats write alike. Results are the caller's.
#ifndef FOREST_EXPORT_MADE_H
#define FOREST_EXPORT_MADE_H

// "Made by forest-setup: export NAME --as FORMAT. ..." as comment lines that begin with `prefix`.
char *made_by(const char *name, const char *format, const char *prefix);
// 'a word of sh, whatever is in it'
char *made_shell(const char *text);

#endif
