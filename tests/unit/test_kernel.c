/* Own-bug checks, messages, boot-time memory, CRC; boot with what can be missing. */
#include <string.h>
#include "fixture.h"

static void kernel_crc32c_matches_the_standard(void **state)
{
    xm_u8_t bytes[32];

    (void)state;
    assert_int_equal(crc32c("123456789", 9), 0xe3069283u);
    memset(bytes, 0, sizeof(bytes));
    assert_int_equal(crc32c(bytes, 32), 0x8a9136aau); /* RFC 3720, B.4 */
    memset(bytes, 0xff, sizeof(bytes));
    assert_int_equal(crc32c(bytes, 32), 0x62a8ab43u);
    assert_int_equal(CRC32C_END(crc32c_add(crc32c_add(CRC32C_START, "1234", 4), "56789", 5)), 0xe3069283u);
}

static void kernel_carve_aligns_and_clears(void **state)
{
    xm_u8_t *a, *b;

    (void)state;
    host_power_on(false);
    memset(arch_physical_pointer(0x40800000u), 0xee, 0x10000);
    kernel_carve_init(0x40800001u, 0x40810000u);
    a = kernel_carve(3, 8);
    b = kernel_carve(16, 4096);
    assert_int_equal(arch_kernel_address(a), 0x40800008u);
    assert_int_equal(arch_kernel_address(b), 0x40801000u);
    for (xm_u32_t i = 0; i < 16; i++) {
        assert_int_equal(b[i], 0);
    }
    assert_int_equal(b[16], 0xee);
}

static void carve_too_much(void *bytes)
{
    (void)kernel_carve(*(xm_u32_t *)bytes, 8);
}

static void kernel_carve_beyond_the_area_panics(void **state)
{
    xm_u32_t too_much = 0x8001;
    xm_u32_t wraps = 0xfffffff0u;

    (void)state;
    fixture_start();
    kernel_carve_init(0x40800000u, 0x40808000u);
    assert_int_equal(host_run(carve_too_much, &too_much), HOST_HALTED);
    assert_non_null(strstr(fixture_output(0), "out of hypervisor memory"));
    assert_int_equal(host_run(carve_too_much, &wraps), HOST_HALTED);
}

static void kernel_print_formats(void **state)
{
    (void)state;
    fixture_start();
    host.uart[0].sent_count = 0;
    kernel_print("%s|%d|%d|%u|%x|%%|", "text", -17, 0, 4294967295u, 0xdeadu);
    assert_string_equal(fixture_output(0), "text|-17|0|4294967295|0xdead|%|");
}

static void boot_system(void *nothing)
{
    (void)nothing;
    core_main(FIXTURE_CONTAINER, FIXTURE_LOADER);
}

static void main_refuses_a_damaged_configuration(void **state)
{
    struct fixture *f = fixture_new();

    (void)state;
    f->head.crc32c = 1;
    assert_int_equal(host_run(boot_system, NULL), HOST_HALTED);
    assert_non_null(strstr(fixture_output(0), "configuration is damaged"));
}

static void main_halts_a_partition_without_image(void **state)
{
    struct xm_image *image;

    (void)state;
    (void)fixture_new();
    image = arch_physical_pointer(FIXTURE_CONTAINER);
    image->file_count = 2;
    fixture_boot();
    assert_int_equal(partitions[1].state, PARTITION_READY);
    assert_int_equal(partitions[2].state, PARTITION_HALTED);
    assert_non_null(strstr(fixture_output(0), "partition 2 'P2' has no image"));
}

static void main_incompatible_header_raises_its_event(void **state)
{
    struct xmImageHdr *header;

    (void)state;
    (void)fixture_new();
    header = arch_physical_pointer(FIXTURE_AREA(2));
    header->compilationXmAbiVersion++;
    fixture_boot();
    assert_int_equal(partitions[2].state, PARTITION_HALTED);
    assert_int_equal(hm_count(), 1);
}

