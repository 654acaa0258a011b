/* link_udp.h - frames as datagrams on UDP port 5501, over ip.h and ethernet.h
 *
 * One frame per datagram, no COBS. A frame goes to the address that the session's Hello came from;
 * one that is lost on the way is lost, as on any line.
 *
 * It is linked only into a supervisor whose partition has a MAC (@xmx:ethernet). */
#ifndef SUPERVISOR_LINK_UDP_H
#define SUPERVISOR_LINK_UDP_H

#include "ethernet.h"
#include "ip.h"
#include "../link.h"

#endif
