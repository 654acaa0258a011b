/* memory.c - copies of any size, caches
 *
 * The hypervisor copies at most PIECE_BYTES in one call, because it cannot be interrupted while it
 * copies. A longer copy is a row of calls: it is not atomic, and when one piece is refused those
 * before it are done. Slots may end between pieces. */
#include <xm.h>

#define PIECE_BYTES 4096u

xm_s32_t xm_memory_copy_piece(xm_u32_t destId, xmAddress_t destAddr, xm_u32_t srcId,
                              xmAddress_t srcAddr, xm_u32_t size);

/* Copies size bytes between memory areas, by physical address; overlapping ones as memmove does.
 * Ids other than the caller's need the system flag. Returns size. XM_INVALID_PARAM: an address is
 * not a multiple of 4, or a part is not inside an area of that partition, or the destination is
 * read-only; XM_PERM_ERROR. */
xm_s32_t XM_memory_copy(xm_u32_t destId, xmAddress_t destAddr, xm_u32_t srcId, xmAddress_t srcAddr,
                        xm_u32_t size)
{
    xm_u32_t pieces = (size + PIECE_BYTES - 1) / PIECE_BYTES;
    int is_backwards = destAddr > srcAddr && destAddr - srcAddr < size;
    xm_u32_t n;

    if (size <= PIECE_BYTES) {
        return xm_memory_copy_piece(destId, destAddr, srcId, srcAddr, size);
    }
    if (size > 0x7fffffffu) {
        return XM_INVALID_PARAM; /* the result could not say it */
    }
    for (n = 0; n < pieces; n++) {
        xm_u32_t at = (is_backwards ? pieces - 1 - n : n) * PIECE_BYTES;
        xm_u32_t bytes = size - at < PIECE_BYTES ? size - at : PIECE_BYTES;
        xm_s32_t code = xm_memory_copy_piece(destId, destAddr + at, srcId, srcAddr + at, bytes);

        if (code < 0) {
            return code;
        }
    }
    return (xm_s32_t)size;
}

static int is_cache_set(xm_u32_t cache)
{
    return cache != 0 && (cache & ~(xm_u32_t)(XM_DCACHE | XM_ICACHE)) == 0;
}

/* Empties caches: XM_DCACHE, XM_ICACHE or both. The one instruction for it empties both on LEON,
 * which is harmless: the data cache writes through. XM_INVALID_PARAM: another bit, or none. */
xm_s32_t XM_flush_cache(xm_u32_t cache)
{
    if (!is_cache_set(cache)) {
        return XM_INVALID_PARAM;
    }
    __asm__ __volatile__("flush %%g0" : : : "memory");
    return XM_OK;
}

/* Chooses the caches in use. They are the same for all partitions, so only the state that is in
 * force can be asked for: XM_DCACHE | XM_ICACHE. XM_OP_NOT_ALLOWED: one of them only;
 * XM_INVALID_PARAM: another bit, or none. */
xm_s32_t XM_set_cache_state(xm_u32_t cache)
{
    if (!is_cache_set(cache)) {
        return XM_INVALID_PARAM;
    }
    return cache == (XM_DCACHE | XM_ICACHE) ? XM_OK : XM_OP_NOT_ALLOWED;
}
