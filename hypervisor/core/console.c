/* console.c - console output and link devices
 *
 * Two kinds of ring. A UART's rings feed a device: a byte leaves once, a full ring drops what is
 * new. A partition's own ring feeds the ground: bytes are numbered, nothing is consumed, a full
 * ring overwrites the oldest.
 *
 * Who pays for moving bytes: the caller of a service for its own, idle time for anybody's, and the
 * slot that runs for a bounded number, the budget. That is what one partition's traffic can take
 * from another.
 *
 * When it takes it: never at the start of a slot. While links or consoles have something to do, a
 * slot starts with the interrupts of links held back; the first turn comes TURN_US later, from the
 * slot timer, and as long as there is more the next turn as much later. So a flood neither delays
 * the owner's first instruction nor takes more than a turn in TURN_US, and while it lasts there is
 * one interrupt for TURN_BYTES and not one for each byte. Without a flood the lines are open: a
 * byte interrupts, and is in its ring at once. */
#include "console.h"
#include "board.h"
#include "config.h"
#include "guest_mem.h"
#include "hypercall.h"
#include "kernel.h"
#include "sched.h"
#include "time.h"

#define CONSOLE_RING_BYTES 8192u
/* From the start of a slot to the first turn, and from one turn to the next. Longer than a switch
 * takes. Shorter than a byte at 115200 baud (87 us), so that a UART without FIFO, which has room for
 * one more while the last one waits, loses nothing. A slot must be longer to have a turn at all. */
#define TURN_US 40
/* Bytes a turn moves: long enough to make the interrupt cheap for each of them (a byte costs 9
 * instructions, an interrupt 400), short enough not to be the longest piece of a stay in the
 * kernel. */
#define TURN_BYTES 64u
/* Bytes an interrupt of a link moves. It may come just before a slot's first instruction, if the
 * link was quiet in the slot before: so it is short. */
#define IRQ_BYTES 16u
/* Budget of a console UART in a slot: a small hardware FIFO. */
#define CONSOLE_SLOT_BYTES 32u
/* Bytes one service call, or one step of idle time, moves to or from a device with interrupts
 * off. */
#define CALL_BYTES 64u
#define COPY_BYTES 512u /* longest copy of a call that does not give way */
#define IDLE_BYTES 32u
/* Bytes that XM_link_write takes before it looks whether it should give way. */
#define LINK_STEP_BYTES 256u
/* A byte at 9600 baud takes 1 ms; a look at the status register takes 0.1 us or more. */
#define FLUSH_POLLS_PER_BYTE 20000u
/* Bytes taken at once from a device whose ring is full. */
#define DROP_BYTES 16u
/* Room for the note on lost bytes. */
#define NOTE_BYTES 40u

struct ring {
    xm_u8_t *data;
    xm_u32_t size;       /* bytes, a power of two */
    xm_u32_t put, taken; /* running counts; their difference is what waits */
    xm_u32_t high_water;
};

struct uart {
    struct uart *next;                   /* of those that this system uses */
    const struct xm_config_uart *config; /* NULL: not used by this system */
    xm_u32_t number;                     /* of the board */
    xm_u32_t line;                       /* a link: the bit of its interrupt line; 0: a console */
    bool awaits_room;                    /* link: the device is full and will interrupt */
    struct ring tx, rx;                  /* rx: links only */
    xm_u32_t lost_bytes;                 /* dropped since the last note in the output */
    xm_u32_t budget_left;         /* bytes that may still move in this slot at its owner's cost */
    struct xm_link_status status; /* what is counted; of the rest budget_bytes and sizes are set */
};

/* A partition's output for the ground. Byte n stands at n % size. */
struct record {
    xm_u8_t *data;
    xm_u32_t size; /* 0: none */
    xm_u64_t next; /* number of the next byte; the first is 1 */
};

#define NEVER MAX_XMTIME

static struct uart uarts[BOARD_MAX_UARTS]; /* by board number */
static struct uart *first_uart;            /* of those in use */
static struct record *records;             /* by partition */
static struct uart *kernel_uart;           /* NULL: the hypervisor's output is discarded */
static bool initialised;
static bool live;
bool console_active;
xm_u32_t console_held_lines;
static xm_u32_t link_lines;  /* of all links */
static xmTime_t slot_end_us; /* of the slot that the budgets are of */
static xmTime_t turn_us;     /* when the next turn is */
static xmTime_t last_irq_us; /* when a link interrupted */

