// The table of routes.
#include "common/size.h"
#include "daemon/conversion/upload.h"
#include "daemon/http/router.h"

const struct cay_route cay_routes[] = {
	{"POST", "/predict", CAY_ACCESS_INFER, CAY_BODY_MEMORY, cay_route_predict, NULL},
	{"POST", "/convert", CAY_ACCESS_ADMIN, CAY_BODY_UPLOAD, cay_route_convert, &cay_upload_ops},
	{"GET", "/jobs", CAY_ACCESS_INFER, CAY_BODY_NONE, cay_route_jobs, NULL},
	{"GET", "/jobs/{name}", CAY_ACCESS_INFER, CAY_BODY_NONE, cay_route_job, NULL},
	{"DELETE", "/jobs/{name}", CAY_ACCESS_ADMIN, CAY_BODY_NONE, cay_route_job_delete, NULL},
	{"GET", "/models", CAY_ACCESS_INFER, CAY_BODY_NONE, cay_route_models, NULL},
	{"GET", "/models/{name}", CAY_ACCESS_INFER, CAY_BODY_NONE, cay_route_model, NULL},
	{"DELETE", "/models/{name}", CAY_ACCESS_ADMIN, CAY_BODY_NONE, cay_route_model_delete, NULL},
	{"GET", "/v2", CAY_ACCESS_INFER, CAY_BODY_NONE, cay_route_v2_server, NULL},
	// Before {name}: a model called "stats" is described by its versions.
	{"GET", "/v2/models/stats", CAY_ACCESS_INFER, CAY_BODY_NONE, cay_route_v2_stats, NULL},
	{"GET", "/v2/models/{name}", CAY_ACCESS_INFER, CAY_BODY_NONE, cay_route_v2_model, NULL},
	{"GET", "/v2/models/{name}/versions/{version}", CAY_ACCESS_INFER, CAY_BODY_NONE,
	 cay_route_v2_model, NULL},
	{"GET", "/v2/models/{name}/ready", CAY_ACCESS_INFER, CAY_BODY_NONE, cay_route_v2_ready,
	 NULL},
	{"GET", "/v2/models/{name}/versions/{version}/ready", CAY_ACCESS_INFER, CAY_BODY_NONE,
	 cay_route_v2_ready, NULL},
	{"POST", "/v2/models/{name}/infer", CAY_ACCESS_INFER, CAY_BODY_MEMORY, cay_route_v2_infer,
	 NULL},
	{"POST", "/v2/models/{name}/versions/{version}/infer", CAY_ACCESS_INFER, CAY_BODY_MEMORY,
	 cay_route_v2_infer, NULL},
	{"GET", "/v2/models/{name}/stats", CAY_ACCESS_INFER, CAY_BODY_NONE, cay_route_v2_stats,
	 NULL},
	{"GET", "/v2/models/{name}/versions/{version}/stats", CAY_ACCESS_INFER, CAY_BODY_NONE,
	 cay_route_v2_stats, NULL},
	{"POST", "/v2/repository/index", CAY_ACCESS_INFER, CAY_BODY_MEMORY, cay_route_v2_index,
	 NULL},
	{"POST", "/v2/repository/models/{name}/load", CAY_ACCESS_ADMIN, CAY_BODY_MEMORY,
	 cay_route_v2_load, NULL},
	{"POST", "/v2/repository/models/{name}/unload", CAY_ACCESS_ADMIN, CAY_BODY_MEMORY,
	 cay_route_v2_unload, NULL},
	{"GET", "/v2/health/live", CAY_ACCESS_NONE, CAY_BODY_NONE, cay_route_live, NULL},
	{"GET", "/v2/health/ready", CAY_ACCESS_NONE, CAY_BODY_NONE, cay_route_ready, NULL},
	{"GET", "/metrics", CAY_ACCESS_INFER, CAY_BODY_NONE, cay_route_metrics, NULL},
	{"GET", "/openapi.json", CAY_ACCESS_NONE, CAY_BODY_NONE, cay_route_openapi, NULL},
	{"GET", "/board", CAY_ACCESS_INFER, CAY_BODY_NONE, cay_route_board, NULL},
	{"GET", "/", CAY_ACCESS_NONE, CAY_BODY_NONE, cay_route_page, NULL},
	{"GET", "/web/{name}", CAY_ACCESS_NONE, CAY_BODY_NONE, cay_route_page_file, NULL},
};
const size_t cay_route_count = CAY_ARRAY_SIZE(cay_routes);
