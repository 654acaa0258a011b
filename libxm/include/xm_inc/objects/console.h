/* console.h - the console object has no control commands: it is only written */
#ifndef XM_INC_OBJECTS_CONSOLE_H
#define XM_INC_OBJECTS_CONSOLE_H

#include <xm_inc/objdir.h>

#endif
