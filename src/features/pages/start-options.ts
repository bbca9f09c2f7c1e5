import { startOptions } from '../../command/start-options.ts'
import { firstSet, parseWord } from '../../command/values.ts'

/** The option `--pages` of `start`. */
export const pagesStart = startOptions({
  options: {
    pages: {
      type: 'boolean',
      help: 'pages to sign in, under /account/; default: WATCHWORD_PAGES=1, or no pages',
    },
  },
  read({ pages }, { env }) {
    const given = firstSet(
      ['--pages', pages === true ? '1' : undefined],
      ['WATCHWORD_PAGES', env.WATCHWORD_PAGES],
    )
    if (given === undefined) return {}
    return { pages: parseWord(given, ['1', '0']) === '1' }
  },
})
