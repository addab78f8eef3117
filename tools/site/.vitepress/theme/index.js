// VitePress's own theme, and diagrams. Mermaid is loaded only by a page that has one.
import { useData, useRoute } from "vitepress";
import DefaultTheme from "vitepress/theme";
import { nextTick, onMounted, watch } from "vue";
import "./wide.css";

async function draw(isDark) {
  await nextTick();
  const blocks = [...document.querySelectorAll("pre.mermaid")];
  if (blocks.length === 0) return;
  const { default: mermaid } = await import("mermaid");
  // A wide diagram scrolls: made to fit, its text is too small to read.
  const asDrawn = { useMaxWidth: false };
  mermaid.initialize({
    startOnLoad: false,
    theme: isDark ? "dark" : "neutral",
    themeVariables: { fontSize: "13px" },
    flowchart: { ...asDrawn, nodeSpacing: 30, rankSpacing: 30 },
    sequence: asDrawn,
    state: asDrawn,
  });
  for (const block of blocks) {
    // Drawn again when the colours change.
    block.dataset.source ??= block.textContent;
    block.textContent = block.dataset.source;
    delete block.dataset.processed;
  }
  await mermaid.run({ nodes: blocks });
}

export default {
  extends: DefaultTheme,
  setup() {
    const { isDark } = useData();
    const route = useRoute();
    onMounted(() => draw(isDark.value));
    watch([() => route.path, isDark], () => draw(isDark.value));
  },
};
