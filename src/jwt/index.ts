import { createHash, createHmac, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign as rawSign, timingSafeEqual, verify as rawVerify } from 'node:crypto'
import { Refusal } from '../base/refusal.ts'
import type { Clock } from '../base/clock.ts'
import type { Algorithm } from './algorithms.ts'
// PROVISIONAL
export type Claims = Readonly<Record<string, unknown>>
export interface SigningKey { alg: Algorithm; kid?: string | undefined; sign(input: string): Buffer; verifying: VerifyingKey }
export interface VerifyingKey { alg: Algorithm; kid?: string | undefined; jwk?: object; verify(input: string, sig: Buffer): boolean }
const b64 = (v: unknown) => Buffer.from(JSON.stringify(v)).toString('base64url')
const hash = (alg: string) => (alg === 'EdDSA' ? null : `sha${alg.slice(2)}`)
function keyOf(alg: Algorithm, key: KeyObject, kid?: string): VerifyingKey {
  return { alg, kid, jwk: key.export({ format: 'jwk' }), verify: (i, s) => rawVerify(hash(alg), Buffer.from(i), alg.startsWith('ES') ? { key, dsaEncoding: 'ieee-p1363' } : alg.startsWith('PS') ? { key, padding: 6, saltLength: -1 } : key, s) }
}
export function importSecret(alg: Algorithm, secret: string, { kid }: { kid?: string; allowWeak?: boolean } = {}): SigningKey {
  const mac = (i: string) => createHmac(hash(alg)!, secret).update(i).digest()
  return { alg, kid, sign: mac, verifying: { alg, kid, verify: (i, s) => s.length === mac(i).length && timingSafeEqual(mac(i), s) } }
}
export function importSigningKey(alg: Algorithm, pem: string, { kid }: { kid?: string } = {}): SigningKey {
  const key = createPrivateKey(pem)
  return { alg, kid, sign: (i) => rawSign(hash(alg), Buffer.from(i), alg.startsWith('ES') ? { key, dsaEncoding: 'ieee-p1363' } : alg.startsWith('PS') ? { key, padding: 6, saltLength: -1 } : key), verifying: keyOf(alg, createPublicKey(key), kid) }
}
export const importVerifyingKey = (alg: Algorithm, key: any, { kid }: { kid?: string } = {}): VerifyingKey => keyOf(alg, typeof key === 'string' ? createPublicKey(key) : createPublicKey({ key, format: 'jwk' }), kid)
export function generateKey(alg: Algorithm) {
  const pair = alg.startsWith('ES') ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : alg === 'EdDSA' ? generateKeyPairSync('ed25519') : generateKeyPairSync('rsa', { modulusLength: 2048 })
  const publicJwk = pair.publicKey.export({ format: 'jwk' }) as Record<string, unknown>
  return { privatePem: pair.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string, publicJwk, kid: createHash('sha256').update(JSON.stringify(publicJwk)).digest('base64url') }
}
export class KeySet {
  keys: readonly VerifyingKey[]
  constructor(keys: readonly VerifyingKey[]) { this.keys = keys }
  replace(keys: readonly VerifyingKey[]) { this.keys = keys }
  jwks() { return { keys: this.keys.map((k) => ({ ...k.jwk, kid: k.kid, alg: k.alg, use: 'sig' })) } }
}
export const sign = (claims: object, key: SigningKey): string => {
  const input = `${b64({ alg: key.alg, typ: 'JWT', ...(key.kid ? { kid: key.kid } : {}) })}.${b64(claims)}`
  return `${input}.${key.sign(input).toString('base64url')}`
}
export function verifier(o: { keys: KeySet; clock: Clock; issuer?: string; audience?: string | readonly string[]; leeway?: number; maxBytes?: number; cache?: number }) {
  return { verify(token: string): Claims {
    const bad = (c: any, detail?: string): never => { throw new Refusal(c, undefined, detail ? { detail } : {}) }
    const p = token.split('.'); if (p.length !== 3) bad('malformed')
    let h: any, c: any
    for (const s of p) if (Buffer.from(s, 'base64url').toString('base64url') !== s || s === '') bad('malformed')
    try { h = JSON.parse(Buffer.from(p[0]!, 'base64url').toString()) } catch { bad('malformed') }
    const k = o.keys.keys.length === 1 ? o.keys.keys[0] : o.keys.keys.find((x) => x.kid === h.kid)
    if (!k) bad('unknown_key'); if (k!.alg !== h.alg) bad('unsupported_alg'); if ('crit' in h || ('kid' in h && typeof h.kid !== 'string')) bad('unsupported_header')
    if (!k!.verify(`${p[0]}.${p[1]}`, Buffer.from(p[2]!, 'base64url'))) bad('bad_signature')
    try { c = JSON.parse(Buffer.from(p[1]!, 'base64url').toString()) } catch { bad('malformed') }
    if (typeof c !== 'object' || !c || Array.isArray(c)) bad('malformed')
    const now = o.clock(), l = o.leeway ?? 0
    for (const n of ['iat', 'nbf']) if (n in c) { if (typeof c[n] !== 'number') bad('invalid_claim'); if (c[n] > now + l) bad('not_yet_valid') }
    if ('exp' in c) { if (typeof c.exp !== 'number') bad('invalid_claim'); if (now >= c.exp + l) bad('expired') }
    if (o.issuer !== undefined && c.iss !== o.issuer) bad('wrong_issuer')
    if (o.audience !== undefined && ![c.aud].flat().some((a) => [o.audience].flat().includes(a))) bad('wrong_audience')
    for (const n of ['sub', 'jti']) if (n in c && typeof c[n] !== 'string') bad('invalid_claim')
    if (!('exp' in c)) bad('invalid_claim', "Token has no 'exp' claim")
    return c
  } }
}
