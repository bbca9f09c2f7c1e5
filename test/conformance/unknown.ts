import { type Members, unknownMember } from '../members.ts'
import { CONTRACT } from './answer.ts'
import { type RecordedConfig, unknownSetting } from './configs.ts'
import { isOfOAuth, OAUTH_HEADERS } from './oauth-terms.ts'
import type { Answer, Case } from './recording.ts'

const OF_CASES: Members<Case> = {
  id: true,
  config: true,
  note: true,
  version: true,
  steps: true,
  request: true,
  response: true,
}

const OF_RESPONSES: Members<Omit<Answer, keyof typeof OF_OAUTH>> = {
  status: true,
  headers: true,
  body: true,
  text: true,
  raw: true,
  decoded: true,
  effects: true,
  crash: true,
  refused: true,
}

/** Of the recordings of OAuth. */
const OF_OAUTH = { page: true, stored: true, spaces: true } as const

/**
 * The part of a recording that cannot be played, or cannot be compared with the response. What is unknown in its steps and its
 * request is found when they are played.
 */
export function unknownPart(
  recorded: Case,
  config: RecordedConfig | undefined,
): string | undefined {
  if (config === undefined)
    return `the configuration ${recorded.config}, which is not given`
  const { request, response } = recorded
  if (typeof request?.path !== 'string') return 'a case without request.path'
  if (typeof response !== 'object') return 'a case without response'
  return (
    unknownIn('', recorded, OF_CASES) ??
    unknownIn('response.', response, membersOf(recorded)) ??
    unknownHeader(recorded) ??
    unknownSetting(config)
  )
}

const membersOf = (recorded: Case): object =>
  isOfOAuth(recorded) ? { ...OF_RESPONSES, ...OF_OAUTH } : OF_RESPONSES

function unknownIn(prefix: string, value: object, known: object): string | undefined {
  const name = unknownMember(value, known)
  return name === undefined ? undefined : prefix + name
}

/** Of the pages of Django itself, and so no part of the contract. */
const OF_DJANGO = ['x-frame-options']

/** A recorded header that is not compared. */
function unknownHeader(recorded: Case): string | undefined {
  const { headers = {} } = recorded.response
  const more = isOfOAuth(recorded) ? OAUTH_HEADERS : []
  const compared: readonly string[] = [...CONTRACT, ...more, ...OF_DJANGO]
  const name = Object.keys(headers).find((header) => !compared.includes(header))
  return name === undefined ? undefined : `response.headers.${name}`
}
