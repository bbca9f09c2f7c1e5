import * as z from 'zod/mini'
import { withDefault } from '../../../schema/shapes.ts'

/** What tokens name users by: `public`: their id; `pairwise`: a name that only the sector of the application has (OpenID Connect Core 1.0 §8). */
export const SUBJECT_TYPES = ['public', 'pairwise'] as const
export type SubjectType = (typeof SUBJECT_TYPES)[number]

/** Fetches the document at the `sector_identifier_uri` of an application: a list of redirect URIs. */
export type FetchSector = (address: string) => Promise<unknown>

export interface PairwiseOptions {
  /**
   * What the tokens of applications that do not say it name users by: `"public"`, their id, or `"pairwise"`, a name that each application, or
   * each sector of applications, has for itself.
   *
   * @default "public"
   */
  readonly subjectType?: SubjectType
  /**
   * Those that applications which register themselves may ask for.
   *
   * @default ["public", "pairwise"]
   */
  readonly registrationSubjectTypes?: readonly SubjectType[]
  /**
   * Fetches the document at the `sector_identifier_uri` of applications that register themselves in your way, such as through a proxy.
   *
   * @default "only https and public addresses"
   */
  readonly fetchSector?: FetchSector
}

export interface PairwiseSettings {
  readonly subjectType: SubjectType
  readonly registrationSubjectTypes: readonly SubjectType[]
  readonly fetchSector?: FetchSector | undefined
}

const subjectType = () =>
  z.enum(SUBJECT_TYPES, { error: 'must be "public" or "pairwise"' })

export const pairwiseOptions = () =>
  ({
    subjectType: withDefault(subjectType(), 'public'),
    registrationSubjectTypes: withDefault(
      z.array(subjectType()).check(z.minLength(1, 'must have at least one of them')),
      [...SUBJECT_TYPES],
    ),
    fetchSector: z.optional(
      z.custom<FetchSector>((value) => typeof value === 'function', {
        error: 'must be a function that fetches a document',
      }),
    ),
  }) satisfies Record<keyof PairwiseOptions, z.ZodMiniType>
