/* asm_offsets.h - offsets into the partition control table, for assembler
 *
 * libxm/params.c asserts them against the structure, so a change of the contract cannot pass
 * unnoticed. */
#ifndef XM_INC_ARCH_ASM_OFFSETS_H
#define XM_INC_ARCH_ASM_OFFSETS_H

#define PCT_ID_OFFSET 32
#define PCT_IFLAGS_OFFSET 80

#endif
