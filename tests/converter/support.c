// What the tests of the converter share.
#include "tests/converter/support.h"

#include <stdio.h>
#include <string.h>

void conversion_run(struct conversion *c, const char *name)
{
	conversion_run_for(c, name, CAY_COMPAT_2_9);
}

void conversion_run_for(struct conversion *c, const char *name, enum cay_compat compat)
{
	const struct cay_convert_options options = {.compat = compat};
	struct cay_err err = {0};
	struct cay_paddle_dir dir;
	char path[256];

	*c = (struct conversion){0};
	snprintf(path, sizeof(path), TEST_DATA "%s/model", name);
	cay_paddle_dir_init(&dir);
	ck_ok(cay_paddle_dir_scan(&dir, path, &err), err);
	ck_ok(cay_convert(&dir, &options, &c->nb, &c->report, &err), err);
	ck_ok(cay_nb_read(c->nb.data, c->nb.len, &c->program, &err), err);
	cay_paddle_dir_finish(&dir);
}

void conversion_finish(struct conversion *c)
{
	cay_program_finish(&c->program);
	cay_report_finish(&c->report);
	cay_buf_finish(&c->nb);
}

const struct cay_op_desc *find_op(const struct cay_program *program, const char *type, size_t i)
{
	const struct cay_block *main = &program->blocks[0];

	for (size_t k = 0; k < main->op_count; k++)
		if (strcmp(main->ops[k].type, type) == 0 && i-- == 0)
			return &main->ops[k];
	return NULL;
}

const char *kernel_of(const struct cay_op_desc *op)
{
	return cay_attr_string(op->attrs, op->attr_count, CAY_KERNEL_ATTR, "");
}

const char *arg_of(const struct cay_op_desc *op, const char *slot)
{
	const struct cay_slot *found = cay_slot_find(op->in, op->in_count, slot);

	if (!found)
		found = cay_slot_find(op->out, op->out_count, slot);
	return found && found->count ? found->args[0] : NULL;
}
