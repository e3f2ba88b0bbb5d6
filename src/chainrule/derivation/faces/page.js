// A symbol under the pointer, tapped or focused: every use of it is marked. A tap or a press keeps it until the next.
(() => {
  if (window.chainruleSymbols) return;
  window.chainruleSymbols = true;
  let kept = null;

  const symbolAt = (target) => target.closest?.(".chainrule [data-symbol]") ?? null;

  const mark = (element) => {
    for (const marked of document.querySelectorAll(".chainrule .marked")) marked.classList.remove("marked");
    if (!element) return;
    const uses = element.closest(".chainrule").querySelectorAll("[data-symbol]");
    for (const use of uses) use.classList.toggle("marked", use.dataset.symbol === element.dataset.symbol);
  };

  document.addEventListener("pointerover", (event) => mark(symbolAt(event.target) ?? kept));
  document.addEventListener("focusin", (event) => mark(symbolAt(event.target) ?? kept));
  document.addEventListener("click", (event) => {
    const element = symbolAt(event.target);
    kept = element?.dataset.symbol === kept?.dataset.symbol ? null : element;
    mark(kept);
    for (const button of document.querySelectorAll(".chainrule button[data-symbol]"))
      button.setAttribute("aria-pressed", String(kept?.dataset.symbol === button.dataset.symbol));
  });
})();
