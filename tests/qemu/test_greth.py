"""The Ethernet MAC as the GRLIB manual describes it, seen from the processor and from the wire."""
import time
import zlib

import pytest

from conftest import (BU, BUFFER_BYTES, CTRL, EDCL_IP, EN, FD, HASH_LSB, HASH_MSB, IE, MAC_IRQ, MAC_LSB, MAC_MSB, MC, MDIO,
                      ME, OWN, PEER, PM, RAM, RE, READ, RI, RS, RX_BUFFERS, RX_TABLE, RXDP, S_IA, S_RA, S_RE, S_RI, S_TA,
                      S_TI, S_TS, SP, STATUS, TE, TI, TX_BUFFERS, TX_TABLE, TXDP, WR, Board)

BROADCAST = b"\xff" * 6
NOWHERE = 0x60000000  # no memory there
PHY = 1


def frame(size: int, to: bytes = OWN, seed: int = 0, kind: int = 0x88B5) -> bytes:
    """One for experiments (IEEE local type), with content that differs from byte to byte and from frame to frame."""
    head = to + PEER + kind.to_bytes(2, "big")
    return head + bytes((seed + 7 * i) & 255 for i in range(size - len(head)))


def crc(data: bytes) -> bytes:
    return zlib.crc32(data).to_bytes(4, "little")


# Registers

def test_registers_after_reset():
    board = Board()
    try:
        assert board.read(CTRL) == MC | SP
        assert board.read(STATUS) == 0
        assert board.read(MDIO) == PHY << 11  # the address of the PHY is wired
        assert [board.read(a) for a in (MAC_MSB, MAC_LSB, TXDP, RXDP, EDCL_IP, HASH_MSB, HASH_LSB)] == [0] * 7
    finally:
        board.close()


@pytest.mark.parametrize("register, kept", [
    (CTRL, ME | SP | PM | FD | RI | TI), (MAC_MSB, 0xFFFF), (MAC_LSB, 0xFFFFFFFF), (TXDP, 0xFFFFFFF8), (RXDP, 0xFFFFFFF8),
    (EDCL_IP, 0), (HASH_MSB, 0xFFFFFFFF), (HASH_LSB, 0xFFFFFFFF)])
def test_bits_that_can_be_written(board, register, kept):
    wired = MC if register == CTRL else 0
    board.write(register, 0xFFFFFFFF & ~(RS | RE | TE) if register == CTRL else 0xFFFFFFFF)
    assert board.read(register) == kept | wired
    board.write(register, 0)
    assert board.read(register) == wired


def test_reset_keeps_addresses_and_events(board):
    board.give_frame(0, frame(60, PEER))
    board.do(f"w {CTRL:x} {TE | TI | FD:x}", f"u {STATUS:x} {S_TI:x} {S_TI:x}")
    board.receive()
    board.write(TXDP, TX_TABLE + 8 * 5)
    board.write(HASH_LSB, 0x12345678)
    board.write(CTRL, RS | FD | PM)
    assert board.read(CTRL) == MC | SP
    assert board.read(STATUS) == S_TI
    assert board.read(TXDP) == TX_TABLE
    assert board.read(MAC_LSB) == int.from_bytes(OWN[2:], "big") and board.read(HASH_LSB) == 0x12345678


def test_reset_waits_for_the_phy(board):
    busy, after = board.do(f"w {MDIO:x} {PHY << 11 | READ:x}", f"w {CTRL:x} {RS:x}", f"r {CTRL:x}",
                           f"u {CTRL:x} {RS:x} 0", f"r {MDIO:x}")
    assert busy & RS and not after & BU


def test_machine_reset_keeps_what_has_no_reset():
    board = Board()
    try:
        board.start()
        board.give_buffer(0)
        board.write(CTRL, RE | RI)
        board.qmp("system_reset")
        assert board.console_lines.readline() == "ready\n"
        assert board.read(CTRL) == MC | SP
        assert board.read(MAC_LSB) == int.from_bytes(OWN[2:], "big")
        board.start()
    finally:
        board.close()


# PHY

