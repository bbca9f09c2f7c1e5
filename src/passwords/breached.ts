import { hash } from 'node:crypto'
import { type Milliseconds, milliseconds } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import { STRENGTH_RULES, type StrengthRule } from './strength.ts'

/** Whether a password is known from a breach. */
export type BreachedCheck = (password: string) => boolean | Promise<boolean>

/** How long a look-up may take. The user waits for it. */
const DEADLINE = milliseconds(2000)

const BREACHED = {
  code: 'password_breached',
  message: 'This password is known from a data breach. Choose another one.',
} as const

/** The rules for new passwords. @param isBreached the option `users.breached` */
export function strengthRules(
  isBreached: BreachedCheck | undefined,
  log: Log,
): readonly StrengthRule[] {
  if (isBreached === undefined) return STRENGTH_RULES
  return [...STRENGTH_RULES, notBreached(isBreached, log)]
}

/**
 * Rejects passwords that a look-up knows. If the look-up fails, or takes too long, the password is accepted and the log says so: the list
 * of common passwords has been checked, and another service must not decide whether users can sign up.
 */
export const notBreached =
  (isBreached: BreachedCheck, log: Log, deadline = DEADLINE): StrengthRule =>
  async (password, _person, found) => {
    if (found.length > 0) return undefined
    try {
      const breached = await within(deadline, async () => isBreached(password))
      if (!breached) return undefined
      return BREACHED
    } catch (error) {
      log({ level: 'warn', event: 'users.breached failed', reason: why(error, password) })
      return undefined
    }
  }

/** A message that could have the password in it is not logged (L3). */
const why = (error: unknown, password: string): string => {
  const text = String(error)
  if (text.includes(password)) return 'its message is not shown'
  return text
}

async function within<Result>(
  limit: Milliseconds,
  work: () => Promise<Result>,
): Promise<Result> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(
    () => late.reject(new Error(`no answer within ${limit} ms`)),
    limit,
  )
  try {
    return await Promise.race([work(), late.promise])
  } finally {
    clearTimeout(timer)
  }
}

/** The first characters of a SHA-1, by which a range is asked for. */
const PREFIX = 5

const LINE = /^([\dA-F]{35}):(\d+)$/

/**
 * Makes a check of ranges, as Have I Been Pwned has them (k-anonymity): only five of the 40 digits of a password's SHA-1 are sent.
 *
 * @param range returns the lines of a range, each the other 35 digits, a colon and a count; 0 pads the answer
 */
export const breachedInRange =
  (range: (prefix: string) => string | Promise<string>): BreachedCheck =>
  async (password) => {
    const digits = hash('sha1', password).toUpperCase()
    const lines = (await range(digits.slice(0, PREFIX))).split(/\r?\n/).filter(Boolean)
    const rest = digits.slice(PREFIX)
    return lines.some((line) => countIn(line, rest) > 0)
  }

/** @throws if it is no line of a range: a page of an error is not an answer that the password is unknown */
function countIn(line: string, rest: string): number {
  const [, digits, count] = LINE.exec(line.toUpperCase()) ?? []
  if (digits === undefined) throw new Error('the answer is not a range of digests')
  if (digits !== rest) return 0
  return Number(count)
}
