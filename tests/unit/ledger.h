/*
 * A log in a folder of its own, for tests of the recorder: messages by number,
 * files as they are on a disk that can fail.
 */
#ifndef TESTS_UNIT_LEDGER_H
#define TESTS_UNIT_LEDGER_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/error.h"
#include "listener/recorder/ledger.h"
#include "tests/unit/unit.h"

#define LOG_WHEN 1795404121 /* 2026-11-23T03:22:01Z */
#define LOG_NAME "log"

static struct suite log_suite;
static struct memory *log_memory;
static struct ledger ledger;
static char log_folder[64];

/* Syncs take time, and most tests have no use for them. */
static inline int
log_no_sync(int fd)
{
	(void)fd;
	return 0;
}

static const struct disk log_disk = {pwrite, log_no_sync, ftruncate};

static inline void
log_setup(void)
{
	(void)strcpy(log_folder, "/tmp/chat-unit.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(log_folder));
	ck_assert_int_eq(chdir(log_folder), 0);
	ck_assert_int_eq(suite_open(&log_suite), 0);
	ck_assert_ptr_nonnull(log_memory = memory_open());
}

static inline void
log_teardown(void)
{
	DIR *dir = opendir(log_folder);
	struct dirent *entry;

	free(log_memory);
	suite_close(&log_suite);
	while ((entry = readdir(dir)) != NULL)
		(void)unlinkat(dirfd(dir), entry->d_name, 0);
	(void)closedir(dir);
	(void)rmdir(log_folder);
}

/* Opens a file, which is made if it does not exist. */
static inline int
log_file(const char *name)
{
	int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	ck_assert_int_ne(fd, -1);
	return fd;
}

/* Reads a file; the bytes are good until the next call. */
static inline const char *
log_bytes(const char *name, size_t *len)
{
	static char bytes[1 << 23];
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	ck_assert_int_ne(fd, -1);
	n = read(fd, bytes, sizeof(bytes) - 1);
	ck_assert(n >= 0 && n < (ssize_t)sizeof(bytes) - 1);
	(void)close(fd);
	bytes[n] = '\0';
	*len = (size_t)n;
	return bytes;
}

static inline void
log_put(const char *name, const char *bytes, size_t len)
{
	int fd = log_file(name);

	ck_assert_int_eq(ftruncate(fd, 0), 0);
	ck_assert_int_eq(write(fd, bytes, len), (ssize_t)len);
	(void)close(fd);
}

/* The record of message n, and its mark. */
static inline struct record
log_record(uint32_t n, struct mark *mark)
{
	static uint8_t id[SIZE_ID];
	static char text[32];
	struct record record = {.id = id,
	    .from = "bob",
	    .to = "alice",
	    .listed = true,
	    .address = "192.0.2.7",
	    .sent = LOG_WHEN - 1,
	    .received = LOG_WHEN,
	    .text = text};
	struct span span = {text, 0};
	uint8_t digest[SIZE_HASH];

	memcpy(id, &n, sizeof(n));
	span.len = record.len =
	    (size_t)snprintf(text, sizeof(text), "message %u", n);
	if (suite_sha256(&log_suite, &span, 1, digest) != 0 ||
	    memory_mark(log_memory, &log_suite, record.from, record.listed,
		record.id, digest, mark) != 0)
		ck_abort_msg("no mark");
	return record;
}

/* Adds message n to the next write; returns an enum ledger_status. */
static inline int
log_add(uint32_t n)
{
	enum ledger_status status;
	struct mark mark;
	struct record record = log_record(n, &mark);
	int error = ledger_add(&ledger, &mark, &record, &status);

	ck_assert_int_eq(error, 0);
	return (int)status;
}

/* Reads `name` back, and then the ledger goes on in it, or does not. */
static inline int
log_open_after(const char *name, const char *const older[], size_t count,
    const struct disk *disk, struct reading *reading,
    struct reading_fault *fault)
{
	int fds[OLDER_MOST], fd = log_file(name), error;

	for (size_t i = 0; i < count; i++)
		ck_assert_int_ne(
		    fds[i] = open(older[i], O_RDWR | O_CLOEXEC), -1);
	ck_assert_int_eq(ledger_lock(fd), 0);
	error =
	    reading_log(&log_suite, log_memory, fd, fds, count, reading, fault);
	if (error != 0) {
		(void)close(fd);
	} else if ((error = ledger_open(&ledger, &log_suite, disk, log_memory,
			fd, reading)) != 0) {
		ledger_close(&ledger);
	}
	for (size_t i = 0; i < count; i++)
		(void)close(fds[i]);
	return error;
}

static inline void
log_open(void)
{
	struct reading_fault fault;
	struct reading reading;

	ck_assert_int_eq(
	    log_open_after(LOG_NAME, NULL, 0, &log_disk, &reading, &fault), 0);
}

/* A new process, which remembers nothing. */
static inline void
log_forget(void)
{
	free(log_memory);
	ck_assert_ptr_nonnull(log_memory = memory_open());
}

static inline void
log_restart(void)
{
	ledger_close(&ledger);
	log_forget();
	log_open();
}

/* Records one message on its own. */
static inline void
log_one(uint32_t n)
{
	ck_assert_int_eq(log_add(n), LEDGER_WAITS);
	ck_assert_int_eq(ledger_commit(&ledger), 0);
	ledger_clear(&ledger);
}

static inline void
log_range(uint32_t from, uint32_t to)
{
	for (; from < to; from++)
		log_one(from);
}

/* How often message n stands in these bytes. */
static inline size_t
log_count(const char *bytes, size_t len, uint32_t n)
{
	char text[48];
	int text_len = snprintf(text, sizeof(text), "\"message %u\"", n);
	const char *p = bytes, *end = bytes + len;
	size_t count = 0;

	while ((p = memmem(p, (size_t)(end - p), text, (size_t)text_len)) !=
	    NULL) {
		p += text_len;
		count++;
	}
	return count;
}

#endif
