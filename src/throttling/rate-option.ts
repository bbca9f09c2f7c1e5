import { parsedBy } from '../schema/shapes.ts'
import { type Limit, parseRate } from './rate.ts'

const RATE_MESSAGE =
  'must be null, or a number, "/" and one of s, min, hour, day, such as "100/day"'

/** A rate as an option; `null` for no limit. */
export const rate = parsedBy((value, reject): Limit | null => {
  if (value === null) return null
  try {
    return parseRate(String(value))
  } catch {
    return reject(RATE_MESSAGE)
  }
})
