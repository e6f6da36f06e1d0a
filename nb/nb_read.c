// .nb bytes to program: the header, the topology, the parameters.
#include "nb/nb.h"
#include "common/size.h"
#include "nb/naive.h"
#include "nb/schema.h"
#include "nb/topology.h"

#include <string.h>

// The part of the file that has not been read yet.
struct reader {
	const uint8_t *data, *end;
	struct cay_program *program;
	struct cay_err *err;
};

// The next bytes; NULL, with *err set, if the file ends before.
static const uint8_t *next_bytes(struct reader *r, uint64_t count)
{
	const uint8_t *bytes = r->data;

	if (count > (uint64_t)(r->end - r->data)) {
		cay_fail(r->err, CAY_EMODEL, "the file is cut off");
		return NULL;
	}
	r->data += count;
	return bytes;
}

static uint64_t get_le(const uint8_t *p, size_t size)
{
	uint64_t value = 0;

	while (size--)
		value = value << 8 | p[size];
	return value;
}

static int read_param(struct reader *r, struct cay_fb *fb, struct cay_fb_table table,
		      struct cay_param *ret)
{
	struct cay_fb_table tensor = cay_fb_table(fb, table, PARAM_TENSOR);
	struct cay_fb_vector data = cay_fb_vector(fb, tensor, PARAM_DATA, 1);

	ret->name =
		cay_arena_strdup(&r->program->arena, cay_fb_string(fb, table, PARAM_NAME), r->err);
	if (!ret->name)
		return -1;
	if (cay_fb_int(fb, table, PARAM_UNION, 1, 0) != CAY_NB_UNION_TENSOR)
		cay_fb_fail(fb, "parameter that is no tensor", table.at);
	ret->dtype = cay_dtype_from_var_type(cay_fb_int(fb, tensor, PARAM_DATA_TYPE, 4, 0));
	ret->shape = cay_topology_shape(fb, tensor, PARAM_DIMS);
	ret->data = data.data;
	ret->size = data.count;
	return fb->failed ? -1 : cay_param_check(ret, r->err);
}

// Reads a parameter of meta 2. Its record: u32 bytes that follow; u32 offset; offset - 4 bytes to
// skip; a FlatBuffer.
static int read_record(struct reader *r, struct cay_param *ret)
{
	const uint8_t *record = next_bytes(r, 8);
	size_t size, offset;
	struct cay_fb fb;

	if (!record)
		return -1;
	size = (size_t)get_le(record, 4);
	offset = (size_t)get_le(record + 4, 4);
	if (offset < 4 || size < offset)
		return cay_fail(r->err, CAY_EMODEL, "a record of %zu bytes begins at its byte %zu",
				size, offset);
	record = next_bytes(r, size - 4);
	if (!record)
		return -1;
	cay_fb_init(&fb, record + (offset - 4), size - offset, r->err);
	return read_param(r, &fb, cay_fb_root(&fb), ret);
}

static bool same_param(const struct cay_param *a, const struct cay_param *b)
{
	return a->dtype == b->dtype && cay_shape_equal(&a->shape, &b->shape) &&
	       a->size == b->size && (a->size == 0 || memcmp(a->data, b->data, a->size) == 0);
}

// opt 2.6 writes a parameter once for each op that reads it.
static int sort_params(struct cay_program *program, struct cay_err *err)
{
	struct cay_param *params = program->params;
	size_t kept = 0;

	cay_params_sort(params, program->param_count);
	for (size_t i = 0; i < program->param_count; i++) {
		if (kept && strcmp(params[kept - 1].name, params[i].name) == 0) {
			if (!same_param(&params[kept - 1], &params[i]))
				return cay_fail(err, CAY_EMODEL, "parameter '%s' is there twice",
						params[i].name);
			continue;
		}
		params[kept++] = params[i];
	}
	program->param_count = kept;
	return 0;
}

static int take_params(struct reader *r, size_t count)
{
	struct cay_program *program = r->program;

	program->params = cay_arena_array(&program->arena, count, sizeof(*program->params), r->err);
	program->param_count = program->params ? count : 0;
	return program->params ? 0 : -1;
}

