#!/usr/bin/python3
"""Take away each rule of the lwIP port, and see the tests fail; the last line is "N passed, N failed".

A rule is an option of lwipopts.h or a check of ip.c. It is changed in a copy, test_ip is built with it, and that must name the
test given here as failed (or be stopped by a sanitizer in it). Without a change it must pass.

What is not built at all has no way in that a test could try: none of its names may be in the supervisor's objects. That this
check sees it is tried with an object of lwIP's source, built with the option that is off here.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PORT = ROOT / "supervisor" / "ethernet"
LIMIT_S = 120


class Rule(NamedTuple):
    file: str
    text: str  # as it stands
    instead: str
    test: str  # fails then


OPTIONS = "lwip/lwipopts.h"
RULES = [
    Rule("ip.c", "return bytes >= ARP_FRAME_BYTES;", "return true;", "short_arp_is_not_looked_at"),
    Rule("ip.c", "return bytes >= IP_FRAME_BYTES;", "return true;", "cut_ip_packet_is_not_looked_at"),
    Rule("ip.c", "p->tot_len <= ETHERNET_FRAME_BYTES ?", "true ?", "nothing_longer_than_a_frame_is_sent"),
    Rule("ip.c", "XM_hm_raise_event(XM_HM_EV_APP_APPLICATION_ERROR);", "", "assertion_goes_to_the_health_monitor"),
    Rule(OPTIONS, "#define LWIP_TCP 0", "#define LWIP_TCP 1\n#define LWIP_DISABLE_TCP_SANITY_CHECKS 1", "tcp_is_not_answered"),
    Rule(OPTIONS, "#define LWIP_IPV6 0", "#define LWIP_IPV6 1", "ipv6_is_an_unknown_protocol"),
    Rule(OPTIONS, "#define IP_REASSEMBLY 0", "#define IP_REASSEMBLY 1", "fragments_are_dropped"),
    Rule(OPTIONS, "#define IP_FRAG 0", "#define IP_FRAG 1", "nothing_longer_than_a_frame_is_sent"),
    Rule(OPTIONS, "#define IP_FORWARD 0", "#define IP_FORWARD 1\n#define IP_FORWARD_ALLOW_TX_ON_RX_NETIF 1",
         "packet_for_another_is_not_passed_on"),
    Rule(OPTIONS, "#define IP_OPTIONS_ALLOWED 0", "#define IP_OPTIONS_ALLOWED 1", "options_are_refused"),
    Rule(OPTIONS, "#define IP_SOF_BROADCAST_RECV 1", "#define IP_SOF_BROADCAST_RECV 0", "datagram_to_all_is_refused"),
    Rule(OPTIONS, "#define LWIP_BROADCAST_PING 0", "#define LWIP_BROADCAST_PING 1", "echo_to_all_is_not_answered"),
    Rule(OPTIONS, "#define LWIP_MULTICAST_PING 0", "#define LWIP_MULTICAST_PING 1", "echo_to_all_is_not_answered"),
    Rule(OPTIONS, "#define CHECKSUM_CHECK_IP 1", "#define CHECKSUM_CHECK_IP 0", "damage_is_refused_by_its_check_sum"),
    Rule(OPTIONS, "#define CHECKSUM_CHECK_UDP 1", "#define CHECKSUM_CHECK_UDP 0", "damage_is_refused_by_its_check_sum"),
    Rule(OPTIONS, "#define CHECKSUM_CHECK_ICMP 1", "#define CHECKSUM_CHECK_ICMP 0", "damage_is_refused_by_its_check_sum"),
]


class Absent(NamedTuple):
    source: str  # in lwIP's src
    option: str  # of lwipopts.h as it stands, "": lwIP's own default is off
    instead: str
    names: str  # how its functions begin


ABSENT = [
    Absent("core/tcp.c", "#define LWIP_TCP 0", "#define LWIP_TCP 1", "tcp_"),
    Absent("core/ipv6/ip6.c", "#define LWIP_IPV6 0", "#define LWIP_IPV6 1", "ip6_"),
    Absent("core/ipv6/icmp6.c", "#define LWIP_IPV6 0", "#define LWIP_IPV6 1", "icmp6_"),
    Absent("core/ipv6/nd6.c", "#define LWIP_IPV6 0", "#define LWIP_IPV6 1", "nd6_"),
    Absent("core/ipv4/dhcp.c", "#define LWIP_DHCP 0", "#define LWIP_DHCP 1", "dhcp_"),
    Absent("core/ipv4/autoip.c", "#define LWIP_AUTOIP 0", "#define LWIP_AUTOIP 1", "autoip_"),
    Absent("core/ipv4/igmp.c", "#define LWIP_IGMP 0", "#define LWIP_IGMP 1", "igmp_"),
    Absent("core/ipv4/ip4_frag.c", "#define IP_REASSEMBLY 0", "#define IP_REASSEMBLY 1", "ip4_reass"),
    Absent("core/ipv4/ip4_frag.c", "#define IP_FRAG 0", "#define IP_FRAG 1", "ip4_frag"),
    Absent("core/dns.c", "#define LWIP_DNS 0", "#define LWIP_DNS 1", "dns_"),
    Absent("core/raw.c", "#define LWIP_RAW 0", "#define LWIP_RAW 1", "raw_"),
    Absent("netif/ppp/ppp.c", "#define PPP_SUPPORT 0", "#define PPP_SUPPORT 1", "ppp_"),
    Absent("netif/ppp/eap.c", "#define PPP_SUPPORT 0", "#define PPP_SUPPORT 1\n#define EAP_SUPPORT 1", "eap_"),
    Absent("netif/zepif.c", "#define LWIP_IPV6 0", "#define LWIP_IPV6 1", "zepif_"),
    Absent("apps/snmp/snmp_msg.c", "", "#define LWIP_SNMP 1", "snmp_"),
    Absent("apps/snmp/snmpv3.c", "", "#define LWIP_SNMP 1\n#define LWIP_SNMP_V3 1", "snmpv3_"),
    Absent("apps/smtp/smtp.c", "#define LWIP_TCP 0", "#define LWIP_TCP 1", "smtp_"),
]


def build(lwip: Path, copy: Path, program: Path) -> None:
    sources = [*lwip.glob("core/*.c"), *lwip.glob("core/ipv4/*.c"), *lwip.glob("core/ipv6/*.c"), lwip / "netif" / "ethernet.c"]
    own = [copy / "ip.c", *(ROOT / "tests" / "ethernet" / name for name in ("test_ip.c", "fake_mac.c", "packets.c"))]
    subprocess.run(
        ["gcc", "-std=gnu11", "-O0", "-g1", "-fsanitize=address", "-w", "-DLWIP_RAND()=4u",
         "-I", copy, "-I", copy / "lwip", "-I", ROOT / "tools" / "sim" / "fake", "-I", ROOT / "tests" / "ethernet",
         "-I", ROOT / "supervisor", "-I", lwip / "include", *own, *sources, "-lcmocka", "-o", program],
        check=True, timeout=LIMIT_S)


def failed_test(program: Path) -> str:
    """Name of the first test that fails; empty: all pass."""
    # detect_leaks: a test that fails leaves its memory
    environment = os.environ | {"CMOCKA_MESSAGE_OUTPUT": "TAP", "ASAN_OPTIONS": "detect_leaks=0"}
    done = subprocess.run([program], env=environment, capture_output=True, text=True, errors="replace", timeout=LIMIT_S)
    if match := re.search(r"^not ok \d+ - (\w+)", done.stdout, re.M):
        return str(match.group(1))
    if match := re.search(r"ERROR: AddressSanitizer.*?in (\w+_\w+) \S*test_ip\.c", done.stderr, re.S):
        return str(next(name for name in re.findall(r"in (\w+) \S*test_ip\.c", done.stderr) if name != "show"))
    return "" if done.returncode == 0 else f"status {done.returncode}"


def try_rule(lwip: Path, rule: Rule | None) -> str:
    """Empty: as it should be; else what was wrong."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "ethernet"
        shutil.copytree(PORT, copy)
        if rule is not None:
            text = (copy / rule.file).read_text()
            if text.count(rule.text) != 1:
                return f"{rule.file} does not say '{rule.text}' once: bring rules.py up to date"
            (copy / rule.file).write_text(text.replace(rule.text, rule.instead))
        build(lwip, copy, Path(folder) / "test_ip")
        failed = failed_test(Path(folder) / "test_ip")
    expected = "" if rule is None else rule.test
    return "" if failed == expected else f"the first test to fail was '{failed}', not '{expected}'"


