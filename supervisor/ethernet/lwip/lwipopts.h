/* lwipopts.h - lwIP 2.1.3 as the supervisor uses it: UDP, ARP and ICMP echo, nothing else
 *
 * Rules: an option under "rules" closes a known weakness of 2.1.3, or a way in that nobody needs.
 *        tests/ethernet/rules.py takes each away and sees the tests fail: a new rule goes there
 *        too. */
#ifndef SUPERVISOR_LWIPOPTS_H
#define SUPERVISOR_LWIPOPTS_H

/* One caller, which polls: no threads, no interrupts, no timers of lwIP's own (ip_tick). */
#define NO_SYS 1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_TIMERS 0
#define LWIP_SOCKET 0
#define LWIP_NETCONN 0

/* Rules. */
#define LWIP_TCP 0 /* reads an option byte past the end; time stamps wrong on big-endian */
#define LWIP_IPV6 0
#define LWIP_DHCP 0
#define LWIP_AUTOIP 0
#define LWIP_DNS 0
#define LWIP_IGMP 0
#define LWIP_RAW 0
#define LWIP_MIB2_CALLBACKS 0 /* what SNMP is made of */
#define PPP_SUPPORT 0
#define IP_REASSEMBLY 0 /* null pointer when memory runs out */
#define IP_FRAG 0
#define IP_FORWARD 0
#define IP_OPTIONS_ALLOWED 0
#define IP_SOF_BROADCAST 1
#define IP_SOF_BROADCAST_RECV 1 /* a datagram to all is not for the port */
#define LWIP_BROADCAST_PING 0
#define LWIP_MULTICAST_PING 0
#define CHECKSUM_CHECK_IP 1
#define CHECKSUM_CHECK_UDP 1
#define CHECKSUM_CHECK_ICMP 1

/* What is left. */
#define LWIP_ARP 1
#define LWIP_ICMP 1
#define LWIP_UDP 1
#define LWIP_UDPLITE 0
#define ETHARP_SUPPORT_STATIC_ENTRIES 0
#define ETH_PAD_SIZE 0 /* the MAC wants its buffers on words, so the IP header is not */
#define LWIP_CHECKSUM_ON_COPY 0
#define LWIP_CHKSUM_ALGORITHM 3 /* by words: 1.4 instructions a byte instead of 3.7 */

/* Memory: pools alone, of fixed size. What arrives stays in the MAC's buffer, under a PBUF_REF. */
#define MEM_ALIGNMENT 8
#define MEM_LIBC_MALLOC 0
#define MEMP_MEM_MALLOC 0
#define MEM_USE_POOLS 1
#define MEMP_USE_CUSTOM_POOLS 1 /* lwippools.h */
#define PBUF_POOL_SIZE 1 /* not used */
#define MEMP_NUM_PBUF 8
#define MEMP_NUM_UDP_PCB 1
#define ARP_QUEUEING 0 /* one packet waits for an address, the newest */
#define ARP_TABLE_SIZE 10

/* Counters are telemetry (ip_counters). */
#define LWIP_STATS 1
#define LWIP_STATS_LARGE 1
#define LWIP_STATS_DISPLAY 0
#define LINK_STATS 1
#define ETHARP_STATS 1
#define IP_STATS 1
#define ICMP_STATS 1
#define UDP_STATS 1
#define MEM_STATS 1
#define MEMP_STATS 1

#endif
