import type { HawkArtifacts, MacType } from '../../src/hawk/normalized-string.ts'

type Algorithm = 'sha1' | 'sha256'
type KeyName = 'K' | 'K2' | 'K3'

export interface MacVector extends HawkArtifacts {
  readonly name: string
  readonly type: MacType
  readonly alg: Algorithm
  readonly key: KeyName
  readonly mac: string
}

/** Published in the tests of the reference and of mohawk: see `test/data/hawk/README.md`. */
export interface Vectors {
  readonly keys: Readonly<Record<KeyName, string>>
  readonly macs: readonly MacVector[]
  readonly payloads: readonly {
    readonly name: string
    readonly alg: Algorithm
    readonly contentType: string
    readonly body: string
    readonly hash: string
  }[]
  readonly timestamps: readonly {
    readonly name: string
    readonly alg: Algorithm
    readonly key: KeyName
    readonly ts: string
    readonly tsm: string
  }[]
  readonly bewits: readonly {
    readonly name: string
    readonly key: KeyName
    readonly id: string
    readonly exp: string
    readonly ext: string
    readonly origin: string
    readonly resource: string
    readonly bewit: string
  }[]
}
