"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const all = (query, within = document) => [...within.querySelectorAll(query)];
  const claims = all("[data-claim]");
  const texts = new Map();
  const textOf = (claim) => {
    if (!texts.has(claim)) texts.set(claim, claim.textContent.replace(/\s+/g, " ").toLowerCase());
    return texts.get(claim);
  };
  const controls = { find: byId("find"), family: byId("family"), verdict: byId("verdict") };

  const wanted = (claim, words) =>
    (!controls.family.value || claim.dataset.family === controls.family.value) &&
    (!controls.verdict.value || claim.dataset.verdict === controls.verdict.value) &&
    words.every((word) => textOf(claim).includes(word));

  function filter() {
    const words = controls.find.value.toLowerCase().split(/\s+/).filter(Boolean);
    const active = words.length > 0 || controls.family.value !== "" || controls.verdict.value !== "";
    let shown = 0;
    for (const claim of claims) {
      claim.hidden = !wanted(claim, words);
      shown += claim.hidden ? 0 : 1;
    }
    for (const group of all(".cause, [data-group]")) {
      const inside = all("[data-claim]", group);
      group.hidden = active && !inside.some((claim) => !claim.hidden);
      if (active && !group.hidden && group.matches(".family")) group.open = true;
    }
    byId("count").textContent = `${shown} of ${claims.length} claims shown`;
  }

  function clear() {
    controls.find.value = "";
    controls.family.value = "";
    controls.verdict.value = "";
    filter();
  }

  function reveal(id) {
    const target = id && byId(id);
    if (!target) return;
    if (target.closest("[hidden]")) clear();
    for (let each = target; each; each = each.parentElement) if (each.matches("details")) each.open = true;
    target.scrollIntoView();
  }

  function themes() {
    const button = byId("theme");
    const order = ["auto", "light", "dark"];
    const words = { auto: "system", light: "light", dark: "dark" };
    button.hidden = false;
    button.addEventListener("click", () => {
      const root = document.documentElement;
      const next = order[(order.indexOf(root.dataset.theme) + 1) % order.length];
      root.dataset.theme = next;
      button.textContent = `Theme: ${words[next]}`;
    });
  }

  function unfolding() {
    const button = byId("unfold");
    button.addEventListener("click", () => {
      const open = button.getAttribute("aria-pressed") !== "true";
      for (const each of all("details")) each.open = open;
      button.setAttribute("aria-pressed", String(open));
      button.textContent = open ? "Close all" : "Open all";
    });
  }

  function copying() {
    if (!navigator.clipboard) return;
    for (const place of all(".command")) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = "Copy";
      button.addEventListener("click", () => {
        navigator.clipboard.writeText(place.querySelector("code").textContent).then(
          () => { button.textContent = "Copied"; },
          () => { button.textContent = "Not allowed"; },
        );
      });
      place.append(button);
    }
  }

  function keys(event) {
    const typing = event.target.matches("input, select, textarea");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      controls.find.focus();
      controls.find.select();
    } else if (event.key === "Escape" && typing) {
      clear();
      event.target.blur();
    }
  }

  function printing() {
    let closed = [];
    addEventListener("beforeprint", () => {
      closed = all("details:not([open])");
      for (const each of closed) each.open = true;
    });
    addEventListener("afterprint", () => {
      for (const each of closed) each.open = false;
    });
  }

  byId("filter").hidden = false;
  for (const control of Object.values(controls)) control.addEventListener("input", filter);
  byId("clear").addEventListener("click", clear);
  addEventListener("keydown", keys);
  addEventListener("hashchange", () => reveal(decodeURIComponent(location.hash.slice(1))));
  themes();
  unfolding();
  copying();
  printing();
  filter();
  reveal(decodeURIComponent(location.hash.slice(1)));
})();
