import { after, minutes, type UnixSeconds } from '../base/clock.ts'

/** Values that are accepted once are kept for longer than they are accepted, so that none is again after a clock was set back. */
const KEPT_LONGER = minutes(15)

/** When a value may be forgotten. @param until the last moment at which it would be accepted */
export const forgottenAt = (until: UnixSeconds): UnixSeconds => after(until, KEPT_LONGER)
