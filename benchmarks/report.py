"""What was measured, as tables for a terminal (and a README) and as a chart."""

import sys
from pathlib import Path
from typing import Any

COLOURS = {
    "chainrule": "#d1495b",
    "JAX": "#30638e",
    "torch.compile": "#edae49",
    "PyTorch": "#f4d9a5",
    "scikit-learn": "#9aa5ad",
}


def progress(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def table(title: str, header: list[str], rows: list[list[str]]) -> None:
    """Print a Markdown table whose columns line up."""
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]

    def line(cells: list[str]) -> str:
        first, *others = (
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(cells, widths, strict=True))
        )
        return f"| {' | '.join([first, *others])} |"

    print(f"\n{title}\n\n{line(header)}")
    print(f"|{'-' * (widths[0] + 2)}|" + "".join(f"{'-' * (width + 1)}:|" for width in widths[1:]))
    print("\n".join(map(line, rows)))


def short(value: float) -> str:
    """Three digits, or all there are before the point."""
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def micro(measured: dict[str, dict[str, float]], name: str) -> str:
    """Return a median, and half of the range around it in per cent."""
    if name not in measured:
        return "-"
    low, middle, high = (measured[name][key] for key in ("low", "median", "high"))
    return f"{short(middle)} ±{(high - low) / 2 / middle:.0%}"


def ratio(measured: dict[str, float]) -> str:
    return f"{short(measured['median'])}x ({short(measured['low'])} to {short(measured['high'])})"


def percent(measured: dict[str, float]) -> str:
    return f"{measured['median']:.0%} ({measured['low']:.0%} to {measured['high']:.0%})"


def times(result: dict[str, Any]) -> str:
    return ratio(result["times_fastest_peer"])


def mib(size: int) -> str:
    return f"{size / 2**20:.1f}"


def show(results: dict[str, Any]) -> None:
    """Print everything."""
    machine = results["machine"]
    print(f"{machine['cpu']}, {machine['cores']} cores, {' '.join(machine['isa'])}; load before {machine['load']:.1f}")
    print(", ".join(f"{name} {version}" for name, version in machine["versions"].items() if version))
    kernels = f" ({machine['kernels']})" if "kernels" in machine else ""
    rounds = f"median of {results['rounds']} rounds, ± half the range, (smallest to largest)"
    print(f"engine {results['engine']}{kernels}; {rounds}")
    for name, why in results["missing"].items():
        print(f"not measured: {name}: {why}")
    for section, printer in PRINTERS.items():
        if section in results:
            printer(results[section])
    print(f"\n{results['seconds'] / 60:.1f} minutes")


def _training(results: list[dict[str, Any]]) -> None:
    for threads in dict.fromkeys(result["threads"] for result in results):
        chosen = [result for result in results if result["threads"] == threads]
        peaks = [max(result["peak_gflops"][dtype] for result in chosen) for dtype in ("float32", "float64")]
        peak = f"best square multiply {peaks[0]:.0f} GFLOPS in float32, {peaks[1]:.0f} in float64"
        names = ["chainrule", "JAX", "torch.compile", "PyTorch", "scikit-learn"]
        table(
            f"µs a training step, Adam, float32, threads: {threads}; {peak}",
            ["layers; batch", *names, "fastest peer is slower by", "the limit", "of the limit"],
            [
                [
                    result["shape"],
                    *(micro(result["microseconds"], name) for name in names),
                    times(result),
                    short(result["limit_microseconds"]["float32"]),
                    percent(result["of_the_limit"]),
                ]
                for result in chosen
            ],
        )
        table(
            f"the same beside scikit-learn, and in float64, threads: {threads}",
            ["layers; batch", "scikit-learn is slower by", "float64, µs", "float64 / float32", "of float64's limit"],
            [
                [
                    result["shape"],
                    ratio(result["times_peer"]["scikit-learn"]),
                    micro(result["microseconds"], "chainrule float64"),
                    ratio(result["times_float64"]),
                    percent(result["of_the_limit_float64"]),
                ]
                for result in chosen
            ],
        )


def _prediction(results: list[dict[str, Any]]) -> None:
    names = list(results[0]["microseconds"])
    table(
        f"µs a call of predict_proba, {results[0]['network']}, float32",
        ["rows, threads", *names, "scikit-learn is slower by"],
        [
            [
                f"{result['rows']}, {result['threads']}",
                *(micro(result["microseconds"], name) for name in names),
                ratio(result["times_sklearn"]),
            ]
            for result in results
        ],
    )


