"""What Streamlit's own controls lack for people who see little or use a screen reader, mended in the browser.

Four things that no theme sets: a selected chip and the value of a slider are written in the accent colour, which on a
dark page has a contrast of 3.5 and 3.9 (4.5 is needed, and as much the other way round for white on a button of that
colour); the key of a shortcut is half see-through on a coloured button, with 2.9; the field for files has a name
although its role says that it is none; and the page itself is one more stop for the Tab key, on which nothing can be
done: the link that leads to it past the sidebar does so all the same.
"""

import streamlit as st

_MEND = st.components.v2.component(
    "access",
    js="""export default () => {
  const app = document.querySelector("[data-testid=stApp]");
  document.documentElement.style.setProperty("--leadscore-ink", getComputedStyle(app).color);
  if (document.getElementById("leadscore-access")) return;
  const style = document.createElement("style");
  style.id = "leadscore-access";
  const written = ["[data-selected=true] p", "[data-testid=stSliderThumbValue]", "[data-testid=stSliderThumbValue] p"];
  style.textContent = `${written.join(", ")} { color: var(--leadscore-ink) !important; }
    button kbd, a kbd { color: inherit !important; opacity: 1 !important; }`;
  document.head.append(style);
  const name = () => {
    document.querySelectorAll("[data-testid=stFileUploaderDropzone][role=presentation]")
      .forEach((field) => field.setAttribute("role", "group"));
    const main = document.getElementById("stMain");
    if (main && main.tabIndex !== -1) main.tabIndex = -1;
  };
  name();
  new MutationObserver(name).observe(document.body, { childList: true, subtree: true });
};""",
)


def mend_access() -> None:
    """Mend the controls of the page that is shown, and of those that follow."""
    _MEND(key="access")
