import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { parseBewit, serializeBewit } from '../../src/hawk/bewit.ts'
import {
  normalizedString,
  PAYLOAD_END,
  payloadStart,
  timestampText,
} from '../../src/hawk/normalized-string.ts'
import type { MacVector, Vectors } from './vectors.ts'

const { keys, macs, payloads, timestamps, bewits }: Vectors = JSON.parse(
  readFileSync(new URL('../data/hawk/vectors.json', import.meta.url), 'utf8'),
)

const macOf = (text: string, { alg, key }: Pick<MacVector, 'alg' | 'key'>): string =>
  createHmac(alg, keys[key]).update(text).digest('base64')

for (const { name, type, alg, key, mac, ...artifacts } of macs) {
  test(`${name}: the MAC of a ${type}`, () => {
    assert.equal(macOf(normalizedString(type, artifacts), { alg, key }), mac)
  })
}

for (const { name, alg, contentType, body, hash } of payloads) {
  test(`${name}: the hash of a payload`, () => {
    const text = payloadStart(contentType) + body + PAYLOAD_END
    assert.equal(createHash(alg).update(text).digest('base64'), hash)
  })
}

for (const { name, alg, key, ts, tsm } of timestamps) {
  test(`${name}: the MAC of a time`, () => {
    assert.equal(macOf(timestampText(ts), { alg, key }), tsm)
  })
}

for (const { name, key, id, exp, ext, origin, resource, bewit } of bewits) {
  const { hostname: host, port } = new URL(origin)
  const artifacts = { ts: exp, nonce: '', method: 'GET', host, port, resource, ext }

  test(`${name}: a bewit`, () => {
    const text = normalizedString('bewit', { ...artifacts, port: port || '443' })
    const mac = macOf(text, { alg: 'sha256', key })
    assert.equal(serializeBewit({ id, exp, mac, ext }), bewit)
    assert.deepEqual(parseBewit(bewit), { id, exp, mac, ext })
  })
}
