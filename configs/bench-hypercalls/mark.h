/* mark.h - names an instruction, so that `make bench` can find it: the symbol bench_<name> of the
 * partition's ELF file */
#ifndef MARK_H
#define MARK_H

#define MARK(name) __asm__ volatile(".globl bench_" #name "\nbench_" #name ":\n\tnop" ::: "memory")

#define REPEAT 10

/* The call is counted from its CALL instruction to the one it returns to; the mark before it only
 * says which it is. */
#define MEASURE(name, call)                                                                        \
    do {                                                                                           \
        int repeat_;                                                                               \
        for (repeat_ = 0; repeat_ < REPEAT; repeat_++) {                                           \
            MARK(name);                                                                            \
            (void)(call);                                                                          \
        }                                                                                          \
    } while (0)

#endif
