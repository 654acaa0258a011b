# The same programs as bench-storm.
SRC_0 := ../bench-storm/fetcher.c
SRC_1 := ../bench-storm/watch.c
SRC_2 := ../bench-storm/writer.c
SRC_3 := ../bench-storm/storm.c
SRC_4 := ../bench-storm/talker.c
SRC_5 := ../bench-storm/watch.c
