import type { RequestListener, ServerResponse } from 'node:http'
import type { GuardedListener } from '../../src/adapters/node.ts'

export interface View {
  /** Its methods, in the order in which the recorded servers name them. */
  readonly allow: string
  readonly serve: RequestListener
}

type Listener = GuardedListener<unknown, string>
export type Asked = Parameters<Listener>[0]
/** What a method is answered with; `null`: an empty body. */
export type Answer = (request: Asked) => Told | Promise<Told>
export interface Told {
  readonly status?: number
  readonly body: object | null
}

/**
 * A view as Django REST framework's are: whoever sends it is known, and may, before the method is looked at.
 *
 * @param guarded puts what the view asks for in front of a listener
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
