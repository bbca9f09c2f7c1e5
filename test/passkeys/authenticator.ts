import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'

/** What a browser passes to an authenticator: the options that the server has sent. */
export interface CeremonyOptions {
  readonly challenge: string
  readonly rp?: { readonly id: string }
  readonly rpId?: string
  readonly user?: { readonly id: string }
}

/** What differs from what a browser and an authenticator do. */
export interface Deviation {
  readonly origin?: string
  readonly rpId?: string
  readonly challenge?: string
  readonly userHandle?: string | undefined
  readonly counter?: number
  readonly isUserVerified?: boolean
  readonly id?: string
}

/** An authenticator in software with one passkey (ES256, no attestation): WebAuthn Level 3 §6. */
export class Authenticator {
  readonly id = randomBytes(20).toString('base64url')
  /** The signature counter; 0 if it does not count. */
  counter: number
  readonly #keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  readonly #isSyncable: boolean
  #userHandle = ''

  constructor({ counter = 0, isSyncable = false } = {}) {
    this.counter = counter
    this.#isSyncable = isSyncable
  }

  /** `navigator.credentials.create()` and `toJSON()` */
  create(options: CeremonyOptions, deviation: Deviation = {}) {
    this.#userHandle = options.user?.id ?? ''
    const id = Buffer.from(this.id, 'base64url')
    const length = Buffer.alloc(2)
    length.writeUInt16BE(id.length)
    const attested = [Buffer.alloc(16), length, id, this.#publicKey()]
    const authData = Buffer.concat([this.#data(options, deviation, 0x40), ...attested])
    return {
      ...this.#envelope(deviation),
      response: {
        clientDataJSON: clientData('webauthn.create', options, deviation),
        attestationObject: cbor(
          new Map<string, unknown>([
            ['fmt', 'none'],
            ['attStmt', new Map()],
            ['authData', authData],
          ]),
        ).toString('base64url'),
        transports: ['internal'],
      },
    }
  }

  /** `navigator.credentials.get()` and `toJSON()` */
  get(options: CeremonyOptions, deviation: Deviation = {}) {
    if (this.counter > 0) this.counter++
    const authData = this.#data(options, deviation, 0)
    const clientDataJSON = clientData('webauthn.get', options, deviation)
    const signed = Buffer.concat([
      authData,
      createHash('sha256').update(Buffer.from(clientDataJSON, 'base64url')).digest(),
    ])
    const userHandle = 'userHandle' in deviation ? deviation.userHandle : this.#userHandle
    return {
      ...this.#envelope(deviation),
      response: {
        clientDataJSON,
        authenticatorData: authData.toString('base64url'),
        signature: sign('sha256', signed, this.#keys.privateKey).toString('base64url'),
        ...(userHandle !== undefined && { userHandle }),
      },
    }
  }

  #envelope({ id = this.id }: Deviation) {
    return { id, rawId: id, type: 'public-key', clientExtensionResults: {} }
  }

  #data(options: CeremonyOptions, deviation: Deviation, more: number): Buffer {
    const rpId = deviation.rpId ?? options.rp?.id ?? options.rpId ?? ''
    const verified = deviation.isUserVerified === false ? 0 : 0x04
    const synced = this.#isSyncable ? 0x18 : 0
    const tail = Buffer.alloc(5)
    tail.writeUInt8(0x01 | verified | synced | more)
    tail.writeUInt32BE(deviation.counter ?? this.counter, 1)
    return Buffer.concat([createHash('sha256').update(rpId).digest(), tail])
  }

  /** COSE_Key (RFC 9053 §7.1.1) */
  #publicKey(): Buffer {
    const { x = '', y = '' } = this.#keys.publicKey.export({ format: 'jwk' })
    return cbor(
      new Map<number, unknown>([
        [1, 2],
        [3, -7],
        [-1, 1],
        [-2, Buffer.from(x, 'base64url')],
        [-3, Buffer.from(y, 'base64url')],
      ]),
    )
  }
}

const clientData = (
  type: string,
  options: CeremonyOptions,
  { origin = 'https://app.example.com', challenge = options.challenge }: Deviation,
): string =>
  Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false })).toString(
    'base64url',
  )

/** RFC 8949: integers, byte and text strings, and maps. */
function cbor(value: unknown): Buffer {
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value)
  if (typeof value === 'string') {
    const text = Buffer.from(value)
    return Buffer.concat([head(3, text.length), text])
  }
  if (value instanceof Map) {
    const pairs = [...value].flat().map(cbor)
    return Buffer.concat([head(5, value.size), ...pairs])
  }
  const bytes = value as Buffer
  return Buffer.concat([head(2, bytes.length), bytes])
}

function head(major: number, length: number): Buffer {
  if (length < 24) return Buffer.from([(major << 5) | length])
  if (length < 0x100) return Buffer.from([(major << 5) | 24, length])
  return Buffer.from([(major << 5) | 25, length >> 8, length & 0xff])
}
