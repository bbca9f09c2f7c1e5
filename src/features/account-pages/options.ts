import type * as z from 'zod/mini'
import { type PageOptions as CommonOptions, pageOptions } from '../pages/options.ts'
import type { PageRenderers } from './renderers.ts'

/** `pages`, with the functions that make the pages of accounts. */
export interface PageOptions extends CommonOptions<PageRenderers> {}

export const accountPageOptions = pageOptions as z.ZodMiniType<
  z.output<typeof pageOptions>,
  boolean | PageOptions | undefined
>