static int read_records(struct reader *r, size_t count)
{
	struct cay_program *program = r->program;

	if (count > (size_t)(r->end - r->data) / 8)
		return cay_fail(r->err, CAY_EMODEL, "the file is cut off");
	if (take_params(r, count) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (read_record(r, &program->params[i]) < 0)
			return cay_wrap(r->err, "parameter %zu '%s'", i,
					program->params[i].name ? program->params[i].name : "");
	return 0;
}

// Reads the parameters of meta 2: u16 version; u16 bytes of metadata, and the metadata; u16 bytes
// of the header, and the header, which begins with u16 count and u32 size of the largest parameter,
// a hint; the records.
static int read_params_2(struct reader *r)
{
	const uint8_t *p = next_bytes(r, 4);

	if (p && get_le(p, 2) != 0)
		return cay_fail(r->err, CAY_EMODEL, "parameters of version %d, not 0",
				(int)get_le(p, 2));
	p = p ? next_bytes(r, get_le(p + 2, 2)) : NULL;
	p = p ? next_bytes(r, 2) : NULL;
	if (p && get_le(p, 2) < CAY_NB_PARAM_HEADER)
		return cay_fail(r->err, CAY_EMODEL, "a parameter header of %d bytes",
				(int)get_le(p, 2));
	p = p ? next_bytes(r, get_le(p, 2)) : NULL;
	return p ? read_records(r, (size_t)get_le(p, 2)) : -1;
}

// Reads the parameters of meta 1: one FlatBuffer with all of them.
static int read_params_1(struct reader *r)
{
	struct cay_program *program = r->program;
	struct cay_fb fb;
	struct cay_fb_vector params;

	cay_fb_init(&fb, r->data, (size_t)(r->end - r->data), r->err);
	params = cay_fb_vector(&fb, cay_fb_root(&fb), COMBINED_PARAMS, 4);
	if (fb.failed || take_params(r, params.count) < 0)
		return -1;
	for (uint32_t i = 0; i < params.count; i++)
		if (read_param(r, &fb, cay_fb_vector_table(&fb, params, i), &program->params[i]) <
		    0)
			return cay_wrap(r->err, "parameter %u '%s'", i,
					program->params[i].name ? program->params[i].name : "");
	return 0;
}

static int read_params_0(struct reader *r)
{
	return cay_naive_read_params(r->data, (size_t)(r->end - r->data), r->program, r->err);
}

// How topology and parameters are read, by the file's meta.
static const struct {
	int (*topology)(const uint8_t *data, size_t len, struct cay_program *program,
			struct cay_err *err);
	int (*params)(struct reader *r);
} forms[] = {
	{cay_naive_read_topology, read_params_0},
	{cay_topology_read, read_params_1},
	{cay_topology_read, read_params_2},
};

static void read_version(const uint8_t *text, char ret[CAY_NB_VERSION_TEXT + 1])
{
	for (size_t i = 0; i < CAY_NB_VERSION_TEXT && text[i]; i++)
		ret[i] = text[i] > ' ' && text[i] < 0x7f ? (char)text[i] : '?';
}

static int read_file(struct reader *r)
{
	const uint8_t *header = next_bytes(r, CAY_NB_HEADER), *topology;
	struct cay_program *program = r->program;
	uint64_t size;

	if (!header)
		return cay_fail(r->err, CAY_EMODEL, "too short for a .nb file");
	program->meta = (int)get_le(header, 2);
	read_version(header + 2, program->opt_version);
	if (program->meta >= (int)CAY_ARRAY_SIZE(forms))
		return cay_fail(r->err, CAY_EMODEL,
				"not a .nb file: it begins with %d, not 0, 1 or 2", program->meta);
	size = get_le(header + 18, 8);
	topology = next_bytes(r, size);
	if (!topology || forms[program->meta].topology(topology, (size_t)size, program, r->err) < 0)
		return -1;
	program->arena.limit = CAY_PROGRAM_MAX_MEMORY; // parameters share nothing
	return forms[program->meta].params(r) < 0 ? -1 : sort_params(program, r->err);
}

int cay_nb_read(const uint8_t *data, size_t len, struct cay_program *ret, struct cay_err *err)
{
	struct cay_program program = {0};
	struct reader r = {.data = data, .end = data + len, .program = &program, .err = err};

	if (read_file(&r) < 0) {
		cay_program_finish(&program);
		if (err->code != CAY_ENOMEM)
			err->code = CAY_EMODEL; // the file is at fault, not the arena's limit
		return -1;
	}
	*ret = program;
	return 0;
}

bool cay_nb_probe(const uint8_t *data, size_t len)
{
	if (len < CAY_NB_HEADER || get_le(data, 2) > CAY_NB_META)
		return false;
	for (size_t i = 2; i < 2 + CAY_NB_VERSION_TEXT && data[i]; i++)
		if (data[i] <= ' ' || data[i] >= 0x7f)
			return false;
	return get_le(data + 18, 8) - 1 < UINT32_MAX; // a topology, of less than 4 GiB
}
