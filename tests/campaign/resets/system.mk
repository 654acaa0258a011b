SRC_0 := controller.c
SRC_1 := subject.c
SRC_2 := subject.c
SRC_3 := logger.c
