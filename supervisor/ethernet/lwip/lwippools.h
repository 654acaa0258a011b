/* lwippools.h - pools behind lwIP's allocator, smallest first (included by lwIP, several times)
 *
 * Each element holds a struct pbuf and the headers before its data. Small: an ARP message, or the
 * headers of a datagram whose payload stays where it is. Large: the answer to an echo request, or
 * a packet that waits for an ARP answer. */
LWIP_MALLOC_MEMPOOL_START
LWIP_MALLOC_MEMPOOL(8, 128)
LWIP_MALLOC_MEMPOOL(4, 1600)
LWIP_MALLOC_MEMPOOL_END
