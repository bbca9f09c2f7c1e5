import type { AnswerToSign, RequestSignature } from '../../authentication/scheme.ts'
import { serializeHeader } from '../../hawk/attributes.ts'
import type { HawkArtifacts } from '../../hawk/normalized-string.ts'
import { type HawkKey, macOf, payloadHash } from './mac.ts'
import type { HawkSettings } from './options.ts'

/** What handlers get of a request that is signed. */
export function requestSignature(
  artifacts: HawkArtifacts,
  key: HawkKey,
  { signAnswers }: HawkSettings,
): RequestSignature {
  const { ext = '', app = '' } = artifacts
  // Without `app` it is not signed: anyone could have added it on the way.
  const dlg = app === '' ? '' : (artifacts.dlg ?? '')
  const given = Object.entries({ ext, app, dlg }).filter(([, value]) => value !== '')
  return {
    parameters: Object.fromEntries(given),
    ...(signAnswers && {
      signAnswer: (answer) => serverAuthorization(artifacts, key, answer),
    }),
  }
}

/** `Server-Authorization`: the answer to this request and no other. @throws HawkError if `ext` cannot be written */
function serverAuthorization(
  artifacts: HawkArtifacts,
  key: HawkKey,
  { headers, body = '', ext }: AnswerToSign,
): Readonly<Record<string, string>> {
  const contentType = new Headers(headers).get('content-type') ?? ''
  // What is sent: the answer to HEAD has no body.
  const sent = artifacts.method === 'HEAD' ? '' : body
  const hash = payloadHash(sent, contentType, key)
  const mac = macOf('response', { ...artifacts, hash, ext }, key)
  return { 'Server-Authorization': serializeHeader({ mac, hash, ext }) }
}
