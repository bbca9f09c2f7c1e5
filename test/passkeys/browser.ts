import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { TestContext } from 'node:test'
import { chromium } from '../services/chromium.ts'

/** A page of Chromium with a virtual authenticator (Chrome DevTools Protocol, domain WebAuthn). */
export interface Page {
  /** What an expression of the page resolves to. */
  evaluate(expression: string): Promise<unknown>
}

/** @returns `undefined` if no browser is installed */
export async function openPage(t: TestContext, url: string): Promise<Page | undefined> {
  if (chromium === undefined) return undefined
  const profile = mkdtempSync(join(tmpdir(), 'watchword-chromium-'))
  const words = [
    '--headless=new',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-dev-shm-usage',
    '--remote-debugging-port=0',
    `--user-data-dir=${profile}`,
    'about:blank',
  ]
  const child = spawn(chromium, words, {
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  })
  const closed = once(child, 'exit')
  t.after(async () => {
    // The whole process group.
    if (child.exitCode === null && child.pid !== undefined) {
      process.kill(-child.pid, 'SIGKILL')
      await closed
    }
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
  })
  const socket = new WebSocket(await debuggerOf(child))
  await once(socket, 'open')
  t.after(() => socket.close())
  const send = commandsOver(socket)
  const { targetId } = await send('Target.createTarget', { url: 'about:blank' })
  const { sessionId } = await send('Target.attachToTarget', { targetId, flatten: true })
  const onPage = (method: string, params: object = {}) => send(method, params, sessionId)
  await onPage('WebAuthn.enable')
  await onPage('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
  await onPage('Page.enable')
  const loaded = new Promise<void>((resolve) => {
    socket.addEventListener('message', ({ data }) => {
      if (JSON.parse(String(data)).method === 'Page.loadEventFired') resolve()
    })
  })
  await onPage('Page.navigate', { url })
  await loaded
  return {
    async evaluate(expression) {
      const answer = await onPage('Runtime.evaluate', {
        expression,
        awaitPromise: true,
        returnByValue: true,
        userGesture: true,
      })
      const { exceptionDetails, result } = answer
      if (exceptionDetails !== undefined)
        throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text)
      return result.value
    },
  }
}

async function debuggerOf({ stderr }: ChildProcess): Promise<string> {
  if (stderr === null) throw new Error('Chromium has no standard error')
  for await (const line of createInterface({ input: stderr })) {
    const [, address] = /^DevTools listening on (ws:\S+)/.exec(line) ?? []
    if (address !== undefined) {
      stderr.resume()
      return address
    }
  }
  throw new Error('Chromium ended before it listened')
}

// biome-ignore lint/suspicious/noExplicitAny: the answers of the protocol, of which the caller knows the members
type Send = (method: string, params?: object, sessionId?: string) => Promise<any>

function commandsOver(socket: WebSocket): Send {
  let last = 0
  const waiting = new Map<number, (answer: { error?: object; result: object }) => void>()
  socket.addEventListener('message', ({ data }) => {
    const answer = JSON.parse(String(data))
    waiting.get(answer.id)?.(answer)
    waiting.delete(answer.id)
  })
  return (method, params = {}, sessionId = undefined) =>
    new Promise((resolve, reject) => {
      const id = ++last
      waiting.set(id, ({ error, result }) =>
        error === undefined
          ? resolve(result)
          : reject(new Error(`${method}: ${JSON.stringify(error)}`)),
      )
      socket.send(JSON.stringify({ id, method, params, sessionId }))
    })
}
