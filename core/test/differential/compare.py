#!/usr/bin/python3
"""Compares verdicts: compare.py README DIR

DIR/ALGORITHM.csn holds what csn jwt verify said of each token, DIR/ALGORITHM.PEER what a peer said. A disagreement must
fit a row of the table in README, whose columns "Countersign" and "peer's answer" are regular expressions; one that fits
none, and a row that nothing fits in a run of 100,000 tokens or more, is a failure. Prints how often each row fitted."""
import collections
import json
import os
import re
import sys

ALGORITHMS = ("HS256", "RS256", "PS256", "ES256", "EdDSA")
PEERS = ("pyjwt", "jose", "libjwt")
SHOWN = 20  # unexplained ones
WHOLE_RUN = 100000


def table_of(path):
    """Rows of six cells whose first is a name in backquotes."""
    rows = []
    with open(path, encoding="utf-8") as file:
        for line in file:
            cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip())[1:-1]]
            if len(cells) != 5 or not cells[0].startswith("`"):
                continue
            name, peers, ours, theirs = (cell.replace("\\|", "|").replace("`", "") for cell in cells[:4])
            rows.append((name, set(peers.replace(",", " ").split()), re.compile(ours), re.compile(theirs)))
    return rows


def lines_of(*path):
    with open(os.path.join(*path), encoding="utf-8", errors="surrogateescape", newline="\n") as file:
        return file.read().split("\n")[:-1]


def ours_of(line):
    verdict = json.loads(line)
    where = f" in {verdict['field']}" if verdict["field"] else ""
    return verdict["verdict"] == "accepted", verdict["reason"] + where, verdict["client_id"]


def theirs_of(line):
    word, _, rest = line.partition("\t")
    return word == "accepted", rest, json.loads(rest) if word == "accepted" else None


def subject_differs(client_id, subject):
    return subject != client_id and not (subject in ("", None) and client_id is None)


class Run:
    def __init__(self, rows):
        self.rows, self.fitted, self.unexplained = rows, collections.Counter(), []
        self.compared, self.agreed, self.kinds = collections.Counter(), collections.Counter(), collections.Counter()
        self.tokens = self.accepted = 0

    def explain(self, peer, ours, theirs):
        for name, peers, our_answer, their_answer in self.rows:
            if peer in peers and our_answer.fullmatch(ours) and their_answer.search(theirs):
                return name
        return None

    def compare(self, alg, peer, number, token, kind, our_line, their_line):
        accepts, reason, client_id = ours_of(our_line)
        they_accept, answer, subject = theirs_of(their_line)
        self.compared[peer] += 1
        if accepts == they_accept and not (accepts and subject_differs(client_id, subject)):
            self.agreed[peer] += 1
            return
        theirs = f"accepted {answer}" if they_accept else answer
        ours = "accepted" if accepts else reason
        name = self.explain(peer, ours, theirs)
        self.fitted[name] += 1
        if name is None:
            self.unexplained.append(
                f"{alg}.tokens:{number}: {kind}: Countersign: {ours}; {peer}: {theirs}\n  {token[:400]}"
            )

    def algorithm(self, folder, alg):
        tokens, kinds, ours = (lines_of(folder, f"{alg}.{what}") for what in ("tokens", "kinds", "csn"))
        self.tokens += len(tokens)
        self.kinds.update(kinds)
        self.accepted += sum(ours_of(line)[0] for line in ours)
        for peer in PEERS:
            if not os.path.exists(os.path.join(folder, f"{alg}.{peer}")):
                continue
            theirs = lines_of(folder, f"{alg}.{peer}")
            if not len(tokens) == len(kinds) == len(ours) == len(theirs):
                sys.exit(
                    f"compare.py: {alg}: {len(tokens)} tokens, {len(ours)} verdicts of csn, {len(theirs)} of {peer}"
                )
            for i, row in enumerate(zip(tokens, kinds, ours, theirs)):
                self.compare(alg, peer, i + 1, *row)


def main(readme, folder):
    run = Run(table_of(readme))
    for alg in ALGORITHMS:
        run.algorithm(folder, alg)
    print(
        f"{run.tokens} tokens, {run.accepted} accepted by csn; "
        + ", ".join(f"{k} {n}" for k, n in sorted(run.kinds.items()))
    )
    for peer in PEERS:
        print(f"{peer}: {run.compared[peer]} compared, {run.agreed[peer]} agree")
    for name, *_ in run.rows:
        print(f"{run.fitted[name]:7} {name}")
    print(f"{run.fitted[None]:7} unexplained")
    for text in run.unexplained[:SHOWN]:
        print(text)
    idle = [name for name, *_ in run.rows if run.fitted[name] == 0] if run.tokens >= WHOLE_RUN else []
    if idle:
        print("rows that nothing fits: " + ", ".join(idle))
    return 1 if run.unexplained or idle or run.compared["pyjwt"] == 0 else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