/* ---- rings ----------------------------------------------------------------------------------- */

static xm_u32_t ring_used(const struct ring *r)
{
    return r->put - r->taken;
}

static xm_u32_t ring_free(const struct ring *r)
{
    return r->size - ring_used(r);
}

BOOT_ONLY static void ring_init(struct ring *r, xm_u32_t size)
{
    CHECK(size != 0 && (size & (size - 1)) == 0);
    *r = (struct ring){ .data = kernel_carve(size, 8), .size = size };
}

static xm_u32_t smaller(xm_u32_t a, xm_u32_t b)
{
    return a < b ? a : b;
}

/* Copy between straight memory and a place that goes round at size: one piece or two. */
static void copy_in(xm_u8_t *data, xm_u32_t size, xm_u32_t at, const xm_u8_t *from, xm_u32_t count)
{
    xm_u32_t first = smaller(count, size - at);

    memcpy(data + at, from, first);
    memcpy(data, from + first, count - first);
}

static void copy_out(const xm_u8_t *data, xm_u32_t size, xm_u32_t at, xm_u8_t *to, xm_u32_t count)
{
    xm_u32_t first = smaller(count, size - at);

    memcpy(to, data + at, first);
    memcpy(to + first, data, count - first);
}

static void ring_filled(struct ring *r, xm_u32_t count)
{
    r->put += count;
    if (ring_used(r) > r->high_water) {
        r->high_water = ring_used(r);
    }
}

/* Returns how many bytes fitted. */
static xm_u32_t ring_write(struct ring *r, const void *bytes, xm_u32_t count)
{
    count = smaller(count, ring_free(r));
    copy_in(r->data, r->size, r->put & (r->size - 1), bytes, count);
    ring_filled(r, count);
    return count;
}

static xm_u32_t ring_read(struct ring *r, void *to, xm_u32_t count)
{
    count = smaller(count, ring_used(r));
    copy_out(r->data, r->size, r->taken & (r->size - 1), to, count);
    r->taken += count;
    return count;
}

/* ---- between rings and devices --------------------------------------------------------------- */

/* Move up to limit bytes to the device, as long as it takes them. Returns how many. */
static xm_u32_t transmit(struct uart *u, xm_u32_t limit)
{
    struct ring *r = &u->tx;
    xm_u32_t count = 0;
    xm_u32_t piece, sent = 0;

    for (piece = 0; sent == piece && count < limit && ring_used(r) > 0; count += sent) {
        xm_u32_t at = r->taken & (r->size - 1);

        piece = smaller(smaller(limit - count, ring_used(r)), r->size - at);
        sent = uart_transmit(u->number, r->data + at, piece);
        r->taken += sent;
    }
    u->status.tx_bytes += count;
    return count;
}

/* Take up to limit bytes from the device, until it is empty. What the ring cannot hold is dropped
 * and counted, so that the device does not overrun. Returns how many bytes were taken. */
static xm_u32_t receive(struct uart *u, xm_u32_t limit)
{
    struct ring *r = &u->rx;
    xm_u32_t count = 0;
    xm_u32_t piece, got = 0;

    for (piece = 0; got == piece && count < limit; count += got) {
        xm_u32_t at = r->put & (r->size - 1);
        xm_u8_t dropped[DROP_BYTES];

        piece = smaller(smaller(limit - count, ring_free(r)), r->size - at);
        if (piece > 0) {
            got = uart_receive(u->number, r->data + at, piece);
            ring_filled(r, got);
        } else {
            piece = smaller(limit - count, DROP_BYTES);
            got = uart_receive(u->number, dropped, piece);
            u->status.rx_dropped += got;
        }
    }
    if (count > 0) {
        u->status.rx_bytes += count;
        u->status.rx_errors += uart_take_errors(u->number);
    }
    return count;
}

/* A device that is full says when it has sent what it has: sent, not idle. So one more byte is
 * offered after that interrupt is turned on. */
