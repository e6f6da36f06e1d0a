// A Paddle model directory in, a .nb and a report out.
#include "converter/convert.h"
#include "common/file.h"
#include "converter/convertible.h"
#include "converter/emit.h"
#include "converter/paddle/params.h"
#include "converter/paddle/program.h"
#include "converter/passes/passes.h"
#include "converter/survey.h"
#include "nb/nb.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define DEFAULT_MAX_BYTES ((size_t)1 << 30)
// The shares of a conversion's work at which the passes begin and end: reading comes before them,
// writing after them.
#define PASSES_FROM 0.3F
#define PASSES_TO   0.6F

// A conversion under way. The program's params point into the files, the graph into the program.
struct conversion {
	const struct cay_paddle_dir *dir; // the caller's, or `below`
	struct cay_paddle_dir below;	  // the directory in the caller's that has the model
	const struct cay_convert_options *options;
	struct cay_report *report;
	const struct cay_paddle_file *topology;
	struct cay_buf *files; // contents of the files of parameters
	size_t file_count;
	struct cay_program program;
	struct cay_graph graph;
	size_t bytes_left;
	size_t all_bytes; // of all files in the directory, of which not all need be read
};

static size_t count_bytes(const struct cay_paddle_dir *dir)
{
	size_t bytes = 0;

	for (size_t i = 0; i < dir->count; i++)
		bytes += cay_paddle_file_size(&dir->files[i]);
	return bytes;
}

// The tracker for reading a file: its part begins where those of the files read so far end.
static struct cay_tracker file_progress(const struct conversion *c,
					const struct cay_paddle_file *file, const char *stage)
{
	const float all = (float)(c->all_bytes ? c->all_bytes : 1),
		    before = (float)c->report->bytes_before,
		    after = before + (float)cay_paddle_file_size(file);

	return cay_tracker_part(&c->options->progress, stage, PASSES_FROM * before / all,
				PASSES_FROM * after / all);
}

static int read_file(struct conversion *c, const struct cay_paddle_file *file, const char *stage,
		     struct cay_buf *ret, struct cay_err *err)
{
	const struct cay_tracker progress = file_progress(c, file, stage);

	if (cay_tracker_tell(&progress, 0, 1, err) < 0 ||
	    cay_paddle_file_read(file, c->bytes_left, &progress, ret, err) < 0)
		return cay_wrap(err, "'%s'", file->name);
	c->bytes_left -= ret->len;
	c->report->bytes_before += ret->len;
	return 0;
}

static const char *report_name(struct conversion *c, const char *name, struct cay_err *err)
{
	return cay_arena_strdup(&c->report->arena, name, err);
}

// A model may come with more than itself: data, labels, a readme.
static int enter(struct conversion *c, struct cay_err *err)
{
	const char *directory;

	if (cay_paddle_dir_enter(c->dir, &c->below, &directory, err) < 0)
		return -1;
	if (!*directory)
		return 0;
	c->dir = &c->below;
	return cay_graph_note(&c->graph, err, "the model is in '%s'", directory);
}

static int read_topology(struct conversion *c, struct cay_err *err)
{
	struct cay_buf bytes = {0};
	int result = -1;

	if (enter(c, err) < 0)
		return -1;
	if (cay_paddle_dir_topology(c->dir, &c->topology, err) < 0)
		return -1;
	c->report->topology = report_name(c, c->topology->name, err);
	if (c->report->topology && read_file(c, c->topology, "read topology", &bytes, err) == 0) {
		result = cay_program_decode(bytes.data, bytes.len, &c->program, err);
		if (result < 0)
			cay_wrap(err, "'%s'", c->topology->name);
	}
	cay_buf_finish(&bytes);
	return result;
}

static int read_combined(struct conversion *c, const struct cay_paddle_file *file,
			 struct cay_err *err)
{
	c->files = calloc(1, sizeof(*c->files));
	if (!c->files)
		return cay_fail_memory(err);
	c->file_count = 1;
	if (read_file(c, file, "read parameters", c->files, err) < 0)
		return -1;
	if (cay_params_decode_all(c->files->data, c->files->len, &c->program, err) < 0)
		return cay_wrap(err, "'%s'", file->name);
	c->report->parameters = report_name(c, file->name, err);
	return c->report->parameters ? 0 : -1;
}

