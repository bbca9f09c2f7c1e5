import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Certificate {
  readonly key: Buffer
  readonly cert: Buffer
}

/** An authority that signs certificates, by OpenSSL. */
export class Authority {
  readonly #folder = mkdtempSync(join(tmpdir(), 'watchword-tls-'))

  constructor() {
    this.#openssl(`req -x509 -newkey ec ${CURVE} -keyout ca.key -out ca.pem -days 2`, [
      '-subj',
      '/CN=An authority of the tests',
    ])
  }

  /** The file with its own certificate. */
  get file(): string {
    return join(this.#folder, 'ca.pem')
  }

  /** @param days for how long it is valid; negative: it has expired */
  certificateOf(name: string, days = 1): Certificate {
    this.#openssl(`req -newkey ec ${CURVE} -keyout x.key -out x.csr`, [
      '-subj',
      `/CN=${name}`,
    ])
    writeFileSync(join(this.#folder, 'x.ext'), `subjectAltName=DNS:${name}\n`)
    this.#openssl(
      `x509 -req -in x.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile x.ext -out x.pem -days ${days}`,
    )
    return this.#read('x')
  }

  /** A certificate that no authority has signed. */
  selfSigned(name: string): Certificate {
    this.#openssl(`req -x509 -newkey ec ${CURVE} -keyout x.key -out x.pem -days 1`, [
      '-subj',
      `/CN=${name}`,
      '-addext',
      `subjectAltName=DNS:${name}`,
    ])
    return this.#read('x')
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true })
  }

  #read(name: string): Certificate {
    const read = (end: string): Buffer => readFileSync(join(this.#folder, name + end))
    return { key: read('.key'), cert: read('.pem') }
  }

  #openssl(command: string, more: readonly string[] = []): void {
    const options = { cwd: this.#folder, stdio: 'ignore' } as const
    execFileSync('openssl', [...command.split(' '), ...more], options)
  }
}

const CURVE = '-pkeyopt ec_paramgen_curve:P-256 -nodes'
