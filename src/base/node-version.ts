/**
 * Imported first by every entry that needs Node.js, so that an older version
 * gets this message. Must load in Node.js 20: no imports, and no newer syntax
 * in modules evaluated before it.
 */
const LEAST = [24, 7] as const

/** Bun and Deno report a Node.js version of their own choosing. */
const { node, bun, deno } = globalThis.process?.versions ?? {}

if (node !== undefined && bun === undefined && deno === undefined) {
  const [major = 0, minor = 0] = node.split('.').map(Number)
  if (major < LEAST[0] || (major === LEAST[0] && minor < LEAST[1])) {
    throw new Error(
      `watchword needs Node.js ${LEAST.join('.')} or later; this is ${node}. Get one from https://nodejs.org.`,
    )
  }
}

export {}
