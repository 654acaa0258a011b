/* xmhypercalls.h - the SPARC calls that work on the caller's own processor state, inline
 *
 * They only change %o registers (condition codes are kept), so they need no stub. The state is
 * virtual: condition codes, EF (with the fp flag), PIL and ET; real traps are never off. From
 * assembler use __XM_AHC. */
#ifndef LIBXM_ARCH_XMHYPERCALLS_H
#define LIBXM_ARCH_XMHYPERCALLS_H

#include <xm_inc/arch/arch_types.h>
#include <xm_inc/arch/hypercalls.h>
#include <xmhypercalls.h>

#ifndef __ASSEMBLER__

static inline xm_u32_t xm_asm_hypercall(xm_u32_t number, xm_u32_t argument)
{
    register xm_u32_t o0 __asm__("%o0") = number;
    register xm_u32_t o1 __asm__("%o1") = argument;

    __asm__ __volatile__("ta %2\n\tnop"
                         : "+r"(o0), "+r"(o1)
                         : "i"(XM_ASMHYPERCALL_TRAP & 0x7f)
                         : "%o2", "%o3", "%o4", "%o5", "%o7", "memory");
    return o0;
}

/* Writes all register windows but the current one to the stack. */
static inline void XM_sparc_flush_regwin(void)
{
    (void)xm_asm_hypercall(sparc_flush_regwin_nr, 0);
}

/* The virtual processor state register: PSR_* of xm_inc/arch/processor.h. */
static inline xm_u32_t XM_sparc_get_psr(void)
{
    return xm_asm_hypercall(sparc_get_psr_nr, 0);
}

static inline void XM_sparc_set_psr(xm_u32_t psr)
{
    (void)xm_asm_hypercall(sparc_set_psr_nr, psr);
}

/* PIL 15: hold interrupts back. */
static inline void XM_sparc_set_pil(void)
{
    (void)xm_asm_hypercall(sparc_set_pil_nr, 0);
}

/* PIL 0: let unmasked interrupts in. */
static inline void XM_sparc_clear_pil(void)
{
    (void)xm_asm_hypercall(sparc_clear_pil_nr, 0);
}

static inline void XM_enable_irqs(void)
{
    XM_sparc_clear_pil();
}

static inline void XM_disable_irqs(void)
{
    XM_sparc_set_pil();
}

/* Spelling of XtratuM 3.1 and 3.2. */
#define XM_sparcv8_flush_regwin XM_sparc_flush_regwin
#define XM_sparcv8_get_psr XM_sparc_get_psr
#define XM_sparcv8_set_psr XM_sparc_set_psr
#define XM_sparcv8_set_pil XM_sparc_set_pil
#define XM_sparcv8_clear_pil XM_sparc_clear_pil
#define XM_sparcv8_inport XM_sparc_inport
#define XM_sparcv8_outport XM_sparc_outport
#define XM_sparcv8_write_tbr XM_sparc_write_tbr
#define XM_sparcv8_atomic_add XM_sparc_atomic_add
#define XM_sparcv8_atomic_and XM_sparc_atomic_and
#define XM_sparcv8_atomic_or XM_sparc_atomic_or

#endif

#define sparcv8_iret_nr sparc_iret_nr
#define sparcv8_flush_regwin_nr sparc_flush_regwin_nr
#define sparcv8_get_psr_nr sparc_get_psr_nr
#define sparcv8_set_psr_nr sparc_set_psr_nr
#define sparcv8_set_pil_nr sparc_set_pil_nr
#define sparcv8_clear_pil_nr sparc_clear_pil_nr

#endif
