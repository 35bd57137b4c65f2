/* Whether the directory's file has changed since it was read. */
#ifndef LISTENER_PARENT_CHANGE_H
#define LISTENER_PARENT_CHANGE_H

#include <stdint.h>
#include <sys/types.h>

/* Remembers the open file that is read now. */
void change_note(int fd);

/*
 * Has a process of its own look whether path is still that file, and if not,
 * say so: the file may be on a disk that hangs. At most once in a while,
 * however often it is called, and not while another such process runs. The
 * process is one to be waited for, whose end change_ended() is told.
 */
void change_look(const char *path, const char *shown_path, int64_t now_ms);

/* A process was waited for; it may be the one that looked. */
void change_ended(pid_t pid);

#endif
