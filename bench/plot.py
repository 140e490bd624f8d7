"""The ratios of a run as a picture: one bar a case, its spread, its target and its floor."""

from xml.sax.saxutils import escape

WIDTH, LEFT, RIGHT, ROW, TOP = 760, 230, 70, 30, 34
STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1f2933 }
.small { font-size: 11px; fill: #52606d }
.bar { fill: #2f6f9f } .spread { stroke: #102a43; stroke-width: 1.5 }
.target { stroke: #b44d12; stroke-width: 2 } .axis { stroke: #d9e2ec }
@media (prefers-color-scheme: dark) {
text { fill: #e4e7eb } .small { fill: #9aa5b1 } .bar { fill: #5da3d5 } .spread { stroke: #e4e7eb }
.target { stroke: #f0883e } .axis { stroke: #3e4c59 } }
"""


def plot(rows):
    """SVG. Each bar is a median of the yardstick's rate, with the least and the greatest of the
    rounds; a mark across it is the target."""
    most = max(1.2, *(row["greatest"] for row in rows))
    height = TOP + ROW * len(rows) + 12

    def at(ratio):
        return LEFT + (WIDTH - LEFT - RIGHT) * ratio / most

    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
             "<title>Postern beside programs of the same parts</title>", f"<style>{STYLE}</style>"]
    for tenths in range(0, int(most * 10) + 1, 2):
        x = at(tenths / 10)
        parts.append(f'<line class="axis" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 8}" '
                     f'y2="{height - 8}"/><text class="small" x="{x:.1f}" y="{TOP - 14}" '
                     f'text-anchor="middle">{tenths / 10:.1f}</text>')
    for number, row in enumerate(rows):
        y = TOP + ROW * number
        middle = y + ROW / 2 - 2
        least, greatest, target = at(row["least"]), at(row["greatest"]), at(row["target"])
        parts.append(
            f'<text x="{LEFT - 10}" y="{middle + 4}" text-anchor="end">{escape(row["name"])}</text>'
            f'<rect class="bar" x="{LEFT}" y="{y + 4}" width="{at(row["ratio"]) - LEFT:.1f}" '
            f'height="{ROW - 12}" rx="2"/>'
            f'<line class="spread" x1="{least:.1f}" x2="{greatest:.1f}" y1="{middle}" y2="{middle}"/>'
            f'<line class="target" x1="{target:.1f}" x2="{target:.1f}" y1="{y + 1}" '
            f'y2="{y + ROW - 5}"/>'
            f'<text x="{WIDTH - RIGHT + 10}" y="{middle + 4}">{row["ratio"]:.2f}</text>')
    return "\n".join([*parts, "</svg>", ""])
