// SPDX-License-Identifier: MIT
// The tables: each file of steps exports its rows, table.c puts them in a row. To add a resource:
// one row in the table of the file it belongs to, its functions above it; nothing else changes.
#ifndef FOREST_STEPS_TABLES_H
#define FOREST_STEPS_TABLES_H

#include "backend/engine/step.h"

extern const struct step network_steps[];
extern const size_t network_step_count;
extern const struct step new_vpc_steps[];
extern const size_t new_vpc_step_count;
extern const struct step new_vpc_way_steps[];
extern const size_t new_vpc_way_step_count;
extern const struct step group_steps[];
extern const size_t group_step_count;
extern const struct step firewall_steps[];
extern const size_t firewall_step_count;
extern const struct step permission_steps[];
extern const size_t permission_step_count;
extern const struct step database_steps[];
extern const size_t database_step_count;
extern const struct step key_steps[];
extern const size_t key_step_count;
extern const struct step secret_steps[];
extern const size_t secret_step_count;
extern const struct step log_group_steps[];
extern const size_t log_group_step_count;
extern const struct step image_steps[];
extern const size_t image_step_count;
extern const struct step balancer_steps[];
extern const size_t balancer_step_count;
extern const struct step address_steps[];
extern const size_t address_step_count;
extern const struct step task_definition_steps[];
extern const size_t task_definition_step_count;
extern const struct step service_steps[];
extern const size_t service_step_count;
extern const struct step tag_steps[];
extern const size_t tag_step_count;
extern const struct step verify_steps[];
extern const size_t verify_step_count;

#endif
