/* host.c - arch.h and board.h on the workstation, for unit tests of core
 *
 * Nothing here decides anything: requests are written down in `host`, answers are read from it. */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "host.h"

struct host host;

const struct board board = {
    .name = "workstation",
    .clock_hz = 40000000,
    .device_start = 0x80000000u,
    .device_size = 0x00100000u,
    .prom_start = 0,
    .prom_size = 0x10000u,
    .uart = { { 0x80000100u, 3 }, { 0x80000400u, 2 } },
};

static jmp_buf end_jump;
static bool running;

static void memory_map(void)
{
    static bool mapped;

    if (mapped) {
        return;
    }
    /* Nothing else may lie at the target's addresses: an access beyond this memory has to crash. */
    if (mmap((void *)(unsigned long)HOST_MEMORY_START, HOST_MEMORY_BYTES, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED) {
        perror("host: the target's memory cannot be mapped at its own address 0x40000000");
        exit(EXIT_FAILURE);
    }
    mapped = true;
}

void host_power_on(bool keep_memory)
{
    memory_map();
    if (!keep_memory) {
        memset(arch_physical_pointer(HOST_MEMORY_START), 0, HOST_MEMORY_BYTES);
    }
    memset(&host, 0, sizeof(host));
    for (xm_u32_t i = 0; i < BOARD_MAX_UARTS; i++) {
        host.uart[i].room = HOST_UNLIMITED;
    }
    host.fpu = true;
}

enum host_end host_run(void (*function)(void *), void *argument)
{
    volatile enum host_end end = HOST_RETURNED;
    int reason;

    running = true;
    reason = setjmp(end_jump);
    if (reason == 0) {
        function(argument);
    } else {
        end = (enum host_end)reason;
    }
    running = false;
    return end;
}

static void end(enum host_end reason) __attribute__((noreturn));
static void end(enum host_end reason)
{
    if (!running) {
        fprintf(stderr, "host: core ended (reason %d) outside of host_run()\n%.*s\n", (int)reason,
                (int)host.uart[0].sent_count, host.uart[0].sent);
        abort();
    }
    longjmp(end_jump, (int)reason);
}

void host_advance_us(xm_u32_t us)
{
    host.count_us += us;
}

/* ---- arch.h ---------------------------------------------------------------------------------- */

void arch_space_create(xm_u32_t space)
{
    (void)space;
}

void arch_map(xm_u32_t space, xmAddress_t va, xmAddress_t pa, xm_u32_t size,
              enum arch_rights rights, bool cacheable)
{
    if (host.mapping_count == HOST_MAPPINGS) {
        fprintf(stderr, "host: more than %d mappings\n", HOST_MAPPINGS);
        abort();
    }
    host.mapping[host.mapping_count++] =
        (struct host_mapping){ space, va, pa, size, rights, cacheable };
}

void arch_mmu_enable(void)
{
    host.mmu = true;
}

void arch_space_activate(xm_u32_t space)
{
    host.space = space;
}

void arch_context_init(struct arch_context *context, xmAddress_t entry, xmAddress_t pct,
                       xm_u32_t space)
{
    xm_u32_t lives = context->init_count;

    *context = (struct arch_context){ .entry = entry, .pct = pct, .space = space, .init_count = lives + 1 };
}

void arch_set_next(struct arch_context *context)
{
    host.next = context;
    host.current = context;
    if (context != NULL) {
        host.space = context->space;
    }
}

struct arch_context *arch_current(void)
{
    return host.current;
}

void arch_discard_current(void)
{
    host.discards++;
}

void arch_request_leave(void)
{
    host.leave_requests++;
}

void arch_set_stack_area(struct arch_context *context, xmAddress_t base, xm_u32_t size)
{
    context->stack_base = base;
    context->stack_size = size;
}

bool arch_flush_windows(struct arch_context *context, const struct partition *p,
                        xmAddress_t *bad_address)
{
    (void)context;
    (void)p;
    *bad_address = host.bad_stack;
    return host.bad_stack == 0;
}

int arch_trap_index(xm_u32_t trap_type)
{
    switch (trap_type) {
#define HM_EVENT(id, name, group, action, log, cause)
#define HM_EVENT_ALIAS(old_name, name)
#define HM_ACTION(id, name, short_name, effect)
#define HM_ACTION_ALIAS(old_name, in_partition, in_hypervisor)
#define HM_TRAP(tt, index, trap_name, event)                                                       \
    case tt:                                                                                       \
        return index;
#include "../../abi/hm_events.def"
#undef HM_EVENT
#undef HM_EVENT_ALIAS
#undef HM_ACTION
#undef HM_ACTION_ALIAS
#undef HM_TRAP
    default:
        return -1;
    }
}

xmAddress_t arch_fault_address(const struct arch_trap *trap)
{
    return trap->fault_address;
}

bool arch_fpu_present(void)
{
    return host.fpu;
}

void arch_context_disable_fpu(struct arch_context *context)
{
    context->fpu_enabled = false;
}

bool arch_fpu_switch(struct arch_fpu *save, const struct arch_fpu *load)
{
    (void)save;
    (void)load;
    host.fpu_switches++;
    return save != NULL && host.fpu_failed;
}

void arch_idle_window(void)
{
}

void arch_idle_wait(void)
{
}

void arch_idle_yield(void)
{
    host.idle_yields++;
}

void arch_start(void)
{
    end(HOST_STARTED);
}

void arch_halt(void)
{
    end(HOST_HALTED);
}

void arch_jump_to_loader(xmAddress_t entry)
{
    host.loader_entry = entry;
    end(HOST_TO_LOADER);
}

/* ---- board.h --------------------------------------------------------------------------------- */

void timer_init(void)
{
}

xm_u32_t timer_count_us(void)
{
    return host.count_us;
}

void timer_arm_us(xm_u32_t delay_us)
{
    host.armed_us = delay_us;
    host.armed_count++;
}

void irq_init(void)
{
    host.irq_mask = 0;
}

void irq_set_mask(xm_u32_t lines_enabled)
{
    host.irq_mask = lines_enabled;
}

void irq_force(xm_u32_t lines)
{
    host.irq_forced |= lines;
}

void irq_clear(xm_u32_t lines)
{
    host.irq_cleared |= lines;
}

void uart_init(xm_u32_t uart, xm_u32_t baud)
{
    host.uart[uart].initialised = true;
    host.uart[uart].baud = baud;
}

bool uart_exists(xm_u32_t uart)
{
    return uart < BOARD_MAX_UARTS;
}

static void uart_keep(struct host_uart *u, char c)
{
    if (u->sent_count < HOST_UART_BYTES) {
        u->sent[u->sent_count++] = c;
    }
}

xm_u32_t uart_transmit(xm_u32_t uart, const xm_u8_t *bytes, xm_u32_t count)
{
    struct host_uart *u = &host.uart[uart];
    xm_u32_t done = 0;

    while (done < count && u->room != 0) {
        if (u->room != HOST_UNLIMITED) {
            u->room--;
        }
        uart_keep(u, (char)bytes[done++]);
    }
    if (done < count) {
        u->refused_polls++;
    }
    return done;
}

xm_u32_t uart_receive(xm_u32_t uart, xm_u8_t *bytes, xm_u32_t count)
{
    struct host_uart *u = &host.uart[uart];
    xm_u32_t done = 0;

    while (done < count && u->arrived_taken != u->arrived_count) {
        bytes[done++] = u->arrived[u->arrived_taken++];
    }
    return done;
}

void uart_set_interrupts(xm_u32_t uart, bool receive, bool transmit)
{
    if (transmit && !host.uart[uart].transmit_interrupt) {
        host.uart[uart].room += host.uart[uart].room_after_interrupt_on;
    }
    host.uart[uart].receive_interrupt = receive;
    host.uart[uart].transmit_interrupt = transmit;
}

xm_u32_t uart_take_errors(xm_u32_t uart)
{
    xm_u32_t errors = host.uart[uart].errors;

    host.uart[uart].errors = 0;
    return errors;
}

void uart_put_now(xm_u32_t uart, char c)
{
    host.uart[uart].polled_count++;
    uart_keep(&host.uart[uart], c);
}

xm_u32_t uart_irq(xm_u32_t uart)
{
    return board.uart[uart].irq;
}

void host_uart_arrive(xm_u32_t uart, const void *bytes, xm_u32_t count)
{
    struct host_uart *u = &host.uart[uart];

    if (u->arrived_taken == u->arrived_count) {
        u->arrived_taken = 0;
        u->arrived_count = 0;
    }
    if (count > HOST_UART_BYTES - u->arrived_count) {
        fprintf(stderr, "host: more than %u bytes waiting on UART %u\n", HOST_UART_BYTES, uart);
        abort();
    }
    memcpy(&u->arrived[u->arrived_count], bytes, count);
    u->arrived_count += count;
}

bool arch_io_read(xmAddress_t address, xm_u32_t *value)
{
    host.io_address = address;
    host.io_reads++;
    *value = host.io_value;
    return !host.io_absent;
}

bool arch_io_write(xmAddress_t address, xm_u32_t value)
{
    host.io_address = address;
    host.io_value = value;
    host.io_writes++;
    return !host.io_absent;
}

bool mac_reset(xmAddress_t registers, xmAddress_t send_table, xmAddress_t receive_table)
{
    if (registers != HOST_MAC || host.mac.absent) {
        return false;
    }
    host.mac.resets++;
    host.mac.table[0] = send_table;
    host.mac.table[1] = receive_table;
    memset(host.mac.done, 0, sizeof(host.mac.done));
    return true;
}

void mac_fill(xmAddress_t table, xm_u32_t index, xmAddress_t buffer, xm_u32_t bytes)
{
    xm_u32_t ring = table == host.mac.table[1];

    host.mac.buffer[ring][index] = buffer;
    host.mac.bytes[ring][index] = bytes;
    host.mac.done[ring][index] = false;
}

bool mac_done(xmAddress_t table, xm_u32_t index, xm_u32_t *status)
{
    xm_u32_t ring = table == host.mac.table[1];

    *status = host.mac.status[ring][index];
    return host.mac.done[ring][index];
}

bool irq_pending(void)
{
    return host.irq_due;
}

void arch_restart_call(void)
{
    host.restarts++;
    arch_request_leave();
}
