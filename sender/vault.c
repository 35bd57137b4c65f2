/* The memory that a look-up does not get. */
#include "sender/vault.h"

#include <sys/mman.h>

#include "common/base/error.h"

static struct vault *vault;

struct vault *
vault_open(void)
{
	void *memory = mmap(NULL, sizeof(*vault), PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory != MAP_FAILED)
		vault = memory;
	return vault;
}

int
vault_lock(void)
{
	if (vault == NULL)
		return CHAT_OK;
	return madvise(vault, sizeof(*vault), MADV_DONTFORK) == 0 ? CHAT_OK
								  : CHAT_EIO;
}
