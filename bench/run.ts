import { availableParallelism, cpus } from 'node:os'
import type { Finding } from './measure.ts'
import { peers } from './peers.ts'
import { lines, summary } from './table.ts'

type Bench = () => AsyncGenerator<Finding>

/** Each is imported when it runs. */
const BENCHES: Readonly<Record<string, () => Promise<Bench>>> = {
  hs256: async () => (await import('./hs256.ts')).hs256,
  asymmetric: async () => (await import('./asymmetric.ts')).asymmetric,
  verify: async () => (await import('./verify.ts')).verify,
  signatures: async () => (await import('./signatures.ts')).signatures,
  hawk: async () => (await import('./hawk.ts')).hawkRequests,
  guard: async () => (await import('./guard.ts')).guard,
  refresh: async () => (await import('./refresh.ts')).refresh,
  oauth: async () => (await import('./oauth.ts')).oauth,
  durable: async () => (await import('./production.ts')).durable,
  production: async () => (await import('./production.ts')).production,
  simulation: async () => (await import('./simulation.ts')).simulation,
  revocation: async () => (await import('./revocation.ts')).revocation,
  import: async () => (await import('./import.ts')).importing,
  storage: async () => (await import('./storage.ts')).storage,
  accounts: async () => (await import('./accounts.ts')).accounts,
  console: async () => (await import('./console.ts')).consoleLists,
  start: async () => (await import('./start.ts')).start,
}

const words = process.argv.slice(2)
const isJson = words.includes('--json')
const names = words.filter((word) => word !== '--json')
const unknown = names.find((name) => !Object.hasOwn(BENCHES, name))

if (unknown === undefined) await run(names.length === 0 ? Object.keys(BENCHES) : names)
else {
  console.error(
    `There is no bench "${unknown}". There are: ${Object.keys(BENCHES).join(', ')}.`,
  )
  process.exitCode = 2
}

async function run(names: readonly string[]): Promise<void> {
  const machine = {
    node: process.version,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    peers,
    date: new Date().toISOString().slice(0, 10),
  }
  const say = (text: string): void => void (isJson || console.log(text))
  const versions = Object.entries(peers).map(([name, version]) => `${name} ${version}`)
  say(
    `Node ${machine.node} on ${machine.cores} × ${machine.cpu}, ${machine.date}; ${versions.join(', ')}\n`,
  )
  const findings: (Finding & { readonly bench: string })[] = []
  for (const name of names) {
    for await (const finding of (await BENCHES[name]!())()) {
      findings.push({ bench: name, ...finding })
      say(lines(finding).join('\n'))
    }
  }
  if (isJson) console.log(JSON.stringify({ ...machine, findings }, undefined, 2))
  else say(summary(findings))
}
