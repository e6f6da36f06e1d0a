// A plugin of qemu-aarch64 that counts what a program executes: all instructions, and those that
// multiply int8. Deterministic, where a time on a busy machine is not.
//
// Debian's qemu-user has no header for plugins: these are the declarations of interface version 1.
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

typedef uint64_t plugin_id;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum { INLINE_ADD = 0 };

void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id,
					   void (*call)(plugin_id, struct qemu_plugin_tb *));
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *block, int op, void *counter,
					      uint64_t add);
void qemu_plugin_register_atexit_cb(plugin_id id, void (*call)(plugin_id, void *), void *context);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *block, size_t index);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *instruction);
int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv);

int qemu_plugin_version = 1;

// Words of A64 in which the bits of `mask` are `value`.
static struct counter {
	const char *name;
	uint32_t mask, value;
	uint64_t executed;
} counters[] = {
	{"all", 0, 0, 0},
	{"loads_stores", 0x0a000000, 0x08000000, 0},
	{"simd", 0x0e000000, 0x0e000000, 0},
	{"sdot", 0xbfe0fc00, 0x0e809400, 0},
	{"sdot_lane", 0xbfc0f400, 0x0f80e000, 0},
	{"smmla", 0xffe0fc00, 0x4e80a400, 0},
};
enum { COUNTERS = sizeof(counters) / sizeof(counters[0]) };

// A block that has been translated adds its own instructions whenever it runs.
static void count_block(plugin_id id, struct qemu_plugin_tb *block)
{
	(void)id;
	for (struct counter *c = counters; c < counters + COUNTERS; c++) {
		uint64_t add = 0;

		for (size_t i = 0; i < qemu_plugin_tb_n_insns(block); i++) {
			uint32_t word;

			memcpy(&word, qemu_plugin_insn_data(qemu_plugin_tb_get_insn(block, i)),
			       sizeof(word));
			add += (word & c->mask) == c->value;
		}
		if (add)
			qemu_plugin_register_vcpu_tb_exec_inline(block, INLINE_ADD, &c->executed,
								 add);
	}
}

static void print_counters(plugin_id id, void *context)
{
	(void)id, (void)context;
	fputs("icount", stderr);
	for (size_t i = 0; i < COUNTERS; i++)
		fprintf(stderr, " %s=%" PRIu64, counters[i].name, counters[i].executed);
	fputc('\n', stderr);
}

int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv)
{
	(void)info, (void)argc, (void)argv;
	qemu_plugin_register_vcpu_tb_trans_cb(id, count_block);
	qemu_plugin_register_atexit_cb(id, print_counters, NULL);
	return 0;
}
