// An expression whose value is a list of faults, as words.
(() => {
  const slack = 1.5; // pixels: lines of one paragraph may touch
  const faults = [], lines = [];
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > width) faults.push(`the page is ${document.documentElement.scrollWidth} pixels wide, the window ${width}`);

  const shown = box => box.right - box.left > slack && box.bottom - box.top > slack;
  const meet = (a, b) => ({ left: Math.max(a.left, b.left), right: Math.min(a.right, b.right), top: Math.max(a.top, b.top), bottom: Math.min(a.bottom, b.bottom) });
  const words = node => JSON.stringify(node.data.trim().replace(/\s+/g, " ").slice(0, 60));

  // What of a box is to be seen, and whether something hides the rest for good.
  function seen(element, box) {
    let cut = false;
    for (let e = element; e && e !== document.documentElement; e = e.parentElement) {
      const style = getComputedStyle(e);
      if (e === document.body) continue;
      for (const [axis, low, high] of [["overflowX", "left", "right"], ["overflowY", "top", "bottom"]]) {
        const over = style[axis];
        if (over === "visible" || e instanceof SVGElement && e.tagName !== "svg") continue;
        const around = e.getBoundingClientRect();
        const hides = box[low] < around[low] - slack || box[high] > around[high] + slack;
        if (hides && (over === "hidden" || over === "clip")) {
          const told = style.textOverflow === "ellipsis" && element.closest("[title]");
          if (!told) cut = true;
        }
        box = { ...box, [low]: Math.max(box[low], around[low]), [high]: Math.min(box[high], around[high]) };
      }
    }
    return { box, cut };
  }

  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node; (node = walker.nextNode());) {
    const element = node.parentElement;
    if (!node.data.trim() || element.closest("script, style, noscript, template, title, option")) continue;
    if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const rect of range.getClientRects()) {
      let box = { left: rect.left, right: rect.right, top: rect.top, bottom: rect.bottom };
      if (!shown(box)) continue; // also what is there for screen readers alone
      const clip = element.closest("[data-for-readers]");
      if (clip) continue;
      const found = seen(element, box);
      if (found.cut) faults.push(`${words(node)} is cut off`);
      if (!shown(found.box)) continue;
      const button = element.closest("button")?.getBoundingClientRect();
      if (button && (found.box.right > button.right + slack || found.box.left < button.left - slack || found.box.bottom > button.bottom + slack)) faults.push(`${words(node)} reaches out of its button`);
      if (found.box.right > width + slack || found.box.left < -slack) faults.push(`${words(node)} reaches from ${Math.round(found.box.left)} to ${Math.round(found.box.right)}`);
      lines.push({ node, box: found.box });
    }
  }
  for (const e of document.querySelectorAll("svg, table, button, input, img, canvas")) {
    if (!e.checkVisibility({ visibilityProperty: true })) continue;
    const { box } = seen(e.parentElement, e.getBoundingClientRect());
    if (shown(box) && box.right > width + slack) faults.push(`a box of <${e.tagName.toLowerCase()}> reaches to ${Math.round(box.right)}`);
  }
  lines.sort((a, b) => a.box.top - b.box.top);
  for (let i = 0; i < lines.length; i++) {
    for (let k = i + 1; k < lines.length && lines[k].box.top < lines[i].box.bottom; k++) {
      const both = meet(lines[i].box, lines[k].box);
      if (lines[i].node === lines[k].node || !shown(both)) continue;
      // Lines of text are higher than their letters: a third of the lower one may be shared.
      const lower = Math.min(lines[i].box.bottom - lines[i].box.top, lines[k].box.bottom - lines[k].box.top);
      if (both.bottom - both.top > lower / 3) faults.push(`${words(lines[i].node)} lies over ${words(lines[k].node)}`);
    }
  }
  return [...new Set(faults)].slice(0, 40);
})()
