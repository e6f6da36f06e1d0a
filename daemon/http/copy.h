// Copies that leave the caches as they are.
#ifndef CAY_DAEMON_HTTP_COPY_H
#define CAY_DAEMON_HTTP_COPY_H

#include <stddef.h>
#include <stdint.h>

// memcpy of what another thread reads, and not soon: the memory written is not read first, and what
// inferences need stays in the caches. ARM's cores find out by themselves that a copy is one.
void cay_copy_for_later(uint8_t *to, const void *from, size_t size);

#endif
