SRC_0 := prober.c
SRC_1 := prober.c
SRC_2 := prober.c
