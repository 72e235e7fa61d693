// The article behind a marker, opened at its place with the cited words marked: beside the chat, or over it on a phone.
(() => {
  const xiaoka = window.xiaoka;
  const { make, say } = xiaoka;
  let panel = null;
  let opener = null;
  let asked = 0;

  // Behind a proxy the page's own path comes before every other.
  xiaoka.addressOf = (path) => `${new URL(window.gradio_config?.root ?? ".", location).pathname.replace(/\/$/, "")}/${path}`;
  const addressOf = (docId) => xiaoka.addressOf(`api/articles/${docId.split("/").map(encodeURIComponent).join("/")}`);

  const openPanel = (title, from) => {
    if (!panel) {
      panel = make("aside", { id: "xk-panel", tabindex: "-1", "aria-label": say("sources") });
      document.body.append(panel);
      document.addEventListener("keydown", (event) => {
        if (event.key === "Escape" && !panel.hidden && !document.querySelector("dialog[open]")) closePanel();
      });
    }
    opener = from ?? document.activeElement;
    const close = make("button", { type: "button", class: "xk-close", "aria-label": say("close"), onclick: closePanel }, "×");
    const body = make("div", { class: "xk-panel-body", tabindex: "0", role: "region", "aria-label": title });
    panel.replaceChildren(make("div", { class: "xk-panel-head" }, make("h2", {}, title), close), body);
    panel.hidden = false;
    document.body.classList.add("xk-reading");
    return body;
  };

  const closePanel = () => {
    panel.hidden = true;
    document.body.classList.remove("xk-reading");
    if (opener?.isConnected) opener.focus();
  };

  const about = (article) => {
    const facts = [
      article.as_of && say("as_of", article.as_of),
      article.license && say("licence", article.license),
      article.source && say("origin", article.source),
      article.path,
    ];
    return make("p", { class: "xk-quiet" }, facts.filter(Boolean).join(" · "));
  };

  const load = async (docId) => {
    const response = await fetch(addressOf(docId), { headers: { accept: "application/json" } });
    if (response.status === 404) return null;
    if (!response.ok) throw new Error(String(response.status));
    return response.json();
  };

  // Offsets count characters as Python does; a string of JavaScript counts some of them twice.
  const pointsOf = (text) => Array.from(text);

  // The span of the quote in the article as it is now: where it was, or where its words stand now; null when nowhere.
  const placeOf = (article, citation) => {
    if (article.version.startsWith(citation.version) || citation.version.startsWith(article.version)) {
      return { start: citation.start, end: citation.end, moved: false };
    }
    for (const block of article.blocks) {
      const at = block.text.indexOf(citation.quote);
      if (at >= 0) {
        const start = block.start + pointsOf(block.text.slice(0, at)).length;
        return { start, end: start + pointsOf(citation.quote).length, moved: true };
      }
    }
    return null;
  };

  // The marks of Markdown stay in the text, so that it is the article's to the character, but are not shown.
  const syntax = /\*\*|__|^>\s?|(?<=\])\([^)\s]*\)|[[\]](?=[^[\]]*\]\()|\[(?=[^\]]*\]\()/g;

  const fill = (element, points, offset, place) => {
    const text = points.join("");
    const hidden = new Array(text.length).fill(false);
    for (const found of text.matchAll(syntax)) for (let n = 0; n < found[0].length; n += 1) hidden[found.index + n] = true;
    let at = 0;
    let run = null;
    points.forEach((point, n) => {
      const marked = place !== null && offset + n >= place.start && offset + n < place.end;
      const kind = `${marked}${hidden[at]}`;
      if (run?.kind !== kind) {
        run = { kind, node: document.createTextNode("") };
        const shown = hidden[at] ? make("span", { class: "xk-syntax" }, run.node) : run.node;
        let parent = element;
        if (marked) {
          if (element.lastChild?.nodeName === "MARK") parent = element.lastChild;
          else element.append((parent = make("mark")));
        }
        parent.append(shown);
      }
      run.node.data += point;
      at += point.length;
    });
  };

  const tags = { heading: (block) => `h${Math.min(6, (block.level || 1) + 2)}`, table: () => "pre", code: () => "pre", quote: () => "blockquote" };

  const blockElement = (block, place) => {
    const element = make(tags[block.kind]?.(block) ?? "p", { class: `xk-block xk-block-${block.kind}` });
    if (block.kind === "item") {
      element.style.marginInlineStart = `${block.level * 1.1}em`;
      element.append(make("span", { class: "xk-bullet" }, block.number ? `${block.marker} ` : "• "));
    }
    fill(element, pointsOf(block.text), block.start, place);
    return element;
  };

  // What hygiene has blanked is told, so that a gap is not taken for the article's.
  const withGaps = (article, place) => {
    const gaps = (article.masked ?? []).map(([start]) => start);
    const elements = [];
    for (const block of article.blocks) {
      while (gaps.length && gaps[0] < block.start) {
        gaps.shift();
        if (elements.at(-1)?.className !== "xk-left-out") elements.push(make("p", { class: "xk-left-out" }, say("left_out")));
      }
      elements.push(blockElement(block, place));
    }
    if (gaps.length && elements.at(-1)?.className !== "xk-left-out") elements.push(make("p", { class: "xk-left-out" }, say("left_out")));
    return elements;
  };

  const show = async (docId, title, citation, from) => {
    const body = openPanel(title, from);
    const turn = (asked += 1);
    body.replaceChildren(make("p", { class: "xk-quiet" }, say("loading")));
    panel.focus();
    let article;
    try {
      article = await load(docId);
    } catch {
      if (turn === asked) body.replaceChildren(make("p", { role: "alert" }, say("load_failed")));
      return;
    }
    if (turn !== asked) return;
    const quoted = citation && make("blockquote", { class: "xk-quoted" }, make("mark", {}, citation.quote));
    if (!article) return body.replaceChildren(make("p", { class: "xk-warning" }, say("gone")), quoted ?? "");
    const place = citation ? placeOf(article, citation) : null;
    const warnings = !citation ? [] : place === null
      ? [make("p", { class: "xk-warning" }, say("changed_gone")), quoted]
      : place.moved ? [make("p", { class: "xk-warning" }, say("changed"))] : [];
    const text = make("div", { class: "xk-article", lang: article.language || "zh" }, ...withGaps(article, place));
    body.replaceChildren(about(article), ...warnings, text);
    const mark = text.querySelector("mark");
    if (mark) mark.scrollIntoView({ block: "center" });
    else body.scrollTop = 0;
  };

  Object.assign(xiaoka, {
    openArticle: (docId, title, from) => show(docId, title, null, from),
    openCitation: (citation, from) => show(citation.doc_id, citation.title, citation, from),

    showArticles: async () => {
      const place = document.getElementById("xk-articles");
      place.replaceChildren(make("p", { class: "xk-quiet" }, say("loading")));
      try {
        const response = await fetch(xiaoka.addressOf("api/articles"));
        if (!response.ok) throw new Error(String(response.status));
        const { articles } = await response.json();
        place.replaceChildren(make("p", { class: "xk-quiet" }, say("articles_about")), articlesTable(articles));
      } catch {
        place.replaceChildren(make("p", { role: "alert" }, say("load_failed")));
      }
    },
  });

  const articlesTable = (articles) => {
    const head = [say("article"), say("date"), say("chunks"), say("findings")].map((text) => make("th", { scope: "col" }, text));
    head[3].title = say("findings_about");
    const rows = articles.map((article) => make("tr", {},
      make("td", {},
        make("button", { type: "button", class: "xk-link", onclick: (event) => xiaoka.openArticle(article.doc_id, article.title, event.currentTarget) }, article.title),
        make("small", { class: "xk-quiet" }, [article.path, article.license].filter(Boolean).join(" · "))),
      make("td", {}, article.as_of || say("no_date")),
      make("td", {}, String(article.n_chunks)),
      make("td", {}, String(article.n_findings))));
    return make("table", { class: "xk-table" }, make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...rows));
  };

  // The list is loaded anew whenever it comes into view: articles may have changed.
  new MutationObserver((_, observer) => {
    const place = document.getElementById("xk-articles");
    if (!place) return;
    observer.disconnect();
    new IntersectionObserver((entries) => { if (entries.some((entry) => entry.isIntersecting)) xiaoka.showArticles(); }).observe(place);
  }).observe(document, { childList: true, subtree: true });

  const markerOf = (target) => target.closest?.(".xk-marker");
  const openMarker = (marker) => {
    const holder = marker.closest(".xk-answer, .xk-sources");
    const index = Number(holder?.id.split("-").pop());
    const number = Number(marker.textContent.replace(/\D/g, ""));
    const citation = xiaoka.answerOf(index)?.citations.find((one) => one.marker === number);
    if (citation) xiaoka.openCitation(citation, marker);
  };
  document.addEventListener("click", (event) => {
    const marker = markerOf(event.target);
    if (marker) openMarker(marker);
  });
  document.addEventListener("keydown", (event) => {
    const marker = markerOf(event.target);
    if (marker && (event.key === "Enter" || event.key === " ")) {
      event.preventDefault();
      openMarker(marker);
    }
  });
})();
