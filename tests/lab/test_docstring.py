from voicelab.lab.docstring import parameter_texts, summary

NUMPY = """Order a pizza
    for somebody.

    More about it.

    Parameters
    ----------
    pizza : str
        Its name,
        as on the menu.
    size, crust : str
        One of three.
    note : str

    Returns
    -------
    str
        A sentence: no parameter.
    """
GOOGLE = """Order a pizza.

    Args:
        pizza (str): Its name,
            as on the menu.
        size: One of three: s, m, l.

    Returns:
        str: A sentence.
    """


def test_the_summary_is_the_first_paragraph_on_one_line():
    assert summary(NUMPY) == "Order a pizza for somebody."
    assert summary("") is summary(None) is None


def test_parameters_in_numpydoc():
    assert parameter_texts(NUMPY) == {
        "pizza": "Its name, as on the menu.",
        "size": "One of three.",
        "crust": "One of three.",
    }


def test_parameters_in_googles_style():
    assert parameter_texts(GOOGLE) == {
        "pizza": "Its name, as on the menu.",
        "size": "One of three: s, m, l.",
    }


def test_anything_else_says_nothing_of_parameters():
    assert parameter_texts("Order.\n\n:param pizza: Its name.") == {}
    assert parameter_texts(None) == {}