static int read_separate(struct conversion *c, struct cay_err *err)
{
	size_t count = c->program.param_count;

	c->report->parameters = report_name(c, count ? "a file for each" : "none", err);
	c->files = calloc(count ? count : 1, sizeof(*c->files));
	if (!c->report->parameters || !c->files)
		return cay_fail_memory(err);
	for (c->file_count = 0; c->file_count < count;) {
		struct cay_param *param = &c->program.params[c->file_count];
		struct cay_buf *bytes = &c->files[c->file_count++];

		if (read_file(c, cay_paddle_dir_find(c->dir, param->name), "read parameters", bytes,
			      err) < 0 ||
		    cay_params_decode_one(bytes->data, bytes->len, param, err) < 0)
			return -1;
	}
	return 0;
}

static int read_params(struct conversion *c, struct cay_err *err)
{
	const struct cay_paddle_file *combined;

	if (cay_params_list(&c->program, err) < 0)
		return cay_wrap(err, "'%s'", c->topology->name);
	if (cay_paddle_dir_params(c->dir, c->topology, &c->program, &combined, err) < 0)
		return -1;
	return combined ? read_combined(c, combined, err) : read_separate(c, err);
}

static int dump(const struct conversion *c, struct cay_err *err)
{
	struct cay_buf text = {0};
	int result;

	cay_graph_dump(&c->graph, &text);
	result = cay_buf_check(&text, err);
	if (result == 0 && fwrite(text.data, 1, text.len, c->options->dump) != text.len)
		result = cay_fail_errno(err, "cannot write the dump");
	cay_buf_finish(&text);
	return result;
}

// Tells that the pass begins, and gives the graph the tracker for how it goes on. cost: that of all
// passes before it.
static int begin_pass(struct conversion *c, const struct cay_pass *pass, unsigned cost,
		      unsigned all_cost, struct cay_err *err)
{
	const struct cay_tracker all =
		cay_tracker_part(&c->options->progress, NULL, PASSES_FROM, PASSES_TO);

	c->graph.progress = cay_tracker_part(&all, pass->name, (float)cost / (float)all_cost,
					     (float)(cost + pass->cost) / (float)all_cost);
	c->graph.all_bytes = c->report->bytes_before;
	c->graph.worked_bytes = 0;
	return cay_graph_tell(&c->graph, 0, err);
}

static int run_passes(struct conversion *c, struct cay_err *err)
{
	const enum cay_compat compat = c->options->compat;
	const struct cay_pass *pass = NULL;
	unsigned cost = 0, all_cost = 0;

	if (cay_graph_verify(&c->graph, err) < 0)
		return cay_wrap(err, "after import");
	while ((pass = cay_pass_next(pass, compat)))
		all_cost += pass->cost;
	while ((pass = cay_pass_next(pass, compat))) {
		const char *wanted = c->options->dump_after;

		if (begin_pass(c, pass, cost, all_cost, err) < 0 || pass->run(&c->graph, err) < 0)
			return -1;
		if (cay_graph_verify(&c->graph, err) < 0)
			return cay_wrap(err, "after %s", pass->name);
		if (wanted && strcmp(wanted, pass->name) == 0 && dump(c, err) < 0)
			return -1;
		cost += pass->cost;
	}
	return 0;
}

static int copy_notes(struct conversion *c, struct cay_err *err)
{
	struct cay_report *report = c->report;
	size_t count = 0;

	for (const struct cay_note *note = c->graph.notes; note; note = note->next)
		count++;
	report->notes = cay_arena_array(&report->arena, count, sizeof(*report->notes), err);
	if (!report->notes)
		return -1;
	for (const struct cay_note *note = c->graph.notes; note; note = note->next) {
		report->notes[report->note_count] = report_name(c, note->text, err);
		if (!report->notes[report->note_count++])
			return -1;
	}
	return 0;
}

static int write_nb(struct conversion *c, const struct cay_sink *sink, struct cay_err *err)
{
	const struct cay_tracker progress =
		cay_tracker_part(&c->options->progress, "write", PASSES_TO, 1);
	struct cay_program program;
	int result;

	if (cay_tracker_tell(&progress, 0, 1, err) < 0 ||
	    cay_graph_emit(&c->graph, c->program.version, &program, err) < 0)
		return -1;
	result = cay_nb_write_to(&program, sink, &progress, &c->report->bytes_after, err);
	cay_program_finish(&program);
	return result;
}

