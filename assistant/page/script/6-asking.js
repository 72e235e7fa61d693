// Every way to ask. What is pressed waits here until a state of the conversation says that it was taken up, one at a time
// and in its order, so that nothing is lost or asked twice on a slow line.
(() => {
  const xiaoka = window.xiaoka;
  const { make, say } = xiaoka;
  const mostCharacters = 2001; // one more than can be asked is told to be too long
  const longestPatienceMs = 30_000;
  let waiting = [];
  let stamp = 0;
  let leftId = null;

  const write = (field, text) => {
    field.value = text;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    return field;
  };
  const box = () => document.querySelector("#xk-box textarea");
  const fillBox = (text) => write(box(), text);
  // What was typed meanwhile stays.
  const putBack = (text) => { if (!box().value.trim()) fillBox(text); };

  const writePressed = (text) => write(document.querySelector("#xk-pressed :is(textarea, input)"), text);
  // A press may come before Gradio listens, or get lost on its way: it is repeated, ever more rarely. While the one before
  // it goes on, that does nothing.
  const press = (patienceMs = 3000) => {
    clearTimeout(press.timer);
    if (!waiting.length) return;
    writePressed(JSON.stringify(waiting[0]));
    requestAnimationFrame(() => document.getElementById("xk-press").click());
    press.timer = setTimeout(press, patienceMs, Math.min(2 * patienceMs, longestPatienceMs));
  };

  // Half of a character cannot be sent.
  const sendable = (text) => Array.from(text).slice(0, mostCharacters).join("").replace(/[\ud800-\udfff]/gu, "\ufffd");
  const isSame = (one, other) => one?.text === other.text && one?.index === other.index && !one?.open && !other.open;

  const send = ({ text = "", ...more }) => {
    const sent = { ...more, text: sendable(text) };
    if (isSame(waiting.at(-1), sent)) return;
    if (sent.open) leftId = null;
    stamp = Math.max(stamp + 1, Date.now());
    waiting.push({ ...sent, of: xiaoka.conversationId(), at: stamp });
    if (waiting.length === 1) press();
    tellWaiting();
  };

  const takeUp = (handled, unasked) => {
    // Its question was on its way when a new conversation was begun, and could not be stopped yet.
    if (leftId && leftId === xiaoka.conversationId()) {
      document.getElementById("xk-new").click();
      return;
    }
    waiting = waiting.filter((one) => one.at > handled);
    // An entry of a conversation that is no longer in view cannot be asked anew.
    while (waiting[0]?.index !== undefined && waiting[0].of !== xiaoka.conversationId()) putBack(waiting.shift().text);
    if (unasked) putBack(unasked);
    if (!waiting.length) clearTimeout(press.timer);
    else if (!xiaoka.isAwaiting()) press();
    tellWaiting();
  };

  const leave = () => {
    leftId = xiaoka.conversationId();
    waiting = [];
    clearTimeout(press.timer);
    writePressed("");
    tellWaiting();
  };

  // What was asked is seen at once, if not in the conversation yet.
  const tellWaiting = () => {
    clearTimeout(tellWaiting.timer);
    const texts = waiting.map((one) => one.text).filter(Boolean);
    const line = document.getElementById("xk-waiting");
    if (!texts.length) line?.remove();
    else if (line) line.textContent = say("waiting", texts.join(" · "));
    else tellWaiting.timer = setTimeout(() => {
      document.getElementById("xk-ask").before(make("div", { id: "xk-waiting", role: "status" }, say("waiting", texts.join(" · "))));
    }, 400);
  };

  // A question that is changed takes the old one's place, and the bar above the box says so until that is sent or given up.
  let editing = null;
  const edit = (index) => {
    stopEditing();
    editing = { id: xiaoka.conversationId(), index };
    const cancel = make("button", { type: "button", class: "xk-plain", onclick: () => { stopEditing(); fillBox("").focus(); } }, say("cancel_edit"));
    document.getElementById("xk-ask").before(make("div", { id: "xk-editing", role: "status" }, make("span", {}, say("editing")), cancel));
    fillBox(xiaoka.questionOf(index)).focus();
  };
  const stopEditing = () => {
    editing = null;
    document.getElementById("xk-editing")?.remove();
  };
  const checkEdit = () => {
    if (editing && (editing.id !== xiaoka.conversationId() || editing.index >= xiaoka.nShown())) stopEditing();
  };

  const sendTyped = () => {
    const text = box().value;
    if (!text.trim()) return;
    const place = editing ? { index: editing.index } : {};
    stopEditing();
    fillBox("");
    send({ ...place, text });
  };
  const swallow = (event) => {
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  document.addEventListener("keydown", (event) => {
    if (!event.target.closest?.("#xk-box")) return;
    // The key that ends the input of a Chinese word sends nothing; Safari tells it by its code alone.
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229) {
      swallow(event);
      sendTyped();
    }
    if (event.key === "Escape" && editing) { stopEditing(); fillBox(""); }
  }, true);
  document.addEventListener("click", (event) => {
    const pressed = (selector) => event.target.closest?.(selector);
    if (pressed("#xk-send")) { swallow(event); sendTyped(); return; }
    // Whoever goes on in another way has given it up.
    if (editing && pressed("#xk-chat :is(.option, .example), .xk-subject, #xk-new, #xk-earlier, .xk-tool-retry")) { stopEditing(); fillBox(""); }
    const offered = pressed("#xk-chat :is(.option, .example), .xk-subject");
    if (offered) { swallow(event); send({ text: offered.innerText.trim() }); }
    if (pressed("#xk-new") && event.isTrusted) leave();
  }, true);

  Object.assign(xiaoka, { send, takeUp, edit, checkEdit, isWaiting: () => waiting.length > 0 });
})();
