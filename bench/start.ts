import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { inFolder } from './child.ts'
import { Client, get } from './load.ts'
import { type Finding, measure } from './measure.ts'
import { SECRET, seed } from './seed.ts'

const root = join(import.meta.dirname, '..')

/** What was built, from the start of its process to its first answer, and what it then holds in memory. */
export const start = (): AsyncGenerator<Finding> =>
  inFolder(async function* (folder) {
    build(folder)
    const database = join(folder, 'watchword.db')
    const { pairs } = await seed(database, 1)
    const request = get('/hello/', { Authorization: `Bearer ${pairs[0]!.access}` })
    const ours = join(folder, 'bin', 'watchword.js')
    const servers = {
      watchword: [ours, 'start', '--port', '0', '--database', database],
      'node:http': [join(import.meta.dirname, 'servers', 'empty.js')],
    }
    const asked = (figure: 'milliseconds' | 'resident') =>
      Object.entries(servers).map(([name, args]) => ({
        name,
        run: async () => (await firstAnswer(args, request, folder))[figure],
      }))
    yield await measure({
      asks: 'From start to the first answer of a guarded route, built, its database there',
      unit: 'ms',
      rounds: 21,
      contestants: asked('milliseconds'),
      bars: [{ of: 'watchword', to: 'node:http', atMost: 2.5 }],
    })
    yield await measure({
      asks: 'Resident memory after the first answer',
      unit: 'MiB',
      rounds: 7,
      contestants: asked('resident'),
      bars: [{ of: 'watchword', to: 'node:http', atMost: 1.5 }],
    })
  })

/** The package as it is published: beside its sources the command would take those. */
function build(folder: string): void {
  const built = spawnSync(join(root, 'node_modules', '.bin', 'tsc'), [
    ...['-p', join(root, 'tsconfig.build.json'), '--outDir', join(folder, 'dist')],
  ])
  if (built.status !== 0) throw new Error(`the build failed: ${built.stdout}`)
  for (const name of ['package.json', 'bin'])
    cpSync(join(root, name), join(folder, name), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
}

async function firstAnswer(args: readonly string[], request: string, cwd: string) {
  const began = performance.now()
  const env = { ...process.env, WATCHWORD_SECRET: SECRET }
  const child = spawn(process.execPath, args, {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const client = new Client(await portOf(child.stdout))
  const { status } = await client.ask(request)
  const milliseconds = performance.now() - began
  if (status !== 200) throw new Error(`the first answer was ${status}`)
  const kibibytes = /VmRSS:\s+(\d+)/.exec(
    readFileSync(`/proc/${child.pid}/status`, 'latin1'),
  )![1]
  client.close()
  child.kill('SIGKILL')
  await once(child, 'exit')
  return { milliseconds, resident: Number(kibibytes) / 1024 }
}

async function portOf(output: NodeJS.ReadableStream): Promise<number> {
  let said = ''
  for await (const chunk of output) {
    said += chunk
    const port = /http:\/\/127\.0\.0\.1:(\d+)/.exec(said)?.[1]
    if (port !== undefined) return Number(port)
  }
  throw new Error('it ended before it listened')
}
