SRC_0 := worst.c
SRC_1 := listener.c
SRC_2 := listener.c
SRC_3 := listener.c
SRC_4 := listener.c
SRC_5 := listener.c
