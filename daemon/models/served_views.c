// What a model in service says of itself, as JSON.
#include "common/size.h"
#include "daemon/json/json.h"
#include "daemon/models/served.h"

// info: of inputs what becomes of pictures is said, too; NULL: it is not.
static void describe_ports(const char *key, const struct cay_port *ports, size_t count,
			   const struct cay_model_info *info, struct cay_buf *buf)
{
	struct cay_pixels pixels;
	struct cay_err none = {0};

	cay_buf_printf(buf, ",\"%s\":[", key);
	for (size_t i = 0; i < count; i++) {
		cay_buf_text(buf, i ? ",{\"name\":" : "{\"name\":");
		cay_buf_json_string(buf, ports[i].name);
		cay_buf_printf(buf, ",\"datatype\":\"%s\",\"shape\":[",
			       cay_dtype_name(ports[i].dtype));
		cay_json_numbers(buf, CAY_DTYPE_I64, ports[i].shape.dim, ports[i].shape.rank);
		cay_buf_text(buf, "]");
		if (info && cay_model_info_pixels(info, &ports[i], &pixels, &none) == 0) {
			cay_buf_text(buf, ",\"preprocess\":");
			cay_preprocess_json(&info->preprocess, &pixels, buf);
		}
		cay_buf_text(buf, "}");
	}
	cay_buf_text(buf, "]");
}

static size_t int8_layers(const struct cay_model *model)
{
	size_t count = 0;

	for (size_t i = 0; i < cay_model_layer_count(model); i++)
		count += cay_model_layer(model, i).int8;
	return count;
}

static void put_settings(const struct cay_model_settings *settings, struct cay_buf *buf)
{
	cay_buf_printf(buf, "\"instances\":%zu,\"threads\":%zu,\"queue\":%zu,\"warmup\":%zu",
		       settings->instances, settings->threads, settings->queue, settings->warmup);
}

// Which converter wrote the file: what first is asked where two machines differ.
static void put_opt_version(const struct cay_served *s, struct cay_buf *buf)
{
	cay_buf_text(buf, ",\"opt_version\":");
	cay_buf_json_string(buf, cay_model_opt_version(s->model));
}

static void describe(const struct cay_served *s, struct cay_buf *buf)
{
	const struct cay_port *ports;
	size_t count;

	ports = cay_model_inputs(s->model, &count);
	describe_ports("inputs", ports, count, &s->info, buf);
	ports = cay_model_outputs(s->model, &count);
	describe_ports("outputs", ports, count, NULL, buf);
	cay_buf_printf(buf, ",\"ops\":%zu,\"int8_ops\":%zu,\"weight_bytes\":%zu,\"labels\":%zu",
		       cay_model_layer_count(s->model), int8_layers(s->model),
		       cay_model_weight_bytes(s->model), s->info.label_count);
	cay_buf_text(buf, ",");
	put_settings(&s->info.settings, buf);
	put_opt_version(s, buf);
}

static void put_metadata(const struct cay_served *s, struct cay_buf *buf)
{
	const struct cay_port *ports;
	size_t count;

	cay_buf_printf(buf, "{\"name\":\"%s\",\"versions\":[\"%u\"],\"platform\":\"paddlelite_nb\"",
		       s->name, s->version);
	ports = cay_model_inputs(s->model, &count);
	describe_ports("inputs", ports, count, NULL, buf);
	ports = cay_model_outputs(s->model, &count);
	describe_ports("outputs", ports, count, NULL, buf);
	cay_buf_text(buf, ",\"parameters\":{");
	put_settings(&s->info.settings, buf);
	put_opt_version(s, buf);
	cay_buf_text(buf, "}}\n");
}

// Ports as the server of the model configuration extension has them.
static void configure_ports(const char *key, const struct cay_port *ports, size_t count,
			    struct cay_buf *buf)
{
	cay_buf_printf(buf, ",\"%s\":[", key);
	for (size_t i = 0; i < count; i++) {
		cay_buf_text(buf, i ? ",{\"name\":" : "{\"name\":");
		cay_buf_json_string(buf, ports[i].name);
		cay_buf_printf(buf, ",\"data_type\":\"TYPE_%s\",\"dims\":[",
			       cay_dtype_name(ports[i].dtype));
		cay_json_numbers(buf, CAY_DTYPE_I64, ports[i].shape.dim, ports[i].shape.rank);
		cay_buf_text(buf, "]}");
	}
	cay_buf_text(buf, "]");
}

// max_batch_size is 0: dims are whole, and requests are not gathered into batches.
static void put_configuration(const struct cay_served *s, struct cay_buf *buf)
{
	const struct cay_model_settings *settings = &s->info.settings;
	const struct {
		const char *name;
		size_t value;
	} parameters[] = {
		{"threads", settings->threads},
		{"queue", settings->queue},
		{"warmup", settings->warmup},
	};
	const struct cay_port *ports;
	size_t count;

	cay_buf_printf(buf,
		       "{\"name\":\"%s\",\"platform\":\"paddlelite_nb\",\"backend\":\"cayuco\","
		       "\"version_policy\":{\"latest\":{\"num_versions\":1}},\"max_batch_size\":0",
		       s->name);
	ports = cay_model_inputs(s->model, &count);
	configure_ports("input", ports, count, buf);
	ports = cay_model_outputs(s->model, &count);
	configure_ports("output", ports, count, buf);
	cay_buf_printf(buf,
		       ",\"instance_group\":[{\"name\":\"%s\",\"kind\":\"KIND_CPU\","
		       "\"count\":%zu}],\"parameters\":{",
		       s->name, settings->instances);
	for (size_t i = 0; i < CAY_ARRAY_SIZE(parameters); i++)
		cay_buf_printf(buf, "%s\"%s\":{\"string_value\":\"%zu\"}", i ? "," : "",
			       parameters[i].name, parameters[i].value);
	cay_buf_text(buf, "}}\n");
}

void cay_served_put_view(const struct cay_served *served, enum cay_view view, struct cay_buf *buf)
{
	static void (*const put[CAY_VIEWS])(const struct cay_served *, struct cay_buf *) = {
		[CAY_VIEW_DESCRIPTION] = describe,
		[CAY_VIEW_METADATA] = put_metadata,
		[CAY_VIEW_CONFIGURATION] = put_configuration,
	};

	put[view](served, buf);
}
