import { CORE_EVENT_KINDS, type CoreEventKind } from './audit/event.ts'
import { apiTokens } from './features/api-tokens/feature.ts'
import { browserSessions } from './features/browser-sessions/feature.ts'
import type { Feature } from './features/define-feature.ts'
import { keySet } from './features/key-set/feature.ts'
import { revocationFeed } from './features/revocation-feed/feature.ts'
import { slidingTokens } from './features/sliding-tokens/feature.ts'
import { tokens } from './features/tokens/feature.ts'

/** What an instance can do. Options, endpoints, migrations, commands and audit events come from this list. */
export const FEATURES = [
  tokens,
  keySet,
  apiTokens,
  browserSessions,
  slidingTokens,
  revocationFeed,
] as const

/** The same list without the types of its members, for loops. */
export const FEATURE_LIST: readonly Feature[] = FEATURES

/** Every kind of audit event. */
export const EVENT_KINDS: readonly EventKind[] = [
  ...CORE_EVENT_KINDS,
  ...FEATURES.flatMap((feature) => ('events' in feature ? feature.events : [])),
]

type Listed = (typeof FEATURES)[number]

/** What the listed features have as this member: a union. */
type Each<Member extends keyof Feature> =
  Extract<Listed, Record<Member, unknown>> extends Record<Member, infer Value>
    ? Value
    : never

type Together<Union> = (Union extends unknown ? (each: Union) => void : never) extends (
  all: infer All,
) => void
  ? All
  : never

type Endpoints = Together<Each<'endpoints'>>

/** The endpoints that the option `endpoints` lists. */
export type EndpointName = keyof {
  [Name in keyof Endpoints as Endpoints[Name] extends { readonly mount: 'always' }
    ? never
    : Name]: unknown
}

export type EventKind = CoreEventKind | Each<'events'>[number]

/** The members that features add to an instance, such as `apiTokens`. */
export type FeatureAdmin = Together<ReturnType<Each<'admin'>>>

/** What `flush` of the features counts. */
export type FeatureCounts = Together<Awaited<ReturnType<Each<'flush'>>>>