def test_mdio_takes_its_time(board):
    start, busy, ignored, end = board.do(
        "t", f"w {MDIO:x} {PHY << 11 | 2 << 6 | READ:x}", f"r {MDIO:x}", f"w {MDIO:x} {PHY << 11 | 3 << 6 | READ:x}",
        f"r {MDIO:x}", f"u {MDIO:x} {BU:x} 0", "t")
    assert busy & BU and ignored >> 6 & 31 == 2
    assert end - start >= 25
    assert board.read(MDIO) == 0x2000 << 16 | PHY << 11 | 2 << 6


def test_phy_identifier_and_abilities(board):
    assert (board.mdio_read(2), board.mdio_read(3)) == (0x2000, 0x5C90)
    assert board.mdio_read(1) == 0x782D
    assert board.mdio_read(4) == 0x01E1 and board.mdio_read(5) == 0x41E1


def test_nobody_at_another_phy_address(board):
    assert all(board.mdio_read(2, phy) is None for phy in range(32) if phy != PHY)


def test_negotiation(board):
    board.mdio_write(0, 0x1200)
    assert board.mdio_read(1) & 0x24 == 0
    assert board.mdio_read(5) == 0
    board.wait_for_link()
    assert board.mdio_read(1) & 0x24 == 0x24


def test_phy_reset_undoes_settings(board):
    board.mdio_write(0, 0x0800)  # power down
    board.mdio_write(4, 0x0021)
    assert board.mdio_read(1) & 0x24 == 0
    board.mdio_write(0, 0x8000)
    assert board.mdio_read(0) == 0x3100 and board.mdio_read(4) == 0x01E1
    board.wait_for_link()


def test_lost_link_is_seen_once_after_it_is_back(board):
    board.mdio_write(0, 0x2100)  # fixed 100 Mbit: the link comes and goes with the cable
    board.mdio_read(1)
    assert board.mdio_read(1) & 4
    board.qmp("set_link", name="n", up=False)
    board.qmp("set_link", name="n", up=True)
    assert board.mdio_read(1) & 4 == 0
    assert board.mdio_read(1) & 4
    board.mdio_write(0, 0x8000)


def test_no_frames_without_link(board):
    board.qmp("set_link", name="n", up=False)
    board.give_frame(0, frame(60, PEER))
    board.do(f"w {CTRL:x} {TE:x}", f"u {STATUS:x} {S_TI:x} {S_TI:x}")
    assert board.is_quiet()
    board.qmp("set_link", name="n", up=True)


def test_loopback(board):
    board.mdio_write(0, 0x6100)
    board.give_buffer(0)
    board.give_frame(0, frame(100))
    board.do(f"w {CTRL:x} {RE | TE | FD:x}", f"u {STATUS:x} {S_RI | S_TI:x} {S_RI | S_TI:x}")
    assert board.dump(RX_BUFFERS, 100) == frame(100)
    assert board.is_quiet()
    board.mdio_write(0, 0x8000)


# Sending

@pytest.mark.parametrize("size", [1, 14, 59, 60, 61, 62, 63, 1513, 1514])
def test_sent_frame_arrives(board, size):
    data = frame(size, PEER) if size >= 14 else bytes([0xA5] * size)
    board.give_frame(0, data, IE)
    board.do(f"w {CTRL:x} {TE | TI:x}", f"u {STATUS:x} {S_TI:x} {S_TI:x}")
    assert board.receive() == data.ljust(60, b"\0")
    assert board.descriptor(TX_TABLE, 0) == 0
    assert board.read(TXDP) == TX_TABLE + 8
    assert board.read(STATUS) == S_TI
    board.until(CTRL, TE, 0)
    assert board.interrupt(MAC_IRQ)
    board.write(STATUS, S_TI)
    assert board.read(STATUS) == 0


