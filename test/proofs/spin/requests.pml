/*
 * The life of requests on two chains, as AccessRequests (B, where they are made) and AccessGrants (A, where they are decided) have it, with
 * relayers that carry messages between them, crash, repeat and reorder, with pauses of either lane, and with expiry.
 *
 * Time is in ticks of an hour: a request expires at tick EXPIRY, and B waits for WINDOW more, and for as long as its lane was paused.
 * The chains' clocks are apart by a tick at most; an answer from B's future waits, as the contract asks. Each relayer holds what it read
 * until it sends it, however late; what was read before the chain moved on is refused by the contract's own conditions, which stand in the
 * inlines below, each named as the function that it models. Faults have budgets, so that every run ends; that each does is checked too.
 *
 * Set by -D: REQUESTS, RELAYERS, THRESHOLD, CRASHES, REPEATS, PAUSES (0 or 1 of each lane), REVOKES (0 or 1), LIAR (0 or 1), LIMIT (of grants).
 * Broken on purpose by -D, for tests: LATE_REFUSED, UNCHECKED_EXPIRY, UNCOUNTED, TWICE. Each must give an error, and so must THRESHOLD=1 with LIAR=1:
 * then one relayer that lies is enough.
 */
#ifndef REQUESTS
#define REQUESTS 2
#endif
#ifndef RELAYERS
#define RELAYERS 2
#endif
#ifndef THRESHOLD
#define THRESHOLD 2
#endif
#ifndef LIAR
#define LIAR 0
#endif
#ifndef PAUSES
#define PAUSES 1
#endif
#ifndef REVOKES
#define REVOKES 1
#endif
#ifndef CRASHES
#define CRASHES 1
#endif
#ifndef REPEATS
#define REPEATS 1
#endif
#ifndef LIMIT
#define LIMIT 1
#endif
#define EXPIRY 1
#define WINDOW 1
#define PAUSED_AT_MOST 1
#define LAST (EXPIRY + WINDOW + PAUSED_AT_MOST)

/* RequestState, as the contracts number it. */
#define NONE 0
#define PENDING 1
#define AUTHORIZED 2
#define GRANTED 3
#define DENIED 4
#define REFUSED 5
#define EXPIRED 6
#define ENDED(state) (state >= GRANTED)

/* What a relayer holds. */
#define NOTHING 0
#define REQUEST 1
#define RE_ENCRYPTION 2
#define ANSWER 3

byte clockA, clockB;
bool pausedA, pausedB, wasPausedA, wasPausedB;
byte pausedTicksB;
byte crashes, repeats;
byte granted; /* AccessLedger's count */
bool revoked;

byte asked;
#define ALL_ASKED (asked == REQUESTS)

byte stateA[REQUESTS];
byte stateB[REQUESTS];
byte decidedAt[REQUESTS];
byte decisions[REQUESTS]; /* how often A ended it */
bool approved[REQUESTS]; /* by the owner */
bool answered[REQUESTS]; /* B took an answer */
byte signedTrue[REQUESTS]; /* a bit for each relayer that attests A's answer */
byte signedReEncryption[REQUESTS];

/* Bits of x; there are three relayers at most. */
#define COUNT(x) ((x & 1) + ((x >> 1) & 1) + ((x >> 2) & 1))

inline conclude(r, state) {
  stateA[r] = state;
  decidedAt[r] = clockA;
  decisions[r]++;
  assert(decisions[r] == 1)
}

/* AccessGrants.deliverRequest */
#ifdef TWICE
#define CAN_DELIVER(r) (!pausedA && clockA < EXPIRY)
#else
#define CAN_DELIVER(r) (stateA[r] == NONE && !pausedA && clockA < EXPIRY)
#endif
inline deliverRequest(r) {
  stateA[r] = PENDING;
  if
  :: revoked -> conclude(r, REFUSED)
  :: else
  fi
}

/* AccessGrants.authorize: Algorithm 1, and what is logged. */
#define CAN_AUTHORIZE(r) (stateA[r] == PENDING && !pausedA && clockA < EXPIRY)
inline authorize(r) {
  approved[r] = true;
  if
#ifndef UNCOUNTED
  :: revoked || granted >= LIMIT -> conclude(r, REFUSED)
  :: else ->
#else
  :: true ->
#endif
     stateA[r] = AUTHORIZED;
     granted++;
     assert(granted <= LIMIT)
  fi
}