static void set_awaits_room(struct uart *u, bool full)
{
    u->awaits_room = full;
    uart_set_interrupts(u->number, true, full);
    if (full) {
        u->budget_left -= transmit(u, 1);
    }
}

/* Move up to limit bytes of what the budget allows, both ways. True: there may be more, and the
 * budget allows it. */
static bool serve(struct uart *u, xm_u32_t limit)
{
    xm_u32_t piece = smaller(limit, u->budget_left);
    xm_u32_t moved = 0;
    bool full;

    if (u->line != 0) {
        moved = receive(u, piece);
    }
    moved += transmit(u, piece - moved);
    u->budget_left -= moved;
    full = moved < piece && ring_used(&u->tx) > 0;
    if (u->line != 0 && full != u->awaits_room) {
        set_awaits_room(u, full);
    }
    if (u->budget_left == 0) {
        console_held_lines |= u->line;
        u->status.budget_exhausted += piece > 0;
        return false;
    }
    return moved == piece;
}

/* A turn polls: until it comes, an interrupt would say nothing new. */
static void turn_later(void)
{
    turn_us = clock_now() + TURN_US;
    console_held_lines = link_lines;
}

/* The device starts sending what its ring holds, which whoever put the last byte there pays for. The
 * rest has its turn. */
static void push(struct uart *u)
{
    if (!live) {
        return;
    }
    (void)transmit(u, CALL_BYTES);
    if (ring_used(&u->tx) > 0) {
        console_active = true;
        if (turn_us == NEVER && u->budget_left > 0 && !u->awaits_room) {
            turn_later();
            arch_request_leave();
        }
    }
}

/* ---- boot and end ---------------------------------------------------------------------------- */

BOOT_ONLY static void uart_setup(const struct xm_config_uart *c)
{
    struct uart *u = &uarts[c->id];

    u->next = first_uart;
    first_uart = u;
    u->config = c;
    u->number = c->id;
    if (c->link_partition != XM_CONFIG_NONE) {
        u->line = 1u << uart_irq(c->id);
        u->status.budget_bytes = c->budget_bytes;
        ring_init(&u->tx, c->ring_bytes);
        ring_init(&u->rx, c->ring_bytes);
        u->status.tx_size = u->status.rx_size = c->ring_bytes;
    } else {
        u->status.budget_bytes = CONSOLE_SLOT_BYTES;
        ring_init(&u->tx, CONSOLE_RING_BYTES);
    }
    u->budget_left = u->status.budget_bytes;
    link_lines |= u->line;
    uart_init(c->id, c->baud);
    uart_set_interrupts(c->id, false, false);
}

/* The device of a uarts index; NULL: none, or the board has no such UART. */
static struct uart *uart_of(xm_u32_t index)
{
    if (index == XM_CONFIG_NONE || config_uart(index)->id >= BOARD_MAX_UARTS) {
        return NULL;
    }
    return uarts[config_uart(index)->id].config == NULL ? NULL : &uarts[config_uart(index)->id];
}

/* Boot only. Output stays polled until console_go_live(). */
BOOT_ONLY void console_init(void)
{
    memset(uarts, 0, sizeof(uarts));
    first_uart = NULL;
    link_lines = 0;
    live = false;
    console_active = false;
    slot_end_us = 0;
    turn_us = NEVER;
    last_irq_us = 0;
    for (xm_u32_t i = 0; i < config->uarts.count; i++) {
        if (config_uart(i)->id < BOARD_MAX_UARTS && uart_exists(config_uart(i)->id)) {
            uart_setup(config_uart(i));
        }
    }
    records = kernel_carve(config->partitions.count * (xm_u32_t)sizeof(*records), 8);
    for (xm_u32_t id = 0; id < config->partitions.count; id++) {
        xm_u32_t size = config_partition(id)->console_bytes;

        CHECK((size & (size - 1)) == 0);
        records[id] = (struct record){ .data = size == 0 ? NULL : kernel_carve(size, 8),
                                       .size = size,
                                       .next = 1 };
    }
    kernel_uart = uart_of(config->console_device);
    initialised = true;
    for (xm_u32_t i = 0; i < config->uarts.count; i++) {
        if (uart_of(i) == NULL) {
            kernel_print("xm: this board has no UART %u ('%s'): its output is discarded\n",
                         config_uart(i)->id, config_string(config_uart(i)->name));
        }
    }
}

