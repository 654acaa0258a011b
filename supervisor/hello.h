/* hello.h - Hello: who is here, and, under a key, the offer of a session (session.h) */
#ifndef SUPERVISOR_HELLO_H
#define SUPERVISOR_HELLO_H

#include "reply.h"

void hello_answer(const struct asker *asker, const Xm__Request *request);
void hello_outside(const struct asker *asker, const Xm__Request *request, uint8_t key_id);

#endif
