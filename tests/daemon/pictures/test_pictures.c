// Tests of daemon/pictures: files as rows, resizing against numpy and Pillow, and what is refused.
#include "common/file.h"
#include "common/size.h"
#include "daemon/pictures/preprocess.h"
#include "tests/test.h"

#include <math.h>
#include <string.h>

#define DIR TEST_DATA "pictures/"

static const struct cay_picture_limits limits = {32 << 20, 64 << 20, 0};

static struct cay_buf read_file(const char *name)
{
	char path[512];
	struct cay_buf buf = {0};
	struct cay_err err = {0};

	snprintf(path, sizeof(path), "%s%s", DIR, name);
	ck_ok(cay_file_read(path, 1 << 20, &buf, &err), err);
	return buf;
}

static int run(const struct cay_buf *file, const struct cay_pixels *pixels, void *out,
	       struct cay_err *err)
{
	return cay_preprocess_run(pixels, file->data, file->len, &limits, out, err);
}

static struct cay_pixels bytes(size_t height, size_t width)
{
	return (struct cay_pixels){.height = height,
				   .width = width,
				   .channels = 3,
				   .dtype = CAY_DTYPE_U8,
				   .channels_last = true,
				   .scale = {1, 1, 1}};
}

static void compare(const uint8_t *got, const uint8_t *want, size_t count, int most)
{
	for (size_t i = 0; i < count; i++)
		ck_assert_msg(abs(got[i] - want[i]) <= most, "byte %zu is %d, not %d", i, got[i],
			      want[i]);
}

START_TEST(every_form_gives_the_same_picture)
{
	static const struct {
		const char *name;
		int most; // a byte may be off
	} forms[] = {{"rgb.png", 0},	  {"16bit.png", 0}, {"interlaced.png", 0},
		     {"animated.png", 0}, {"rgb.jpg", 12},  {"progressive.jpg", 12},
		     {"palette.png", 40}};
	struct cay_buf want = read_file("scene_21x27.u8");
	const struct cay_pixels pixels = bytes(21, 27);
	struct cay_err err = {0};

	for (size_t i = 0; i < CAY_ARRAY_SIZE(forms); i++) {
		struct cay_buf file = read_file(forms[i].name);
		uint8_t got[21 * 27 * 3];

		ck_ok(run(&file, &pixels, got, &err), err);
		compare(got, want.data, sizeof(got), forms[i].most);
		cay_buf_finish(&file);
	}
	cay_buf_finish(&want);
}
END_TEST

START_TEST(what_is_transparent_is_white)
{
	struct cay_buf file = read_file("alpha.png"), want = read_file("scene_21x27.u8");
	const struct cay_pixels pixels = bytes(21, 27);
	struct cay_err err = {0};
	uint8_t got[21 * 27 * 3];

	ck_ok(run(&file, &pixels, got, &err), err);
	for (size_t i = 0; i < sizeof(got); i++)
		ck_assert_uint_eq(got[i], i / 3 % 27 < 13 ? 255 : want.data[i]);
	cay_buf_finish(&file);
	cay_buf_finish(&want);
}
END_TEST

START_TEST(transparent_pixels_of_every_form_are_white)
{
	static const char *const names[] = {"alpha_16bit.png", "gray_alpha.png",
					    "gray_alpha_16bit.png", "palette_alpha.png"};
	static const uint8_t colour[] = {200, 100, 50}; // of the palette
	struct cay_buf scene = read_file("scene_21x27.u8"), gray = read_file("gray.png");
	const struct cay_pixels pixels = bytes(21, 27);
	uint8_t grey[21 * 27 * 3], got[21 * 27 * 3];
	struct cay_err err = {0};

	ck_ok(run(&gray, &pixels, grey, &err), err);
	for (size_t n = 0; n < CAY_ARRAY_SIZE(names); n++) {
		struct cay_buf file = read_file(names[n]);

		ck_ok(run(&file, &pixels, got, &err), err);
		for (size_t i = 0; i < sizeof(got); i++) {
			const uint8_t opaque = n == 0	? scene.data[i]
					       : n == 3 ? colour[i % 3]
							: grey[i];

			ck_assert_msg(got[i] == (i / 3 % 27 < 13 ? 255 : opaque), "%s: %zu is %u",
				      names[n], i, got[i]);
		}
		cay_buf_finish(&file);
	}
	cay_buf_finish(&gray);
	cay_buf_finish(&scene);
}
END_TEST

