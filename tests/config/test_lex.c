/* test_lex.c - lexical types of XM_CF.xml: values, limits, and what is refused */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../tools/xmcparser/lex.h"

typedef enum lex_result scaled_reader(const char *text, uint32_t *value, bool *exact);

static void good(scaled_reader *read, const char *text, uint32_t wanted, bool wanted_exact)
{
    uint32_t value;
    bool exact;

    assert_int_equal(read(text, &value, &exact), LEX_OK);
    assert_int_equal(value, wanted);
    assert_int_equal(exact, wanted_exact);
}

static void bad(scaled_reader *read, const char *text, enum lex_result wanted)
{
    uint32_t value;
    bool exact;

    assert_int_equal(read(text, &value, &exact), wanted);
    assert_int_equal(value, 0);
}

static void time_scales_to_microseconds(void **state)
{
    (void)state;
    good(lex_time, "0s", 0, true);
    good(lex_time, "1us", 1, true);
    good(lex_time, "20ms", 20000, true);
    good(lex_time, " 20mS\n", 20000, true);
    good(lex_time, "2.5s", 2500000, true);
    good(lex_time, "2.50000000000000s", 2500000, true);
    good(lex_time, "0.5us", 0, false);
    good(lex_time, "1.0005ms", 1000, false);
    good(lex_time, "1.00000000000001s", 1000000, false);
    good(lex_time, "4294.967295s", UINT32_MAX, true);
}

static void time_refuses_other_forms(void **state)
{
    static const char *const texts[] = { "",      "s",    "10",    "10 ms", "10m",   "10min",
                                         "-1s",   "1.s",  ".5s",   "1x5ms", "1,5ms", "1e3us",
                                         "10msx", "0x1s", "1..5s", "10ns" };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        bad(lex_time, texts[i], LEX_SYNTAX);
    }
    bad(lex_time, "4294.967296s", LEX_OVERFLOW);
    bad(lex_time, "99999999999999999999999s", LEX_OVERFLOW);
}

static void size_uses_1024(void **state)
{
    (void)state;
    good(lex_size, "4096B", 4096, true);
    good(lex_size, "256KB", 262144, true);
    good(lex_size, "0.5MB", 524288, true);
    good(lex_size, "0.3KB", 307, false);
    good(lex_size, "4095.999999MB", 4294967294u, false);
    bad(lex_size, "4096MB", LEX_OVERFLOW);
    bad(lex_size, "1GB", LEX_SYNTAX);
    bad(lex_size, "1kB", LEX_SYNTAX);
    bad(lex_size, "1K", LEX_SYNTAX);
}

static void frequency_is_in_khz(void **state)
{
    (void)state;
    good(lex_frequency, "80MHz", 80000, true);
    good(lex_frequency, "33.333Mhz", 33333, true);
    good(lex_frequency, "50000KHz", 50000, true);
    good(lex_frequency, "50000Khz", 50000, true);
    bad(lex_frequency, "80mhz", LEX_SYNTAX);
    bad(lex_frequency, "80Hz", LEX_SYNTAX);
    bad(lex_frequency, "4294968MHz", LEX_OVERFLOW);
}

static void hex_needs_its_prefix(void **state)
{
    uint32_t value;

    (void)state;
    assert_int_equal(lex_hex("0xFFFFffff", &value), LEX_OK);
    assert_int_equal(value, UINT32_MAX);
    assert_int_equal(lex_hex("0x000000000040000000", &value), LEX_OK);
    assert_int_equal(value, 0x40000000);
    assert_int_equal(lex_hex("0x100000000", &value), LEX_OVERFLOW);
    assert_int_equal(lex_hex("0x123456789abcdef0123456789", &value), LEX_OVERFLOW);
    assert_int_equal(lex_hex("40000000", &value), LEX_SYNTAX);
    assert_int_equal(lex_hex("0X40000000", &value), LEX_SYNTAX);
    assert_int_equal(lex_hex("0x", &value), LEX_SYNTAX);
    assert_int_equal(lex_hex("0x12g", &value), LEX_SYNTAX);
}

static void number_is_decimal(void **state)
{
    uint32_t value;

    (void)state;
    assert_int_equal(lex_number(" +4294967295 ", &value), LEX_OK);
    assert_int_equal(value, UINT32_MAX);
    assert_int_equal(lex_number("4294967296", &value), LEX_OVERFLOW);
    assert_int_equal(lex_number("-1", &value), LEX_SYNTAX);
    assert_int_equal(lex_number("1 2", &value), LEX_SYNTAX);
    assert_int_equal(lex_number("", &value), LEX_SYNTAX);
}

static void version_is_packed(void **state)
{
    uint32_t value;

    (void)state;
    assert_int_equal(lex_version("1.20.255", &value), LEX_OK);
    assert_int_equal(value, 0x0114ff);
    assert_int_equal(lex_version("1.256.0", &value), LEX_OVERFLOW);
    assert_int_equal(lex_version("1.2", &value), LEX_SYNTAX);
    assert_int_equal(lex_version("1.2.3.4", &value), LEX_SYNTAX);
    assert_int_equal(lex_version("1..3", &value), LEX_SYNTAX);
}

static void boolean_has_four_words(void **state)
{
    bool value;

    (void)state;
    assert_int_equal(lex_boolean("yes", &value), LEX_OK);
    assert_true(value);
    assert_int_equal(lex_boolean(" true ", &value), LEX_OK);
    assert_true(value);
    assert_int_equal(lex_boolean("no", &value), LEX_OK);
    assert_false(value);
    assert_int_equal(lex_boolean("false", &value), LEX_OK);
    assert_int_equal(lex_boolean("Yes", &value), LEX_SYNTAX);
    assert_int_equal(lex_boolean("yes no", &value), LEX_SYNTAX);
    assert_int_equal(lex_boolean("", &value), LEX_SYNTAX);
    assert_int_equal(lex_boolean("falsefalse", &value), LEX_SYNTAX);
}

static void words_of_a_list(void **state)
{
    const char *cursor = "  system\tfp\n toolongword ";
    char word[8];

    (void)state;
    assert_true(lex_next_word(&cursor, word, sizeof word));
    assert_string_equal(word, "system");
    assert_true(lex_next_word(&cursor, word, sizeof word));
    assert_string_equal(word, "fp");
    assert_true(lex_next_word(&cursor, word, sizeof word));
    assert_string_equal(word, "toolong"); /* cut: no word that is known is that long */
    assert_false(lex_next_word(&cursor, word, sizeof word));
    assert_false(lex_next_word(&cursor, word, sizeof word));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(time_scales_to_microseconds),
        cmocka_unit_test(time_refuses_other_forms),
        cmocka_unit_test(size_uses_1024),
        cmocka_unit_test(frequency_is_in_khz),
        cmocka_unit_test(hex_needs_its_prefix),
        cmocka_unit_test(number_is_decimal),
        cmocka_unit_test(version_is_packed),
        cmocka_unit_test(boolean_has_four_words),
        cmocka_unit_test(words_of_a_list),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
