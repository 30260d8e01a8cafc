"""`mobilesasa price set|list|remove`."""


def test_prices_are_set_listed_and_removed(ask, run):
    assert ask("price", "list") == {"prices": []}
    made = ask("price", "set", "--prefix", "+255", "--units", 3)
    assert made == {"prefix": "255", "units": 3}
    ask("price", "set", "--prefix", "", "--units", 2)
    assert ask("price", "list") == {"prices": [{"prefix": "", "units": 2}, made]}
    assert "all others" in run("price", "list").stdout
    assert ask("price", "remove", "--prefix", "255") == made


def test_what_is_no_price_is_refused(run):
    refused = run("price", "set", "--prefix", "255", "--units", "0")
    assert (refused.exit_code, "a part costs 1 to" in refused.stderr) == (1, True)
