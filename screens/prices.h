// SPDX-License-Identifier: MIT
// What a setup costs a month: an estimate from list prices that are part of the program, each with
// the date it was looked up. Pure; no network.
//
// The table is assets/prices/us-east-1.def. Data that is sent (NAT, load balancer, API requests) is
// not in it, because nobody knows it before; prices_basis() says so wherever an amount is shown.
#ifndef FOREST_SCREENS_PRICES_H
#define FOREST_SCREENS_PRICES_H

#include <stdbool.h>
#include <stddef.h>

#include "backend/setup/answers.h"

enum { PRICES_MAX = 10 };

struct price_item {
    const char *what; // "load balancer"; static
    double month;     // USD
};

// What is billed for these answers, the dearest first; returns how many of `out` are filled.
size_t prices_of(const struct answers *answers, struct price_item out[PRICES_MAX]);
double prices_month(const struct answers *answers); // their sum
// Of all tasks together.
double prices_tasks_month(unsigned cpu_units, unsigned memory_mib, enum cpu_arch arch,
                          unsigned tasks);
double prices_new_vpc_month(void); // one NAT gateway with its public address
// What a resource that a destroy left behind costs a month; 0 for what AWS gives for nothing
// (roles, groups, clusters). `left` is an ARN, also with a remark behind it. `answers` (or NULL:
// not counted) say how large the containers of a service are. False when it is no ARN.
bool prices_left(const char *left, const struct answers *answers, double *month);
char *prices_text(double month);        // "$36.50"; the caller's
char *prices_basis(const char *region); // "list prices of us-east-1 ..."; the caller's
const char *prices_checked(void);       // "2026-06"

#endif
