/* target.c - the runtime's printf, copies and 64-bit division on the processor itself; run.py checks what it prints
 *
 * Lines: "div N D Q R" and "sdiv N D Q R" in hexadecimal, "copy ok" or "copy FAILED ...", "text ..." and "done". */
#include <stdio.h>
#include <string.h>
#include <xmhypercalls.h>

#define UART_DATA (*(volatile xm_u32_t *)0x80000100)
#define UART_STATUS (*(volatile xm_u32_t *)0x80000104)
#define UART_HOLDING_EMPTY 4u
#define RANDOM_PAIRS 1500

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
        0, 1, 3, 10, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 0x1ffffffff, 0x7fffffffffffffff,
        0x8000000000000000, 0xffffffff00000000, 0xffffffffffffffff,
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

static void check_copies(void)
{
    static xm_u8_t from[64], to[64];
    xm_u32_t a, b, n, i;

    for (i = 0; i < sizeof from; i++) {
        from[i] = (xm_u8_t)(i + 1);
    }
    for (a = 0; a < 9; a++) {
        for (b = 0; b < 9; b++) {
            for (n = 0; n < 40; n++) {
                memset(to, 0, sizeof to);
                memcpy(to + a, from + b, n);
                for (i = 0; i < sizeof to; i++) {
                    xm_u32_t inside = i >= a && i < a + n;

                    if (to[i] != (inside ? from[i - a + b] : 0)) {
                        printf("copy FAILED to %d from %d length %d\n", a, b, n);
                        return;
                    }
                }
            }
        }
    }
    printf("copy ok\n");
}

void target_main(void)
{
    print_divisions();
    check_copies();
    printf("text %d %lld %c %s %08x %llu\n", -1, -2ll, 'c', "s", 0xabcd, 1ull << 40);
    printf("done\n");
    power_off();
}
