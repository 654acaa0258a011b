/* types.h - the scalar types of the contract between hypervisor, partitions and build-host tools
 *
 * The names are those of the XtratuM 3.x interface, so that partition sources see what they expect.
 * They are spelled with the plain C types (not <stdint.h>): two SPARC compilers disagree on whether
 * uint32_t is int or long, and the partition's compile environment need not have <stdint.h> at all.
 * Everything below the hypervisor uses them too. */
#ifndef XM_ABI_TYPES_H
#define XM_ABI_TYPES_H

/* Interface versions, as packed words: version << 16 | subversion << 8 | revision. */
#define XM_SET_VERSION(v, s, r) ((((v) & 0xff) << 16) | (((s) & 0xff) << 8) | ((r) & 0xff))
#define XM_GET_VERSION(w) (((w) >> 16) & 0xff)
#define XM_GET_SUBVERSION(w) (((w) >> 8) & 0xff)
#define XM_GET_REVISION(w) ((w) & 0xff)

/* Version of the hypervisor itself, and of the binary (ABI) and source (API) interface of
 * partitions. An image whose ABI or API word differs from these is refused. */
#define XM_VERSION_MAJOR 0
#define XM_VERSION_MINOR 1
#define XM_VERSION_PATCH 0
#define XM_ABI_VERSION 3
#define XM_ABI_SUBVERSION 1
#define XM_ABI_REVISION 0
#define XM_API_VERSION 3
#define XM_API_SUBVERSION 1
#define XM_API_REVISION 2

/* Bytes kept of a partition, port or plan name, the terminating NUL included. */
#define CONFIG_ID_STRING_LENGTH 16
/* Custom files a partition image may carry. */
#define CONFIG_MAX_NO_CUSTOMFILES 3
/* Hardware interrupt lines (0 is not a line). */
#define CONFIG_NO_HWIRQS 16
/* Ids 0xff and up are reserved (XM_HYPERVISOR_ID), so a system has at most this many partitions. */
#define XM_MAX_PARTITIONS 254

#define XM_PAGE_SIZE 4096

#ifndef __ASSEMBLER__
typedef unsigned char xm_u8_t;
typedef unsigned short xm_u16_t;
typedef short xm_s16_t;
typedef unsigned int xm_u32_t;
typedef int xm_s32_t;
typedef unsigned long long xm_u64_t;
typedef long long xm_s64_t;

typedef xm_s64_t xmTime_t; /* microseconds; 8-byte aligned when passed by pointer */
#define MAX_XMTIME ((xmTime_t)0x7fffffffffffffffLL)
typedef xm_u32_t xmAddress_t;
typedef xm_u32_t xmIoAddress_t;
typedef xm_u32_t xmSize_t;
typedef xm_s32_t xmSSize_t;
typedef xm_u32_t xmId_t;
typedef xm_u32_t xmWord_t;
#endif

#endif