START_TEST(grey_for_a_model_of_colours_is_the_same_three_times)
{
	static const struct {
		const char *name;
		int most;
	} forms[] = {{"gray.png", 0}, {"gray_16bit.png", 0}, {"gray.jpg", 6}, {"bits.png", 127}};
	struct cay_pixels pixels = bytes(21, 27);
	struct cay_buf gray = read_file("gray.png");
	uint8_t want[21 * 27], got[21 * 27 * 3];
	struct cay_err err = {0};

	pixels.channels = 1;
	ck_ok(run(&gray, &pixels, want, &err), err);
	pixels.channels = 3;
	for (size_t n = 0; n < CAY_ARRAY_SIZE(forms); n++) {
		struct cay_buf file = read_file(forms[n].name);

		ck_ok(run(&file, &pixels, got, &err), err);
		for (size_t i = 0; i < sizeof(want); i++) {
			ck_assert(got[3 * i] == got[3 * i + 1] && got[3 * i] == got[3 * i + 2]);
			ck_assert_int_le(abs(got[3 * i] - want[i]), forms[n].most + (n == 3));
			ck_assert(n < 3 || got[3 * i] == (want[i] > 127 ? 255 : 0));
		}
		cay_buf_finish(&file);
	}
	cay_buf_finish(&gray);
}
END_TEST

// No smaller than what no JPEG is decoded smaller for.
START_TEST(however_the_camera_was_held_the_picture_stands_upright)
{
	static const struct {
		size_t height, width;
		enum cay_fit fit;
		bool planes;
	} cases[] = {{21, 27, CAY_FIT_STRETCH, false},	 {16, 18, CAY_FIT_STRETCH, true},
		     {28, 27, CAY_FIT_LETTERBOX, false}, {27, 30, CAY_FIT_LETTERBOX, true},
		     {20, 26, CAY_FIT_CROP, false},	 {12, 9, CAY_FIT_CROP, true}};
	struct cay_buf scene = read_file("rgb.png");

	for (size_t n = 0; n < CAY_ARRAY_SIZE(cases); n++) {
		struct cay_pixels pixels = bytes(cases[n].height, cases[n].width);
		static uint8_t want[30 * 30 * 3], got[30 * 30 * 3];
		struct cay_err err = {0};

		pixels.fit = cases[n].fit;
		pixels.channels_last = !cases[n].planes;
		pixels.bgr = cases[n].planes;
		ck_ok(run(&scene, &pixels, want, &err), err);
		for (int orientation = 1; orientation <= 8; orientation++) {
			struct cay_buf file;
			char name[32];

			snprintf(name, sizeof(name), "orientation_%d.jpg", orientation);
			file = read_file(name);
			ck_ok(run(&file, &pixels, got, &err), err);
			compare(got, want, pixels.height * pixels.width * 3, 12);
			cay_buf_finish(&file);
		}
	}
	cay_buf_finish(&scene);
}
END_TEST

static bool is_upside_down(const void *exif, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1); // of just its size, for ASan
	struct cay_orientation o;

	memcpy(copy, exif, size);
	o = cay_exif_orientation(copy, size);
	free(copy);
	return !o.transposed && o.mirrored && o.flipped;
}

