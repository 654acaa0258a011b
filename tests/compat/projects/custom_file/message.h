#define MESSAGE_SIZE 256
extern unsigned char message[MESSAGE_SIZE];
