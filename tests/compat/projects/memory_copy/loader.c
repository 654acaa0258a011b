#include <stdio.h>
#include <xm.h>

#define OTHER 1
#define THERE 0x40200000
#define SIZE 20003 /* several pieces and an odd end */

static xm_u8_t here[SIZE + 8192] __attribute__((aligned(8)));

static void Fill(void)
{
        int n;

        for (n = 0; n < (int)sizeof(here); n++)
                here[n] = n * 7 + n / 256;
}

/* bytes that are not what Fill put at offset from */
static int Wrong(int at, int from, int size)
{
        int n, wrong = 0;

        for (n = 0; n < size; n++)
                wrong += here[at + n] != (xm_u8_t)((from + n) * 7 + (from + n) / 256);
        return wrong;
}

void PartitionMain(void)
{
        xmAddress_t own = (xmAddress_t)here;
        int n;

        Fill();
        printf("to the other: %d\n", XM_memory_copy(OTHER, THERE, XM_PARTITION_SELF, own, SIZE));
        for (n = 0; n < (int)sizeof(here); n++)
                here[n] = 0;
        printf("and back: %d", XM_memory_copy(XM_PARTITION_SELF, own, OTHER, THERE, SIZE));
        printf(", wrong %d, behind it %d\n", Wrong(0, 0, SIZE), here[SIZE]);

        Fill();
        n = XM_memory_copy(XM_PARTITION_SELF, own + 4, XM_PARTITION_SELF, own, SIZE);
        printf("upwards over itself: %d, wrong %d\n", n, Wrong(4, 0, SIZE));
        Fill();
        n = XM_memory_copy(XM_PARTITION_SELF, own, XM_PARTITION_SELF, own + 4, SIZE);
        printf("downwards over itself: %d, wrong %d\n", n, Wrong(0, 4, SIZE));

        printf("beyond the area: %d\n", XM_memory_copy(OTHER, THERE + 0x3f000, XM_PARTITION_SELF, own, SIZE));
        printf("to an odd address: %d\n", XM_memory_copy(OTHER, THERE + 1, XM_PARTITION_SELF, own, SIZE));
        printf("nothing: %d\n", XM_memory_copy(OTHER, THERE, XM_PARTITION_SELF, own, 0));
        printf("two gigabytes: %d\n", XM_memory_copy(OTHER, THERE, XM_PARTITION_SELF, own, 0x80000000));
        XM_halt_system();
}
