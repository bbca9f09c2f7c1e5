import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const PROGRAM = '/usr/sbin/apache2'
const MODULES = '/usr/lib/apache2/modules'
const LOADED = [
  'mpm_event',
  'authn_core',
  'authz_core',
  'authz_user',
  'auth_openidc',
  'headers',
  'dir',
]

/** Why Debian's Apache with its module of OpenID Connect cannot be started. */
export const withoutApache =
  existsSync(PROGRAM) && existsSync(`${MODULES}/mod_auth_openidc.so`)
    ? false
    : 'Apache is not installed: apt-get install apache2 libapache2-mod-auth-openidc'

/**
 * Apache on a port of this machine, without the site of the system.
 *
 * @param site lines of its configuration
 * @returns what stops it
 */
export async function anApache(
  port: number,
  site: (root: string) => string,
): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'watchword-apache-'))
  const root = join(folder, 'site')
  mkdirSync(root)
  const file = join(folder, 'apache.conf')
  writeFileSync(file, configuration(folder, port) + site(root))
  const child = spawn(PROGRAM, ['-d', folder, '-f', file, '-X'], { stdio: 'ignore' })
  const ended = once(child, 'exit')
  const dispose = (): void => {
    child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
  process.once('exit', dispose)
  while (!(await answers(port))) {
    if (child.exitCode !== null)
      throw new Error(`Apache does not start: ${logOf(folder)}`)
    await sleep(50)
  }
  return async () => {
    child.kill('SIGTERM')
    await ended
    process.off('exit', dispose)
    dispose()
  }
}

const configuration = (folder: string, port: number): string => `
ServerName 127.0.0.1
Listen 127.0.0.1:${port}
PidFile ${folder}/pid
ErrorLog ${folder}/log
Mutex posixsem
User www-data
Group www-data
${LOADED.map((name) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`).join('\n')}
`

const answers = (port: number): Promise<boolean> =>
  fetch(`http://127.0.0.1:${port}/open`).then(
    () => true,
    () => false,
  )

function logOf(folder: string): string {
  const file = join(folder, 'log')
  return existsSync(file) ? readFileSync(file, 'utf8').slice(-2000) : 'no log'
}
