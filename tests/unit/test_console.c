/* Console output and link devices. */
#include <string.h>
#include "fixture.h"

#define BUF(n) FIXTURE_SCRATCH(n)
#define CONSOLE_UART 0u
#define LINK_UART 1u
#define RING FIXTURE_LINK_RING
#define BUDGET FIXTURE_BUDGET
#define LINK_LINE uart_irq(LINK_UART)
#define SLOT_BYTES 32u /* of a console UART */
#define TURN_US 40u

static char *buffer(xm_u32_t n)
{
    return arch_guest_pointer(BUF(n));
}

static void start(void)
{
    fixture_start();
    host.uart[0].sent_count = 0;
    host.uart[0].polled_count = 0;
}

/* The next turn comes, and finds a device that interrupts held back until then. */
static void take_turn(void)
{
    assert_in_range(host.armed_us, 1, TURN_US);
    fixture_pass_us(host.armed_us);
}

/* To the start of the next slot. */
static void next_slot(void)
{
    fixture_pass_us((xm_u32_t)(sched_slot_end_us() - clock_now()));
}

static bool link_is_held(void)
{
    return (host.irq_mask & 1u << LINK_LINE) == 0;
}

/* Interrupt of the link, as far as the controller lets it through. */
static void link_interrupt(void)
{
    if (!link_is_held()) {
        core_irq(LINK_LINE);
        core_leave();
    }
}

static xm_s32_t write_as(xm_u32_t n, const char *text)
{
    (void)fixture_enter(n);
    strcpy(buffer(n), text);
    return sys_write_console(BUF(n), (xm_s32_t)strlen(text));
}

/* ---- console ----------------------------------------------------------------------------------------------------- */

static void console_boot_messages_are_polled(void **state)
{
    (void)state;
    fixture_start();
    assert_true(host.uart[CONSOLE_UART].polled_count > 0);
    assert_int_equal(host.uart[CONSOLE_UART].polled_count, host.uart[CONSOLE_UART].sent_count);
    assert_true(strncmp(fixture_output(CONSOLE_UART), "xm: ", 4) == 0);
    assert_int_equal(host.uart[CONSOLE_UART].baud, 115200);
    kernel_print("live\n");
    assert_true(host.uart[CONSOLE_UART].polled_count < host.uart[CONSOLE_UART].sent_count);
}

static void console_keeps_the_order_of_writers(void **state)
{
    (void)state;
    start();
    host.uart[CONSOLE_UART].room = 3;
    assert_int_equal(write_as(1, "one "), 4);
    kernel_print("two ");
    assert_int_equal(write_as(1, "three"), 5);
    assert_string_equal(fixture_output(CONSOLE_UART), "one");
    host.uart[CONSOLE_UART].room = HOST_UNLIMITED;
    while (console_idle()) {
    }
    assert_string_equal(fixture_output(CONSOLE_UART), "one two three");
    assert_int_equal(host.uart[CONSOLE_UART].polled_count, 0);
}

static void console_write_refusals(void **state)
{
    (void)state;
    start();
    (void)fixture_enter(1);
    assert_int_equal(sys_write_console(BUF(1), -1), XM_INVALID_PARAM);
    assert_int_equal(sys_write_console(BUF(1), (xm_s32_t)0x80000000), XM_INVALID_PARAM);
    assert_int_equal(sys_write_console(BUF(2), 1), XM_INVALID_PARAM);
    assert_int_equal(sys_write_console(FIXTURE_READONLY(1) - 1, 2), XM_INVALID_PARAM);
    assert_int_equal(sys_write_console(0, 0), 0);
    assert_int_equal(host.uart[CONSOLE_UART].sent_count, 0);
    memcpy(arch_guest_pointer(FIXTURE_READONLY(1)), "constant", 8);
    assert_int_equal(sys_write_console(FIXTURE_READONLY(1), 8), 8);
}

static void console_without_device_discards(void **state)
{
    (void)state;
    start();
    assert_int_equal(write_as(0, "nowhere"), 0);
    assert_int_equal(host.uart[0].sent_count + host.uart[1].sent_count, 0);
}

