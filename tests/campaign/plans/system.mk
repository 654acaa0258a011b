SRC_0 := switcher.c
SRC_1 := watcher.c
SRC_2 := watcher.c
