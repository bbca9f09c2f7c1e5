import type { AuthRequest } from '../../http/request.ts'
import type { Field } from '../../signatures/message.ts'

/** RFC 9110 §5.1. `Headers` throws at any other name, and clients choose what a signature covers. */
const FIELD_NAME = /^[\w!#$%&'*+.^`|~-]+$/

/**
 * The fields of a request with these names, in lower case, as far as it has them.
 *
 * @param names as a signature lists them: anything
 */
export const requestFields = (
  request: AuthRequest,
  names: readonly string[],
): readonly Field[] =>
  [...new Set(names)].flatMap((name) => {
    const value = FIELD_NAME.test(name) ? request.header(name) : undefined
    return value === undefined ? [] : [[name, value] as const]
  })