static void console_full_ring_drops_and_says_how_much(void **state)
{
    const char *output;

    (void)state;
    start();
    host.uart[CONSOLE_UART].room = 0;
    (void)fixture_enter(1);
    memset(buffer(1), 'a', 0x4000);
    assert_int_equal(sys_write_console(BUF(1), 8000), 8000);
    assert_int_equal(sys_write_console(BUF(1), 300), 192);
    assert_int_equal(sys_write_console(BUF(1), 10), 0);
    host.uart[CONSOLE_UART].room = HOST_UNLIMITED;
    while (console_idle()) {
    }
    assert_int_equal(host.uart[CONSOLE_UART].sent_count, 8192);
    (void)write_as(1, "on again");
    while (console_idle()) {
    }
    output = fixture_output(CONSOLE_UART);
    assert_string_equal(output + 8192, "\n[xm: bytes lost here: 118]\non again");
}

static void console_one_write_moves_a_bounded_number(void **state)
{
    (void)state;
    start();
    (void)fixture_enter(1);
    memset(buffer(1), 'a', 4096);
    host.irq_due = true;
    (void)sys_write_console(BUF(1), 4096);
    assert_int_equal(host.restarts, 1); /* it gives way, and is made again */
    assert_in_range(host.uart[CONSOLE_UART].sent_count, 1, 128);
    host.irq_due = false;
    assert_int_equal(sys_write_console(BUF(1), 4096), 4096);
    assert_int_equal(host.restarts, 1);
    while (console_idle()) {
    }
    assert_int_equal(host.uart[CONSOLE_UART].sent_count, 4096); /* each byte once */
}

static void console_slot_start_moves_nothing_the_turn_a_bounded_number(void **state)
{
    xm_u32_t before;

    (void)state;
    start();
    host.uart[CONSOLE_UART].room = 0;
    (void)fixture_enter(1);
    memset(buffer(1), 'a', 4096);
    (void)sys_write_console(BUF(1), 4096);
    host.uart[CONSOLE_UART].room = HOST_UNLIMITED;
    before = host.uart[CONSOLE_UART].sent_count;
    for (xm_u32_t slots = 1; slots < 4; slots++) {
        next_slot();
        assert_int_equal(host.uart[CONSOLE_UART].sent_count, before);
        take_turn();
        before += SLOT_BYTES;
        assert_int_equal(host.uart[CONSOLE_UART].sent_count, before);
        fixture_pass_us(TURN_US); /* the only one in this slot */
        assert_int_equal(host.uart[CONSOLE_UART].sent_count, before);
    }
}

static void console_without_work_costs_nothing(void **state)
{
    xm_u32_t armed;

    (void)state;
    start();
    (void)write_as(1, "gone at once");
    next_slot();
    assert_false(console_active);
    armed = host.armed_us;
    assert_int_equal(armed, sched_slot_end_us() - clock_now()); /* no turn before the end */
    assert_false(link_is_held());
}

static void console_idle_says_when_it_is_done(void **state)
{
    (void)state;
    start();
    assert_false(console_idle());
    host.uart[CONSOLE_UART].room = 0;
    (void)write_as(1, "abc");
    assert_false(console_idle()); /* a full device takes nothing: sleep */
    host.uart[CONSOLE_UART].room = HOST_UNLIMITED;
    assert_false(console_idle());
    assert_string_equal(fixture_output(CONSOLE_UART), "abc");
}

static void halt(void *nothing)
{
    (void)nothing;
    system_halt();
}

static void console_halt_pushes_everything_out(void **state)
{
    (void)state;
    start();
    host.uart[CONSOLE_UART].room = 0;
    (void)write_as(1, "last words\n");
    host.uart[CONSOLE_UART].room = HOST_UNLIMITED;
    assert_int_equal(host_run(halt, NULL), HOST_HALTED);
    assert_string_equal(fixture_output(CONSOLE_UART), "last words\nxm: system halted\n");
}

static void console_flush_empties_every_ring(void **state)
{
    (void)state;
    start();
    host.uart[CONSOLE_UART].room = 0;
    host.uart[LINK_UART].room = 0;
    (void)fixture_enter(1);
    memset(buffer(1), 'a', 5000);
    (void)sys_write_console(BUF(1), 5000);
    (void)fixture_enter(0);
    (void)sys_link_write(BUF(0), 50);
    host.uart[CONSOLE_UART].room = HOST_UNLIMITED;
    host.uart[LINK_UART].room = HOST_UNLIMITED;
    console_flush_now();
    assert_int_equal(host.uart[CONSOLE_UART].sent_count, 5000);
    assert_int_equal(host.uart[LINK_UART].sent_count, 50);
}

