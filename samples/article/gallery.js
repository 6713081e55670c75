// On narrow screens code is below the text: folded up, so that the next chapter is near.
const wide = matchMedia("(min-width: 1200px)");
const fold = () => {
  for (const code of document.querySelectorAll(".columns .code")) code.open = wide.matches;
};
wide.addEventListener("change", fold);
fold();

// What scrolls in its box is scrolled by keys as well, once it can be focused.
const boxes = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const { scrollWidth, clientWidth, scrollHeight, clientHeight } = target;
    const scrolls = scrollWidth > clientWidth || scrollHeight > clientHeight;
    if (scrolls) target.tabIndex = 0;
    else target.removeAttribute("tabindex");
  }
});
for (const box of document.querySelectorAll("pre")) boxes.observe(box);

// Opened by itself, a picture has the colours that it has on the page.
for (const link of document.querySelectorAll(".picture"))
  link.addEventListener("click", () => (link.href = link.querySelector("img").currentSrc));
