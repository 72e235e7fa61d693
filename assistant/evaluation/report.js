"use strict";
// Everything on the page can be read without this; it chooses the language, filters the list and opens what is asked for.
const root = document.documentElement;
const questions = [...document.querySelectorAll("details.question")];
const filters = document.querySelector("#filters");
const selects = [...document.querySelectorAll("#filters select")];
const count = document.querySelector("#shown");

function language() {
  return document.querySelector("#language-en").checked ? "en" : "zh";
}

function filter() {
  let shown = 0;
  for (const question of questions) {
    const fits = selects.every(({ name, value }) => !value || question.dataset[name].split("\n").includes(value));
    question.hidden = !fits;
    shown += fits;
  }
  count.textContent = count.dataset[language()].replace("{shown}", shown).replace("{all}", questions.length);
}

function speak() {
  root.lang = language() === "en" ? "en" : "zh-CN";
  for (const option of document.querySelectorAll("#filters option")) option.textContent = option.dataset[language()];
  filter();
}

function openAsked() {
  const asked = document.getElementById(location.hash.slice(1));
  if (!asked?.matches("details.question")) return;
  for (const select of selects) select.value = "";
  filter();
  asked.open = true;
  asked.scrollIntoView();
}

const named = location.hash.slice(1);
const wanted = ["zh", "en"].includes(named) ? named : navigator.language.startsWith("zh") ? "zh" : "en";
document.querySelector("#language-" + wanted).checked = true;

for (const select of selects) {
  for (const option of select.options) {
    option.disabled = option.value !== "" && !questions.some((one) => one.dataset[select.name].split("\n").includes(option.value));
  }
}
filters.hidden = questions.length === 0;
filters.addEventListener("change", filter);
document.querySelector("#open-all").addEventListener("click", () => questions.forEach((one) => (one.open = !one.hidden)));
document.querySelector("#close-all").addEventListener("click", () => questions.forEach((one) => (one.open = false)));
for (const choice of document.querySelectorAll("input[name=language]")) {
  choice.addEventListener("change", () => {
    location.replace("#" + language());
    speak();
  });
}
addEventListener("hashchange", openAsked);
speak();
openAsked();

// A closed question prints as its heading alone, so paper gets those that are shown opened.
let opened = [];
addEventListener("beforeprint", () => {
  opened = questions.filter((one) => !one.hidden && !one.open);
  for (const one of opened) one.open = true;
});
addEventListener("afterprint", () => opened.forEach((one) => (one.open = false)));
