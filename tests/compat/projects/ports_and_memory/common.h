#ifndef COMMON_H
#define COMMON_H

#define PORT_S "portS"
#define SPORT_SIZE 48
#define PORT_Q "portQ"
#define QPORT_SIZE 128
#define QPORT_MSGS 16

#define SHARED_ADDR 0x40180000

#define PRINT(...) do { \
        printf("[%d] ", XM_PARTITION_SELF); \
        printf(__VA_ARGS__); \
} while (0)

#endif