/* From here on nobody waits for a device. Links begin to receive: bytes that came before their
 * interrupts were on do not interrupt, so some are taken here, and more in a turn of the first
 * slot. */
BOOT_ONLY void console_go_live(void)
{
    live = true;
    for (struct uart *u = first_uart; u != NULL; u = u->next) {
        if (u->line != 0) {
            uart_set_interrupts(u->number, true, false);
            console_active = serve(u, TURN_BYTES) || u->budget_left == 0 || console_active;
        }
    }
}

/* Everything still in the rings goes out, polled; a device that takes nothing is given up after a
 * bounded time. From here on output is polled again. */
void console_flush_now(void)
{
    live = false;
    console_active = false;
    for (struct uart *u = first_uart; u != NULL; u = u->next) {
        xm_u32_t polls = FLUSH_POLLS_PER_BYTE;

        while (ring_used(&u->tx) > 0 && polls > 0) {
            polls = transmit(u, 1) == 1 ? FLUSH_POLLS_PER_BYTE : polls - 1;
        }
    }
}

/* ---- console output -------------------------------------------------------------------------- */

/* Where output was dropped, the reader is told how much, as soon as there is room to say so. */
static void note_loss(struct uart *u)
{
    static const char head[] = "\n[xm: bytes lost here: ";
    char digits[10];
    xm_u32_t n = sizeof(digits);

    if (u->lost_bytes == 0 || ring_free(&u->tx) < NOTE_BYTES) {
        return;
    }
    for (xm_u32_t value = u->lost_bytes; value != 0; value /= 10) {
        digits[--n] = (char)('0' + value % 10);
    }
    (void)ring_write(&u->tx, head, sizeof(head) - 1);
    (void)ring_write(&u->tx, &digits[n], (xm_u32_t)sizeof(digits) - n);
    (void)ring_write(&u->tx, "]\n", 2);
    u->lost_bytes = 0;
}

/* Returns the bytes taken; the rest is dropped and counted. */
static xm_u32_t uart_write(struct uart *u, const void *bytes, xm_u32_t count)
{
    xm_u32_t taken;

    note_loss(u);
    taken = ring_write(&u->tx, bytes, count);
    u->lost_bytes += count - taken;
    push(u);
    return taken;
}

void console_kernel_write(const char *text, xm_u32_t length)
{
    if (live) {
        if (kernel_uart != NULL) {
            (void)uart_write(kernel_uart, text, length);
        }
        return;
    }
    /* Before the configuration is known, messages (above all that it is unusable) go to the first
     * UART. */
    if (initialised && kernel_uart == NULL) {
        return;
    }
    for (xm_u32_t i = 0; i < length; i++) {
        uart_put_now(initialised ? kernel_uart->number : 0, text[i]);
    }
}

/* Nothing is refused: the oldest bytes make room. At most r->size bytes. */
static xm_u32_t record_write(struct record *r, const xm_u8_t *bytes, xm_u32_t count)
{
    copy_in(r->data, r->size, (xm_u32_t)r->next & (r->size - 1), bytes, count);
    r->next += count;
    return count;
}

/* Bytes of a long output that are taken at once with interrupts off: as many as the device is then
 * given, or with a ring for the ground, where no device costs time, more. */
#define WRITE_STEP_BYTES CALL_BYTES
#define RECORD_STEP_BYTES 256u

/* Bytes taken, fewer than asked when the UART's ring is full; 0 without a console.
 * XM_INVALID_PARAM: negative length or bad buffer. */
