/* fixture.h - a small system that core boots on the workstation, and a few steps every test needs
 *
 * Three partitions, three plans, three channels, a console UART and a link UART; the tables below are the whole of it. A
 * test may change the configuration between fixture_new() and fixture_boot().
 *
 *   plan 0, 1000 us:  P0 [0,200)  P1 [200,500)  gap [500,600)  P2 [600,1000)
 *   plan 1,  500 us:  P0 [0,400)  gap [400,500)                  (maintenance)
 *   plan 2,  700 us:  P1 [0,300)  P2 [300,700)
 *
 *   channel 0: sampling, 64 bytes, valid 1000 us:  P0.sOut -> P1.sIn, P2.sIn
 *   channel 1: queuing, 3 x 32 bytes:              P1.qOut -> P0.qIn
 *   channel 2: sampling, 16 bytes, valid 0:        P2.zOut -> P1.zIn
 *
 *   inter-partition interrupts: line 1 P1 -> P0, P2; line 2 P0 -> P1 */
#ifndef XM_TESTS_UNIT_FIXTURE_H
#define XM_TESTS_UNIT_FIXTURE_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../hypervisor/arch/host/host.h"
#include "../../hypervisor/core/config.h"
#include "../../hypervisor/core/console.h"
#include "../../hypervisor/core/guest_mem.h"
#include "../../hypervisor/core/hm.h"
#include "../../hypervisor/core/hypercall.h"
#include "../../hypervisor/core/kernel.h"
#include "../../hypervisor/core/logbook.h"
#include "../../hypervisor/core/main.h"
#include "../../hypervisor/core/partition.h"
#include "../../hypervisor/core/port.h"
#include "../../hypervisor/core/sched.h"
#include "../../hypervisor/core/time.h"
#include "../../hypervisor/core/trace.h"
#include "../../hypervisor/core/virq.h"

#define FIXTURE_PARTITIONS 3u
#define FIXTURE_AREAS 6u
#define FIXTURE_PORTS 8u
#define FIXTURE_IMAGE_BYTES 512u
#define FIXTURE_HM_RECORDS 8u
#define FIXTURE_TRACE_RECORDS 4u
#define FIXTURE_BUDGET 16u
#define FIXTURE_LINK_RING 64u
#define FIXTURE_CONSOLE_RECORD 64u

/* Memory of partition n begins here; its second area is adjacent and read-only. P1 has a third one, not mapped. */
#define FIXTURE_AREA(n) (0x40100000u + (n) * 0x100000u)
#define FIXTURE_AREA_BYTES 0x10000u
#define FIXTURE_READONLY(n) (FIXTURE_AREA(n) + FIXTURE_AREA_BYTES)
#define FIXTURE_READONLY_BYTES 0x1000u
/* Memory a test may use for buffers: not the image. */
#define FIXTURE_SCRATCH(n) (FIXTURE_AREA(n) + 0x8000u)
#define FIXTURE_HM_STORAGE 0x40800000u
#define FIXTURE_CONTAINER 0x40c00000u
#define FIXTURE_LOADER 0x40f00000u

/* Ports by descriptor. */
enum { P0_SAMPLING_OUT, P0_QUEUING_IN, P0_SAMPLING_FREE, P0_QUEUING_FREE };
enum { P1_SAMPLING_IN, P1_QUEUING_OUT, P1_ZERO_IN };
enum { P2_SAMPLING_IN, P2_ZERO_OUT };

struct fixture {
    struct xm_config head;
    struct xm_config_region region[1];
    struct xm_config_area area[FIXTURE_AREAS + 1];
    struct xm_config_partition partition[FIXTURE_PARTITIONS];
    struct xm_config_plan plan[3];
    struct xm_config_slot slot[8];
    struct xm_config_port port[9];
    struct xm_config_channel channel[3];
    xm_u32_t destination[4];
    struct xm_config_io_port io[2];
    struct xm_config_uart uart[2];
    struct xm_config_stream stream[3];
    struct xm_config_ipvi ipvi[3];
    struct xm_config_ethernet ethernet[1];
    char strings[256];
};

/* Power on, and lay out configuration and container in memory. */
struct fixture *fixture_new(void);
/* Sign the configuration and boot; expects the scheduler to start. P0's slot is current, and P0 runs. */
void fixture_boot(void);
/* fixture_new() and fixture_boot(). */
void fixture_start(void);
/* Reset that keeps memory, and boot again. */
void fixture_reboot(void);
/* Let partition n be the one whose registers are live, whatever the plan says. */
struct partition *fixture_enter(xm_u32_t n);
/* Time passes; the timer fires if it was due; the kernel is entered and left. */
void fixture_pass_us(xm_u32_t us);
/* Put a name into partition n's memory and return its address. */
xmAddress_t fixture_name(xm_u32_t n, const char *name);
/* Row of the health-monitor table of partition n, or of the hypervisor (XM_HYPERVISOR_ID). */
void fixture_hm_row(struct fixture *f, xm_u32_t n, enum xm_hm_event event, xm_u32_t action, bool log);
/* Raise an event without any context. */
xm_u32_t fixture_raise(enum xm_hm_event event, struct partition *p);
/* All output of a UART as a string. */
const char *fixture_output(xm_u32_t uart);

/* Checksum of a record of the XtratuM interface, as its description says: the ones' complement sum of
 * its halfwords, of which its own checksum is 0. */
xm_u16_t fixture_checksum(const void *record, size_t bytes);

#endif
