/* Random hypercalls: whatever a partition asks, the kernel stays whole and other memory stays as it is.
 *
 * Arguments are drawn from values that mean something (addresses at the edges of areas, ids, sizes) and from noise; the
 * sequence is the same on every run. The sanitizers watch the kernel meanwhile. */
#include <stdio.h>
#include <string.h>
#include "fixture.h"

#define CALLS_ONE 300000u
#define CALLS_ALL 3000000u

static xm_u64_t noise_state;

/* xorshift64*: all bits are good, unlike those of a linear generator. */
static xm_u32_t noise(void)
{
    noise_state ^= noise_state >> 12;
    noise_state ^= noise_state << 25;
    noise_state ^= noise_state >> 27;
    return (xm_u32_t)(noise_state * 2685821657736338717ull >> 32);
}

static xm_u32_t below(xm_u32_t n)
{
    return noise() % n;
}

/* The partition that calls; mixed: now and then it is another one, so that there is traffic between them. */
static xm_u32_t caller;
static bool mixed;

static xm_u32_t word(void)
{
    const xm_u32_t known[] = { 0, 1, 2, 3, 4, 8, 16, 32, 33, 64, 65, 128, 255, 256, 512, 1000, 4096, 0x10000,
                               0x7fffffffu, 0x80000000u, 0x80000001u, 0xfffffff8u, ~0u,
                               0x80000600u, 0x80000700u, 0x80000100u, XM_HYPERVISOR_START, 0x40700000u,
                               2u << 24 | caller << 10, 2u << 24 | 255u << 10, 24, 25, 26, 31 };

    switch (below(6)) {
    case 0:
        return noise();
    case 1:
        return below(300);
    case 2:
    case 3:
        return below(5); /* descriptors, ids, modes */
    default:
        break;
    }
    return known[below(sizeof(known) / sizeof(known[0]))];
}

static xmAddress_t address(void)
{
    const xmAddress_t known[] = {
        FIXTURE_SCRATCH(caller),        FIXTURE_SCRATCH(caller),          FIXTURE_SCRATCH(caller) + 0x100,
        FIXTURE_SCRATCH(caller) + 4,    FIXTURE_SCRATCH(caller) + 0x4000, FIXTURE_READONLY(caller) - 8,
        FIXTURE_READONLY(caller) - 36,  FIXTURE_READONLY(caller),         FIXTURE_READONLY(caller) + FIXTURE_READONLY_BYTES - 4,
        FIXTURE_AREA(caller) - 4,       FIXTURE_AREA((caller + 1) % 3),   FIXTURE_AREA(caller) + 0x1000,
        FIXTURE_HM_STORAGE,             XM_HYPERVISOR_START + 0x20000u,   0x40700000u,
    };

    return below(8) == 0 ? word() : known[below(sizeof(known) / sizeof(known[0]))] + (below(6) == 0 ? below(16) : 0);
}

/* Mostly one of a port, as it stands in memory. */
static xmAddress_t name_address(void)
{
    return below(4) == 0 ? address() : FIXTURE_SCRATCH(caller) + 0x4000;
}

static xmTime_t time_value(void)
{
    const xmTime_t known[] = { 0, 1, 49, 50, 1000, 1500, MAX_XMTIME, MAX_XMTIME - 1, -1, -MAX_XMTIME - 1 };

    return below(3) == 0 ? (xmTime_t)noise() : known[below(sizeof(known) / sizeof(known[0]))];
}

#define NONE
#define U32(x) word()
#define S32(x) (xm_s32_t)word()
#define U64(x) ((xm_u64_t)word() << (below(3) == 0 ? 32 : 0) | word())
#define TIME(x) time_value()
#define NAME(x) name_address()
#define OUT(t, x) address()
#define OUT_OPT(t, x) address()
#define INOUT(t, x) address()
#define BUF_IN(x) address()
#define BUF_OUT(x) address()
#define ADDR(x) address()
#define XM_CALL(nr, name, who, arguments, doc)                                                                 \
    case nr:                                                                                                   \
        return sys_##name arguments;

/* One random call of that number. */
static xm_s32_t call(xm_u32_t number)
{
    switch (number) {
#include "../../hypervisor/abi/hypercalls.def"
    default:
        return XM_UNKNOWN_HYPERCALL;
    }
}

static void fill_name(void)
{
    static const char *const names[] = { "sOut", "qIn", "sIn", "qOut", "zIn", "zOut", "sFree", "qFree", "P1" };

    (void)fixture_name(caller, names[below(sizeof(names) / sizeof(names[0]))]);
}

static xm_u32_t succeeded[HYPERCALL_COUNT];

/* Begin a life with open ports: otherwise random arguments would hardly ever open one. */
static void open_ports(const struct partition *p)
{
    for (xm_u32_t i = 0; i < p->config->port_count; i++) {
        const struct xm_config_port *port = config_port(p->config->port_first + i);
        xmAddress_t name = fixture_name(caller, config_string(port->name));

        if (port->type == XM_QUEUING_PORT) {
            succeeded[HYPERCALL_create_queuing_port] += sys_create_queuing_port(name, 3, 32, port->direction) >= 0;
        } else {
            xm_u32_t zero = port->channel == 2;

            succeeded[HYPERCALL_create_sampling_port] +=
                sys_create_sampling_port(name, zero ? 16 : 64, port->direction, zero ? 0 : 1000) >= 0;
        }
    }
}

