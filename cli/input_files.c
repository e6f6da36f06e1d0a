// Tensors from files, as -i names them.
#include "cli/input_files.h"
#include "cli/cli.h"
#include "cli/npy.h"

#include <string.h>

#define MAX_TENSOR ((size_t)1 << 30) // bytes of an input file

// Works out the only free dimension of a shape from the file's size.
static int fill_shape(struct cay_tensor *tensor, struct cay_err *err)
{
	char text[CAY_SHAPE_TEXT];
	struct cay_shape one = tensor->shape;
	int64_t *free_dim = NULL;
	size_t bytes, free_count = 0;

	for (uint32_t i = 0; i < one.rank; i++)
		if (one.dim[i] < 0) {
			free_dim = &tensor->shape.dim[i];
			one.dim[i] = 1;
			free_count++;
		}
	cay_shape_text(&tensor->shape, text);
	if (free_count > 1)
		return cay_fail(err, CAY_EBAD,
				"the model takes %s: give a shape, as in FILE:1x3x8x8", text);
	if (cay_shape_bytes(&one, tensor->dtype, &bytes, err) < 0)
		return -1;
	if (free_dim && bytes && tensor->size % bytes == 0) {
		*free_dim = (int64_t)(tensor->size / bytes);
		bytes = tensor->size;
	}
	if (bytes != tensor->size)
		return cay_fail(err, CAY_EBAD, "%zu bytes, but %s of %s %s %zu", tensor->size, text,
				cay_dtype_name(tensor->dtype), free_dim ? "is a multiple of" : "is",
				bytes);
	return 0;
}

static int read_input(struct cay_input_files *files, size_t i, struct cay_named_arg *arg,
		      const struct cay_model *model, struct cay_err *err)
{
	struct cay_tensor *tensor = &files->tensors[i];
	const struct cay_port *port = cay_named_arg_port(arg, model, err);
	const char *suffix = strrchr(arg->rest, '.');
	const bool npy = suffix && strcmp(suffix, ".npy") == 0, pipe = strcmp(arg->rest, "-") == 0;

	if (!port)
		return -1;
	tensor->dtype = port->dtype; // a pipe has no suffix
	if (!npy && !pipe && cay_suffix_dtype(arg->rest, &tensor->dtype, err) < 0)
		return -1;
	if (cay_input_read(arg->rest, MAX_TENSOR, &files->data[i], err) < 0)
		return -1;
	tensor->name = port->name;
	tensor->shape = port->shape;
	if (npy && !cay_npy_is(&files->data[i]))
		return cay_fail(err, CAY_EBAD, "not a .npy file");
	if ((npy || pipe) && cay_npy_is(&files->data[i]) &&
	    cay_npy_read(&files->data[i], &tensor->dtype, &tensor->shape, err) < 0)
		return -1;
	tensor->data = files->data[i].data;
	tensor->size = files->data[i].len;
	if (arg->shape && cay_shape_parse(arg->shape, &tensor->shape, err) < 0)
		return -1;
	return fill_shape(tensor, err);
}

int cay_input_files_read(struct cay_input_files *files, const struct cay_option_list *list,
			 const struct cay_model *model)
{
	struct cay_err err;

	for (; files->count < list->count; files->count++) {
		struct cay_named_arg arg = cay_named_arg_split(list->text[files->count], true);

		if (read_input(files, files->count, &arg, model, &err) < 0)
			return cay_exit_fail(arg.rest, &err);
	}
	return CAY_EXIT_DONE;
}

void cay_input_files_finish(struct cay_input_files *files)
{
	for (size_t i = 0; i < CAY_OPTION_TIMES; i++)
		cay_buf_finish(&files->data[i]);
}
