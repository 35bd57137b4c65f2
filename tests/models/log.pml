/*
 * The received log: listener/recorder/recorder.c, desk.c, ledger.c and
 * reading.c; logfile.c of the parent; and what sessions and senders do with the
 * replies. Each #ifdef and #ifndef below is a mutant.
 *
 * Each of MESSAGES senders has one message, and tries TRIES times. Recorders
 * start STARTS times. Recorder, listener or session may be killed at any point,
 * and the power fails POWER times. The file is rotated FILES - 1 times, at any
 * moment, and FAILURES system calls fail. README.md says what is left out.
 */
#ifndef MESSAGES
#define MESSAGES 2
#endif
#ifndef TRIES
#define TRIES 2
#endif
#ifndef STARTS
#define STARTS 2
#endif
#ifndef FILES
#define FILES 2
#endif
#ifndef POWER
#define POWER 1
#endif
#ifndef FAILURES
#define FAILURES 1
#endif
#define RECORDERS 2          /* at once: an old one may still be there */
#define NONE 100
#define OURS MESSAGES        /* the message of the sessions taken over */
#define TAKEN (MESSAGES * TRIES)  /* such a session, with a proof for OURS */
#define UNPROVEN (TAKEN + 1)      /* and one without */
#define SESSIONS (TAKEN + 2)

/*
 * A line in a file. CACHED is written and not synced. ADRIFT is what a failed
 * sync left: readable, and the kernel will not write it again. GHOST was cut
 * off again, which is not synced. Without power, CACHED, ADRIFT and GHOST are
 * on the disk or not.
 */
mtype = {ABSENT, CACHED, ADRIFT, STABLE, GHOST};
/* The recorder's replies. */
mtype = {SILENT, RECORDED, KNOWN, LATER, FAILED};

/* The files, in their order; the newest has the name. */
mtype line[FILES * MESSAGES] = ABSENT;
bool started[FILES];         /* it has its first line */
byte lock[FILES] = NONE;
byte name;

/* Recorders and their listeners. */
bool alive[RECORDERS];
bool parent[RECORDERS];      /* the listener lives */
bool signalled[RECORDERS];   /* SIGUSR1 has come */
byte newest = NONE;          /* the recorder of the listener that lives */
byte serving = NONE;         /* the same, once it takes connections */
byte starts = STARTS;
byte powers = POWER;
byte failures = FAILURES;

/* A request: its session, the session and message of its ticket, its message. */
chan inbox[RECORDERS] = [2] of {byte, byte, byte, byte};
mtype reply[SESSIONS] = SILENT;

/* Only the properties use these. */
bool receipted[MESSAGES];
byte proven[SESSIONS] = NONE; /* for which message */

#define at(f, m) line[(f) * MESSAGES + (m)]
#define readable(x) ((x) == CACHED || (x) == ADRIFT || (x) == STABLE)
#if FILES == 2
#define copies(m) (readable(at(0, m)) + readable(at(1, m)))
#else
#define copies(m) (readable(at(0, m)) + readable(at(1, m)) + \
	readable(at(2, m)))
#endif

#if MESSAGES == 1
#define nothing_missing (!receipted[0] || copies(0) > 0)
#define nothing_twice (copies(0) <= 1)
#else
#define nothing_missing ((!receipted[0] || copies(0) > 0) && \
	(!receipted[1] || copies(1) > 0))
#define nothing_twice (copies(0) <= 1 && copies(1) <= 1)
#endif

inline check()
{
	assert(nothing_missing);
	assert(nothing_twice);
}

/* The kernel closes what a recorder had open. */
inline bury(r)
{
	alive[r] = false; parent[r] = false; signalled[r] = false;
	if
	:: newest == r -> newest = NONE
	:: else
	fi;
	if
	:: serving == r -> serving = NONE
	:: else
	fi;
	k = 0;
	do
	:: k < FILES ->
		if
		:: lock[k] == r -> lock[k] = NONE
		:: else
		fi;
		k++
	:: else -> break
	od;
	do
	:: inbox[r]?_, _, _, _
	:: empty(inbox[r]) -> break
	od;
	k = 0
}

/* fdatasync(2) of a file. good tells how it ends. */
inline sync(f)
{
	k = 0;
	do
	:: k < MESSAGES ->
		if
		:: good && at(f, k) == CACHED -> at(f, k) = STABLE
		:: good && at(f, k) == GHOST -> at(f, k) = ABSENT
		:: !good && at(f, k) == CACHED -> at(f, k) = ADRIFT
		:: else
		fi;
		k++
	:: else -> break
	od;
	k = 0
}

/* Whether the next system call does what it should. */
inline call()
{
	if
	:: good = true
	:: failures > 0 -> failures--; good = false
	fi
}

/* reading.c: what can be read in all files, and where the log ends. */
inline read_back()
{
	k = 0;
	do
	:: k < MESSAGES ->
		remembered[k] = copies(k) > 0;
		seen[k] = readable(at(last, k));
		k++
	:: else -> break
	od;
	k = 0
}