/* Calls that end the life of the caller or of the system come rarely, or nothing else would be tried. */
static bool is_drastic(xm_u32_t number)
{
    return number == HYPERCALL_halt_partition || number == HYPERCALL_reset_partition ||
           number == HYPERCALL_hm_raise_event || number == HYPERCALL_halt_system || number == HYPERCALL_reset_system;
}

/* For calls about a partition an ordinary caller has to name itself: the dispatcher lets nothing else through. */
static xm_s32_t call_about_itself(xm_u32_t number, xm_u32_t id)
{
    switch (number) {
    case HYPERCALL_halt_partition:
        return sys_halt_partition(id);
    case HYPERCALL_suspend_partition:
        return sys_suspend_partition(id);
    case HYPERCALL_reset_partition:
        return sys_reset_partition(id, word(), word());
    case HYPERCALL_shutdown_partition:
        return sys_shutdown_partition(id);
    case HYPERCALL_get_partition_status:
        return sys_get_partition_status(id, address());
    case HYPERCALL_trace_open:
        return sys_trace_open(id);
    default:
        fail_msg("call %u has a partition id: add it here", number);
        return XM_UNKNOWN_HYPERCALL;
    }
}

static void calls(void *count)
{
    for (xm_u32_t i = 0; i < *(xm_u32_t *)count; i++) {
        xm_u32_t number = below(HYPERCALL_COUNT);
        struct partition *p;
        xm_s32_t result;

        if (mixed) {
            caller = below(3) == 0 ? 1 + below(2) : 0;
        }
        p = fixture_enter(caller);
        if (p->state != PARTITION_READY) {
            if (mixed && caller != 0 && below(20) != 0) {
                continue; /* somebody may resume or reset it */
            }
            (void)partition_reset(p, XM_COLD_RESET, 0);
            p->load.active = false; /* as if its slots had loaded it */
            p->load.incomplete = false;
            open_ports(p);
        }
        if (i == 0 || below(50) == 0) {
            open_ports(p);
        }
        fill_name();
        if (core_call_permitted(number, p->id) != XM_OK || (is_drastic(number) && below(200) != 0)) {
            continue;
        }
        memset(host.mac.done, below(2) != 0, sizeof(host.mac.done));
        if (hypercall_who[number] == XM_OWN && !p->system) {
            result = call_about_itself(number, p->id);
        } else {
            result = call(number);
        }
        if (result < XM_MULTICALL_ERROR) {
            fail_msg("call %u returned %d", number, result);
        }
        if (result >= 0) {
            succeeded[number]++;
        }
        if (below(4) == 0) {
            host.uart[0].sent_count = 0;
            host.uart[1].sent_count = 0;
            host.current->delivery = 0;
            fixture_pass_us(below(300));
        }
    }
}

/* Sums over memory that the caller has no business with. */
static xm_u32_t foreign_sum(void)
{
    xm_u32_t crc = CRC32C_START;

    for (xm_u32_t n = 0; n < FIXTURE_PARTITIONS; n++) {
        if (n != caller) {
            crc = crc32c_add(crc, arch_physical_pointer(FIXTURE_AREA(n)), FIXTURE_AREA_BYTES);
        }
        crc = crc32c_add(crc, arch_physical_pointer(FIXTURE_READONLY(n)), FIXTURE_READONLY_BYTES);
    }
    crc = crc32c_add(crc, arch_physical_pointer(0x40700000u), 0x1000);
    crc = crc32c_add(crc, arch_physical_pointer(FIXTURE_CONTAINER), 4096);
    return CRC32C_END(crc32c_add(crc, config, config->length));
}

static void random_calls_of_an_ordinary_partition_touch_nothing_else(void **state)
{
    xm_u32_t before;
    xm_u32_t count = CALLS_ONE;

    (void)state;
    for (caller = 1; caller <= 2; caller++) {
        noise_state = caller;
        fixture_start();
        before = foreign_sum();
        assert_int_equal(host_run(calls, &count), HOST_RETURNED);
        assert_int_equal(foreign_sum(), before);
        /* the system goes on: every other partition still gets its slots */
        assert_int_equal(partitions[0].state, PARTITION_READY);
        fixture_pass_us(700);
        fixture_pass_us(700);
        assert_int_equal(hm_lost(), 0);
    }
}

/* A system partition may stop and restart everything; what it cannot do is break the kernel. */
static void random_calls_of_all_partitions_leave_the_kernel_whole(void **state)
{
    xm_u32_t count = 1000;
    xm_u32_t resets = 0;

    (void)state;
    mixed = true;
    noise_state = 99;
    fixture_start();
    for (xm_u32_t round = 0; round < CALLS_ALL / count; round++) {
        switch (host_run(calls, &count)) {
        case HOST_HALTED:
        case HOST_TO_LOADER:
            assert_null(strstr(fixture_output(0), "internal error"));
            resets++;
            fixture_reboot();
            break;
        default:
            break;
        }
    }
    assert_true(resets > 0);
    assert_true(kernel_boot_id == resets + 1);
}

/* Last: the two above are worth little if they were refused everything. */
static void random_calls_reached_behind_the_refusals(void **state)
{
    (void)state;
    for (xm_u32_t number = 0; number < HYPERCALL_COUNT; number++) {
        bool returns = number != HYPERCALL_halt_system && number != HYPERCALL_reset_system;

        if (returns && succeeded[number] == 0) {
            fail_msg("call %u never succeeded", number);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_calls_of_an_ordinary_partition_touch_nothing_else),
        cmocka_unit_test(random_calls_of_all_partitions_leave_the_kernel_whole),
        cmocka_unit_test(random_calls_reached_behind_the_refusals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
