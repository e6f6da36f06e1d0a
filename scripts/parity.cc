// Runs a .nb on the real Paddle-Lite for arm64: what scripts/parity compares cayuco with.
// parity MODEL.nb OUT [SHAPE IN]...; IN ends with .f32, .i32 or .i64. The outputs' bytes go into OUT one
// after another.
#include "paddle_api.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

using namespace paddle::lite_api;

static std::vector<int64_t> parse_shape(const std::string &text)
{
	std::vector<int64_t> shape;
	std::stringstream stream(text);

	for (std::string part; std::getline(stream, part, 'x');)
		shape.push_back(std::atoll(part.c_str()));
	return shape;
}

static size_t count(const std::vector<int64_t> &shape)
{
	size_t n = 1;

	for (int64_t dim : shape)
		n *= static_cast<size_t>(dim);
	return n;
}

static void read_input(Tensor &tensor, const std::vector<int64_t> &shape, const std::string &file)
{
	const std::string suffix = file.substr(file.rfind('.') + 1);
	std::ifstream in(file, std::ios::binary);
	size_t size = 4;
	char *data;

	tensor.Resize(shape);
	if (suffix == "i64") {
		data = reinterpret_cast<char *>(tensor.mutable_data<int64_t>());
		size = 8;
	} else if (suffix == "i32") {
		data = reinterpret_cast<char *>(tensor.mutable_data<int32_t>());
	} else {
		data = reinterpret_cast<char *>(tensor.mutable_data<float>());
	}
	in.read(data, static_cast<std::streamsize>(count(shape) * size));
}

static void write_output(const Tensor &tensor, std::ofstream &out)
{
	size_t n = count(tensor.shape());
	const char *data;

	switch (tensor.precision()) {
	case PrecisionType::kInt8:
		data = reinterpret_cast<const char *>(tensor.data<int8_t>());
		break;
	case PrecisionType::kInt32:
		data = reinterpret_cast<const char *>(tensor.data<int32_t>());
		n *= 4;
		break;
	case PrecisionType::kInt64:
		data = reinterpret_cast<const char *>(tensor.data<int64_t>());
		n *= 8;
		break;
	default:
		data = reinterpret_cast<const char *>(tensor.data<float>());
		n *= 4;
	}
	out.write(data, static_cast<std::streamsize>(n));
}

int main(int argc, char **argv)
{
	if (argc < 3) {
		std::fprintf(stderr, "usage: parity MODEL.nb OUT [SHAPE IN]...\n");
		return 2;
	}
	MobileConfig config;
	config.set_model_from_file(argv[1]);
	config.set_threads(1);
	auto predictor = CreatePaddlePredictor<MobileConfig>(config);

	for (int i = 3; i + 1 < argc; i += 2)
		read_input(*predictor->GetInput((i - 3) / 2), parse_shape(argv[i]), argv[i + 1]);
	predictor->Run();

	std::ofstream out(argv[2], std::ios::binary);

	for (size_t i = 0; i < predictor->GetOutputNames().size(); i++)
		write_output(*predictor->GetOutput(static_cast<int>(i)), out);
	return 0;
}
