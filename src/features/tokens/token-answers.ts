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
export const signInAnswer = (
  section: SectionReader,
  more: Properties = {},
  optional: readonly string[] = [],
): Answers => ({
  200: inCookies(section)
    ? { ...answer(SET, cookieTimes(more, optional)), headers: ['Set-Cookie'] }
    : answer('Signed in.', pairWith(more, optional)),
})

const SET = 'Signed in. The tokens are in cookies.'

const pairWith = (more: Properties, optional: readonly string[]): JsonSchema => {
  const pair = closed({ refresh: REFRESH, access: ACCESS, ...more }, optional)
  return Object.keys(more).length === 0 ? named('TokenPair', pair) : pair
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
  const schema = rotate
    ? named('RefreshedTokens', closed({ access: ACCESS, refresh: REFRESH }))
    : closed({ access: ACCESS })
  return { 200: answer('New tokens.', schema) }
}

/** Requests of pages of other sites are refused if the answer sets cookies. */
export const crossSiteErrors = (section: SectionReader): readonly ErrorCode[] =>
  inCookies(section) ? ['csrf_failed'] : []

export const inCookies = (section: SectionReader): boolean =>
  section(tokenOptions).transport === 'cookie'
