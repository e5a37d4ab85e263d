"""Files of new mailboxes as people really save them."""

from __future__ import annotations

import pytest

from provisioning.operations.import_file import (
    LARGEST_BYTES,
    MOST_ROWS,
    MailboxFile,
    UnableToReadFile,
    parse,
)

LINE = "basic,anna,Secret-1,5,Anna Example"
READ = {
    "type": "basic",
    "user": "anna",
    "password": "Secret-1",
    "quota": "5",
    "name": "Anna Example",
}


def cells_of(file: MailboxFile) -> list[dict[str, str]]:
    return [
        {name: line.cell(name) for name in ("type", "user", "password", "quota", "name")}
        for line in file.lines
    ]


@pytest.mark.parametrize(
    "text",
    [
        LINE,
        LINE + "\r\n",
        LINE.replace(",", ";"),
        "Type,User name,Password,Quota (GB),Display name\n" + LINE,
        "TYPE;USER;PASSWORD;QUOTA;NAME\r\n" + LINE.replace(",", ";"),
        "name,quota,password,user,type\nAnna Example,5,Secret-1,anna,basic",
        '"basic","anna","Secret-1","5","Anna Example"\n',
        "\n\n" + LINE + "\n\n , , , ,\n",
        "basic , anna ,Secret-1, 5 , Anna Example ",
        "basic,anna,acme.test,Secret-1,5,Anna Example",
        "basic,anna,,Secret-1,5,Anna Example",
        "type,user,domain,password,quota,name\nbasic,anna,acme.test,Secret-1,5,Anna Example",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_every_usual_way_to_write_a_line_reads_the_same(text: str, encoding: str) -> None:
    assert cells_of(parse(text.encode(encoding))) == [READ]


def test_a_file_saved_in_latin_1_keeps_its_umlauts() -> None:
    file = parse("1,juergen,generate,5,Jürgen Groß".encode("latin-1"))

    assert file.lines[0].cell("name") == "Jürgen Groß"


def test_a_byte_order_mark_costs_no_line() -> None:
    file = parse(f"{LINE}\n2,ben,generate,5,Ben".encode("utf-8-sig"))

    assert [line.cell("user") for line in file.lines] == ["anna", "ben"]


def test_a_blank_type_costs_no_line() -> None:
    file = parse(b",anna,generate,5,Anna\n,ben,generate,5,Ben")

    assert [line.cell("user") for line in file.lines] == ["anna", "ben"]


def test_a_short_line_is_filled_up_and_a_long_one_is_told() -> None:
    short, long = parse(b"1,anna\n1,ben,generate,5,Ben,too,much").lines

    assert short.cell("quota") == ""
    assert not short.has_extra_cells
    assert long.has_extra_cells


def test_lines_have_the_numbers_they_have_in_the_file() -> None:
    file = parse(b'type,user,password,quota,name\n\n1,anna,,5,"Anna\nExample"\n1,ben,,5,Ben\n')

    assert [line.number for line in file.lines] == [3, 5]


def test_a_password_is_taken_to_the_letter() -> None:
    line = parse(b"type,user,password,quota,name\n1,anna, '=Pass;word-1 ,5,Anna").lines[0]

    assert line.cell("password") == " '=Pass;word-1 "


def test_a_guarded_cell_is_read_back_as_the_name_it_was() -> None:
    assert parse(b"1,anna,,5,'=Anna").lines[0].cell("name") == "=Anna"


def test_columns_that_mean_nothing_are_named() -> None:
    file = parse(b"user,type,Shoe size,reason\nanna,1,42,none")

    assert file.ignored == ["Shoe size"]
    assert file.lines[0].cell("user") == "anna"


def test_a_mailbox_called_user_is_no_heading() -> None:
    file = parse(b"1,user,generate,5,Name")

    assert [line.cell("user") for line in file.lines] == ["user"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b" \n ,,\n", "empty"),
        (b"type,user,password,quota,name\n", "no line below"),
        (b"user,type,user\nanna,1,ben", "same heading"),
        (b"x" * (LARGEST_BYTES + 1), "larger than 1 MB"),
        (b"1,anna,,5,A\n" * (MOST_ROWS + 1), "501 lines"),
        (b"PK\x03\x04rest", "Save it there as CSV"),
        (b"1,an\0na,,5,A", "not a CSV file"),
        (b'1,anna,,5,A\n1,ben,,5,"Ben', "Line 2"),
        (b"\xff\xfe1,\x00\xd8", "not a CSV file"),
    ],
)
def test_a_file_that_makes_no_sense_is_refused_whole(content: bytes, words: str) -> None:
    with pytest.raises(UnableToReadFile, match=words):
        parse(content)


def test_as_many_lines_as_are_allowed_are_read() -> None:
    assert len(parse(b"1,anna,,5,A\n" * MOST_ROWS).lines) == MOST_ROWS
