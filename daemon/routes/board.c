// GET /board: the machine, as a person wants to know it.
#include "board/board.h"
#include "daemon/clock.h"
#include "daemon/http/router.h"
#include "daemon/models/models.h"
#include "kernels/kernels.h"

#include <stdio.h>

// Appends total and available memory in bytes, from the first lines of /proc/meminfo; 0: not known.
static void put_memory(struct cay_buf *buf)
{
	unsigned long long total = 0, available = 0;
	FILE *file = fopen("/proc/meminfo", "re");

	if (file && fscanf(file, "MemTotal: %llu kB MemFree: %*u kB MemAvailable: %llu", &total,
			   &available) < 2)
		available = 0;
	if (file)
		fclose(file);
	cay_buf_printf(buf, ",\"memory\":{\"total\":%llu,\"available\":%llu}", total * 1024,
		       available * 1024);
}

int cay_route_board(struct cay_app *app, struct cay_request *req, struct cay_err *err)
{
	struct cay_buf *buf = &req->reply.body;
	char name[128], kernels[64];

	cay_board_name("", name, sizeof(name));
	cay_buf_text(buf, "{\"name\":");
	cay_buf_json_string(buf, name);
	cay_buf_text(buf, ",\"kernels\":");
	cay_buf_json_string(buf, cay_cpu_text(cay_models_kernels(app->models)->cpu, kernels));
	cay_buf_text(buf, ",");
	cay_board_put_json("/sys", buf);
	put_memory(buf);
	cay_buf_printf(buf, ",\"uptime\":%llu}\n",
		       (unsigned long long)((cay_clock_now() - app->started) / CAY_SECOND));
	return cay_buf_check(buf, err);
}
