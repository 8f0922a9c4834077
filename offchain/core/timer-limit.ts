/** The longest time that Node's timers take, in milliseconds; a longer one they take for 1. */
export const MAX_TIMER_MS = 2_147_483_647;