def _fit(results: list[dict[str, Any]]) -> None:
    seconds = [{name: {k: 1e3 * v for k, v in s.items()} for name, s in r["seconds"].items()} for r in results]
    table(
        "ms of a whole fit: digits, 100 epochs, 100 hidden units",
        ["dtype, threads", "chainrule", "scikit-learn", "scikit-learn is slower by"],
        [
            [
                f"{result['dtype']}, {result['threads']}",
                micro(ms, "chainrule"),
                micro(ms, "scikit-learn"),
                ratio(result["times_sklearn"]),
            ]
            for result, ms in zip(results, seconds, strict=True)
        ],
    )


def _memory(results: list[dict[str, Any]]) -> None:
    table(
        "MiB that a fit on float32 rows adds to what was resident before it, at the peak",
        ["network, rows", "library", "the data", "the parameters", "added", "6 x parameters + 32", "within"],
        [
            [
                f"{result['network']}, {result['rows']}",
                result["library"],
                mib(result["data_bytes"]),
                mib(result["parameter_bytes"]),
                mib(result["growth_bytes"]),
                mib(result["allowed_bytes"]),
                "yes" if result["growth_bytes"] <= result["allowed_bytes"] else "no",
            ]
            for result in results
        ],
    )


def _linearity(results: list[dict[str, Any]]) -> None:
    table(
        "chainrule's µs a step against size, and how far from a straight line (784-100-10; 200 but for what varies)",
        ["varies, threads", "sizes", "µs", "deviations", "worst"],
        [
            [
                f"{result['varies']}, {result['threads']}",
                " ".join(map(str, result["sizes"])),
                " ".join(map(short, result["microseconds"])),
                " ".join(f"{deviation:+.0%}" for deviation in result["deviations"]),
                f"{result['worst_deviation']:.0%}",
            ]
            for result in results
        ],
    )


def _barrier(results: list[dict[str, Any]]) -> None:
    names = ["none taken", "one taken", "all taken"]
    if not results:
        print("\nThe barrier needs two cores.")
        return
    table(
        "chainrule's µs an epoch, two threads on two cores, of which other processes take",
        ["layers; batch", *names, "all / one", "all / none"],
        [
            [
                result["shape"],
                *(micro(result["microseconds_an_epoch"], name) for name in names),
                ratio(result["all_to_one_taken"]),
                ratio(result["all_to_none_taken"]),
            ]
            for result in results
        ],
    )


PRINTERS = {
    "training": _training,
    "prediction": _prediction,
    "fit": _fit,
    "memory": _memory,
    "linearity": _linearity,
    "barrier": _barrier,
}


def chart(results: dict[str, Any], path: Path) -> None:
    """Draw a step's time, library beside library, for the largest number of threads."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    threads = max(result["threads"] for result in results["training"])
    chosen = [result for result in results["training"] if result["threads"] == threads]
    names = [name for name in COLOURS if all(name in result["microseconds"] for result in chosen)]
    count = "one thread" if threads == 1 else f"{threads} threads"
    width = 0.8 / len(names)
    figure, axes = plt.subplots(figsize=(10, 4.6), layout="constrained")
    for i, name in enumerate(names):
        left = [x - 0.4 + (i + 0.5) * width for x in range(len(chosen))]
        heights = [result["microseconds"][name]["median"] for result in chosen]
        axes.bar(left, heights, width * 0.94, label=name, color=COLOURS[name])
        if name == "chainrule":
            for x, height in zip(left, heights, strict=True):
                axes.annotate(
                    short(height), (x + width / 2, height), (0, 2), textcoords="offset points",
                    ha="right", fontsize=8, color=COLOURS[name], weight="bold",
                )  # fmt: skip
    limits = [result["limit_microseconds"]["float32"] for result in chosen]
    starts = [x - 0.42 for x in range(len(chosen))]
    axes.hlines(
        limits, starts, [x + 0.42 for x in range(len(chosen))], "#222222", "dotted", lw=1.3, label="arithmetic limit"
    )
    axes.set_yscale("log")
    lowest = min(result["microseconds"][name]["median"] for result in chosen for name in names)
    axes.set_ylim(bottom=lowest / 3)
    axes.set_ylabel("µs a training step (log scale)")
    axes.set_xticks(range(len(chosen)), [result["shape"].replace("; ", "\nbatch ") for result in chosen])
    axes.tick_params(axis="x", length=0)
    axes.grid(axis="y", color="#dddddd", lw=0.6)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.set_title(f"A training step: Adam, float32, {count} of {results['machine']['cpu']}", loc="left", fontsize=11)
    axes.legend(ncols=len(names) + 1, frameon=False, fontsize=9, loc="upper center", bbox_to_anchor=(0.5, -0.14))
    figure.savefig(path, dpi=150)
