import type { Case, Json, JsonObject, Step } from './recording.ts'

type Mint = Step & { readonly op: 'mint' }

const mintsOf = ({ steps = [] }: Case): readonly Mint[] =>
  steps.filter((step): step is Mint => step.op === 'mint')

/** The claims of the tokens that a conversation forges. */
export const claimsIn = (recorded: Case): readonly JsonObject[] =>
  mintsOf(recorded).map(({ claims = {} }) => claims)

/** Whether watchword accepts it as a user id: an integer, or a string that is not an unusual spelling of a number. */
export const isPlainId = (id: Json): boolean =>
  typeof id === 'number'
    ? Number.isSafeInteger(id)
    : typeof id === 'string' && (id === '' || !isOtherSpelling(id))

const isOtherSpelling = (text: string): boolean =>
  /^[\s+]*[\d_]+\s*$/u.test(text) && String(Number(text)) !== text

/** Whether a conversation has a token that Python's libraries accept and a strict parser rejects. */
export const isOdd = (recorded: Case): boolean => {
  const { request, steps = [] } = recorded
  const texts = [
    request.path,
    request.body ?? '',
    ...(request.headers ?? []).map(([, value]) => value),
  ]
  return (
    texts.some((text) => /\}\}=/.test(text)) ||
    steps.some(
      (step) => step.op === 'tamper' && ['padded', 'newline'].includes(step.how),
    ) ||
    mintsOf(recorded).some(isOddMint)
  )
}

const isOddMint = ({ header = {}, claims = {}, payload_text: text }: Mint): boolean =>
  text !== undefined ||
  ['b64', 'zip', 'crit'].some((name) => name in header) ||
  !/^(application\/)?(jwt|at\+jwt)$/i.test(String(header.typ ?? 'JWT')) ||
  claims.jti === '' ||
  ['exp', 'iat', 'nbf', 'refresh_exp'].some(
    (name) => name in claims && !isMoment(claims[name]!),
  )

/** Security J12. */
const isMoment = (value: Json): boolean =>
  typeof value === 'number'
    ? value >= 0 && value <= 253_402_300_799
    : typeof value === 'object' && value !== null && '$now' in value