static void console_flush_gives_up_on_a_dead_device(void **state)
{
    (void)state;
    start();
    host.uart[CONSOLE_UART].room = 2;
    (void)write_as(1, "abcdef");
    host.uart[CONSOLE_UART].refused_polls = 0;
    console_flush_now();
    assert_int_equal(host.uart[CONSOLE_UART].sent_count, 2);
    assert_in_range(host.uart[CONSOLE_UART].refused_polls, 1, 100000);
}

static void console_missing_uart_is_named_and_discarded(void **state)
{
    struct fixture *f = fixture_new();

    (void)state;
    f->uart[1].id = 5;
    fixture_boot();
    assert_non_null(strstr(fixture_output(CONSOLE_UART), "no UART 5 ('Link')"));
    (void)fixture_enter(0);
    assert_int_equal(sys_link_read(BUF(0), 4), XM_INVALID_CONFIG);
    assert_int_equal(console_irq_lines(), 0);
}

static void console_works_with_one_uart_only(void **state)
{
    struct fixture *f = fixture_new();

    (void)state;
    f->head.uarts.count = 1;
    f->partition[0].link_device = XM_CONFIG_NONE;
    f->partition[2].console_device = XM_CONFIG_NONE;
    fixture_boot();
    fixture_pass_us(200);
    (void)write_as(1, "text");
    while (console_idle()) {
    }
    assert_false(console_irq(LINK_LINE)); /* not ours: nothing happens */
    assert_int_equal(host.uart[LINK_UART].sent_count, 0);
    assert_false(host.uart[LINK_UART].initialised);
    assert_non_null(strstr(fixture_output(CONSOLE_UART), "text"));
}

static void console_of_the_hypervisor_may_be_none(void **state)
{
    struct fixture *f = fixture_new();

    (void)state;
    f->head.console_device = XM_CONFIG_NONE;
    fixture_boot();
    kernel_print("unheard\n");
    assert_int_equal(host.uart[0].sent_count + host.uart[1].sent_count, 0);
}

/* ---- output kept for the ground ---------------------------------------------------------------------------------- */

static void console_fetch_by_byte_number(void **state)
{
    const struct xm_batch *batch = arch_guest_pointer(BUF(0));
    const char *bytes = (const char *)(batch + 1);

    (void)state;
    start();
    assert_int_equal(write_as(2, "hello "), 6);
    assert_int_equal(write_as(2, "ground"), 6);
    assert_int_equal(host.uart[LINK_UART].sent_count, 0); /* the link itself carries frames only */
    (void)fixture_enter(0);
    assert_int_equal(sys_console_fetch(2, 0, BUF(0), 256), 12);
    assert_int_equal(batch->oldest, 1);
    assert_int_equal(batch->first, 1);
    assert_int_equal(batch->next, 13);
    assert_int_equal(batch->count, 12);
    assert_int_equal(batch->boot_id, kernel_boot_id);
    assert_memory_equal(bytes, "hello ground", 12);
    assert_int_equal(sys_console_fetch(2, 7, BUF(0), sizeof(*batch) + 3), 3);
    assert_memory_equal(bytes, "gro", 3);
    assert_int_equal(sys_console_fetch(2, 13, BUF(0), 256), 0);
    assert_int_equal(sys_console_fetch(2, 99, BUF(0), 256), 0);
    assert_int_equal(batch->first, 13);
}

static void console_record_keeps_the_newest(void **state)
{
    const struct xm_batch *batch = arch_guest_pointer(BUF(0));
    const char *bytes = (const char *)(batch + 1);

    (void)state;
    start();
    for (int i = 0; i < 10; i++) {
        assert_int_equal(write_as(2, "0123456789"), 10);
    }
    (void)fixture_enter(0);
    assert_int_equal(sys_console_fetch(2, 1, BUF(0), 256), FIXTURE_CONSOLE_RECORD);
    assert_int_equal(batch->oldest, 37);
    assert_int_equal(batch->first, 37);
    assert_int_equal(batch->next, 101);
    assert_memory_equal(bytes, "67890123", 8);
    assert_int_equal(bytes[63], '9');
    (void)fixture_enter(2);
    memset(buffer(2), 'z', 200);
    assert_int_equal(sys_write_console(BUF(2), 200), 200); /* all taken; the newest are kept */
    (void)fixture_enter(0);
    assert_int_equal(sys_console_fetch(2, 0, BUF(0), 256), FIXTURE_CONSOLE_RECORD);
    assert_int_equal(batch->next, 301);
}

