/* link_uart.c - frames on the link UART (see link_uart.h) */
#include "link_uart.h"

#include <string.h>

#include "system_view.h"

/* Bytes that one slot reads: a full ring of the largest configuration in use. */
#define SLOT_RX_BYTES 4096u

#define PIECE_BYTES 256u /* bytes of one XM_link_read */
#define RX_ENCODED FRAME_COBS_BYTES(FRAME_BYTES(FRAME_RX_PAYLOAD))
/* With both delimiters. */
#define TX_ENCODED (FRAME_COBS_BYTES(FRAME_BYTES(FRAME_TX_PAYLOAD)) + 2u)

static struct {
    /* inward */
    uint8_t piece[PIECE_BYTES]; /* read, not yet looked at: piece_at..piece_end */
    uint32_t piece_at, piece_end;
    uint8_t run[RX_ENCODED]; /* bytes since the last delimiter */
    uint32_t run_bytes;      /* may exceed the room: then the run is too long for a frame */
    uint32_t slot_bytes;     /* that this slot may still read */
    /* outward */
    uint8_t out[TX_ENCODED]; /* encoded frame being written: out_at..out_end */
    uint32_t out_at, out_end;
    /* bulk limit of one plan, computed when that plan is first met */
    xm_s32_t plan;
    uint32_t frame_bytes; /* that the line carries in its major frame; 0: not computed */
} uart;

static void start(void)
{
    memset(&uart, 0, sizeof(uart));
}

static void begin_slot(void)
{
    uart.slot_bytes = SLOT_RX_BYTES;
}

/* ---- inward ---------------------------------------------------------------------------------- */

/* Is there a byte to look at? Reads the next piece when the last is used up. */
static bool have_byte(void)
{
    xm_s32_t got;

    if (uart.piece_at < uart.piece_end) {
        return true;
    }
    if (uart.slot_bytes < PIECE_BYTES) {
        return false;
    }
    got = XM_link_read(uart.piece, PIECE_BYTES);
    if (got <= 0) {
        return false;
    }
    uart.slot_bytes -= (uint32_t)got;
    uart.piece_at = 0;
    uart.piece_end = (uint32_t)got;
    return true;
}

/* A delimiter closed a run: bytes of the frame in it, decoded in place; 0: it is none, and counted.
 */
static uint32_t close_run(struct link *link)
{
    uint32_t bytes = uart.run_bytes, decoded;

    uart.run_bytes = 0;
    if (bytes == 0) {
        return 0;
    }
    decoded = bytes > RX_ENCODED ? 0 : frame_cobs_decode(uart.run, bytes);
    if (decoded == FRAME_NOT_COBS) {
        link->counters.text_bytes += bytes;
        link->lost = true;
        return 0;
    }
    if (decoded == 0) { /* too long for a frame, or nothing in it */
        link->counters.refused[FRAME_BAD_LENGTH]++;
        link->lost = true;
    }
    return decoded;
}

static const uint8_t *receive(struct link *link, uint32_t *bytes)
{
    while (have_byte()) {
        uint8_t byte = uart.piece[uart.piece_at++];

        if (byte != 0) {
            if (uart.run_bytes < RX_ENCODED) {
                uart.run[uart.run_bytes] = byte;
            }
            /* one more than the room marks a run that is too long; it must not wrap to a short one
             */
            uart.run_bytes += uart.run_bytes <= RX_ENCODED;
        } else if ((*bytes = close_run(link)) != 0) {
            return uart.run;
        }
    }
    return NULL;
}

/* ---- outward --------------------------------------------------------------------------------- */

/* Writes what the hypervisor's ring takes of the frame begun; true: all of it is there. */
static bool ready(void)
{
    while (uart.out_at != uart.out_end) {
        xm_s32_t taken = XM_link_write(uart.out + uart.out_at, uart.out_end - uart.out_at);

        if (taken <= 0) {
            return false;
        }
        uart.out_at += (uint32_t)taken; /* a piece may be all that one call takes */
    }
    return true;
}

static void send(const uint8_t *frame, uint32_t bytes, uint64_t to)
{
    (void)to; /* whoever is at the other end */
    /* The leading zero ends half a frame or console text that a reset may have left on the line. */
    uart.out[0] = 0;
    uart.out_end = 1 + frame_cobs_encode(uart.out + 1, frame, bytes);
    uart.out[uart.out_end++] = 0;
    uart.out_at = 0;
    (void)ready();
}

/* Bytes on the line in a major frame of the plan in force, at 10 bits a byte. */
static uint32_t frame_bytes(void)
{
    struct view_plan plan;
    xm_s32_t current = view_kernel()->current_plan;

    if ((uart.frame_bytes == 0 || uart.plan != current) && view_plan((uint32_t)current, &plan)) {
        /* 32 bits hold the product, and beyond 10 s the ring is the limit anyway */
        uint32_t frame_ms =
            plan.major_frame_us / 1000u < 10000u ? plan.major_frame_us / 1000u : 10000u;

        uart.plan = current;
        uart.frame_bytes = view_link_baud() / 10u * frame_ms / 1000u;
    }
    return uart.frame_bytes;
}

static bool bulk_has_room(void)
{
    struct xm_link_status status;

    return XM_link_status(&status) == XM_OK &&
           (status.tx_waiting == 0 || status.tx_waiting < frame_bytes());
}

static bool idle(void)
{
    struct xm_link_status status;

    return XM_link_status(&status) == XM_OK && status.tx_waiting == 0;
}

static xm_s32_t status(struct xm_link_status *status)
{
    return XM_link_status(status);
}

static struct link state;

const struct link_device link_uart = {
    .kind = XM__LINK_KIND__LINK_UART,
    .link = &state,
    .rx_payload = FRAME_RX_PAYLOAD,
    .chunk_payload = FRAME_TX_PAYLOAD,
    .start = start,
    .begin_slot = begin_slot,
    .receive = receive,
    .ready = ready,
    .send = send,
    .bulk_has_room = bulk_has_room,
    .idle = idle,
    .status = status,
};
