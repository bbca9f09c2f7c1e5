import { type Assets, pageAssets } from '../../pages/assets.ts'
import type { Site } from '../../pages/context.ts'
import { withTexts } from '../../pages/texts.ts'
import type { EndpointSettings, SectionReader } from '../core.ts'
import type { Language } from '../mail/templates/template.ts'
import { hasPages, type PageSettings, pageSettings } from './options.ts'
import { de } from './texts/de.ts'
import { en } from './texts/en.ts'
import type { PageTexts } from './texts/page-texts.ts'

/** What all pages of an instance share, made once. */
export interface SiteParts {
  readonly site: Site
  readonly texts: Readonly<Record<Language, PageTexts>>
  readonly settings: PageSettings
}

export type SiteSettings = Pick<EndpointSettings, 'section' | 'url'>

const known = new WeakMap<SectionReader, SiteParts>()

export function siteOf({ section, url }: SiteSettings): SiteParts {
  const found = known.get(section)
  if (found !== undefined) return found
  const settings = pageSettings(section)
  const parts = {
    settings,
    site: {
      name: settings.name ?? hostOf(url) ?? 'watchword',
      logo: settings.logo,
      home: settings.home ?? homeOf(section, settings),
      links: settings.links,
      stylesheets: settings.stylesheets,
      assets: assetsOf(settings),
    },
    texts: {
      en: withTexts(en, settings.texts.en),
      de: withTexts(de, settings.texts.de),
    },
  }
  known.set(section, parts)
  return parts
}

function homeOf(section: SectionReader, { path }: PageSettings): string {
  if (!hasPages(section)) return '/console/'
  return `${path}/`
}

const hostOf = (url = ''): string | undefined => URL.parse(url)?.hostname

const assetsOf = ({ path, color }: PageSettings): Assets =>
  pageAssets({ path: `${path}/assets/`, color })
