/* Runs a fuzzer without libFuzzer: with AFL++, or on files and folders. */
#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <err.h>
#include <errno.h>

#define LIMIT_INPUT 262144

/* Tries a copy whose memory ends where it ends. */
static void
try_input(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size == 0 ? 1 : size);

	if (copy == NULL)
		err(71, "malloc");
	memcpy(copy, data, size);
	(void)LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static void
try_file(const char *path)
{
	static uint8_t data[LIMIT_INPUT];
	FILE *file = fopen(path, "rb");
	size_t size;

	if (file == NULL)
		err(66, "%s", path);
	size = fread(data, 1, sizeof(data), file);
	if (ferror(file))
		err(66, "%s", path);
	(void)fclose(file);
	(void)printf("%s\n", path); /* the last one named caused it */
	(void)fflush(stdout);
	try_input(data, size);
}

/* Tries a file, or every file of a folder. Returns how many there were. */
static unsigned
try_path(const char *path)
{
	DIR *folder = opendir(path);
	struct dirent *entry;
	char file[4096];
	unsigned count = 0;

	if (folder == NULL) {
		if (errno != ENOTDIR)
			err(66, "%s", path);
		try_file(path);
		return 1;
	}
	while ((entry = readdir(folder)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(
		    file, sizeof(file), "%s/%s", path, entry->d_name);
		try_file(file);
		count++;
	}
	(void)closedir(folder);
	return count;
}

#ifdef __AFL_FUZZ_TESTCASE_LEN

#include <unistd.h>

/* AFL++'s macros cause warnings here. */
#pragma clang diagnostic ignored "-Wshorten-64-to-32"
#pragma clang diagnostic ignored "-Wmissing-variable-declarations"

__AFL_FUZZ_INIT()

static void
serve_afl(void)
{
	const uint8_t *data;

	__AFL_INIT();
	data = __AFL_FUZZ_TESTCASE_BUF;
	while (__AFL_LOOP(10000))
		try_input(data, (size_t)__AFL_FUZZ_TESTCASE_LEN);
}

#else

static void
serve_afl(void)
{
	errx(64, "usage: fuzz_NAME file-or-folder ...");
}

#endif

int
main(int argc, char **argv)
{
	unsigned count = 0;

	if (argc < 2) {
		serve_afl();
		return 0;
	}
	for (int i = 1; i < argc; i++)
		count += try_path(argv[i]);
	(void)printf("%u inputs\n", count);
	return 0;
}
