/* target.c - the runtime's printf, copies, 64-bit division, trap entry and start on the processor
 * itself; run.py checks the output
 *
 * Lines: "div N D Q R" in hexadecimal and "sdiv N D Q R", "copy ok" or "copy FAILED ...", "trap ok"
 * or "trap FAILED ...", "start ok" or "start FAILED ...", "text ..." and "done". The runtime's own
 * start code runs last: it calls PartitionMain here. */
#include <config.h>
#include <irqs.h>
#include <stdio.h>
#include <string.h>
#include <xal.h>

#define UART_DATA (*(volatile xm_u32_t *)0x80000100)
#define UART_STATUS (*(volatile xm_u32_t *)0x80000104)
#define UART_HOLDING_EMPTY 4u
#define RANDOM_PAIRS 1500
#define REGISTERS 25
#define SAVED_REGISTERS 23 /* general registers and %y; then condition codes and marker */
#define DEPTH 12           /* calls that push every window out of the processor */

extern char _traptab[], resumed[], resumed_elsewhere[];
trapHandler_t trapHandlersTab[TRAPTAB_LENGTH];

/* What start.S of the runtime needs from irqs.c and libxm. */
void xal_halt_self(void);
extern partitionControlTable_t partition_table;
extern xm_u32_t __stack[STACK_SIZE / sizeof(xm_u32_t)];

void interrupt(xm_u32_t vector_address, xm_u32_t registers[REGISTERS]);
void target_main(void);
void power_off(void);
int xal_lock(void);
void xal_unlock(int was_open);

int xal_lock(void)
{
    return 0;
}

void xal_unlock(int was_open)
{
    (void)was_open;
}

xm_s32_t XM_write_console(const void *buffer, xm_s32_t length)
{
    const char *byte = buffer;
    xm_s32_t i;

    for (i = 0; i < length; i++) {
        while (!(UART_STATUS & UART_HOLDING_EMPTY)) {
        }
        UART_DATA = (xm_u32_t)byte[i];
    }
    return length;
}

static xm_u64_t next_random(void)
{
    static xm_u64_t state = 4;

    state = state * 6364136223846793005ull + 1442695040888963407ull;
    return (state ^ (state >> 29)) >> (state >> 58);
}

static void print_division(xm_u64_t n, xm_u64_t d)
{
    xm_s64_t sn = (xm_s64_t)n;
    xm_s64_t sd = (xm_s64_t)d;

    if (d == 0) {
        return;
    }
    printf("div %llx %llx %llx %llx\n", n, d, n / d, n % d);
    printf("sdiv %lld %lld %lld %lld\n", sn, sd, sn / sd, sn % sd);
}

static void print_divisions(void)
{
    static const xm_u64_t edges[] = {
        0,
        1,
        3,
        10,
        0x7fffffff,
        0x80000000,
        0xffffffff,
        0x100000000,
        0x1ffffffff,
        0x7fffffffffffffff,
        0x8000000000000000,
        0xffffffff00000000,
        0xffffffffffffffff,
    };
    xm_u32_t i, j;

    for (i = 0; i < sizeof edges / sizeof *edges; i++) {
        for (j = 0; j < sizeof edges / sizeof *edges; j++) {
            print_division(edges[i], edges[j]);
        }
    }
    for (i = 0; i < RANDOM_PAIRS; i++) {
        xm_u64_t n = next_random();

        print_division(n, next_random());
    }
}

/* Copies between all alignments, of lengths around two blocks and more; and inside one buffer, where
 * the blocks overlap. */
static xm_u32_t copies_right(xm_u32_t to, xm_u32_t from, xm_u32_t n)
{
    static xm_u8_t source[96], copied[96], moved[96];
    xm_u32_t i;

    for (i = 0; i < sizeof source; i++) {
        source[i] = moved[i] = (xm_u8_t)(i + 1);
        copied[i] = 0;
    }
    memcpy(copied + to, source + from, n);
    memmove(moved + to, moved + from, n);
    for (i = 0; i < sizeof source; i++) {
        xm_u32_t inside = i >= to && i < to + n;

        if (copied[i] != (inside ? source[i - to + from] : 0) ||
            moved[i] != source[inside ? i - to + from : i]) {
            return 0;
        }
    }
    return 1;
}

static void check_copies(void)
{
    xm_u32_t to, from, n;

    for (to = 0; to < 9; to++) {
        for (from = 0; from < 9; from++) {
            for (n = 0; n < 80; n++) {
                if (!copies_right(to, from, n)) {
                    printf("copy FAILED to %d from %d length %d\n", to, from, n);
                    return;
                }
            }
        }
    }
    printf("copy ok\n");
}

static trapCtxt_t seen;
static xm_u32_t handled;

static xm_u32_t __attribute__((noinline)) sink(xm_u32_t depth)
{
    volatile xm_u32_t local = depth;

    return depth ? sink(depth - 1) + local : 0;
}

