SRC_0 := watch.c
SRC_1 := watch.c
SRC_2 := watch.c
