import pytest

from config.demo.director import verdict


@pytest.mark.parametrize(
    ("tied_out", "problems", "sentence"),
    [
        (16, 0, "Everything ties out."),
        (14, 0, "14 of 16 batches tie out; the other 2 differ for reasons that were planted"),
        (15, 0, "15 of 16 batches tie out; the other one differs for a reason that was planted"),
        (14, 3, "Not everything ties out: 3 reasons above."),
    ],
)
def test_the_last_line_of_a_demo_smooths_nothing_over(tied_out, problems, sentence):
    assert verdict({"batches": 16, "batches_tied_out": tied_out}, problems).startswith(sentence)
