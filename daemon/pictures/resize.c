// Bilinear resizing in one pass: two rows of the source's are held, resized to the target's width.
#include "daemon/pictures/resize.h"

#include <math.h>
#include <stdlib.h>

// A place between source[at] and source[next]: how much of the second goes into it.
struct tap {
	uint32_t at, next;
	float weight;
};

struct cay_resizer {
	const struct cay_pixels *pixels;
	struct cay_axis x, y;
	struct tap *columns, *rows; // of the target, [first, end) of the axis
	float *held[2];		    // by the row's parity; a plane of target width a channel
	size_t held_row[2];
	size_t source_row, target_row; // which come next
	void *out;
	// Elements of `out`: where the source's first row, column and channel lie in the target,
	// and how far the next ones are.
	ptrdiff_t origin, row_step, column_step, channel_step;
};

// --- geometry ------------------------------------------------------------------------------------

static size_t scaled(size_t side, double by)
{
	const double size = floor((double)side * by + 0.5);

	return size < 1 ? 1 : (size_t)size;
}

void cay_resize_size(const struct cay_pixels *p, size_t width, size_t height, size_t *ret_width,
		     size_t *ret_height)
{
	const double x = (double)p->width / (double)width, y = (double)p->height / (double)height;
	double by = p->fit == CAY_FIT_LETTERBOX ? fmin(x, y) : fmax(x, y);

	if (p->fit == CAY_FIT_CROP && p->short_side)
		by = (double)p->short_side / (double)(width < height ? width : height);
	*ret_width = p->fit == CAY_FIT_STRETCH ? p->width : scaled(width, by);
	*ret_height = p->fit == CAY_FIT_STRETCH ? p->height : scaled(height, by);
}

// Puts the resized picture into the middle of the target, or cuts the target out of its middle.
// back: the target runs the other way, so that halves are rounded as from its other end.
static struct cay_axis place(size_t source, size_t resized, size_t target, bool back)
{
	const size_t odd = back ? 1 : 0;

	struct cay_axis axis = {.source = source, .resized = resized, .end = target};

	if (resized < target) {
		axis.first = (target - resized + odd) / 2;
		axis.end = axis.first + resized;
		axis.begin = -(ptrdiff_t)axis.first;
	} else {
		axis.begin = (ptrdiff_t)((resized - target + odd) / 2);
	}
	return axis;
}

static void find_taps(const struct cay_axis *axis, struct tap *taps)
{
	const double step = (double)axis->source / (double)axis->resized;
	const double last = (double)(axis->source - 1);

	for (size_t t = axis->first; t < axis->end; t++) {
		const double centre = (double)((ptrdiff_t)t + axis->begin) + 0.5;
		const double at = fmin(fmax(centre * step - 0.5, 0), last);
		struct tap *tap = &taps[t - axis->first];

		tap->at = (uint32_t)at;
		tap->next = tap->at + (tap->at + 1 < axis->source);
		tap->weight = (float)(at - tap->at);
	}
}

// --- the target ----------------------------------------------------------------------------------

// The source's rows and columns in the target, which is turned as the picture is meant.
static void find_steps(struct cay_resizer *r, const struct cay_orientation *o)
{
	const struct cay_pixels *p = r->pixels;
	const ptrdiff_t x = p->channels_last ? (ptrdiff_t)p->channels : 1;
	const ptrdiff_t y = (ptrdiff_t)p->width * x;
	const ptrdiff_t right = o->mirrored ? -x : x, down = o->flipped ? -y : y;

	r->origin = (o->mirrored ? (ptrdiff_t)(p->width - 1) * x : 0) +
		    (o->flipped ? (ptrdiff_t)(p->height - 1) * y : 0);
	r->column_step = o->transposed ? down : right;
	r->row_step = o->transposed ? right : down;
	r->channel_step = p->channels_last ? 1 : (ptrdiff_t)(p->height * p->width);
}

// Where a channel begins in the target.
static ptrdiff_t channel_begin(const struct cay_resizer *r, unsigned channel)
{
	const struct cay_pixels *p = r->pixels;

	return (ptrdiff_t)(p->bgr ? p->channels - 1 - channel : channel) * r->channel_step;
}

static uint8_t to_byte(float value)
{
	return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value + 0.5f);
}

