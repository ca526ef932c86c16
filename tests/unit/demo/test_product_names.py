"""What tills print becomes names."""

import pytest

from tastemaker_local.demo.product_names import display_name


@pytest.mark.parametrize(
    ("product_type", "category", "size", "name"),
    [
        ("BANANAS", "TROPICAL FRUIT", None, "Bananas"),
        ("SHREDDED CHEESE", "CHEESE", "8 OZ", "Shredded cheese, 8 oz"),
        ("SFT DRNK 2 LITER BTL CARB INCL", "SOFT DRINKS", "2 L", "Soft drink 2 liter bottle, 2 l"),
        ("CANDY BARS (SINGLES)(INCLUDING", "CANDY - CHECKLANE", "1 CT", "Candy bars (singles), 1 ct"),
        ("CANNED CAT FOOD (9 LIVES/FRISK", "CAT FOOD", "5.5 OZ", "Canned cat food, 5.5 oz"),
        ("PREMIUM", "ICE CREAM", "56 OZ", "Ice cream, premium, 56 oz"),
        ("PREMIUM - MEAT", "HOT DOGS", None, "Hot dogs, premium - meat"),
        ("PREMIUM BREAD", "BREAD", None, "Premium bread"),
        ("BREAD:ITALIAN/FRENCH", "BREAD", None, "Bread: italian/french"),
        (None, "MISC", None, "Misc"),
        (None, None, None, "Unnamed product"),
    ],
)
def test_a_till_text_becomes_a_readable_name(product_type, category, size, name):
    assert display_name(product_type, category, size) == name


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        ("1 GA", "1 gal"),
        ("L      8 OZ", "8 oz"),
        ("(600) 4 LB", "4 lb"),
        ("10/6.75 OZ", "10/6.75 oz"),
        ("8 1/2 OZ", "8 1/2 oz"),
    ],
)
def test_a_size_loses_the_codes_in_front_of_it(size, shown):
    assert display_name("RICE", None, size) == f"Rice, {shown}"


@pytest.mark.parametrize("size", ["974246  PK", "XLRG", ""])
def test_a_size_that_is_none_is_left_out(size):
    assert display_name("RICE", None, size) == "Rice"
