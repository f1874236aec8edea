// SPDX-License-Identifier: MIT
#include "backend/engine/event.h"

#include "backend/engine/engine.h"

const char *event_type_name(enum event_type type)
{
    switch (type) {
    case EVENT_PLAN_ITEM: return "plan_item";
    case EVENT_STEP_STARTED: return "step_started";
    case EVENT_STEP_NOTE: return "step_note";
    case EVENT_STEP_BYTES: return "step_bytes";
    case EVENT_STEP_LOG: return "step_log";
    case EVENT_STEP_DONE: return "step_done";
    case EVENT_STEP_FAILED: return "step_failed";
    case EVENT_STEP_WAITING: return "step_waiting";
    case EVENT_WARNING: return "warning";
    }
    return "unknown";
}

const char *plan_action_name(enum plan_action action)
{
    switch (action) {
    case PLAN_CREATE: return "create";
    case PLAN_REUSE: return "reuse";
    case PLAN_CHANGE: return "change";
    case PLAN_CHECK: return "check";
    case PLAN_BLOCKED: return "blocked";
    }
    return "unknown";
}
