/* journal.h - at most once: the last commands that changed something
 *
 * A reply may be lost, and the ground then sends the same request again. A command found here is
 * answered with its last reply, byte for byte, and not executed. A request that only asks is not
 * kept: it is answered afresh.
 *
 * Each stage that a command reaches is also a record in the supervisor's own trace stream, which
 * the kernel numbers and keeps over a reset. From there the places are filled again at start: with
 * everything but the replies. ACCEPTED is written before the hypervisor is asked, so a command
 * that a reset caught on its way is found as begun, never as new. A record of command 0 marks the
 * start of a life: what had not ended before it was cut off. One without a stage says that the
 * command is void: nobody had received it when the ground asked, and what the ground was told stays
 * true.
 *
 * Rules:     journal_find() before journal_open(), that before anything changes, and
 *            journal_reach(ACCEPTED) before the hypervisor is asked.
 * Invariant: a command has one place, whatever session it came in. Commands in progress are never
 *            pushed out: there are fewer of them (PENDING_MAX) than places. */
#ifndef SUPERVISOR_JOURNAL_H
#define SUPERVISOR_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "frame.h"
#include "supervisor.pb-c.h"

#define JOURNAL_PLACES 16u
#define JOURNAL_CODE 0x4a4fu /* of the records in the trace stream */

struct journal_command {
    uint32_t id;        /* 0: free place */
    uint32_t digest;    /* of the request */
    uint32_t operation; /* number of the field in Request.op */
    uint32_t session;
    Xm__Stage stage; /* STAGE_RECEIVED: no other yet */
    int32_t code;    /* of that stage: the supervisor's, or the hypervisor's if negative */
    uint64_t time_us;
    uint32_t boot_id;
    bool cut_off;    /* begun in an earlier life of the supervisor and not ended there */
    uint32_t number; /* of commands in this life: tells their order */
    uint32_t length; /* of the reply; 0: none is kept */
    uint8_t reply[FRAME_TX_PAYLOAD];
};

void journal_init(void);
struct journal_command *journal_find(uint32_t id);
void journal_open(uint32_t id, uint32_t digest, uint32_t operation, uint32_t session);
void journal_reach(uint32_t id, Xm__Stage stage, int32_t code);
void journal_make_void(uint32_t id);
bool journal_is_void(uint32_t id);
void journal_keep(uint32_t id, const uint8_t *reply, uint32_t length);
bool journal_ended(const struct journal_command *command);
const struct journal_command *journal_newest(uint32_t nth);
uint32_t journal_count(void);

#endif
