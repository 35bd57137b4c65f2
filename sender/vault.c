/* Passwords and the message, and which process has them. */
#include "sender/vault.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/base/error.h"

static struct {
	uint8_t *pages; /* passwords, two a page, and the text behind them */
	size_t size;
	size_t page;
	size_t recipients;
} vault;

int
vault_open(size_t recipients)
{
	void *memory;

	vault.page = (size_t)sysconf(_SC_PAGESIZE);
	vault.recipients = recipients;
	vault.size = recipients * vault.page + sizeof(struct text);
	memory = mmap(NULL, vault.size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED ||
	    madvise(memory, vault.size, MADV_WIPEONFORK) != 0)
		return CHAT_EIO;
	vault.pages = memory;
	return CHAT_OK;
}

struct password_pair *
vault_passwords(size_t recipient)
{
	return (void *)(vault.pages + recipient * vault.page);
}

struct text *
vault_text(void)
{
	return (void *)(vault.pages + vault.recipients * vault.page);
}

/* Allows or forbids that a child gets the text and these passwords. */
static int
lend(size_t recipient, int advice)
{
	if (madvise(vault_passwords(recipient), vault.page, advice) != 0)
		return CHAT_EIO;
	return madvise(vault_text(), sizeof(struct text), advice);
}

pid_t
vault_fork(size_t recipient)
{
	pid_t pid = -1;

	if (lend(recipient, MADV_KEEPONFORK) == 0)
		pid = fork();
	/* Both parent and child take it back. */
	if (lend(recipient, MADV_WIPEONFORK) != 0 && pid == 0)
		_exit(EXIT_FAILURE);
	return pid;
}

void
password_pair_wipe(struct password_pair *pair)
{
	explicit_bzero(pair, sizeof(*pair));
}
