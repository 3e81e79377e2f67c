import pytest

from tools.chaos.stripe_books import DECLINED, StripeBooks


@pytest.fixture
def books() -> StripeBooks:
    return StripeBooks()


def create(books: StripeBooks, card: str = "pm_card_visa", key: str = "") -> str:
    form = {"amount": "500", "currency": "eur", "payment_method": card}
    status, intent = books.answer(
        "POST", "/v1/payment_intents", {**form, "metadata[order_id]": "o-1"}, key
    )
    assert (status, intent["status"]) == (200, "requires_confirmation")
    return str(intent["id"])


def do(books: StripeBooks, intent: str, operation: str, key: str = "") -> tuple[int, str]:
    status, body = books.answer("POST", f"/v1/payment_intents/{intent}/{operation}", {}, key)
    return status, body.get("status") or body["error"]["code"]


def test_an_intent_takes_money_once(books: StripeBooks) -> None:
    intent = create(books)
    assert books.intents[intent].kept == 0
    assert do(books, intent, "confirm") == (200, "succeeded")
    assert do(books, intent, "confirm") == (400, "payment_intent_unexpected_state")
    assert do(books, intent, "cancel") == (400, "payment_intent_unexpected_state")
    assert [each.kept for each in books.of_orders()["o-1"]] == [500]


def test_a_card_that_is_declined_is_not_charged(books: StripeBooks) -> None:
    intent = create(books, DECLINED)
    assert do(books, intent, "confirm") == (402, "card_declined")
    _, shown = books.answer("GET", f"/v1/payment_intents/{intent}", {})
    assert shown["status"] == "requires_payment_method"
    assert shown["last_payment_error"]["decline_code"] == "generic_decline"
    assert books.intents[intent].kept == 0


def test_a_cancelled_intent_takes_nothing_any_more(books: StripeBooks) -> None:
    intent = create(books)
    assert do(books, intent, "cancel") == (200, "canceled")
    assert do(books, intent, "confirm") == (400, "payment_intent_unexpected_state")


def test_money_is_paid_back_once(books: StripeBooks) -> None:
    intent = create(books)
    assert books.answer("POST", "/v1/refunds", {"payment_intent": intent})[0] == 400
    do(books, intent, "confirm")
    status, refund = books.answer("POST", "/v1/refunds", {"payment_intent": intent})
    assert (status, refund["amount"], books.intents[intent].kept) == (200, 500, 0)
    status, body = books.answer("POST", "/v1/refunds", {"payment_intent": intent})
    assert (status, body["error"]["code"]) == (400, "charge_already_refunded")
    _, listed = books.answer("GET", "/v1/refunds", {"payment_intent": intent})
    assert [each["id"] for each in listed["data"]] == [refund["id"]]


def test_a_key_gets_its_answer_again_and_does_nothing_again(books: StripeBooks) -> None:
    assert create(books, key="k") == create(books, key="k")
    assert len(books.intents) == 1


def test_a_500_is_kept_for_its_key_like_any_other_answer(books: StripeBooks) -> None:
    intent = create(books)
    assert books.fail("k")[0] == 500
    assert do(books, intent, "confirm", "k") == (500, "made_up")
    assert books.intents[intent].kept == 0
    assert do(books, intent, "confirm", "another") == (200, "succeeded")


def test_what_is_not_there_is_404(books: StripeBooks) -> None:
    assert books.answer("GET", "/v1/payment_intents/pi_none", {})[0] == 404
    assert books.answer("GET", "/v1/customers", {})[0] == 404
