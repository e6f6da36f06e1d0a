// Memory that jansson gets while it parses, when there is none.
#include "daemon/json/reserve.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

// Of a byte of text: the token's text while it doubles, the strings that are made of it, and the
// table of the array or object that they are in.
#define SHARE	 8
#define LEAST	 ((size_t)1024)
#define MIN_TEXT ((size_t)32) // of a token that has grown once

static _Thread_local struct {
	uint8_t *data;
	size_t size, used;
	bool is_needed;
} reserve;

// A token's text has a power of two; what else has one may have it, too. The rest may fail, as
// jansson looks at that, and ends soon.
static bool is_text(size_t size)
{
	return size >= MIN_TEXT && (size & (size - 1)) == 0;
}

static void *take(size_t size)
{
	void *at = malloc(size);

	if (at || !reserve.data)
		return at;
	reserve.is_needed = true;
	if (!is_text(size) || size > reserve.size - reserve.used)
		return NULL;
	at = reserve.data + reserve.used;
	reserve.used += size; // stays aligned
	return at;
}

static void give_back(void *at)
{
	const uintptr_t offset = (uintptr_t)at - (uintptr_t)reserve.data;

	if (!reserve.data || offset >= reserve.size)
		free(at);
}

static void give_to_jansson(void)
{
	json_set_alloc_funcs(take, give_back);
}

bool cay_json_reserve_begin(size_t bytes)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, give_to_jansson);
	reserve.size = bytes <= (SIZE_MAX - LEAST) / SHARE ? SHARE * bytes + LEAST : SIZE_MAX;
	reserve.data = malloc(reserve.size);
	reserve.used = 0;
	reserve.is_needed = false;
	return reserve.data;
}

bool cay_json_reserve_end(json_t **parsed)
{
	if (reserve.is_needed) {
		json_decref(*parsed);
		*parsed = NULL;
	}
	free(reserve.data);
	reserve.data = NULL;
	return reserve.is_needed;
}
