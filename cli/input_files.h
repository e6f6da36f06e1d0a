// Tensors from files, as -i names them: [NAME=]FILE[:SHAPE], .npy or raw .f32 .i32 .i64 .u8.
#ifndef CAY_CLI_INPUT_FILES_H
#define CAY_CLI_INPUT_FILES_H

#include "cli/options.h"
#include "common/buf.h"
#include "engine/model.h"

// Zeroed is empty. Names are borrowed from the model they were read for.
struct cay_input_files {
	struct cay_buf data[CAY_OPTION_TIMES];
	struct cay_tensor tensors[CAY_OPTION_TIMES];
	size_t count;
};

#define CAY_INPUT_OPTION(list)                                                                     \
	{                                                                                          \
		"input", 'i', CAY_OPTION_LIST, list, "[NAME=]FILE[:SHAPE]",                        \
			"an input: x=in.npy, x=in.f32:1x3x8x8; .i32 .i64 .u8; - is stdin"          \
	}

// Reads them for the inputs of a model; the list's texts are cut up. Returns CAY_EXIT_DONE, or the
// status to exit with after a failure has been printed.
int cay_input_files_read(struct cay_input_files *files, const struct cay_option_list *list,
			 const struct cay_model *model);
void cay_input_files_finish(struct cay_input_files *files); // zeroed is fine

#endif
