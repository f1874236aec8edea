// SPDX-License-Identifier: MIT
// The sizes that Fargate runs (facts aws.md 8; ECS RegisterTaskDefinition, members cpu and memory).
// Pure. cpu is in CPU units (1024 = 1 vCPU), memory in MiB.
#ifndef FOREST_SETUP_FARGATE_H
#define FOREST_SETUP_FARGATE_H

#include <stdbool.h>
#include <stddef.h>

#include "backend/base/err.h"

bool fargate_cpu_valid(unsigned cpu_units);
bool fargate_valid(unsigned cpu_units, unsigned memory_mib);
// The smallest memory that goes with these CPU units; 0 when Fargate does not know them.
unsigned fargate_least_memory(unsigned cpu_units);
// The next larger size: more memory for the same CPU, else the next CPU with at least as much.
// False at the end.
bool fargate_next(unsigned cpu_units, unsigned memory_mib, unsigned *out_cpu, unsigned *out_memory);
// Every memory for these CPU units in increasing order; returns how many, writes at most `max`.
size_t fargate_memories(unsigned cpu_units, unsigned *out, size_t max);
// ERR_INPUT says which sizes go together.
bool fargate_check(unsigned cpu_units, unsigned memory_mib, struct err *err);

#endif
