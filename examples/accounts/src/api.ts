/** An answer that is an error, as the API sent it. */
export class ApiError extends Error {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>

  constructor(status: number, body: Readonly<Record<string, unknown>>) {
    super(typeof body.detail === 'string' ? body.detail : 'Please check your input.')
    this.status = status
    this.body = body
  }
}

type Method = 'GET' | 'POST' | 'DELETE'

/** Sends a request as the user who is signed in. An access token that has expired is refreshed once. */
export async function api<Answer = undefined>(
  method: Method,
  path: string,
  body?: object,
): Promise<Answer> {
  const response = await send(method, path, body)
  const hasExpired = response.status === 401 && isSignedIn()
  if (!hasExpired || !(await refresh())) return answerOf<Answer>(response)
  return answerOf<Answer>(await send(method, path, body))
}

/** Sends a request without credentials: a 401 is its answer. */
export const publicApi = async <Answer = undefined>(
  path: string,
  body: object,
): Promise<Answer> => answerOf<Answer>(await send('POST', path, body))

const csrfToken = (): string =>
  /(?:^|; )(?:__Host-)?csrftoken=([^;]*)/.exec(document.cookie)?.[1] ?? ''

/** Whether there may be a session: the token cookies themselves are hidden from scripts. */
export const isSignedIn = (): boolean => csrfToken() !== ''

const send = (method: Method, path: string, body?: object): Promise<Response> =>
  fetch(path, {
    method,
    headers: {
      'X-CSRFToken': csrfToken(),
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })

let refreshing: Promise<boolean> | undefined

/** Requests that fail at the same time share one refresh. */
function refresh(): Promise<boolean> {
  refreshing ??= send('POST', '/api/token/refresh/')
    .then(({ ok }) => ok)
    .finally(() => {
      refreshing = undefined
    })
  return refreshing
}

async function answerOf<Answer>(response: Response): Promise<Answer> {
  const text = await response.text()
  const answer = text === '' ? undefined : JSON.parse(text)
  if (!response.ok) throw new ApiError(response.status, answer ?? {})
  return answer
}
