#define TASKS 3
extern volatile int ticks, switches, unexpected;
void TaskA(void);
void TaskB(void);
void TaskC(void);
