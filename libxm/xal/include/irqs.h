/* irqs.h - handlers of virtual traps
 *
 * A handler runs with all virtual traps off (ET 0): an exception inside it is beyond repair unless
 * it enables traps first. It may use every call and printf. */
#ifndef XAL_IRQS_H
#define XAL_IRQS_H

#include <xm.h>
#include <arch/irqs.h>

#ifndef __ASSEMBLER__

typedef void (*trapHandler_t)(trapCtxt_t *ctxt);

extern trapHandler_t trapHandlersTab[TRAPTAB_LENGTH];

xm_s32_t InstallTrapHandler(xm_s32_t trapNr, trapHandler_t handler);
void SetupIrqs(void);

#endif
#endif