static void put_row(const struct cay_resizer *r, unsigned c, const float *a, const float *b,
		    float weight)
{
	const struct cay_pixels *p = r->pixels;
	const ptrdiff_t step = r->column_step, count = (ptrdiff_t)(r->x.end - r->x.first);
	const ptrdiff_t at = r->origin + channel_begin(r, c) +
			     (ptrdiff_t)r->target_row * r->row_step + (ptrdiff_t)r->x.first * step;
	const float scale = p->scale[c], shift = p->shift[c];
	float *out = (float *)r->out + at;

	if (p->dtype == CAY_DTYPE_U8)
		for (ptrdiff_t i = 0; i < count; i++)
			((uint8_t *)r->out)[at + i * step] =
				to_byte((a[i] + (b[i] - a[i]) * weight) * scale + shift);
	else if (step == 1)
		for (ptrdiff_t i = 0; i < count; i++) // what most models take
			out[i] = (a[i] + (b[i] - a[i]) * weight) * scale + shift;
	else
		for (ptrdiff_t i = 0; i < count; i++)
			out[i * step] = (a[i] + (b[i] - a[i]) * weight) * scale + shift;
}

// Fills the bars of a letterbox.
static void fill(const struct cay_resizer *r)
{
	const struct cay_pixels *p = r->pixels;
	const size_t plane = p->height * p->width, step = p->channels_last ? p->channels : 1;

	for (unsigned c = 0; c < p->channels; c++) {
		const size_t begin = (size_t)channel_begin(r, c);
		const float value = 127.5f * p->scale[c] + p->shift[c];

		for (size_t i = 0; i < plane; i++)
			if (p->dtype == CAY_DTYPE_U8)
				((uint8_t *)r->out)[begin + i * step] = to_byte(value);
			else
				((float *)r->out)[begin + i * step] = value;
	}
}

// --- rows ----------------------------------------------------------------------------------------

struct cay_resizer *cay_resizer_new(const struct cay_pixels *p, const struct cay_source *source,
				    void *out, struct cay_err *err)
{
	const struct cay_orientation *o = &source->orientation;
	const size_t width = o->transposed ? p->height : p->width;  // of the target,
	const size_t height = o->transposed ? p->width : p->height; // as the rows come
	struct cay_resizer *r = calloc(1, sizeof(*r));

	if (!r)
		goto fail;
	r->pixels = p;
	r->out = out;
	find_steps(r, o);
	r->x = place(source->width, source->resized_width, width,
		     o->transposed ? o->flipped : o->mirrored);
	r->y = place(source->height, source->resized_height, height,
		     o->transposed ? o->mirrored : o->flipped);
	r->columns = calloc(width, sizeof(*r->columns));
	r->rows = calloc(height, sizeof(*r->rows));
	for (size_t i = 0; i < 2; i++) {
		r->held[i] = calloc(width * p->channels, sizeof(float));
		r->held_row[i] = SIZE_MAX;
	}
	if (!r->columns || !r->rows || !r->held[0] || !r->held[1])
		goto fail;
	find_taps(&r->x, r->columns);
	find_taps(&r->y, r->rows);
	r->target_row = r->y.first;
	if (p->fit == CAY_FIT_LETTERBOX)
		fill(r);
	return r;

fail:
	cay_resizer_free(r);
	cay_fail_memory(err);
	return NULL;
}

// Resizes a row of the source to the target's width.
static void hold(struct cay_resizer *r, const uint8_t *row)
{
	const size_t count = r->x.end - r->x.first, channels = r->pixels->channels;
	float *held = r->held[r->source_row & 1];

	for (size_t i = 0; i < count; i++) {
		const struct tap tap = r->columns[i];
		const uint8_t *a = row + tap.at * channels, *b = row + tap.next * channels;

		for (size_t c = 0; c < channels; c++)
			held[c * count + i] = (float)a[c] + (float)(b[c] - a[c]) * tap.weight;
	}
	r->held_row[r->source_row & 1] = r->source_row;
}

static void put_rows(struct cay_resizer *r, const struct tap *tap)
{
	const size_t count = r->x.end - r->x.first;

	for (unsigned c = 0; c < r->pixels->channels; c++)
		put_row(r, c, r->held[tap->at & 1] + c * count, r->held[tap->next & 1] + c * count,
			tap->weight);
}

bool cay_resizer_row(struct cay_resizer *r, const uint8_t *row)
{
	for (; r->target_row < r->y.end; r->target_row++) {
		const struct tap *tap = &r->rows[r->target_row - r->y.first];

		if (r->source_row < tap->at)
			break;
		if (r->held_row[r->source_row & 1] != r->source_row)
			hold(r, row);
		if (r->source_row < tap->next)
			break;
		put_rows(r, tap);
	}
	r->source_row++;
	return r->target_row == r->y.end;
}

void cay_resizer_free(struct cay_resizer *r)
{
	if (!r)
		return;
	free(r->columns);
	free(r->rows);
	free(r->held[0]);
	free(r->held[1]);
	free(r);
}
