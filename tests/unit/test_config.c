/* Acceptance of a compiled configuration. */
#include <string.h>
#include "fixture.h"

static struct fixture *f;

static void sign(void)
{
    f->head.crc32c = 0;
    f->head.crc32c = crc32c(f, f->head.length);
}

static const char *load(void)
{
    return config_load(&f->head, 0x100000);
}

static void start(void)
{
    f = fixture_new();
    sign();
    assert_null(load());
}

static void refused(const char *part)
{
    const struct xm_config *before = config;
    const char *message;

    sign();
    message = load();
    assert_non_null(message);
    assert_non_null(strstr(message, part));
    assert_ptr_equal(config, before);
    f = fixture_new();
}

static void config_head_refusals(void **state)
{
    (void)state;
    start();
    f->head.magic++;
    refused("no configuration");
    f->head.revision++;
    refused("another revision");
    f->head.length = sizeof(struct xm_config) - 4;
    refused("does not fit");
    sign();
    assert_non_null(config_load(&f->head, f->head.length - 1));
    assert_null(config_load(&f->head, f->head.length));
}

static void config_every_damaged_word_is_noticed(void **state)
{
    (void)state;
    start();
    for (xm_u32_t i = 4; i < f->head.length / 4; i++) {
        xm_u32_t *word = (xm_u32_t *)(void *)f + i;

        *word ^= 0x00010000u;
        assert_non_null(load());
        *word ^= 0x00010000u;
    }
    assert_null(load());
}

static void config_every_table_must_lie_inside(void **state)
{
    (void)state;
    for (size_t at = offsetof(struct xm_config, regions); at <= offsetof(struct xm_config, strings);
         at += sizeof(struct xm_config_table)) {
        struct xm_config_table *t;

        start();
        t = (struct xm_config_table *)(void *)((xm_u8_t *)f + at);
        t->offset = f->head.length + 4;
        refused("malformed");
        t->offset = 0xfffffffcu;
        refused("malformed");
        t->count = 0x40000001u; /* times the row it would wrap */
        refused("malformed");
        t->offset += 2;
        refused("malformed");
        t->offset = f->head.length;
        t->count = 1;
        refused("malformed");
    }
}

static void config_needs_a_partition_and_a_plan(void **state)
{
    (void)state;
    start();
    f->head.partitions.count = 0;
    refused("no partition or no plan");
    f->head.plans.count = 0;
    refused("no partition or no plan");
}

static void config_strings_and_rows(void **state)
{
    (void)state;
    start();
    assert_string_equal(config_string(config_partition(0)->name), "SYS");
    assert_string_equal(config_string(0), "");
    assert_int_equal(config_plan(2)->major_frame_us, 700);
    assert_int_equal(config_destination(3), 6);
    assert_int_equal(config_io_port(1)->mask, 0xff00);
}

static void row_beyond(void *nothing)
{
    (void)nothing;
    (void)config_partition(FIXTURE_PARTITIONS);
}

static void config_row_beyond_its_table_is_an_own_bug(void **state)
{
    (void)state;
    fixture_start();
    assert_int_equal(host_run(row_beyond, NULL), HOST_HALTED);
    assert_non_null(strstr(fixture_output(0), "internal error"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(config_head_refusals),
        cmocka_unit_test(config_every_damaged_word_is_noticed),
        cmocka_unit_test(config_every_table_must_lie_inside),
        cmocka_unit_test(config_needs_a_partition_and_a_plan),
        cmocka_unit_test(config_strings_and_rows),
        cmocka_unit_test(config_row_beyond_its_table_is_an_own_bug),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
