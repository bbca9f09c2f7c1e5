import type { RequestListener, ServerResponse } from 'node:http'
import type { GuardedListener } from '../../src/adapters/node.ts'

export interface View {
  /** Its methods, in the order of the recorded servers. */
  readonly allow: string
  readonly serve: RequestListener
}

type Listener = GuardedListener<unknown, string>
export type GuardedRequest = Parameters<Listener>[0]
/** The response of a method; `null` is an empty body. */
export type Answer = (request: GuardedRequest) => Reply | Promise<Reply>
export interface Reply {
  readonly status?: number
  readonly body: object | null
}

/**
 * A view as in Django REST framework: it authenticates and authorizes a request before it checks the method.
 *
 * @param guarded wraps a listener with the guard of the view
 */
export function view(
  guarded: (listener: Listener) => RequestListener,
  answers: { readonly [method: string]: Answer },
): View {
  const options: Answer = () => ({ body: { name: 'Hello' } })
  const all: typeof answers = {
    ...answers,
    ...(answers.GET && { HEAD: answers.GET }),
    OPTIONS: options,
  }
  const serve = guarded(async (request, response) => {
    const { method = '' } = request
    const answer = all[method]
    if (answer === undefined)
      return json(response, 405, { detail: `Method "${method}" not allowed.` })
    const { status = 200, body } = await answer(request)
    json(response, status, body)
  })
  return { allow: Object.keys(all).join(', '), serve }
}

export function json(
  response: ServerResponse,
  status: number,
  body: object | null,
): void {
  if (body === null) return void response.writeHead(status).end()
  const text = JSON.stringify(body)
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(text),
  })
  response.end(text)
}
