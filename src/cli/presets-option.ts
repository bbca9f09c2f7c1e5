import type { CommandContext } from '../command/context.ts'
import { UsageError } from '../command/errors.ts'
import { printable } from '../command/format.ts'
import { firstSet } from '../command/values.ts'

export const PRESETS = {
  presets: {
    type: 'string',
    value: 'NAMES',
    help: `endpoints as another system has them: djoser, knox, dj-rest-auth and passwordless, separated by commas, or JSON with their options, such as '{"knox": {"ttl": "30d"}}'; default: WATCHWORD_PRESETS, or none`,
  },
} as const

export const PRESET_NAMES = ['djoser', 'knox', 'dj-rest-auth', 'passwordless'] as const

export type PresetName = (typeof PRESET_NAMES)[number]

/** The options of each preset, which a supervisor passes to its workers as JSON. */
export type PresetPlan = Readonly<Partial<Record<PresetName, object>>>

/** @throws UsageError */
export function presetsOf(
  { presets }: { readonly presets?: string | undefined },
  { env }: CommandContext,
): PresetPlan {
  const given = firstSet(
    ['--presets', presets],
    ['WATCHWORD_PRESETS', env.WATCHWORD_PRESETS],
  )
  if (given === undefined) return {}
  const { name, text } = given
  const parsed = text.trim().startsWith('{') ? objectIn(text, name) : namesIn(text)
  for (const [preset, options] of Object.entries(parsed)) check(preset, options, name)
  return parsed as PresetPlan
}

const namesIn = (text: string): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    text
      .split(',')
      .map((each) => each.trim())
      .filter(Boolean)
      .map((each) => [each, {}]),
  )

function objectIn(text: string, name: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(text)
  } catch {
    throw new UsageError(
      `${name} begins with "{" and is not JSON: write it such as '{"knox": {"ttl": "30d"}}'.`,
    )
  }
}

/** @throws UsageError */
function check(preset: string, options: unknown, name: string): void {
  if (!PRESET_NAMES.some((each) => each === preset))
    throw new UsageError(
      `${name}: there is no preset "${printable(preset)}". Choose among ${PRESET_NAMES.join(', ')}.`,
    )
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw new UsageError(`${name}: the options of ${preset} must be an object.`)
}
