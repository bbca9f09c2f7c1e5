import { hasAccounts, hasPasswords } from '../../accounts/settings.ts'
import type { Core } from '../../core.ts'
import type { AccountSection, AccountVisit, SectionName } from '../../page-hooks.ts'
import type { UserVisit } from '../../pages/visit.ts'
import { hasPasskeys } from '../../passkeys/settings.ts'
import { hasSecondFactors } from '../../second-factors/options.ts'
import type { MenuSection } from './data.ts'

/** The sections of features. */
export function addedSections(visit: UserVisit): readonly AccountSection[] {
  const { user, session, principal } = visit.visitor
  const canChange = session.actor === undefined
  const asked: AccountVisit = { ...visit, user, session, principal, canChange }
  return visit.core.accountSections(asked)
}

/** The sections of the account in the order of the menu: each of a feature stands behind the one that it names. */
export function sectionsOf(
  { core, texts, visitor }: UserVisit,
  added: readonly AccountSection[],
): readonly MenuSection[] {
  const isOn = ownSections(core)
  const isUser = visitor.session.actor === undefined
  const own = ORDER.filter((name) => isOn[name])
    .filter((name) => isUser || !FOR_THE_USER_ALONE.has(name))
    .map((name) => ({ name, title: texts.own[name] }))
  return ORDER.flatMap((place) => [
    ...own.filter(({ name }) => name === place),
    ...added.filter(({ after }) => after === place),
  ]).map(({ name, title }) => ({ name, title }))
}

const ORDER: readonly SectionName[] = [
  'profile',
  'password',
  'passkeys',
  'secondFactor',
  'sessions',
  'tokens',
  'data',
  'deleteAccount',
]

/** Sections that only change something. */
const FOR_THE_USER_ALONE: ReadonlySet<SectionName> = new Set([
  'password',
  'data',
  'deleteAccount',
])

/** Those of the package whose options are on. */
function ownSections({
  section,
  sessions,
}: Pick<Core, 'section' | 'sessions'>): Readonly<Record<SectionName, boolean>> {
  const accounts = hasAccounts(section)
  return {
    profile: accounts,
    password: hasPasswords(section),
    passkeys: hasPasskeys(section),
    secondFactor: hasSecondFactors(section),
    sessions: accounts && sessions !== undefined,
    tokens: accounts,
    data: accounts,
    deleteAccount: accounts,
  }
}
