// The machine that a daemon runs on, as it tells.
#define _GNU_SOURCE // strchrnul
#include "cli/client/board.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// --- metrics, in Prometheus' text form -----------------------------------------------------------

// The next sample of the metric, at the end of its name; NULL if there is none.
static const char *find_sample(const char *text, const char *name)
{
	const size_t len = strlen(name);

	while (text && *text) {
		text += *text == '\n';
		if (strncmp(text, name, len) == 0 && (text[len] == '{' || text[len] == ' '))
			return text + len;
		text = strchr(text, '\n');
	}
	return NULL;
}

// The sample's value; NAN if there is none.
static double sample_value(const char *sample)
{
	const char *line_end = strchrnul(sample, '\n'), *at = sample;

	if (*at == '{') // label values may hold anything but a line's end
		while (at < line_end && strncmp(at, "} ", 2) != 0)
			at++;
	if (at == line_end)
		return NAN;
	return strtod(at + (*at == '}'), NULL);
}

bool cay_metrics_sum(const char *metrics, const char *name, double *ret)
{
	const char *sample = find_sample(metrics, name);
	double sum = 0;

	if (!sample)
		return false;
	for (; sample; sample = find_sample(strchr(sample, '\n'), name))
		sum += sample_value(sample);
	if (!isfinite(sum))
		return false;
	*ret = sum;
	return true;
}

// --- the machine ---------------------------------------------------------------------------------

static struct cay_cluster parse_cluster(const json_t *cluster)
{
	return (struct cay_cluster){
		.cpus = (unsigned)cay_answer_whole(cluster, "cpus"),
		.first = (unsigned)cay_answer_whole(cluster, "first"),
		.capacity = cay_answer_whole(cluster, "capacity"),
		.max_mhz = cay_answer_whole(cluster, "max_mhz"),
		.limit_mhz = cay_answer_whole(cluster, "limit_mhz"),
		.mhz = cay_answer_whole(cluster, "mhz"),
	};
}

// The bits that a list of reasons stands for.
static long parse_reasons(const json_t *reasons)
{
	const json_t *reason;
	long bits = 0;
	size_t i;

	json_array_foreach(reasons, i, reason)
	{
		const char *text = json_string_value(reason);

		for (size_t k = 0; text && k < CAY_THROTTLES; k++)
			if (strcmp(text, cay_throttles[k].reason) == 0)
				bits |= cay_throttles[k].bit;
	}
	return bits;
}

void cay_board_parse(struct cay_board *ret, const json_t *board)
{
	const json_t *celsius = json_object_get(board, "celsius"), *cluster,
		     *throttled = json_object_get(board, "throttled");
	size_t i;

	*ret = (struct cay_board){.celsius = CAY_CELSIUS_UNKNOWN, .throttled = -1};
	if (json_is_object(throttled))
		ret->throttled = parse_reasons(json_object_get(throttled, "now")) |
				 parse_reasons(json_object_get(throttled, "since_boot"))
					 << CAY_THROTTLED_SINCE;
	snprintf(ret->name, sizeof(ret->name), "%s", cay_answer_text(board, "name"));
	snprintf(ret->kernels, sizeof(ret->kernels), "%s", cay_answer_text(board, "kernels"));
	if (json_is_number(celsius))
		ret->celsius = json_number_value(celsius);
	json_array_foreach(json_object_get(board, "clusters"), i, cluster)
	{
		if (i < CAY_CLUSTERS)
			ret->clusters[ret->cluster_count++] = parse_cluster(cluster);
	}
}

const struct cay_cluster *cay_board_fastest(const struct cay_board *board)
{
	const struct cay_cluster *fastest = NULL;

	for (size_t i = 0; i < board->cluster_count; i++)
		if (!fastest || board->clusters[i].max_mhz > fastest->max_mhz)
			fastest = &board->clusters[i];
	return fastest;
}

void cay_board_put_cluster(const struct cay_cluster *cluster, struct cay_buf *out)
{
	cay_buf_printf(out, "%u core%s from cpu %u", cluster->cpus, cluster->cpus == 1 ? "" : "s",
		       cluster->first);
	if (cluster->max_mhz)
		cay_buf_printf(out, ", %ld of %ld MHz", cluster->mhz, cluster->max_mhz);
	if (cluster->limit_mhz && cluster->limit_mhz < cluster->max_mhz)
		cay_buf_printf(out, ", limited to %ld", cluster->limit_mhz);
}
