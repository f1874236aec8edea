// SPDX-License-Identifier: MIT
#include "backend/aws/regions.h"

#include "backend/base/mem.h"
#include "backend/base/str.h"

static const struct region table[] = {
    {"eu-central-1", "Frankfurt"},
    {"eu-central-2", "Zurich"},
    {"eu-north-1", "Stockholm"},
    {"eu-south-1", "Milan"},
    {"eu-south-2", "Spain"},
    {"eu-west-1", "Ireland"},
    {"eu-west-2", "London"},
    {"eu-west-3", "Paris"},
    {"us-east-1", "North Virginia"},
    {"us-east-2", "Ohio"},
    {"us-west-1", "North California"},
    {"us-west-2", "Oregon"},
    {"ca-central-1", "Canada, Central"},
    {"ca-west-1", "Calgary"},
    {"mx-central-1", "Mexico"},
    {"sa-east-1", "São Paulo"},
    {"ap-east-1", "Hong Kong"},
    {"ap-east-2", "Taipei"},
    {"ap-northeast-1", "Tokyo"},
    {"ap-northeast-2", "Seoul"},
    {"ap-northeast-3", "Osaka"},
    {"ap-south-1", "Mumbai"},
    {"ap-south-2", "Hyderabad"},
    {"ap-southeast-1", "Singapore"},
    {"ap-southeast-2", "Sydney"},
    {"ap-southeast-3", "Jakarta"},
    {"ap-southeast-4", "Melbourne"},
    {"ap-southeast-5", "Malaysia"},
    {"ap-southeast-6", "New Zealand"},
    {"ap-southeast-7", "Thailand"},
    {"af-south-1", "Cape Town"},
    {"il-central-1", "Tel Aviv"},
    {"me-central-1", "UAE"},
    {"me-south-1", "Bahrain"},
};

const struct region *regions(size_t *out_count)
{
    *out_count = ARRAY_LEN(table);
    return table;
}

const char *region_place(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        if (str_eq(table[i].name, name))
            return table[i].place;
    return NULL;
}
