import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app.tsx";
import "./app.css";
import { SpeakingProvider } from "./words/index.tsx";

const root = document.getElementById("root");
if (root === null) throw new Error("the page has no root");
createRoot(root).render(
  <StrictMode>
    <SpeakingProvider>
      <App />
    </SpeakingProvider>
  </StrictMode>,
);
