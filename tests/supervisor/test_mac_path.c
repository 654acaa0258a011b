/* test_mac_path.c - the comparison of codes takes the same instructions wherever they differ
 *
 * A child compares codes that differ in one byte, in all, or not at all; its parent walks it step
 * by step and counts. Compiled as the target's code is, without sanitizers. TAP output. */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mac.h"

#define CASES (MAC_BYTES + 3u) /* first: warms up the calls; then each byte, all bytes, none */

static volatile bool equal;

/* Marks beginning and end of a case: the parent sees a SIGUSR1. */
static void run_cases(void)
{
    uint8_t a[MAC_BYTES], b[MAC_BYTES];

    ptrace(PTRACE_TRACEME, 0, NULL, NULL);
    raise(SIGUSR1);
    for (uint32_t i = 0; i < CASES; i++) {
        memset(a, 0x5a, sizeof(a));
        memcpy(b, a, sizeof(b));
        if (i >= 1 && i <= MAC_BYTES) {
            b[i - 1] ^= 0x80;
        } else if (i == MAC_BYTES + 1) {
            memset(b, 0xa5, sizeof(b));
        }
        raise(SIGUSR1);
        equal = mac_equal(a, b);
        raise(SIGUSR1);
    }
    _exit(0);
}

/* Runs the child to its next mark, in steps or freely; returns the steps, 0: it ended instead. */
static unsigned long to_mark(pid_t child, bool in_steps)
{
    unsigned long steps = 0;
    int status;

    do {
        if (ptrace(in_steps ? PTRACE_SINGLESTEP : PTRACE_CONT, child, NULL, NULL) != 0 ||
            waitpid(child, &status, 0) != child || !WIFSTOPPED(status)) {
            return 0;
        }
        steps++;
    } while (WSTOPSIG(status) != SIGUSR1);
    return steps;
}

int main(void)
{
    unsigned long steps[CASES] = { 0 };
    bool same = true;
    pid_t child = fork();

    if (child == 0) {
        run_cases();
    }
    if (child < 0 || waitpid(child, NULL, 0) != child) {
        puts("not ok 1 - no child to walk");
        return 1;
    }
    for (uint32_t i = 0; i < CASES; i++) {
        (void)to_mark(child, false);
        steps[i] = to_mark(child, true);
    }
    (void)to_mark(child, false);
    for (uint32_t i = 1; i < CASES; i++) {
        same &= steps[i] == steps[1] && steps[i] > MAC_BYTES;
    }
    printf("%s 1 - codes are compared in the same %lu steps wherever they differ\n",
           same ? "ok" : "not ok", steps[1]);
    return same ? 0 : 1;
}
