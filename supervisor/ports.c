/* ports.c - XM_port_status and the configuration to Ports (see ports.h) */
#include "ports.h"

#include <string.h>

#define PORTS_PER_REPLY 12u

_Static_assert((int)XM__PORT_DIRECTION__PORT_SOURCE == XM_SOURCE_PORT &&
                   (int)XM__PORT_DIRECTION__PORT_DESTINATION == XM_DESTINATION_PORT,
               "directions of abi/guest.h");
_Static_assert((int)XM__MESSAGE_STATE__MESSAGE_NEW << XM_COMM_PORT_STATUS_B == XM_COMM_NEW_MSG &&
                   (int)XM__MESSAGE_STATE__MESSAGE_CONSUMED << XM_COMM_PORT_STATUS_B ==
                       XM_COMM_CONSUMED_MSG,
               "states of abi/guest.h");

/* The hypervisor counts in a channel what moved: of a queue what was taken, so that all that was
 * sent is that and what waits. */
static void fill_counters(const struct xm_port_status *now, bool queuing, Xm__Port *port)
{
    port->waiting = now->waiting;
    port->last_bytes = now->last.lastMsgSize;
    port->sent = now->moved + (queuing ? now->waiting : 0);
    if (queuing) {
        port->received = now->moved;
        port->refused = now->refused;
        return;
    }
    port->written_us = (uint64_t)now->last.timestamp;
    port->valid = (now->last.flags & XM_COMM_MSG_VALID) != 0;
    port->state = (Xm__MessageState)(now->last.flags >> XM_COMM_PORT_STATUS_B &
                                     XM_COMM_PORT_STATUS_M);
}

/* Fills in a port, counted over all partitions; false: there is none. */
static bool fill(uint32_t index, struct view_port *configured, Xm__Port *port)
{
    struct xm_port_status now;

    if (!view_port(index, configured) ||
        XM_port_status(configured->partition, configured->number, &now) != XM_OK) {
        return false;
    }
    xm__port__init(port);
    port->partition = configured->partition;
    port->port = configured->number;
    port->name = configured->name;
    port->kind = configured->queuing ? XM__PORT_KIND__PORT_QUEUING : XM__PORT_KIND__PORT_SAMPLING;
    port->direction = (Xm__PortDirection)configured->direction;
    port->channel = configured->channel;
    port->message_bytes = configured->message_bytes;
    port->depth = configured->depth;
    port->valid_period_us = configured->valid_period_us;
    port->open = now.is_open != 0;
    fill_counters(&now, configured->queuing, port);
    return true;
}

/* Answers with the ports of all partitions from number `first` on, as many as fit. */
void ports_list(const struct asker *asker, const Xm__Request *request)
{
    static struct view_port configured[PORTS_PER_REPLY];
    static Xm__Port ports[PORTS_PER_REPLY], *pointers[PORTS_PER_REPLY];
    Xm__Ports list = XM__PORTS__INIT;
    Xm__Reply *reply = reply_open(asker, XM__STAGE__STAGE_COMPLETED);
    uint32_t first = request->port_list->first;

    list.total = view_port_count();
    list.port = pointers;
    reply->result_case = XM__REPLY__RESULT_PORTS;
    reply->ports = &list;
    for (uint32_t i = 0; i < PORTS_PER_REPLY && first < list.total && i < list.total - first &&
                         fill(first + i, &configured[i], &ports[i]);
         i++) {
        pointers[i] = &ports[i];
        list.n_port = i + 1;
        if (!reply_fits()) {
            list.n_port = i;
            break;
        }
    }
    reply_close();
}