static void console_fetch_refusals(void **state)
{
    (void)state;
    start();
    (void)write_as(2, "x");
    (void)fixture_enter(0);
    assert_int_equal(sys_console_fetch(3, 0, BUF(0), 256), XM_INVALID_PARAM);
    assert_int_equal(sys_console_fetch(XM_HYPERVISOR_ID, 0, BUF(0), 256), XM_INVALID_PARAM);
    assert_int_equal(sys_console_fetch(2, 0, BUF(0) + 4, 256), XM_INVALID_PARAM);
    assert_int_equal(sys_console_fetch(2, 0, BUF(0), 31), XM_INVALID_PARAM);
    assert_int_equal(sys_console_fetch(2, 0, FIXTURE_READONLY(0), 256), XM_INVALID_PARAM);
    assert_int_equal(sys_console_fetch(2, 0, BUF(1), 256), XM_INVALID_PARAM);
    assert_int_equal(sys_console_fetch(1, 0, BUF(0), 256), 0); /* keeps no output */
}

/* ---- link -------------------------------------------------------------------------------------------------------- */

static const struct xm_link_status *link_status(void)
{
    (void)fixture_enter(0);
    assert_int_equal(sys_link_status(BUF(0) + 0x2000), XM_OK);
    return arch_guest_pointer(BUF(0) + 0x2000);
}

static xm_s32_t link_read(xm_u32_t size)
{
    (void)fixture_enter(0);
    memset(buffer(0), 0xee, 256);
    return sys_link_read(BUF(0), size);
}

static xm_s32_t link_write(xm_u32_t count)
{
    static xm_u8_t next;

    (void)fixture_enter(0);
    for (xm_u32_t i = 0; i < count; i++) {
        buffer(0)[i] = (char)next++;
    }
    return sys_link_write(BUF(0), count);
}

static void arrive(xm_u32_t count)
{
    xm_u8_t bytes[256];

    for (xm_u32_t i = 0; i < count; i++) {
        bytes[i] = (xm_u8_t)i;
    }
    host_uart_arrive(LINK_UART, bytes, count);
}

static void link_belongs_to_its_partition(void **state)
{
    (void)state;
    start();
    assert_int_equal(console_irq_lines(), 1u << LINK_LINE);
    for (xm_u32_t n = 1; n <= 2; n++) {
        (void)fixture_enter(n);
        assert_int_equal(sys_link_read(BUF(n), 4), XM_INVALID_CONFIG);
        assert_int_equal(sys_link_write(BUF(n), 4), XM_INVALID_CONFIG);
        assert_int_equal(sys_link_status(BUF(n)), XM_INVALID_CONFIG);
    }
    (void)fixture_enter(0);
    assert_int_equal(sys_link_read(FIXTURE_READONLY(0), 4), XM_INVALID_PARAM);
    assert_int_equal(sys_link_read(BUF(1), 4), XM_INVALID_PARAM);
    assert_int_equal(sys_link_write(BUF(1), 4), XM_INVALID_PARAM);
    assert_int_equal(sys_link_status(BUF(0) + 4), XM_INVALID_PARAM);
    assert_int_equal(sys_link_read(0, 0), 0);
    assert_int_equal(sys_link_write(0, 0), 0);
}

static void link_receives_in_order(void **state)
{
    (void)state;
    start();
    assert_true(host.uart[LINK_UART].receive_interrupt);
    arrive(10);
    link_interrupt();
    assert_int_equal(link_read(4), 4);
    assert_memory_equal(buffer(0), "\0\1\2\3\xee", 5);
    assert_int_equal(link_read(200), 6);
    assert_memory_equal(buffer(0), "\4\5\6\7\10\11\xee", 7);
    assert_int_equal(link_read(200), 0);
    assert_int_equal(link_status()->rx_bytes, 10);
    assert_int_equal(link_status()->rx_high_water, 10);
}