def test_sending_wraps_where_told(board):
    frames = [frame(60 + i, PEER, i) for i in range(3)]
    for i, data in enumerate(frames):
        board.give_frame(i, data, WR if i == 2 else 0)
    board.do(f"w {CTRL:x} {TE:x}", f"u {CTRL:x} {TE:x} 0")
    assert [board.receive() for _ in frames] == frames
    assert board.read(TXDP) == TX_TABLE
    board.give_frame(0, frame(200, PEER, 9))
    board.do(f"w {CTRL:x} {TE:x}", f"u {CTRL:x} {TE:x} 0")
    assert board.receive() == frame(200, PEER, 9)


def test_sending_wraps_at_the_end_of_the_table(board):
    board.write(TXDP, TX_TABLE + 8 * 127)
    board.give_frame(0, frame(61, PEER))
    board.fill(TX_BUFFERS + BUFFER_BYTES, frame(60, PEER))
    board.set_descriptor(TX_TABLE, 127, EN | 60, TX_BUFFERS + BUFFER_BYTES)
    board.do(f"w {CTRL:x} {TE:x}", f"u {CTRL:x} {TE:x} 0")
    assert [board.receive(), board.receive()] == [frame(60, PEER), frame(61, PEER)]
    assert board.read(TXDP) == TX_TABLE + 8


@pytest.mark.parametrize("flags, control, wanted", [(IE, TI, True), (IE, 0, False), (0, TI, False), (IE, RI, False)])
def test_sending_interrupts_as_asked(board, flags, control, wanted):
    board.give_frame(0, frame(60, PEER), flags)
    board.do(f"w {CTRL:x} {TE | control:x}", f"u {STATUS:x} {S_TI:x} {S_TI:x}")
    assert board.receive() == frame(60, PEER)
    assert board.interrupt(MAC_IRQ) is wanted


@pytest.mark.parametrize("size", [0, 1515, 2047])
def test_impossible_length_sends_nothing(board, size):
    board.set_descriptor(TX_TABLE, 0, EN | IE | size, TX_BUFFERS)
    board.do(f"w {CTRL:x} {TE | TI:x}", f"u {STATUS:x} {S_TI:x} {S_TI:x}")
    assert board.is_quiet()
    assert board.descriptor(TX_TABLE, 0) == 0 and board.read(STATUS) == S_TI


def test_low_bits_of_the_buffer_address_do_not_count(board):
    board.fill(TX_BUFFERS, frame(60, PEER))
    board.set_descriptor(TX_TABLE, 0, EN | 60, TX_BUFFERS + 3)
    board.write(CTRL, TE)
    assert board.receive() == frame(60, PEER)


@pytest.mark.parametrize("address", [NOWHERE, RAM + 0x400000 - 64, 0x80000E00])
def test_bus_error_while_sending(board, address):
    board.set_descriptor(TX_TABLE, 0, EN | IE | 100, address)
    board.do(f"w {CTRL:x} {TE | TI:x}", f"u {STATUS:x} {S_TA:x} {S_TA:x}")
    assert board.read(STATUS) == S_TA
    assert board.read(CTRL) & TE == 0
    assert board.descriptor(TX_TABLE, 0) == EN | IE | 100 and board.read(TXDP) == TX_TABLE
    assert not board.interrupt(MAC_IRQ)
    assert board.is_quiet()


def test_bus_error_of_the_descriptor(board):
    board.write(TXDP, NOWHERE)
    board.write(RXDP, NOWHERE)
    board.write(CTRL, TE | RE)
    assert board.read(STATUS) == S_TA | S_RA
    assert board.read(CTRL) & (TE | RE) == 0


@pytest.mark.parametrize("control, ns_per_byte", [(0x2100, 80), (0x0100, 800)])
def test_frames_take_the_time_of_the_wire(board, control, ns_per_byte):
    board.mdio_write(0, control)
    for i in range(4):
        board.give_frame(i, frame(1514, PEER, i), WR if i == 3 else 0)
    start, end = board.do("t", f"w {CTRL:x} {TE:x}", f"u {CTRL:x} {TE:x} 0", "t")
    assert [board.receive() for _ in range(4)] == [frame(1514, PEER, i) for i in range(4)]
    assert end - start >= 4 * (1514 + 24) * ns_per_byte // 1000
    board.mdio_write(0, 0x8000)


# Receiving

