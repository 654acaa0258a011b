/* reader.c - reads the counters before and after each of them has had one second, in every plan */
#include <irqs.h>
#include <stdio.h>
#include <xm.h>

#define VALID_US 100000000
#define SECOND_US 1000000
#define PLANS_MAX 16

static xmAddress_t address[COUNTERS];
static volatile xm_u32_t slots;

static void on_slot_start(trapCtxt_t *context)
{
    (void)context;
    slots++;
}

/* Computing, not idle: so that every counter takes over from a partition at work. */
static void wait_slots(xm_u32_t count)
{
    xm_u32_t begin = slots;

    while (slots - begin < count) {
    }
}

static void read_addresses(void)
{
    xm_s32_t i;

    for (i = 0; i < COUNTERS; i++) {
        char name[16];
        xm_s32_t port;

        sprintf(name, "address%d", i + 1);
        port = XM_create_sampling_port(name, sizeof address[i], XM_DESTINATION_PORT, VALID_US);
        if (XM_read_sampling_message(port, &address[i], sizeof address[i], 0) !=
            sizeof address[i]) {
            printf("bench: counter %d has not told its address\n", i + 1);
            XM_halt_system();
        }
    }
}

static void read_counters(xm_u32_t value[COUNTERS])
{
    xm_s32_t i;

    for (i = 0; i < COUNTERS; i++) {
        if (XM_memory_copy(XM_PARTITION_SELF, (xmAddress_t)&value[i], (xm_u32_t)i + 1, address[i],
                           4) != 4) {
            printf("bench: counter %d cannot be read\n", i + 1);
        }
    }
}

/* In the reader's own slot of a plan, until the same place some frames later. */
static void measure(xm_u32_t plan, xm_u32_t slot_us)
{
    static xm_u32_t before[COUNTERS], after[COUNTERS];
    xm_s32_t i;

    read_counters(before);
    wait_slots(SECOND_US / slot_us);
    read_counters(after);
    printf("counts: plan %d slot %d us:", plan, slot_us);
    for (i = 0; i < COUNTERS; i++) {
        printf(" %d", after[i] - before[i]);
    }
    printf("\n");
}

void PartitionMain(void)
{
    static const xm_u32_t slot_us[PLANS_MAX] = { SECOND_US, 200000, 100000, 10000, 1000, 100,
                                                 200000,    100000, 10000,  1000,  100 };
    xm_u32_t plan, before;

    InstallTrapHandler(XAL_XMEXT_TRAP(XM_VT_EXT_CYCLIC_SLOT_START), on_slot_start);
    XM_clear_irqmask(0, 1u << XM_VT_EXT_CYCLIC_SLOT_START);
    HwSti();
    wait_slots(2);
    read_addresses();
    for (plan = 0;
         slot_us[plan] != 0 && (plan == 0 || XM_switch_sched_plan(plan, &before) == XM_OK);
         plan++) {
        wait_slots(1);
        measure(plan, slot_us[plan]);
    }
    XM_halt_system();
}
