/* Wiping memory after use. */
#include "common/base/wipe.h"

#include <openssl/crypto.h>

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/error.h"

/* bytes; libcrypto uses about 6 KB of the stack to multiply points */
#define STACK (32 * 1024)

void
wipe_free(void *memory)
{
	if (memory != NULL)
		explicit_bzero(memory, malloc_usable_size(memory));
	free(memory);
}

static void *
get(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return malloc(size);
}

/* Does not use realloc(3), which may leave a copy in the old memory. */
static void *
resize(void *memory, size_t size, const char *file, int line)
{
	size_t old = memory == NULL ? 0 : malloc_usable_size(memory);
	void *moved = size == 0 ? NULL : get(size, file, line);

	if (size != 0 && moved == NULL)
		return NULL;
	if (moved != NULL && memory != NULL)
		memcpy(moved, memory, old < size ? old : size);
	wipe_free(memory);
	return moved;
}

static void
give_back(void *memory, const char *file, int line)
{
	(void)file;
	(void)line;
	wipe_free(memory);
}

int
wipe_libcrypto(void)
{
	CRYPTO_free_fn now;

	CRYPTO_get_mem_functions(NULL, NULL, &now);
	if (now == give_back)
		return CHAT_OK;
	return CRYPTO_set_mem_functions(get, resize, give_back) == 1
	    ? CHAT_OK
	    : CHAT_EINTERNAL;
}

__attribute__((noinline)) void
wipe_stack(void)
{
	char below[STACK];

	explicit_bzero(below, sizeof(below));
}
