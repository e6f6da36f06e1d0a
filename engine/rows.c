// Splits a step's rows among the threads of its session.
#include "engine/rows.h"

enum {
	PARTS = 4,	   // for each thread, so that a slow core takes fewer of them
	WORTH_IT = 1 << 16 // products or bytes: some ten microseconds
};

struct split {
	cay_rows_fn *run;
	const void *context;
	size_t rows, chunk;
};

static void run_part(void *context, size_t part)
{
	const struct split *s = context;
	size_t first = part * s->chunk, left = s->rows - first;

	s->run(s->context, first, left < s->chunk ? left : s->chunk);
}

void cay_rows_run(const struct cay_io *io, size_t rows, size_t tile, size_t work, cay_rows_fn *run,
		  const void *context)
{
	size_t threads = cay_team_size(io->team);
	size_t least = WORTH_IT / (work ? work : 1) + 1; // rows of a part
	size_t chunk = (rows + threads * PARTS - 1) / (threads * PARTS);

	chunk = chunk > least ? chunk : least;
	chunk = (chunk + tile - 1) / tile * tile;
	if (threads == 1 || chunk >= rows)
		run(context, 0, rows);
	else
		cay_team_run(io->team, (rows + chunk - 1) / chunk, run_part,
			     &(struct split){run, context, rows, chunk});
}
