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

/** In a worker: answers messages with what an expression is. */
const scope = globalThis as unknown as {
  document?: object
  onmessage: (event: { readonly data: string }) => void
  postMessage(message: unknown): void
}
if (scope.document === undefined)
  scope.onmessage = async ({ data }) =>
    scope.postMessage(await new Function(`return ${data}`)())
