/* string.c and stdlib.c against the C library, at every alignment. */
#include "test.h"
#include <stdlib.h>
#include <string.h>

void *xal_memset(void *dst, int c, unsigned n);
void *xal_memcpy(void *dst, const void *src, unsigned n);
int xal_memcmp(const void *a, const void *b, unsigned n);
void *xal_memmove(void *dst, const void *src, unsigned n);
char *xal_strcpy(char *dst, const char *src);
char *xal_strncpy(char *dst, const char *src, unsigned n);
char *xal_strcat(char *dst, const char *src);
char *xal_strncat(char *dst, const char *src, unsigned n);
int xal_strcmp(const char *a, const char *b);
int xal_strncmp(const char *a, const char *b, unsigned n);
unsigned xal_strlen(const char *s);
char *xal_strchr(const char *s, int c);
char *xal_strrchr(const char *s, int c);
char *xal_strstr(const char *s, const char *word);
int xal_atoi(const char *s);
long xal_strtol(const char *s, char **end, int base);
unsigned long xal_strtoul(const char *s, char **end, int base);
long long xal_strtoll(const char *s, char **end, int base);
unsigned long long xal_strtoull(const char *s, char **end, int base);
char *xal_basename(char *path);

#define BLOCK 96
#define OFFSETS 17
#define LENGTHS 49

static unsigned char expected[BLOCK], got[BLOCK], source[BLOCK];

static void fill(void)
{
    unsigned i;

    for (i = 0; i < BLOCK; i++) {
        source[i] = (unsigned char)(i * 7 + 1);
        expected[i] = got[i] = (unsigned char)(255 - i);
    }
}

static void copies_at_every_alignment(void **state)
{
    unsigned to, from, n;

    (void)state;
    for (to = 0; to < OFFSETS; to++) {
        for (from = 0; from < OFFSETS; from++) {
            for (n = 0; n < LENGTHS; n++) {
                fill();
                memcpy(expected + to, source + from, n);
                assert_ptr_equal(xal_memcpy(got + to, source + from, n), got + to);
                assert_memory_equal(got, expected, BLOCK);
                memmove(expected + to, expected + from, n);
                assert_ptr_equal(xal_memmove(got + to, got + from, n), got + to);
                assert_memory_equal(got, expected, BLOCK);
            }
        }
    }
}

static void fills_at_every_alignment(void **state)
{
    unsigned to, n;

    (void)state;
    for (to = 0; to < OFFSETS; to++) {
        for (n = 0; n < LENGTHS; n++) {
            fill();
            memset(expected + to, 0x1c5, n);
            assert_ptr_equal(xal_memset(got + to, 0x1c5, n), got + to);
            assert_memory_equal(got, expected, BLOCK);
        }
    }
}

static int sign(int x)
{
    return (x > 0) - (x < 0);
}

static void comparisons_have_the_right_sign(void **state)
{
    static const char *const words[] = { "", "a", "ab", "abc", "abd", "b", "\x80", "a\xff" };
    unsigned i, j, n;

    (void)state;
    for (i = 0; i < sizeof words / sizeof *words; i++) {
        for (j = 0; j < sizeof words / sizeof *words; j++) {
            assert_int_equal(sign(xal_strcmp(words[i], words[j])),
                             sign(strcmp(words[i], words[j])));
            for (n = 0; n < 5; n++) {
                assert_int_equal(sign(xal_strncmp(words[i], words[j], n)),
                                 sign(strncmp(words[i], words[j], n)));
            }
        }
    }
    assert_int_equal(xal_memcmp("a\x80", "a\x01", 2), 1);
    assert_int_equal(xal_memcmp("a\x01", "a\x80", 2), -1);
    assert_int_equal(xal_memcmp("ab", "ac", 1), 0);
}

