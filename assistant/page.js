// The page's language is the reader's: screen readers and the choice of Chinese glyphs depend on it.
document.documentElement.lang = navigator.language;

// A new answer is read from its question on. Gradio would scroll to its end, which on a phone shows the sources alone.
let shown = 0;
new MutationObserver(() => {
  const rows = document.querySelectorAll("#xk-chat .message-row");
  if (rows.length === shown) return;
  shown = rows.length;
  const asked = [...rows].filter((row) => row.classList.contains("user-row")).pop();
  const frame = asked?.closest(".bubble-wrap");
  requestAnimationFrame(() => frame?.scrollBy({ top: asked.getBoundingClientRect().top - frame.getBoundingClientRect().top - 12 }));
}).observe(document, { childList: true, subtree: true });
