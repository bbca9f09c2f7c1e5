import assert from 'node:assert/strict'
import fc from 'fast-check'
import { clientAddress, networkOf } from '../../src/http/client-address.ts'
import { property } from './property.ts'

/** `X-Forwarded-For` behind proxies that append, each in its own spelling, after anything that a client has sent. */
const addresses = fc.oneof(fc.ipV4(), fc.ipV6())

/** An entry as a proxy writes it. */
const written = addresses.chain((address) =>
  fc.record({
    address: fc.constant(address),
    entry: address.includes(':')
      ? fc.constantFrom(address, `[${address}]`, `[${address}]:51234`)
      : fc.constantFrom(address, `${address}:51234`, `::ffff:${address}`),
    blank: fc.constantFrom('', ' ', '\t', '  '),
  }),
)

/** What a client puts into the header: anything that a header can hold. */
const forged = fc.option(
  fc.oneof(
    fc.array(addresses, { maxLength: 4 }).map((all) => all.join(', ')),
    fc.stringMatching(/^[\x20-\x7e\xa0-\xff]{0,60}$/),
    fc.constantFrom(',', ',,,', ' ', 'unknown', '_hidden', '"[::1]"', 'for=1.2.3.4'),
  ),
  { nil: undefined },
)

/** The header that arrives: the client's, and what each proxy appends, its client first. */
function headerOf(
  sent: string | undefined,
  entries: readonly { readonly entry: string; readonly blank: string }[],
): string {
  const appended = entries.map(({ entry, blank }) => `${blank}${entry}`)
  return [...(sent === undefined ? [] : [sent]), ...appended].join(',')
}

const requestWith = (header: string | undefined, address: string) => ({
  address,
  header: (name: string) => (name === 'x-forwarded-for' ? header : undefined),
})

property(
  'behind proxies that append, the address is that of the client, which may have sent any header',
  [
    forged,
    fc.array(written, { minLength: 1, maxLength: 16 }),
    fc.constantFrom('', '10.0.0.1'),
  ],
  async (_, sent, entries, connection) => {
    const request = requestWith(headerOf(sent, entries), connection)
    const found = clientAddress(request, entries.length)
    assert.equal(networkOf(found), networkOf(entries[0]!.address))
  },
  300,
)

property(
  'without proxies the header counts for nothing',
  [forged, addresses],
  async (_, sent, connection) => {
    assert.equal(clientAddress(requestWith(sent, connection), 0), connection)
  },
)

property(
  'with proxies every request has an address, and one of any length becomes a short part of a key',
  [forged, fc.constantFrom(null, 1, 2, 16), fc.constantFrom('', '10.0.0.1')],
  async (_, sent, proxies, connection) => {
    const address = clientAddress(requestWith(sent, connection), proxies)
    assert.notEqual(address, '')
    assert.ok(networkOf(address).length <= 'unknown:'.length + 64, address)
  },
  300,
)
