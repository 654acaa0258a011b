#ifndef _STD_C_H_
#define _STD_C_H_

extern int xprintf(const char *format, ...);

#endif
