/* storm.c - timer interrupts every few hundred microseconds over nested calls of changing depth, window flushes among them, in
 * two partitions whose slots end anywhere: every local of every frame, the condition codes and the results must survive. */
#include "../testlib.h"

#define ROUNDS 6000

static volatile int ticks, slots, wrong;

/* Five values that depend on the whole way down, kept in registers over the recursion. */
static int nested(int n, int a, int b, int c, int d, int e)
{
    register int x = a * 3 + n, y = b * 5 + n, z = c * 7 + n, u = d ^ n, v = e + n, below;

    if (n == 0) {
        return a + b + c + d + e;
    }
    if ((n & 15) == 5) {
        XM_sparc_flush_regwin();
    }
    below = nested(n - 1, x, y, z, u, v);
    if (x != a * 3 + n || y != b * 5 + n || z != c * 7 + n || u != (d ^ n) || v != e + n) {
        wrong++;
    }
    return below + x + y + z + u + v;
}

/* The same sum without a single call. */
static int flat(int n, int a, int b, int c, int d, int e)
{
    int sum = 0;

    for (; n > 0; n--) {
        a = a * 3 + n;
        b = b * 5 + n;
        c = c * 7 + n;
        d = d ^ n;
        e = e + n;
        sum += a + b + c + d + e;
    }
    return sum + a + b + c + d + e;
}

static void compare(int n, int seed)
{
    if (nested(n, seed, seed + 1, seed + 2, seed + 3, seed + 4) != flat(n, seed, seed + 1, seed + 2, seed + 3, seed + 4)) {
        wrong++;
    }
}

static void on_timer(trapCtxt_t *context)
{
    ticks++;
    compare(ticks % 11, ticks);
}

static void on_slot(trapCtxt_t *context)
{
    slots++;
}

void PartitionMain(void)
{
    int i;

    InstallTrapHandler(XAL_XMEXT_TRAP(XM_VT_EXT_HW_TIMER), on_timer);
    InstallTrapHandler(XAL_XMEXT_TRAP(XM_VT_EXT_CYCLIC_SLOT_START), on_slot);
    HwSti();
    XM_clear_irqmask(0, 1 << XM_VT_EXT_HW_TIMER | 1 << XM_VT_EXT_CYCLIC_SLOT_START);
    XM_set_timer(XM_HW_CLOCK, time_us() + 100, 231 + 13 * XM_PARTITION_SELF);
    for (i = 0; i < ROUNDS && wrong == 0; i++) {
        compare(i % 37, i);
    }
    XM_set_timer(XM_HW_CLOCK, 0, 0);
    printf("%s: %d rounds, %d wrong, %s\n", XM_get_PCT()->name, i, wrong,
           ticks > 1000 && slots > 100 ? "under a storm" : "in calm weather: the test tests nothing");
    if (XM_PARTITION_SELF == 1) {
        XM_halt_partition(1);
    }
    wait_slots(100);
    XM_halt_system();
}
