/* vcpus.c - starting the virtual processors beside number 0 */
#include <xal.h>

extern struct xmImageHdr xmImageHdr;
extern const char start[];

/* Starts all other virtual processors of the partition at the program's entry point: none, as long
 * as a partition has one. */
void SetupVCpus(void)
{
    xmId_t vcpu;

    for (vcpu = 1; vcpu < XM_get_number_vcpus(); vcpu++) {
        (void)XM_reset_vcpu(vcpu, xmImageHdr.pageTable, (xmAddress_t)start, 0);
    }
}
