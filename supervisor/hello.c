/* hello.c - Hello and its answers (see hello.h) */
#include "hello.h"

#include "command.h"

static void fill_greeting(const struct link *link, Xm__HelloAck *ack, char *name)
{
    const struct xm_kernel_info *kernel = view_kernel();

    view_system_name(name);
    ack->minor_version = COMMAND_MINOR_VERSION;
    ack->mtu = link->device->rx_payload;
    ack->credit = link_credit(link);
    ack->system_name = name;
    ack->xm_version = kernel->xm_version;
    ack->config_crc32c = kernel->config_crc32c;
    ack->authenticated = !keys_none();
    ack->link = link->device->kind;
}

/* A Hello without keys tells who is here. Within a session under a key there is nothing to open. */
void hello_answer(const struct asker *asker, const Xm__Request *request)
{
    Xm__HelloAck ack = XM__HELLO_ACK__INIT;
    Xm__Reply *reply;
    char name[VIEW_SYSTEM_NAME_BYTES];

    (void)request;
    if (!keys_none()) {
        reply_refuse(asker, XM__STATUS_CODE__STATUS_INVALID,
                     "a session is open: send Hello in session 0 to open another");
        return;
    }
    reply = reply_open(asker, XM__STAGE__STAGE_COMPLETED);
    fill_greeting(asker->link, &ack, name);
    /* nothing depends on the nonce; it differs from boot to boot and from time to time */
    ack.nonce_board = (uint64_t)view_kernel()->boot_id << 32 ^ (uint64_t)view_kernel()->now_us;
    reply->result_case = XM__REPLY__RESULT_HELLO_ACK;
    reply->hello_ack = &ack;
    reply_close();
}

/* A request under a key in session 0: a Hello is answered with a session, anything else is counted
 * and not answered. */
void hello_outside(const struct asker *asker, const Xm__Request *request, uint8_t key_id)
{
    struct link *link = asker->link;
    Xm__HelloAck ack = XM__HELLO_ACK__INIT;
    const struct session_offer *offer;
    Xm__Reply *reply;
    char name[VIEW_SYSTEM_NAME_BYTES];

    if (request->op_case != XM__REQUEST__OP_HELLO) {
        link->counters.refused[FRAME_BAD_SESSION]++;
        return;
    }
    reply = reply_open(asker, XM__STAGE__STAGE_COMPLETED); /* and the clock is read anew */
    offer = session_offer(&link->sessions, key_id, request->id, request->hello->nonce_ground);
    if (offer != NULL) {
        fill_greeting(link, &ack, name);
        ack.nonce_board = offer->nonce_board;
        reply->result_case = XM__REPLY__RESULT_HELLO_ACK;
        reply->hello_ack = &ack;
        reply_close_greeting(offer);
    }
}
