import type * as z from 'zod/mini'
import { nearest } from '../base/nearest.ts'
import { ownMember } from '../base/optional.ts'
import { DJANGO_NAMES } from './django-names.ts'

/**
 * What is wrong with an option, as one sentence. It never repeats a value, which may be a secret.
 *
 * @param known the paths of all options, such as `tokens.access`
 */
export function optionFault(issue: z.core.$ZodIssue, known: readonly string[]): string {
  const path = issue.path.join('.')
  if (issue.code === 'unrecognized_keys')
    return unknownOption(path, issue.keys[0] ?? '', known)
  if (issue.code === 'invalid_key')
    return `The name "${issue.path.at(-1)?.toString()}" in ${issue.path.slice(0, -1).join('.')} ${issue.issues[0]?.message}.`
  return `${path || 'The options'} ${issue.message}.`
}

function unknownOption(parent: string, name: string, known: readonly string[]): string {
  const ours = ownMember(DJANGO_NAMES, name)
  if (ours !== undefined) return `There is no option "${name}". Use ${ours} instead.`
  const full = parent === '' ? name : `${parent}.${name}`
  const close = nearestOption(full, name, known)
  if (close === undefined) return `There is no option "${full}".`
  return `There is no option "${full}". Did you mean "${close}"?`
}

/** An option with this name in another section, or one with a similar name in this section or another. */
function nearestOption(
  full: string,
  name: string,
  known: readonly string[],
): string | undefined {
  const elsewhere = known.find((path) => path.split('.').at(-1) === name)
  if (elsewhere !== undefined) return elsewhere
  const section = full.slice(0, full.length - name.length)
  const inSection = known.filter(
    (path) => path.startsWith(section) && !path.slice(section.length).includes('.'),
  )
  const close = nearest(
    name,
    inSection.map((path) => path.slice(section.length)),
  )
  if (close !== undefined) return section + close
  const lastNames = known.map((path) => path.slice(path.lastIndexOf('.') + 1))
  return known[lastNames.indexOf(nearest(name, lastNames) ?? '')]
}
