// The page's language: what was chosen on it, else the browser's. It runs before Gradio, which asks the browser once.
window.xiaoka = {};
(() => {
  const xiaoka = window.xiaoka;
  const tags = { en: "en", zh: "zh-CN", "zh-Hant": "zh-TW" };
  const cookie = () => (document.cookie.match(/(?:^|; )xk-language=([A-Za-z-]*)/) || [])[1] || "";
  let chosen = "";
  try {
    chosen = cookie();
  } catch {
    // A page in a frame of its own may have no cookies; the browser's language is the page's then.
  }
  const first = (tags[chosen] ?? navigator.language).toLowerCase();
  const traditional = ["zh-tw", "zh-hk", "zh-mo", "zh-hant"].some((tag) => first.startsWith(tag));
  xiaoka.language = traditional ? "zh-Hant" : first.startsWith("zh") ? "zh" : "en";
  // Gradio speaks more languages than the page; half of it in another one would help nobody.
  const tag = tags[xiaoka.language];
  for (const [name, value] of [["language", tag], ["languages", [tag]]]) {
    Object.defineProperty(navigator, name, { configurable: true, get: () => value });
  }
  // Screen readers and the choice of Chinese glyphs depend on it.
  document.documentElement.lang = tag;

  // A word of the page with its blanks filled: `say("as_of", date)`.
  xiaoka.say = (name, ...values) =>
    values.reduce((text, value, n) => text.replaceAll(`{${n}}`, value), window.xiaokaWords[xiaoka.language][name]);

  xiaoka.speak = (language) => {
    document.cookie = `xk-language=${language}; path=/; max-age=31536000; samesite=strict`;
    if (language !== xiaoka.language && cookie() === language) location.reload();
  };

  // The switch between the languages, each under its own name.
  const names = { zh: "简体中文", "zh-Hant": "繁體中文", en: "English" };
  const addSwitch = () => {
    const head = document.getElementById("xk-head");
    if (!head || document.getElementById("xk-language")) return;
    const options = Object.entries(names).map(([value, name]) => xiaoka.make("option", { value, lang: value, selected: value === xiaoka.language }, name));
    head.append(xiaoka.make("select", { id: "xk-language", "aria-label": xiaoka.say("language"), onchange: (event) => xiaoka.speak(event.target.value) }, ...options));
  };
  new MutationObserver(addSwitch).observe(document, { childList: true, subtree: true });

  // An element with its properties and children; text is text and never HTML.
  xiaoka.make = (tag, properties = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(properties)) {
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
    }
    element.append(...children.filter((child) => child !== null && child !== undefined));
    return element;
  };

  // A short notice at the lower edge, told to screen readers too.
  xiaoka.tell = (text) => {
    let notice = document.getElementById("xk-notice");
    if (!notice) document.body.append((notice = xiaoka.make("div", { id: "xk-notice", role: "status" })));
    notice.textContent = text;
    notice.classList.add("xk-shown");
    clearTimeout(xiaoka.tell.timer);
    xiaoka.tell.timer = setTimeout(() => notice.classList.remove("xk-shown"), 4000);
  };

  // A dialog with a title and a button that closes it; Escape closes it too, and focus returns to where it was.
  xiaoka.openDialog = (title, ...children) => {
    const { make, say } = xiaoka;
    const dialog = make("dialog", { class: "xk-dialog", "aria-labelledby": "xk-dialog-title" });
    const close = make("button", { type: "button", class: "xk-close", "aria-label": say("close"), onclick: () => dialog.close() }, "×");
    dialog.append(make("div", { class: "xk-dialog-head" }, make("h2", { id: "xk-dialog-title" }, title), close), ...children);
    dialog.addEventListener("close", () => dialog.remove());
    dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
    document.body.append(dialog);
    dialog.showModal();
    return dialog;
  };
})();
