SRC_0 := manager.c
SRC_1 := subject.c
SRC_2 := none
SRC_3 := subject.c
