// What can be done with a question or an answer, below it.
(() => {
  const xiaoka = window.xiaoka;
  const { make, say } = xiaoka;
  const reasons = ["wrong", "incomplete", "not_answered", "unclear", "citation", "other"];

  const copy = async (text, done) => {
    try {
      await navigator.clipboard.writeText(text);
      xiaoka.tell(done);
    } catch {
      // A page that is not served over https may not use the clipboard; the older way still works there.
      const area = make("textarea", { class: "xk-offstage", "aria-hidden": "true" });
      area.value = text;
      document.body.append(area);
      area.select();
      xiaoka.tell(document.execCommand("copy") ? done : say("copy_failed"));
      area.remove();
    }
  };

  const tool = (name, run, properties = {}) =>
    make("button", { type: "button", class: `xk-tool xk-tool-${name}`, ...properties, onclick: run }, say(name));

  const linkTo = (question) => {
    const address = new URL(location.pathname, location.href);
    address.searchParams.set("q", question);
    return address.href;
  };

  const judge = async (index, verdict, reason = "", comment = "") => {
    const kept = {
      key: `${xiaoka.conversationId()}-${index}`, verdict, reason, comment,
      turns: xiaoka.turnsUpTo(index), answer: xiaoka.answerOf(index),
    };
    try {
      const response = await fetch(xiaoka.addressOf("api/feedback"), { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(kept) });
      if (!response.ok) throw new Error((await response.json()).error ?? response.status);
      xiaoka.note(index, { verdict });
      showVerdict(index);
      if (verdict) xiaoka.tell(say("thanks"));
    } catch (error) {
      xiaoka.tell(say("feedback_failed", error.message));
    }
  };

  const showVerdict = (index) => {
    const given = xiaoka.noteOf(index).verdict;
    for (const [name, verdict] of [["good", "up"], ["bad", "down"]]) {
      document.querySelector(`#xk-answer-${index} .xk-tool-${name}`)?.setAttribute("aria-pressed", String(given === verdict));
    }
  };

  const press = (index, verdict) => {
    if (xiaoka.noteOf(index).verdict === verdict) return judge(index, "");
    return verdict === "up" ? judge(index, "up") : askWhy(index);
  };

  const askWhy = (index) => {
    const choices = reasons.map((reason) => make("label", { class: "xk-reason" }, make("input", { type: "radio", name: "xk-reason", value: reason }), say(reason)));
    const comment = make("textarea", { rows: "3", maxlength: "1000", id: "xk-comment", "aria-describedby": "xk-comment-about" });
    const form = make("form", { method: "dialog" },
      make("fieldset", {}, make("legend", {}, say("why")), ...choices),
      make("label", { for: "xk-comment" }, say("comment")), comment,
      make("p", { class: "xk-quiet", id: "xk-comment-about" }, say("comment_about")),
      make("div", { class: "xk-dialog-foot" },
        make("button", { type: "submit", class: "xk-primary" }, say("send_feedback"))));
    const dialog = xiaoka.openDialog(say("bad"), form);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const reason = form.querySelector("input:checked")?.value ?? "";
      dialog.close();
      judge(index, "down", reason, comment.value.trim());
    });
  };

  const addTools = (element, index) => {
    const answer = xiaoka.answerOf(index);
    const bar = make("div", { class: "xk-tools", role: "group" },
      tool("copy", () => copy(xiaoka.asText(index), say("copied"))),
      answer.outcome === "answered" ? tool("save", () => xiaoka.save(index)) : null,
      answer.outcome === "answered" ? tool("print", () => xiaoka.print(index)) : null,
      index === xiaoka.nShown() - 1 ? tool("retry", () => xiaoka.send({ index, text: xiaoka.questionOf(index) })) : null,
      tool("good", () => press(index, "up"), { "aria-pressed": "false" }),
      tool("bad", () => press(index, "down"), { "aria-pressed": "false" }));
    element.append(bar);
    showVerdict(index);
  };

  const addQuestionTools = (element, index) => {
    element.append(make("div", { class: "xk-tools", role: "group" },
      tool("edit", () => xiaoka.edit(index)),
      tool("link", () => copy(linkTo(xiaoka.questionOf(index)), say("linked")))));
  };

  // Gradio draws the conversation anew at any time; what belongs below a question or an answer is put back then.
  const dress = () => {
    for (const element of document.querySelectorAll("#xk-chat .xk-answer[id], #xk-chat .xk-question")) {
      const index = Number(element.id.split("-").pop());
      const done = index < xiaoka.nShown();
      if (!done || element.querySelector(".xk-tools")) continue;
      if (element.classList.contains("xk-question")) addQuestionTools(element, index);
      else if (element.textContent) {
        for (const marker of element.querySelectorAll(".xk-marker")) marker.setAttribute("aria-label", say("open_source", marker.textContent));
        if (element.classList.contains("xk-procedure")) xiaoka.addTicks(element, index, xiaoka.answerOf(index));
        addTools(element, index);
      }
    }
    // Gradio calls the examples a list, in which buttons have no place.
    document.querySelector("#xk-chat .examples[role=list]")?.setAttribute("role", "group");
    // Gradio names each message by its source text, markup and all.
    for (const element of document.querySelectorAll('#xk-chat [data-testid="bot"], #xk-chat [data-testid="user"]')) {
      const name = say(element.dataset.testid === "bot" ? "assistant" : "you");
      if (element.getAttribute("aria-label") !== name) {
        element.setAttribute("role", "group");
        element.setAttribute("aria-label", name);
      }
    }
  };

  // A new answer is read from its question on; Gradio would scroll to its end, which on a phone shows the sources alone.
  // A failure is short, and its question may be long.
  // It is held there while the answer grows, unless the reader moves it.
  let nRows = 0;
  let following = false;
  const scroll = () => {
    const rows = document.querySelectorAll("#xk-chat .message-row");
    if (rows.length !== nRows) following = true;
    nRows = rows.length;
    if (!following) return;
    const asked = rows[rows.length - 1]?.querySelector(".xk-error") ?? [...rows].filter((row) => row.classList.contains("user-row")).pop();
    const frame = asked?.closest(".bubble-wrap");
    requestAnimationFrame(() => frame?.scrollBy({ top: asked.getBoundingClientRect().top - frame.getBoundingClientRect().top - 12 }));
  };
  for (const moved of ["wheel", "touchmove", "keydown", "pointerdown"]) {
    document.addEventListener(moved, (event) => { if (event.target.closest?.("#xk-chat")) following = false; }, { passive: true });
  }

  xiaoka.refresh = () => {
    if (!xiaoka.isAwaiting()) setTimeout(() => { following = xiaoka.isAwaiting() && following; }, 1000);
    xiaoka.checkEdit();
    // The tools of the answer before the last change with it: only the last can be asked again.
    for (const bar of document.querySelectorAll("#xk-chat .xk-answer .xk-tools")) {
      const index = Number(bar.parentElement.id.split("-").pop());
      if (Boolean(bar.querySelector(".xk-tool-retry")) !== (index === xiaoka.nShown() - 1)) bar.remove();
    }
    dress();
  };
  new MutationObserver(() => { scroll(); dress(); }).observe(document, { childList: true, subtree: true });
})();