inline find_last()
{
	last = fd;
	do
	:: last > 0 && !started[last] -> last--
	:: else -> break
	od
}

inline clear_seen()
{
	do
	:: k < MESSAGES -> seen[k] = false; k++
	:: else -> break
	od;
	k = 0
}

/* ledger.c, lock_older(): it is as we read it, and nobody writes to it. */
inline lock_older()
{
	good = last == fd || lock[last] == NONE;
	k = 0;
	do
	:: k < MESSAGES ->
#ifndef OLDER_MAY_GROW
		good = good && readable(at(last, k)) == seen[k];
#endif
		k++
	:: else -> break
	od;
	if
	:: good && last != fd -> lock[last] = r
	:: else
	fi;
	k = 0
}

/* ledger.c, settle(): cuts off what is behind the end, writes the last again. */
inline settle()
{
	k = 0;
	do
	:: k < MESSAGES ->
		if
		:: readable(at(last, k)) && !seen[k] -> at(last, k) = GHOST
#ifndef SYNCED_WITHOUT_WRITING
		:: at(last, k) == ADRIFT -> at(last, k) = CACHED
#endif
		:: else
		fi;
		k++
	:: else -> break
	od;
	k = 0;
	check()
}

/* ledger_reopen(), in the file that has the name now. */
inline reopen()
{
	signalled[r] = false;
	call();
	if
	:: good && name != fd && lock[name] == NONE ->
		lock[fd] = NONE; lock[name] = r;
		fd = name; started[fd] = true
	:: else
	fi;
	good = false
}

/* desk_serve(): one request. */
inline take()
{
	inbox[r]?s, ticket, subject, m;
	if
#ifndef TICKET_REUSED
	:: ticket != s                /* ends the client */
#endif
#ifndef TICKET_FOR_ANY_MESSAGE
	:: subject != m
#endif
	:: else ->
		assert(proven[s] == m);
		if
		:: m == OURS          /* it does not matter to others */
		:: m != OURS && remembered[m] -> reply[s] = KNOWN
#ifndef WAITING_NOT_LOOKED_AT
		:: m != OURS && !remembered[m] && waits[m] != NONE ->
			reply[s] = LATER
		:: m != OURS && !remembered[m] && waits[m] == NONE ->
#else
		:: m != OURS && !remembered[m] ->
			twice[m] = waits[m] != NONE;
#endif
			waits[m] = s;
#ifdef MEMORY_BEFORE_LINE
			remembered[m] = true
#endif
		fi
	fi;
	s = 0; ticket = 0; subject = 0; m = 0
}

/* pwrite(2) of all that wait. A write that fails may have written some. */
inline write_lines()
{
	k = 0;
	do
	:: k < MESSAGES && waits[k] != NONE && (good || k == 0) ->
		assert(copies(k) == 0);       /* nothing stands twice */
#ifdef WAITING_NOT_LOOKED_AT
		assert(!twice[k]);            /* nothing stands twice */
#endif
		at(fd, k) = CACHED; k++
	:: k < MESSAGES && !(waits[k] != NONE && (good || k == 0)) -> k++
	:: else -> break
	od;
	k = 0
}

/* take_back(): ftruncate(2). */
inline cut_off()
{
	k = 0;
	do
	:: k < MESSAGES ->
		if
		:: waits[k] != NONE && readable(at(fd, k)) -> at(fd, k) = GHOST
		:: else
		fi;
		k++
	:: else -> break
	od;
	k = 0
}

inline reply_all(what)
{
	k = 0;
	do
	:: k < MESSAGES && waits[k] != NONE ->
		reply[waits[k]] = what; k++
	:: k < MESSAGES && waits[k] == NONE -> k++
	:: else -> break
	od;
	k = 0
}

/* The lines are on the disk: they are remembered. */
inline remember_all()
{
	k = 0;
	do
	:: k < MESSAGES ->
		remembered[k] = remembered[k] || waits[k] != NONE;
		waits[k] = NONE; k++
	:: else -> break
	od;
	k = 0
}

inline forget_all()
{
	k = 0;
	do
	:: k < MESSAGES -> waits[k] = NONE; k++
	:: else -> break
	od;
	k = 0
}

#if MESSAGES == 1
#define somebody_waits (waits[0] != NONE)
#else
#define somebody_waits (waits[0] != NONE || waits[1] != NONE)
#endif

/*
 * recorder.c. The lock of the file is taken before the listener serves, or the
 * start fails; then the service manager tries again.
 */
