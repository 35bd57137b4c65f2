/* Moments that survive a set clock and a boot. */
#include "sender/keep/moment.h"

#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BOOT_FILE "/proc/sys/kernel/random/boot_id"

/* Reads the id of this boot; empty if there is none. */
static void
read_boot(char boot[SIZE_BOOT])
{
	int fd = open(BOOT_FILE, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd == -1 ? -1 : read(fd, boot, SIZE_BOOT - 1);

	if (fd != -1)
		(void)close(fd);
	boot[n > 0 ? n : 0] = '\0';
	boot[strspn(boot, "0123456789abcdef-")] = '\0';
}

void
moment_now(struct moment *now)
{
	static char boot[SIZE_BOOT];
	struct timespec up = {0};

	if (*boot == '\0')
		read_boot(boot);
	(void)clock_gettime(CLOCK_BOOTTIME, &up);
	now->wall = (int64_t)time(NULL);
	now->up = (int64_t)up.tv_sec;
	memcpy(now->boot, boot, SIZE_BOOT);
}

int64_t
moment_between(const struct moment *then, const struct moment *now)
{
	int64_t passed = now->wall - then->wall;

	if (*now->boot != '\0' && strcmp(then->boot, now->boot) == 0)
		passed = now->up - then->up;
	return passed > 0 ? passed : 0;
}
