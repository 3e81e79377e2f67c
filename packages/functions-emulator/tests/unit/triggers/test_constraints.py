import pytest

from functions_emulator.errors import AppError
from functions_emulator.triggers.constraints import parse_constraint


@pytest.mark.parametrize(
    ("constraint", "admitted", "refused"),
    [
        ("int", ["0", "-5", "+7", "2147483647"], ["", "a", "1.5", "2147483648", "1e3", "٣"]),
        ("long", ["9223372036854775807"], ["9223372036854775808", "x"]),
        ("bool", ["true", "FALSE"], ["1", "yes", ""]),
        ("decimal", ["1", "-1.50", "1,000.5", ".5"], ["1e3", "x", ""]),
        ("double", ["1", "1e3", "-1.5E-2", "NaN"], ["x", "1e", ""]),
        ("float", ["1.5"], ["one"]),
        ("datetime", ["2026-11-22", "2026-11-22T10:00:00Z", "11/22/2026"], ["22/11/2026", "x"]),
        (
            "guid",
            ["CD2C1638-1638-72D5-1638-DEADBEEF1638", "cd2c1638163872d51638deadbeef1638"],
            ["cd2c1638", "{cd2c1638163872d51638deadbeef1638}"],
        ),
        ("alpha", ["abc", "ABC", ""], ["a1", "ä"]),
        ("required", ["x"], [""]),
        ("file", ["a.txt"], ["a", "a."]),
        ("nonfile", ["a"], ["a.txt"]),
        ("min(18)", ["18", "99"], ["17", "x"]),
        ("max(3)", ["3", "-9"], ["4", "x"]),
        ("range(18,120)", ["18", "120"], ["17", "121", ""]),
        ("length(2)", ["ab"], ["a", "abc"]),
        ("length(2,3)", ["ab", "abc"], ["a", "abcd"]),
        ("minlength(2)", ["ab"], ["a"]),
        ("maxlength(2)", ["", "ab"], ["abc"]),
        (r"regex(^\d{{3}}$)".replace("{{", "{").replace("}}", "}"), ["123"], ["1234", "x"]),
        ("regex(b)", ["aBc"], ["a"]),
        ("INT", ["1"], ["a"]),
    ],
)
def test_a_constraint_means_what_it_means_in_aspnet(
    constraint: str, admitted: list[str], refused: list[str]
) -> None:
    admits = parse_constraint(constraint)
    assert {value: admits(value) for value in [*admitted, *refused]} == {
        **dict.fromkeys(admitted, True),
        **dict.fromkeys(refused, False),
    }


@pytest.mark.parametrize(
    "constraint", ["integer", "int(3)", "min()", "min(a)", "range(1)", "regex(()"]
)
def test_an_unknown_or_wrong_constraint_is_refused_by_name(constraint: str) -> None:
    with pytest.raises(AppError, match="the route constraint '"):
        parse_constraint(constraint)
