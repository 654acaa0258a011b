/* fetcher.c - the most expensive services of a system partition, without a pause */
#include <stdio.h>
#include <xm.h>

#define RUN_US                                                                                     \
    6000000 /* 12,000 slots of 500 us; those that go into reloading the phoenix do not count */
#define PHOENIX 5
#define TURNS_PER_LIFE 40
#define WRITER_MEMORY 0x40258000

static xm_u8_t batch[32768] __attribute__((aligned(8)));

static void fetch_everything(void)
{
    XM_memory_copy(XM_PARTITION_SELF, (xmAddress_t)batch + 4, 2, WRITER_MEMORY, 4096);
    XM_hm_fetch(1, batch, sizeof batch);
    XM_trace_fetch(3, 1, batch, sizeof batch);
    XM_trace_fetch(XM_HYPERVISOR_ID, 1, batch, sizeof batch);
    XM_console_fetch(4, 1, batch, sizeof batch);
    XM_read_config(0, batch, sizeof batch);
    XM_link_write(batch, 4096);
    XM_link_read(batch, 4096);
    XM_write_console((char *)batch, 64);
}

void PartitionMain(void)
{
    xmTime_t now;
    int turn = 0;

    do {
        fetch_everything();
        if (++turn % TURNS_PER_LIFE == 0) {
            XM_reset_partition(PHOENIX, XM_COLD_RESET, 0);
        }
        XM_get_time(XM_HW_CLOCK, &now);
    } while (now < RUN_US);
    XM_halt_system();
}
