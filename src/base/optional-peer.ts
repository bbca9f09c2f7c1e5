import { configError } from './errors.ts'

/**
 * Imports an optional peer dependency at run time.
 *
 * A bundler must not resolve it: a project without the package has to build.
 * The specifier is no literal, which esbuild, Rollup and Bun leave alone; the
 * comments say the same to webpack, Turbopack and Vite. Node.js resolves it
 * from the bundle's own folder.
 *
 * @param need what needs the package, as the beginning of a sentence
 * @throws AuthError `invalid_config` if the package is not installed
 */
export async function optionalPeer<Module>(name: string, need: string): Promise<Module> {
  try {
    return await import(
      /* webpackIgnore: true */ /* turbopackIgnore: true */ /* @vite-ignore */ name
    )
  } catch (cause) {
    if (!isMissing(cause, name)) throw cause
    const message = `${need} needs the package "${name}", which is not installed. Type: npm install ${name}`
    throw configError(message, cause)
  }
}

/** A package that lacks a dependency of its own fails with the same code. */
const isMissing = (error: unknown, name: string): boolean => {
  const { code, message } = error as NodeJS.ErrnoException
  const isNotFound = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND'
  return (
    isNotFound && [`'${name}'`, `"${name}"`].some((quoted) => message.includes(quoted))
  )
}
