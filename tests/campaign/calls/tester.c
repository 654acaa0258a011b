/* tester.c - makes the calls that the host has listed, exactly as listed, and writes down what came back */
#include "shared.h"
#include <irqs.h>

extern xm_u8_t _traptab[];

#define TRAP_RUN 0x90 /* own software trap: the cases run inside its handler */

static xm_s32_t raw_call(const xm_u32_t *word)
{
    register xm_u32_t o0 __asm__("o0") = word[0];
    register xm_u32_t o1 __asm__("o1") = word[1];
    register xm_u32_t o2 __asm__("o2") = word[2];
    register xm_u32_t o3 __asm__("o3") = word[3];
    register xm_u32_t o4 __asm__("o4") = word[4];
    register xm_u32_t o5 __asm__("o5") = word[5];

    __asm__ volatile("ta 0x70\n\tnop" : "+r"(o0), "+r"(o1), "+r"(o2), "+r"(o3), "+r"(o4), "+r"(o5) : : "o7", "cc", "memory");
    return (xm_s32_t)o0;
}

static xm_s32_t raw_asm_call(const xm_u32_t *word)
{
    register xm_u32_t o0 __asm__("o0") = word[0];
    register xm_u32_t o1 __asm__("o1") = word[1];

    __asm__ volatile("ta 0x71\n\tnop" : "+r"(o0), "+r"(o1) : : "o2", "o3", "o4", "o5", "o7", "cc", "memory");
    return (xm_s32_t)o0;
}

/* Hash of all windows. What was changed is restored, so that the next case finds what the host expects. */
static xm_u32_t look_and_restore(void)
{
    xm_u32_t hash = 0, i, k;

    for (i = 0; i < CONTROL->windows; i++) {
        const struct window *w = &CONTROL->window[i];
        volatile xm_u32_t *p = (volatile xm_u32_t *)w->address;
        const xm_u32_t *clean = (const xm_u32_t *)w->pristine;

        for (k = 0; k < w->words; k++) {
            xm_u32_t word = p[k];

            hash = (hash << 5 | hash >> 27) ^ word;
            if (clean != 0 && word != clean[k]) {
                p[k] = clean[k];
            }
        }
    }
    return hash;
}

static void wait_for_medic(xm_u32_t i)
{
    CONTROL->sync = i + 1;
    while (CONTROL->sync != 0) {
        XM_idle_self();
    }
}

static void interrupts_on(void)
{
    xmTime_t now;

    XM_get_time(XM_HW_CLOCK, &now);
    XM_set_timer(XM_HW_CLOCK, now + 100, 100);
    XM_clear_irqmask(0, 1 << XM_VT_EXT_HW_TIMER | 1 << XM_VT_EXT_CYCLIC_SLOT_START | 1 << XM_VT_EXT_SAMPLING_PORT |
                            1 << XM_VT_EXT_QUEUING_PORT);
    HwSti();
}

static void clean_up(const struct test_case *c, xm_u32_t psr)
{
    if (c->flags & CASE_TIMER) {
        XM_set_timer(XM_HW_CLOCK, 0, 0);
        XM_set_timer(XM_EXEC_CLOCK, 0, 0);
        XM_set_timer(XM_WATCHDOG_TIMER, 0, 0);
    }
    if (c->flags & CASE_IRQ) {
        XM_sparc_write_tbr((xmWord_t)_traptab);
        XM_sparc_set_psr(psr);
        XM_set_irqmask(~0, ~0);
        XM_clear_irqpend(~0, ~0);
        if (c->word[1] == XM_HWIRQ_TYPE && c->word[2] < 16) {
            XM_route_irq(XM_HWIRQ_TYPE, c->word[2], XM_HWIRQ_VECTOR + c->word[2]);
        } else if (c->word[1] == XM_EXTIRQ_TYPE && c->word[2] < 32) {
            XM_route_irq(XM_EXTIRQ_TYPE, c->word[2], XM_EXTIRQ_VECTOR + c->word[2]);
        }
    }
    if ((c->flags & (CASE_TIMER | CASE_IRQ)) && CONTROL->context == CONTEXT_INTERRUPTS) {
        interrupts_on();
    }
}

static void run_cases(void)
{
    while (CONTROL->next < CONTROL->total) {
        xm_u32_t i = CONTROL->next;
        const struct test_case *c = &CASES[i];
        volatile struct test_result *r = &RESULTS[i];
        xm_u32_t psr = XM_sparc_get_psr();
        xm_s32_t code;

        r->state = RESULT_STARTED;
        CONTROL->next = i + 1;
        code = c->flags & CASE_ASM ? raw_asm_call(c->word) : raw_call(c->word);
        r->code = code;
        r->state = RESULT_RETURNED;
        clean_up(c, psr);
        r->hash = look_and_restore();
        if (c->flags & CASE_SYNC) {
            wait_for_medic(i);
        }
    }
}

static void handle_run(trapCtxt_t *context)
{
    run_cases();
    context->pc = context->nPc; /* behind the trap instruction: it would be taken again */
    context->nPc += 4;
}

static void handle_interrupt(trapCtxt_t *context)
{
    (void)context;
    CONTROL->interrupts++;
}

void PartitionMain(void)
{
    xm_s32_t vector;

    while (CONTROL->role != XM_PARTITION_SELF) {
        XM_idle_self();
    }
    for (vector = 1; vector < 256; vector++) {
        InstallTrapHandler(vector, handle_interrupt);
    }
    InstallTrapHandler(TRAP_RUN, handle_run);
    CONTROL->tester_lives++;
    CONTROL->pct = (xm_u32_t)XM_params_get_PCT();
    if (CONTROL->next == 0) {
        look_and_restore();
        CONTROL->clean_hash = look_and_restore();
    } else if (RESULTS[CONTROL->next - 1].state == RESULT_STARTED) {
        xm_u32_t i = CONTROL->next - 1;

        RESULTS[i].state = RESULT_RESTARTED;
        RESULTS[i].hash = look_and_restore();
        if (CASES[i].flags & CASE_SYNC) {
            wait_for_medic(i);
        }
    }
    if (CONTROL->context == CONTEXT_INTERRUPTS) {
        interrupts_on();
    }
    if (CONTROL->context == CONTEXT_HANDLER) {
        __asm__ volatile("ta 0x10\n\tnop" : : : "memory");
    } else {
        run_cases();
    }
    CONTROL->done = 1;
    for (;;) {
        XM_idle_self();
    }
}