/* AccessGrants.submitReEncryption, by a relayer whose own attestation counts. */
#ifdef UNCHECKED_EXPIRY
#define CAN_SUBMIT(r) (stateA[r] == AUTHORIZED && !pausedA && COUNT(signedReEncryption[r]) >= THRESHOLD)
#else
#define CAN_SUBMIT(r) (stateA[r] == AUTHORIZED && !pausedA && clockA < EXPIRY && COUNT(signedReEncryption[r]) >= THRESHOLD)
#endif
inline submitReEncryption(r) {
  if
  :: revoked -> conclude(r, REFUSED)
  :: else -> conclude(r, GRANTED)
  fi
}

/* AccessRequests.deliverResponse */
#ifdef LATE_REFUSED
#define AWAITS(r) (stateB[r] == PENDING)
#else
#define AWAITS(r) (stateB[r] == PENDING || (stateB[r] == EXPIRED && !answered[r] && decidedAt[r] < EXPIRY))
#endif
#define PLAUSIBLE(r) (decidedAt[r] <= clockB && ((decidedAt[r] >= EXPIRY) == (stateA[r] == EXPIRED)))
#define CAN_ANSWER(r) (AWAITS(r) && !pausedB && PLAUSIBLE(r) && COUNT(signedTrue[r]) >= THRESHOLD)
inline deliverResponse(r) {
  stateB[r] = stateA[r];
  answered[r] = true;
  assert(ENDED(stateA[r]))
}

/* A request is made on B, once, before it would expire; its owner decides on A, or does not. */
active [REQUESTS] proctype People() {
  byte r = _pid;
  atomic { !pausedB -> stateB[r] = PENDING; asked++; printf("EVENT request %d\n", r) }
  do
  :: atomic { CAN_AUTHORIZE(r) && !approved[r] -> authorize(r); printf("EVENT authorize %d\n", r) }
  :: atomic { stateA[r] == PENDING && clockA < EXPIRY -> conclude(r, DENIED); printf("EVENT deny %d\n", r) }
  :: atomic { stateA[r] == AUTHORIZED && clockA < EXPIRY -> conclude(r, DENIED); printf("EVENT withdraw %d\n", r) }
  /* Anyone may. */
  :: atomic { (stateA[r] == PENDING || stateA[r] == AUTHORIZED) && clockA >= EXPIRY ->
       conclude(r, EXPIRED); printf("EVENT expireA %d\n", r) }
  :: atomic { stateB[r] == PENDING && !pausedB && clockB >= EXPIRY + WINDOW + pausedTicksB ->
       stateB[r] = EXPIRED; printf("EVENT expireB %d\n", r) }
  :: atomic { ENDED(stateB[r]) && (ENDED(stateA[r]) || (stateA[r] == NONE && clockA >= EXPIRY)) -> break }
  od
}

/* What there is to read of one request. Each is an option of its own, so that a relayer is never bound to a request that has nothing. */
#define READ(q) \
  :: atomic { holds == NOTHING && stateB[q] == PENDING && stateA[q] == NONE && clockA < EXPIRY -> holds = REQUEST; r = q } \
  :: atomic { holds == NOTHING && stateA[q] == AUTHORIZED && clockA < EXPIRY && !(signedReEncryption[q] & me) -> \
       signedReEncryption[q] = signedReEncryption[q] | me; \
       printf("EVENT attestReEncryption %d %d\n", q, _pid - REQUESTS) } \
  :: atomic { holds == NOTHING && CAN_SUBMIT(q) -> holds = RE_ENCRYPTION; r = q } \
  :: atomic { holds == NOTHING && ENDED(stateA[q]) && !(signedTrue[q] & me) -> \
       signedTrue[q] = signedTrue[q] | me; \
       printf("EVENT attest %d %d\n", q, _pid - REQUESTS) } \
  :: atomic { holds == NOTHING && ENDED(stateA[q]) && AWAITS(q) && COUNT(signedTrue[q]) >= THRESHOLD -> holds = ANSWER; r = q }

