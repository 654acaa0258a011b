/* Start of the test program: QEMU's stub enters here with traps off, the MMU off and no stack. It stays that way, so one
 * window is all there is (-mflat) and any trap ends QEMU with a message. */
    .section .text.entry, "ax"
    .global entry
entry:
    set     stack_top - 96, %sp
    call    board_main
     clr    %fp
    .section .note.GNU-stack, "", %progbits