static int run(struct conversion *c, const struct cay_sink *sink, struct cay_err *err)
{
	if (read_topology(c, err) < 0 || cay_survey_check(&c->program, c->report, err) < 0 ||
	    read_params(c, err) < 0 || cay_graph_import(&c->program, &c->graph, err) < 0 ||
	    run_passes(c, err) < 0 || cay_survey_graph(&c->graph, c->report, err) < 0 ||
	    copy_notes(c, err) < 0)
		return -1;
	return write_nb(c, sink, err);
}

static int check_options(const struct cay_convert_options *options, struct cay_err *err)
{
	const struct cay_pass *pass = NULL;
	struct cay_buf names = {0};

	if (options->weight_bits != 0 && options->weight_bits != 8 && options->weight_bits != 16)
		return cay_fail(err, CAY_EBAD, "weights of %u bits; there are 8 and 16",
				options->weight_bits);
	if (!options->dump_after)
		return 0;
	while ((pass = cay_pass_next(pass, options->compat))) {
		if (strcmp(pass->name, options->dump_after) == 0) {
			cay_buf_finish(&names);
			return 0;
		}
		cay_buf_printf(&names, "%s%s", names.len ? " " : "", pass->name);
	}
	cay_fail(err, CAY_EBAD, "no pass '%.20s'; there are %s", options->dump_after,
		 names.failed ? "others" : cay_buf_cstr(&names));
	cay_buf_finish(&names);
	return -1;
}

static void conversion_init(struct conversion *c, const struct cay_paddle_dir *dir,
			    const struct cay_convert_options *options, struct cay_report *report)
{
	*c = (struct conversion){.dir = dir, .options = options, .report = report};
	c->bytes_left = options->max_bytes ? options->max_bytes : DEFAULT_MAX_BYTES;
	c->all_bytes = count_bytes(dir);
	cay_paddle_dir_init(&c->below);
	cay_graph_init(&c->graph);
	c->graph.compat = options->compat;
	c->graph.weight_bits = options->weight_bits;
	*report = (struct cay_report){0};
	cay_arena_init(&report->arena, 0);
}

static void conversion_finish(struct conversion *c)
{
	for (size_t i = 0; i < c->file_count; i++)
		cay_buf_finish(&c->files[i]);
	free(c->files);
	cay_graph_finish(&c->graph);
	cay_program_finish(&c->program);
	cay_paddle_dir_finish(&c->below);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

int cay_convert_to(const struct cay_paddle_dir *dir, const struct cay_convert_options *options,
		   const struct cay_sink *sink, struct cay_report *report, struct cay_err *err)
{
	double start = now();
	struct conversion c;
	int result;

	conversion_init(&c, dir, options, report);
	result = check_options(options, err) < 0 ? -1 : run(&c, sink, err);
	conversion_finish(&c);
	report->seconds = now() - start;
	return result;
}

int cay_convert(const struct cay_paddle_dir *dir, const struct cay_convert_options *options,
		struct cay_buf *nb, struct cay_report *report, struct cay_err *err)
{
	const struct cay_sink sink = cay_buf_sink(nb);
	const size_t before = nb->len;
	int result = cay_convert_to(dir, options, &sink, report, err);

	if (result < 0)
		nb->len = before;
	return result;
}

int cay_convert_survey(const struct cay_paddle_dir *dir, struct cay_report *report,
		       struct cay_err *err)
{
	static const struct cay_convert_options options = {0};
	struct conversion c;
	int result;

	conversion_init(&c, dir, &options, report);
	result = read_topology(&c, err) < 0 || cay_survey_program(&c.program, report, err) < 0 ? -1
											       : 0;
	if (result == 0)
		result = cay_survey_check(&c.program, report, err);
	conversion_finish(&c);
	return result;
}

size_t cay_convert_supported(size_t i, const char **type, const char **kernel)
{
	const struct cay_convertible *rows;
	size_t count = cay_convertibles(&rows);

	if (i < count) {
		*type = rows[i].type;
		*kernel = rows[i].kernel;
	}
	return count;
}
