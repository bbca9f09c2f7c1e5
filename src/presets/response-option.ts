import { content } from '../http/answer.ts'

/** The answer if a function of the option `response` has returned something in place of the body. */
export async function changedAnswer(
  body: object,
  changed: object | Response | undefined,
): Promise<object> {
  if (!(changed instanceof Response)) return changed ?? body
  const { status, headers } = changed
  const mediaType = headers.get('content-type') ?? 'application/json'
  headers.delete('content-type')
  return content(mediaType, await changed.text(), { status, headers: [...headers] })
}
