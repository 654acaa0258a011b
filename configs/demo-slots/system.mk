# The same programs as configs/demo.
SRC_1 := ../demo/sensor.c
SRC_2 := ../demo/consumer.c
SRC_3 := ../demo/payload.c
