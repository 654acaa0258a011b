/* requests.h - requests of the tests, one line each
 *
 * REQUEST(name, id, OP, field, INIT, values...) defines a request `name` with its operation. */
#ifndef TEST_REQUESTS_H
#define TEST_REQUESTS_H

#include "supervisor.pb-c.h"

#define REQUEST(name, number, OP, field, type, INIT)                                               \
    type name##_op = INIT;                                                                         \
    Xm__Request name = XM__REQUEST__INIT;                                                          \
    name.id = (number);                                                                            \
    name.op_case = XM__REQUEST__OP_##OP;                                                           \
    name.field = &name##_op

#define PING(name, number) REQUEST(name, number, PING, ping, Xm__Ping, XM__PING__INIT)
#define CONTROL(name, number, who, what)                                                           \
    REQUEST(name, number, PARTITION_CONTROL, partition_control, Xm__PartitionControl,              \
            XM__PARTITION_CONTROL__INIT);                                                          \
    name.confirmed = 1;                                                                            \
    name##_op.partition = (who);                                                                   \
    name##_op.action = XM__PARTITION_ACTION__PARTITION_##what
#define SWITCH(name, number, which)                                                                \
    REQUEST(name, number, PLAN_SWITCH, plan_switch, Xm__PlanSwitch, XM__PLAN_SWITCH__INIT);        \
    name.confirmed = 1;                                                                            \
    name##_op.plan = (which)
#define LOG_READ(name, number, which, who, from, most)                                             \
    REQUEST(name, number, LOG_READ, log_read, Xm__LogRead, XM__LOG_READ__INIT);                    \
    name##_op.book = XM__BOOK__BOOK_##which;                                                       \
    name##_op.source = (who);                                                                      \
    name##_op.from_seq = (from);                                                                   \
    name##_op.max_items = (most)
#define SYSTEM_CONTROL(name, number, what, token)                                                  \
    REQUEST(name, number, SYSTEM_CONTROL, system_control, Xm__SystemControl,                       \
            XM__SYSTEM_CONTROL__INIT);                                                             \
    name##_op.action = XM__SYSTEM_ACTION__SYSTEM_##what;                                           \
    name.hazard_token = (token)
#define LINK_STATUS(name, number)                                                                  \
    REQUEST(name, number, LINK_STATUS, link_status, Xm__LinkStatus, XM__LINK_STATUS__INIT)
#define PORT_LIST(name, number, begin)                                                             \
    REQUEST(name, number, PORT_LIST, port_list, Xm__PortList, XM__PORT_LIST__INIT);                \
    name##_op.first = (begin)
#define MEMORY_LIST(name, number, who, begin)                                                      \
    REQUEST(name, number, MEMORY_LIST, memory_list, Xm__MemoryList, XM__MEMORY_LIST__INIT);        \
    name##_op.partition = (who);                                                                   \
    name##_op.first = (begin)
#define MEMORY_CHECK(name, number, who, where, bytes)                                              \
    REQUEST(name, number, MEMORY_CHECK, memory_check, Xm__MemoryCheck, XM__MEMORY_CHECK__INIT);    \
    name##_op.partition = (who);                                                                   \
    name##_op.address = (where);                                                                   \
    name##_op.size = (bytes)
#define PARTITION_LIST(name, number, begin)                                                        \
    REQUEST(name, number, PARTITION_LIST, partition_list, Xm__PartitionList,                       \
            XM__PARTITION_LIST__INIT);                                                             \
    name##_op.first = (begin)

#endif
