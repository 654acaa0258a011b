/* The printf family against the table of its conversions, and the console's line. */
#include "test.h"
#include <limits.h>
#include <stdio.h>
#include <string.h>

int xal_putchar(int c);
int xal_printf(const char *format, ...);
int xal_vprintf(const char *format, va_list args);
int xal_sprintf(char *s, const char *format, ...);
int xal_snprintf(char *s, int n, const char *format, ...);
int xal_vsprintf(char *s, const char *format, va_list args);
int XM_write_console(const void *buffer, int length);
int xal_lock(void);
void xal_unlock(int was_open);

static char console[4096];
static size_t console_length;
static int console_calls, lock_depth;

int XM_write_console(const void *buffer, int length)
{
    assert_int_equal(lock_depth, 1);
    assert_true(length > 0 && console_length + (size_t)length < sizeof console);
    memcpy(console + console_length, buffer, (size_t)length);
    console_length += (size_t)length;
    console[console_length] = '\0';
    console_calls++;
    return length;
}

int xal_lock(void)
{
    assert_int_equal(lock_depth, 0);
    lock_depth++;
    return 7;
}

void xal_unlock(int was_open)
{
    assert_int_equal(was_open, 7);
    lock_depth--;
}

static int clear_console(void **state)
{
    (void)state;
    xal_putchar('\n');
    memset(console, 0, sizeof console);
    console_length = 0;
    console_calls = 0;
    return 0;
}

#define CHECK(expected, ...)                                                                       \
    do {                                                                                           \
        char got[256];                                                                             \
        memset(got, '?', sizeof got);                                                              \
        assert_int_equal(xal_snprintf(got, sizeof got, __VA_ARGS__), strlen(expected));            \
        assert_string_equal(got, expected);                                                        \
    } while (0)

static void conversions_of_every_kind(void **state)
{
    (void)state;
    CHECK("x", "%c", 'x');
    CHECK("x", "%C", 'x');
    CHECK("text", "%s", "text");
    CHECK("text", "%S", "text");
    CHECK("-5", "%d", -5);
    CHECK("-5", "%D", -5);
    CHECK("-5", "%i", -5);
    CHECK("-5", "%I", -5);
    CHECK("4294967291", "%u", -5);
    CHECK("4294967291", "%U", -5);
    CHECK("0", "%d", 0);
    CHECK("-2147483648", "%d", INT_MIN);
    CHECK("a 1 b 2", "%c %d %s %u", 'a', 1, "b", 2);
}

static void hexadecimal_is_upper_case(void **state)
{
    (void)state;
    CHECK("DEADBEEF", "%x", 0xdeadbeefu);
    CHECK("DEADBEEF", "%X", 0xdeadbeefu);
    CHECK("0", "%x", 0);
    CHECK("FFFFFFFF", "%x", -1);
    CHECK("ABCDEF0123456789", "%llx", 0xabcdef0123456789ull);
}

static void lengths(void **state)
{
    (void)state;
    CHECK("-7", "%ld", -7);
    CHECK("-7", "%Ld", -7);
    CHECK("4294967295", "%lu", -1);
    CHECK("FF", "%lx", 255);
    CHECK("-9223372036854775808", "%lld", LLONG_MIN);
    CHECK("18446744073709551615", "%llu", ULLONG_MAX);
    CHECK("1000000000000", "%lld", 1000000000000ll);
    CHECK("4294967296 1", "%lld %d", 4294967296ll, 1);
}

static void width_needs_a_leading_zero_or_space(void **state)
{
    (void)state;
    CHECK("000000FF", "%08x", 255);
    CHECK("  42", "% 4d", 42);
    CHECK("12345", "%03d", 12345);
    CHECK("7", "%0d", 7);
    CHECK("7", "% d", 7);
    CHECK("0000000000000001", "%016llx", 1ll);
    CHECK("    5", "% 5u", 5);
    CHECK("abc", "%010s", "abc");
}

static void sign_comes_before_padding(void **state)
{
    (void)state;
    CHECK("-0042", "%05d", -42);
    CHECK("-   42", "% 6d", -42);
    CHECK("-42", "%02d", -42);
}

static void anything_else_is_printed_as_it_is(void **state)
{
    (void)state;
    CHECK("%", "%%");
    CHECK("100%", "%d%%", 100);
    CHECK("5d 1", "%5d %d", 1);
    CHECK("-5d", "%-5d");
    CHECK("+d", "%+d");
    CHECK("#x", "%#x");
    CHECK(".3f", "%.3f");
    CHECK("*d", "%*d");
    CHECK("p", "%p");
    CHECK("o", "%o");
    CHECK("f", "%f");
    CHECK("", "%");
    CHECK("", "%08");
    CHECK("", "%ll");
    CHECK("q", "%lq");
}

