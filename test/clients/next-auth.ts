import { tool } from './servers/tools.ts'

/** A library that keeps sessions of visitors, by the requests that its pages make. */
export interface FrontEnd {
  handle(request: Request): Promise<Response>
}

/** What both take. */
export interface Config {
  readonly providers: readonly unknown[]
  readonly secret: string
  readonly session: { readonly strategy: 'jwt' }
  readonly callbacks: object
  readonly [name: string]: unknown
}

/** next-auth 4, behind a request and a response as Next passes them. */
export async function nextAuth(
  config: (credentials: Provider) => Config,
): Promise<FrontEnd> {
  const { default: NextAuth } = unwrapped(await tool<{ default: Handler }>('next-auth'))
  const { default: provider } = unwrapped(
    await tool<{ default: Provider }>('next-auth/providers/credentials'),
  )
  const options = config(provider)
  return {
    async handle(request) {
      const { pathname, searchParams } = new URL(request.url)
      const headers = Object.fromEntries(request.headers)
      const form = Object.fromEntries(new URLSearchParams(await request.text()))
      const answer = new Answer()
      const nextauth = pathname.split('/').slice(3)
      const cookies = Object.fromEntries(
        (headers.cookie ?? '')
          .split('; ')
          .filter(Boolean)
          .map((pair) => [
            pair.slice(0, pair.indexOf('=')),
            decodeURIComponent(pair.slice(pair.indexOf('=') + 1)),
          ]),
      )
      const asked = {
        method: request.method,
        query: { ...Object.fromEntries(searchParams), nextauth },
        cookies,
        headers,
        body: form,
      }
      await NextAuth(asked, answer, options)
      return answer.toResponse()
    },
  }
}

/** Makes a provider of credentials. */
export type Provider = (options: object) => unknown
type Handler = (request: object, response: Answer, options: Config) => Promise<void>

/** CommonJS with a default of its own. */
const unwrapped = <Module extends { readonly default: unknown }>(
  module: Module,
): Module => (typeof module.default === 'function' ? module : (module.default as Module))

/** The part of Next's response that it uses. */
class Answer {
  readonly #headers: [string, string][] = []
  #status = 200
  #body = ''

  getHeader(name: string): string[] {
    return this.#headers.filter(([each]) => each === name).map(([, value]) => value)
  }
  setHeader(name: string, value: string | string[]): void {
    const others = this.#headers.filter(([each]) => each !== name)
    this.#headers.length = 0
    this.#headers.push(
      ...others,
      ...[value].flat().map((each): [string, string] => [name, each]),
    )
  }
  status(code: number): this {
    this.#status = code
    return this
  }
  json(value: unknown): void {
    this.#body = JSON.stringify(value)
  }
  send(value: unknown): void {
    this.#body = typeof value === 'string' ? value : JSON.stringify(value)
  }
  end(): void {}
  toResponse(): Response {
    return new Response(this.#body, { status: this.#status, headers: this.#headers })
  }
}

/** What next-auth 5 is made of. */
export async function authCore(
  config: (credentials: Provider) => Config,
): Promise<FrontEnd> {
  const { Auth } = await tool<{
    Auth(request: Request, config: Config): Promise<Response>
  }>('@auth/core')
  const { default: provider } = await tool<{ default: Provider }>(
    '@auth/core/providers/credentials',
  )
  const options = { ...config(provider), trustHost: true, basePath: '/api/auth' }
  return { handle: (request) => Auth(request, options) }
}
