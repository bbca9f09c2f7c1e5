import { errorOfAnswer } from './answer.ts'
import { call } from './call.ts'
import { isRecord } from './claims.ts'
import { CORE, type Core } from './core.ts'
import { AuthError } from './error.ts'
import { hold } from './refresh.ts'
import { signInAt } from './sign-in.ts'
import type { Client } from './types.ts'

export interface Passkeys<U> {
  /** Never rejects. */
  supported(): Promise<{ passkeys: boolean; autofill: boolean }>
  /**
   * Signs in with a passkey; with `ticket`, as the second factor of a password.
   *
   * @param options `autofill`: the passkey is offered in a field with `autocomplete="username webauthn"`
   * @throws AuthError `cancelled`, `not_supported`
   */
  signIn(options?: {
    autofill?: boolean
    ticket?: string
    signal?: AbortSignal
  }): Promise<U>
  /**
   * Adds a passkey to the user who is signed in.
   *
   * @throws AuthError `cancelled`, `not_supported`, `invalid` if the password is asked for
   */
  register(options?: { name?: string; current_password?: string }): Promise<unknown>
}

interface Credential {
  toJSON?(): unknown
  readonly id: string
  readonly type: string
  readonly response: Readonly<Record<string, unknown>> & {
    getTransports?(): readonly string[]
  }
}

/** What this uses of a browser. */
interface Authenticator {
  readonly navigator?: {
    readonly credentials?: {
      get(options: object): Promise<Credential | null>
      create(options: object): Promise<Credential | null>
    }
  }
  readonly PublicKeyCredential?: {
    parseRequestOptionsFromJSON?(options: object): object
    parseCreationOptionsFromJSON?(options: object): object
    isConditionalMediationAvailable?(): Promise<boolean>
  }
}

const page = globalThis as unknown as Authenticator

/** Passkeys for a client; left out of the bundle if it is not imported. */
export function passkeys<U extends object>(client: Client<U>): Passkeys<U> {
  const core = (client as unknown as { [CORE]: Core<U> })[CORE]
  const { accounts } = core.settings
  let ceremony = { controller: new AbortController(), ended: Promise.resolve() }

  async function post(path: string, body: object) {
    const held = await hold(core)
    return call(core, accounts + path, { body, access: held?.session.access })
  }

  /** One at a time: a later one ends an earlier one, and waits for its end. */
  async function ceremonyOf<T>(
    work: (signal: AbortSignal) => Promise<T>,
    outer?: AbortSignal,
  ): Promise<T> {
    const before = ceremony
    before.controller.abort()
    const controller = new AbortController()
    const running = before.ended.then(() => {
      throwIfAborted(controller.signal)
      return work(controller.signal)
    })
    const ended = running.then(
      () => {},
      () => {},
    )
    ceremony = { controller, ended }
    const abort = () => controller.abort()
    outer?.addEventListener('abort', abort)
    if (outer?.aborted) abort()
    return running.finally(() => outer?.removeEventListener('abort', abort))
  }

  async function optionsFrom(path: string, body: object, signal: AbortSignal) {
    if (page.navigator?.credentials === undefined || !page.PublicKeyCredential)
      throw new AuthError('not_supported')
    const answer = await post(path, body)
    throwIfAborted(signal)
    if (answer.status >= 300) throw errorOfAnswer(answer, 'refused')
    return answer.body
  }

  return {
    async supported() {
      const { PublicKeyCredential: credential, navigator } = page
      const has = credential !== undefined && navigator?.credentials !== undefined
      const asked = Promise.resolve(credential?.isConditionalMediationAvailable?.())
      const autofill = await asked.catch(() => false)
      return { passkeys: has, autofill: has && autofill === true }
    },
    signIn: ({ autofill, ticket, signal: outer } = {}) => {
      const [path, body] = signInWith(ticket)
      return ceremonyOf(async (signal) => {
        const json = await optionsFrom(`${path}options/`, body, signal)
        const parse = page.PublicKeyCredential?.parseRequestOptionsFromJSON
        const publicKey = parse?.call(page.PublicKeyCredential, json) ?? decoded(json)
        const mediation = autofill && { mediation: 'conditional' }
        const credential = await asked('get', { publicKey, signal, ...mediation })
        return (await signInAt(core, accounts + path, { ...body, credential })) as U
      }, outer)
    },
    register: ({ name: label = '', ...proof } = {}) =>
      ceremonyOf(async (signal) => {
        const json = await optionsFrom('/passkeys/options/', proof, signal)
        const parse = page.PublicKeyCredential?.parseCreationOptionsFromJSON
        const publicKey = parse?.call(page.PublicKeyCredential, json) ?? decoded(json)
        const credential = await asked('create', { publicKey, signal })
        const answer = await post('/passkeys/', { credential, label })
        if (answer.status >= 300) throw errorOfAnswer(answer, 'refused')
        return answer.body
      }),
  }
}

/** The endpoint, and what is sent besides the credential. */
function signInWith(ticket: string | undefined): readonly [string, object] {
  if (ticket === undefined) return ['/passkeys/sign-in/', {}]
  return ['/second-factor/passkey/', { ticket }]
}

async function asked(verb: 'get' | 'create', options: object): Promise<unknown> {
  try {
    const credential = await page.navigator?.credentials?.[verb](options)
    if (credential) return credential.toJSON?.() ?? encoded(credential)
  } catch (cause) {
    throw new AuthError('cancelled', { cause })
  }
  throw new AuthError('cancelled')
}

function throwIfAborted({ aborted }: AbortSignal): void {
  if (aborted) throw new AuthError('cancelled')
}

const BINARY = ['challenge', 'id']

/** For browsers without `parse…OptionsFromJSON`. */
function decoded(value: unknown, name = ''): unknown {
  if (typeof value === 'string' && BINARY.includes(name)) return bytesOf(value)
  if (Array.isArray(value)) return value.map((each) => decoded(each))
  if (!isRecord(value)) return value
  const members = Object.entries(value)
  return Object.fromEntries(
    // The relying party's id is text.
    members.map(([key, each]) => [key, key === 'rp' ? each : decoded(each, key)]),
  )
}

function bytesOf(text: string): Uint8Array {
  const binary = atob(text.replace(/-/g, '+').replace(/_/g, '/'))
  return Uint8Array.from(binary, (character) => character.charCodeAt(0))
}

/** For browsers without `credential.toJSON()`. */
function encoded({ id, type, response }: Credential): object {
  const names = [
    'clientDataJSON',
    'attestationObject',
    'authenticatorData',
    'signature',
    'userHandle',
  ]
  const present = names.filter((name) => response[name] instanceof ArrayBuffer)
  const members = present.map((name) => [name, textOf(response[name] as ArrayBuffer)])
  const transports = response.getTransports?.()
  return {
    id,
    rawId: id,
    type,
    response: { ...Object.fromEntries(members), ...(transports && { transports }) },
  }
}

const textOf = (buffer: ArrayBuffer): string =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, '-')
    .replace(/\//g, '_')
    .replace(/=+$/, '')