def names_in(objects: list[str], nm: str) -> list[str]:
    text = subprocess.run([nm, "--defined-only", *objects], check=True, capture_output=True, text=True).stdout
    return [line.split()[-1] for line in text.splitlines() if len(line.split()) == 3]


def not_wanted(names: list[str]) -> list[str]:
    """Those that belong to what is not built."""
    return [name for name in names if any(name.startswith(absent.names) for absent in ABSENT)]


def try_absent(lwip: Path, absent: Absent) -> str:
    """Empty: were it built, it would be seen; else what was wrong."""
    with tempfile.TemporaryDirectory() as folder:
        copy, program = Path(folder) / "ethernet", Path(folder) / "object.o"
        shutil.copytree(PORT, copy)
        text = (copy / OPTIONS).read_text()
        if absent.option and text.count(absent.option) != 1:
            return f"{OPTIONS} does not say '{absent.option}' once: bring rules.py up to date"
        before = absent.option or "/* Rules. */"
        (copy / OPTIONS).write_text(text.replace(before, absent.instead + "\n" + ("" if absent.option else before)))
        done = subprocess.run(["gcc", "-std=gnu11", "-w", "-DLWIP_RAND()=4u", "-I", copy / "lwip", "-I", lwip / "include",
                               "-c", lwip / absent.source, "-o", program], capture_output=True, text=True, timeout=LIMIT_S)
        if done.returncode != 0:
            return f"does not compile: {done.stderr[-400:]}"
        found = not_wanted(names_in([str(program)], "nm"))
    return "" if any(name.startswith(absent.names) for name in found) else f"{absent.source} would not be seen by its names"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--lwip", required=True, type=Path, help="lwIP's src folder")
    parser.add_argument("--nm", default="nm", help="nm of the target's tools")
    parser.add_argument("objects", nargs="+", help="lwIP as the target has it")
    options = parser.parse_args()
    failures = [f"{name} is in the supervisor" for name in not_wanted(names_in(options.objects, options.nm))]
    passed = 0 if failures else 1
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for rule, wrong in zip([None, *RULES], pool.map(lambda rule: try_rule(options.lwip, rule), [None, *RULES])):
            passed += wrong == ""
            if wrong:
                failures.append(f"{rule.instead or rule.text if rule else 'no change'}: {wrong}")
        for absent, wrong in zip(ABSENT, pool.map(lambda absent: try_absent(options.lwip, absent), ABSENT)):
            passed += wrong == ""
            if wrong:
                failures.append(f"{absent.source}: {wrong}")
    print("\n".join(failures), end="\n" if failures else "")
    print(f"{passed} passed, {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