static void null_string_is_harmless(void **state)
{
    (void)state;
    CHECK("(null)", "%s", (char *)NULL);
}

static void numbers_agree_with_the_c_library(void **state)
{
    uint64_t seed = 1;
    int i;

    (void)state;
    for (i = 0; i < 20000; i++) {
        unsigned long long value = next_random(&seed) >> (next_random(&seed) & 63u);
        char expected[128];
        char got[128];

        snprintf(expected, sizeof expected, "%d %u %X %08X %lld %llu %llX %012lld", (int)value,
                 (unsigned)value, (unsigned)value, (unsigned)value, (long long)value, value, value,
                 (long long)value);
        xal_snprintf(got, sizeof got, "%d %u %x %08X %lld %llu %llx %012lld", (int)value,
                     (unsigned)value, (unsigned)value, (unsigned)value, (long long)value, value,
                     value, (long long)value);
        assert_string_equal(got, expected);
    }
}

static void snprintf_stays_inside(void **state)
{
    char s[8];
    int n;

    (void)state;
    for (n = -1; n <= 7; n++) {
        memset(s, '?', sizeof s);
        assert_int_equal(xal_snprintf(s, n, "%s%d", "abc", 123), 6);
        if (n <= 0) {
            assert_int_equal(s[0], '?');
            continue;
        }
        assert_int_equal(strlen(s), n <= 6 ? n - 1 : 6);
        assert_memory_equal(s, "abc123", strlen(s));
        assert_int_equal(s[n], '?');
    }
}

static void sprintf_terminates(void **state)
{
    char s[16];

    (void)state;
    memset(s, '?', sizeof s);
    assert_int_equal(xal_sprintf(s, "%d-%x", 12, 0xab), 5);
    assert_string_equal(s, "12-AB");
    assert_int_equal(s[6], '?');
}

static int call_vsprintf(char *s, const char *format, ...)
{
    va_list args;
    int count;

    va_start(args, format);
    count = xal_vsprintf(s, format, args);
    va_end(args);
    return count;
}

static void vsprintf_is_limited(void **state)
{
    static char text[1500], s[1100];

    (void)state;
    memset(text, 'a', sizeof text - 1);
    memset(s, '?', sizeof s);
    call_vsprintf(s, "%s", text);
    assert_int_equal(strlen(s), 1023);
    assert_int_equal(s[1024], '?');
}

static int call_vprintf(const char *format, ...)
{
    va_list args;
    int count;

    va_start(args, format);
    count = xal_vprintf(format, args);
    va_end(args);
    return count;
}

static void one_console_call_per_line(void **state)
{
    (void)state;
    assert_int_equal(xal_printf("one %d\n", 1), 6);
    assert_int_equal(console_calls, 1);
    assert_string_equal(console, "one 1\n");
    assert_int_equal(call_vprintf("two\nthree\n"), 10);
    assert_int_equal(console_calls, 3);
    assert_string_equal(console, "one 1\ntwo\nthree\n");
}

static void text_waits_for_its_newline(void **state)
{
    (void)state;
    xal_printf("a%s", "b");
    xal_putchar('c');
    assert_int_equal(console_calls, 0);
    xal_printf("\r");
    assert_int_equal(console_calls, 1);
    assert_string_equal(console, "abc\r");
}

static void long_line_goes_out_in_parts(void **state)
{
    int i;

    (void)state;
    for (i = 0; i < 1100; i++) {
        assert_int_equal(xal_putchar('a' + i % 26), 'a' + i % 26);
    }
    assert_int_equal(console_calls, 2);
    xal_putchar('\n');
    assert_int_equal(console_calls, 3);
    assert_int_equal(console_length, 1101);
    for (i = 0; i < 1100; i++) {
        assert_int_equal(console[i], 'a' + i % 26);
    }
    assert_int_equal(lock_depth, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conversions_of_every_kind),
        cmocka_unit_test(hexadecimal_is_upper_case),
        cmocka_unit_test(lengths),
        cmocka_unit_test(width_needs_a_leading_zero_or_space),
        cmocka_unit_test(sign_comes_before_padding),
        cmocka_unit_test(anything_else_is_printed_as_it_is),
        cmocka_unit_test(null_string_is_harmless),
        cmocka_unit_test(numbers_agree_with_the_c_library),
        cmocka_unit_test(snprintf_stays_inside),
        cmocka_unit_test(sprintf_terminates),
        cmocka_unit_test(vsprintf_is_limited),
        cmocka_unit_test_setup(one_console_call_per_line, clear_console),
        cmocka_unit_test_setup(text_waits_for_its_newline, clear_console),
        cmocka_unit_test_setup(long_line_goes_out_in_parts, clear_console),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
