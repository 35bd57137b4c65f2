/*
 * The keyholder's table of requests and the turn to write: listener/keyholder/answer.c,
 * turn.c and keyholder.c, and how session.c uses them. Functions of the C
 * code keep their names; each #ifdef and #ifndef below is a mutant.
 *
 * Of SESSIONS sessions, the first HONEST follow session.c, all with the one
 * message of one sender: each life of a session is a retry of it, and several
 * may be under way at once. The others are taken over: they may say anything
 * at any time. A session may die at any point; each has LIVES lives, or
 * HOSTILE_LIVES, all in the same slot. README.md says what is left out.
 */
#ifndef SESSIONS
#define SESSIONS 3
#endif
#ifndef HONEST
#define HONEST 1
#endif
#ifndef LIVES
#define LIVES 2
#endif
#ifndef HOSTILE_LIVES
#define HOSTILE_LIVES LIVES
#endif
#define MOST_LEFT 2 /* the listener shows one message, or up to so many */
#define NOBODY SESSIONS
#define is_honest(i) ((i) < HONEST)

/* The states of a slot, slot.h; the first four are also the requests. */
mtype = {BEGIN, VERIFY, DELIVER, DONE, FREE, WAITING, ENDED};
/* Requests besides these four. */
mtype = {UNKNOWN, HANG_UP};
/* What requests say, */
mtype = {GOOD, BAD, MISSIZED, ID_1, ID_2, ALL, NOTHING, PART};
/* and replies besides GOOD and BAD. */
mtype = {GO, GO_ON_NEW, DUPLICATE, BUSY};

/* struct slot; slot i belongs to session i */
mtype state[SESSIONS] = FREE;
byte mark[SESSIONS];         /* from and id: 0 the honest message's */
byte lives[SESSIONS] = LIVES;

/* struct answer_state: turn, memory, left. */
byte holder = NOBODY;
chan queue = [SESSIONS] of {byte};
bool torn;
bool remembered[3];          /* by mark */
byte left;

/* An honest session's channel: both ends, and what is on its way. */
bool keyholder_end[SESSIONS], session_end[SESSIONS];
chan request[SESSIONS] = [1] of {mtype, mtype};
chan reply[SESSIONS] = [1] of {mtype};

/* Only the properties use these. */
byte released[SESSIONS];     /* keys given out in this life */
bool proven[SESSIONS];       /* a right proof came in this life */
bool done[3];                /* DONE{ALL} came for this mark */
byte written;                /* how often the honest message was written */
byte lost;                   /* how often its DONE was lost after that */
bool half;                   /* the output ends with part of a line */

/* Fails if the session has gone. */
inline send_reply(i, what)
{
	if
	:: is_honest(i) && session_end[i] -> reply[i]!what; failed = false
	:: is_honest(i) && !session_end[i] -> failed = true
	:: !is_honest(i) -> failed = false
	:: !is_honest(i) -> failed = true
	fi
}

inline grant(i)
{
	state[i] = ENDED;
	if
#ifndef MEMORY_ASKED_TOO_EARLY
	:: remembered[mark[i]] -> send_reply(i, DUPLICATE)
	:: !remembered[mark[i]] && left == 0 -> send_reply(i, BUSY)
#else
	:: left == 0 -> send_reply(i, BUSY)
#endif
	:: else ->
		assert(!done[mark[i]]);       /* nothing is shown twice */
		holder = i;
		state[i] = DONE;
#ifdef REMEMBERED_BEFORE_WRITING
		remembered[mark[i]] = true;
#endif
		if
		:: torn -> send_reply(i, GO_ON_NEW)
		:: else -> send_reply(i, GO)
		fi
	fi
}

inline hand_on()
{
	do
#ifndef GRANTED_WITHOUT_LOOKING
	:: holder == NOBODY && len(queue) > 0 ->
#else
	:: len(queue) > 0 ->
#endif
		queue?next;                   /* turn_next() */
		grant(next);
		if
		:: failed && holder == next -> holder = NOBODY; state[next] = ENDED
		:: failed && holder != next -> state[next] = ENDED
		:: else
		fi;
		failed = false
	:: else -> break
	od;
	next = 0
}

