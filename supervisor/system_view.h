/* system_view.h - what the supervisor knows of its system: kernel state, compiled configuration
 *
 * The configuration is read in place through XM_read_config, a few words at a time, and never
 * copied as a whole: its size is the integrator's, the supervisor's memory is fixed.
 *
 * Rules: view_init() once; view_refresh() before view_kernel() is used in a slot or for an
 *        answer. */
#ifndef SUPERVISOR_SYSTEM_VIEW_H
#define SUPERVISOR_SYSTEM_VIEW_H

#include <stdbool.h>
#include <stdint.h>
#include <xm.h>

#define VIEW_NAME_BYTES CONFIG_ID_STRING_LENGTH /* of a partition or plan, NUL included */
#define VIEW_SYSTEM_NAME_BYTES 32u              /* of the system; longer names are cut */

struct view_partition {
    char name[VIEW_NAME_BYTES];
    bool system;
    bool has_console; /* its output is kept for the ground */
    bool has_trace;
};

struct view_plan {
    char name[VIEW_NAME_BYTES];
    uint32_t major_frame_us;
    uint32_t slot_first, slot_total; /* in the configuration's table, gaps included */
    uint32_t slot_count;             /* without gaps */
    bool supervisor_slot;
};

struct view_slot {
    uint32_t id; /* Slot/@id */
    uint32_t partition;
    uint32_t start_us, duration_us;
};

struct view_port {
    char name[VIEW_NAME_BYTES];
    uint32_t partition;
    uint32_t number; /* in the partition's PortTable */
    bool queuing;
    uint32_t direction; /* XM_SOURCE_PORT, XM_DESTINATION_PORT */
    int32_t channel;    /* -1: not connected, then what follows is 0 */
    uint32_t message_bytes;
    uint32_t depth;           /* messages */
    uint32_t valid_period_us; /* sampling */
};

struct view_area {
    char name[VIEW_NAME_BYTES];
    uint32_t start, size; /* physical address, bytes */
    uint32_t mapped_at;
    uint32_t flags; /* XM_MEM_AREA_* */
};

/* Addresses in host byte order; 0: none. */
struct view_ethernet {
    uint32_t registers;
    uint8_t mac[6];
    uint32_t ip, netmask, gateway;
};

bool view_init(void);
void view_refresh(void);
const struct xm_kernel_info *view_kernel(void);
uint32_t view_self(void);
void view_system_name(char name[VIEW_SYSTEM_NAME_BYTES]);
bool view_hypervisor_trace(void);
bool view_partition(uint32_t id, struct view_partition *partition);
bool view_plan(uint32_t id, struct view_plan *plan);
uint32_t view_slots(const struct view_plan *plan, uint32_t first, struct view_slot *slots,
                    uint32_t room);
uint32_t view_port_count(void);
bool view_port(uint32_t index, struct view_port *port);
uint32_t view_area_count(uint32_t partition);
bool view_area(uint32_t partition, uint32_t number, struct view_area *area);
uint32_t view_link_baud(void);
bool view_ethernet(struct view_ethernet *mac);

#endif
