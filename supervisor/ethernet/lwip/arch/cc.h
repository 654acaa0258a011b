/* cc.h - what lwIP wants to know of compiler and surroundings */
#ifndef SUPERVISOR_LWIP_CC_H
#define SUPERVISOR_LWIP_CC_H

/* lwIP takes the processor for little-endian unless told. Its values are the compiler's. */
#define BYTE_ORDER __BYTE_ORDER__

#define LWIP_NO_INTTYPES_H 1
#define LWIP_NO_CTYPE_H 1
#define LWIP_NO_UNISTD_H 1
#if __STDC_HOSTED__ /* the tests */
#include <sys/types.h>
#else
#define SSIZE_MAX 0x7fffffff
typedef int ssize_t;
#endif

/* Only in texts that are not compiled in. */
#define X8_F "x"
#define U16_F "u"
#define S16_F "d"
#define X16_F "x"
#define U32_F "u"
#define S32_F "d"
#define X32_F "x"
#define SZT_F "u"

/* An assertion says that memory or code is not what it was: the partition's health monitor decides
 * (ip.c). lwIP goes on afterwards if that lets it. */
void ip_assertion_failed(const char *what);

#define LWIP_PLATFORM_DIAG(arguments) ((void)0)
#define LWIP_PLATFORM_ASSERT(what) ip_assertion_failed(what)

#endif