xm_s32_t sys_write_console(xmAddress_t buffer, xm_s32_t length)
{
    struct partition *p = partition_current();
    struct uart *u = uart_of(p->config->console_device);
    struct record *r = &records[p->id];
    xm_u32_t size = (xm_u32_t)length;
    xm_u32_t step = r->size == 0 ? WRITE_STEP_BYTES : smaller(r->size, RECORD_STEP_BYTES);
    const xm_u8_t *bytes = arch_guest_pointer(buffer);
    xm_u32_t done, piece, taken;

    if (length < 0 || (length > 0 && !guest_range_ok(p, buffer, size, false))) {
        return XM_INVALID_PARAM;
    }
    if (length == 0 || (r->size == 0 && (u == NULL || u->line != 0))) {
        return 0;
    }
    done = guest_copy_done(p, r, bytes, size, 0);
    do {
        piece = smaller(size - done, step);
        taken = r->size != 0 ? record_write(r, bytes + done, piece)
                             : uart_write(u, bytes + done, piece);
        done += taken;
        if (taken < piece) {
            u->lost_bytes += size - done - (piece - taken); /* what was not even tried */
            guest_copy_forget(p);
            break;
        }
        if (!guest_copy_step(p, done)) {
            return 0;
        }
    } while (done < size);
    return (xm_s32_t)done;
}

/* Bytes copied. XM_INVALID_PARAM: no such partition, or a buffer that is no doubleword-aligned
 * memory of the caller or smaller than a struct xm_batch. A partition that keeps no output has an
 * empty batch. */
xm_s32_t sys_console_fetch(xm_u32_t partition_id, xm_u64_t from, xmAddress_t batch, xm_u32_t size)
{
    struct partition *p = partition_current();
    struct xm_batch head;
    const struct record *r;

    if (partition_id >= config->partitions.count || (batch & 7u) != 0 || size < sizeof(head) ||
        !guest_range_ok(p, batch, size, true)) {
        return XM_INVALID_PARAM;
    }
    r = &records[partition_id];
    head.boot_id = kernel_boot_id;
    head.next = r->next;
    head.oldest = r->next > r->size ? r->next - r->size : 1;
    head.first = from < head.oldest ? head.oldest : from > head.next ? head.next : from;
    head.count = smaller((xm_u32_t)(head.next - head.first),
                         smaller(size - (xm_u32_t)sizeof(head), COPY_BYTES));
    if (head.count > 0) {
        copy_out(r->data, r->size, (xm_u32_t)head.first & (r->size - 1),
                 (xm_u8_t *)arch_guest_pointer(batch) + sizeof(head), head.count);
    }
    memcpy(arch_guest_pointer(batch), &head, sizeof(head));
    return (xm_s32_t)head.count;
}

/* ---- interrupts, turns, idle time ------------------------------------------------------------ */

xm_u32_t console_irq_lines(void)
{
    return link_lines;
}

/* In another slot than the one looked at last budgets are whole again. */
static inline bool is_new_slot(void)
{
    return slot_end_us != sched_slot_end_us();
}

static void renew_budgets(void)
{
    slot_end_us = sched_slot_end_us();
    console_held_lines = 0;
    for (struct uart *u = first_uart; u != NULL; u = u->next) {
        u->budget_left = u->status.budget_bytes;
    }
}

bool console_irq(xm_u32_t line)
{
    struct uart *u = first_uart;
    xmTime_t before_us = last_irq_us;

    while (u != NULL && u->line != 1u << line) {
        u = u->next;
    }
    if (u == NULL || !live) {
        return u != NULL;
    }
    if (is_new_slot()) {
        renew_budgets();
    }
    last_irq_us = clock_now();
    /* More to come, or interrupts that come faster than turns: turns are cheaper. */
    if (serve(u, IRQ_BYTES) || (u->budget_left > 0 && last_irq_us - before_us < TURN_US)) {
        turn_later();
    }
    console_active = true;
    return true;
}

/* Everybody's turn. There is another one in this slot if somebody may have more; there is one in
 * the next slot if anybody had something in this one. */
static void take_turn(void)
{
    xm_u32_t left = TURN_BYTES;
    bool more = false;

    irq_clear(link_lines); /* before looking: what comes later interrupts again */
    console_active = false;
    console_held_lines = 0;
    for (struct uart *u = first_uart; u != NULL; u = u->next) {
        xm_u32_t budget = u->budget_left;

        more = serve(u, left) || more;
        left -= budget - u->budget_left;
        if (u->budget_left != u->status.budget_bytes || ring_used(&u->tx) > 0) {
            console_active = true;
        }
    }
    turn_us = NEVER;
    if (more) {
        turn_later();
    }
}

