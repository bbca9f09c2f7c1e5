import {
  browserStorage,
  createClient,
  dpop,
  passkeys,
  sessionCookie,
  storedIn,
  tabStorage,
  tokenCookies,
} from '../../../src/client/index.ts'

/** What the tests call. */
Object.assign(globalThis, {
  createClient,
  dpop,
  passkeys,
  sessionCookie,
  tokenCookies,
  browserStorage,
  storedIn,
  tabStorage,
  /** Moves the clock of the page. */
  moveClock(milliseconds: number) {
    const real = Date.now
    Date.now = () => real() + milliseconds
  },
})

interface Port {
  onmessage: (event: { readonly data: string; readonly source?: Port | null }) => void
  postMessage(message: unknown): void
}

/** What this uses of a worker; each kind has some of it. */
const scope = globalThis as unknown as Port & {
  document?: object
  onconnect: (event: { readonly ports: readonly Port[] }) => void
}

/** In a worker: answers messages with what an expression is. */
const answer = async (code: string, to: Port): Promise<void> =>
  to.postMessage(await new Function(`return ${code}`)())

if (scope.document === undefined) {
  scope.onmessage = ({ data, source }) => void answer(data, source ?? scope)
  scope.onconnect = ({ ports: [port] }) => {
    if (port) port.onmessage = ({ data }) => void answer(data, port)
  }
}
