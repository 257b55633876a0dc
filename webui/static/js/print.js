// Shows the button that prints, where a script can print; without one the browser's own menu does it.
const line = document.querySelector(".receipt-print");
line.hidden = false;
document.getElementById("print").addEventListener("click", () => window.print());
