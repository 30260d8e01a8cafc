"""The child's lines: chunks of rows in which each phone stands once, and what is wrong with a file as a whole."""

import io

from mobilesasa.jobs import read
from tests.contacts.files import text

TOLD = {"mapping": {}, "country": "KE", "first": 0}


def looked(content: str, **more):
    (line,) = read.lines(text(content), {"do": "look", **TOLD, **more})
    return line


def chunks(content: str, **more):
    shape = looked(content)
    told = {
        "do": "rows",
        "shape": shape["shape"],
        "columns": shape["columns"],
        "country": "KE",
        "after": 0,
        "updates": True,
    }
    return list(read.lines(text(content), told | more))


def phones(chunk):
    return [row["phone"] for row in chunk["rows"]]


def test_rows_come_in_chunks_and_the_last_line_is_their_number(monkeypatch):
    monkeypatch.setattr(read, "CHUNK_ROWS", 2)
    first, second, end = chunks("phone\n0712345671\n0712345672\n\n0712345673\n")
    assert (phones(first), first["upto"]) == (["254712345671", "254712345672"], 3)
    assert (phones(second), second["upto"]) == (["254712345673"], 5)
    assert end == {"total": 3}


def test_long_rows_make_short_chunks(monkeypatch):
    monkeypatch.setattr(read, "CHUNK_CHARACTERS", 30)
    assert [phones(chunk) for chunk in chunks("phone,notes\n0712345671,aaaaaaaaaa\n0712345672,bbbbbbbbbb\n")[:-1]] == [
        ["254712345671", "254712345672"]
    ]
    assert len(chunks("phone,notes\n0712345671,aaaaaaaaaaaaaaaaaaaaaaa\n0712345672,b\n")) == 3


def test_rows_of_one_phone_are_one_row_that_says_what_both_do():
    (chunk, _) = chunks("phone,name,email\n0712345671,Ann,\n+254712345671,,a@b.c\n254712345671,Ann,\n")
    assert chunk["rows"] == [
        {"row": 2, "phone": "254712345671", "again": False, "first_name": "Ann", "email": "a@b.c"},
    ]
    assert (chunk["updated"], chunk["skipped"]) == (1, 1)


def test_where_nothing_is_updated_the_first_row_of_a_phone_counts():
    (chunk, _) = chunks("phone,name\n0712345671,Ann\n0712345671,Bob\n", updates=False)
    assert (chunk["rows"][0]["first_name"], chunk["updated"], chunk["skipped"]) == ("Ann", 0, 1)


def test_a_phone_of_an_earlier_chunk_is_marked(monkeypatch):
    monkeypatch.setattr(read, "CHUNK_ROWS", 1)
    content = "phone\n0712345671\n0712345672\n0712345671\n"
    assert [chunk["rows"][0]["again"] for chunk in chunks(content)[:-1]] == [False, False, True]
    (last, _) = chunks(content, after=3)
    assert (last["rows"][0]["again"], last["upto"]) == (True, 4)


def test_rows_that_are_dealt_with_are_left_out():
    assert chunks("phone\n0712345671\n12\n", after=3) == [{"total": 2}]
    (chunk, end) = chunks("phone\n0712345671\n12\n0712345672\n", after=3)
    assert (phones(chunk), chunk["failed"], end) == (["254712345672"], [], {"total": 3})


def test_a_bad_row_is_told_with_its_cells_and_what_is_wrong():
    (chunk, _) = chunks("phone,age\n12,7\n")
    (failed,) = chunk["failed"]
    assert (failed["row"], failed["cells"], failed["wrong"][0]["column"]) == (2, ["12", "7"], "phone")


def test_of_a_very_long_bad_row_the_beginnings_are_kept():
    (chunk, _) = chunks(f"phone,age\n12,{'x' * 110_000}\n")
    assert [len(cell) for cell in chunk["failed"][0]["cells"]] == [2, read.CUT]


def test_a_look_tells_shape_columns_and_first_rows():
    line = looked("phone,age\n0712345671,7\n0712345672,8\n", first=1)
    assert (line["shape"]["total_rows"], line["columns"], line["ignored"]) == (2, [(0, "phone", "phone")], ["age"])
    assert line["first"] == [["0712345671", "7"]]


def test_what_is_wrong_with_the_whole_file_is_a_line():
    assert "one of them phone" in looked("name\nAnn\n")["bad"]
    assert looked("name\nAnn\n", first=1)["columns"] == [(0, "name", "name")]
    assert (
        "50 attributes"
        in looked(
            "phone," + ",".join(f"c{n}" for n in range(51)) + "\n1\n",
            mapping={f"c{n}": f"attributes.c{n}" for n in range(51)},
        )["bad"]
    )


def test_of_an_audience_every_column_is_read_and_the_first_row_of_a_phone_counts():
    content = "Simu,Amount due,1st\n0712345671,50,x\n0712345671,60,y\n12,1,z\n"
    line = looked(content, fields=True)
    assert line["columns"] == [(0, "Simu", "phone"), (1, "Amount due", "amount_due")]
    assert line["ignored"] == ["1st"]
    told = {"do": "rows", "shape": line["shape"], "columns": line["columns"], "country": "KE", "after": 0}
    chunk, end = read.lines(text(content), told | {"updates": False, "fields": True})
    assert chunk["rows"] == [{"row": 2, "phone": "254712345671", "again": False, "fields": {"amount_due": "50"}}]
    assert (chunk["skipped"], len(chunk["failed"]), end) == (1, 1, {"total": 3})


def test_a_lack_of_memory_is_told_as_well():
    class Greedy(io.BytesIO):
        def read(self, *_):
            raise MemoryError

    assert list(read.lines(Greedy(), {"do": "look", **TOLD})) == [{"bad": read.TOO_MUCH}]
