/* guest.h - names of the hardware interrupt lines of a LEON3 system */
#ifndef XM_INC_ARCH_GUEST_H
#define XM_INC_ARCH_GUEST_H

#define XM_VT_HW_INTERNAL_BUS_TRAP_NR 1
#define XM_VT_HW_UART2_TRAP_NR 2
#define XM_VT_HW_UART1_TRAP_NR 3
#define XM_VT_HW_IO_IRQ0_TRAP_NR 4
#define XM_VT_HW_IO_IRQ1_TRAP_NR 5
#define XM_VT_HW_IO_IRQ2_TRAP_NR 6
#define XM_VT_HW_IO_IRQ3_TRAP_NR 7
#define XM_VT_HW_TIMER1_TRAP_NR 8
#define XM_VT_HW_TIMER2_TRAP_NR 9
#define XM_VT_HW_DSU_TRAP_NR 11
#define XM_VT_HW_PCI_TRAP_NR 14

#endif
