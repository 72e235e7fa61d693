// Conversations are kept in this browser alone, one record each; tabs that show the same one follow each other.
(() => {
  const xiaoka = window.xiaoka;
  const { make, say } = xiaoka;
  const prefix = "xiaoka-conversation-";
  const mostKept = 50;
  let current = { entries: [] };

  // A browser may forbid storage, or have none left: then nothing is kept, and the page works all the same.
  const tried = (run, otherwise = null) => {
    try {
      return run();
    } catch {
      return otherwise;
    }
  };
  const read = (id) => tried(() => JSON.parse(localStorage.getItem(prefix + id)));
  const forget = (id) => tried(() => localStorage.removeItem(prefix + id));
  const keptIds = () =>
    tried(() => Object.keys(localStorage), []).filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length));
  const records = () =>
    keptIds().map(read).filter((record) => record?.conversation?.entries?.length).sort((one, other) => other.updated - one.updated);

  const write = (record) => {
    const id = record.conversation.conversation_id;
    const others = records().filter((other) => other.conversation.conversation_id !== id);
    for (const old of others.splice(mostKept - 1)) forget(old.conversation.conversation_id);
    while (!tried(() => { localStorage.setItem(prefix + id, JSON.stringify(record)); return true; }, false)) {
      const oldest = others.pop();
      if (!oldest) {
        if (!write.told) xiaoka.tell(say("full_storage"));
        write.told = true;
        return;
      }
      forget(oldest.conversation.conversation_id);
    }
  };

  // What the visitor added to the conversation on the page: ticked steps and judgements, by the entry's number.
  const noteOf = (index) => read(current.conversation_id)?.notes?.[index] ?? {};
  const note = (index, values) => {
    const record = read(current.conversation_id);
    if (!record) return;
    record.notes = { ...record.notes, [index]: { ...record.notes?.[index], ...values } };
    write(record);
  };

  Object.assign(xiaoka, {
    noteOf,
    note,
    answerOf: (index) => current.entries[index]?.answer,
    questionOf: (index) => current.entries[index]?.question,
    turnsUpTo: (index) => current.entries.slice(0, index + 1).map((entry) => entry.question),
    conversationId: () => current.conversation_id,
    isAwaiting: () => Boolean(current.pending),

    // How many entries are in view: while an answer is awaited, those before it.
    nShown: () => (current.pending ? current.pending_after : current.entries.length),

    // Called with every state of the conversation that the server sends.
    keep: ({ conversation, handled, unasked }) => {
      current = conversation;
      const id = conversation.conversation_id;
      const before = read(id);
      tried(() => sessionStorage.setItem("xiaoka-current", id));
      if (!conversation.entries.length && !conversation.pending) forget(id);
      else if (JSON.stringify(before?.conversation) !== JSON.stringify(conversation)) {
        const notes = { ...before?.notes };
        // What was ticked and judged goes with the answer it was about.
        const same = (index) => {
          const [old, now] = [before.conversation.entries[index], conversation.entries[index]];
          return now && old?.question === now.question && old.answer.text === now.answer.text;
        };
        for (const index of Object.keys(notes)) if (!same(index)) delete notes[index];
        write({ conversation, notes, updated: Date.now() });
      }
      xiaoka.refresh();
      xiaoka.takeUp(handled, unasked);
    },

    // What the page shows first: the question of a link, or what this tab showed before it was reloaded.
    begin: () => {
      const address = new URL(location);
      const asked = address.searchParams.get("q");
      if (asked) {
        address.searchParams.delete("q");
        history.replaceState(null, "", address);
        return { text: asked };
      }
      return { open: read(tried(() => sessionStorage.getItem("xiaoka-current")))?.conversation ?? null };
    },

    showConversations: () => {
      const list = make("ul", { class: "xk-conversations" });
      const empty = make("p", {}, say("no_conversations"));
      const dialog = xiaoka.openDialog(document.getElementById("xk-earlier").innerText, make("p", { class: "xk-quiet" }, say("kept_here")), list);
      const fill = () => {
        const kept = records();
        list.replaceChildren(...kept.map((record) => conversationItem(record, dialog, fill)));
        if (!kept.length) list.after(empty);
        forgetAll.hidden = !kept.length;
      };
      const forgetAll = make("button", { type: "button", class: "xk-plain", onclick: () => {
        keptIds().forEach(forget);
        fill();
      } }, say("delete_all"));
      dialog.append(forgetAll);
      fill();
    },
  });

  // Gradio writes each state of the conversation into a hidden field. Writing makes no event, so the field tells itself.
  const listen = (field) => {
    const { get, set } = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), "value");
    Object.defineProperty(field, "value", {
      configurable: true,
      get,
      set(text) {
        set.call(this, text);
        if (text) xiaoka.keep(JSON.parse(text));
      },
    });
    xiaoka.send(xiaoka.begin());
  };

  new MutationObserver((_, observer) => {
    const field = document.querySelector("#xk-held :is(textarea, input)");
    if (!field || !document.getElementById("xk-press")) return;
    observer.disconnect();
    listen(field);
  }).observe(document, { childList: true, subtree: true });

  window.addEventListener("storage", (event) => {
    if (event.key !== prefix + current.conversation_id || !event.newValue || current.pending || xiaoka.isWaiting()) return;
    const { conversation } = JSON.parse(event.newValue);
    if (!conversation.pending && JSON.stringify(conversation) !== JSON.stringify(current)) xiaoka.send({ open: conversation });
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest?.("#xk-earlier")) xiaoka.showConversations();
  });

  const conversationItem = (record, dialog, fill) => {
    const title = record.conversation.entries[0].question;
    const date = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
    return make("li", {},
      make("button", { type: "button", class: "xk-conversation", onclick: () => {
        dialog.close();
        xiaoka.send({ open: record.conversation });
      } }, make("span", {}, title), make("small", {}, date.format(record.updated))),
      make("button", { type: "button", class: "xk-plain", "aria-label": `${say("delete")}: ${title}`, onclick: () => {
        forget(record.conversation.conversation_id);
        fill();
      } }, say("delete")));
  };
})();
