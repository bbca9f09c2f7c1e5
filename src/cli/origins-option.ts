import type { CommandContext } from '../command/context.ts'
import { UsageError } from '../command/errors.ts'
import { printable } from '../command/format.ts'
import { firstSet } from '../command/values.ts'
import { parseExactOrigin } from './exact-origin.ts'

export const ORIGINS = {
  origins: {
    type: 'string',
    value: 'URLS',
    help: 'browser pages that may use this server, separated by commas, such as https://app.example.com; default: WATCHWORD_ORIGINS, or none',
  },
} as const

/** @returns as browsers write them. @throws UsageError if one is not an exact origin */
export function originsOf(
  { origins }: { readonly origins?: string | undefined },
  { env }: CommandContext,
): readonly string[] {
  const given = firstSet(
    ['--origins', origins],
    ['WATCHWORD_ORIGINS', env.WATCHWORD_ORIGINS],
  )
  if (given === undefined) return []
  const listed = given.text.split(',').map((each) => each.trim())
  return listed.filter(Boolean).map((each) => originIn(each, given.name))
}

function originIn(text: string, option: string): string {
  const parsed = parseExactOrigin(text)
  if (parsed.problem === undefined) return parsed.origin
  const shown = printable(text.replace(/\/\/.*@/, '//…@'))
  throw new UsageError(`${option}: "${shown}" ${parsed.problem}.`)
}
