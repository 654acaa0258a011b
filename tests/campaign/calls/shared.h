/* shared.h - what the host writes into the RAM of QEMU, and where the partitions of this system find it
 *
 * The host (tests/campaign/calls.py) fills in the cases before the system starts and reads the results after it ended. The
 * memory is in no image, so it survives every reset; a tester that was restarted goes on behind the case that did it. */
#ifndef CAMPAIGN_CALLS_SHARED_H
#define CAMPAIGN_CALLS_SHARED_H

#include <xm.h>

#define CONTROL_ADDRESS 0x40500000
#define CASE_ADDRESS 0x40600000
#define RESULT_ADDRESS 0x40a00000

#define PARTITIONS 6
#define MAX_WINDOWS 16

/* Case flags. */
#define CASE_ASM 1u    /* assembler call */
#define CASE_SYNC 2u   /* changes somebody's state: the medic looks at all partitions and puts them right again */
#define CASE_IRQ 4u    /* virtual interrupts of the tester are put back afterwards */
#define CASE_TIMER 8u  /* timers of the tester are disarmed afterwards */
#define CASE_STARVE 16u /* may leave the tester no time of its slots; the medic resets it after a while */

/* Result states. */
#define RESULT_STARTED 1u
#define RESULT_RETURNED 2u
#define NOTED_STARVED 2u
#define RESULT_RESTARTED 3u /* the call did not return: the tester began anew */

/* In which context the tester makes its calls. */
#define CONTEXT_PLAIN 0u
#define CONTEXT_HANDLER 1u    /* inside a virtual trap handler, virtual traps off */
#define CONTEXT_INTERRUPTS 2u /* virtual interrupts on, a timer hitting all the time */

struct test_case {
    xm_u32_t word[6]; /* number and five argument words */
    xm_u32_t flags;
    xm_u32_t reserved;
};

struct test_result {
    xm_u32_t state;
    xm_s32_t code;
    xm_u32_t hash;     /* of all windows, after the call */
    xm_u32_t noted;    /* the medic has filled in the rest; NOTED_STARVED: it had to reset the tester */
    xm_u32_t states;   /* a nibble per partition: XM_STATUS_* */
    xm_u32_t status;   /* resetStatus of the partition that the first argument names */
    xm_u32_t counter;  /* resetCounter of it */
    xm_u32_t plan;     /* current << 16 | requested */
};

/* Memory of the tester that a call may name; its content before each call is the same. */
struct window {
    xm_u32_t address, words;
    xm_u32_t pristine; /* address of the content, 0: cannot be restored */
    xm_u32_t reserved;
};

struct control {
    volatile xm_u32_t role;  /* partition that makes the calls */
    volatile xm_u32_t total;
    volatile xm_u32_t next;  /* case to be made next */
    volatile xm_u32_t sync;  /* 1 + case for which the tester waits for the medic */
    volatile xm_u32_t done;
    volatile xm_u32_t context;
    volatile xm_u32_t windows;
    volatile xm_u32_t clean_hash;
    /* findings */
    volatile xm_u32_t incidents, incident_case, incident_states;
    volatile xm_u32_t tester_lives, medic_lives, interrupts;
    volatile xm_u32_t pct;   /* of the tester */
    volatile xm_u32_t lateness_max_us, hm_lost, boot_id;
    volatile xm_u32_t lateness_case; /* made about when the latest slot began */
    volatile xm_u32_t reserved[13];
    struct window window[MAX_WINDOWS];
};

#define CONTROL ((struct control *)CONTROL_ADDRESS)
#define CASES ((const struct test_case *)CASE_ADDRESS)
#define RESULTS ((volatile struct test_result *)RESULT_ADDRESS)

/* What a victim reports, at the start of its third area. */
#define VICTIM_LIVES 32
struct victim_report {
    volatile xm_u32_t lives, slots, damaged, damaged_at;
    struct {
        volatile xm_s32_t early_us, late_us; /* slot starts against the first one of this life, modulo the frame */
        volatile xm_u32_t slots, reserved;
    } life[VICTIM_LIVES];
};
#define FRAME_US 4000

#endif
