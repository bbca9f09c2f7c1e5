import { hasAccounts, hasPasswords } from '../../accounts/settings.ts'
import type { Core } from '../../core.ts'
import { hasPasskeys } from '../../passkeys/settings.ts'
import { secondFactorOptions } from '../../second-factors/options.ts'
import type { SectionName } from './data.ts'

/** The sections of the account, by the options that are on. */
export const sectionsOf = ({
  section,
  sessions,
}: Pick<Core, 'section' | 'sessions'>): readonly SectionName[] => {
  const accounts = hasAccounts(section)
  const all: readonly (readonly [SectionName, boolean])[] = [
    ['profile', accounts],
    ['password', hasPasswords(section)],
    ['passkeys', hasPasskeys(section)],
    ['secondFactor', section(secondFactorOptions) !== undefined],
    ['sessions', accounts && sessions !== undefined],
    ['tokens', accounts],
    ['data', accounts],
    ['deleteAccount', accounts],
  ]
  return all.filter(([, isOn]) => isOn).map(([name]) => name)
}