static void link_bytes_before_the_start_are_not_lost(void **state)
{
    (void)state;
    (void)fixture_new();
    arrive(BUDGET + 3);
    fixture_boot();
    core_leave();
    assert_true(link_is_held());
    take_turn();
    assert_int_equal(link_read(256), BUDGET + 3);
}

static void link_budget_bounds_what_moves_in_a_slot(void **state)
{
    (void)state;
    start();
    arrive(3 * BUDGET);
    link_interrupt();
    assert_int_equal(host.uart[LINK_UART].arrived_taken, BUDGET);
    assert_true(link_is_held());
    assert_int_equal(link_status()->budget_exhausted, 1);
    assert_true(console_irq(LINK_LINE)); /* one that was already under way */
    assert_int_equal(host.uart[LINK_UART].arrived_taken, BUDGET);
    next_slot();
    assert_int_equal(host.uart[LINK_UART].arrived_taken, BUDGET); /* its owner first */
    assert_true(link_is_held());
    take_turn();
    assert_int_equal(host.uart[LINK_UART].arrived_taken, 2 * BUDGET);
    assert_int_equal(link_status()->budget_exhausted, 2);
    next_slot();
    take_turn();
    assert_int_equal(host.uart[LINK_UART].arrived_taken, 3 * BUDGET);
    next_slot();
    take_turn();
    assert_false(link_is_held());
    assert_int_equal(link_read(256), 3 * BUDGET);
    assert_int_equal(link_status()->rx_dropped, 0);
    next_slot();
    assert_false(console_active);
}

static void link_owner_fetches_beyond_the_budget_itself(void **state)
{
    (void)state;
    start();
    arrive(3 * BUDGET);
    link_interrupt();
    assert_int_equal(link_read(256), 3 * BUDGET);
}

static void link_idle_time_moves_what_the_budget_held_back(void **state)
{
    (void)state;
    start();
    arrive(3 * BUDGET);
    link_interrupt();
    while (console_idle()) {
    }
    assert_int_equal(host.uart[LINK_UART].arrived_taken, 3 * BUDGET);
    assert_int_equal(link_status()->rx_waiting, 3 * BUDGET);
}

static void link_full_receive_ring_drops_and_counts(void **state)
{
    (void)state;
    start();
    for (xm_u32_t i = 0; i < RING / BUDGET + 2; i++) {
        arrive(BUDGET - 1);
        link_interrupt();
        next_slot();
        take_turn();
    }
    assert_int_equal(link_status()->rx_waiting, RING);
    assert_int_equal(link_status()->rx_high_water, RING);
    assert_int_equal(link_status()->rx_dropped, (RING / BUDGET + 2) * (BUDGET - 1) - RING);
    assert_int_equal(link_status()->rx_bytes, (RING / BUDGET + 2) * (BUDGET - 1));
    assert_int_equal(link_read(256), RING);
}

static void link_idle_leaves_in_the_device_what_does_not_fit(void **state)
{
    (void)state;
    start();
    arrive(RING + 50);
    link_interrupt();
    while (console_idle()) {
    }
    assert_int_equal(link_status()->rx_waiting, RING);
    assert_int_equal(link_status()->rx_dropped, 0);
    assert_int_equal(link_read(256), RING);
}

static void link_device_errors_are_counted(void **state)
{
    (void)state;
    start();
    host.uart[LINK_UART].errors = 3;
    assert_int_equal(link_status()->rx_errors, 3);
    host.uart[LINK_UART].errors = 2;
    arrive(1);
    link_interrupt();
    assert_int_equal(link_status()->rx_errors, 5);
}

static void link_write_goes_out_at_once(void **state)
{
    (void)state;
    start();
    assert_int_equal(link_write(40), 40);
    assert_int_equal(host.uart[LINK_UART].sent_count, 40);
    assert_memory_equal(host.uart[LINK_UART].sent, buffer(0), 40);
    assert_false(host.uart[LINK_UART].transmit_interrupt);
    assert_int_equal(link_status()->tx_bytes, 40);
}