START_TEST(a_broken_exif_block_turns_nothing)
{
	static const char little[] = "Exif\0\0II*\0\x08\0\0\0\2\0"
				     "\x0f\1\2\0\1\0\0\0\0\0\0\0"
				     "\x12\1\3\0\1\0\0\0\3\0\0\0";
	static const char big[] = "Exif\0\0MM\0*\0\0\0\x08\0\1"
				  "\1\x12\0\3\0\0\0\1\0\3\0\0";
	static const struct {
		size_t at;
		char value;
	} breaks[] = {{0, 'e'},	  {6, 'X'}, {8, 43}, {10, 0x7f}, {13, '\xff'}, {14, 1},
		      {28, 0x13}, {30, 4},  {32, 2}, {36, 9},	 {36, '\0'},   {37, 1}};
	char block[sizeof(little)];

	ck_assert(is_upside_down(little, sizeof(little) - 1));
	ck_assert(is_upside_down(big, sizeof(big) - 1));
	for (size_t size = 0; size < sizeof(little) - 1; size++)
		ck_assert(!is_upside_down(little, size));
	for (size_t i = 0; i < CAY_ARRAY_SIZE(breaks); i++) {
		memcpy(block, little, sizeof(block));
		block[breaks[i].at] = breaks[i].value;
		ck_assert_msg(!is_upside_down(block, sizeof(block) - 1), "break %zu", i);
	}
}
END_TEST

START_TEST(grey_is_what_pillow_makes_of_colours)
{
	static const char *const names[] = {"rgb.png", "gray.png", "gray.jpg", "rgb.jpg"};
	struct cay_pixels pixels = bytes(21, 27);
	struct cay_buf gray = read_file("gray.png");
	uint8_t want[21 * 27], got[21 * 27];
	struct cay_err err = {0};

	pixels.channels = 1;
	ck_ok(run(&gray, &pixels, want, &err), err);
	for (size_t i = 0; i < CAY_ARRAY_SIZE(names); i++) {
		struct cay_buf file = read_file(names[i]);

		ck_ok(run(&file, &pixels, got, &err), err);
		compare(got, want, sizeof(got), strstr(names[i], ".png") ? 0 : 6);
		cay_buf_finish(&file);
	}
	cay_buf_finish(&gray);
}
END_TEST

START_TEST(smaller_is_as_numpy_computes_it)
{
	struct cay_buf file = read_file("rgb.png"), want = read_file("stretch_10x8.f32");
	struct cay_pixels pixels = bytes(10, 8);
	float got[10 * 8 * 3], planes[10 * 8 * 3];
	const float *golden = (const float *)(const void *)want.data;
	struct cay_err err = {0};

	pixels.dtype = CAY_DTYPE_F32;
	ck_ok(run(&file, &pixels, got, &err), err);
	ck_assert_uint_eq(want.len, sizeof(got));
	for (size_t i = 0; i < 240; i++)
		ck_assert_msg(fabsf(got[i] - golden[i]) < 1e-3f, "element %zu", i);
	pixels.channels_last = false;
	pixels.bgr = true;
	pixels.scale[0] = 2, pixels.shift[0] = 1; // of red
	ck_ok(run(&file, &pixels, planes, &err), err);
	for (size_t i = 0; i < 80; i++) {
		ck_assert_float_eq(planes[i], got[i * 3 + 2]);
		ck_assert_float_eq(planes[160 + i], got[i * 3] * 2 + 1);
	}
	cay_buf_finish(&file);
	cay_buf_finish(&want);
}
END_TEST

START_TEST(larger_is_as_pillow_computes_it)
{
	struct cay_buf file = read_file("rgb.png"), want = read_file("pillow_40x50.u8");
	const struct cay_pixels pixels = bytes(40, 50);
	struct cay_err err = {0};
	uint8_t got[40 * 50 * 3];

	ck_ok(run(&file, &pixels, got, &err), err);
	compare(got, want.data, sizeof(got), 1); // Pillow rounds twice
	cay_buf_finish(&file);
	cay_buf_finish(&want);
}
END_TEST