inline answer_end(i)
{
	keyholder_end[i] = false;             /* close() */
#ifndef LEFT_IN_THE_QUEUE
	if                                    /* turn_leave() */
	:: queue??[eval(i)] -> queue??eval(i)
	:: !queue??[eval(i)]
	fi;
#endif
	if
#ifndef TORN_FORGOTTEN
	:: holder == i -> holder = NOBODY; torn = true
#else
	:: holder == i -> holder = NOBODY
#endif
	:: else
	fi;
	mark[i] = 0; released[i] = 0; proven[i] = false;
#ifndef SLOT_NOT_FREED
	state[i] = FREE;
#endif
#ifndef NOT_PASSED_ON_AT_DEATH
	hand_on()
#endif
}

inline answer_begin(i, says)                  /* BAD: pA is not a point */
{
	if
	:: says == GOOD -> state[i] = VERIFY; send_reply(i, GOOD)
	:: else -> state[i] = ENDED; send_reply(i, BAD)
	fi
}

inline answer_verify(i, says)                 /* BAD: a wrong proof */
{
	proven[i] = proven[i] || says == GOOD;
	if
#ifndef RELEASED_WITHOUT_PROOF
	:: says == GOOD ->
#else
	:: true ->
#endif
		released[i]++;
		assert(proven[i]);            /* no key without a right proof */
		assert(released[i] == 1);     /* and none twice */
#ifndef VERIFY_REPEATABLE
		state[i] = DELIVER;
#endif
		send_reply(i, GOOD)
#ifndef RELEASED_WITHOUT_PROOF
	:: else -> state[i] = ENDED; send_reply(i, BAD)
#endif
	fi
}

inline answer_deliver(i, says)
{
	mark[i] = (is_honest(i) -> 0 : (says == ID_1 -> 1 : 2));
	state[i] = WAITING;
#ifdef MEMORY_ASKED_TOO_EARLY
	if
	:: remembered[mark[i]] -> state[i] = ENDED; send_reply(i, DUPLICATE)
	:: else -> queue!i
	fi;
	failed = false;
#else
	queue!i;                              /* turn_queue() */
#endif
	hand_on()
}

inline answer_done(i, says)
{
	state[i] = ENDED;
	holder = NOBODY;
	if
	:: says == ALL ->
		torn = false;
		assert(left > 0);             /* at most as many as asked for */
		left--;
		remembered[mark[i]] = true;
		done[mark[i]] = true
	:: says == NOTHING
	:: else -> torn = true
	fi;
#ifndef NOT_PASSED_ON_WHEN_DONE
	hand_on()
#endif
}

/*
 * answer_request() and its table, line by line. A request that no line allows,
 * by its number, size and state, ends the channel; so does a line that fails.
 */
inline answer(i, what, says)
{
	if
	:: what == BEGIN && state[i] == BEGIN && says != MISSIZED ->
		answer_begin(i, says)
	:: what == VERIFY && state[i] == VERIFY && says != MISSIZED ->
		answer_verify(i, says)
	:: what == DELIVER && state[i] == DELIVER && says != MISSIZED ->
		answer_deliver(i, says)
	:: what == DONE && state[i] == DONE && says != MISSIZED ->
		answer_done(i, says)
	:: else -> failed = true
	fi;
	if
	:: failed -> failed = false; answer_end(i)
	:: else
	fi
}

/* keyholder.c, serve(): the next datagram, or the end of the channel. */
#define hung_up(i) (!session_end[i] && len(request[i]) == 0)
#define can_serve(i) (keyholder_end[i] && \
	(!is_honest(i) || hung_up(i) || len(request[i]) > 0))

inline read_honest(i)
{
	if
	:: hung_up(i) -> what = HANG_UP
	:: else -> request[i]?what, says
	fi
}

inline read_hostile(i)
{
	if
	:: what = HANG_UP
	:: what = UNKNOWN
	:: what = BEGIN; says = GOOD
	:: what = BEGIN; says = BAD
	:: what = VERIFY; says = GOOD
	:: what = VERIFY; says = BAD
	:: what = DELIVER; says = ID_1
	:: what = DELIVER; says = ID_2
	:: what = DONE; says = ALL
	:: what = DONE; says = NOTHING
	:: what = DONE; says = PART
	:: what = state[i]; says = MISSIZED
	fi
}