@pytest.mark.parametrize("size", [60, 61, 62, 63, 64, 1513, 1514])
def test_received_frame_is_in_memory(board, size):
    data = frame(size)
    address = board.give_buffer(0, IE)
    board.fill(address, b"\xEE" * 1540)
    board.write(CTRL, RE | RI)
    board.send(data)
    board.until(STATUS, S_RI, S_RI)
    assert board.descriptor(RX_TABLE, 0) == size
    # The CRC comes along, and the last word is written whole.
    memory = board.dump(address, 1540)
    assert memory[:size + 4] == data + crc(data)
    assert memory[(size + 7) & ~3:] == b"\xEE" * (1540 - ((size + 7) & ~3))
    assert board.read(STATUS) == S_RI and board.read(RXDP) == RX_TABLE + 8
    assert board.interrupt(MAC_IRQ)


@pytest.mark.parametrize("flags, control, wanted", [(IE, RI, True), (IE, 0, False), (0, RI, False), (IE, TI, False)])
def test_receiving_interrupts_as_asked(board, flags, control, wanted):
    board.give_buffer(0, flags)
    board.write(CTRL, RE | control)
    board.send(frame(60))
    board.until(STATUS, S_RI, S_RI)
    assert board.interrupt(MAC_IRQ) is wanted


def test_receiving_wraps_where_told(board):
    addresses = [board.give_buffer(i, WR if i == 2 else 0) for i in range(3)]
    board.write(CTRL, RE)
    for i in range(3):
        board.send(frame(100 + i, OWN, i))
    board.until(CTRL, RE, 0)
    assert [board.dump(a, 100 + i) for i, a in enumerate(addresses)] == [frame(100 + i, OWN, i) for i in range(3)]
    assert board.read(RXDP) == RX_TABLE


def test_receiver_stops_without_buffers_and_goes_on(board):
    board.write(CTRL, RE)
    assert board.read(CTRL) & RE == 0  # no descriptor at all
    first, second = board.give_buffer(0), RX_BUFFERS + BUFFER_BYTES
    board.write(CTRL, RE)
    board.send(frame(70, OWN, 1))
    board.until(CTRL, RE, 0)
    for i in range(3):
        board.send(frame(70, OWN, 2))  # lost: nobody hears
    board.do(*["t"] * 60)  # they are on the wire for some 30 us
    time.sleep(0.05)
    board.write(STATUS, 0x1FF)
    assert board.give_buffer(1) == second
    board.write(CTRL, RE)
    board.send(frame(70, OWN, 3))
    board.until(STATUS, S_RI, S_RI)
    assert board.dump(first, 70) == frame(70, OWN, 1) and board.dump(second, 70) == frame(70, OWN, 3)


def test_receiver_holds_the_descriptor_it_has_read(board):
    address = board.give_buffer(0)
    board.write(CTRL, RE)
    board.write(RX_TABLE + 4, RX_BUFFERS + 5 * BUFFER_BYTES)  # too late
    board.fill(RX_BUFFERS + 5 * BUFFER_BYTES, bytes(64))
    board.write(CTRL, 0)
    board.write(CTRL, RE)  # off and on does not help
    board.send(frame(60))
    board.until(STATUS, S_RI, S_RI)
    assert board.dump(address, 60) == frame(60)
    assert board.dump(RX_BUFFERS + 5 * BUFFER_BYTES, 64) == bytes(64)


@pytest.mark.parametrize("address", [NOWHERE, RAM + 0x400000 - 64, 0, 0x80000E00])
def test_bus_error_while_receiving(board, address):
    board.set_descriptor(RX_TABLE, 0, EN | IE, address)
    board.write(CTRL, RE | RI)
    board.send(frame(100))
    board.until(STATUS, S_RA, S_RA)
    assert board.read(STATUS) == S_RA and board.read(CTRL) & RE == 0
    assert board.descriptor(RX_TABLE, 0) == EN | IE and board.read(RXDP) == RX_TABLE
    assert not board.interrupt(MAC_IRQ)


