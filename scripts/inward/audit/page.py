"""The page: what ran, when, from which sources, at what cost, and what to be wary of."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from typing import Any

import pandas as pd

from inward.audit.jobs import Account, account, package_versions, source_versions

DOUBTFUL = 0.8  # agreement of the judge below which there is a warning
SHOWN = 12  # lines of warnings about labels; more are folded away
STYLE = """
body{font:14px/1.45 Helvetica,Arial,sans-serif;color:#222;
max-width:1160px;margin:24px auto;padding:0 20px}
h1{font-size:24px;margin:0}h2{font-size:17px;margin:32px 0 8px;border-bottom:1px solid #ddd}
p{margin:6px 0;max-width:900px}.small{color:#666;font-size:12.5px}
.tiles{display:flex;flex-wrap:wrap;gap:10px;margin:16px 0}
.tile{background:#f4f5f7;border-radius:6px;padding:8px 14px}.tile b{display:block;font-size:19px}
table{border-collapse:collapse;font-size:12.5px}
th{text-align:left;font-weight:bold;vertical-align:bottom}
td,th{padding:3px 8px;border-bottom:1px solid #eee}td.n,th.n{text-align:right}
td.ill{background:#fde2dd}.scroll{overflow-x:auto}code{font-size:12px}
.ok{color:#1b7f3b}.ill{color:#a02010}ul{margin:6px 0;padding-left:20px}
summary{cursor:pointer}svg{max-width:100%;height:auto}
"""


@dataclass(frozen=True)
class Audit:
    """All that the page shows."""

    study: str
    records: list[dict[str, Any]]
    jobs: pd.DataFrame
    health: pd.DataFrame
    overlaps: pd.DataFrame
    misfits: list[str]
    pictures: dict[str, str]  # SVG by what it shows
    made: str  # when and how the page was made
    agreement: pd.DataFrame | None = None  # of the judge with people, where there is a judge


def page(audit: Audit) -> str:
    """Return the page as HTML that needs nothing else."""
    whole = account(audit.jobs)
    parts = [
        f"<h1>Audit of study {escape(audit.study)}</h1>",
        f'<p class="small">{escape(audit.made)}</p>',
        _tiles(audit, whole),
        "<h2>Warnings</h2>",
        _warnings(audit, whole),
        "<h2>What ran</h2>",
        _rules(audit.jobs, whole),
        "<h2>Sources</h2>",
        _sources(audit.records),
        "<h2>Versions</h2>",
        _versions(audit.records),
        "<h2>Label health</h2>",
        _health(audit.health),
        *([] if audit.agreement is None else ["<h2>Judge</h2>", _judge(audit.agreement)]),
        "<h2>Prompts that overlap</h2>",
        _overlaps(audit.overlaps),
        *(
            f"<h2>{escape(name)}</h2>\n<div class=scroll>{svg}</div>"
            for name, svg in audit.pictures.items()
        ),
    ]
    head = (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>Audit of {escape(audit.study)}"
        f"</title><style>{STYLE}</style>"
    )
    return "\n".join([head, *parts, "</html>", ""])


def table(head: list[str], rows: Iterable[Iterable[str]], numbers: int = 99) -> str:
    """Return an HTML table; its columns from number `numbers` on are aligned as numbers."""
    kinds = [' class="n"' if at >= numbers else "" for at in range(len(head))]
    lines = ["<div class=scroll><table><tr>"]
    lines += [f"<th{kind}>{said}</th>" for kind, said in zip(kinds, head, strict=True)]
    for row in rows:
        cells = [
            said if said.startswith("<td") else f"<td{kind}>{said}</td>"
            for kind, said in zip(kinds, row, strict=True)
        ]
        lines.append(f"<tr>{''.join(cells)}")
    return "\n".join([*lines, "</table></div>"])


def money(whole: Account) -> str:
    """Return what jobs cost."""
    return "unknown" if whole.cost is None else f"${whole.cost:,.4f}".replace("$0.0000", "$0")


def span(seconds: float) -> str:
    """Return a length of time for people."""
    if seconds < 120:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.1f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def _tiles(audit: Audit, whole: Account) -> str:
    began, ended = audit.jobs["began"].min(), audit.jobs["ended"].max()
    fits = '<b class="ok">yes</b>' if not audit.misfits else '<b class="ill">no</b>'
    tiles = [
        f"<b>{whole.jobs}</b>jobs on record",
        f"<b>{began:%Y-%m-%d %H:%M}</b>first began, UTC",
        f"<b>{span((ended - began).total_seconds())}</b>until the last ended",
        f"<b>{span(whole.seconds)}</b>in jobs",
        f"<b>{whole.counts['made']:,}</b>requests made",
        f"<b>{whole.counts['reused']:,}</b>reused from the store",
        f"<b>{whole.tokens:,}</b>tokens",
        f"<b>{money(whole)}</b>paid",
        f"{fits}every file as recorded",
    ]
    return (
        "<div class=tiles>" + "".join(f"<div class=tile>{tile}</div>" for tile in tiles) + "</div>"
    )


def _warnings(audit: Audit, whole: Account) -> str:
    found = [f"{line}" for line in audit.misfits]
    for path, count in source_versions(audit.records).items():
        if count > 1:
            found.append(f"{path}: jobs ran {count} versions of it; run `snakemake`")
    for name, versions in package_versions(audit.records).items():
        if len(versions) > 1:
            found.append(f"{name}: jobs ran with {' and '.join(versions)}")
    if failed := whole.counts["failed"]:
        found.append(f"{failed} requests were given up")
    if audit.agreement is not None:
        found += _doubts(audit.agreement)
    said = _list(found) + _degenerate(audit.health) + _shared(audit.overlaps)
    return said or '<p class="ok">None.</p>'


def _degenerate(health: pd.DataFrame) -> str:
    """Return the warnings of label health, one line for each task and property."""
    ill = health[health["warnings"] != "[]"]
    lines = []
    for (task, name), rows in ill.groupby(["task", "property"]):
        said = [
            f"{row['subject']}: {', '.join(json.loads(row['warnings']))}"
            for row in rows.to_dict("records")
        ]
        lines.append(f"{task}, {name}: {'; '.join(said)}")
    if not lines:
        return ""
    opened = " open" if len(lines) <= SHOWN else ""
    head = f"{len(ill)} of {len(health)} sets of labels are few, uniform or hard to read"
    return f"<details{opened}><summary>{head}</summary>{_list(lines)}</details>"


def _shared(overlaps: pd.DataFrame) -> str:
    across = overlaps[overlaps["split"] != overlaps["other_split"]]
    pairs = int(across["pairs"].sum())
    return _list([f"{pairs} pairs of prompts are alike across splits; see below"] if pairs else [])


def _rules(jobs: pd.DataFrame, whole: Account) -> str:
    rows = []
    for rule, own in sorted(jobs.groupby("rule"), key=lambda pair: pair[1]["began"].min()):
        first, last = own["began"].min(), own["ended"].max()
        rows.append(
            _row(
                escape(str(rule)), f"{first:%m-%d %H:%M:%S}", f"{last:%m-%d %H:%M:%S}", account(own)
            )
        )
    rows.append(_row("<b>all</b>", "", "", whole))
    head = [
        "rule",
        "first began",
        "last ended",
        "jobs",
        "time",
        "made",
        "reused",
        "retried",
        "failed",
    ]
    hosts = ", ".join(sorted(set(jobs["host"])))
    slurm = jobs["slurm_job"].notna().sum()
    note = f"Hosts: {hosts}." + (f" {slurm} jobs through SLURM." if slurm else "")
    note += " Made, reused, retried and failed count requests."
    said = table([*head, "tokens", "cost"], rows, 3)
    return f'{said}<p class="small">{escape(note)}</p>'


def _row(rule: str, first: str, last: str, own: Account) -> list[str]:
    counts = [own.counts[name] for name in ("made", "reused", "retried", "failed")]
    asked = [*(f"{count:,}" for count in counts), f"{own.tokens:,}", money(own)]
    return [
        *(rule, first, last, f"{own.jobs:,}", span(own.seconds)),
        *(asked if any(counts) else [""] * len(asked)),
    ]


def _sources(records: list[dict[str, Any]]) -> str:
    commits: dict[str, int] = {}
    for record in records:
        commit = record["commit"] or "no commit"
        commits[commit] = commits.get(commit, 0) + 1
    said = table(["commit", "jobs"], [[f"<code>{c}</code>", str(n)] for c, n in commits.items()], 1)
    paths = source_versions(records)
    note = (
        f"{len(paths)} of the project's own files were run; their digests are in the ledger."
        " A commit says what was checked out, the digests what really ran."
    )
    return f'{said}<p class="small">{note}</p>'


def _versions(records: list[dict[str, Any]]) -> str:
    said = ", ".join(
        f"{escape(name)} {' and '.join(map(escape, versions))}"
        for name, versions in package_versions(records).items()
    )
    platforms = ", ".join(sorted({record["platform"] for record in records}))
    return f'<p>{said}</p><p class="small">As imported by jobs, on {escape(platforms)}.</p>'


def _health(health: pd.DataFrame) -> str:
    subjects = sorted(set(health["subject"]))
    rows = []
    for (task, name), own in health.groupby(["task", "property"]):
        of = {row["subject"]: row for row in own.to_dict("records")}
        cells = [_cell(of[subject]) if subject in of else "" for subject in subjects]
        rows.append([escape(str(task)), escape(str(name).replace("_", " ")), *cells])
    note = (
        "Of each subject's labels: entropy in bits, share of the most common value; where some are"
        " unreadable, their share. Red: see the warnings. Point at a cell for its histogram."
    )
    head = ["task", "property", *map(escape, subjects)]
    return f'<p class="small">{note}</p>{table(head, rows, 2)}'


def _judge(agreement: pd.DataFrame) -> str:
    """Return how well the judge agrees with people, property by property."""
    rows = [
        [
            escape(str(row["property"]).replace("_", " ")),
            escape(str(row["judge"])),
            f"{row['n']:,}",
            f"{row['agreement']:.0%} [{row['low']:.0%}, {row['high']:.0%}]",
            "" if pd.isna(row["kappa"]) else f"{row['kappa']:.2f}",
            f"{row['n_unreadable']:,}",
        ]
        for row in agreement.to_dict("records")
    ]
    note = (
        "Labels of these properties are a model's verdicts. Here it judged examples that people had"
        " labelled: how many, the share on which it agrees with Wilson's interval, Cohen's kappa,"
        " and how many of its answers could not be read, which agree with nothing."
    )
    head = ["property", "judge", "examples", "agreement", "kappa", "unreadable"]
    return f'<p class="small">{note}</p>{table(head, rows, 2)}'


def _doubts(agreement: pd.DataFrame) -> list[str]:
    doubtful = agreement[agreement["agreement"] < DOUBTFUL]
    return [
        f"{row['judge']} judges {row['property']} as people do in"
        f" {round(row['agreement'] * row['n'])} of {row['n']} examples only"
        for row in doubtful.to_dict("records")
    ]


def _cell(row: dict[Any, Any]) -> str:
    """Return a cell of the health table, with the histogram for whoever points at it."""
    values, reasons = json.loads(row["values"]), json.loads(row["reasons"])
    shown = [f"{value}: {count}" for value, count in values.items()]
    more = row["n_values"] - len(shown)
    said = [f"{row['n_labels']} labels of {row['n']} behaviors", *shown]
    said += [f"and {more} more values"] if more else []
    said += [f"({reason}: {count})" for reason, count in reasons.items()]
    kind = "n" if row["warnings"] == "[]" else "n ill"
    if not row["n_labels"]:
        return f'<td class="{kind}" title="{escape(chr(10).join(said))}">no labels</td>'
    unread = f", <b>{row['unreadable']:.0%} ?</b>" if row["unreadable"] else ""
    return (
        f'<td class="{kind}" title="{escape(chr(10).join(said))}">'
        f"{row['entropy']:.1f}, {row['top_share']:.0%}{unread}</td>"
    )


def _overlaps(overlaps: pd.DataFrame) -> str:
    if overlaps.empty:
        return '<p class="ok">No prompt is the same, or nearly, in two tasks or splits.</p>'
    rows = [
        [
            escape(f"{row['kind']}"),
            escape(f"{row['task']}, {row['split']}"),
            escape(f"{row['other_task']}, {row['other_split']}"),
            escape(_short(row["example"])),
            escape(_short(row["other_example"])),
            f"{row['pairs']:,}",
        ]
        for row in overlaps.to_dict("records")
    ]
    note = (
        "Same: equal but for case, punctuation and white space. Near: other order, or at least nine"
        " words in ten in common."
    )
    head = ["", "here", "there", "such as", "and", "pairs"]
    return f'<p class="small">{note}</p>{table(head, rows, 5)}'


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}…"


def _list(lines: list[str]) -> str:
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f"<ul>{items}</ul>" if items else ""
