// What became of a model's requests. It outlives the weights: an evicted model comes back to it.
#include "daemon/models/statistics.h"
#include "common/size.h"

#include <stdlib.h>

struct cay_statistics *cay_statistics_new(unsigned version, struct cay_err *err)
{
	struct cay_statistics *s = calloc(1, sizeof(*s));

	if (!s) {
		cay_fail_memory(err);
		return NULL;
	}
	s->version = version;
	return cay_statistics_share(s);
}

struct cay_statistics *cay_statistics_share(struct cay_statistics *s)
{
	atomic_fetch_add(&s->users, 1);
	return s;
}

void cay_statistics_drop(struct cay_statistics *s)
{
	if (s && atomic_fetch_sub(&s->users, 1) == 1)
		free(s);
}

void cay_statistics_fail(struct cay_statistics *s, const struct cay_err *err)
{
	static const enum cay_failure reasons[CAY_CODES] = {
		[CAY_OK] = CAY_OTHER,	      [CAY_EBAD] = CAY_OTHER,
		[CAY_ENOTFOUND] = CAY_OTHER,  [CAY_ECONFLICT] = CAY_OTHER,
		[CAY_ETOOLARGE] = CAY_OTHER,  [CAY_EMEDIA] = CAY_OTHER,
		[CAY_EMODEL] = CAY_OTHER,     [CAY_EBUSY] = CAY_REJECTED,
		[CAY_ETIMEOUT] = CAY_BACKEND, [CAY_ECANCELED] = CAY_CANCELED,
		[CAY_ENOMEM] = CAY_BACKEND,   [CAY_ENOSPACE] = CAY_BACKEND,
		[CAY_EIO] = CAY_BACKEND,
	};

	atomic_fetch_add(&s->failures[reasons[err->code]], 1);
}

uint64_t cay_statistics_mean(struct cay_statistics *s)
{
	unsigned long long count = cay_histogram_count(&s->stage[CAY_STAGE_INFER]), total = 0;

	for (size_t i = 0; i < CAY_STAGES; i++)
		total += i == CAY_STAGE_QUEUE ? 0 : atomic_load(&s->stage[i].nanoseconds);
	return count ? total / count : 0;
}

static void put_duration(struct cay_buf *buf, const char *name, unsigned long long count,
			 unsigned long long nanoseconds)
{
	cay_buf_printf(buf, "\"%s\":{\"count\":%llu,\"ns\":%llu}", name, count, nanoseconds);
}

void cay_statistics_json(struct cay_statistics *s, const char *model, struct cay_buf *buf)
{
	static const struct {
		const char *name;
		enum cay_stage stage;
	} parts[] = {
		{"queue", CAY_STAGE_QUEUE},
		{"compute_input", CAY_STAGE_PARSE},
		{"compute_infer", CAY_STAGE_INFER},
		{"compute_output", CAY_STAGE_ENCODE},
	};
	unsigned long long count = cay_histogram_count(&s->stage[CAY_STAGE_INFER]), total = 0,
			   failed = 0;

	for (size_t i = 0; i < CAY_STAGES; i++)
		total += atomic_load(&s->stage[i].nanoseconds);
	for (size_t i = 0; i < CAY_FAILURES; i++)
		failed += atomic_load(&s->failures[i]);
	cay_buf_printf(buf,
		       "{\"name\":\"%s\",\"version\":\"%u\",\"last_inference\":%llu,"
		       "\"inference_count\":%llu,\"execution_count\":%llu,\"inference_stats\":{",
		       model, s->version, atomic_load(&s->last), atomic_load(&s->inferences),
		       count);
	put_duration(buf, "success", count, total);
	cay_buf_text(buf, ",");
	put_duration(buf, "fail", failed, atomic_load(&s->failure_nanoseconds));
	for (size_t i = 0; i < CAY_ARRAY_SIZE(parts); i++) {
		cay_buf_text(buf, ",");
		put_duration(buf, parts[i].name, cay_histogram_count(&s->stage[parts[i].stage]),
			     atomic_load(&s->stage[parts[i].stage].nanoseconds));
	}
	cay_buf_text(buf, "},\"batch_stats\":[]}");
}