/* Not a part of the way out, which takes it rarely. */
__attribute__((noinline)) xmTime_t console_turn(xmTime_t now_us, xmTime_t deadline_us)
{
    if (is_new_slot()) {
        renew_budgets();
        turn_later();
    } else if (turn_us <= now_us && !clock_is_armed()) {
        take_turn();
    }
    return turn_us < deadline_us ? turn_us : deadline_us;
}

bool console_idle(void)
{
    bool more = false;

    for (struct uart *u = first_uart; live && u != NULL; u = u->next) {
        /* Nobody needs this time: what is held back moves now, as far as the ring can hold it. */
        if ((u->line & console_held_lines) != 0) {
            xm_u32_t limit = smaller(IDLE_BYTES, ring_free(&u->rx));

            more = (limit > 0 && receive(u, limit) == limit) || more;
        }
        more = (transmit(u, IDLE_BYTES) == IDLE_BYTES && ring_used(&u->tx) > 0) || more;
    }
    return more;
}

/* ---- link services --------------------------------------------------------------------------- */

static struct uart *link_of(const struct partition *p)
{
    return uart_of(p->config->link_device);
}

/* What both transfers refuse. XM_INVALID_CONFIG: the caller serves no link; XM_INVALID_PARAM: bad
 * buffer. */
static xm_s32_t transfer_check(const struct uart *u, xmAddress_t buffer, xm_u32_t size, bool write)
{
    if (u == NULL) {
        return XM_INVALID_CONFIG;
    }
    if (size > 0 && !guest_range_ok(partition_current(), buffer, size, write)) {
        return XM_INVALID_PARAM;
    }
    return XM_OK;
}

/* Bytes taken, 0: none waiting. */
xm_s32_t sys_link_read(xmAddress_t buffer, xm_u32_t size)
{
    struct uart *u = link_of(partition_current());
    xm_s32_t refusal = transfer_check(u, buffer, size, true);

    if (refusal != XM_OK || size == 0) {
        return refusal;
    }
    if (u->budget_left == 0) {
        /* In its own slot the owner may fetch beyond the budget, at its own cost. */
        (void)receive(u, smaller(smaller(size, CALL_BYTES), ring_free(&u->rx)));
    }
    return (xm_s32_t)ring_read(&u->rx, arch_guest_pointer(buffer), smaller(size, COPY_BYTES));
}

/* Bytes taken: what the ring has room for, or fewer if an interrupt waits; the caller comes again.
 * However fast the device is, a call takes no more than a ring holds. */
xm_s32_t sys_link_write(xmAddress_t buffer, xm_u32_t size)
{
    struct uart *u = link_of(partition_current());
    xm_s32_t refusal = transfer_check(u, buffer, size, false);
    const xm_u8_t *bytes = arch_guest_pointer(buffer);
    xm_u32_t taken = 0;
    xm_u32_t piece, fitted;

    if (refusal != XM_OK || size == 0) {
        return refusal;
    }
    size = smaller(size, u->tx.size);
    do {
        piece = smaller(size - taken, LINK_STEP_BYTES);
        fitted = ring_write(&u->tx, bytes + taken, piece);
        taken += fitted;
        push(u);
    } while (fitted == piece && taken < size && !irq_pending());
    return (xm_s32_t)taken;
}

/* XM_INVALID_CONFIG: the caller serves no link; XM_INVALID_PARAM: bad address. */
xm_s32_t sys_link_status(xmAddress_t address)
{
    struct partition *p = partition_current();
    struct uart *u = link_of(p);

    if (u == NULL) {
        return XM_INVALID_CONFIG;
    }
    u->status.rx_errors += uart_take_errors(u->number);
    u->status.rx_waiting = ring_used(&u->rx);
    u->status.tx_waiting = ring_used(&u->tx);
    u->status.rx_high_water = u->rx.high_water;
    u->status.tx_high_water = u->tx.high_water;
    return guest_answer(address, 8, &u->status, sizeof(u->status));
}
