import { hexId, type Random } from '../base/random.ts'

/** The header that bears it, towards us and back. */
export const REQUEST_ID = 'x-request-id'

/** Short and without anything that means something in a log, a header or a shell: whoever sends it may have made it up. */
const SANE = /^[\w.:@+=-]{1,64}$/

/**
 * What a request is called in every line that is written of it: as a proxy that is trusted calls it, else by a new name.
 *
 * @param sent the header, where it is one of such a proxy
 */
export const requestIdOf = (sent: string | undefined, random: Random): string =>
  sent !== undefined && SANE.test(sent) ? sent : hexId(random)
