"use strict";
document.querySelectorAll("pre.copy").forEach(function (pre) {
  var text = pre.textContent, button = document.createElement("button");
  button.type = "button";
  button.textContent = "Copy";
  button.addEventListener("click", function () {
    navigator.clipboard.writeText(text).then(function () { button.textContent = "Copied"; });
  });
  if (navigator.clipboard) { pre.previousElementSibling.appendChild(button); }
});
var map = document.querySelector("svg.map"), keys = document.querySelectorAll(".key");
keys.forEach(function (key) {
  key.addEventListener("click", function () {
    var on = key.getAttribute("aria-pressed") !== "true";
    keys.forEach(function (other) { other.setAttribute("aria-pressed", "false"); });
    map.querySelectorAll(".layer").forEach(function (layer) {
      layer.classList.toggle("picked", on && layer.id === key.dataset.pick);
    });
    key.setAttribute("aria-pressed", String(on));
    map.classList.toggle("picking", on);
  });
});
window.addEventListener("beforeprint", function () {
  document.querySelectorAll("details").forEach(function (part) { part.open = true; });
});
