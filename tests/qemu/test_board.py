"""What else the board has beside QEMU's own: plug and play entries, the second UART, bursts on both."""
import os
import socket
import threading

import pytest

from conftest import UART2, UART2_IRQ

GAISLER = 0x01
GRETH, APBUART, APB_BRIDGE = 0x01D, 0x00C, 0x006
UART1 = 0x80000100
STALL_S = 5  # an end of the wait: 20,000 bytes take 19 s where each KiB waits for a second


def records(board, base, step, count=64):
    """Vendor, device, interrupt and first bank of the records that are there."""
    memory = board.dump(base, step * count)
    words = [int.from_bytes(memory[i:i + 4], "big") for i in range(0, len(memory), 4)]
    bank = 4 if step == 32 else 1
    return [(w >> 24, w >> 12 & 0xFFF, w & 31, words[i + bank])
            for i, w in enumerate(words) if i % (step // 4) == 0 and w]


def test_plug_and_play_lists_the_devices(machine):
    assert (GAISLER, GRETH, 0, 0) in records(machine, 0xFFFFF000, 32)
    assert (GAISLER, GRETH, 12, 0x00E0FFF1) in records(machine, 0x800FF000, 8)
    assert (GAISLER, APB_BRIDGE, 0, 0x8010FFF2) in records(machine, 0xFFFFF800, 32)
    assert records(machine, 0x801FF000, 8) == [(GAISLER, APBUART, UART2_IRQ, 0x0010FFF1)]


def test_second_uart_interrupts_on_its_own_line(machine):
    machine.write(UART2 + 8, 0x5)  # receive, with interrupt
    machine.interrupt(UART2_IRQ)
    machine.uart2.sendall(b"x")
    machine.until(UART2 + 4, 1, 1)
    assert machine.interrupt(UART2_IRQ)
    assert machine.read(UART2) == ord("x")
    assert machine.read(UART2 + 4) & 1 == 0


@pytest.mark.parametrize("uart, size", [(UART1, 20000), (UART2, 2500), (UART2, 20000)])
def test_burst_does_not_stall(machine, uart, size):
    """QEMU's own UART sleeps one second after each KiB: it would not end before the time-out."""
    data = os.urandom(size)
    end = machine.console if uart == UART1 else machine.uart2
    machine.write(uart + 8, 0x3)
    machine.console.sendall(f"e {uart:x} {size:x}\n".encode())
    stalled = threading.Timer(STALL_S, end.shutdown, (socket.SHUT_RDWR,))
    stalled.start()
    sender = threading.Thread(target=end.sendall, args=(data,))
    sender.start()
    echo = b""
    if uart == UART1:
        echo = machine.console_lines.buffer.read(size)
    while len(echo) < size:
        piece = end.recv(size - len(echo))
        assert piece, f"stalled after {len(echo)} bytes"
        echo += piece
    stalled.cancel()
    sender.join()
    assert echo == data
    assert machine.console_lines.readline() == "\n"
