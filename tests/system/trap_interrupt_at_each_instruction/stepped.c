/* stepped.c - runs the rounds that the driver commands, and compares each with one that was not interrupted */
#include "../testlib.h"
#include "stepped.h"

/* Far beyond what QEMU's time may jump on a busy machine when it stops at a breakpoint; dozens are in a slot. */
#define TIMER_US 10000000

enum kind { NONE, FROM_LINE, FROM_TIMER, FROM_SLOT, FROM_SLOT_AND_LINE, FINISH };
enum { BY_LINE, BY_SECOND_LINE, BY_TIMER, BY_SLOT, SOURCES };

static const char *const source_name[SOURCES] = { "line", "second line", "own timer", "slot start" };

extern const char segment_plain[], segment_windows[], segment_areas[], segment_calls[], segment_asm_calls[], segment_trap[],
    segment_float[], segment_interrupt[];
extern xm_u32_t found[FOUND_WORDS];
xm_u32_t stepped_round(xm_u32_t depth, const void *segment);

static const char *const segment[SEGMENTS] = { segment_plain,     segment_windows, segment_areas, segment_calls,
                                               segment_asm_calls, segment_trap,    segment_float, segment_interrupt };

/* The driver's: what the next round is to be. */
volatile struct {
    xm_u32_t kind, segment, depth;
} command;

/* For the driver: read after the rounds. */
volatile xm_u32_t rounds, wrong;

static xm_u32_t reference[SEGMENTS][DEPTHS][FOUND_WORDS];
static volatile xm_u32_t came[SOURCES], traps;

/* Uses up all windows, and what an interrupted partition may have in %y and the condition codes. */
static xm_u32_t __attribute__((noinline)) burn(xm_u32_t depth)
{
    xm_u32_t mine = depth * 2654435761u;

    if (depth > 0) {
        mine = burn(depth - 1) * 3 + (mine >> 31) + (xm_u32_t)((xm_u64_t)mine * depth >> 32);
        __asm__ volatile("" : "+r"(mine)); /* or the compiler makes a loop of it */
    }
    return mine;
}

static void on_interrupt(trapCtxt_t *context)
{
    xm_u32_t source = context->irqNr == SPARC_HWIRQ_TRAP(LINE)               ? BY_LINE
                      : context->irqNr == SPARC_HWIRQ_TRAP(SECOND_LINE)      ? BY_SECOND_LINE
                      : context->irqNr == XAL_XMEXT_TRAP(XM_VT_EXT_HW_TIMER) ? BY_TIMER
                                                                             : BY_SLOT;

    came[source]++;
    burn(came[source] % 10);
}

/* A software trap's pc is its own. */
static void on_trap(trapCtxt_t *context)
{
    traps++;
    context->pc = context->nPc;
    context->nPc += 4;
}

/* The round that runs: the command is the next one's already. */
static xm_u32_t kind_now, segment_now, depth_now;

static void complain(const char *what, xm_u32_t is, xm_u32_t should)
{
    if (wrong++ < 10) {
        printf("kind %d segment %d depth %d round %d: %s %x, should be %x\n", kind_now, segment_now, depth_now, rounds, what,
               is, should);
    }
}

/* How often each source comes in a round. */
static void count_wanted(enum kind kind, const char *code, xm_u32_t wanted[SOURCES])
{
    wanted[BY_SECOND_LINE] = code == segment_interrupt;
    wanted[BY_LINE] = kind == FROM_LINE || kind == FROM_SLOT_AND_LINE;
    wanted[BY_TIMER] = kind == FROM_TIMER;
    wanted[BY_SLOT] = kind == FROM_SLOT || kind == FROM_SLOT_AND_LINE;
}

static void run(enum kind kind, xm_u32_t segment_id, xm_u32_t depth)
{
    const char *code = segment[segment_id];
    xm_u32_t *wanted = reference[segment_id][depth];
    xm_u32_t came_before[SOURCES], came_wanted[SOURCES], traps_before = traps, damage, i;
    xm_u32_t traps_wanted = code == segment_trap ? 3 : code == segment_areas ? 1 : 0;

    kind_now = kind;
    segment_now = segment_id;
    depth_now = depth;
    count_wanted(kind, code, came_wanted);
    for (i = 0; i < SOURCES; i++) {
        came_before[i] = came[i];
    }
    if (kind == FROM_TIMER) {
        XM_set_timer(XM_HW_CLOCK, time_us() + TIMER_US, 0);
    }
    damage = stepped_round(depth, code);
    rounds++;
    if (damage != 0) {
        complain("windows above", damage, 0);
    }
    if (traps - traps_before != traps_wanted) {
        complain("software traps", traps - traps_before, traps_wanted);
    }
    for (i = 0; i < SOURCES; i++) {
        if (came[i] - came_before[i] != came_wanted[i]) {
            complain(source_name[i], came[i] - came_before[i], came_wanted[i]);
        }
    }
    for (i = 0; i < FOUND_WORDS; i++) {
        if (kind == NONE) {
            wanted[i] = found[i];
        } else if (found[i] != wanted[i]) {
            complain("register", found[i], wanted[i]);
        }
    }
}

void PartitionMain(void)
{
    InstallTrapHandler(SPARC_HWIRQ_TRAP(LINE), on_interrupt);
    InstallTrapHandler(SPARC_HWIRQ_TRAP(SECOND_LINE), on_interrupt);
    InstallTrapHandler(XAL_XMEXT_TRAP(XM_VT_EXT_HW_TIMER), on_interrupt);
    InstallTrapHandler(XAL_XMEXT_TRAP(XM_VT_EXT_CYCLIC_SLOT_START), on_interrupt);
    InstallTrapHandler(0x90, on_trap);
    HwSti();
    XM_clear_irqmask(1u << LINE | 1u << SECOND_LINE, 1u << XM_VT_EXT_HW_TIMER | 1u << XM_VT_EXT_CYCLIC_SLOT_START);
    while (command.kind != FINISH) {
        run(command.kind, command.segment, command.depth);
    }
    printf("stepped: %d wrong\n", wrong);
    XM_halt_system();
}