/* Reads what either chain has for it, signs, and sends, now or later. It asks the chain before it sends, and waits while a lane is paused. */
active [RELAYERS] proctype Relayer() {
  byte me = 1 << (_pid - REQUESTS);
  byte holds = NOTHING;
  byte r;
  do
  READ(0)
#if REQUESTS > 1
  READ(1)
#endif
#if REQUESTS > 2
  READ(2)
#endif
  :: atomic { holds == REQUEST && !pausedA ->
       if
       :: CAN_DELIVER(r) -> deliverRequest(r); printf("EVENT deliver %d\n", r)
       :: else -> printf("EVENT deliverRefused %d\n", r)
       fi;
       if
       :: holds = NOTHING; r = 0
       :: repeats < REPEATS -> repeats++
       fi
     }
  :: atomic { holds == RE_ENCRYPTION && !pausedA ->
       if
       :: CAN_SUBMIT(r) -> submitReEncryption(r); printf("EVENT submit %d\n", r)
       :: else -> printf("EVENT submitRefused %d\n", r)
       fi;
       if
       :: holds = NOTHING; r = 0
       :: repeats < REPEATS -> repeats++
       fi
     }
  :: atomic { holds == ANSWER && !pausedB && decidedAt[r] <= clockB ->
       if
       :: CAN_ANSWER(r) -> deliverResponse(r); printf("EVENT answer %d\n", r)
       :: else -> printf("EVENT answerRefused %d\n", r)
       fi;
       if
       :: holds = NOTHING; r = 0
       :: repeats < REPEATS -> repeats++
       fi
     }
  :: atomic { holds != NOTHING && crashes < CRASHES -> crashes++; holds = NOTHING; r = 0; printf("EVENT crash %d\n", _pid - REQUESTS) }
  od
}

#if LIAR
/* Signs whatever it likes: where one signature is enough, B takes it. Where more are, honest relayers sign with it nothing but A's answer. */
active proctype Liar() {
  if
  :: atomic { !pausedB && stateB[0] == PENDING && clockB < EXPIRY ->
       if
       :: stateB[0] = GRANTED
       :: stateB[0] = DENIED
       fi;
       answered[0] = true;
       printf("EVENT lie 0\n")
     }
  :: clockB >= EXPIRY
  fi
}
#endif

/* Time, pauses, and the owner's revocation. */
active proctype World() {
  do
  :: atomic { clockA < LAST && clockA <= clockB -> clockA++; printf("EVENT tickA %d\n", clockA) }
  :: atomic { clockB < LAST && clockB <= clockA && (!pausedB || pausedTicksB < PAUSED_AT_MOST) && (clockB + 1 < EXPIRY || ALL_ASKED) ->
       clockB++;
       if
       :: pausedB -> pausedTicksB++
       :: else
       fi;
       printf("EVENT tickB %d\n", clockB) }
  :: atomic { PAUSES && !wasPausedA && clockA < LAST -> wasPausedA = true; pausedA = true; printf("EVENT pauseA\n") }
  :: atomic { pausedA -> pausedA = false; printf("EVENT resumeA\n") }
  :: atomic { PAUSES && !wasPausedB && clockB < LAST -> wasPausedB = true; pausedB = true; printf("EVENT pauseB\n") }
  :: atomic { pausedB -> pausedB = false; printf("EVENT resumeB\n") }
  :: atomic { REVOKES && !revoked && clockA < EXPIRY -> revoked = true; printf("EVENT revoke\n") }
  od
}

/* When nothing can happen any more, every request has ended, and on both chains alike. At every moment, B has no answer that A did not give. */
#define ALIKE(r) (stateA[r] == stateB[r] || (stateA[r] == NONE && stateB[r] == EXPIRED))
active proctype Observer() {
  byte r;
  do
  :: atomic { (answered[0] && stateB[0] != stateA[0]) -> assert(false) }
#if REQUESTS > 1
  :: atomic { (answered[1] && stateB[1] != stateA[1]) -> assert(false) }
#endif
  :: atomic {
       timeout ->
       for (r : 0 .. REQUESTS - 1) {
         printf("EVENT end %d %d %d\n", r, stateA[r], stateB[r]);
         assert(ENDED(stateB[r]));
         assert(ALIKE(r));
         assert(stateB[r] != GRANTED || approved[r])
       };
       break
     }
  od
}
