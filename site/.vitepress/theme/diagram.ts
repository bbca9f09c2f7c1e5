import { useData } from 'vitepress'
import { defineComponent, h, onMounted, ref, useId, watch } from 'vue'

/** A diagram of Mermaid, which is loaded by pages that have one. Without scripts its source is shown. */
export default defineComponent({
  props: { source: { type: String, required: true } },
  setup(props) {
    const { isDark } = useData()
    const id = `diagram-${useId()}`
    const source = decodeURIComponent(props.source)
    const svg = ref<string>()
    const draw = async () => {
      svg.value = await render(id, source, isDark.value)
    }
    onMounted(draw)
    watch(isDark, draw)
    return () => h('figure', { class: 'diagram' }, [drawn(svg.value) ?? h('pre', source)])
  },
})

const drawn = (svg: string | undefined) => svg && h('div', { innerHTML: svg })

async function render(id: string, source: string, isDark: boolean): Promise<string> {
  const { default: mermaid } = await import('mermaid')
  // Labels are measured.
  await document.fonts.ready
  mermaid.initialize({
    startOnLoad: false,
    securityLevel: 'strict',
    theme: isDark ? 'dark' : 'default',
    fontFamily: 'inherit',
  })
  const { svg } = await mermaid.render(id, source)
  return svg
}