@pytest.mark.parametrize("data, event", [
    (frame(59), S_TS), (frame(14), S_TS), (frame(60, PEER), S_IA), (frame(60, b"\x01\x00\x5e\0\0\1"), S_IA),
    (frame(60, OWN, 0, 0x8808), S_IA)])
def test_frame_that_is_dropped(board, data, event):
    board.give_buffer(0, IE)
    board.write(CTRL, RE | RI)
    board.send(data)
    board.until(STATUS, event, event)
    assert board.read(STATUS) == event
    assert board.descriptor(RX_TABLE, 0) == EN | IE and board.read(CTRL) & RE
    assert not board.interrupt(MAC_IRQ)


@pytest.mark.parametrize("to, control", [(BROADCAST, 0), (PEER, PM), (b"\x01\x00\x5e\0\0\1", PM)])
def test_frame_that_is_accepted(board, to, control):
    board.give_buffer(0)
    board.write(CTRL, RE | control)
    board.send(frame(60, to))
    board.until(STATUS, S_RI, S_RI)
    assert board.descriptor(RX_TABLE, 0) == 60


def hash_bit(address: bytes) -> int:
    """The manual's: low 6 bits of the CRC register, most significant bit first, not inverted."""
    register = 0xFFFFFFFF
    for byte in address:
        for bit in range(8):
            mix = (register >> 31) ^ (byte >> bit & 1)
            register = register << 1 & 0xFFFFFFFF
            if mix:
                register ^= 0x04C11DB7
    return register & 63


@pytest.mark.parametrize("group", [b"\x01\x00\x5e\0\0\1", b"\x33\x33\0\0\0\1", b"\x01\x80\xc2\0\0\x0e"])
def test_multicast_by_hash(board, group):
    bit = hash_bit(group)
    board.give_buffer(0)
    board.write(HASH_LSB if bit < 32 else HASH_MSB, 1 << bit % 32)
    board.write(CTRL, RE)
    board.send(frame(60, group))
    board.until(STATUS, S_IA, S_IA)  # not without ME
    board.write(CTRL, RE | ME)
    board.send(frame(60, group))
    board.until(STATUS, S_RI, S_RI)
    assert board.descriptor(RX_TABLE, 0) == 60 | 1 << 26


@pytest.mark.parametrize("size, length, word0, event", [
    (60, 20, 34, S_RI),              # padding does not count
    (60, 46, 60, S_RI),
    (514, 500, 514, S_RI),
    (60, 47, 60 | 1 << 18, S_RE),    # less there than it says
    (100, 20, 100 | 1 << 18, S_RE),  # more
])
def test_frame_with_a_length(board, size, length, word0, event):
    board.give_buffer(0)
    board.write(CTRL, RE)
    board.send(frame(size, OWN, 0, length))
    board.until(STATUS, event, event)
    assert board.descriptor(RX_TABLE, 0) == word0 and board.read(STATUS) == event


def test_frame_too_long(board):
    address = board.give_buffer(0, IE)
    board.fill(address + 1520, b"\xEE" * 16)
    board.write(CTRL, RE | RI)
    board.send(frame(1515))
    board.until(STATUS, S_RE, S_RE)
    assert board.descriptor(RX_TABLE, 0) & ~0x7FF == 1 << 15
    assert board.interrupt(MAC_IRQ)
    assert board.dump(address, 1514) == frame(1515)[:1514]
    assert board.dump(address + 1520, 16) == b"\xEE" * 16


def test_burst_through_a_full_ring(board):
    """More than the wire takes at once: nothing is lost while there are buffers, and the order holds."""
    for i in range(128):
        board.set_descriptor(RX_TABLE, i, EN, RX_BUFFERS + i * BUFFER_BYTES)
    board.write(CTRL, RE)
    for i in range(128):
        board.send(frame(60 + 11 * i, OWN, i))
    board.until(CTRL, RE, 0)
    assert board.read(RXDP) == RX_TABLE
    for i in range(128):
        assert board.dump(RX_BUFFERS + i * BUFFER_BYTES, 60 + 11 * i) == frame(60 + 11 * i, OWN, i)
