// The numbers of a long JSON document, read while the rest of it is still on its way.
#define _GNU_SOURCE // memmem, memrchr
#include "daemon/json/ahead.h"
#include "daemon/json/walk.h"

#include <stdlib.h>
#include <string.h>

static const char key[] = "\"data\"";
#define KEY_SIZE  (sizeof(key) - 1)
#define LOOK_ON	  16 // bytes behind the key among which the bracket is
#define LOOK_BACK 64 // bytes: most numbers are shorter, so that one of these is a comma

struct cay_json_ahead *cay_json_ahead_new(size_t room)
{
	struct cay_json_ahead *ahead = calloc(1, sizeof(*ahead));

	if (!ahead)
		return NULL;
	ahead->values = malloc(room * sizeof(float));
	ahead->room = room;
	if (!ahead->values) {
		free(ahead);
		return NULL;
	}
	cay_json_walk_init(&ahead->walk, CAY_DTYPE_F32);
	return ahead;
}

void cay_json_ahead_free(struct cay_json_ahead *ahead)
{
	if (ahead)
		free(ahead->values);
	free(ahead);
}

static const char *skip_space(const char *at, const char *end)
{
	while (at < end && cay_json_is_space(*at))
		at++;
	return at;
}

// The bracket of an array that is the value of the key that ends at `at`; NULL: it has another.
static const char *find_bracket(const char *at)
{
	const char *end = at + LOOK_ON;

	at = skip_space(at, end);
	if (at == end || *at != ':')
		return NULL;
	at = skip_space(at + 1, end);
	return at < end && *at == '[' ? at : NULL;
}

static void find(struct cay_json_ahead *ahead, const char *text, size_t size)
{
	while (!ahead->found && size - ahead->at >= KEY_SIZE + LOOK_ON) {
		const char *from = text + ahead->at;
		const char *at = memmem(from, size - ahead->at - LOOK_ON, key, KEY_SIZE);
		const char *bracket = at ? find_bracket(at + KEY_SIZE) : NULL;

		if (bracket)
			ahead->at = ahead->begin = (size_t)(bracket - text);
		else
			ahead->at =
				at ? (size_t)(at - text) + KEY_SIZE : size - LOOK_ON - KEY_SIZE + 1;
		ahead->found = bracket != NULL;
	}
}

// What stands before `end` are whole numbers.
static void walk(struct cay_json_ahead *ahead, const char *text, size_t end)
{
	struct cay_json_walk *w = &ahead->walk;

	w->at = text + ahead->at;
	w->end = text + end;
	w->out = (uint8_t *)(ahead->values + ahead->count);
	w->room = ahead->room - ahead->count;
	cay_json_walk_on(w);
	ahead->at = (size_t)(w->at - text);
	ahead->count = ahead->room - w->room;
}

void cay_json_ahead_read(struct cay_json_ahead *ahead, const char *text, size_t size)
{
	const char *comma;

	if (!ahead->found)
		find(ahead, text, size);
	if (!ahead->found || ahead->walk.wrong || cay_json_walk_is_done(&ahead->walk))
		return;
	// A number and what stands before it are two bytes, at least.
	if (size - ahead->at <= LOOK_BACK || (size - ahead->at) / 2 > ahead->room - ahead->count)
		return;
	comma = memrchr(text + size - LOOK_BACK, ',', LOOK_BACK);
	if (comma)
		walk(ahead, text, (size_t)(comma - text));
}

bool cay_json_ahead_has(const struct cay_json_ahead *ahead, size_t begin)
{
	return ahead && ahead->walk.rank > 0 && ahead->begin == begin && !ahead->walk.wrong;
}
