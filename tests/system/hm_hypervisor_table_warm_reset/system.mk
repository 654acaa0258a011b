SRC_0 := ../shared/unowned_keeper.c
SRC_1 := ../shared/unowned_victim.c
