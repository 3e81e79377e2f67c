import pytest

from functions_emulator.durable.http.headers import for_request, of_response


def test_known_response_headers_have_their_known_spelling() -> None:
    items = [("location", "/x"), ("RETRY-AFTER", "5"), ("etag", "1"), ("x-mine", "y")]
    assert of_response(items) == {
        "Location": "/x",
        "Retry-After": "5",
        "ETag": "1",
        "x-mine": "y",
    }


def test_several_headers_of_one_name_are_a_list() -> None:
    items = [("Set-Cookie", "a"), ("set-cookie", "b"), ("X-A", "1"), ("x-a", "2")]
    assert of_response(items) == {"Set-Cookie": ["a", "b"], "X-A": ["1", "2"]}


def test_headers_of_the_content_are_not_shown() -> None:
    assert of_response([("Content-Type", "a/b"), ("expires", "x"), ("Age", "1")]) == {"Age": "1"}


def test_a_request_may_have_several_values_and_one_content_type() -> None:
    given = {"A": ["1", "2"], "content-TYPE": "a/b", "B": 3}
    assert for_request(given) == ([("A", "1"), ("A", "2"), ("B", "3")], "a/b")


@pytest.mark.parametrize("name", ["Content-Length", "expires", "Allow"])
def test_a_request_takes_no_header_of_the_content(name: str) -> None:
    with pytest.raises(ValueError, match=f"Misused header name, '{name}'"):
        for_request({name: "x"})
