/* gcc_helpers.c - the functions that gcc calls for what SPARC V8 cannot do in a few instructions
 *
 * They stand in for libgcc, whose 32-bit build in Debian is made for another processor (V9). The
 * hypervisor compiles this file again with its own flags, so it includes nothing. Names, types and
 * results are those of gcc's documentation. Division by zero traps, as the udiv instruction does.
 */
typedef unsigned int u32;
typedef int s32;
typedef unsigned long long u64;
typedef long long s64;

u64 __udivdi3(u64 n, u64 d);
u64 __umoddi3(u64 n, u64 d);
u64 __udivmoddi4(u64 n, u64 d, u64 *remainder);
s64 __divdi3(s64 n, s64 d);
s64 __moddi3(s64 n, s64 d);
u64 __ashldi3(u64 x, int count);
u64 __lshrdi3(u64 x, int count);
s64 __ashrdi3(s64 x, int count);
int __clzsi2(u32 x);
int __clzdi2(u64 x);
int __ctzsi2(u32 x);
int __ctzdi2(u64 x);
int __ffssi2(u32 x);
int __ffsdi2(u64 x);
int __popcountsi2(u32 x);
int __popcountdi2(u64 x);
int __paritysi2(u32 x);
int __paritydi2(u64 x);
u32 __bswapsi2(u32 x);
u64 __bswapdi2(u64 x);
int __eqsf2(u32 a, u32 b);
int __nesf2(u32 a, u32 b);
int __eqdf2(u64 a, u64 b);
int __nedf2(u64 a, u64 b);

#define HIGH(x) ((u32)((x) >> 32))
#define LOW(x) ((u32)(x))
#define JOIN(high, low) ((u64)(high) << 32 | (low))

/* (high:low) / d for high < d, so that the quotient has 32 bits. */
static u32 divide_64_by_32(u32 high, u32 low, u32 d)
{
#ifdef __sparc__
    u32 quotient;

    /* WRY acts up to three instructions later (SPARC V8 manual, B.29). */
    __asm__("wr %1, %%y\n\tnop\n\tnop\n\tnop\n\tudiv %2, %3, %0"
            : "=r"(quotient)
            : "r"(high), "r"(low), "r"(d));
    return quotient;
#else
    return (u32)(JOIN(high, low) / d);
#endif
}

/* Divisor below 2^32: schoolbook division in two digits of 32 bits. */
static u64 divide_by_word(u64 n, u32 d)
{
    u32 high = HIGH(n) / d;

    return JOIN(high, divide_64_by_32(HIGH(n) - high * d, LOW(n), d));
}

/* Divisor of 2^32 or more: the quotient has 32 bits. One division of the leading words estimates
 * it, at most one too large after the decrement's correction below (Warren, Hacker's Delight, 9-5).
 */
static u64 divide_by_long(u64 n, u64 d)
{
    u32 shift = (u32)__clzsi2(HIGH(d));
    u64 half = n >> 1;
    u32 estimate = divide_64_by_32(HIGH(half), LOW(half), HIGH(d << shift));
    u64 quotient = ((u64)estimate << shift) >> 31;

    if (quotient) {
        quotient--;
    }
    if (n - quotient * d >= d) {
        quotient++;
    }
    return quotient;
}

/* n / d */
u64 __udivdi3(u64 n, u64 d)
{
    return HIGH(d) ? divide_by_long(n, d) : divide_by_word(n, LOW(d));
}

/* n % d */
u64 __umoddi3(u64 n, u64 d)
{
    return n - __udivdi3(n, d) * d;
}

/* n / d, and n % d where remainder points, unless it is null */
u64 __udivmoddi4(u64 n, u64 d, u64 *remainder)
{
    u64 quotient = __udivdi3(n, d);

    if (remainder) {
        *remainder = n - quotient * d;
    }
    return quotient;
}

static u64 magnitude(s64 x)
{
    return x < 0 ? 0 - (u64)x : (u64)x;
}

/* n / d, towards zero */
s64 __divdi3(s64 n, s64 d)
{
    u64 quotient = __udivdi3(magnitude(n), magnitude(d));

    return (s64)((n < 0) != (d < 0) ? 0 - quotient : quotient);
}

/* n % d, with the sign of n */
s64 __moddi3(s64 n, s64 d)
{
    u64 remainder = __umoddi3(magnitude(n), magnitude(d));

    return (s64)(n < 0 ? 0 - remainder : remainder);
}