static void link_rest_goes_out_by_interrupt_under_the_budget(void **state)
{
    (void)state;
    start();
    host.uart[LINK_UART].room = 8; /* a small hardware FIFO */
    assert_int_equal(link_write(60), 60);
    core_leave();
    assert_int_equal(host.uart[LINK_UART].sent_count, 8);
    take_turn(); /* finds it full: from now on it says when it is not */
    assert_int_equal(host.uart[LINK_UART].sent_count, 8);
    assert_true(host.uart[LINK_UART].transmit_interrupt);
    assert_false(link_is_held());
    host.uart[LINK_UART].room = 8;
    link_interrupt();
    assert_int_equal(host.uart[LINK_UART].sent_count, 16);
    assert_true(host.uart[LINK_UART].transmit_interrupt);
    host.uart[LINK_UART].room = HOST_UNLIMITED;
    link_interrupt();
    assert_int_equal(host.uart[LINK_UART].sent_count, 8 + BUDGET);
    assert_false(host.uart[LINK_UART].transmit_interrupt);
    assert_true(link_is_held()); /* the budget of this slot */
    for (int slots = 0; slots < 3; slots++) {
        next_slot();
        take_turn();
    }
    assert_int_equal(host.uart[LINK_UART].sent_count, 60);
    assert_memory_equal(host.uart[LINK_UART].sent, buffer(0), 60);
    assert_false(host.uart[LINK_UART].transmit_interrupt);
}

/* A small FIFO empties between the look at it and the turning on of its interrupt. */
static void link_device_that_empties_meanwhile_is_not_forgotten(void **state)
{
    (void)state;
    start();
    host.uart[LINK_UART].room = 0;
    host.uart[LINK_UART].room_after_interrupt_on = 1;
    assert_int_equal(link_write(3), 3);
    core_leave();
    take_turn();
    assert_true(host.uart[LINK_UART].transmit_interrupt);
    assert_int_equal(host.uart[LINK_UART].sent_count, 1); /* which it will say is gone */
}

static void link_write_takes_what_fits(void **state)
{
    (void)state;
    start();
    host.uart[LINK_UART].room = 0;
    assert_int_equal(link_write(50), 50);
    assert_int_equal(link_write(50), RING - 50);
    assert_int_equal(link_write(50), 0);
    assert_int_equal(link_status()->tx_waiting, RING);
    assert_int_equal(link_status()->tx_high_water, RING);
    host.uart[LINK_UART].room = HOST_UNLIMITED;
    while (console_idle()) {
    }
    assert_int_equal(host.uart[LINK_UART].sent_count, RING);
}

static void link_write_gives_way_between_pieces(void **state)
{
    struct fixture *f = fixture_new();

    (void)state;
    f->uart[LINK_UART].ring_bytes = 4096;
    fixture_boot();
    host.uart[LINK_UART].room = 0;
    host.irq_due = true;
    assert_int_equal(link_write(1000), 256);
    host.irq_due = false;
    assert_int_equal(link_write(1000), 1000);
    assert_int_equal(link_status()->tx_waiting, 1256);
    assert_int_equal(link_write(4000), 4096 - 1256);
}

static void link_write_is_no_longer_with_a_fast_device(void **state)
{
    struct fixture *f = fixture_new();

    (void)state;
    f->uart[LINK_UART].ring_bytes = 256;
    fixture_boot();
    assert_int_equal(link_write(1000), 256);
}

static void link_rings_go_round(void **state)
{
    xm_u8_t expected = 0;

    (void)state;
    start();
    for (xm_u32_t round = 0; round < 50; round++) {
        xm_u8_t bytes[13];

        for (xm_u32_t i = 0; i < sizeof(bytes); i++) {
            bytes[i] = (xm_u8_t)(round * sizeof(bytes) + i);
        }
        host_uart_arrive(LINK_UART, bytes, sizeof(bytes));
        next_slot();
        link_interrupt();
        fixture_pass_us(TURN_US);
        assert_int_equal(link_read(64), sizeof(bytes));
        for (xm_u32_t i = 0; i < sizeof(bytes); i++) {
            assert_int_equal((xm_u8_t)buffer(0)[i], expected++);
        }
    }
    assert_int_equal(link_status()->rx_dropped, 0);
}

static void link_flood_costs_others_no_more_than_the_budget(void **state)
{
    (void)state;
    start();
    for (xm_u32_t slots = 0; slots < 100; slots++) {
        xm_u64_t moved;

        next_slot();
        moved = link_status()->rx_bytes;
        arrive(200);
        for (int i = 0; i < 20; i++) {
            (void)console_irq(LINK_LINE);
            link_interrupt();
        }
        fixture_pass_us(TURN_US);
        assert_int_equal(link_status()->rx_bytes - moved, BUDGET);
    }
}

