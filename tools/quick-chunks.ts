interface Output {
  readonly type: 'asset' | 'chunk'
  readonly fileName: string
  code?: string
}

/** A step that saves some of the time of each start. */
export function quickChunks() {
  return {
    name: 'quick-chunks',
    generateBundle: {
      order: 'post' as const,
      handler(_: unknown, bundle: Readonly<Record<string, Output>>) {
        for (const output of Object.values(bundle)) {
          if (output.code === undefined || !output.fileName.endsWith('.js')) continue
          output.code = asAscii(withoutBuiltinImports(output.code))
        }
      },
    },
  }
}

/** The minifier leaves the text of templates as it is. An escape has the same value in all that is not `String.raw`. */
const asAscii = (code: string): string =>
  code.replace(
    /[^\0-\x7f]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )

const BUILTIN_IMPORT =
  /\bimport ?(?:([\w$]+),?)? ?(\{[^}]*\})? ?from ?["'](node:[\w/]+)["'];?/g

/** `import` evaluates every export of a module of Node.js, such as the streams and the promises of node:fs. */
function withoutBuiltinImports(code: string): string {
  return code.replace(
    BUILTIN_IMPORT,
    (_, whole?: string, names?: string, module?: string) => {
      const wanted = [whole, names?.replaceAll(' as ', ':')].filter(
        (each) => each !== undefined,
      )
      return wanted
        .map((each) => `const ${each}=process.getBuiltinModule("${module}");`)
        .join('')
    },
  )
}