/* Shifts by 0..63, in halves: a 64-bit shift in here could become a call of the function itself. */
u64 __ashldi3(u64 x, int count)
{
    u32 by = (u32)count & 31u;

    if (count & 32) {
        return JOIN(LOW(x) << by, 0u);
    }
    return by ? JOIN(HIGH(x) << by | LOW(x) >> (32u - by), LOW(x) << by) : x;
}

/* x >> count, zeros come in */
u64 __lshrdi3(u64 x, int count)
{
    u32 by = (u32)count & 31u;

    if (count & 32) {
        return JOIN(0u, HIGH(x) >> by);
    }
    return by ? JOIN(HIGH(x) >> by, LOW(x) >> by | HIGH(x) << (32u - by)) : x;
}

/* x >> count, copies of the sign come in */
s64 __ashrdi3(s64 x, int count)
{
    u32 by = (u32)count & 31u;
    s32 high = (s32)HIGH((u64)x);
    u32 low = LOW((u64)x);

    if (count & 32) {
        return (s64)JOIN((u32)(high >> 31), (u32)(high >> by));
    }
    return by ? (s64)JOIN((u32)(high >> by), low >> by | (u32)high << (32u - by)) : x;
}

/* Zeros above the highest 1; 32 for 0 (gcc leaves that open). */
int __clzsi2(u32 x)
{
    int count = 0;
    int step;

    if (!x) {
        return 32;
    }
    for (step = 16; step; step >>= 1) {
        if (!(x >> (32 - step))) {
            count += step;
            x <<= step;
        }
    }
    return count;
}

/* The same for 64 bits; 64 for 0. */
int __clzdi2(u64 x)
{
    return HIGH(x) ? __clzsi2(HIGH(x)) : 32 + __clzsi2(LOW(x));
}

/* Zeros below the lowest 1; 32 for 0. */
int __ctzsi2(u32 x)
{
    return x ? 31 - __clzsi2(x & (0u - x)) : 32;
}

/* The same for 64 bits; 64 for 0. */
int __ctzdi2(u64 x)
{
    return LOW(x) ? __ctzsi2(LOW(x)) : 32 + __ctzsi2(HIGH(x));
}

/* Number of the lowest 1, counted from 1; 0 for 0. */
int __ffssi2(u32 x)
{
    return x ? __ctzsi2(x) + 1 : 0;
}

/* The same for 64 bits. */
int __ffsdi2(u64 x)
{
    return x ? __ctzdi2(x) + 1 : 0;
}

/* Number of ones. */
int __popcountsi2(u32 x)
{
    x -= (x >> 1) & 0x55555555u;
    x = (x & 0x33333333u) + ((x >> 2) & 0x33333333u);
    x = (x + (x >> 4)) & 0x0f0f0f0fu;
    return (int)((x * 0x01010101u) >> 24);
}

/* The same for 64 bits. */
int __popcountdi2(u64 x)
{
    return __popcountsi2(HIGH(x)) + __popcountsi2(LOW(x));
}

/* 1 if the number of ones is odd. */
int __paritysi2(u32 x)
{
    return __popcountsi2(x) & 1;
}

/* The same for 64 bits. */
int __paritydi2(u64 x)
{
    return __popcountdi2(x) & 1;
}

/* Bytes in reverse order. The rotations keep gcc from recognising the idiom and calling this
 * function again. */
u32 __bswapsi2(u32 x)
{
    u32 odd = x & 0x00ff00ffu;
    u32 even = x & 0xff00ff00u;

    return (odd >> 8 | odd << 24) | (even << 8 | even >> 24);
}

/* The same for 64 bits. */
u64 __bswapdi2(u64 x)
{
    return JOIN(__bswapsi2(LOW(x)), __bswapsi2(HIGH(x)));
}

/* Comparison of soft floats for equality: 0 when equal. +0 equals -0, a NaN nothing. */
int __eqsf2(u32 a, u32 b)
{
    int is_nan = (a << 1) > 0xff000000u || (b << 1) > 0xff000000u;

    return is_nan || (a != b && ((a | b) << 1) != 0);
}

/* The same function under the name gcc uses for "not equal". */
int __nesf2(u32 a, u32 b)
{
    return __eqsf2(a, b);
}

/* The same for doubles. */
int __eqdf2(u64 a, u64 b)
{
    int is_nan = (a << 1) > 0xffe0000000000000u || (b << 1) > 0xffe0000000000000u;

    return is_nan || (a != b && ((a | b) << 1) != 0);
}

/* The same function under the name gcc uses for "not equal". */
int __nedf2(u64 a, u64 b)
{
    return __eqdf2(a, b);
}
