"""tools/run-system: link on TCP or console here, and no QEMU left behind."""
import signal
import socket
import subprocess
import time

import pytest

from conftest import ROOT, TARCH, TCC, TLD, run


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def reachable(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_until(condition, seconds=10) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end and not condition():
        time.sleep(0.05)
    return condition()


@pytest.fixture
def idle_system(bench):
    """An ELF file that loops for ever, in the place of a system."""
    bench.path("idle.S").write_text(".global _start\n_start: ba _start\n nop\n")
    run(TCC, *TARCH, "-c", bench.path("idle.S"), "-o", bench.path("idle.o"))
    run(*TLD, "-n", "-Ttext=0x40000000", bench.path("idle.o"), "-o", bench.path("idle.elf"))
    return bench.path("idle.elf")


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_link_is_on_tcp_and_ends_with_the_script(bench, idle_system, end):
    variables, port = bench.path("partitions.mk"), free_port()
    variables.write_text("LINK_UART := 1 0\n")
    process = subprocess.Popen([ROOT / "tools/run-system", idle_system, variables, str(port)], stdout=subprocess.PIPE, text=True)
    try:
        assert f"tcp:127.0.0.1:{port}" in process.stdout.readline() and wait_until(lambda: reachable(port))
    finally:
        process.send_signal(end)
    assert process.wait(timeout=10) != 0 and wait_until(lambda: not reachable(port))


def test_port_in_use_is_said(bench, idle_system):
    bench.path("partitions.mk").write_text("LINK_UART := 0\n")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run(ROOT / "tools/run-system", idle_system, bench.path("partitions.mk"), port, check=False)
    assert done.returncode == 1 and f"if port {port} is taken" in done.stderr


def test_without_a_link_the_console_comes_here(bench):
    bench.path("partitions.mk").write_text("LINK_UART := 10 1\n")
    bench.rswbuild(bench.system()[0])
    done = run("timeout", "20", ROOT / "tools/run-system", bench.path("system.elf"), bench.path("partitions.mk"),
               stdin=subprocess.DEVNULL)
    assert "no link to the ground" in done.stdout and "hyp: entry 00000003" in done.stdout