START_TEST(a_letterbox_has_grey_bars_and_a_crop_has_none)
{
	struct cay_buf file = read_file("rgb.png");
	struct cay_pixels pixels = bytes(27, 27);
	struct cay_buf scene = read_file("scene_21x27.u8");
	struct cay_err err = {0};
	uint8_t got[27 * 27 * 3];

	pixels.fit = CAY_FIT_LETTERBOX;
	ck_ok(run(&file, &pixels, got, &err), err);
	for (size_t i = 0; i < sizeof(got); i++) {
		const size_t y = i / 81;

		ck_assert_uint_eq(got[i], y < 3 || y >= 24 ? 128 : scene.data[i - 243]);
	}
	pixels = bytes(21, 21);
	pixels.fit = CAY_FIT_CROP;
	ck_ok(run(&file, &pixels, got, &err), err);
	for (size_t i = 0; i < 21 * 63; i++) // three columns are cut off on either side
		ck_assert_uint_eq(got[i], scene.data[i / 63 * 81 + 9 + i % 63]);
	pixels.height = pixels.width = 11;
	pixels.short_side = 21; // is not resized, but cut
	ck_ok(run(&file, &pixels, got, &err), err);
	for (size_t i = 0; i < 11 * 33; i++)
		ck_assert_uint_eq(got[i], scene.data[(i / 33 + 5) * 81 + 24 + i % 33]);
	cay_buf_finish(&file);
	cay_buf_finish(&scene);
}
END_TEST

START_TEST(a_large_jpeg_is_decoded_smaller_but_not_too_small)
{
	static const struct {
		size_t min_width, min_height, width, height;
	} cases[] = {{240, 180, 240, 180}, {121, 10, 240, 180}, {120, 90, 120, 90},
		     {50, 45, 60, 45},	   {1, 1, 30, 23},	{500, 500, 240, 180}};
	struct cay_buf file = read_file("large.jpg");
	struct cay_err err = {0};

	for (size_t i = 0; i < CAY_ARRAY_SIZE(cases); i++) {
		struct cay_picture *p = cay_picture_open(file.data, file.len, &limits, &err);

		ck_assert_ptr_nonnull(p);
		ck_ok(cay_picture_start(p, 3, cases[i].min_width, cases[i].min_height, &err), err);
		ck_assert_uint_eq(p->width, cases[i].width);
		ck_assert_uint_eq(p->height, cases[i].height);
		cay_picture_close(p);
	}
	cay_buf_finish(&file);
}
END_TEST

// --- what is refused -----------------------------------------------------------------------------

static void refused(const uint8_t *data, size_t size, const struct cay_picture_limits *most,
		    enum cay_code code, const char *message)
{
	const struct cay_pixels pixels = bytes(4, 4);
	struct cay_err err = {0};
	uint8_t out[48];

	ck_assert_int_eq(cay_preprocess_run(&pixels, data, size, most, out, &err), -1);
	ck_assert_msg(err.code == code && strstr(err.msg, message), "%d: %s", err.code, err.msg);
}

START_TEST(a_truncated_file_is_refused_or_whole)
{
	static const char *const names[] = {"rgb.png", "interlaced.png", "palette.png", "rgb.jpg",
					    "progressive.jpg"};
	const struct cay_pixels pixels = bytes(21, 27);

	for (size_t i = 0; i < CAY_ARRAY_SIZE(names); i++) {
		struct cay_buf file = read_file(names[i]);
		uint8_t got[21 * 27 * 3], want[21 * 27 * 3];
		struct cay_err err = {0};

		ck_ok(run(&file, &pixels, want, &err), err);
		for (size_t len = 0; len < file.len; len++) {
			uint8_t *prefix = malloc(len ? len : 1); // of just its size, for ASan

			memcpy(prefix, file.data, len);
			if (cay_preprocess_run(&pixels, prefix, len, &limits, got, &err) == 0)
				ck_assert_msg(len + 60 > file.len &&
						      memcmp(got, want, sizeof(got)) == 0,
					      "%s: %zu bytes", names[i], len);
			else
				ck_assert(err.code == CAY_EBAD ||
					  (err.code == CAY_EMEDIA && len < 8));
			free(prefix);
		}
		cay_buf_finish(&file);
	}
}
END_TEST

START_TEST(forms_that_are_not_taken_are_named)
{
	static const struct {
		const char *bytes, *what;
	} others[] = {
		{"RIFF....WEBPVP8 ", "a WebP"},	 {"GIF89a..........", "a GIF"},
		{"....ftypheic....", "a HEIC"},	 {"....ftypavif....", "an AVIF"},
		{"MM\0*............", "a TIFF"}, {"BM..............", "a BMP"},
		{"RIFF............", "neither"},
	};
	struct cay_buf file = read_file("cmyk.jpg");

	refused(file.data, file.len, &limits, CAY_EBAD, "CMYK");
	cay_buf_finish(&file);
	for (size_t i = 0; i < CAY_ARRAY_SIZE(others); i++)
		refused((const uint8_t *)others[i].bytes, 16, &limits, CAY_EMEDIA, others[i].what);
}
END_TEST

