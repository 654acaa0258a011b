/* layout.c - size and alignment of every type that a row of hypercalls.def names, for the host: `->name size alignment`
 *
 * Compiled for the target to assembler text and never linked. */
#include <xm.h>

#define NONE
#define U32(x)
#define S32(x)
#define U64(x)
#define TIME(x)
#define NAME(x)
#define BUF_IN(x)
#define BUF_OUT(x)
#define ADDR(x)
#define IN(t, x) TYPE(t)
#define OUT(t, x) TYPE(t)
#define OUT_OPT(t, x) TYPE(t)
#define INOUT(t, x) TYPE(t)
#define TYPE(t) __asm__ volatile("\n->" #t " %0 %1" : : "i"(sizeof(t)), "i"(__alignof__(t)));
#define EACH(...) EACH_(__VA_ARGS__, , , , , )
#define EACH_(a, b, c, d, e, ...) a b c d e
#define XM_CALL(nr, name, who, arguments, text) EACH arguments

void layout(void);

void layout(void)
{
#include <xm_inc/abi/hypercalls.def>
}
