/* prober.c - touches every page of the 4 GiB once, in one way, and notes where it was let
 *
 * A denial comes back as a trap (propagated by the health monitor) or, in the hypervisor's memory, as a warm reset; either way
 * the prober goes on with the next page. */
#include "shared.h"
#include <irqs.h>

#define RETL 0x81c3e008u
#define NOP 0x01000000u

extern void probe_execute(xm_u32_t address);
extern xm_u32_t exec_resume[];
__asm__("\n.globl probe_execute, exec_resume\nprobe_execute:\n\tmov %o7, %o5\n\tjmpl %o0, %o7\n\tnop\nexec_resume:\n\tjmpl %o5 + 8, "
        "%g0\n\tnop\n");

static volatile int armed, trapped;

/* One word in each page, elsewhere in every page. */
static xm_u32_t page_word(xm_u32_t page)
{
    return page << 12 | (page * 0x9e4u & 0xff8u);
}

static void handle_data(trapCtxt_t *context)
{
    CONTROL->unexpected += !armed;
    trapped = 1;
    context->pc = context->nPc;
    context->nPc += 4;
}

static void handle_fetch(trapCtxt_t *context)
{
    CONTROL->unexpected += !armed;
    trapped = 1;
    context->pc = (xm_u32_t)exec_resume;
    context->nPc = context->pc + 4;
}

static int map_get(xm_u32_t map, xm_u32_t n)
{
    return ((const volatile xm_u8_t *)map)[n / 8] >> (7 - n % 8) & 1;
}

static void map_set(xm_u32_t n)
{
    ((volatile xm_u8_t *)MAP_ADDRESS)[n / 8] |= (xm_u8_t)(0x80 >> n % 8);
}

static void read_word(xm_u32_t address)
{
    xm_u32_t word;

    __asm__ volatile("ld [%1], %0\n\tnop" : "=r"(word) : "r"(address) : "memory");
}

/* Where reading is allowed, what was read is written back: the page may be one that the prober lives on. */
static void write_word(xm_u32_t address, int readable)
{
    xm_u32_t word = 0xdeadbeef;

    if (readable) {
        __asm__ volatile("ld [%0], %%g1\n\tst %%g1, [%0]\n\tnop" : : "r"(address) : "g1", "memory");
    } else {
        __asm__ volatile("st %1, [%0]\n\tnop" : : "r"(address), "r"(word) : "memory");
    }
}

/* In own writable memory the two instructions of a return are planted for the moment; in read-only memory the host has. */
static void execute_word(xm_u32_t address)
{
    const struct xmPhysicalMemMap *area = (const struct xmPhysicalMemMap *)(XM_params_get_PCT() + 1);
    volatile xm_u32_t *word = (volatile xm_u32_t *)address;
    xm_u32_t kept[2];
    xm_s32_t i, own = 0;

    for (i = 0; i < XM_params_get_PCT()->noPhysicalMemAreas; i++) {
        own |= address - area[i].mappedAt < area[i].size && !(area[i].flags & (XM_MEM_AREA_UNMAPPED | XM_MEM_AREA_READONLY));
    }
    if (own) {
        kept[0] = word[0];
        kept[1] = word[1];
        word[0] = RETL;
        word[1] = NOP;
        __asm__ volatile("flush %0\n\tflush %0 + 4" : : "r"(address) : "memory");
    }
    probe_execute(address);
    if (own) {
        word[0] = kept[0];
        word[1] = kept[1];
        __asm__ volatile("flush %0\n\tflush %0 + 4" : : "r"(address) : "memory");
    }
}

static void probe(xm_u32_t kind, xm_u32_t n)
{
    xm_u32_t word;

    switch (kind) {
    case PROBE_READ:
        read_word(page_word(n));
        break;
    case PROBE_WRITE:
        write_word(page_word(n), map_get(CONTROL->readable, n));
        break;
    case PROBE_EXECUTE:
        execute_word(page_word(n));
        break;
    case PROBE_DEVICE_READ:
        read_word(DEVICE_WORD(n));
        break;
    case PROBE_DEVICE_WRITE:
        write_word(DEVICE_WORD(n), 0);
        break;
    case PROBE_INPORT:
        trapped = XM_sparc_inport(DEVICE_WORD(n), &word) != XM_OK;
        break;
    default:
        trapped = XM_sparc_outport(DEVICE_WORD(n), 0) != XM_OK;
        break;
    }
}

void PartitionMain(void)
{
    while (CONTROL->role != XM_PARTITION_SELF) {
        if (CONTROL->done && XM_get_system_status(0) != XM_PERM_ERROR) {
            XM_halt_system();
        }
        XM_idle_self();
    }
    InstallTrapHandler(DATA_ACCESS_EXCEPTION, handle_data);
    InstallTrapHandler(INSTRUCTION_ACCESS_EXCEPTION, handle_fetch);
    CONTROL->pct = (xm_u32_t)XM_params_get_PCT();
    CONTROL->pct_bytes = XM_params_get_PCT()->partCtrlTabSize;
    if (CONTROL->next != 0) {
        CONTROL->restarts++; /* the health monitor's answer to the probe that was being made */
        CONTROL->denied++;
    } else {
        CONTROL->next = CONTROL->first;
    }
    while (CONTROL->next < CONTROL->end) {
        xm_u32_t n = CONTROL->next;

        CONTROL->next = n + 1;
        trapped = 0;
        armed = 1;
        probe(CONTROL->kind, n);
        armed = 0;
        if (trapped) {
            CONTROL->denied++;
        } else {
            map_set(n);
        }
    }
    CONTROL->done = 1;
    for (;;) {
        if (XM_get_system_status(0) != XM_PERM_ERROR) {
            XM_halt_system();
        }
        XM_idle_self();
    }
}