proctype recorder(byte r)
{
	byte fd, last, k, s, ticket, subject, m;
	byte waits[MESSAGES] = NONE;  /* for the disk: which session */
	bool remembered[MESSAGES], seen[MESSAGES];
	bool good;
#ifdef WAITING_NOT_LOOKED_AT
	bool twice[MESSAGES];
#endif

begin:
	atomic {
		fd = 0; last = 0; s = 0; ticket = 0; subject = 0; m = 0;
		good = false;
		forget_all();
		clear_seen();
		do
		:: k < MESSAGES -> remembered[k] = false; k++
		:: else -> break
		od;
		k = 0
	}
end:
	atomic {
#ifndef NOT_LOCKED
		!alive[r] && starts > 0 && newest == NONE && lock[name] == NONE ->
#else
		!alive[r] && starts > 0 && newest == NONE ->
#endif
		starts--; alive[r] = true; parent[r] = true; newest = r;
		fd = name; lock[fd] = r;
		find_last()
	}
	{
		/* reading_log() and ledger_open() */
		atomic { read_back() }
		atomic {
			lock_older();
			if
			:: good
			:: else -> bury(r); goto begin
			fi
		}
#ifndef NOT_SETTLED
		atomic { settle() }
		atomic {
			call(); sync(last);
			if
			:: good
			:: else -> bury(r); goto begin
			fi
		}
#endif
		atomic {
			started[fd] = true;
			if
			:: last != fd && lock[last] == r -> lock[last] = NONE
			:: else
			fi;
			last = 0; good = false;
			clear_seen();
			if
			:: newest == r -> serving = r
			:: else
			fi
		}
		do
		:: atomic { !parent[r] -> bury(r); goto begin }
		:: atomic { signalled[r] -> reopen() }
		:: atomic { len(inbox[r]) > 0 -> take() }
		:: atomic { somebody_waits -> call(); write_lines() }
#ifdef RECEIPT_BEFORE_SYNC
			atomic { reply_all(RECORDED) }
#endif
#ifdef REOPENED_BEFORE_SYNC
			if
			:: atomic { good && signalled[r] -> reopen(); good = true }
			:: true
			fi;
#endif
			atomic {
				if
				:: good -> call(); sync(fd)
				:: else
				fi
			}
			if
			:: good ->
				atomic {
					reply_all(RECORDED); remember_all();
					good = false
				}
			:: else ->
#ifndef NOT_TAKEN_BACK
				atomic { cut_off() }
#ifndef NOT_TAKEN_BACK_ON_DISK
				atomic {
					call(); sync(fd);
					if
					:: good -> good = false
					:: else ->
						reply_all(FAILED);
						bury(r); goto begin
					fi
				}
#endif
#endif
				atomic { reply_all(FAILED); forget_all() }
			fi
		od
	} unless { atomic { !alive[r] -> goto begin } }
}

/*
 * A sender, who retries with the same id, and a session for each try. A session
 * that is killed, or whose deadline passes, leaves its request behind. The
 * recorder may still act on it.
 */
proctype sender(byte i)
{
	byte tries, s;

	do
	:: atomic {
		tries < TRIES && serving != NONE && nfull(inbox[serving]) ->
		s = i * TRIES + tries; tries++;
		proven[s] = i;
		inbox[serving]!s, s, i, i
	   }
		if
		:: atomic {
			reply[s] == RECORDED || reply[s] == KNOWN ->
			receipted[i] = true;
			check()
		   }
		:: atomic { reply[s] == LATER || reply[s] == FAILED -> skip }
		:: true               /* killed, or the receipt is lost */
		fi
	:: tries == TRIES -> break
	od
}

/*
 * Two sessions that were taken over. One has a proof for a message of its own,
 * and hands its ticket to the other.
 */
proctype hostile()
{
	atomic {
		serving != NONE && nfull(inbox[serving]) ->
		proven[TAKEN] = OURS;
		if
		:: inbox[serving]!UNPROVEN, TAKEN, OURS, OURS
		:: inbox[serving]!TAKEN, TAKEN, OURS, 0
		fi
	}
}

/* Each line that is not certain to be on the disk is there or not. */
inline lose_power()
{
	j = 0;
	do
	:: j < FILES * MESSAGES && line[j] == STABLE -> j++
	:: j < FILES * MESSAGES && line[j] == ABSENT -> j++
	:: j < FILES * MESSAGES && line[j] != STABLE && line[j] != ABSENT ->
		if
		:: line[j] = STABLE
		:: line[j] = ABSENT
		fi;
		j++
	:: else -> break
	od;
	j = 0
}

/* Rotations, signals and deaths. */
proctype world()
{
	byte j, k;

end:
	do
	:: atomic { alive[0] -> bury(0) }
	:: atomic { alive[1] -> bury(1) }
	:: atomic {                   /* the listener; its recorder lives on */
		newest != NONE ->
		parent[newest] = false; newest = NONE; serving = NONE
	   }
	:: atomic {                   /* rename, create */
		name < FILES - 1 -> name++
	   }
	:: atomic {                   /* signal; it may be lost in a restart */
		serving != NONE && !signalled[serving] && name > 0 &&
		!started[name] -> signalled[serving] = true
	   }
	:: atomic {
		powers > 0 -> powers--;
		bury(0); bury(1);
		lose_power();
		check()
	   }
	od
}

init {
	byte i;

	atomic {
		i = 0;
		do
		:: i < MESSAGES -> run sender(i); i++
		:: else -> break
		od;
		run recorder(0); run recorder(1);
#ifdef HOSTILE
		run hostile();
#endif
		run world()
	}
}
