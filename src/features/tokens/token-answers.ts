import type { ErrorCode } from '../../base/errors.ts'
import { type Answers, answer } from '../../http/description.ts'
import {
  closed,
  type JsonSchema,
  named,
  type Properties,
  seconds,
  text,
} from '../../http/json-schema.ts'
import type { SectionReader } from '../core.ts'
import { tokenOptions } from './options.ts'

const ACCESS = text('The access token: send it as `Authorization: Bearer …`.')
const REFRESH = text('The refresh token: exchange it for the next access token.')

/**
 * The answer of an endpoint that signs in.
 *
 * @param more members that it has besides the tokens
 * @param optional names of members that it may lack
 */
export function signInAnswer(
  section: SectionReader,
  more: Properties = {},
  optional: readonly string[] = [],
): Answers {
  if (!inCookies(section)) return { 200: answer('Signed in.', pairWith(more, optional)) }
  const times = cookieTimes(more, optional)
  return { 200: { ...answer(SET, times), headers: ['Set-Cookie'] } }
}

const SET = 'Signed in. The tokens are in cookies.'

const pairWith = (more: Properties, optional: readonly string[]): JsonSchema => {
  const pair = closed({ refresh: REFRESH, access: ACCESS, ...more }, optional)
  if (Object.keys(more).length === 0) return named('TokenPair', pair)
  return pair
}

const cookieTimes = (more: Properties, optional: readonly string[] = []): JsonSchema =>
  closed(
    {
      accessExpiresAt: seconds('When the access token expires.'),
      refreshExpiresAt: seconds('When the refresh token expires.'),
      claims: { type: 'object', description: 'The claims of the access token.' },
      csrfToken: text('For the header `X-CSRFToken` of requests that change something.'),
      ...more,
    },
    optional,
  )

/** The answer to a refresh: with a new refresh token only if refresh tokens are rotated. */
export const refreshAnswer = (section: SectionReader): Answers => {
  const { sessions, rotate = sessions } = section(tokenOptions)
  if (inCookies(section))
    return {
      200: {
        ...answer(
          'The new tokens are in cookies.',
          cookieTimes({}, ['refreshExpiresAt']),
        ),
        headers: ['Set-Cookie'],
      },
    }
  if (!rotate) return { 200: answer('New tokens.', closed({ access: ACCESS })) }
  const both = named('RefreshedTokens', closed({ access: ACCESS, refresh: REFRESH }))
  return { 200: answer('New tokens.', both) }
}

/** Requests of pages of other sites are refused if the answer sets cookies. */
export function crossSiteErrors(section: SectionReader): readonly ErrorCode[] {
  if (!inCookies(section)) return []
  return ['csrf_failed']
}

export const inCookies = (section: SectionReader): boolean =>
  section(tokenOptions).transport === 'cookie'
