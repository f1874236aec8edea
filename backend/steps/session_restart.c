// SPDX-License-Identifier: MIT
// The same containers once more: for what the backend learns only when it starts.
#include "backend/aws/ecs.h"
#include "backend/engine/facts.h"
#include "backend/steps/session_private.h"

bool session_restart(struct session *s, struct err *err)
{
    if (!session_need_stack(s, err))
        return false;
    const char *cluster = facts_get(s->facts, "cluster.arn");
    if (!cluster)
        return err_set(err, ERR_NOT_FOUND, "%s has no backend that runs", session_name(s));
    JSON_AUTO *body = json_strings("cluster", cluster, "service", s->stack->names.base, NULL);
    json_put_bool(body, "forceNewDeployment", true);
    return ecs_update_service(s->stack->aws, body, err) ||
           err_wrap(err, "the backend could not be started anew");
}

bool session_restarted(struct session *s, bool *out_all_new, struct err *err)
{
    *out_all_new = false;
    const char *cluster = facts_get(s->facts, "cluster.arn");
    JSON_AUTO *service = NULL;
    if (!cluster || !session_need_stack(s, err) ||
        !ecs_get_service(s->stack->aws, cluster, s->stack->names.base, &service, err))
        return false;
    *out_all_new = json_count(json_get(service, "deployments")) == 1 &&
                   json_int(service, "runningCount", 0) == json_int(service, "desiredCount", -1);
    return true;
}
