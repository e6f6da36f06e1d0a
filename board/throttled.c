// What a Raspberry Pi's firmware has against running at full speed.
#include "board/throttled.h"
#include "board/sysfs.h"

const struct cay_throttle cay_throttles[CAY_THROTTLES] = {
	{1 << 0, "under_voltage"}, // the supply is too weak
	{1 << 1, "frequency_capped"},
	{1 << 2, "throttled"},
	{1 << 3, "temperature_limit"}, // the soft one
};

// Appends the reasons whose bits are set, each within quotes; returns how many there are.
static size_t put_reasons(long throttled, const char *quote, struct cay_buf *buf)
{
	size_t count = 0;

	for (size_t i = 0; i < CAY_THROTTLES; i++)
		if (throttled & cay_throttles[i].bit)
			cay_buf_printf(buf, "%s%s%s%s", count++ ? ", " : "", quote,
				       cay_throttles[i].reason, quote);
	return count;
}

void cay_throttled_put_json(long throttled, struct cay_buf *buf)
{
	if (throttled < 0) {
		cay_buf_text(buf, "null");
		return;
	}
	cay_buf_text(buf, "{\"now\": [");
	put_reasons(throttled, "\"", buf);
	cay_buf_text(buf, "], \"since_boot\": [");
	put_reasons(throttled >> CAY_THROTTLED_SINCE, "\"", buf);
	cay_buf_text(buf, "]}");
}

void cay_throttled_put_text(long throttled, struct cay_buf *buf)
{
	if (put_reasons(throttled, "", buf) == 0)
		cay_buf_text(buf, "no");
	if (throttled >> CAY_THROTTLED_SINCE) {
		cay_buf_text(buf, "; since boot: ");
		put_reasons(throttled >> CAY_THROTTLED_SINCE, "", buf);
	}
}

long cay_throttled_read(const char *sysfs)
{
	const long bits = cay_sysfs_number(
		-1, 16, "%s/devices/platform/soc/soc:firmware/get_throttled", sysfs);

	return bits < 0 ? -1
			: bits & (CAY_THROTTLED_NOW | CAY_THROTTLED_NOW << CAY_THROTTLED_SINCE);
}
