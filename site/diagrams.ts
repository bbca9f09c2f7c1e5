import type { MarkdownRenderer } from 'vitepress'

/** A fence of Mermaid becomes a diagram; others are rendered as before. */
export function diagramFence(md: MarkdownRenderer): void {
  const { fence } = md.renderer.rules
  md.renderer.rules.fence = (...args) => {
    const [tokens, place] = args
    const token = tokens[place]
    if (token?.info.trim() !== 'mermaid') return fence?.(...args) ?? ''
    return `<Diagram source="${encodeURIComponent(token.content)}" />\n`
  }
}
