// A guestbook whose entries can be taken back with a word that only their writer
// knows. It keeps them in memory.
const bcrypt = require("bcrypt");
const express = require("express");

const entries = new Map();
let next = 1;
const app = express().use(express.json());

app.get("/healthz", (_, res) => res.type("text").send("ok\n"));
app.get("/entries", (_, res) => res.json([...entries].map(([id, e]) => ({ id, text: e.text }))));

app.post("/entries", async (req, res) => {
  const { text, word } = req.body;
  if (!text || !word) return res.status(400).type("text").send("text and word are needed\n");
  entries.set(next, { text, hash: await bcrypt.hash(word, 4) });
  res.status(201).json({ id: next++ });
});

app.delete("/entries/:id", async (req, res) => {
  const entry = entries.get(Number(req.params.id));
  if (!entry) return res.sendStatus(404);
  if (!(await bcrypt.compare(String(req.body.word), entry.hash))) return res.sendStatus(403);
  entries.delete(Number(req.params.id));
  res.sendStatus(204);
});

process.on("SIGTERM", () => process.exit(0));
app.listen(3000, () => console.log("listening on 3000"));
