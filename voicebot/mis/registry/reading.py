"""A file on disk -> lines of cells. CSV (UTF-8, UTF-16, cp1251; , ; tab) and XLSX, told by content, not by name."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

from openpyxl import load_workbook

from voicebot.mis.registry.columns import HEADER_WITHIN, read_header
from voicebot.mis.registry.table import BadSpreadsheet, Cell, Line, Progress, RawTable

#: 200,000 visits are ten years of a large clinic; more is a wrong file.
MAX_LINES = 200_000
MAX_BYTES = 64 * 1024 * 1024
#: XLSX is a zip: a small file may unpack to anything.
MAX_UNPACKED = 512 * 1024 * 1024
#: A quoted cell of more lines than this is a quote that nobody closed.
MAX_CELL_LINES = 50

_EVERY = 1_000
_SAVE_AS = "Сохраните таблицу как «Книга Excel (.xlsx)» или «CSV»."
_ZIP = b"PK\x03\x04"
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_FOREIGN = (
    (b"%PDF", "это документ PDF"),
    (b"\x89PNG", "это картинка"),
    (b"\xff\xd8\xff", "это картинка"),
    (b"{\\rtf", "это документ RTF"),
    (b"\x7fELF", "это программа"),
    (b"Rar!", "это архив"),
    (b"7z\xbc\xaf", "это архив"),
    (b"\x1f\x8b", "это архив"),
)
_HTML = (b"<html", b"<!doctype", b"<table", b"<?xml")
_DELIMITERS = {";": "точка с запятой", ",": "запятая", "\t": "табуляция"}


def no_progress(_stage: str, _done: int, _total: int) -> None:
    """For those who do not watch."""


def read_file(path: Path, progress: Progress = no_progress) -> RawTable:
    """Blocking; meant for a worker thread. Raises BadSpreadsheet."""
    content = _content(path)
    if content.startswith(_ZIP):
        return _read_xlsx(content, path.name, progress)
    _refuse_foreign(content, path.name)
    return _read_csv(content, path.name, progress)


def _content(path: Path) -> bytes:
    try:
        if path.is_dir():
            raise BadSpreadsheet(f"«{path}» — это папка, а не файл.", "Укажите файл CSV или XLSX.")
        if path.stat().st_size > MAX_BYTES:
            raise BadSpreadsheet(
                f"Файл «{path.name}» больше {MAX_BYTES // 2**20} МБ.", "Разделите его на несколько файлов."
            )
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise BadSpreadsheet(f"Файла «{path}» нет.", "Проверьте путь.") from error
    except OSError as error:
        raise BadSpreadsheet(f"Файл «{path}» не читается: {error.strerror}.", "Проверьте права на файл.") from error
    if not content.strip():
        raise BadSpreadsheet(f"Файл «{path.name}» пуст.", "Нужны строка заголовков и строки визитов.")
    return content


def _refuse_foreign(content: bytes, name: str) -> None:
    if content.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in content:
            raise BadSpreadsheet(f"Файл «{name}» защищён паролем.", "Снимите пароль в Excel и сохраните заново.")
        raise BadSpreadsheet(f"Файл «{name}» — старая книга Excel (.xls) или документ Word.", _SAVE_AS)
    for magic, what in _FOREIGN:
        if content.startswith(magic):
            raise BadSpreadsheet(f"Файл «{name}» — не таблица: {what}.", _SAVE_AS)
    if content[:200].lstrip(b"\xef\xbb\xbf \r\n\t").lower().startswith(_HTML):
        raise BadSpreadsheet(f"Файл «{name}» — веб-страница или XML под видом таблицы.", _SAVE_AS)


# XLSX ---------------------------------------------------------------------------------------


def _read_xlsx(content: bytes, name: str, progress: Progress) -> RawTable:
    _check_zip(content, name)
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        try:
            return _best_sheet(book, name, progress)
        finally:
            book.close()
    except BadSpreadsheet:
        raise
    except Exception as error:  # openpyxl lets through whatever its XML parsing meets in a broken book
        raise BadSpreadsheet(f"Книга «{name}» повреждена: {type(error).__name__}.", _SAVE_AS) from error


def _check_zip(content: bytes, name: str) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
            unpacked = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise BadSpreadsheet(f"Книга «{name}» повреждена или скачана не до конца.", _SAVE_AS) from error
    if "xl/workbook.xml" not in names:
        raise BadSpreadsheet(f"Файл «{name}» — архив или документ, но не книга Excel.", _SAVE_AS)
    if unpacked > MAX_UNPACKED:
        raise BadSpreadsheet(f"Книга «{name}» слишком велика внутри.", "Оставьте в ней только лист с визитами.")


def _best_sheet(book: object, name: str, progress: Progress) -> RawTable:
    """The sheet whose first lines name most columns."""
    sheets = list(getattr(book, "worksheets", ()))
    best, best_score = None, -1
    for sheet in sheets:
        sheet.reset_dimensions()  # some programs write a wrong size, and rows would be lost
        top = [Line(at, cells) for at, cells in enumerate(sheet.iter_rows(values_only=True, max_row=HEADER_WITHIN), 1)]
        score = max((len(read_header(line).places) for line in top), default=0)
        if score > best_score:
            best, best_score = sheet, score
    if best is None:
        raise BadSpreadsheet(f"В книге «{name}» нет листов с таблицами.", _SAVE_AS)
    lines: list[Line] = []
    for number, cells in enumerate(best.iter_rows(values_only=True), start=1):
        if any(cell is not None and cell != "" for cell in cells):
            lines.append(Line(number, cells))
        _guard(len(lines), name)
        if number % _EVERY == 0:
            progress("Чтение", number, 0)
    return RawTable(tuple(lines), f"книга Excel, лист «{best.title}»")


# CSV ----------------------------------------------------------------------------------------


def _read_csv(content: bytes, name: str, progress: Progress) -> RawTable:
    text, encoding = _decode(content, name)
    delimiter = _delimiter(text)
    lines: list[Line] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    begin = 1
    try:
        for record in reader:
            if reader.line_num - begin >= MAX_CELL_LINES:
                raise BadSpreadsheet(f"В файле «{name}» в строке {begin} не закрыта кавычка.", "Исправьте строку.")
            if any(cell.strip() for cell in record):
                cells: list[Cell] = [*record]
                lines.append(Line(begin, cells))
            _guard(len(lines), name)
            begin = reader.line_num + 1
            if begin % _EVERY == 0:
                progress("Чтение", begin, 0)
    except csv.Error as error:
        raise BadSpreadsheet(f"Файл «{name}» не разобран в строке {begin}: {error}.", _SAVE_AS) from error
    return RawTable(tuple(lines), f"CSV, {encoding}, {_DELIMITERS[delimiter]}")


def _decode(content: bytes, name: str) -> tuple[str, str]:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        attempts = [("utf-16", "UTF-16")]
    else:
        attempts = [("utf-8-sig", "UTF-8"), ("cp1251", "Windows-1251")]
        if b"\x00" in content:
            raise BadSpreadsheet(f"Файл «{name}» — не таблица: внутри не текст.", _SAVE_AS)
    for encoding, title in attempts:
        try:
            return content.decode(encoding), title
        except UnicodeDecodeError:
            continue
    raise BadSpreadsheet(f"Файл «{name}» — не UTF-8 и не Windows-1251.", _SAVE_AS)


def _delimiter(text: str) -> str:
    """The one by which the first lines name most columns; `;` when none does."""
    top = text.splitlines()[:HEADER_WITHIN]

    def score(delimiter: str) -> int:
        rows = csv.reader(top, delimiter=delimiter)
        return max((len(read_header(Line(1, [*row])).places) for row in rows), default=0)

    return max(_DELIMITERS, key=score)


def _guard(count: int, name: str) -> None:
    if count > MAX_LINES:
        raise BadSpreadsheet(f"В файле «{name}» больше {MAX_LINES} строк.", "Разделите его на несколько файлов.")