// memmem is GNU's.
static const uint8_t *find_bytes(const uint8_t *data, size_t size, const char *what, size_t len)
{
	for (; size >= len; data++, size--)
		if (memcmp(data, what, len) == 0)
			return data;
	return NULL;
}

static const uint8_t *find(const struct cay_buf *file, const char *what, size_t size)
{
	const uint8_t *at = find_bytes(file->data, file->len, what, size);

	ck_assert_ptr_nonnull(at);
	return at;
}

START_TEST(pixels_are_limited_by_the_header)
{
	static const char start_of_frame[] = "\xff\xc0\0\x11\x08";
	struct cay_buf jpeg = read_file("rgb.jpg"), png = read_file("rgb.png");
	uint8_t *size = (uint8_t *)(uintptr_t)find(&jpeg, start_of_frame, 5) + 5;
	const struct cay_picture_limits few = {21 * 27 - 1, 1 << 20, 0};

	refused(png.data, png.len, &few, CAY_ETOOLARGE, "27x21 pixels, at most 566");
	refused(jpeg.data, jpeg.len, &few, CAY_ETOOLARGE, "27x21 pixels, at most 566");
	memset(size, 0xff, 4);
	// 65500 is libjpeg's own end
	refused(jpeg.data, jpeg.len, &limits, CAY_ETOOLARGE, "65500");
	cay_buf_finish(&jpeg);
	cay_buf_finish(&png);
}
END_TEST

// A text that cannot be inflated, of a wrong checksum, in front of each chunk.
START_TEST(chunks_that_change_no_pixel_are_not_read)
{
	static const uint8_t text[] = "\0\0\0\5zTXtk\0\0xxbad!";
	struct cay_buf file = read_file("alpha.png"), padded = {0};
	const struct cay_pixels pixels = bytes(21, 27);
	struct cay_err err = {0};
	uint8_t got[21 * 27 * 3], want[sizeof(got)];

	cay_buf_put(&padded, file.data, 8);
	for (size_t at = 8, size; at < file.len; at += size) {
		size = (size_t)file.data[at + 2] << 8 | file.data[at + 3];
		size += 12;
		if (at > 8) // the header comes first
			cay_buf_put(&padded, text, 17);
		cay_buf_put(&padded, file.data + at, size);
	}
	ck_ok(run(&file, &pixels, want, &err), err);
	ck_ok(run(&padded, &pixels, got, &err), err);
	compare(got, want, sizeof(got), 0);
	refused(padded.data, padded.len - 60, &limits, CAY_EBAD, "PNG");
	cay_buf_finish(&padded);
	cay_buf_finish(&file);
}
END_TEST

START_TEST(decoding_ends_with_its_deadline)
{
	static const char *const names[] = {"rgb.jpg", "progressive.jpg", "rgb.png",
					    "interlaced.png"};
	const struct cay_picture_limits late = {1 << 20, 1 << 20, 1};
	const struct cay_picture_limits in_time = {1 << 20, 1 << 20, UINT64_MAX};
	const struct cay_pixels pixels = bytes(4, 4);

	for (size_t i = 0; i < CAY_ARRAY_SIZE(names); i++) {
		struct cay_buf file = read_file(names[i]);
		struct cay_err err = {0};
		uint8_t out[48];

		refused(file.data, file.len, &late, CAY_ETIMEOUT, "deadline");
		ck_ok(cay_preprocess_run(&pixels, file.data, file.len, &in_time, out, &err), err);
		cay_buf_finish(&file);
	}
}
END_TEST

