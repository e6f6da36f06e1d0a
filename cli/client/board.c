// The machine that a daemon runs on: from here if it is this one, else as far as the daemon tells.
#define _GNU_SOURCE // strchrnul
#include "cli/client/board.h"
#include "common/size.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SYSFS "/sys"

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

// NAN if there is none.
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

void cay_board_read(struct cay_board *ret, const struct cay_client *client, const char *metrics)
{
	(void)metrics;
	*ret = (struct cay_board){.celsius = -1000};
	if (!cay_client_is_local(client))
		return;
	cay_machine_name("", ret->name, sizeof(ret->name));
	ret->cluster_count = cay_clusters_read(SYSFS, ret->clusters, CAY_BOARD_CLUSTERS);
	ret->celsius = cay_clusters_celsius(SYSFS);
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
}
