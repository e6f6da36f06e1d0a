// Splits a step's rows among the threads of its session.
#include "engine/rows.h"
#include "common/size.h"

enum {
	PARTS = 4,	   // for each thread, so that a slow core takes fewer of them
	WORTH_IT = 1 << 16 // products or bytes: some ten microseconds
};

struct split {
	cay_rows_fn *run;
	const void *context;
	size_t rows, tile, tiles, parts;
};

// Parts differ by one tile at most.
static void run_part(void *context, size_t part)
{
	const struct split *s = context;
	const size_t first = part * s->tiles / s->parts * s->tile;
	const size_t end = (part + 1) * s->tiles / s->parts * s->tile;

	s->run(s->context, first, cay_size_min(end, s->rows) - first);
}

void cay_rows_run(const struct cay_io *io, size_t rows, size_t tile, size_t work, cay_rows_fn *run,
		  const void *context)
{
	const size_t threads = cay_team_size(io->team), tiles = (rows + tile - 1) / tile;
	const size_t least = WORTH_IT / (tile * work + 1) + 1; // tiles of a part
	const size_t parts = cay_size_min(tiles / least, threads * PARTS);

	if (threads == 1 || parts < 2)
		run(context, 0, rows);
	else
		cay_team_run(io->team, parts, run_part,
			     &(struct split){run, context, rows, tile, tiles, parts});
}
