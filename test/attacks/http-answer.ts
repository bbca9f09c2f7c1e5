import type { Attack } from './corpus.ts'
import type { Verdict } from './verdict.ts'

/** What a request was answered. */
export interface HttpAnswer {
  readonly status: number
  readonly headers: Headers
  readonly body: { readonly [name: string]: unknown }
}

/** The `error` of an answer: of its body (RFC 6749 §5.2), or of its challenge (RFC 6750 §3). */
export function errorIn({ body, headers }: HttpAnswer): string | undefined {
  if (typeof body.error === 'string') return body.error
  return /error="(\w+)"/.exec(headers.get('www-authenticate') ?? '')?.[1]
}

type HttpCase = Attack<'dpop' | 'pushed_request' | 'registration' | 'token_exchange'>

/** @param more faults that the answer does not show */
export function httpVerdict(
  attack: HttpCase,
  answer: HttpAnswer,
  more: readonly string[] = [],
): Verdict {
  const { id, kind, reason } = attack
  return { id, kind, reason, faults: [...answerFaults(attack, answer), ...more] }
}

function answerFaults({ expect, http, error }: HttpCase, answer: HttpAnswer): string[] {
  const { status } = answer
  if (status < 400 !== (expect === 'accept')) return [`is answered ${status}`]
  if (!http.status.includes(status))
    return [`is answered ${status}, not ${http.status.join(' or ')}`]
  const found = errorIn(answer)
  if (error === undefined || error.includes(found ?? '')) return []
  return [`is refused as ${found}, not as ${error.join(' or ')}`]
}
