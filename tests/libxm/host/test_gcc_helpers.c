/* The stand-ins for libgcc against the workstation's own arithmetic. */
#include "test.h"
#include <math.h>
#include <string.h>

uint64_t xal_udivdi3(uint64_t n, uint64_t d);
uint64_t xal_umoddi3(uint64_t n, uint64_t d);
uint64_t xal_udivmoddi4(uint64_t n, uint64_t d, uint64_t *remainder);
int64_t xal_divdi3(int64_t n, int64_t d);
int64_t xal_moddi3(int64_t n, int64_t d);
uint64_t xal_ashldi3(uint64_t x, int count);
uint64_t xal_lshrdi3(uint64_t x, int count);
int64_t xal_ashrdi3(int64_t x, int count);
int xal_clzsi2(uint32_t x);
int xal_clzdi2(uint64_t x);
int xal_ctzsi2(uint32_t x);
int xal_ctzdi2(uint64_t x);
int xal_ffssi2(uint32_t x);
int xal_ffsdi2(uint64_t x);
int xal_popcountsi2(uint32_t x);
int xal_popcountdi2(uint64_t x);
int xal_paritysi2(uint32_t x);
int xal_paritydi2(uint64_t x);
uint32_t xal_bswapsi2(uint32_t x);
uint64_t xal_bswapdi2(uint64_t x);
int xal_eqsf2(uint32_t a, uint32_t b);
int xal_nesf2(uint32_t a, uint32_t b);
int xal_eqdf2(uint64_t a, uint64_t b);
int xal_nedf2(uint64_t a, uint64_t b);

#define PAIRS 200000

static const uint64_t edges[] = {
    0, 1, 2, 3, 10, 0x7fffffff, 0x80000000, 0x80000001, 0xfffffffe, 0xffffffff, 0x100000000,
    0x100000001, 0x1ffffffff, 0x7fffffff00000000, 0x7fffffffffffffff, 0x8000000000000000,
    0x8000000000000001, 0xffffffff00000000, 0xfffffffffffffffe, 0xffffffffffffffff,
};
#define EDGES (sizeof edges / sizeof *edges)

static void check_division(uint64_t n, uint64_t d)
{
    uint64_t remainder = 0;

    if (d == 0) {
        return;
    }
    assert_true(xal_udivdi3(n, d) == n / d);
    assert_true(xal_umoddi3(n, d) == n % d);
    assert_true(xal_udivmoddi4(n, d, &remainder) == n / d && remainder == n % d);
    assert_true(xal_udivmoddi4(n, d, NULL) == n / d);
    if (n != 0x8000000000000000u || d != ~0ull) { /* that quotient has no representation */
        assert_true(xal_divdi3((int64_t)n, (int64_t)d) == (int64_t)n / (int64_t)d);
        assert_true(xal_moddi3((int64_t)n, (int64_t)d) == (int64_t)n % (int64_t)d);
    }
}

static void division_agrees(void **state)
{
    uint64_t seed = 2;
    unsigned i, j;

    (void)state;
    for (i = 0; i < EDGES; i++) {
        for (j = 0; j < EDGES; j++) {
            check_division(edges[i], edges[j]);
        }
    }
    for (i = 0; i < PAIRS; i++) {
        uint64_t n = next_random(&seed) >> (next_random(&seed) & 63u);
        uint64_t d = next_random(&seed) >> (next_random(&seed) & 63u);

        check_division(n, d);
        check_division(n, 0 - d);
        check_division(d * (n & 0xffffffffu), d); /* exact, and just below */
        check_division(d * (n & 0xffffffffu) - 1, d);
    }
}

static void shifts_agree(void **state)
{
    unsigned i;
    int count;

    (void)state;
    for (i = 0; i < EDGES; i++) {
        for (count = 0; count < 64; count++) {
            assert_true(xal_ashldi3(edges[i], count) == edges[i] << count);
            assert_true(xal_lshrdi3(edges[i], count) == edges[i] >> count);
            assert_true(xal_ashrdi3((int64_t)edges[i], count) == (int64_t)edges[i] >> count);
        }
    }
}

static void check_bits(uint64_t x)
{
    uint32_t low = (uint32_t)x;

    assert_int_equal(xal_clzsi2(low), low ? __builtin_clz(low) : 32);
    assert_int_equal(xal_ctzsi2(low), low ? __builtin_ctz(low) : 32);
    assert_int_equal(xal_clzdi2(x), x ? __builtin_clzll(x) : 64);
    assert_int_equal(xal_ctzdi2(x), x ? __builtin_ctzll(x) : 64);
    assert_int_equal(xal_ffssi2(low), __builtin_ffs((int)low));
    assert_int_equal(xal_ffsdi2(x), __builtin_ffsll((long long)x));
    assert_int_equal(xal_popcountsi2(low), __builtin_popcount(low));
    assert_int_equal(xal_popcountdi2(x), __builtin_popcountll(x));
    assert_int_equal(xal_paritysi2(low), __builtin_parity(low));
    assert_int_equal(xal_paritydi2(x), __builtin_parityll(x));
    assert_true(xal_bswapsi2(low) == __builtin_bswap32(low));
    assert_true(xal_bswapdi2(x) == __builtin_bswap64(x));
}

static void bit_counts_agree(void **state)
{
    uint64_t seed = 3;
    unsigned i;

    (void)state;
    for (i = 0; i < EDGES; i++) {
        check_bits(edges[i]);
    }
    for (i = 0; i < PAIRS; i++) {
        check_bits(next_random(&seed) >> (next_random(&seed) & 63u));
        check_bits(next_random(&seed) << (next_random(&seed) & 63u));
    }
}

static void float_equality_agrees(void **state)
{
    static const double values[] = {
        0.0, -0.0, 1.0, -1.0, 1e-310, INFINITY, -INFINITY, NAN, -NAN, 1.5,
    };
    unsigned i, j;

    (void)state;
    for (i = 0; i < sizeof values / sizeof *values; i++) {
        for (j = 0; j < sizeof values / sizeof *values; j++) {
            float fa = (float)values[i];
            float fb = (float)values[j];
            uint64_t a, b;
            uint32_t sa, sb;

            memcpy(&a, &values[i], sizeof a);
            memcpy(&b, &values[j], sizeof b);
            memcpy(&sa, &fa, sizeof sa);
            memcpy(&sb, &fb, sizeof sb);
            assert_int_equal(xal_eqdf2(a, b) == 0, values[i] == values[j]);
            assert_int_equal(xal_nedf2(a, b) != 0, values[i] != values[j]);
            assert_int_equal(xal_eqsf2(sa, sb) == 0, fa == fb);
            assert_int_equal(xal_nesf2(sa, sb) != 0, fa != fb);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(division_agrees),
        cmocka_unit_test(shifts_agree),
        cmocka_unit_test(bit_counts_agree),
        cmocka_unit_test(float_equality_agrees),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
