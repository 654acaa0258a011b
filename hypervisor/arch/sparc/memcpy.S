/* memcpy.S - the copies of the kernel
 *
 * In assembler because half of what a message costs is here, and the compiler's version of the same
 * loops is three times as long and slower where it matters, on messages of a few doublewords. A
 * leaf: no stack, %g1-%g4 and %o1-%o5 only. Upwards, and what is loaded is stored before what lies
 * above it is: a target below its source may overlap it (memmove). What a copy costs depends on its length and on the
 * alignment of its ends, never on the bytes.
 *
 *   %o0 to (the result)   %o1 from, moving   %g1 to, moving   %o2 bytes left
 *
 * Two pairs of registers take turns: a load is never followed by the store that waits for it. */

#define BLOCK 128 /* 36 instructions: the loop's own are a ninth */
#define BLOCK_SHIFT 7

    .section .text.memcpy, "ax"
    .global memcpy
    .type   memcpy, #function
memcpy:
    or      %o0, %o1, %g2
    andcc   %g2, 7, %g0
    bne     not_doubles
    mov     %o0, %g1

/* Both ends on a doubleword: messages, mostly. Blocks of BLOCK bytes, before them the pairs of
 * doublewords that make no whole block: the first block is entered in its middle. A pair of 16 bytes
 * is copied by 16 bytes of code, so what the pointers are moved back is also how far into the block
 * the way goes. */
doubles:
    and     %o2, BLOCK - 16, %g2
    mov     BLOCK, %g3
    sub     %g3, %g2, %g3
    sub     %o1, %g3, %o1
    sub     %g1, %g3, %g1
    sethi   %hi(block), %g2
    or      %g2, %lo(block), %g2
    jmp     %g2 + %g3
    srl     %o2, BLOCK_SHIFT, %o3
block:
    .set    at, 0
    .rept   BLOCK / 16
    ldd     [%o1 + at], %g2
    ldd     [%o1 + at + 8], %o4
    std     %g2, [%g1 + at]
    std     %o4, [%g1 + at + 8]
    .set    at, at + 16
    .endr
    add     %o1, BLOCK, %o1
    subcc   %o3, 1, %o3
    bcc     block
    add     %g1, BLOCK, %g1
    btst    8, %o2
    be      rest
    and     %o2, 7, %o2
    ldd     [%o1], %g2
    std     %g2, [%g1]
    add     %o1, 8, %o1
    add     %g1, 8, %g1

/* %o2 bytes one by one, from the end of both backwards to it: one counter serves all. */
rest:
    tst     %o2
    be      copied
    add     %o1, %o2, %o1
    add     %g1, %o2, %g1
    neg     %o2
    ldub    [%o1 + %o2], %g2
next_byte:
    stb     %g2, [%g1 + %o2]
    inccc   %o2
    bne,a   next_byte
    ldub    [%o1 + %o2], %g2
copied:
    retl
    nop

not_doubles:
    andcc   %g2, 3, %g0
    be      words
    cmp     %o2, 16
    bcs     rest
    btst    7, %g1
/* Bring the target to a doubleword: storing is then aligned whatever the source is. */
to_double:
    be      at_double
    andcc   %o1, 3, %o4
    ldub    [%o1], %g2
    stb     %g2, [%g1]
    add     %o1, 1, %o1
    add     %g1, 1, %g1
    sub     %o2, 1, %o2
    b       to_double
    btst    7, %g1
at_double:
    bne     shifted
    btst    4, %o1
    be      doubles
    nop

/* Both ends on a word: what structures are copied with. */
words:
    subcc   %o2, 16, %o2
    bcs     last_words
    andcc   %o2, 12, %o3
four_words:
    ld      [%o1], %g2
    ld      [%o1 + 4], %g3
    ld      [%o1 + 8], %o4
    ld      [%o1 + 12], %o5
    st      %g2, [%g1]
    st      %g3, [%g1 + 4]
    st      %o4, [%g1 + 8]
    st      %o5, [%g1 + 12]
    add     %o1, 16, %o1
    subcc   %o2, 16, %o2
    bcc     four_words
    add     %g1, 16, %g1
    andcc   %o2, 12, %o3
last_words:
    be      rest
    and     %o2, 3, %o2
    ld      [%o1], %g2
    st      %g2, [%g1]
    add     %o1, 4, %o1
    add     %g1, 4, %g1
    b       last_words
    subcc   %o3, 4, %o3

/* The target on a doubleword, the source %o4 bytes behind a word: each word stored is the end of one
 * word loaded and the beginning of the next. At least 8 bytes are left here, and no word is loaded
 * that holds no byte of the source.
 *   %o4 bits to the left   %o5 bits to the right   %g4 word loaded last   %o1 address of the next */
shifted:
    sub     %o1, %o4, %o1
    ld      [%o1], %g4
    add     %o1, 4, %o1
    sll     %o4, 3, %o4
    mov     32, %o5
    sub     %o5, %o4, %o5
    sub     %o2, 8, %o2
next_shifted:
    ld      [%o1], %o3
    sll     %g4, %o4, %g2
    ld      [%o1 + 4], %g4
    srl     %o3, %o5, %g3
    or      %g2, %g3, %g2
    sll     %o3, %o4, %o3
    srl     %g4, %o5, %g3
    or      %o3, %g3, %g3
    std     %g2, [%g1]
    add     %o1, 8, %o1
    subcc   %o2, 8, %o2
    bcc     next_shifted
    add     %g1, 8, %g1
    srl     %o4, 3, %o4
    sub     %o1, 4, %o1
    add     %o1, %o4, %o1
    b       rest
    and     %o2, 7, %o2
    .size   memcpy, . - memcpy

    .section .note.GNU-stack, "", %progbits
