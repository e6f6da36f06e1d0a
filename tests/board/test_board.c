// Tests of board/: a made-up sysfs of a board with big and little cores.
#define _GNU_SOURCE // RTLD_NEXT
#include "board/board.h"
#include "board/clusters.h"
#include "board/throttled.h"
#include "common/file.h"
#include "common/size.h"
#include "tests/test.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static unsigned opened;

FILE *fopen(const char *path, const char *mode) // libc's, counted
{
	__typeof__(&fopen) next = (__typeof__(&fopen))dlsym(RTLD_NEXT, "fopen");

	opened++;
	return next(path, mode);
}

static void put(const char *root, const char *path, const char *text)
{
	char full[512];
	FILE *f;

	snprintf(full, sizeof(full), "%s/%s", root, path);
	for (char *slash = strchr(full + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = 0;
		mkdir(full, 0700);
		*slash = '/';
	}
	f = fopen(full, "we");
	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
}

static void put_cpu(const char *root, int cpu, const char *name, const char *text)
{
	char path[128];

	snprintf(path, sizeof(path), "devices/system/cpu/cpu%d/%s", cpu, name);
	put(root, path, text);
}

static void remove_tree(const char *root)
{
	struct cay_err err = {0};

	ck_ok(cay_file_remove_tree(root, &err), err);
}

START_TEST(big_and_little_cores_are_told_apart)
{
	char root[] = "/tmp/cay-sysfs-XXXXXX";
	struct cay_cluster c[CAY_CLUSTERS];

	ck_assert_ptr_nonnull(mkdtemp(root));
	for (int cpu = 0; cpu < 6; cpu++) {
		put_cpu(root, cpu, "topology/physical_package_id", "0\n");
		put_cpu(root, cpu, "cpu_capacity", cpu < 4 ? "414\n" : "1024\n");
		put_cpu(root, cpu, "cpufreq/cpuinfo_max_freq", cpu < 4 ? "1416000\n" : "1800000\n");
	}
	put_cpu(root, 0, "cpufreq/scaling_cur_freq", "408000\n");
	put_cpu(root, 9, "online", "0\n"); // off: no topology
	put(root, "class/thermal/thermal_zone0/temp", "41500\n");
	put(root, "class/thermal/thermal_zone1/temp", "nonsense\n");
	opened = 0;
	ck_assert_uint_eq(cay_clusters_read(root, c), 2);
	ck_assert_uint_eq(opened, 6 * 5 + 1); // none of processors that are not there
	ck_assert(c[0].cpus == 4 && c[0].first == 0 && c[0].capacity == 414);
	ck_assert(c[0].max_mhz == 1416 && c[0].mhz == 408);
	ck_assert(c[1].cpus == 2 && c[1].first == 4 && c[1].capacity == 1024 && c[1].mhz == 0);
	ck_assert_double_eq_tol(cay_board_celsius(root), 41.5, 1e-9);
	remove_tree(root);
}
END_TEST

START_TEST(more_clusters_than_there_is_room_for_are_left_out)
{
	char root[] = "/tmp/cay-sysfs-XXXXXX", capacity[16];
	struct cay_cluster c[CAY_CLUSTERS];

	ck_assert_ptr_nonnull(mkdtemp(root));
	for (int cpu = 0; cpu <= CAY_CLUSTERS; cpu++) {
		snprintf(capacity, sizeof(capacity), "%d\n", 100 + cpu);
		put_cpu(root, cpu, "topology/physical_package_id", "0\n");
		put_cpu(root, cpu, "cpu_capacity", capacity);
	}
	ck_assert_uint_eq(cay_clusters_read(root, c), CAY_CLUSTERS);
	remove_tree(root);
}
END_TEST

START_TEST(a_board_is_written_as_json)
{
	char root[] = "/tmp/cay-sysfs-XXXXXX";
	struct cay_buf json = {0};

	ck_assert_ptr_nonnull(mkdtemp(root));
	put_cpu(root, 0, "topology/physical_package_id", "0\n");
	put_cpu(root, 0, "cpufreq/cpuinfo_max_freq", "1500000\n");
	cay_board_put_json(root, &json);
	ck_assert_str_eq(cay_buf_cstr(&json),
			 "\"clusters\": [{\"first\": 0, \"cpus\": 1, \"capacity\": 0, "
			 "\"max_mhz\": 1500, \"limit_mhz\": 0, \"mhz\": 0}], \"celsius\": null, "
			 "\"throttled\": null");
	json.len = 0;
	put(root, "class/thermal/thermal_zone0/temp", "41500\n");
	cay_board_put_json(root, &json);
	ck_assert_ptr_nonnull(strstr(cay_buf_cstr(&json), "\"celsius\": 41.5,"));
	cay_buf_finish(&json);
	remove_tree(root);
}
END_TEST

START_TEST(nothing_known_is_no_failure)
{
	struct cay_cluster c[CAY_CLUSTERS];

	ck_assert_uint_eq(cay_clusters_read("/nonexistent", c), 0);
	ck_assert(cay_board_celsius("/nonexistent") < -273);
}
END_TEST

START_TEST(a_machine_has_the_name_that_it_gives_itself)
{
	char root[] = "/tmp/cay-sysfs-XXXXXX", name[12];

	ck_assert_ptr_nonnull(mkdtemp(root));
	cay_board_name(root, name, sizeof(name));
	ck_assert_str_eq(name, "");
	put(root, "sys/devices/virtual/dmi/id/product_name", "Server\n");
	cay_board_name(root, name, sizeof(name));
	ck_assert_str_eq(name, "Server");
	put(root, "proc/device-tree/model", "Raspberry Pi 5"); // a board's comes first, and is cut
	cay_board_name(root, name, sizeof(name));
	ck_assert_str_eq(name, "Raspberry P");
	remove_tree(root);
}
END_TEST

START_TEST(what_slows_a_board_down_is_told)
{
	static const struct {
		long throttled;
		const char *text, *json;
	} cases[] = {
		{0, "no", "{\"now\": [], \"since_boot\": []}"},
		{0x50005, "under_voltage, throttled; since boot: under_voltage, throttled",
		 "{\"now\": [\"under_voltage\", \"throttled\"], "
		 "\"since_boot\": [\"under_voltage\", \"throttled\"]}"},
		{0xa0000, "no; since boot: frequency_capped, temperature_limit",
		 "{\"now\": [], \"since_boot\": [\"frequency_capped\", \"temperature_limit\"]}"},
		{-1, NULL, "null"},
	};

	for (size_t i = 0; i < CAY_ARRAY_SIZE(cases); i++) {
		struct cay_buf text = {0}, json = {0};

		cay_throttled_put_json(cases[i].throttled, &json);
		ck_assert_str_eq(cay_buf_cstr(&json), cases[i].json);
		if (cases[i].text) {
			cay_throttled_put_text(cases[i].throttled, &text);
			ck_assert_str_eq(cay_buf_cstr(&text), cases[i].text);
		}
		cay_buf_finish(&text);
		cay_buf_finish(&json);
	}
}
END_TEST

START_TEST(what_slows_a_board_down_is_read)
{
	char root[] = "/tmp/cay-sysfs-XXXXXX";
	static const char path[] = "devices/platform/soc/soc:firmware/get_throttled";
	struct cay_cluster c[CAY_CLUSTERS];

	ck_assert_ptr_nonnull(mkdtemp(root));
	ck_assert_int_eq(cay_throttled_read(root), -1);
	put(root, path, "50005\n");
	ck_assert_int_eq(cay_throttled_read(root), 0x50005);
	put(root, path, "0\n");
	ck_assert_int_eq(cay_throttled_read(root), 0);
	put(root, path, "nonsense\n");
	ck_assert_int_eq(cay_throttled_read(root), -1);
	put_cpu(root, 0, "topology/physical_package_id", "0\n");
	put_cpu(root, 0, "cpufreq/cpuinfo_max_freq", "1500000\n");
	put_cpu(root, 0, "cpufreq/scaling_max_freq", "1000000\n");
	ck_assert_uint_eq(cay_clusters_read(root, c), 1);
	ck_assert(c[0].max_mhz == 1500 && c[0].limit_mhz == 1000);
	remove_tree(root);
}
END_TEST

TEST_MAIN("board", what_slows_a_board_down_is_read, what_slows_a_board_down_is_told,
	  big_and_little_cores_are_told_apart, more_clusters_than_there_is_room_for_are_left_out,
	  a_board_is_written_as_json, nothing_known_is_no_failure,
	  a_machine_has_the_name_that_it_gives_itself)