static void strings_are_built(void **state)
{
    char s[16];

    (void)state;
    memset(s, '?', sizeof s);
    assert_ptr_equal(xal_strcpy(s, "abc"), s);
    assert_string_equal(s, "abc");
    assert_string_equal(xal_strcat(s, "de"), "abcde");
    assert_string_equal(xal_strncat(s, "fgh", 2), "abcdefg");
    assert_string_equal(xal_strncat(s, "h", 5), "abcdefgh");
    assert_int_equal(s[9], '?');
    assert_memory_equal(xal_strncpy(s, "xy", 5), "xy\0\0\0fgh", 9);
    assert_memory_equal(xal_strncpy(s, "1234", 3), "123\0\0fgh", 9);
    assert_int_equal(xal_strlen("") + 10 * xal_strlen("abc"), 30);
}

static void strings_are_searched(void **state)
{
    static const char s[] = "abcabc";

    (void)state;
    assert_ptr_equal(xal_strchr(s, 'b'), s + 1);
    assert_ptr_equal(xal_strchr(s, 0), s + 6);
    assert_null(xal_strchr(s, 'z'));
    assert_ptr_equal(xal_strrchr(s, 'b'), s + 4);
    assert_ptr_equal(xal_strrchr(s, 0), s + 6);
    assert_null(xal_strrchr(s, 'z'));
    assert_ptr_equal(xal_strstr(s, "cab"), s + 2);
    assert_ptr_equal(xal_strstr(s, ""), s);
    assert_ptr_equal(xal_strstr(s, "abcabc"), s);
    assert_null(xal_strstr(s, "abcabcd"));
    assert_null(xal_strstr("", "a"));
}

static void numbers_are_read_as_the_c_library_reads_them(void **state)
{
    static const char *const texts[] = {
        "", "0", "-", "+", "12", " \t\n12x", "-12", "+7", "0x1F", "0X1f", "0x", "0xg", "077", "08",
        "zz", "Z", "-0x10", "4294967295", "4294967296", "-2147483648", "2147483648",
        "9223372036854775807", "9223372036854775808", "-9223372036854775808",
        "-9223372036854775809", "18446744073709551615", "18446744073709551616",
        "99999999999999999999999", "-1", "1 2", "0b1", "1e5", "ffffffffffffffff",
        "fffffffffffffffff",
    };
    static const int bases[] = { 0, 2, 8, 10, 16, 36 };
    unsigned i, b;

    (void)state;
    for (i = 0; i < sizeof texts / sizeof *texts; i++) {
        for (b = 0; b < sizeof bases / sizeof *bases; b++) {
            char *end = NULL;
            char *expected_end = NULL;

            assert_true(xal_strtoull(texts[i], &end, bases[b]) ==
                        strtoull(texts[i], &expected_end, bases[b]));
            assert_ptr_equal(end, expected_end);
            assert_true(xal_strtoul(texts[i], NULL, bases[b]) ==
                        strtoul(texts[i], NULL, bases[b]));
            assert_true(xal_strtoll(texts[i], &end, bases[b]) == strtoll(texts[i], NULL, bases[b]));
            assert_ptr_equal(end, expected_end);
            assert_true(xal_strtol(texts[i], NULL, bases[b]) == strtol(texts[i], NULL, bases[b]));
        }
    }
    assert_int_equal(xal_atoi(" -42abc"), -42);
    assert_int_equal(xal_atoi("x"), 0);
    assert_int_equal(xal_atoi("2147483648"), 2147483647);
    assert_int_equal(xal_strtol("12", NULL, 1), 0);
    assert_int_equal(xal_strtol("12", NULL, 37), 0);
}

static void basename_is_behind_the_last_slash(void **state)
{
    char path[] = "/a/b/c.txt";
    char plain[] = "c";

    (void)state;
    assert_string_equal(xal_basename(path), "c.txt");
    assert_string_equal(xal_basename(plain), "c");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copies_at_every_alignment),
        cmocka_unit_test(fills_at_every_alignment),
        cmocka_unit_test(comparisons_have_the_right_sign),
        cmocka_unit_test(strings_are_built),
        cmocka_unit_test(strings_are_searched),
        cmocka_unit_test(numbers_are_read_as_the_c_library_reads_them),
        cmocka_unit_test(basename_is_behind_the_last_slash),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
