// The steps of a procedure as a list that can be ticked, and an answer as a text to take along.
(() => {
  const xiaoka = window.xiaoka;
  const { make, say } = xiaoka;

  // The items of an answer that are its steps; other lists in it stay as they are.
  const stepItems = (element, answer) => {
    const lists = [...element.querySelectorAll("ol")].filter((list) => list.children.length === answer.steps.length);
    return lists.length ? [...lists[0].children] : [];
  };

  const addTicks = (element, index, answer) => {
    const items = stepItems(element, answer);
    if (!items.length) return;
    const progress = make("p", { class: "xk-progress", "aria-live": "polite" });
    const ticked = () => xiaoka.noteOf(index).ticked ?? [];
    const tell = () => {
      progress.textContent = ticked().length ? say("steps_done", ticked().length, items.length) : "";
      progress.hidden = !ticked().length;
    };
    items.forEach((item, n) => {
      const number = answer.steps[n].number;
      const box = make("input", { type: "checkbox", class: "xk-tick", "aria-label": say("step_done", number) });
      box.checked = ticked().includes(number);
      item.classList.toggle("xk-ticked", box.checked);
      box.addEventListener("change", () => {
        const others = ticked().filter((other) => other !== number);
        xiaoka.note(index, { ticked: box.checked ? [...others, number].sort((a, b) => a - b) : others });
        item.classList.toggle("xk-ticked", box.checked);
        tell();
      });
      item.prepend(box);
    });
    items[0].parentElement.classList.add("xk-checklist");
    items[0].parentElement.after(progress);
    tell();
  };

  const plainOf = (markdown) => markdown.replace(/\*\*(.+?)\*\*/g, "$1").replace(/\\([!-/:-@[-`{-~])/g, "$1");

  // Sources below a text: each marker with its article, where it stands there, and the exact words.
  const sourceLines = (answer) => answer.citations.map((c) => {
    const source = answer.sources[c.doc_id] ?? {};
    const facts = [c.title, ...c.headings.filter((heading) => heading !== c.title), source.as_of && say("as_of", source.as_of), source.license, source.source];
    return { marker: c.marker, about: facts.filter(Boolean).join(" › "), quote: plainOf(c.quote).replace(/\s+/g, " ").trim() };
  });

  const asMarkdown = (index) => {
    const answer = xiaoka.answerOf(index);
    const ticked = xiaoka.noteOf(index).ticked ?? [];
    let number = 0;
    const lines = answer.text.split("\n").map((line) => {
      const item = line.match(/^(\d+)\. /);
      if (!answer.steps.length || !item || Number(item[1]) !== number + 1) return line;
      number += 1;
      return `- [${ticked.includes(number) ? "x" : " "}] ${line}`;
    });
    const sources = sourceLines(answer).map((s) => `[${s.marker}] ${s.about}\n    > ${s.quote}`);
    const date = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "long" }).format(new Date());
    const foot = `${say("saved_from", date)} ${say("printed_note")}`;
    return [`# ${xiaoka.questionOf(index)}`, lines.join("\n"), sources.length ? `## ${say("sources")}\n\n${sources.join("\n")}` : "", `*${foot}*`]
      .filter(Boolean).join("\n\n") + "\n";
  };

  const asText = (index) => {
    const answer = xiaoka.answerOf(index);
    const sources = sourceLines(answer).map((s) => `[${s.marker}] ${s.about}: ${s.quote}`);
    return [plainOf(answer.text), sources.length ? `${say("sources")}\n${sources.join("\n")}` : ""].filter(Boolean).join("\n\n");
  };

  const save = (index) => {
    const address = URL.createObjectURL(new Blob([asMarkdown(index)], { type: "text/markdown;charset=utf-8" }));
    const name = xiaoka.questionOf(index).replace(/[^\p{L}\p{N}]+/gu, "-").slice(0, 40) || "xiaoka";
    const link = make("a", { href: address, download: `${name}.md` });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  };

  // One answer on paper: its question, its steps with boxes, its sources with their words.
  const print = (index) => {
    const answer = xiaoka.answerOf(index);
    const shown = document.getElementById(`xk-answer-${index}`).cloneNode(true);
    for (const tool of shown.querySelectorAll(".xk-tools")) tool.remove();
    shown.querySelectorAll(".xk-tick").forEach((box, n) => {
      const ticked = (xiaoka.noteOf(index).ticked ?? []).includes(answer.steps[n]?.number);
      box.replaceWith(make("span", { class: "xk-paper-box" }, ticked ? "☑ " : "☐ "));
    });
    shown.removeAttribute("id");
    const sources = sourceLines(answer).map((s) => make("li", {}, `[${s.marker}] ${s.about}`, make("blockquote", {}, s.quote)));
    const date = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "long" }).format(new Date());
    document.getElementById("xk-paper")?.remove();
    document.body.append(make("section", { id: "xk-paper", "aria-hidden": "true" },
      make("h1", {}, xiaoka.questionOf(index)), shown,
      make("h2", {}, say("sources")), make("ul", {}, ...sources),
      make("p", {}, `${say("saved_from", date)} ${say("printed_note")}`)));
    window.print();
  };
  window.addEventListener("afterprint", () => document.getElementById("xk-paper")?.remove());

  Object.assign(xiaoka, { addTicks, asMarkdown, asText, save, print });
})();
