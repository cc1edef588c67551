"use strict";
/* Keys, and pages that look again while a run is under way. Everything works without this file. */
(function () {
  function typing(target) {
    return target.closest("input, select, textarea") !== null;
  }
  function move(step) {
    var links = Array.prototype.slice.call(document.querySelectorAll("[data-list] a"));
    if (!links.length) { return false; }
    var at = links.indexOf(document.activeElement);
    links[Math.min(Math.max(at + step, 0), links.length - 1)].focus();
    return true;
  }
  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) { return; }
    if (event.key === "j" && move(1) || event.key === "k" && move(-1)) { return; }
    var named = event.key === "n" ? "form a[rel=next]" : "[data-key='" + CSS.escape(event.key) + "']";
    var found = document.querySelector(named);
    if (!found) { return; }
    event.preventDefault();
    if (found.matches("input")) { found.focus(); } else { found.click(); }
  });
  if (document.querySelector("[data-live]")) {
    setTimeout(function () {
      if (!typing(document.activeElement || document.body)) { location.reload(); }
    }, 2500);
  }
})();