static void handler(trapCtxt_t *ctxt)
{
    seen = *ctxt;
    handled++;
    if (sink(DEPTH) != DEPTH * (DEPTH + 1) / 2) {
        printf("trap FAILED: windows of the handler\n");
    }
    __asm__ __volatile__("mov 1, %%g1\n\tmov 2, %%g2\n\tmov 3, %%g3\n\tmov 4, %%g4\n\twr %%g0, 5, "
                         "%%y\n\tcmp %%g0, %%g0"
                         :
                         :
                         : "g1", "g2", "g3", "g4", "cc");
}

static void leaving_handler(trapCtxt_t *ctxt)
{
    ctxt->pc = (xm_u32_t)resumed_elsewhere;
    ctxt->nPc = (xm_u32_t)resumed_elsewhere + 4;
}

/* Register n as interrupt() sets it, in the order of its results. */
static xm_u32_t expected_register(xm_u32_t n)
{
    if (n < 8) {
        return 0x1001 + n;
    }
    return n < 16 ? 0x2000 + n - 8 : n < 22 ? 0x3000 + n - 16 : 0x3007;
}

static void check_traps(void)
{
    static xm_u32_t registers[REGISTERS];
    xm_u32_t vector, n;

    for (vector = 1; vector < TRAPTAB_LENGTH; vector++) {
        trapHandlersTab[vector] = handler;
        memset(registers, 0, sizeof registers);
        interrupt((xm_u32_t)_traptab + 16 * vector, registers);
        for (n = 0; n < SAVED_REGISTERS; n++) {
            if (registers[n] != expected_register(n)) {
                printf("trap FAILED: vector %x register %d is %x\n", vector, n, registers[n]);
                return;
            }
        }
        if (handled != vector || registers[SAVED_REGISTERS + 1] != 0x4000 ||
            (registers[SAVED_REGISTERS] & PSR_ICC_MASK) != 0x900000) {
            printf("trap FAILED: vector %x psr %x\n", vector, registers[SAVED_REGISTERS]);
            return;
        }
        if (seen.irqNr != vector || seen.pc != (xm_u32_t)resumed || seen.nPc != seen.pc + 4 ||
            seen.y != 0x1008 || seen.g1 != 0x1001 || seen.g7 != 0x1007 ||
            (seen.flags & PSR_ICC_MASK) != 0x900000) {
            printf("trap FAILED: vector %x record of %x\n", vector, seen.irqNr);
            return;
        }
        trapHandlersTab[vector] = NULL;
    }
    trapHandlersTab[5] = leaving_handler;
    interrupt((xm_u32_t)_traptab + 16 * 5, registers);
    printf(registers[SAVED_REGISTERS + 1] == 0x5000
               ? "trap ok\n"
               : "trap FAILED: pc in the record is not used\n");
}

partitionControlTable_t partition_table = { .magic = KTHREAD_MAGIC };
static const partitionControlTable_t *table_seen __attribute__((section(".data")));
static xm_u32_t tbr_seen __attribute__((section(".data"))),
    setups __attribute__((section(".data")));
static xm_u32_t in_bss;

/* Both leave their traces on the stack, as the real ones do. */
void init_libxm(partitionControlTable_t *table)
{
    table_seen = table;
    (void)sink(DEPTH);
}

void SetupIrqs(void)
{
    setups += sink(DEPTH) + 1;
}

xm_s32_t XM_sparc_write_tbr(xmAddress_t address)
{
    tbr_seen = address;
    return 0;
}

/* First and last thing of a program: a clean memory, as libxm-interface 1.6 promises. */
void PartitionMain(void)
{
    const xm_u32_t *word = __stack;
    const xm_u32_t *frame = (const xm_u32_t *)__builtin_frame_address(0);

    while (word < frame && *word == 0) {
        word++;
    }
    /* our own frame, of a window save area and locals, is the only one below that of start */
    if (frame < __stack + STACK_SIZE / sizeof(xm_u32_t) - 128 || word + 64 < frame) {
        printf("start FAILED: not zero at %x, frame %x\n", (xm_u32_t)word, (xm_u32_t)frame);
    } else if (table_seen != &partition_table || tbr_seen != (xm_u32_t)_traptab ||
               setups != DEPTH * (DEPTH + 1) / 2 + 1 || in_bss != 0) {
        printf("start FAILED: table %x tbr %x setups %d bss %d\n", (xm_u32_t)table_seen, tbr_seen,
               setups, in_bss);
    } else {
        printf("start ok\n");
    }
}

/* PartitionMain returned. */
void xal_halt_self(void)
{
    printf("done\n");
    power_off();
}

void target_main(void)
{
    print_divisions();
    check_copies();
    check_traps();
    printf("text %d %lld %c %s %08x %llu\n", -1, -2ll, 'c', "s", 0xabcd, 1ull << 40);
    in_bss = 1;
    memset(__stack, 0xa5, STACK_SIZE); /* the life before a reset */
}
