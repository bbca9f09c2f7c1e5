/** Why a request, an answer or a message is refused, in the words of the reference implementation. */
export class HawkError extends Error {
  override readonly name = 'HawkError'
  /** 400: it is not written as Hawk asks. 401: it is, but it does not prove a key. */
  readonly status: 400 | 401

  constructor(message: string, status: 400 | 401) {
    super(message)
    this.status = status
  }
}

/** It is not written as Hawk asks. */
export const malformed = (message: string): HawkError => new HawkError(message, 400)

/** It does not prove a key. */
export const unproven = (message: string): HawkError => new HawkError(message, 401)
