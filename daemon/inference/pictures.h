// Pictures of a request as a tensor of the model.
#ifndef CAY_DAEMON_INFERENCE_PICTURES_H
#define CAY_DAEMON_INFERENCE_PICTURES_H

#include "common/arena.h"
#include "daemon/models/model_info.h"

struct cay_file {
	const uint8_t *data;
	size_t size;
};

// The shape of so many pictures for an input, batch first. CAY_EMODEL.
int cay_pictures_shape(const struct cay_model_info *info, const struct cay_port *port, size_t count,
		       struct cay_shape *ret, struct cay_err *err);
// Decodes a JPEG or PNG file for each item of the batch. t->shape is that of cay_pictures_shape,
// and has been checked; sets t->data, in the arena, and t->size.
int cay_pictures_decode(const struct cay_model_info *info, const struct cay_port *port,
			const struct cay_picture_limits *limits, const struct cay_file *files,
			size_t count, struct cay_arena *arena, struct cay_tensor *t,
			struct cay_err *err);
// The elements of a BYTES tensor: each follows its length, 4 bytes, little-endian. *ret: `count`
// files, in the arena, that lie in `data`. CAY_EBAD if there are not just so many.
int cay_pictures_split(const uint8_t *data, size_t size, size_t count, struct cay_arena *arena,
		       struct cay_file **ret, struct cay_err *err);

#endif
