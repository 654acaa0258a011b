/* report.h - messages to the user: file:line: error: what is wrong - what to do
 *
 * All findings of a phase are reported before the program gives up; warnings never make it fail. */
#ifndef XMCPARSER_REPORT_H
#define XMCPARSER_REPORT_H

#include <stdbool.h>

void report_set_file(const char *path);
void report_silence_warnings(void);
__attribute__((format(printf, 2, 3))) void error_at(int line, const char *format, ...);
__attribute__((format(printf, 2, 3))) void warning_at(int line, const char *format, ...);
__attribute__((format(printf, 1, 2), noreturn)) void fatal(const char *format, ...);
unsigned report_errors(void);

#define EXIT_REFUSED 2

#endif
