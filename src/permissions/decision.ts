/** What a permission answers. An object, so that an answer which nobody awaited is a type error and never a yes. */
export type Decision = Granted | Denied

export interface Granted {
  readonly granted: true
}

export interface Denied {
  readonly granted: false
  /** For the operator: never on the wire. */
  readonly because: string
  /** For whoever is signed in, instead of the usual sentence. A composition does not pass it on (specification 6.7). */
  readonly says?: string
  /** That the thing is not there for this caller, or that the method has no meaning here: 404, 405 instead of 403. */
  readonly as?: 'not_found' | 'method_not_allowed'
}

export const granted: Granted = { granted: true }

/** @param because for the operator's log; `says` is what a client that is signed in reads */
export const denied = (
  because: string,
  more: Pick<Denied, 'says' | 'as'> = {},
): Denied => ({
  granted: false,
  because,
  ...more,
})
