// The topology of a .nb: its FlatBuffers description of blocks, variables and ops. Private to nb.
#ifndef CAY_NB_TOPOLOGY_H
#define CAY_NB_TOPOLOGY_H

#include "nb/flatbuf.h"
#include "nb/program.h"

// Sets version and blocks of a program whose arena is empty, and limits the arena to a multiple of
// len. Data are of metas 1 and 2.
int cay_topology_read(const uint8_t *data, size_t len, struct cay_program *program,
		      struct cay_err *err);
// Appends the FlatBuffer.
int cay_topology_write(const struct cay_program *program, struct cay_buf *ret, struct cay_err *err);

// A list of dimensions as they stand; fails for more than CAY_MAX_RANK.
struct cay_shape cay_topology_shape(struct cay_fb *fb, struct cay_fb_table table, unsigned slot);
// Returns pointers to items that begin with their names, sorted by name; items of the same name
// keep their order. The pointers are the arena's; NULL on failure.
const void **cay_topology_sort(struct cay_arena *arena, const void *items, size_t count,
			       size_t size, struct cay_err *err);

#endif
