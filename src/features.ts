import type * as z from 'zod/mini'
import { CORE_EVENT_KINDS, type CoreEventKind } from './audit/event.ts'
import { accountPages } from './features/account-pages/feature.ts'
import { accounts } from './features/accounts/feature.ts'
import { apiTokens } from './features/api-tokens/feature.ts'
import { browsableApi } from './features/browsable-api/feature.ts'
import { browserSessions } from './features/browser-sessions/feature.ts'
import { codes } from './features/codes/feature.ts'
import { operatorConsole } from './features/console/feature.ts'
import type { Feature } from './features/define-feature.ts'
import { dpop } from './features/dpop/feature.ts'
import { draftCavageSignatures } from './features/draft-cavage/feature.ts'
import { hawkRequests } from './features/hawk/feature.ts'
import { httpSignatures } from './features/http-signatures/feature.ts'
import { keySet } from './features/key-set/feature.ts'
import { mail } from './features/mail/feature.ts'
import { oauth } from './features/oauth/feature.ts'
import { openapi } from './features/openapi/feature.ts'
import { pages } from './features/pages/feature.ts'
import { passkeys } from './features/passkeys/feature.ts'
import { revocationFeed } from './features/revocation-feed/feature.ts'
import { secondFactors } from './features/second-factors/feature.ts'
import { signingKeys } from './features/signing-keys/feature.ts'
import { slidingTokens } from './features/sliding-tokens/feature.ts'
import { social } from './features/social/feature.ts'
import { tokenCookies } from './features/token-cookies/feature.ts'
import { tokens } from './features/tokens/feature.ts'
import type { PortsOf } from './stores/extension.ts'
import type { Store } from './stores/store.ts'

/** What an instance can do. Options, endpoints, migrations, commands and audit events come from this list. */
export const FEATURES = [
  tokenCookies,
  tokens,
  dpop,
  keySet,
  apiTokens,
  browserSessions,
  slidingTokens,
  revocationFeed,
  codes,
  mail,
  pages,
  accounts,
  secondFactors,
  passkeys,
  social,
  accountPages,
  oauth,
  signingKeys,
  httpSignatures,
  hawkRequests,
  draftCavageSignatures,
  operatorConsole,
  browsableApi,
  openapi,
] as const

/** `FEATURES` without the types of its members, for loops. */
export const FEATURE_LIST: readonly Feature[] = FEATURES

type ListedFeature = (typeof FEATURES)[number]

/** What the listed features have as this member: a union. */
type Each<Member extends keyof Feature> = MemberOf<ListedFeature, Member>

type MemberOf<Features, Member extends keyof Feature> =
  Features extends Record<Member, infer Value> ? Value : never

/** The intersection of a union: a union in a parameter's position becomes an intersection. */
type Together<Union> = (Union extends unknown ? (each: Union) => void : never) extends (
  all: infer All extends object,
) => void
  ? All
  : never

/** The values of a member, of the features that have it. */
export const eachFeatures = <Member extends keyof Feature>(
  member: Member,
): readonly Each<Member>[] =>
  // `Each` reads the same members.
  FEATURE_LIST.map((feature) => feature[member]).filter(
    (value) => value !== undefined,
  ) as readonly unknown[] as readonly Each<Member>[]

/** What features add to the store. */
export const STORE_EXTENSIONS = eachFeatures('store')

/** A store with the ports of the core and of the features. */
export type InstanceStore = Store<PortsOf<typeof STORE_EXTENSIONS>>

export type EventKind = CoreEventKind | Each<'events'>[number]

/** Every kind of audit event. */
export const EVENT_KINDS: readonly EventKind[] = [
  ...CORE_EVENT_KINDS,
  ...eachFeatures('events').flat(),
]

/** The sections of the options that features bring: their schemas. */
export const FEATURE_SECTIONS: Sections = Object.assign({}, ...eachFeatures('options'))

type Sections = Together<Each<'options'>>

/** The sections of the options that features bring. */
export type FeatureOptions = {
  readonly [Name in keyof Sections]?: NonNullable<z.input<Sections[Name]>>
}

/** The endpoints of the features, with the documentation of each. */
export type FeatureEndpoints = Together<Each<'endpoints'>>

/** The endpoints that the option `endpoints` lists. */
export type EndpointName = keyof {
  [Name in keyof FeatureEndpoints as FeatureEndpoints[Name] extends {
    readonly mount: 'always'
  }
    ? never
    : Name]: unknown
}

/** The members that features add to an instance, such as `apiTokens`. */
export type FeatureAdmin = Together<ReturnType<Each<'admin'>>>

/** The members that features add to `auth.users`. */
export type FeatureUserAdmin = Together<ReturnType<Each<'userAdmin'>>>

/** What `flush` of the features counts. */
export type FeatureCounts = Together<Awaited<ReturnType<Each<'flush'>>>>

/** The members that features add to what `testInstance()` returns. */
export type FeatureTesting = Together<ReturnType<ReturnType<Each<'testing'>>['members']>>
