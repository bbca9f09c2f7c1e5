import type { Language } from '../../pages/time.ts'
import type { Core } from '../core.ts'
import { oauthSettings } from './issuer.ts'
import { consentTexts } from './texts.ts'

/** Scopes in words that users understand. */
export function wordsOf(
  scopes: readonly string[],
  language: Language,
  core: Core,
): readonly string[] {
  const texts = consentTexts[language]
  const own = oauthSettings(core).scopes
  if (scopes.length === 0) return [texts.nothing]
  return scopes.map((scope) => own[scope] ?? texts.scopes[scope] ?? scope)
}
