# The Ethernet link: what a supervisor whose partition has a MAC has more than others
#
#   SUPERVISOR_ETHERNET_OBJ  one relocatable object, linked instead of SUPERVISOR_OBJ: the same
#                            objects and these. Others carry none of it (link.c refers to it weakly).
#   LWIP_SRCS                what is compiled of lwIP, in $(LWIP_DIR); LWIP_CPPFLAGS to include it
SUPERVISOR_ETHERNET_OBJ  := $(BUILD)/supervisor/supervisor-ethernet.o
SUPERVISOR_ETHERNET_SRCS := $(wildcard supervisor/ethernet/*.c)
SUPERVISOR_ETHERNET_HDRS := $(wildcard supervisor/ethernet/*.h supervisor/ethernet/lwip/*.h \
                            supervisor/ethernet/lwip/arch/*.h)
SUPERVISOR_ETHERNET_NEEDS := $(SUPERVISOR_NEEDS) supervisor/ethernet/build.mk
SUPERVISOR_ETHERNET_OBJS := $(SUPERVISOR_ETHERNET_SRCS:%.c=$(BUILD)/%.o)

LWIP_DIR      := $(BUILD)/third_party/lwip/src
LWIP_SRCS     := $(addprefix core/,def.c inet_chksum.c init.c ip.c mem.c memp.c netif.c pbuf.c stats.c \
                 udp.c ipv4/etharp.c ipv4/icmp.c ipv4/ip4.c ipv4/ip4_addr.c) netif/ethernet.c
LWIP_OBJS     := $(LWIP_SRCS:%.c=$(BUILD)/supervisor/lwip/%.o)
LWIP_CPPFLAGS := -isystem supervisor/ethernet/lwip -isystem $(LWIP_DIR)/include

$(SUPERVISOR_ETHERNET_OBJS): $(BUILD)/%.o: %.c $(SUPERVISOR_HDRS) $(SUPERVISOR_ETHERNET_HDRS) \
                             $(SUPERVISOR_ETHERNET_NEEDS) $(PROTO_H) | $(BUILD)/third_party/protobuf-c.stamp \
                             $(BUILD)/third_party/bearssl.stamp $(BUILD)/third_party/lwip.stamp
	@mkdir -p $(@D)
	$(TCC) $(SUPERVISOR_CFLAGS) $(LWIP_CPPFLAGS) $(WARN) -c $< -o $@

# -O2: each byte's check sum goes through it.
$(LWIP_OBJS): $(BUILD)/supervisor/lwip/%.o: $(LWIP_DIR)/%.c $(SUPERVISOR_ETHERNET_HDRS) \
              $(SUPERVISOR_ETHERNET_NEEDS)
	@mkdir -p $(@D)
	$(TCC) $(SUPERVISOR_CFLAGS) $(LWIP_CPPFLAGS) -w -c $< -o $@

$(SUPERVISOR_ETHERNET_OBJ): $(SUPERVISOR_ETHERNET_OBJS) $(LWIP_OBJS)
