/* devid.h - kinds of devices that a configuration names */
#ifndef XM_INC_DEVID_H
#define XM_INC_DEVID_H

#define XM_DEV_LOGSTORAGE_ID 0
#define XM_DEV_UART_ID 1
#define XM_DEV_INVALID_ID 0xffff

#endif
