import type { Clock } from '../base/clock.ts'
import { lazy } from '../base/lazy.ts'
import type { Core, SectionReader } from '../features/core.ts'
import { FEATURE_LIST } from '../features.ts'
import type { Proofs } from '../proofs/proofs.ts'
import type { KeyOfRequest } from '../sign-in/complete-sign-in.ts'
import type { TokenDeps, TokenSettings } from '../tokens/token-settings.ts'

export interface OpenDpopSettings {
  readonly section: SectionReader
  readonly url: string | undefined
  readonly tokens: Pick<TokenSettings, 'applications'>
}

export interface OpenDpopDeps {
  readonly proofs: Proofs
  readonly clock: Clock
  readonly derivedKeys: Core['derivedKeys']
}

/** What a feature says of proofs; `undefined` if it is off. */
export const keyProofSettings = (section: SectionReader) =>
  FEATURE_LIST.map((feature) => feature.keyProofs?.(section)).find(
    (settings) => settings !== undefined,
  )

/** Whether tokens may be bound to keys: those of sign-ins by an option, those of applications always. */
export const areTokensBound = (section: SectionReader): boolean =>
  keyProofSettings(section) !== undefined ||
  FEATURE_LIST.some((feature) => feature.tokens?.(section)?.isForApplications === true)

/** The check of proofs, whose code is loaded with the first proof. */
export function openDpop(
  { section, url, tokens }: OpenDpopSettings,
  { proofs, clock, derivedKeys }: OpenDpopDeps,
): TokenDeps['dpop'] {
  const { nonces = false } = keyProofSettings(section) ?? {}
  return lazy(async () => {
    const [{ dpopRequests }, { proofNonces }] = await Promise.all([
      import('../proofs/dpop-requests.ts'),
      import('../proofs/proof-nonces.ts'),
    ])
    return dpopRequests({
      proofs,
      clock,
      url: url ?? tokens.applications?.issuer,
      nonces: nonces ? proofNonces(() => derivedKeys('dpop nonce'), clock) : undefined,
    })
  })
}

/** @returns `undefined` if tokens of sign-ins are not bound */
export function keyOfRequest(
  { section }: Pick<OpenDpopSettings, 'section'>,
  dpop: TokenDeps['dpop'],
): KeyOfRequest | undefined {
  const settings = keyProofSettings(section)
  if (settings === undefined) return undefined
  return async (request) => {
    const isSent = request?.header('dpop') !== undefined
    if (request === undefined || !(isSent || settings.required)) return undefined
    return (await dpop()).check(request)
  }
}
