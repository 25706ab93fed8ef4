from decimal import Decimal

from config.demo.stage import tell
from integrations.sandbox.sage500.build import LoadReport


def report(refused):
    lines = [(line, f"total_gbp -{line}.00 is not positive") for line in range(2, 2 + refused)]
    return LoadReport(5, 5, lines, Decimal("1266.00"))


def test_every_refused_line_is_told_by_its_number(tmp_path):
    said = []
    tell(report(12), tmp_path / "refused.csv", said.append)
    assert said[0] == "5 open invoices, together 1,266.00, stand in the ERP."
    assert said[1] == "Line 2 was refused: total_gbp -2.00 is not positive."
    assert said[-1] == f"2 more lines were refused; all stand in {tmp_path}/refused.csv."
    kept = (tmp_path / "refused.csv").read_text().splitlines()
    assert (kept[0], kept[-1]) == ("line,reason", "13,total_gbp -13.00 is not positive")


def test_a_file_without_refused_lines_leaves_none_of_an_earlier_one(tmp_path):
    said = []
    tell(report(1), tmp_path / "refused.csv", said.append)
    tell(report(0), tmp_path / "refused.csv", said.append)
    assert len(said) == 3
    assert not (tmp_path / "refused.csv").exists()
