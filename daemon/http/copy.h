// Copies that leave the caches as they are.
#ifndef CAY_DAEMON_HTTP_COPY_H
#define CAY_DAEMON_HTTP_COPY_H

#include <stddef.h>
#include <stdint.h>

// memcpy of what another thread will read, and not soon: the destination's lines are not loaded
// first, and what running inferences need stays in the caches. On ARM it is memcpy: those cores
// recognize a stream of stores by themselves.
void cay_copy_for_later(uint8_t *to, const void *from, size_t size);

#endif
