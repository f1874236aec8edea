// SPDX-License-Identifier: MIT
#include "backend/setup/fargate.h"

#include "backend/base/mem.h"
#include "backend/base/str.h"

struct row {
    unsigned cpu, least, most, step; // step 0: doubles
};

static const struct row rows[] = {
    {256, 512, 2048, 0},          {512, 1024, 4096, 1024},   {1024, 2048, 8192, 1024},
    {2048, 4096, 16384, 1024},    {4096, 8192, 30720, 1024}, {8192, 16384, 61440, 4096},
    {16384, 32768, 122880, 8192},
};

static const struct row *row_of(unsigned cpu)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (rows[i].cpu == cpu)
            return &rows[i];
    return NULL;
}

static unsigned after(const struct row *row, unsigned memory)
{
    return row->step ? memory + row->step : memory * 2;
}

bool fargate_cpu_valid(unsigned cpu_units)
{
    return row_of(cpu_units) != NULL;
}

unsigned fargate_least_memory(unsigned cpu_units)
{
    const struct row *row = row_of(cpu_units);
    return row ? row->least : 0;
}

size_t fargate_memories(unsigned cpu_units, unsigned *out, size_t max)
{
    const struct row *row = row_of(cpu_units);
    size_t n = 0;
    for (unsigned m = row ? row->least : 0; row && m <= row->most; m = after(row, m)) {
        if (n < max)
            out[n] = m;
        n++;
    }
    return n;
}

bool fargate_valid(unsigned cpu_units, unsigned memory_mib)
{
    const struct row *row = row_of(cpu_units);
    for (unsigned m = row ? row->least : 0; row && m <= row->most; m = after(row, m))
        if (m == memory_mib)
            return true;
    return false;
}

bool fargate_next(unsigned cpu_units, unsigned memory_mib, unsigned *out_cpu, unsigned *out_memory)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (rows[i].cpu < cpu_units)
            continue;
        for (unsigned m = rows[i].least; m <= rows[i].most; m = after(&rows[i], m)) {
            bool larger = rows[i].cpu == cpu_units ? m > memory_mib : m >= memory_mib;
            if (!larger)
                continue;
            *out_cpu = rows[i].cpu;
            *out_memory = m;
            return true;
        }
    }
    return false;
}

bool fargate_check(unsigned cpu_units, unsigned memory_mib, struct err *err)
{
    if (fargate_valid(cpu_units, memory_mib))
        return true;
    const struct row *row = row_of(cpu_units);
    if (!row) {
        err_set(err, ERR_INPUT, "%u CPU units is not a size that Fargate has", cpu_units);
        return err_remedy(err, "use 256, 512, 1024, 2048, 4096, 8192 or 16384 (1024 is one vCPU)");
    }
    err_set(err, ERR_INPUT, "%u MB does not go with %u CPU units", memory_mib, cpu_units);
    if (!row->step)
        return err_remedy(err, "use 512, 1024 or 2048");
    return err_remedy(err, "use %u to %u, in steps of %u", row->least, row->most, row->step);
}
