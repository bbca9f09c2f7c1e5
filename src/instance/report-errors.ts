import { isPromise } from '../base/awaitable.ts'
import { type AuthError, reportIfAnswered } from '../base/errors.ts'

type Report = (error: AuthError) => void

/** The same functions, also those of nested objects, whose errors are reported if they are answered without details. */
export function reportingErrors<Part extends object>(part: Part, report: Report): Part {
  const members = Object.entries(part).map(([name, member]) => [
    name,
    typeof member === 'function'
      ? reporting(member, report)
      : reportingErrors(member, report),
  ])
  // The same names, with functions of the same types.
  return Object.fromEntries(members) as Part
}

type Verb = (...args: readonly unknown[]) => unknown

function reporting(verb: Verb, report: Report): Verb {
  const rethrow = (error: unknown): never => {
    reportIfAnswered(error, report)
    throw error
  }
  return (...args) => {
    try {
      const result = verb(...args)
      if (isPromise(result)) return result.then(undefined, rethrow)
      return result
    } catch (error) {
      return rethrow(error)
    }
  }
}
