/* xal.h - what a program may call of the runtime itself */
#ifndef XAL_XAL_H
#define XAL_XAL_H

#include <xm.h>
#include <config.h>

#ifndef __ASSEMBLER__
void PartitionMain(void);
void XALHalt(char *msg, ...);
void SetupVCpus(void);
#endif

#endif
