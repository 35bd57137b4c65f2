/* Whether the directory's file has changed since it was read. */
#ifndef LISTENER_PARENT_CHANGE_H
#define LISTENER_PARENT_CHANGE_H

#include <stdint.h>
#include <sys/types.h>

/* Remembers the file that is being read, by its open descriptor. */
void change_note(int fd);

/*
 * Forks a process that checks whether path is still that file, and warns if
 * not: a check may block, if the disk hangs. Does this at most once in a while,
 * however often it is called, and never twice at the same time. shown_path is
 * for the message. The caller waits for the process and calls change_ended().
 */
void change_look(const char *path, const char *shown_path, int64_t now_ms);

/* Tells that a process was waited for: it may be the one that checks. */
void change_ended(pid_t pid);

#endif
