/* stepped.c - runs the rounds that the driver commands, and compares each with one that was not interrupted */
#include "../testlib.h"
#include "stepped.h"

enum kind { NONE, FROM_LINE, FROM_TIMER, FROM_SLOT, NONE_FROM_TIMER, FINISH };

extern const char segment_plain[], segment_windows[], segment_calls[], segment_asm_calls[], segment_trap[], segment_float[];
extern xm_u32_t found[FOUND_WORDS];
xm_u32_t stepped_round(xm_u32_t depth, const void *segment);

static const char *const segment[SEGMENTS] = { segment_plain,     segment_windows, segment_calls,
                                               segment_asm_calls, segment_trap,    segment_float };

/* The driver's: what the next round is to be. */
volatile struct {
    xm_u32_t kind, segment, depth;
} command;

/* For the driver: read after the rounds. */
volatile xm_u32_t rounds, wrong;

static xm_u32_t reference[SEGMENTS][DEPTHS][FOUND_WORDS];
static volatile xm_u32_t came[FINISH], traps;

/* Uses up all windows, and what an interrupted partition may have in %y and the condition codes. */
static xm_u32_t __attribute__((noinline)) burn(xm_u32_t depth)
{
    xm_u32_t mine = depth * 2654435761u;

    if (depth == 0) {
        return 1;
    }
    return burn(depth - 1) * 3 + (mine >> 31) + (xm_u32_t)((xm_u64_t)mine * depth >> 32);
}

static void on_line(trapCtxt_t *context)
{
    (void)context;
    came[FROM_LINE]++;
    burn(came[FROM_LINE] % 10);
}

static void on_timer(trapCtxt_t *context)
{
    (void)context;
    came[FROM_TIMER]++;
    burn(came[FROM_TIMER] % 10);
}

static void on_slot(trapCtxt_t *context)
{
    (void)context;
    came[FROM_SLOT]++;
    burn(came[FROM_SLOT] % 10);
}

/* A software trap's pc is its own. */
static void on_trap(trapCtxt_t *context)
{
    traps++;
    context->pc = context->nPc;
    context->nPc += 4;
}

static void complain(const char *what, xm_u32_t is, xm_u32_t should)
{
    if (wrong++ < 10) {
        printf("kind %d segment %d depth %d round %d: %s %x, should be %x\n", command.kind, command.segment, command.depth,
               rounds, what, is, should);
    }
}

static void run(enum kind kind, xm_u32_t segment_id, xm_u32_t depth)
{
    xm_u32_t *wanted = reference[segment_id][depth];
    xm_u32_t came_before[FINISH], traps_before = traps, damage, i;

    for (i = 0; i < FINISH; i++) {
        came_before[i] = came[i];
    }
    if (kind == FROM_TIMER || kind == NONE_FROM_TIMER) {
        XM_set_timer(XM_HW_CLOCK, time_us() + 100000, 0);
    }
    damage = stepped_round(depth, segment[segment_id]);
    if (kind == NONE_FROM_TIMER) {
        XM_set_timer(XM_HW_CLOCK, 0, 0);
    }
    rounds++;
    if (damage != 0) {
        complain("windows above", damage, 0);
    }
    if (traps - traps_before != (segment[segment_id] == segment_trap ? 3 : 0)) {
        complain("software traps", traps - traps_before, 0);
    }
    for (i = FROM_LINE; i <= FROM_SLOT; i++) {
        if (came[i] - came_before[i] != (kind == i)) {
            complain("interrupts", came[i] - came_before[i], kind == i);
        }
    }
    for (i = 0; i < FOUND_WORDS; i++) {
        if (kind == NONE || kind == NONE_FROM_TIMER) {
            wanted[i] = found[i];
        } else if (found[i] != wanted[i]) {
            complain("register", found[i], wanted[i]);
        }
    }
}

void PartitionMain(void)
{
    InstallTrapHandler(SPARC_HWIRQ_TRAP(LINE), on_line);
    InstallTrapHandler(XAL_XMEXT_TRAP(XM_VT_EXT_HW_TIMER), on_timer);
    InstallTrapHandler(XAL_XMEXT_TRAP(XM_VT_EXT_CYCLIC_SLOT_START), on_slot);
    InstallTrapHandler(0x90, on_trap);
    HwSti();
    XM_clear_irqmask(1u << LINE, 1u << XM_VT_EXT_HW_TIMER | 1u << XM_VT_EXT_CYCLIC_SLOT_START);
    while (command.kind != FINISH) {
        run(command.kind, command.segment, command.depth);
    }
    printf("stepped: %d wrong\n", wrong);
    XM_halt_system();
}
