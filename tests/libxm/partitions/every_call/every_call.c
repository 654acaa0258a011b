/* Names every row of the table of calls and every function of the runtime, so that all of them must link. */
#include <xm.h>
#include <irqs.h>
#include <xal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ctype.h>
#include <limits.h>
#include <assert.h>

#define XM_CALL(nr, name, who, args, text) (void *)XM_##name,
static void *volatile calls[] = {
#include <xm_inc/abi/hypercalls.def>
};
#undef XM_CALL

static void *volatile functions[] = {
    init_libxm, XM_get_PCT, XM_get_PCT0, XM_get_partition_mmap, XM_get_commport_bitmap, XM_get_number_vcpus, XM_get_vcpuid,
    XM_set_plan, XM_hm_open, XM_mask_irq, XM_unmask_irq, XM_override_trap_hndl,
    XM_suspend_vcpu, XM_resume_vcpu, XM_halt_vcpu, XM_reset_vcpu, XM_get_vcpu_status, XM_get_partition_vcpu_status, SetupVCpus,
    XM_flush_cache, XM_set_cache_state, XM_read_object, XM_write_object, XM_seek_object, XM_ctrl_object,
    InstallTrapHandler, SetupIrqs, XALHalt, printf, vprintf, sprintf, snprintf, vsprintf, vsnprintf, putchar,
    atoi, strtol, strtoul, strtoll, strtoull, basename, exit, abort,
    memset, memcpy, memcmp, memmove, strcpy, strncpy, strcat, strncat, strcmp, strncmp, strlen, strchr, strrchr, strstr,
};

xm_s64_t divide(xm_s64_t a, xm_s64_t b)
{
    return a / b + a % b;
}

xm_u64_t divide_unsigned(xm_u64_t a, xm_u64_t b)
{
    return a / b + a % b + __builtin_popcountll(a) + __builtin_clzll(b) + __builtin_ctz((xm_u32_t)a) + __builtin_bswap64(b);
}

void PartitionMain(void)
{
    assert(INT_MAX > 0);
    printf("%d %d %lld %llu\n", sizeof(calls), sizeof(functions), divide(1, 2), divide_unsigned(3, 4));
    printf("%d\n", isdigit('1') + isspace(' ') + isxdigit('f') + isalnum('z'));
}
