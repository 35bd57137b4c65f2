/*
 * Makes a log of so many messages, by the functions of the recorder but without
 * its syncs. usage: fill FILE COUNT
 */
#include <err.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "listener/recorder/ledger.h"
#include "tests/bench/floor.h"

static int
no_sync(int fd)
{
	(void)fd;
	return 0;
}

static const struct disk disk = {pwrite, no_sync, ftruncate};

static void
append(struct ledger *ledger, uint64_t n)
{
	uint8_t id[SIZE_ID] = {0};
	const struct record record = {.id = id,
	    .from = "bob",
	    .to = "alice",
	    .listed = true,
	    .address = "127.0.0.1",
	    .sent = time(NULL),
	    .received = time(NULL),
	    .text = FLOOR_TEXT,
	    .len = sizeof(FLOOR_TEXT) - 1};
	enum ledger_status status;
	struct mark mark = {.id = {0}};

	memcpy(id, &n, sizeof(n));
	memcpy(mark.id, &n, sizeof(n));
	if (ledger_add(ledger, &mark, &record, &status) != 0 ||
	    status != LEDGER_WAITS)
		errx(1, "message %llu does not fit", (unsigned long long)n);
}

int
main(int argc, char *argv[])
{
	static struct ledger ledger;
	const struct reading nothing = {.last = -1};
	struct memory *memory = memory_open();
	struct suite suite;
	int fd =
	    argc == 3 ? open(argv[1], O_RDWR | O_CREAT | O_EXCL, 0600) : -1;
	uint64_t count = argc == 3 ? strtoull(argv[2], NULL, 10) : 0;

	if (fd == -1)
		err(1, "usage: fill FILE COUNT: a new file");
	if (memory == NULL || suite_open(&suite) != 0 ||
	    ledger_open(&ledger, &suite, &disk, memory, fd, &nothing) != 0)
		errx(1, "cannot start");
	for (uint64_t n = 0; n < count; n++) {
		append(&ledger, n);
		if (!ledger_is_full(&ledger) && n + 1 < count)
			continue;
		if (ledger_commit(&ledger) != 0)
			err(1, "%s", argv[1]);
		ledger_clear(&ledger);
	}
	ledger_close(&ledger);
	free(memory);
	suite_close(&suite);
	return 0;
}