/* Is [pa, pa + size) mapped in that space with these rights, 1:1? */
static bool mapped(xm_u32_t space, xmAddress_t pa, xm_u32_t size, enum arch_rights rights)
{
    for (xm_u32_t i = 0; i < host.mapping_count; i++) {
        const struct host_mapping *m = &host.mapping[i];

        if (m->space == space && m->rights == rights && m->pa <= pa && pa + size <= m->pa + m->size && m->va == m->pa) {
            return true;
        }
    }
    return false;
}

static void main_maps_each_partition_its_own_memory(void **state)
{
    (void)state;
    fixture_start();
    for (xm_u32_t n = 0; n < FIXTURE_PARTITIONS; n++) {
        xm_u32_t space = n + 1;

        assert_true(mapped(space, FIXTURE_AREA(n), FIXTURE_AREA_BYTES, ARCH_READ_WRITE_EXECUTE));
        assert_true(mapped(space, FIXTURE_READONLY(n), FIXTURE_READONLY_BYTES, ARCH_READ_EXECUTE));
        assert_true(mapped(space, arch_kernel_address(partitions[n].pct), sizeof(partitionControlTable_t), ARCH_READ));
        for (xm_u32_t other = 0; other < FIXTURE_PARTITIONS; other++) {
            bool own = other == n;

            assert_int_equal(mapped(space, FIXTURE_AREA(other), 16, ARCH_READ_WRITE_EXECUTE), own);
            assert_false(mapped(space, FIXTURE_AREA(other), 16, ARCH_READ_EXECUTE));
            assert_false(mapped(space, FIXTURE_AREA(other), 16, ARCH_READ));
        }
        assert_false(mapped(space, 0x40700000u, 16, ARCH_READ_WRITE_EXECUTE)); /* flagged unmapped */
        assert_true(mapped(space, FIXTURE_HM_STORAGE, 64, ARCH_KERNEL)); /* events are logged in any space */
        assert_true(mapped(space, config_stream(2)->start, config_stream(2)->size, ARCH_KERNEL));
    }
    assert_true(host.mmu);
}

static void main_counts_starts_and_warm_resets(void **state)
{
    (void)state;
    fixture_start();
    assert_int_equal(kernel_boot_id, 1);
    assert_int_equal(kernel_reset_counter, 0);
    fixture_reboot(); /* unasked: a watchdog, say */
    assert_int_equal(kernel_boot_id, 2);
    fixture_start(); /* memory lost */
    assert_int_equal(kernel_boot_id, 1);
}

static void fail_check(void *nothing)
{
    (void)nothing;
    CHECK(partitions == NULL);
}

/* Last: it is remembered for the rest of the program. */
static void kernel_own_bug_is_logged_and_halts(void **state)
{
    const struct xm_batch *batch = arch_guest_pointer(FIXTURE_SCRATCH(0));
    const struct xm_hm_record *r = (const struct xm_hm_record *)(const void *)(batch + 1);

    (void)state;
    fixture_start();
    assert_int_equal(host_run(fail_check, NULL), HOST_HALTED);
    (void)fixture_enter(0);
    assert_int_equal(sys_hm_fetch(0, FIXTURE_SCRATCH(0), 1024), 1);
    assert_int_equal(r->event, XM_HM_EV_INTERNAL_ERROR);
    assert_int_equal(r->flags, XM_HM_FLAG_SYSTEM);
    assert_non_null(strstr(fixture_output(0), "internal error at"));
    /* a second one on the way down does not go round in circles */
    assert_int_equal(host_run(fail_check, NULL), HOST_HALTED);
    assert_int_equal(hm_count(), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kernel_crc32c_matches_the_standard),
        cmocka_unit_test(kernel_carve_aligns_and_clears),
        cmocka_unit_test(kernel_carve_beyond_the_area_panics),
        cmocka_unit_test(kernel_print_formats),
        cmocka_unit_test(main_refuses_a_damaged_configuration),
        cmocka_unit_test(main_halts_a_partition_without_image),
        cmocka_unit_test(main_incompatible_header_raises_its_event),
        cmocka_unit_test(main_maps_each_partition_its_own_memory),
        cmocka_unit_test(main_counts_starts_and_warm_resets),
        cmocka_unit_test(kernel_own_bug_is_logged_and_halts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
