import type { CommandContext } from '../command/context.ts'
import { UsageError } from '../command/errors.ts'
import { printable } from '../command/format.ts'
import { firstSet, namesIn } from '../command/values.ts'

export const PRESETS = {
  presets: {
    type: 'string',
    value: 'NAMES',
    help: `endpoints as another system has them: djoser, knox, dj-rest-auth and passwordless, separated by commas, or JSON with their options, such as '{"knox": {"ttl": "30d"}}'; default: WATCHWORD_PRESETS, or none`,
  },
} as const

export const PRESET_NAMES = ['djoser', 'knox', 'dj-rest-auth', 'passwordless'] as const

export type PresetName = (typeof PRESET_NAMES)[number]

/** Presets over options that are no text, with the page that has a server with them. */
const IN_CODE: ReadonlyMap<string, string> = new Map([
  ['oauth-toolkit', 'oauthToolkit() and the option oauth: docs/from-oauth-toolkit.md'],
  [
    'social-oauth2',
    'socialOAuth2() and the options oauth and social: docs/from-social-oauth2.md',
  ],
])

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
  const parsed = planIn(text, name)
  for (const [preset, options] of Object.entries(parsed)) check(preset, options, name)
  return parsed as PresetPlan
}

function planIn(text: string, name: string): Readonly<Record<string, unknown>> {
  if (text.trim().startsWith('{')) return objectIn(text, name)
  return Object.fromEntries(namesIn(text).map((preset) => [preset, {}]))
}

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
  const inCode = IN_CODE.get(preset)
  if (inCode !== undefined)
    throw new UsageError(
      `${name}: "watchword start" does not have ${preset}. Write a server with ${inCode}.`,
    )
  if (!PRESET_NAMES.some((each) => each === preset))
    throw new UsageError(
      `${name}: there is no preset "${printable(preset)}". Choose among ${PRESET_NAMES.join(', ')}.`,
    )
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw new UsageError(`${name}: the options of ${preset} must be an object.`)
}
