#include <stdio.h>
#include <xm.h>

/* Both partitions go through the same sums, in each other's company. */
static double Step(double x, double gain)
{
        return x + gain * (1.0 - x * x);
}

void PartitionMain(void)
{
        double x = 0.1, gain = 0.125;
        int n;

        for (n = 0; n < 40; n++) {
                x = Step(x, gain);
                if (n % 8 == 0)
                        XM_idle_self(); /* the other one uses the registers meanwhile */
        }
        printf("[%d] x = %d millionths\n", XM_PARTITION_SELF, (int)(x * 1e6));
}
