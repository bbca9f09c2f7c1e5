import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Route, Verbs } from './guarded.ts'

const GUARDED = fileURLToPath(new URL('guarded.ts', import.meta.url))

export interface Pair {
  readonly access: string
  readonly refresh: string
}

export interface Guarded {
  readonly url: string
  /** Requests a route with an access token. */
  ask(
    route: Route,
    access: string,
  ): Promise<{ readonly status: number; readonly body: string }>
  /** Posts to an endpoint. @throws if the status is not 200 */
  send(endpoint: string, fields: object): Promise<Pair>
  administer<Verb extends keyof Verbs>(
    verb: Verb,
    ...its: Parameters<Verbs[Verb]>
  ): Promise<Awaited<ReturnType<Verbs[Verb]>>>
  stop(): Promise<void>
}

/** A process that guards routes on a database that it shares with others. */
export async function startGuarded(database: string): Promise<Guarded> {
  const child = fork(GUARDED, [database], { execPath: process.execPath, execArgv: [] })
  const exit = once(child, 'exit')
  const waiting = new Map<number, PromiseWithResolvers<unknown>>()
  const ready = Promise.withResolvers<number>()
  child.on(
    'message',
    (said: {
      readonly port?: number
      readonly n?: number
      answer?: unknown
      error?: string
    }) => {
      if (said.port !== undefined) return ready.resolve(said.port)
      const waits = waiting.get(said.n!)
      waiting.delete(said.n!)
      if (said.error === undefined) waits?.resolve(said.answer)
      else waits?.reject(new Error(said.error))
    },
  )
  void exit.then(([code]) => {
    const ended = new Error(`the process ended with ${code}`)
    for (const { reject } of [ready, ...waiting.values()]) reject(ended)
  })
  const url = `http://127.0.0.1:${await ready.promise}`
  let asked = 0
  return {
    url,
    async ask(route, access) {
      const answer = await fetch(url + route, {
        headers: { Authorization: `Bearer ${access}` },
      })
      return { status: answer.status, body: await answer.text() }
    },
    async send(endpoint, fields) {
      const headers = { 'Content-Type': 'application/json' }
      const answer = await fetch(`${url}/api/token${endpoint}`, {
        method: 'POST',
        headers,
        body: JSON.stringify(fields),
      })
      const text = await answer.text()
      if (answer.status !== 200) throw new Error(`${answer.status} ${text}`)
      return JSON.parse(text) as Pair
    },
    administer(verb, ...its) {
      asked += 1
      const waits = Promise.withResolvers<unknown>()
      waiting.set(asked, waits)
      child.send({ n: asked, verb, its })
      return waits.promise as never
    },
    async stop() {
      child.disconnect()
      await exit
    },
  }
}