/* An interrupt moves a little, then turns poll, with a distance in which nothing interrupts. */
static void link_flood_goes_on_in_turns(void **state)
{
    struct fixture *f = fixture_new();

    (void)state;
    f->uart[LINK_UART].budget_bytes = 200;
    fixture_boot();
    arrive(120);
    link_interrupt();
    assert_int_equal(link_status()->rx_bytes, 16);
    assert_true(link_is_held());
    fixture_pass_us(TURN_US - 1);
    assert_int_equal(link_status()->rx_bytes, 16);
    take_turn();
    assert_int_equal(link_status()->rx_bytes, 16 + 64);
    assert_true(link_is_held());
    host.irq_cleared = 0;
    take_turn();
    assert_int_equal(link_status()->rx_bytes, 120);
    assert_false(link_is_held());
    /* What the turn took does not interrupt once more. */
    assert_int_equal(host.irq_cleared, 1u << LINK_LINE);
}

static void link_bytes_faster_than_turns_are_polled(void **state)
{
    struct fixture *f = fixture_new();

    (void)state;
    f->uart[LINK_UART].budget_bytes = 200;
    fixture_boot();
    fixture_pass_us(TURN_US);
    arrive(1);
    link_interrupt();
    assert_false(link_is_held());
    fixture_pass_us(TURN_US);
    arrive(1);
    link_interrupt();
    assert_false(link_is_held()); /* slow enough */
    fixture_pass_us(TURN_US - 1);
    arrive(1);
    link_interrupt();
    assert_true(link_is_held());
    arrive(3);
    take_turn();
    assert_false(link_is_held());
    assert_int_equal(link_status()->rx_bytes, 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(console_boot_messages_are_polled),
        cmocka_unit_test(console_keeps_the_order_of_writers),
        cmocka_unit_test(console_write_refusals),
        cmocka_unit_test(console_without_device_discards),
        cmocka_unit_test(console_full_ring_drops_and_says_how_much),
        cmocka_unit_test(console_one_write_moves_a_bounded_number),
        cmocka_unit_test(console_slot_start_moves_nothing_the_turn_a_bounded_number),
        cmocka_unit_test(console_without_work_costs_nothing),
        cmocka_unit_test(console_idle_says_when_it_is_done),
        cmocka_unit_test(console_halt_pushes_everything_out),
        cmocka_unit_test(console_flush_empties_every_ring),
        cmocka_unit_test(console_flush_gives_up_on_a_dead_device),
        cmocka_unit_test(console_missing_uart_is_named_and_discarded),
        cmocka_unit_test(console_works_with_one_uart_only),
        cmocka_unit_test(console_of_the_hypervisor_may_be_none),
        cmocka_unit_test(console_fetch_by_byte_number),
        cmocka_unit_test(console_record_keeps_the_newest),
        cmocka_unit_test(console_fetch_refusals),
        cmocka_unit_test(link_belongs_to_its_partition),
        cmocka_unit_test(link_receives_in_order),
        cmocka_unit_test(link_bytes_before_the_start_are_not_lost),
        cmocka_unit_test(link_budget_bounds_what_moves_in_a_slot),
        cmocka_unit_test(link_owner_fetches_beyond_the_budget_itself),
        cmocka_unit_test(link_idle_time_moves_what_the_budget_held_back),
        cmocka_unit_test(link_full_receive_ring_drops_and_counts),
        cmocka_unit_test(link_idle_leaves_in_the_device_what_does_not_fit),
        cmocka_unit_test(link_device_errors_are_counted),
        cmocka_unit_test(link_write_goes_out_at_once),
        cmocka_unit_test(link_rest_goes_out_by_interrupt_under_the_budget),
        cmocka_unit_test(link_device_that_empties_meanwhile_is_not_forgotten),
        cmocka_unit_test(link_write_takes_what_fits),
        cmocka_unit_test(link_write_gives_way_between_pieces),
        cmocka_unit_test(link_write_is_no_longer_with_a_fast_device),
        cmocka_unit_test(link_rings_go_round),
        cmocka_unit_test(link_flood_costs_others_no_more_than_the_budget),
        cmocka_unit_test(link_flood_goes_on_in_turns),
        cmocka_unit_test(link_bytes_faster_than_turns_are_polled),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
