/* ctl_steer.c - requests that change something
 * SPDX-License-Identifier: ISC
 */
#include "ctl/ctl_steer.h"

#include <stdio.h>
#include <string.h>

#define ANSWER_MS 5000

enum status
ctl_steer_reload(struct control_client *client, struct control_message *answer)
{
    static const struct control_message request = {.type = CONTROL_RELOAD};
    return control_client_ask(client, &request, answer, CTL_STEER_RELOAD_MS);
}

enum status
ctl_steer_level(struct control_client *client, uint8_t level, struct control_message *answer)
{
    struct control_message request = {.type = CONTROL_LEVEL, .level = level};
    return control_client_ask(client, &request, answer, ANSWER_MS);
}

enum status
ctl_steer_flush(struct control_client *client, const char *name, bool is_below,
                struct control_message *answer)
{
    struct control_message request = {.type = CONTROL_FLUSH, .below = is_below};
    snprintf(request.text, sizeof request.text, "%s", name);
    return control_client_ask(client, &request, answer, CTL_STEER_FLUSH_MS);
}

enum status
ctl_steer_drain(struct control_client *client, struct control_message *answer)
{
    static const struct control_message request = {.type = CONTROL_DRAIN};
    struct control_message end;
    enum status status = control_client_ask(client, &request, answer, ANSWER_MS);
    if (status != STATUS_OK)
        return status;
    status = control_client_next(client, &end, CTL_STEER_DRAIN_MS);
    if (status == STATUS_CLOSED)
        return STATUS_OK;
    return status == STATUS_OK ? STATUS_INVALID : status;
}

void
ctl_steer_upstreams(struct control_client *client, struct ctl_upstreams *told)
{
    static const struct control_message request = {.type = CONTROL_UPSTREAMS};
    struct control_message answer;
    memset(told, 0, sizeof *told);
    if (client->right != CONTROL_OPERATOR)
        return;
    enum status status = control_client_ask(client, &request, &answer, ANSWER_MS);
    for (unsigned i = 0; i < 2 * STATS_UPSTREAMS; i++) {
        bool is_key = answer.type == CONTROL_KEY;
        if (status != STATUS_OK || (!is_key && answer.type != CONTROL_UPSTREAM))
            break;
        if (answer.index < STATS_UPSTREAMS)
            snprintf(is_key ? told->keys[answer.index] : told->addresses[answer.index],
                     sizeof told->keys[0], "%.63s", answer.text);
        status = control_client_next(client, &answer, ANSWER_MS);
    }
}