START_TEST(memory_of_several_passes_is_limited)
{
	struct cay_buf jpeg = read_file("progressive.jpg"), png = read_file("interlaced.png");
	const struct cay_picture_limits tight = {1 << 20, 1000, 0};

	refused(jpeg.data, jpeg.len, &tight, CAY_ETOOLARGE, "several passes");
	refused(png.data, png.len, &tight, CAY_ETOOLARGE, "several passes");
	cay_buf_finish(&jpeg);
	cay_buf_finish(&png);
}
END_TEST

static void put_scan(struct cay_buf *buf, unsigned coefficient, unsigned high, unsigned low)
{
	const uint8_t scan[] = {0xff,
				0xda,
				0,
				8,
				1,
				1,
				0,
				(uint8_t)coefficient,
				(uint8_t)coefficient,
				(uint8_t)(high << 4 | low),
				0x7f};

	cay_buf_put(buf, scan, sizeof(scan));
}

// Eight by eight pixels, and the bits of each coefficient in a scan of their own.
START_TEST(scans_are_limited)
{
	static const uint8_t head[] = {
		0xff, 0xd8, 0xff, 0xc2, 0, 11,	 8,    0, 8,  0,    8, 1,    1,	   0x11, 0,  0xff,
		0xc4, 0,    20,	  0x00, 1, 0,	 0,    0, 0,  0,    0, 0,    0,	   0,	 0,  0,
		0,    0,    0,	  0,	0, 0xff, 0xc4, 0, 20, 0x10, 1, 0,    0,	   0,	 0,  0,
		0,    0,    0,	  0,	0, 0,	 0,    0, 0,  0,    0, 0xff, 0xdb, 0,	 67, 0};
	for (unsigned coefficients = 1; coefficients < 64; coefficients += 31) {
		const struct cay_pixels pixels = bytes(8, 8);
		struct cay_buf bomb = {0};
		struct cay_err err = {0};
		uint8_t out[192];

		cay_buf_put(&bomb, head, sizeof(head));
		for (int i = 0; i < 64; i++)
			cay_buf_put(&bomb, "\1", 1);
		put_scan(&bomb, 0, 0, 0);
		for (unsigned c = 1; c <= coefficients; c++)
			for (unsigned low = 14; low-- > 0;)
				put_scan(&bomb, c, low == 13 ? 0 : low + 1, low);
		cay_buf_put(&bomb, "\xff\xd9", 2);
		if (coefficients == 1) // 15 scans
			ck_ok(run(&bomb, &pixels, out, &err), err);
		else
			refused(bomb.data, bomb.len, &limits, CAY_ETOOLARGE, "more than 100 scans");
		cay_buf_finish(&bomb);
	}
}
END_TEST

// --- model.json ----------------------------------------------------------------------------------

static int resolve(const char *json, enum cay_dtype dtype, const struct cay_shape *shape,
		   struct cay_pixels *ret, struct cay_err *err)
{
	json_t *root = json ? json_loads(json, 0, NULL) : NULL;
	struct cay_preprocess p;
	int result;

	ck_assert(!json || root);
	result = cay_preprocess_parse(&p, root, err);
	if (result == 0)
		result = cay_preprocess_resolve(&p, "x", dtype, shape, ret, err);
	json_decref(root);
	return result;
}

START_TEST(what_is_unsaid_is_that_of_the_model)
{
	const struct cay_shape planes = {4, {-1, 3, 224, 192}}, last = {4, {1, 28, 30, 1}};
	struct cay_err err = {0};
	struct cay_pixels p;

	ck_ok(resolve(NULL, CAY_DTYPE_F32, &planes, &p, &err), err);
	ck_assert(p.height == 224 && p.width == 192 && p.channels == 3 && !p.channels_last);
	ck_assert_float_eq_tol(p.scale[0] * 255, 1 / 0.229f, 1e-5f);
	ck_assert_float_eq_tol(p.shift[2], -0.406f / 0.225f, 1e-5f);
	ck_ok(resolve(NULL, CAY_DTYPE_F32, &last, &p, &err), err);
	ck_assert(p.height == 28 && p.width == 30 && p.channels == 1 && p.channels_last);
	ck_ok(resolve(NULL, CAY_DTYPE_U8, &planes, &p, &err), err);
	ck_assert(p.scale[1] == 1 && p.shift[1] == 0);
	// mean and std are in the order that the model has
	ck_ok(resolve("{\"color\": \"BGR\", \"mean\": [0.1, 0.2, 0.3], \"std\": [1]}",
		      CAY_DTYPE_F32, &planes, &p, &err),
	      err);
	ck_assert(p.bgr);
	ck_assert_float_eq_tol(p.shift[0], -0.3f, 1e-6f);
}
END_TEST

