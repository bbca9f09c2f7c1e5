import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { freePort } from './free-port.ts'

const SITE = fileURLToPath(new URL('../../deploy/nginx.conf', import.meta.url))
const PROGRAM = ['/usr/sbin/nginx', '/usr/bin/nginx', '/usr/local/sbin/nginx'].find(
  existsSync,
)

export interface Nginx {
  /** Of plain HTTP, on 127.0.0.1. */
  readonly port: number
  /** Checks the configuration with TLS, as in `deploy/`. @returns the output of `nginx -t` */
  check(): Promise<string>
  stop(): Promise<void>
}

/**
 * Debian's nginx with the site of `deploy/`, on a free port and without TLS.
 *
 * @param upstream as the site's `server` directive takes it: `unix:/…` or `127.0.0.1:8000`
 * @param changes of the site: what stands there, and what to put instead
 * @returns a string with the reason if it is not installed
 */
export async function anNginx(
  upstream: string,
  changes: readonly Change[] = [],
): Promise<Nginx | string> {
  if (PROGRAM === undefined) return 'nginx is not installed: apt-get install nginx-light'
  const folder = mkdtempSync(join(tmpdir(), 'watchword-nginx-'))
  mkdirSync(join(folder, 'temporary'))
  const site = replaced(readFileSync(SITE, 'utf8'), [
    ['server unix:/run/watchword/socket;', `server ${upstream};`],
    ...changes,
  ])
  const [port, other] = [await freePort(), await freePort()]
  writeFileSync(
    join(folder, 'nginx.conf'),
    configuration(folder, plain(site, port, other)),
  )
  writeFileSync(
    join(folder, 'tls.conf'),
    configuration(folder, withTls(site, folder, port, other)),
  )

  const child = spawn(
    PROGRAM,
    ['-p', folder, '-c', join(folder, 'nginx.conf'), '-g', 'daemon off;'],
    {
      stdio: 'ignore',
    },
  )
  const ended = once(child, 'exit')
  const dispose = (): void => {
    child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
  process.once('exit', dispose)
  for (let i = 0; !(await listens(port)); i++) {
    if (i > 100 || child.exitCode !== null)
      throw new Error(`nginx does not start: ${logOf(folder)}`)
    await sleep(50)
  }
  return {
    port,
    async check() {
      await makeCertificate(folder)
      const { stderr } = await promisify(execFile)(PROGRAM, [
        '-t',
        '-p',
        folder,
        '-c',
        join(folder, 'tls.conf'),
      ])
      return stderr
    },
    async stop() {
      child.kill('SIGQUIT')
      await ended
      process.off('exit', dispose)
      dispose()
    },
  }
}

type Change = readonly [from: string, to: string]

/** @throws if a string is missing, because the test would no longer test the site of `deploy/` */
function replaced(text: string, changes: readonly Change[]): string {
  return changes.reduce((done, [from, to]) => {
    if (!done.includes(from)) throw new Error(`deploy/nginx.conf has no "${from}"`)
    return done.replace(from, to)
  }, text)
}

const plain = (site: string, port: number, other: number): string =>
  replaced(site, [
    ['listen 443 ssl http2;', `listen 127.0.0.1:${port};`],
    ['listen [::]:443 ssl http2;', ''],
    ['listen 80;', `listen 127.0.0.1:${other};`],
    ['listen [::]:80;', ''],
    [site.match(/^ *ssl_certificate .*$/m)?.[0] ?? '', ''],
    [site.match(/^ *ssl_certificate_key .*$/m)?.[0] ?? '', ''],
    ['ssl_protocols TLSv1.2 TLSv1.3;', ''],
  ])

const withTls = (site: string, folder: string, port: number, other: number): string =>
  replaced(site, [
    ['listen 443 ssl http2;', `listen 127.0.0.1:${port} ssl http2;`],
    ['listen [::]:443 ssl http2;', ''],
    ['listen 80;', `listen 127.0.0.1:${other};`],
    ['listen [::]:80;', ''],
    [
      '/etc/letsencrypt/live/auth.example.com/fullchain.pem',
      join(folder, 'certificate.pem'),
    ],
    ['/etc/letsencrypt/live/auth.example.com/privkey.pem', join(folder, 'key.pem')],
  ])

/** Debian's `nginx.conf` around a site, with all files in one folder. */
const configuration = (folder: string, site: string): string => `
${process.getuid?.() === 0 ? 'user root;' : ''}
pid ${folder}/pid;
error_log ${folder}/error.log warn;
worker_processes 1;
events { worker_connections 512; }
http {
  access_log off;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((it) => `${it}_temp_path ${folder}/temporary/${it};`).join('\n  ')}
${site}
}
`

async function makeCertificate(folder: string): Promise<void> {
  const files = [
    '-keyout',
    join(folder, 'key.pem'),
    '-out',
    join(folder, 'certificate.pem'),
  ]
  const options =
    '-x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=auth.example.com'
  await promisify(execFile)('openssl', ['req', ...options.split(' '), ...files])
}

const logOf = (folder: string): string =>
  existsSync(join(folder, 'error.log'))
    ? readFileSync(join(folder, 'error.log'), 'utf8')
    : 'it has logged nothing'

const listens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
