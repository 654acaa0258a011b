#include <stdarg.h>
#include <stdio.h>
#include <xm.h>
#include "std_c.h"

int xprintf(const char *format, ...)
{
        char line[128];
        va_list args;
        int n;

        va_start(args, format);
        n = vsprintf(line, format, args);
        va_end(args);
        XM_write_console(line, n);
        return n;
}
