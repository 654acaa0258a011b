/* config.h - sizes of a XAL partition; usable from assembler */
#ifndef XAL_CONFIG_H
#define XAL_CONFIG_H

/* Stack of one virtual processor. */
#define CONFIG_STACK_KB 8
#define STACK_SIZE (CONFIG_STACK_KB * 1024)
/* Page-table area named in the image header, in units of 4 KB. */
#define CONFIG_SIZE_PAGE_TABLE 16

#endif
