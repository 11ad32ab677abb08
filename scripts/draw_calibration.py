"""Draw how the shares that are predicted lie beside those of behavior."""

from pathlib import Path

from inward.charts.calibration import figure
from inward.charts.saving import save
from inward.job import run
from inward.tables import CALIBRATION, CALIBRATION_BINS, read_table


def main(
    *, calibration: Path, bins: Path, page: Path, picture: Path, study: str, draws: int
) -> None:
    """Read the score tables and draw the reliability of what was sampled."""
    scores, of_bins = read_table(CALIBRATION, calibration), read_table(CALIBRATION_BINS, bins)
    save(figure(scores, of_bins, study, draws), page, picture)


if __name__ == "__main__":
    run(main)
