"""Assembles the text of the dataset basics/text from this repository's own words.

    python3 tooling/goldens/prose.py

Takes the Markdown files and the comments of the sources, without code, tables, pictures and addresses, writes symbols
in plain letters, and drops paragraphs that are short, mostly formulas, or there already. Paragraphs are put in an order
that depends on their words only, so that every part of the text is of the same kind and splits by position are fair.
Run it again only on purpose: a changed text changes every result that was measured on it.
"""

import hashlib
import json
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TARGET = ROOT / "packages/plugins/basics/src/datasets/prose.json"
SIZE = 150_000
PLAIN = {
    "\u2019": "'", "\u2018": "'", "\u201c": '"', "\u201d": '"', "\u2013": "-", "\u2014": "-", "\u2212": "-",
    "\u2026": "...", "\u00d7": "x", "\u00b7": "*", "\u00b2": "^2", "\u00b3": "^3", "\u2192": "->",
    "\u2265": ">=", "\u2264": "<=", "\u00df": "ss", "\u00e4": "ae", "\u00f6": "oe", "\u00fc": "ue", "\u00e9": "e",
    "\u221a": "root ", "\u03bb": "lambda", "\u03b1": "alpha", "\u03b2": "beta", "\u03b5": "epsilon", "\u03b4": "delta",
    "\u03bc": "mu", "\u03c3": "sigma", "\u03b8": "theta", "\u03b3": "gamma", "\u03a3": "sum of ", "\u2016": "|",
    "\u2208": " in ", "\u221e": "infinity", "\u00bd": "1/2", "\u00b1": "+-", "\u2248": "~",
}  # fmt: skip


def tracked(*patterns):
    listed = subprocess.run(["git", "ls-files", *patterns], cwd=ROOT, capture_output=True, text=True, check=True)
    return sorted(listed.stdout.split())


def markdown(path):
    """Paragraphs of a Markdown file, code and tables left out."""
    text = (ROOT / path).read_text(encoding="utf-8")
    text = re.sub(r"^---\n.*?\n---\n", "", text, flags=re.S)
    text = re.sub(r"^ *```.*?^ *```", "\n", text, flags=re.S | re.M)
    lines = ["" if re.match(r"\s*(\||#|!\[|<)", line) else line for line in text.split("\n")]
    lines = [re.sub(r"^\s*[-*] ", "\n", line) for line in lines]
    return "\n".join(lines).split("\n\n")


def comments(path):
    """Paragraphs of a source's comments; tags and examples left out."""
    text = (ROOT / path).read_text(encoding="utf-8")
    for block in re.findall(r"/\*\*?(.*?)\*/|((?:^ *// .*\n)+)", text, flags=re.S | re.M):
        body = re.sub(r"^\s*(\*|//) ?", "", block[0] or block[1], flags=re.M)
        body = re.sub(r"```.*?```", "\n\n", body, flags=re.S)
        yield from re.split(r"\n\s*\n|^\s*@\w+ |^\s*- ", body, flags=re.M)


def plain(paragraph):
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", paragraph)
    text = re.sub(r"https?://\S+", "", text)
    text = re.sub(r"\*\*([^*]*)\*\*", r"\1", text).replace("`", "")
    for symbol, word in PLAIN.items():
        text = text.replace(symbol, word)
    return re.sub(r"\s+", " ", text).strip()


def is_prose(text):
    letters = sum(c.isalpha() or c == " " for c in text)
    return len(text) >= 80 and text.isascii() and letters >= 0.9 * len(text) and "eslint-disable" not in text


def main():
    found = []
    for path in tracked("*.md"):
        if not path.endswith(("FEATURES.md", "CHANGELOG.md")):
            found += markdown(path)
    for path in tracked("packages/*/src/*.ts", "apps/*/src/*.ts", "packages/*/src/**/*.ts", "apps/*/src/**/*.ts"):
        found += comments(path)
    paragraphs = dict.fromkeys(text for text in map(plain, found) if is_prose(text))
    ordered = sorted(paragraphs, key=lambda text: hashlib.sha256(text.encode()).digest())
    kept, size = [], 0
    for text in ordered:
        if size + len(text) + 1 <= SIZE:
            kept.append(text)
            size += len(text) + 1
    TARGET.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")
    total = sum(len(text) + 1 for text in ordered)
    print(f"{len(kept)} of {len(ordered)} paragraphs, {size} of {total} characters")


main()