inline serve(i)
{
	if
	:: is_honest(i) -> read_honest(i)
	:: else -> read_hostile(i)
	fi;
	if
	:: what == HANG_UP -> answer_end(i)
	:: else -> answer(i, what, says)
	fi;
	what = 0; says = 0
}

/* keyholder.c, admit(). */
#define can_admit(i) (state[i] == FREE && lives[i] > 0 && !session_end[i])

inline admit(i)
{
	lives[i]--;
	state[i] = BEGIN;
	keyholder_end[i] = true
}

/* What holds whenever the keyholder is idle. */
inline check_turn()
{
	assert(holder == NOBODY || state[holder] == DONE);
	assert(holder != NOBODY || len(queue) == 0);  /* never lost */
	next = 0;
	do
	:: next < SESSIONS ->
		assert(state[next] != DONE || holder == next); /* never two */
		assert((state[next] == WAITING) ==
		    (queue??[eval(next)] -> true : false));
		next++
	:: else -> break
	od;
	next = 0
}

#define has_work(i) (can_serve(i) || (!is_honest(i) && can_admit(i)))

/* take_events(): one event after the other, in any order. */
active proctype keyholder()
{
	byte i, next;
	mtype what, says;
	bool failed;

	atomic {
		select(left : 1 .. MOST_LEFT);
		do
		:: i < SESSIONS && is_honest(i) -> i++
		:: i < SESSIONS && !is_honest(i) ->
			lives[i] = HOSTILE_LIVES; i++
		:: else -> break
		od;
		i = 0
	}
end:
	do
	:: atomic {
		if
		:: has_work(0) -> i = 0
#if SESSIONS > 1
		:: has_work(1) -> i = 1
#endif
#if SESSIONS > 2
		:: has_work(2) -> i = 2
#endif
#if SESSIONS > 3
		:: has_work(3) -> i = 3
#endif
		fi;
		if
		:: can_serve(i) -> serve(i)
		:: else -> admit(i)
		fi;
		check_turn();
		i = 0
	   }
	od
}

/* session_keyholder.c, put(). */
inline put(i, what, says)
{
	if
	:: atomic { keyholder_end[i] -> request[i]!what, says }
	:: mortal || !keyholder_end[i] -> goto gone
	fi
}

/* session_keyholder.c, get(). */
inline get(i)
{
	if
	:: atomic { len(reply[i]) > 0 -> reply[i]?verdict }
	:: mortal || (len(reply[i]) == 0 && !keyholder_end[i]) -> goto gone
	fi
}

/*
 * show(). If it is killed between writing and DONE, the message is not
 * remembered.
 */
inline write_out(i)
{
	assert(verdict == GO_ON_NEW || !half || HONEST < SESSIONS);
	if
	:: atomic { half = false; written++; lost++ }
		put(i, DONE, ALL);
		lost--
	:: put(i, DONE, NOTHING); goto gone
	:: half = true; put(i, DONE, PART); goto gone
	fi
}

/*
 * session.c, converse(). A peer that fails to prove itself is a session that
 * ends early. A session that is not mortal waits for a reply for ever; no
 * deadline helps it.
 */
proctype session(byte i)
{
	mtype verdict;
	bool mortal;

	do
	:: atomic {
		can_admit(i) -> admit(i);
		session_end[i] = true;
		if
		:: mortal = true
		:: mortal = false
		fi
	   }
		put(i, BEGIN, GOOD); get(i);
		put(i, VERIFY, GOOD); get(i);
		put(i, DELIVER, ID_1); get(i);
		if
		:: verdict == GO || verdict == GO_ON_NEW -> write_out(i)
		:: verdict == DUPLICATE
		:: verdict == BUSY -> goto gone
		fi;
		assert(written > 0);          /* no receipt for the unseen */
gone:
	atomic {
		assert(written <= 1 + lost);  /* shown once, with all retries */
		session_end[i] = false;
		if
		:: len(reply[i]) > 0 -> reply[i]?_
		:: else
		fi;
		verdict = 0; mortal = false
	}
	:: lives[i] == 0 && !session_end[i] -> break
	od
}

/* When nothing more can happen, no session is stuck. */
init {
	byte i;

	atomic {
		do
		:: i < HONEST -> run session(i); i++
		:: else -> break
		od
	}
	timeout ->
	i = 0;
	do
	:: i < SESSIONS -> assert(state[i] == FREE && lives[i] == 0); i++
	:: else -> break
	od
}