START_TEST(what_does_not_fit_the_model_says_what_to_write)
{
	const struct cay_shape open = {4, {-1, 3, -1, -1}}, flat = {2, {1, 10}},
			       fixed = {4, {1, 3, 8, 8}};
	static const struct {
		const char *json, *told;
	} bad[] = {
		{"[]", "not an object"},
		{"{\"size\": [8]}", "[HEIGHT, WIDTH]"},
		{"{\"size\": [0, 8]}", "1 to 65535"},
		{"{\"size\": [8, 1e9]}", "1 to 65535"},
		{"{\"color\": \"CMYK\"}", "\"color\" is none of RGB, BGR and gray"},
		{"{\"layout\": \"HWC\"}", "\"layout\" is none of NCHW and NHWC"},
		{"{\"mean\": [1, 2]}", "1 or 3"},
		{"{\"std\": [0]}", "\"std\" has what is no number from 1e-06 to 1e6"},
		{"{\"resize\": 3}", "\"resize\" is none of stretch, letterbox and crop"},
		{"{\"resize_short\": 9}", "\"crop\""},
	};
	struct cay_err err = {0};
	struct cay_pixels p;

	for (size_t i = 0; i < CAY_ARRAY_SIZE(bad); i++) {
		ck_assert_msg(resolve(bad[i].json, CAY_DTYPE_F32, &fixed, &p, &err) == -1, "%s",
			      bad[i].json);
		ck_assert_int_eq(err.code, CAY_EBAD);
		ck_assert_msg(strstr(err.msg, bad[i].told), "%s", err.msg);
	}
	ck_assert_int_eq(resolve(NULL, CAY_DTYPE_F32, &open, &p, &err), -1);
	ck_assert_msg(err.code == CAY_EMODEL && strstr(err.msg, "\"size\""), "%s", err.msg);
	ck_assert_int_eq(resolve("{\"size\": [9, 8]}", CAY_DTYPE_F32, &fixed, &p, &err), -1);
	ck_assert_int_eq(resolve(NULL, CAY_DTYPE_F32, &flat, &p, &err), -1);
	ck_assert_str_eq(err.msg, "input 'x', FP32 1x10, takes no pictures: they become FP32 or "
				  "UINT8 of 4 dimensions");
	ck_assert_int_eq(resolve("{\"color\": \"gray\"}", CAY_DTYPE_F32, &fixed, &p, &err), -1);
	ck_assert_msg(strstr(err.msg, "may say \"color\" and \"layout\""), "%s", err.msg);
	ck_assert_int_eq(resolve(NULL, CAY_DTYPE_I64, &fixed, &p, &err), -1);
	ck_assert_msg(strstr(err.msg, "takes no pictures"), "%s", err.msg);
}
END_TEST

TEST_MAIN("pictures", every_form_gives_the_same_picture, what_is_transparent_is_white,
	  grey_is_what_pillow_makes_of_colours, smaller_is_as_numpy_computes_it,
	  larger_is_as_pillow_computes_it, a_letterbox_has_grey_bars_and_a_crop_has_none,
	  a_large_jpeg_is_decoded_smaller_but_not_too_small, a_truncated_file_is_refused_or_whole,
	  forms_that_are_not_taken_are_named, pixels_are_limited_by_the_header,
	  chunks_that_change_no_pixel_are_not_read, transparent_pixels_of_every_form_are_white,
	  grey_for_a_model_of_colours_is_the_same_three_times,
	  however_the_camera_was_held_the_picture_stands_upright, a_broken_exif_block_turns_nothing,
	  decoding_ends_with_its_deadline, memory_of_several_passes_is_limited, scans_are_limited,
	  what_is_unsaid_is_that_of_the_model, what_does_not_fit_the_model_says_what_to_write)
